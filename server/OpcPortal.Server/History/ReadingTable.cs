using System.Runtime.InteropServices;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// What came in and is not in the database yet, of one segment of the journal: readings of 40 bytes in chunks, those of a series chained, with the revisions and annotations beside them. One writer;
/// readers look at it under its lock.
/// </summary>
internal sealed class ReadingTable(long generation, TableChunks chunks)
{
    private const int None = -1;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Run> _runs = [];
    private readonly Dictionary<int, string> _texts = [];
    private readonly Dictionary<long, List<StoredRevision>> _revisions = [];
    private readonly Dictionary<long, List<StoredAnnotation>> _annotations = [];
    private readonly List<TableEntry[]> _chunks = [];
    private int _count;
    private int _revisionCount;
    private long _baseTicks;

    /// <summary>The names that its segment gives to series.</summary>
    public List<NamedSeries> Names { get; } = [];

    /// <summary>The notes that its segment gives numbers to.</summary>
    public List<NumberedNote> Notes { get; } = [];

    /// <summary>The number of its segment; later ones are greater.</summary>
    public long Generation => generation;

    /// <summary>Nothing of it is here: its segment has it.</summary>
    public bool IsOnDisk { get; init; }

    /// <summary>Readings in it.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Readings, revisions and annotations.</summary>
    public int Weight => Count + Volatile.Read(ref _revisionCount);

    /// <summary>Adds readings of one server time.</summary>
    public void Add(ReadOnlySpan<KeptReading> readings, long serverTicks)
    {
        lock (_gate)
        {
            if (_count == 0) _baseTicks = serverTicks;
            foreach (ref readonly var kept in readings) AddOne(kept, serverTicks);
        }
    }

    private void AddOne(in KeptReading kept, long serverTicks)
    {
        var index = _count;
        if (index >> TableChunks.Bits == _chunks.Count) _chunks.Add(chunks.Rent());
        ref var entry = ref _chunks[index >> TableChunks.Bits][index & (TableChunks.Size - 1)];
        var reading = kept.Reading;
        entry = new TableEntry(reading, kept.Note, (int)Math.Clamp((serverTicks - _baseTicks) / TimeSpan.TicksPerMillisecond, int.MinValue, int.MaxValue));
        if (reading.Value.Text is { } text) _texts[index] = text;
        ref var run = ref CollectionsMarshal.GetValueRefOrAddDefault(_runs, kept.Series, out var isKnown);
        if (isKnown) EntryAt(run.Last).Next = index;
        else run = new Run { First = index, DataClass = kept.DataClass };
        run.Last = index;
        run.Count++;
        Volatile.Write(ref _count, index + 1);
    }

    public void Add(StoredRevision revision) => Add(_revisions, revision.Series, revision);

    public void Add(StoredAnnotation annotation) => Add(_annotations, annotation.Series, annotation);

    private void Add<T>(Dictionary<long, List<T>> to, long series, T item)
    {
        lock (_gate)
        {
            (CollectionsMarshal.GetValueRefOrAddDefault(to, series, out _) ??= []).Add(item);
            Volatile.Write(ref _revisionCount, _revisionCount + 1);
        }
    }

    /// <summary>Adds to a list what there is of a series from a time, included, to another, excluded, in the order in which it came.</summary>
    public void Read(long series, long fromTicks, long toTicks, List<RawReading> into)
    {
        lock (_gate)
        {
            if (!_runs.TryGetValue(series, out var run)) return;
            for (var index = run.First; index != None; index = EntryAt(index).Next)
            {
                ref var entry = ref EntryAt(index);
                if (entry.SourceTicks >= fromTicks && entry.SourceTicks < toTicks) into.Add(Restore(index));
            }
        }
    }

    /// <inheritdoc cref="Read(long, long, long, List{RawReading})"/>
    public void Read(long series, long fromTicks, long toTicks, List<StoredRevision> into)
    {
        lock (_gate)
        {
            if (!_revisions.TryGetValue(series, out var revisions)) return;
            foreach (var revision in revisions)
                if (revision.Revision.SourceTime.Ticks >= fromTicks && revision.Revision.SourceTime.Ticks < toTicks) into.Add(revision);
        }
    }

    /// <inheritdoc cref="Read(long, long, long, List{RawReading})"/>
    public void Read(long series, long fromTicks, long toTicks, List<StoredAnnotation> into)
    {
        lock (_gate)
        {
            if (!_annotations.TryGetValue(series, out var annotations)) return;
            foreach (var annotation in annotations)
                if (annotation.Annotation.SourceTime.Ticks >= fromTicks && annotation.Annotation.SourceTime.Ticks < toTicks) into.Add(annotation);
        }
    }

