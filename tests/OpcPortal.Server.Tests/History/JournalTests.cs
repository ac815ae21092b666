using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>What a journal gives back that was torn, damaged or written by another server.</summary>
public sealed class JournalTests
{
    private static readonly DateTime Noon = StoreUnderTest.Start;

    private static KeptReading Kept(long n) => new(new Reading(-1, n % 3 == 0 ? PointValue.From($"text {n}") : PointValue.From((double)n), Noon.AddMinutes(n), n % 2 == 0 ? ReadingStatus.Good : ReadingStatus.BadNoData, new QualityCode(QualityOrigin.EndDevice, 4, (ushort)n)), 42, (int)n % 5, 1);

    private static (byte[] Segment, List<int> Ends) Write(int frames)
    {
        var (writer, segment, ends) = (new StoredBytesWriter(), new List<byte>(JournalSegment.Header(7)), new List<int>());
        for (var i = 0; i < frames; i++)
        {
            JournalFrame.Begin(writer);
            if (i == 0) JournalItems.Write(writer, new NamedSeries(42, 1, "oak-1/meter/Energy"));
            JournalItems.Write(writer, new NumberedNote(i + 1, new QualityNote(new QualityCode(QualityOrigin.Other, 1, 2), new QualityAuthor("a", null, "b"), "reason", i == 0 ? null : "c")));
            JournalItems.Write(writer, [Kept(3 * i), Kept((3 * i) + 1), Kept((3 * i) + 2)], Noon.Ticks);
            JournalItems.Write(writer, new StoredRevision(42, 1, i + 1, new ReadingRevision(-1, Noon, RevisionKind.Replace, Noon, new QualityNote(default, QualityAuthor.Source)) { Value = PointValue.From((long)i), Status = ReadingStatus.Uncertain }));
            JournalItems.Write(writer, new StoredAnnotation(42, 1, i + 1, new ReadingAnnotation(-1, Noon, Noon, new QualityAuthor("a"), "said")));
            JournalFrame.End(writer);
            segment.AddRange(writer.Span);
            ends.Add(segment.Count);
        }

        return ([.. segment], ends);
    }

    [Fact]
    public void All_that_was_written_comes_back_in_its_order()
    {
        var found = new Found();
        Assert.Equal(new SegmentReport(4, 0, 0), JournalSegment.Read(Write(4).Segment, found));
        Assert.Equal(Enumerable.Range(0, 12).Select(n => Kept(n)), found.Readings);
        Assert.Equal(new NamedSeries(42, 1, "oak-1/meter/Energy"), Assert.Single(found.Names));
        Assert.Equal([1, 2, 3, 4], found.Notes.Select(note => note.Number));
        Assert.Equal("c", found.Notes[1].Note.Responsible);
        Assert.Equal([0L, 1L, 2L, 3L], found.Revisions.Select(revision => revision.Revision.Value.AsSigned()));
        Assert.All(found.Annotations, annotation => Assert.Equal("said", annotation.Annotation.Text));
    }

    [Fact]
    public void A_segment_torn_anywhere_has_all_frames_before_the_tear_and_nothing_of_the_one_in_it()
    {
        var (segment, ends) = Write(4);
        for (var length = 0; length <= segment.Length; length++)
        {
            var found = new Found();
            var report = JournalSegment.Read(segment.AsSpan(0, length), found);
            var whole = ends.Count(end => end <= length);
            Assert.Equal((whole, 3 * whole), (report.Frames, found.Readings.Count));
            Assert.Equal(0, report.DamagedBytes);
            Assert.Equal(length < JournalSegment.HeaderSize ? length : length - (whole == 0 ? JournalSegment.HeaderSize : ends[whole - 1]), report.TornBytes);
        }
    }

    [Fact]
    public void A_damaged_byte_costs_the_frame_that_it_is_in_and_is_told()
    {
        var (segment, ends) = Write(4);
        for (var at = JournalSegment.HeaderSize; at < segment.Length; at++)
        {
            segment[at] ^= 0x40;
            var found = new Found();
            var report = JournalSegment.Read(segment, found);
            Assert.Equal((3, 9), (report.Frames, found.Readings.Count));
            var hit = ends.FindIndex(end => at < end);
            Assert.DoesNotContain(Kept(3 * hit), found.Readings);
            Assert.Equal(ends[hit] - (hit == 0 ? JournalSegment.HeaderSize : ends[hit - 1]), report.DamagedBytes + report.TornBytes);
            segment[at] ^= 0x40;
        }
    }

    [Fact]
    public void A_segment_of_a_newer_server_is_refused_and_not_overwritten()
    {
        var segment = Write(1).Segment;
        segment[4]++;
        Assert.Contains("newer server", Assert.Throws<StoredFormatException>(() => JournalSegment.Read(segment, new Found())).Message, StringComparison.Ordinal);
    }

    private sealed class Found : IJournalVisitor
    {
        public List<NamedSeries> Names { get; } = [];
        public List<NumberedNote> Notes { get; } = [];
        public List<KeptReading> Readings { get; } = [];
        public List<StoredRevision> Revisions { get; } = [];
        public List<StoredAnnotation> Annotations { get; } = [];

        public bool WantsReadings => true;

        public void Visit(NamedSeries name) => Names.Add(name);
        public void Visit(NumberedNote note) => Notes.Add(note);
        public void Visit(ReadOnlySpan<KeptReading> readings, long serverTicks) => Readings.AddRange(readings);
        public void Visit(StoredRevision revision) => Revisions.Add(revision);
        public void Visit(StoredAnnotation annotation) => Annotations.Add(annotation);
    }
}
