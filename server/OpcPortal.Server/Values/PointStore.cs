using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>The current reading of a point, with when the server got it.</summary>
public readonly record struct StoredReading(PointValue Value, DateTime SourceTime, DateTime ServerTime, ReadingStatus Status, QualityCode Quality)
{
    /// <summary>The number of what was said of it on arrival; 0: nothing; <see cref="PointStore.InHistory"/>: more was said than that.</summary>
    internal int Note { get; init; }

    /// <summary>What its source said of it, where more was said; else <see cref="Quality"/> is that.</summary>
    internal QualityCode Came { get; init; }
}

/// <summary>Told of each new reading of a point on the thread that brought it: returns at once, never throws, never calls back into the store.</summary>
public abstract class PointWatcher
{
    public abstract void OnReading(in StoredReading reading);
}

/// <summary>What became of readings.</summary>
/// <param name="Applied">They are the current ones now.</param>
/// <param name="Late">Older than what is current: they are history, not the current value.</param>
/// <param name="Unknown">No point has the number.</param>
public readonly record struct ApplyResult(int Applied, int Late, int Unknown)
{
    public static ApplyResult operator +(ApplyResult a, ApplyResult b) => new(a.Applied + b.Applied, a.Late + b.Late, a.Unknown + b.Unknown);
}

