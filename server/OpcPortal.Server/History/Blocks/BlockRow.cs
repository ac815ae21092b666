namespace OpcPortal.Server;

/// <summary>A block as the database has it.</summary>
/// <param name="First">Ticks of its first time.</param>
/// <param name="Generation">Of the newest reading in it: those of a greater one came later.</param>
/// <param name="Last">Ticks of its last time.</param>
/// <param name="Readings">How many are in it.</param>
/// <param name="Data">Empty where it was not asked for.</param>
internal readonly record struct BlockRow(Stretch Stretch, long Series, long First, long Generation, long Last, int Readings, byte[] Data)
{
    public bool Overlaps(long first, long last) => First <= last && Last >= first;
}

/// <summary>Blocks of a series that share times, which have to be read together.</summary>
internal readonly record struct BlockCluster(List<BlockRow> Blocks, long First, long Last, int Readings)
{
    /// <summary>Makes clusters of blocks, in the order of their times: none shares a time with another.</summary>
    /// <param name="blocks">Of one series, by their first time.</param>
    public static List<BlockCluster> Of(List<BlockRow> blocks)
    {
        var clusters = new List<BlockCluster>(blocks.Count);
        foreach (var block in blocks)
        {
            if (clusters.Count > 0 && clusters[^1] is var before && block.First <= before.Last)
            {
                before.Blocks.Add(block);
                clusters[^1] = before with { Last = Math.Max(before.Last, block.Last), Readings = before.Readings + block.Readings };
            }
            else
            {
                clusters.Add(new BlockCluster([block], block.First, block.Last, block.Readings));
            }
        }

        return clusters;
    }
}

/// <summary>What the database has of a part of a series.</summary>
internal sealed class BlockSlice(long low, long high)
{
    public long Low { get; set; } = low;
    public long High { get; set; } = high;

    /// <summary>Nothing was found.</summary>
    public bool IsEmpty => Generation == 0 && Revisions.Count == 0 && Annotations.Count == 0;

    /// <summary>The newest generation that any of the blocks within the bounds has anything of.</summary>
    public long Generation { get; set; }

    /// <summary>Those of one time in the order in which they came.</summary>
    public List<RawReading> Raws { get; } = [];

    public List<StoredRevision> Revisions { get; } = [];
    public List<StoredAnnotation> Annotations { get; } = [];
}

/// <summary>What is stored in one transaction.</summary>
internal sealed class BlockBatch
{
    public List<NamedSeries> Names { get; } = [];
    public List<NumberedNote> Notes { get; } = [];
    public List<BlockRow> Blocks { get; } = [];
    public List<StoredRevision> Revisions { get; } = [];
    public List<StoredAnnotation> Annotations { get; } = [];

    /// <summary>The generation that it is of.</summary>
    public required long Generation { get; init; }

    /// <summary>The last series of the generation that is stored with it.</summary>
    public long Series { get; set; }

    /// <summary>Whether all of the generation is stored with it.</summary>
    public bool IsLast { get; set; }

    /// <summary>The newest number of revisions and annotations.</summary>
    public long Sequence { get; init; }

    public int Count => Blocks.Count + Revisions.Count + Annotations.Count;
}
