namespace OpcPortal.Adapters.Modbus;

/// <summary>A run of bits or registers.</summary>
/// <param name="Start">The first.</param>
/// <param name="Length">How many.</param>
public readonly record struct RegisterRun(int Start, int Length)
{
    /// <summary>The one after the last.</summary>
    public int End => Start + Length;
}

/// <summary>
/// Plans which registers are read together. A value lies whole within one block, so that it is never put together from two moments; a block has at most
/// <c>maxLength</c> registers; and it spans no more than <c>maxGap</c> registers in a row that no point wants: what lies there may be illegal to read, or slow.
/// </summary>
public static class BlockPlanner
{
    /// <summary>
    /// The fewest blocks by these rules. Runs parted by more than the gap can never share a block, so each such island is planned alone; within one, the block of the leftmost run that
    /// is not covered yet may as well start with it, since moving it right to there loses nothing: taking all that fits is then never worse.
    /// </summary>
    /// <param name="runs">What is wanted, in any order; runs may overlap.</param>
    /// <param name="maxLength">At least as long as every run.</param>
    /// <param name="maxGap">0 and more.</param>
    /// <returns>Each block with the indices of its runs, in the order of starts.</returns>
    public static List<PlannedBlock> Plan(ReadOnlySpan<RegisterRun> runs, int maxLength, int maxGap)
    {
        var order = new int[runs.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        var sorted = runs.ToArray();
        Array.Sort(sorted, order, Comparer<RegisterRun>.Create((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Length.CompareTo(b.Length)));

        var islands = Islands(sorted, maxGap);
        var blocks = new List<PlannedBlock>();
        var covered = new bool[sorted.Length];
        for (var first = 0; first < sorted.Length; first++)
        {
            if (covered[first]) continue;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(sorted[first].Length, maxLength);
            var members = new List<int>();
            var start = sorted[first].Start;
            var end = start;
            for (var i = first; i < sorted.Length && islands[i] == islands[first] && sorted[i].Start < start + maxLength; i++)
            {
                if (covered[i] || sorted[i].End > start + maxLength) continue;
                covered[i] = true;
                members.Add(order[i]);
                end = Math.Max(end, sorted[i].End);
            }

            blocks.Add(new PlannedBlock(new RegisterRun(start, end - start), members));
        }

        return blocks;
    }

    private static int[] Islands(RegisterRun[] sorted, int maxGap)
    {
        var islands = new int[sorted.Length];
        var reach = int.MinValue;
        for (var i = 0; i < sorted.Length; i++)
        {
            islands[i] = i == 0 ? 0 : islands[i - 1] + (sorted[i].Start - reach > maxGap ? 1 : 0);
            reach = Math.Max(reach, sorted[i].End);
        }

        return islands;
    }
}

/// <summary>A block to read in one request.</summary>
/// <param name="Run">What is read.</param>
/// <param name="Members">The indices of the runs that lie in it.</param>
public sealed record PlannedBlock(RegisterRun Run, IReadOnlyList<int> Members);
