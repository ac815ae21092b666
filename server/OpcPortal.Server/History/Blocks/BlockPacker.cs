using System.Runtime.InteropServices;

namespace OpcPortal.Server;

/// <summary>Packs readings of one series into blocks. Not thread-safe.</summary>
internal sealed class BlockPacker
{
    private readonly StoredBytesWriter _writer = new();

    /// <summary>Readings that said the same of the same time as that before: they are not stored twice.</summary>
    public long Repeated { get; private set; }

    /// <param name="readings">In the order in which they came; it is put in the order of their times.</param>
    /// <param name="generation">The newest that they are of.</param>
    public void Pack(PointSeries series, List<RawReading> readings, long generation, List<BlockRow> into)
    {
        Sort(readings);
        RemoveRepeated(readings);
        var rest = CollectionsMarshal.AsSpan(readings);
        while (rest.Length > 0)
        {
            var count = CountOfBlock(rest, series.DataClass);
            into.Add(Pack(series, rest[..count], generation));
            rest = rest[count..];
        }
    }

    private BlockRow Pack(PointSeries series, ReadOnlySpan<RawReading> readings, long generation)
    {
        _writer.Clear();
        BlockCodec.Encode(_writer, readings);
        var (first, last) = (readings[0].SourceTime, readings[^1].SourceTime);
        return new BlockRow(Stretch.Of(series.DataClass, first), series.Id, first.Ticks, generation, last.Ticks, readings.Length, _writer.Span.ToArray());
    }

    // As many as a block has, of one month, and all of the last time.
    private static int CountOfBlock(ReadOnlySpan<RawReading> readings, byte dataClass)
    {
        var end = Stretch.Of(dataClass, readings[0].SourceTime).End;
        var count = 0;
        while (count < readings.Length && (count < BlockCodec.MaxReadings || readings[count].SourceTime == readings[count - 1].SourceTime) && (readings[count].SourceTime < end || end == DateTime.MaxValue)) count++;
        return count;
    }

    private static void Sort(List<RawReading> readings)
    {
        for (var i = 1; i < readings.Count; i++)
        {
            if (readings[i].SourceTime >= readings[i - 1].SourceTime) continue;
            RawReading[] sorted = [.. readings.OrderBy(static reading => reading.SourceTime)];
            readings.Clear();
            readings.AddRange(sorted);
            return;
        }
    }

    private void RemoveRepeated(List<RawReading> readings)
    {
        var kept = 0;
        for (var i = 0; i < readings.Count; i++)
        {
            if (kept > 0 && readings[kept - 1].SourceTime == readings[i].SourceTime && readings[i].Repeats(readings[kept - 1])) continue;
            readings[kept++] = readings[i];
        }

        Repeated += readings.Count - kept;
        readings.RemoveRange(kept, readings.Count - kept);
    }
}
