using System.Numerics;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>The planner against its rules, and against trying out everything. The seed of random cases is in the test's name.</summary>
public sealed class BlockPlannerTests
{
    private static RegisterRun[] Runs(params (int Start, int Length)[] runs) => Array.ConvertAll(runs, run => new RegisterRun(run.Start, run.Length));

    [Fact]
    public void Neighbours_are_read_together_and_what_is_far_apart_is_not()
    {
        var blocks = BlockPlanner.Plan(Runs((0, 2), (2, 2), (10, 1), (200, 4)), 125, 6);
        Assert.Equal([new RegisterRun(0, 11), new RegisterRun(200, 4)], blocks.Select(block => block.Run));
        Assert.Equal([[0, 1, 2], [3]], blocks.Select(block => block.Members.ToArray()));
    }

    [Fact]
    public void A_gap_of_just_the_allowed_length_is_read_over_and_one_register_more_is_not()
    {
        Assert.Single(BlockPlanner.Plan(Runs((0, 1), (5, 1)), 125, 4));
        Assert.Equal(2, BlockPlanner.Plan(Runs((0, 1), (6, 1)), 125, 4).Count);
    }

    [Fact]
    public void A_value_is_never_cut_by_the_end_of_a_block()
    {
        var blocks = BlockPlanner.Plan(Runs((0, 3), (3, 4), (7, 2)), 6, 0);
        Assert.Equal([new RegisterRun(0, 3), new RegisterRun(3, 6)], blocks.Select(block => block.Run));
    }

    [Fact]
    public void Points_that_share_registers_share_their_read() =>
        Assert.Equal([0, 1, 2], Assert.Single(BlockPlanner.Plan(Runs((4, 1), (4, 1), (4, 2)), 125, 0)).Members);

    [Fact]
    public void A_value_longer_than_a_block_cannot_be_planned() => Assert.Throws<ArgumentOutOfRangeException>(() => BlockPlanner.Plan(Runs((0, 5)), 4, 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_value_lies_whole_in_one_block_within_the_limits(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var maxLength = random.Next(4, 126);
            var maxGap = random.Next(0, 20);
            var runs = Enumerable.Range(0, random.Next(1, 200)).Select(_ => new RegisterRun(random.Next(0, 2000), random.Next(1, 5))).ToArray();
            var blocks = BlockPlanner.Plan(runs, maxLength, maxGap);
            Assert.Equal(Enumerable.Range(0, runs.Length), blocks.SelectMany(block => block.Members).Order());
            foreach (var block in blocks) Assert.True(Obeys(runs, block.Run, maxLength, maxGap), $"round {round}: {block.Run}");
            foreach (var block in blocks)
                foreach (var member in block.Members) Assert.True(runs[member].Start >= block.Run.Start && runs[member].End <= block.Run.End);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_other_plan_has_fewer_blocks(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var maxLength = random.Next(4, 10);
            var maxGap = random.Next(0, 4);
            var runs = Enumerable.Range(0, random.Next(1, 9)).Select(_ => new RegisterRun(random.Next(0, 24), random.Next(1, 5))).ToArray();
            Assert.Equal(Fewest(runs, maxLength, maxGap), BlockPlanner.Plan(runs, maxLength, maxGap).Count);
        }
    }

    // The rules, said again: length, and no stretch of registers that nobody wants longer than the gap.
    private static bool Obeys(RegisterRun[] runs, RegisterRun block, int maxLength, int maxGap)
    {
        if (block.Length > maxLength) return false;
        var unwanted = 0;
        for (var register = block.Start; register < block.End; register++)
        {
            unwanted = runs.Any(run => register >= run.Start && register < run.End) ? 0 : unwanted + 1;
            if (unwanted > maxGap) return false;
        }

        return true;
    }

    // Over all ways to put the runs into groups, by subsets.
    private static int Fewest(RegisterRun[] runs, int maxLength, int maxGap)
    {
        var all = 1 << runs.Length;
        var allowed = new bool[all];
        for (var set = 1; set < all; set++)
        {
            var members = runs.Where((_, i) => (set & (1 << i)) != 0).ToArray();
            var start = members.Min(run => run.Start);
            allowed[set] = Obeys(runs, new RegisterRun(start, members.Max(run => run.End) - start), maxLength, maxGap);
        }

        var fewest = new int[all];
        for (var set = 1; set < all; set++)
        {
            fewest[set] = int.MaxValue;
            var lowest = 1 << BitOperations.TrailingZeroCount(set);
            for (var part = set; part > 0; part = (part - 1) & set)
                if ((part & lowest) != 0 && allowed[part]) fewest[set] = Math.Min(fewest[set], fewest[set & ~part] + 1);
        }

        return fewest[all - 1];
    }
}
