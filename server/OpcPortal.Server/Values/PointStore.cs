using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>The current reading of a point, with when the server got it.</summary>
public readonly record struct StoredReading(PointValue Value, DateTime SourceTime, DateTime ServerTime, ReadingStatus Status, QualityCode Quality);

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

    private readonly Lock _gate = new();
    private Chunk[] _chunks = [];
    private int _count;

    /// <summary>Points that there is room for.</summary>
    public int Count => Volatile.Read(ref _count);

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
                var reading = cell.ToReading(chunk.RestAt(index));
                Volatile.ReadBarrier();
                if (cell.Version == version) return reading;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Takes readings over and tells those who watch.</summary>
    /// <param name="serverTime">When the server got them, UTC.</param>
    public ApplyResult Apply(ReadOnlySpan<Reading> readings, DateTime serverTime)
    {
        int applied = 0, late = 0, unknown = 0;
        foreach (ref readonly var reading in readings)
        {
            if ((uint)reading.Point >= (uint)Count) unknown++;
            else if (TryApply(reading, serverTime)) applied++;
            else late++;
        }

        return new ApplyResult(applied, late, unknown);
    }

    private bool TryApply(in Reading reading, DateTime serverTime)
    {
        var chunk = _chunks[reading.Point >> ChunkBits];
        var index = reading.Point & (ChunkSize - 1);
        ref var cell = ref chunk.Cells[index];
        var status = QualityStatus.StatusOf(reading.Status, reading.Quality);
        var version = Lock(ref cell);
        var isLate = IsLate(cell, reading, status, serverTime);
        if (!isLate) chunk.SetRest(index, cell.Set(reading, status, serverTime));
        Volatile.Write(ref cell.Version, isLate ? version : (ushort)(version + 2));
        if (isLate) return false;
        if (Volatile.Read(ref chunk.Watchers) is { } watchers && Volatile.Read(ref watchers[index]) is { } watching)
        {
            var stored = new StoredReading(reading.Value, reading.SourceTime, serverTime, status, reading.Quality);
            foreach (var watcher in watching) watcher.OnReading(stored);
        }

        return true;
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
        if (!isLate) chunk.SetRest(index, cell.Set(reading, revised.Status, revised.ServerTime));
        Volatile.Write(ref cell.Version, isLate ? version : (ushort)(version + 2));
        if (isLate) return false;
        if (Volatile.Read(ref chunk.Watchers) is { } watchers && Volatile.Read(ref watchers[index]) is { } watching)
            foreach (var watcher in watching) watcher.OnReading(revised);
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

        public object? RestAt(int index) => Volatile.Read(ref _rests)?[index];

        public void SetRest(int index, object? rest)
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
