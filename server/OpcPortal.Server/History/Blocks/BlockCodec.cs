using System.Buffers;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Readings of one series as a block of columns, in the order of their times, those of one time in the order in which they came. docs/decisions/0005 gives the form.</summary>
internal static class BlockCodec
{
    /// <summary>Readings of a block: a month and more of quarters of an hour, and what is decoded to find one.</summary>
    public const int MaxReadings = 4096;

    private const byte Version = 1;

    // Columns that are there because not all of it is what it mostly is: reals, good, and nothing said.
    private const byte HasKinds = 1;
    private const byte HasStatuses = 2;
    private const byte HasQualities = 4;
    private const byte HasNotes = 8;

    private const int MaxUnit = 7;

    public static void Encode(StoredBytesWriter writer, ReadOnlySpan<RawReading> readings)
    {
        var rented = ArrayPool<long>.Shared.Rent(readings.Length * 2);
        var values = rented.AsSpan(0, readings.Length);
        var room = rented.AsSpan(readings.Length, readings.Length);
        var present = Present(readings);
        writer.WriteByte(Version);
        writer.WriteByte(present);
        writer.WriteUnsigned((ulong)readings.Length);
        WriteTimes(writer, readings, values);
        for (var i = 0; i < readings.Length; i++) values[i] = (readings[i].ServerTime.Ticks / TimeSpan.TicksPerMillisecond) - (readings[i].SourceTime.Ticks / TimeSpan.TicksPerMillisecond);
        IntegerColumn.Write(writer, values);
        if ((present & HasKinds) != 0)
        {
            for (var i = 0; i < readings.Length; i++) values[i] = (long)readings[i].Value.Kind;
            IntegerColumn.Write(writer, values);
        }

        WriteValues(writer, readings, values, room);
        if ((present & HasStatuses) != 0)
        {
            for (var i = 0; i < readings.Length; i++) values[i] = (long)readings[i].Status;
            IntegerColumn.Write(writer, values);
        }

        if ((present & HasQualities) != 0)
        {
            for (var i = 0; i < readings.Length; i++) values[i] = Pack(readings[i].Quality);
            IntegerColumn.Write(writer, values);
        }

        if ((present & HasNotes) != 0)
        {
            for (var i = 0; i < readings.Length; i++) values[i] = readings[i].Note;
            IntegerColumn.Write(writer, values);
        }

        ArrayPool<long>.Shared.Return(rented);
    }

    private static byte Present(ReadOnlySpan<RawReading> readings)
    {
        byte present = 0;
        foreach (ref readonly var reading in readings)
        {
            if (reading.Value.Kind != PointValueKind.Real) present |= HasKinds;
            if (reading.Status != ReadingStatus.Good) present |= HasStatuses;
            if (reading.Quality != default) present |= HasQualities;
            if (reading.Note != 0) present |= HasNotes;
        }

        return present;
    }

    // In the largest power of ten of ticks that all are multiples of.
    private static void WriteTimes(StoredBytesWriter writer, ReadOnlySpan<RawReading> readings, Span<long> values)
    {
        var (unit, ticks) = (MaxUnit, TimeSpan.TicksPerSecond);
        foreach (ref readonly var reading in readings)
            while (reading.SourceTime.Ticks % ticks != 0) (unit, ticks) = (unit - 1, ticks / 10);
        writer.WriteByte((byte)unit);
        for (var i = 0; i < readings.Length; i++) values[i] = readings[i].SourceTime.Ticks / ticks;
        IntegerColumn.Write(writer, values);
    }

    private static void WriteValues(StoredBytesWriter writer, ReadOnlySpan<RawReading> readings, Span<long> values, Span<long> room)
    {
        int reals = 0, others = 0, texts = 0;
        foreach (ref readonly var reading in readings)
            if (reading.Value.Kind == PointValueKind.Real) values[reals++] = reading.Value.Bits;
        if (reals > 0) RealColumn.Write(writer, values[..reals], room[..reals]);
        foreach (ref readonly var reading in readings)
        {
            if (reading.Value.Kind == PointValueKind.Text) texts++;
            else if (reading.Value.Kind is not (PointValueKind.Real or PointValueKind.None)) values[others++] = reading.Value.Bits;
        }

        if (others > 0) IntegerColumn.Write(writer, values[..others]);
        if (texts > 0) WriteTexts(writer, readings, values[..texts]);
    }

    private static void WriteTexts(StoredBytesWriter writer, ReadOnlySpan<RawReading> readings, Span<long> numbers)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var at = 0;
        foreach (ref readonly var reading in readings)
        {
            if (reading.Value.Kind != PointValueKind.Text) continue;
            var text = reading.Value.Text ?? "";
            if (!known.TryGetValue(text, out var number)) known.Add(text, number = known.Count);
            numbers[at++] = number;
        }

        writer.WriteUnsigned((ulong)known.Count);
        foreach (var text in known.Keys) writer.WriteText(text);
        IntegerColumn.Write(writer, numbers);
    }

    /// <summary>Adds the readings of a block to a list.</summary>
    /// <param name="readings">How many it has: runs of the same make few bytes of many, so that no count is believed that stands in the block alone.</param>
    /// <exception cref="StoredFormatException">It is none, or has another number of readings.</exception>
    public static void Decode(ReadOnlySpan<byte> block, int readings, List<RawReading> into)
    {
        var reader = new StoredBytesReader(block);
        if (reader.ReadByte() is var version && version != Version) throw new StoredFormatException($"A block has version {version}, and this server knows {Version}.");
        var present = reader.ReadByte();
        var count = reader.ReadCount(readings, readings);
        var columns = new BlockColumns(count);
        columns.Read(ref reader, (present & HasKinds) != 0, (present & HasStatuses) != 0, (present & HasQualities) != 0, (present & HasNotes) != 0);
        if (reader.Left != 0) throw new StoredFormatException("Something follows a block.");
        into.EnsureCapacity(into.Count + count);
        for (var i = 0; i < count; i++) into.Add(columns[i]);
    }

    private static long Pack(QualityCode quality) => ((long)quality.Origin << 32) | ((long)quality.Category << 16) | quality.Index;
}
