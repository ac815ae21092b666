using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>What is read back from the database and the journal: a disk that lies must not end the server. What was read is written and read once more: it must say the same.</summary>
internal static class StoredReadingTargets
{
    private const int Readings = 3;

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new FuzzTarget<StoredFormatException>("history-block", Block, static () => [Encoded(Some()), Encoded(Some(0.25))]),
        // A reading of eleven bytes becomes one of 80.
        new FuzzTarget<StoredFormatException>("journal-frame", Frame, static () => [Framed()[JournalFrame.HeaderSize..]]) { BytesPerInputByte = 256 },
        new FuzzTarget<NoException>("journal-segment", Segment, static () => [[.. JournalSegment.Header(1), .. Framed(), .. Framed()]]) { BytesPerInputByte = 256 },
    ];

    private static RawReading[] Some(double? real = null) =>
    [
        .. Enumerable.Range(0, Readings).Select(i => new RawReading(
            real is { } value ? PointValue.From(value * i) : i == 0 ? PointValue.From("text") : PointValue.From((long)i), DateTime.UnixEpoch.AddMinutes(15 * i), DateTime.UnixEpoch.AddDays(1),
            i == 1 ? ReadingStatus.BadNoData : ReadingStatus.Good, i == 2 ? new QualityCode(QualityOrigin.EndDevice, 4, 128) : default, i)),
    ];

    private static byte[] Encoded(ReadOnlySpan<RawReading> readings)
    {
        var writer = new StoredBytesWriter();
        BlockCodec.Encode(writer, readings);
        return writer.Span.ToArray();
    }

    private static bool Block(byte[] input)
    {
        var (once, again) = (new List<RawReading>(), new List<RawReading>());
        BlockCodec.Decode(input, Readings, once);
        BlockCodec.Decode(Encoded(once.ToArray()), Readings, again);
        return once.SequenceEqual(again) ? true : throw new FuzzException("What was read is not what is written of it.");
    }

    private static byte[] Framed()
    {
        var writer = new StoredBytesWriter();
        JournalFrame.Begin(writer);
        JournalItems.Write(writer, new NamedSeries(7, 1, "p1/meter/Energy"));
        JournalItems.Write(writer, new NumberedNote(1, new QualityNote(new QualityCode(QualityOrigin.Other, 5, 259), new QualityAuthor("a", null, "b"), "reason", "c")));
        JournalItems.Write(writer, [.. Some().Select(raw => new KeptReading(new Reading(-1, raw.Value, raw.SourceTime, raw.Status, raw.Quality), 7, raw.Note, 1))], DateTime.UnixEpoch.Ticks);
        JournalItems.Write(writer, new StoredRevision(7, 1, 1, new ReadingRevision(-1, DateTime.UnixEpoch, RevisionKind.Replace, DateTime.UnixEpoch, new QualityNote(default, QualityAuthor.Source)) { Value = PointValue.From(true) }));
        JournalItems.Write(writer, new StoredAnnotation(7, 1, 2, new ReadingAnnotation(-1, DateTime.UnixEpoch, DateTime.UnixEpoch, QualityAuthor.Source, "text")));
        JournalFrame.End(writer);
        return writer.Span.ToArray();
    }

    // Without its checksum, which would stop all that mutation makes.
    private static bool Frame(byte[] input)
    {
        JournalItems.Read(input, new Counting());
        return true;
    }

    private static bool Segment(byte[] input)
    {
        SegmentReport report;
        try
        {
            report = JournalSegment.Read(input, new Counting());
        }
        catch (StoredFormatException)
        {
            // Of a newer server.
            return false;
        }

        return report.TornBytes + report.DamagedBytes <= input.Length ? report.Frames > 0 : throw new FuzzException("More is damaged than there is.");
    }

    private sealed class Counting : IJournalVisitor
    {
        public bool WantsReadings => true;

        public void Visit(NamedSeries name)
        {
        }

        public void Visit(NumberedNote note)
        {
        }

        public void Visit(ReadOnlySpan<KeptReading> readings, long serverTicks)
        {
        }

        public void Visit(StoredRevision revision)
        {
        }

        public void Visit(StoredAnnotation annotation)
        {
        }
    }
}
