using System.Runtime.InteropServices;

namespace OpcPortal.Server;

/// <summary>Takes from a segment what there is of a part of a series.</summary>
internal sealed class SliceVisitor(SliceRequest request, HistorySlice slice) : IJournalVisitor
{
    public bool WantsReadings => !request.IsOfAnnotations;

    public void Visit(NamedSeries name)
    {
    }

    public void Visit(NumberedNote note)
    {
    }

    public void Visit(ReadOnlySpan<KeptReading> readings, long serverTicks)
    {
        foreach (ref readonly var kept in readings)
        {
            var reading = kept.Reading;
            if (kept.Series == request.Series && IsWithin(reading.SourceTime))
                slice.Raws.Add(new RawReading(reading.Value, reading.SourceTime, new DateTime(serverTicks, DateTimeKind.Utc), reading.Status, reading.Quality, kept.Note));
        }
    }

    public void Visit(StoredRevision revision)
    {
        if (!request.IsOfAnnotations && revision.Series == request.Series && IsWithin(revision.Revision.SourceTime)) slice.Revisions.Add(revision);
    }

    public void Visit(StoredAnnotation annotation)
    {
        if (request.IsOfAnnotations && annotation.Series == request.Series && IsWithin(annotation.Annotation.SourceTime)) slice.Annotations.Add(annotation);
    }

    private bool IsWithin(DateTime time) => time.Ticks >= request.Low && time.Ticks < request.High;
}

/// <summary>Takes a segment over into a table: after a restart, or when its turn to be stored has come.</summary>
/// <param name="table">Null: only what the process must know of it is taken over.</param>
/// <param name="late">Gets the days of late readings, by series; null: they are known.</param>
internal sealed class RecoveryVisitor(NoteTable notes, ReadingTable? table, Dictionary<long, HashSet<DateTime>>? late = null) : IJournalVisitor
{
    /// <summary>The greatest number of revisions and annotations; 0: there was none.</summary>
    public long Sequence { get; private set; }

    /// <summary>Readings that were taken over.</summary>
    public long Readings { get; private set; }

    public bool WantsReadings => table is not null || late is not null;

    public void Visit(NamedSeries name) => table?.Names.Add(name);

    public void Visit(NumberedNote note)
    {
        notes.Restore(note.Number, note.Note);
        table?.Notes.Add(note);
    }

    public void Visit(ReadOnlySpan<KeptReading> readings, long serverTicks)
    {
        table?.Add(readings, serverTicks);
        Readings += readings.Length;
        if (late is null) return;
        foreach (ref readonly var kept in readings)
            if (kept.Reading.SourceTime.Ticks < serverTicks - ReadingStore.LateBy.Ticks) (CollectionsMarshal.GetValueRefOrAddDefault(late, kept.Series, out _) ??= []).Add(kept.Reading.SourceTime.Date);
    }

    public void Visit(StoredRevision revision)
    {
        Sequence = Math.Max(Sequence, revision.Sequence);
        table?.Add(revision);
    }

    public void Visit(StoredAnnotation annotation)
    {
        Sequence = Math.Max(Sequence, annotation.Sequence);
        table?.Add(annotation);
    }
}
