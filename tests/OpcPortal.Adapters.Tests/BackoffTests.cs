namespace OpcPortal.Adapters.Tests;

public sealed class BackoffTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pauses_double_up_to_the_longest_and_lie_between_half_and_all_of_that(int seed)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), new Random(seed));
        foreach (var whole in new[] { 1, 2, 4, 8, 10, 10, 10 }) Assert.InRange(backoff.Next().TotalSeconds, whole / 2.0, whole);
        Assert.Equal(7, backoff.Failures);
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.5, 1);
    }

    [Fact]
    public void Two_that_fail_together_do_not_come_back_together()
    {
        var one = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), new Random(1));
        var other = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), new Random(2));
        Assert.NotEqual(one.Next(), other.Next());
    }

    [Fact]
    public void A_longest_below_the_shortest_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), new Random(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Backoff(TimeSpan.Zero, TimeSpan.FromSeconds(1), new Random(1)));
    }
}
