namespace OpcPortal.Ua.Client.Tests;

public sealed class SequenceTrackerTests
{
    private static SequenceTracker At(uint last)
    {
        var tracker = new SequenceTracker();
        tracker.Pass(last);
        return tracker;
    }

    [Fact]
    public void The_first_message_has_number_1()
    {
        Assert.Equal(0u, new SequenceTracker().Missing(1));
        Assert.Equal(2u, new SequenceTracker().Missing(3));
    }

    // Part 4 7.9: a Counter rolls over to 1; 0 is never used.
    [Theory]
    [InlineData(uint.MaxValue - 1, uint.MaxValue, 0u)]
    [InlineData(uint.MaxValue, 1u, 0u)]
    [InlineData(uint.MaxValue, 3u, 2u)]
    [InlineData(uint.MaxValue - 1, 1u, 1u)]
    [InlineData(uint.MaxValue - 2, 2u, 3u)]
    public void After_the_largest_number_comes_1(uint last, uint number, uint missing) => Assert.Equal(missing, At(last).Missing(number));

    [Theory]
    [InlineData(10u, 10u)]
    [InlineData(10u, 1u)]
    [InlineData(2u, uint.MaxValue)]
    public void What_was_seen_before_is_neither_next_nor_a_gap(uint last, uint number) => Assert.Null(At(last).Missing(number));
}
