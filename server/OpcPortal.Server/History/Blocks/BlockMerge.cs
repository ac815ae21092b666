using System.Numerics;

namespace OpcPortal.Server;

/// <summary>
/// Decides which blocks of a series are put together. Pure. While a month goes on, eight of about the same size, so that no reading is written more than a few times; when it is over, all that are small.
/// </summary>
internal static class BlockMerge
{
    /// <summary>Blocks that make one while their month goes on.</summary>
    public const int FanIn = 8;

    // From half of it on a block is left as it is.
    private const int Large = BlockCodec.MaxReadings / 2;

    /// <param name="blocks">Of one series and stretch, by their first time.</param>
    /// <param name="isOver">Whether the month is.</param>
    /// <returns>Groups of blocks: none shares a time with a block outside of its group.</returns>
    public static List<List<BlockRow>> Plan(List<BlockRow> blocks, bool isOver)
    {
        var groups = new List<List<BlockRow>>();
        var run = new List<BlockCluster>();
        foreach (var cluster in BlockCluster.Of(blocks))
        {
            if (cluster.Blocks.Count > 1 || cluster.Readings < Large)
            {
                run.Add(cluster);
                continue;
            }

            PlanRun(run, isOver, groups);
            run.Clear();
        }

        PlanRun(run, isOver, groups);
        return groups;
    }

    private static void PlanRun(List<BlockCluster> run, bool isOver, List<List<BlockRow>> groups)
    {
        if (isOver)
        {
            if (CountOf(run) > 1) groups.Add(BlocksOf(run));
            return;
        }

        if (CountOf(run) < FanIn) return;
        for (var level = 0; level <= LevelOf(Large) + 1; level++)
        {
            var similar = new List<BlockCluster>();
            var rest = new List<List<BlockCluster>>();
            foreach (var cluster in run)
            {
                if (LevelOf(cluster.Readings) <= level) similar.Add(cluster);
                else similar = Take(similar, rest);
            }

            Take(similar, rest);
            if (rest.Find(static some => CountOf(some) >= FanIn && IsWorthIt(some)) is not { } found) continue;
            groups.Add(BlocksOf(found));
            return;
        }
    }

    // A large one is not written again for the sake of a few small ones.
    private static bool IsWorthIt(List<BlockCluster> clusters) => clusters.Max(static cluster => cluster.Readings) * 2 <= clusters.Sum(static cluster => cluster.Readings);

    private static List<BlockCluster> Take(List<BlockCluster> similar, List<List<BlockCluster>> into)
    {
        if (similar.Count > 0) into.Add(similar);
        return [];
    }

    // Powers of four.
    private static int LevelOf(int readings) => BitOperations.Log2((uint)Math.Max(1, readings)) / 2;

    private static int CountOf(List<BlockCluster> clusters) => clusters.Sum(static cluster => cluster.Blocks.Count);

    private static List<BlockRow> BlocksOf(List<BlockCluster> clusters) => [.. clusters.SelectMany(static cluster => cluster.Blocks)];
}