    /// <summary>Notes the newest times of series. Not all under one lock: readings go on coming in.</summary>
    public void FindLast(LastTimes last)
    {
        foreach (var series in last.Series.ToArray())
        {
            lock (_gate)
            {
                if (_runs.TryGetValue(series, out var run))
                    for (var index = run.First; index != None; index = EntryAt(index).Next) last.Note(series, EntryAt(index).SourceTicks);
                if (!_revisions.TryGetValue(series, out var revisions)) continue;
                foreach (var revision in revisions) last.Note(series, revision.Revision.SourceTime.Ticks);
            }
        }
    }

    /// <summary>The series that it has anything of, in rising order, with their classes. Called when nothing is added any more.</summary>
    public List<PointSeries> Series()
    {
        lock (_gate)
        {
            var all = new Dictionary<long, byte>(_runs.Count);
            foreach (var (id, run) in _runs) all[id] = run.DataClass;
            foreach (var (id, revisions) in _revisions) all[id] = revisions[0].DataClass;
            foreach (var (id, annotations) in _annotations) all[id] = annotations[0].DataClass;
            var list = new List<PointSeries>(all.Count);
            foreach (var (id, dataClass) in all) list.Add(new PointSeries(id, dataClass));
            list.Sort(static (a, b) => a.Id.CompareTo(b.Id));
            return list;
        }
    }

    /// <summary>Gives its memory back when nobody reads it any more.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _runs.Clear();
            _texts.Clear();
            _revisions.Clear();
            _annotations.Clear();
            foreach (var chunk in _chunks) chunks.Return(chunk);
            _chunks.Clear();
            Volatile.Write(ref _count, 0);
        }
    }

    private ref TableEntry EntryAt(int index) => ref _chunks[index >> TableChunks.Bits][index & (TableChunks.Size - 1)];

    private RawReading Restore(int index)
    {
        ref var entry = ref EntryAt(index);
        var text = entry.Kind == PointValueKind.Text ? _texts[index] : null;
        return new RawReading(
            PointValue.Restore(entry.Kind, entry.Bits, text), new DateTime(entry.SourceTicks, DateTimeKind.Utc), new DateTime(_baseTicks + (entry.ServerOffset * TimeSpan.TicksPerMillisecond), DateTimeKind.Utc),
            entry.Status, new QualityCode(entry.Origin, entry.Category, entry.Index), entry.Note);
    }

    private struct Run
    {
        public int First;
        public int Last;
        public int Count;
        public byte DataClass;
    }
}

/// <summary>A reading on its way into the store.</summary>
internal readonly record struct KeptReading(Reading Reading, long Series, int Note, byte DataClass);

/// <summary>A reading in a table: 40 bytes.</summary>
internal struct TableEntry(in Reading reading, int note, int serverOffset)
{
    public readonly long SourceTicks = reading.SourceTime.Ticks;
    public readonly long Bits = reading.Value.Bits;
    public readonly ReadingStatus Status = reading.Status;
    public readonly int Note = note;

    /// <summary>Milliseconds since the table's first.</summary>
    public readonly int ServerOffset = serverOffset;

    /// <summary>The next of its series; -1: none.</summary>
    public int Next = -1;
    public readonly ushort Category = reading.Quality.Category;
    public readonly ushort Index = reading.Quality.Index;
    public readonly QualityOrigin Origin = reading.Quality.Origin;
    public readonly PointValueKind Kind = reading.Value.Kind;
}

/// <summary>Memory for tables, used again: so that it stays flat. Thread-safe.</summary>
internal sealed class TableChunks
{
    public const int Bits = 14;

    /// <summary>Entries of a chunk: 640 kB.</summary>
    public const int Size = 1 << Bits;

    // Of two tables at full size; what is beyond goes back to the runtime.
    private const int MaxFree = 256;

    private readonly Lock _gate = new();
    private readonly Stack<TableEntry[]> _free = new();

    public TableEntry[] Rent()
    {
        lock (_gate) return _free.TryPop(out var chunk) ? chunk : new TableEntry[Size];
    }

    public void Return(TableEntry[] chunk)
    {
        lock (_gate)
            if (_free.Count < MaxFree) _free.Push(chunk);
    }
}
