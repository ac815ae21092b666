namespace OpcPortal.Server.Tests;

/// <summary>Which blocks are put together.</summary>
public sealed class BlockMergeTests
{
    private static BlockRow Block(long first, long last, int readings, long generation = 1) => new(new Stretch(1), 1, first, generation, last, readings, []);

    private static List<BlockRow> Row(int count, int readings) => [.. Enumerable.Range(0, count).Select(i => Block(i * 10, (i * 10) + 9, readings))];

    [Fact]
    public void While_a_month_goes_on_eight_of_about_the_same_size_are_and_seven_are_not()
    {
        Assert.Empty(BlockMerge.Plan(Row(7, 4), isOver: false));
        Assert.Equal(8, Assert.Single(BlockMerge.Plan(Row(8, 4), isOver: false)).Count);
        // A large one among them is not written again for the sake of small ones.
        var blocks = Row(15, 4);
        blocks[7] = blocks[7] with { Readings = 400 };
        Assert.Empty(BlockMerge.Plan(blocks, isOver: false));
    }

    [Fact]
    public void When_it_is_over_all_that_are_small_are_and_full_ones_are_left()
    {
        var blocks = Row(5, 100);
        blocks[2] = blocks[2] with { Readings = BlockCodec.MaxReadings };
        Assert.Equal([2, 2], BlockMerge.Plan(blocks, isOver: true).Select(group => group.Count));
        Assert.Empty(BlockMerge.Plan(Row(1, 3), isOver: true));
    }

    [Fact]
    public void Blocks_that_share_times_are_never_parted()
    {
        List<BlockRow> blocks = [Block(0, 100, BlockCodec.MaxReadings), Block(50, 60, 3, 2), Block(101, 110, 3), Block(200, 300, BlockCodec.MaxReadings)];
        Assert.Equal([blocks[0], blocks[1], blocks[2]], Assert.Single(BlockMerge.Plan(blocks, isOver: true)));
    }
}