/// <summary>
/// The current reading of every point by number: 32 bytes each, nothing allocated when one changes. A reading is seen whole or not at all: each cell has a version that is odd while
/// it is written, readers try again, writers of one cell wait for each other. Watchers take room only where there are some.
/// </summary>
public sealed class PointStore
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    // A device whose clock once was years ahead must not hide its later readings.
    internal static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Stands for a note where a reading has been revised, or came twice: all that was said of it is found in history alone.</summary>
    internal const int InHistory = -1;

    private readonly Lock _gate = new();
    private Chunk[] _chunks = [];
    private int _count;

    /// <summary>Points that there is room for.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Told of points of which another reading came for the time of the current one: which of them holds history knows. Null: there is none, and the last one holds. Returns at once, never throws.
    /// </summary>
    internal Action<int>? Repeated { get; set; }

    /// <summary>Makes room; new points wait for their first reading.</summary>
    public void EnsurePoints(int count)
    {
        if (count <= Count) return;
        lock (_gate)
        {
            if (count <= _count) return;
            var needed = (count + ChunkSize - 1) >> ChunkBits;
            var filled = (_count + ChunkSize - 1) >> ChunkBits;
            if (needed > _chunks.Length)
            {
                var grown = new Chunk[Math.Max(needed, _chunks.Length * 2)];
                _chunks.CopyTo(grown, 0);
                Volatile.Write(ref _chunks, grown);
            }

            for (var i = filled; i < needed; i++) Volatile.Write(ref _chunks[i], new Chunk());
            Volatile.Write(ref _count, count);
        }
    }

    /// <summary>The current reading; BadWaitingForInitialData before the first.</summary>
    public StoredReading Read(int point)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)point, (uint)Count, nameof(point));
        var chunk = _chunks[point >> ChunkBits];
        var index = point & (ChunkSize - 1);
        ref var cell = ref chunk.Cells[index];
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref cell.Version);
            if ((version & 1) == 0)
            {
                var reading = chunk.ReadingAt(index);
                Volatile.ReadBarrier();
                if (cell.Version == version) return reading;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Takes readings over and tells those who watch.</summary>
    /// <param name="serverTime">When the server got them, UTC.</param>
    public ApplyResult Apply(ReadOnlySpan<Reading> readings, DateTime serverTime) => Apply(readings, serverTime, [], []);

    /// <inheritdoc cref="Apply(ReadOnlySpan{Reading}, DateTime)"/>
    /// <param name="notes">For each the number of what was said of it on arrival; empty: nothing of any.</param>
    /// <param name="came">What their sources said of them; empty: what they say.</param>
    internal ApplyResult Apply(ReadOnlySpan<Reading> readings, DateTime serverTime, ReadOnlySpan<int> notes, ReadOnlySpan<QualityCode> came)
    {
        int applied = 0, late = 0, unknown = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            ref readonly var reading = ref readings[i];
            var note = notes.IsEmpty ? 0 : notes[i];
            if ((uint)reading.Point >= (uint)Count) unknown++;
            else if (TryApply(reading, serverTime, note, note == 0 || came.IsEmpty ? default : came[i])) applied++;
            else late++;
        }

        return new ApplyResult(applied, late, unknown);
    }

    private bool TryApply(in Reading reading, DateTime serverTime, int note, QualityCode came)
    {
        var chunk = _chunks[reading.Point >> ChunkBits];
        var index = reading.Point & (ChunkSize - 1);
        ref var cell = ref chunk.Cells[index];
        var status = QualityStatus.StatusOf(reading.Status, reading.Quality);
        var version = Lock(ref cell);
        var isLate = IsLate(cell, reading, status, serverTime);
        var isRepeated = Repeated is not null && cell.SourceTicks == reading.SourceTime.Ticks && cell.SourceTicks != 0 && !chunk.Says(index, reading, status, note);
        // What was revised is not undone by what is read once more.
        if (isRepeated) (isLate, note) = (isLate || chunk.NoteAt(index) == InHistory, InHistory);
        if (!isLate) chunk.Set(index, reading, status, serverTime, note, came);
        Volatile.Write(ref cell.Version, isLate ? version : (ushort)(version + 2));
        if (isRepeated) Repeated!(reading.Point);
        if (!isLate && Volatile.Read(ref chunk.Watchers) is { } watchers && Volatile.Read(ref watchers[index]) is { } watching)
            Tell(watching, new StoredReading(reading.Value, reading.SourceTime, serverTime, status, reading.Quality) { Note = note, Came = came });
        return !isLate;
    }

    private static void Tell(PointWatcher[] watching, in StoredReading reading)
    {
        foreach (var watcher in watching) watcher.OnReading(reading);
    }

    /// <summary>Puts a revised reading in the place of the current one, and tells those who watch.</summary>
    /// <returns>False where a later one has come meanwhile.</returns>
    public bool Revise(int point, in StoredReading revised)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)point, (uint)Count, nameof(point));
        var chunk = _chunks[point >> ChunkBits];
        var index = point & (ChunkSize - 1);
        ref var cell = ref chunk.Cells[index];
        var reading = new Reading(point, revised.Value, revised.SourceTime, revised.Status, revised.Quality);
        var version = Lock(ref cell);
        var isLate = cell.SourceTicks > revised.SourceTime.Ticks;
        if (!isLate) chunk.Set(index, reading, revised.Status, revised.ServerTime, revised.Note, revised.Came);
        Volatile.Write(ref cell.Version, isLate ? version : (ushort)(version + 2));
        if (isLate) return false;
        if (Volatile.Read(ref chunk.Watchers) is { } watchers && Volatile.Read(ref watchers[index]) is { } watching) Tell(watching, revised);
        return true;
    }

    // A bad reading has the time of whoever noticed: it neither makes another late nor is late itself.
    private static bool IsLate(in Cell cell, in Reading reading, ReadingStatus status, DateTime serverTime) =>
        reading.SourceTime.Ticks < cell.SourceTicks && !IsBad(cell.Status) && !IsBad(status) && cell.SourceTicks <= (serverTime + FutureTolerance).Ticks;

    private static bool IsBad(ReadingStatus status) => ((uint)status & 0x8000_0000) != 0;

    /// <returns>The version before, which was even.</returns>
    private static ushort Lock(ref Cell cell)
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref cell.Version);
            if ((version & 1) == 0 && Interlocked.CompareExchange(ref cell.Version, (ushort)(version + 1), version) == version) return version;
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Tells a watcher of each reading from now on, until the returned object is disposed.</summary>
    public IDisposable Watch(int point, PointWatcher watcher)
    {
        var chunk = _chunks[point >> ChunkBits];
        var index = point & (ChunkSize - 1);
        lock (chunk)
        {
            if (chunk.Watchers is null) Volatile.Write(ref chunk.Watchers, new PointWatcher[]?[ChunkSize]);
            ref var watching = ref chunk.Watchers![index];
            Volatile.Write(ref watching, watching is null ? [watcher] : [.. watching, watcher]);
        }

        return new Watching(chunk, index, watcher);
    }

    private sealed class Chunk
    {
        public readonly Cell[] Cells = new Cell[ChunkSize];
        public PointWatcher[]?[]? Watchers;

        // What does not fit into cells: texts, and statuses and qualities of seldom kinds.
        private object?[]? _rests;

        // What was said on arrival, and what the sources said then: only where something was.
        private int[]? _notes;
        private QualityCode[]? _came;

        public StoredReading ReadingAt(int index) => Cells[index].ToReading(Volatile.Read(ref _rests)?[index]) with { Note = NoteAt(index), Came = Volatile.Read(ref _came)?[index] ?? default };

        public int NoteAt(int index) => Volatile.Read(ref _notes)?[index] ?? 0;

        /// <summary>Whether a reading says what is there: it was only read once more.</summary>
        public bool Says(int index, in Reading reading, ReadingStatus status, int note)
        {
            var held = ReadingAt(index);
            return held.Value == reading.Value && held.Status == status && held.Quality == reading.Quality && held.Note == note;
        }

        public void Set(int index, in Reading reading, ReadingStatus status, DateTime serverTime, int note, QualityCode came)
        {
            SetRest(index, Cells[index].Set(reading, status, serverTime));
            if (_notes is not null || note != 0) Make(ref _notes)[index] = note;
            if (_came is not null || came != default) Make(ref _came)[index] = came;
        }

        private static T[] Make<T>(ref T[]? column) => Volatile.Read(ref column) ?? Interlocked.CompareExchange(ref column, new T[ChunkSize], null) ?? column;

        private void SetRest(int index, object? rest)
        {
            if (_rests is null)
            {
                if (rest is null) return;
                Interlocked.CompareExchange(ref _rests, new object?[ChunkSize], null);
            }

            _rests[index] = rest;
        }
    }

    /// <summary>What does not fit into a cell.</summary>
    private sealed record Rest(string? Text, ReadingStatus Status, QualityCode Quality);

    /// <summary>A reading in 32 bytes. All zeros: it waits for the first, so that memory that nothing was written to is not touched.</summary>
    private struct Cell
    {
        // Part 4 7.39.1: the upper 16 bits are the code; adapters hardly ever set the others.
        private const int CodeShift = 16;
        private const ushort Waiting = (ushort)((uint)ReadingStatus.BadWaitingForInitialData >> CodeShift);

        // IEC 61968-9 has origins 0 to 5 and categories 0 to 12.
        private const int OriginBits = 3;
        private const int MaxCategory = 31;
        private const byte HasRest = 0x80;

        public long SourceTicks;
        private long _bits;
        private long _serverTicks;
        private ushort _code;
        private ushort _index;

        /// <summary>Wraps: a reader would have to sleep through 32,768 writes of one point, to the same, to be misled.</summary>
        public ushort Version;
        private byte _quality;
        private byte _kind;

        /// <summary>The status as far as it matters for what becomes of another reading: its code.</summary>
        public readonly ReadingStatus Status => (ReadingStatus)((uint)(ushort)(_code ^ Waiting) << CodeShift);

        /// <returns>What does not fit; null where all does.</returns>
        public object? Set(in Reading reading, ReadingStatus status, DateTime serverTime)
        {
            SourceTicks = reading.SourceTime.Ticks;
            _bits = reading.Value.Bits;
            _serverTicks = serverTime.Ticks;
            _code = (ushort)((ushort)((uint)status >> CodeShift) ^ Waiting);
            _index = reading.Quality.Index;
            _quality = (byte)(((int)reading.Quality.Origin & ((1 << OriginBits) - 1)) | (reading.Quality.Category << OriginBits));
            var text = string.IsNullOrEmpty(reading.Value.Text) ? null : reading.Value.Text;
            var isRare = (ushort)status != 0 || (int)reading.Quality.Origin >= 1 << OriginBits || reading.Quality.Category > MaxCategory;
            _kind = (byte)((int)reading.Value.Kind | (isRare || text is not null ? HasRest : 0));
            return isRare ? new Rest(text, status, reading.Quality) : text;
        }

        public readonly StoredReading ToReading(object? rest)
        {
            var kind = (PointValueKind)(_kind & ~HasRest);
            if ((_kind & HasRest) == 0) rest = null;
            var rare = rest as Rest;
            var text = kind == PointValueKind.Text ? rare?.Text ?? rest as string ?? "" : null;
            var quality = rare?.Quality ?? new QualityCode((QualityOrigin)(_quality & ((1 << OriginBits) - 1)), (ushort)(_quality >> OriginBits), _index);
            return new StoredReading(PointValue.Restore(kind, _bits, text), Utc(SourceTicks), Utc(_serverTicks), rare?.Status ?? Status, quality);
        }

        private static DateTime Utc(long ticks) => new(ticks, DateTimeKind.Utc);
    }

    private sealed class Watching(Chunk chunk, int index, PointWatcher watcher) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            lock (chunk)
            {
                if (_isOver) return;
                _isOver = true;
                var watching = chunk.Watchers![index]!;
                var at = Array.IndexOf(watching, watcher);
                Volatile.Write(ref chunk.Watchers[index], watching.Length == 1 ? null : [.. watching[..at], .. watching[(at + 1)..]]);
            }
        }
    }
}
