using System.Runtime.InteropServices;

namespace OpcPortal.Server;

/// <summary>All that is stored of one series within a stretch of time: from <paramref name="low"/>, included, to <paramref name="high"/>, excluded.</summary>
/// <param name="low">Ticks UTC.</param>
/// <param name="high">Ticks UTC.</param>
internal sealed class HistorySlice(long low, long high)
{
    public long Low { get; private set; } = low;
    public long High { get; private set; } = high;

    /// <summary>Those of one time in the order in which they came.</summary>
    public List<RawReading> Raws { get; } = [];

    /// <summary>Those of one time in the order in which they were made.</summary>
    public List<StoredRevision> Revisions { get; } = [];

    /// <summary>Where they were asked for.</summary>
    public List<StoredAnnotation> Annotations { get; } = [];

    /// <summary>Puts them in the order of their times.</summary>
    public void Sort()
    {
        if (!IsSorted()) Replace(Raws, [.. Raws.OrderBy(static raw => raw.SourceTime)]);
        if (Revisions.Count > 1) Replace(Revisions, [.. Revisions.OrderBy(static revision => revision.Revision.SourceTime).ThenBy(static revision => revision.Sequence).DistinctBy(static revision => revision.Sequence)]);
    }

    private bool IsSorted()
    {
        var raws = CollectionsMarshal.AsSpan(Raws);
        for (var i = 1; i < raws.Length; i++)
            if (raws[i].SourceTime < raws[i - 1].SourceTime) return false;
        return true;
    }

    private static void Replace<T>(List<T> list, T[] by)
    {
        list.Clear();
        list.AddRange(by);
    }

    /// <summary>Leaves the part that begins where the walk does, and that is sure to be whole.</summary>
    public void Narrow(long low, long high)
    {
        (Low, High) = (Math.Max(Low, low), Math.Min(High, high));
        Raws.RemoveAll(raw => raw.SourceTime.Ticks < Low || raw.SourceTime.Ticks >= High);
        Annotations.RemoveAll(annotation => annotation.Annotation.SourceTime.Ticks < Low || annotation.Annotation.SourceTime.Ticks >= High);
        Revisions.RemoveAll(revision => revision.Revision.SourceTime.Ticks < Low || revision.Revision.SourceTime.Ticks >= High);
    }
}
