using System.Globalization;
using OpcPortal.Cli.Values;

namespace OpcPortal.Cli.Tests;

/// <summary>Times as people type them, at half past two in the night of the 25th.</summary>
public sealed class TimeParserTests
{
    private static readonly DateTime Now = new(2026, 11, 25, 2, 30, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData("now", "2026-11-25T02:30:00Z")]
    [InlineData("today", "2026-11-25T00:00:00Z")]
    [InlineData("yesterday", "2026-11-24T00:00:00Z")]
    [InlineData("yesterdayT06:00Z", "2026-11-24T06:00:00Z")]
    [InlineData("2026-11-24", "2026-11-24T00:00:00Z")]
    [InlineData("2026-11-24T06:00", "2026-11-24T06:00:00Z")]
    [InlineData("2026-11-24T06:00+01:00", "2026-11-24T05:00:00Z")]
    [InlineData("-90m", "2026-11-25T01:00:00Z")]
    [InlineData("-1.5h", "2026-11-25T01:00:00Z")]
    [InlineData("-2d", "2026-11-23T02:30:00Z")]
    public void A_time_is_read_as_it_is_written(string text, string expected) =>
        Assert.Equal(expected, TimeParser.Time(text, Now).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("today", "2026-11-25")]
    [InlineData("yesterday", "2026-11-24")]
    [InlineData("-4d", "2026-11-21")]
    [InlineData("2026-02-28", "2026-02-28")]
    public void A_day_is_read_as_it_is_written(string text, string expected) => Assert.Equal(expected, TimeParser.Day(text, Now).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("-2x")]
    [InlineData("-m")]
    [InlineData("2026-13-01")]
    public void What_is_no_time_is_told_and_nothing_is_sent(string text)
    {
        Assert.Equal(ExitCodes.Usage, Assert.Throws<CliException>(() => TimeParser.Time(text, Now)).ExitCode);
        Assert.Equal(ExitCodes.Usage, Assert.Throws<CliException>(() => TimeParser.Day(text, Now)).ExitCode);
    }

    [Theory]
    [InlineData("15m", 900)]
    [InlineData("0.5h", 1800)]
    [InlineData("30s", 30)]
    public void A_length_of_time_is_read_as_it_is_written(string text, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), TimeParser.Length(text));
        Assert.Throws<CliException>(() => TimeParser.Length("-" + text));
    }
}
