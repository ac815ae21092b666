namespace OpcPortal.Adapters.Modbus;

/// <summary>Points that are read in one request.</summary>
/// <param name="Table">Their table.</param>
/// <param name="Run">What is read.</param>
/// <param name="Members">Indices of the device's points, in the order of addresses.</param>
internal sealed record ReadBlock(ModbusTable Table, RegisterRun Run, IReadOnlyList<int> Members)
{
    /// <summary>Not asked for before this time, in ticks of the clock: the device has refused it.</summary>
    public long RefusedUntil { get; set; }

    public ModbusRequest Request => ModbusRequest.Read(Table, Run.Start, Run.Length);

    /// <summary>The blocks of some points of a device.</summary>
    /// <param name="connection">Its limits.</param>
    /// <param name="points">All the points of the device.</param>
    /// <param name="indices">Which of them.</param>
    public static List<ReadBlock> Plan(ModbusConnectionSettings connection, IReadOnlyList<ModbusPoint> points, IEnumerable<int> indices)
    {
        var blocks = new List<ReadBlock>();
        foreach (var table in indices.GroupBy(index => points[index].Mapping.Table))
        {
            var members = table.ToArray();
            var runs = Array.ConvertAll(members, index => RunOf(points[index].Mapping));
            var maxLength = table.Key is ModbusTable.Coil or ModbusTable.Discrete ? connection.MaxBitsPerRead : connection.MaxRegistersPerRead;
            foreach (var block in BlockPlanner.Plan(runs, maxLength, connection.MaxGap))
                blocks.Add(new ReadBlock(table.Key, block.Run, [.. block.Members.Select(member => members[member])]));
        }

        return blocks;
    }

    /// <summary>
    /// Parts a block that the device refuses: at its widest gap, where registers lie that nobody asked for and that may not exist, else in the middle.
    /// </summary>
    /// <returns>False where all its points lie in the same registers: they are what is refused.</returns>
    public bool TrySplit(IReadOnlyList<ModbusPoint> points, out ReadBlock left, out ReadBlock right)
    {
        left = right = this;
        var middle = Members.Count / 2;
        var (at, widest, distance) = (-1, -1, int.MaxValue);
        var reach = RunOf(points[Members[0]].Mapping).End;
        for (var i = 1; i < Members.Count; i++)
        {
            var run = RunOf(points[Members[i]].Mapping);
            var gap = Math.Max(0, run.Start - reach);
            reach = Math.Max(reach, run.End);
            if (run == RunOf(points[Members[i - 1]].Mapping)) continue;
            if (gap < widest || (gap == widest && Math.Abs(i - middle) >= distance)) continue;
            (at, widest, distance) = (i, gap, Math.Abs(i - middle));
        }

        if (at < 0) return false;
        left = Part(points, 0, at);
        right = Part(points, at, Members.Count);
        return true;
    }

    private ReadBlock Part(IReadOnlyList<ModbusPoint> points, int from, int to)
    {
        var members = Members.Skip(from).Take(to - from).ToArray();
        var start = members.Min(index => RunOf(points[index].Mapping).Start);
        return new ReadBlock(Table, new RegisterRun(start, members.Max(index => RunOf(points[index].Mapping).End) - start), members);
    }

    private static RegisterRun RunOf(RegisterMapping mapping) => new(mapping.Address, mapping.Length);
}

/// <summary>Points that are read at the same interval.</summary>
internal sealed class PollGroup(TimeSpan interval, List<ReadBlock> blocks)
{
    public TimeSpan Interval => interval;

    /// <summary>Changes where the device refuses a block.</summary>
    public List<ReadBlock> Blocks => blocks;

    /// <summary>When it is read next.</summary>
    public DateTimeOffset Due { get; private set; }

    public void DueAt(DateTimeOffset now) => Due = now;

    /// <summary>Was read: the next tick from now on. Ticks that have passed meanwhile are skipped, not made up for.</summary>
    public void Advance(DateTimeOffset now)
    {
        var missed = now > Due ? (now - Due).Ticks / interval.Ticks : 0;
        Due += interval * (missed + 1);
    }
}
