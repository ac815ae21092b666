using System.Diagnostics;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 4 7.7.3, wildcard characters of the Like operator; the examples of the table first.</summary>
public sealed class LikePatternTests
{
    [Theory]
    [InlineData("main%", "main", true)]
    [InlineData("main%", "mainframe", true)]
    [InlineData("main%", "remain", false)]
    [InlineData("%en%", "entail", true)]
    [InlineData("%en%", "green", true)]
    [InlineData("%en%", "content", true)]
    [InlineData("%en%", "e n", false)]
    [InlineData("_ould", "would", true)]
    [InlineData("_ould", "ould", false)]
    [InlineData("5[%]", "5%", true)]
    [InlineData("5[%]", "55", false)]
    [InlineData("5\\%", "5%", true)]
    [InlineData("5\\%", "5x", false)]
    [InlineData("abc[13-68]", "abc1", true)]
    [InlineData("abc[13-68]", "abc4", true)]
    [InlineData("abc[13-68]", "abc8", true)]
    [InlineData("abc[13-68]", "abc2", false)]
    [InlineData("abc[13-68]", "abc-", false)]
    [InlineData("xyz[c-f]", "xyzd", true)]
    [InlineData("ABC[^13-5]", "ABC2", true)]
    [InlineData("ABC[^13-5]", "ABC4", false)]
    [InlineData("ABC[^xyz]", "ABC", false)]
    public void The_examples_of_the_standard_match_as_it_says(string pattern, string text, bool expected) => Assert.Equal(expected, Parse(pattern).Matches(text));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("%", "", true)]
    [InlineData("%%a%%", "xxa", true)]
    [InlineData("%ab%ab%", "abxab", true)]
    [InlineData("%ab%ab%", "abxb", false)]
    [InlineData("a%b", "aXbXb", true)]
    [InlineData("Main", "main", false)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("[a\\-z]", "-", true)]
    [InlineData("[a\\-z]", "m", false)]
    [InlineData("[a-]", "-", true)]
    [InlineData("_", "\U0001F50C", true)]
    [InlineData("[^a]", "\U0001F50C", true)]
    [InlineData("(a+)+$", "(a+)+$", true)]
    public void Corners_match_literally(string pattern, string text, bool expected) => Assert.Equal(expected, Parse(pattern).Matches(text));

    [Theory]
    [InlineData("abc[")]
    [InlineData("abc[]")]
    [InlineData("abc[^]")]
    [InlineData("abc[a")]
    [InlineData("abc[z-a]")]
    [InlineData("abc\\")]
    [InlineData("abc[\\")]
    public void A_malformed_pattern_is_refused(string pattern) => Assert.False(LikePattern.TryParse(pattern, out _));

    [Fact]
    public void A_pattern_longer_than_the_limit_is_refused_and_one_as_long_is_not()
    {
        Assert.True(LikePattern.TryParse(new string('a', LikePattern.MaxLength), out _));
        Assert.False(LikePattern.TryParse(new string('a', LikePattern.MaxLength + 1), out _));
    }

    [Fact]
    public void Many_wildcards_cost_no_more_than_pattern_times_text()
    {
        // With naive backtracking this takes longer than anybody lives.
        var pattern = Parse(string.Concat(Enumerable.Repeat("%a", 120)) + "b");
        var watch = Stopwatch.StartNew();
        Assert.False(pattern.Matches(new string('a', 10_000)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
    }

    private static LikePattern Parse(string pattern)
    {
        Assert.True(LikePattern.TryParse(pattern, out var parsed));
        return parsed;
    }
}
