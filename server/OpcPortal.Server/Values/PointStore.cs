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
/// The current reading of every point by number: 48 bytes each, nothing allocated when one changes. A reading is seen whole or not at all: each cell has a version that is odd while
/// it is written, readers try again, writers of one cell wait for each other. Watchers take room only where there are some.
/// </summary>
public sealed class PointStore
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    // A device whose clock once was years ahead must not hide its later readings.
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(5);

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
        ref var cell = ref CellOf(point);
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref cell.Version);
            if ((version & 1) == 0)
            {
                var reading = cell.ToReading();
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
        if (!isLate) cell.Set(reading, status, serverTime);
        Volatile.Write(ref cell.Version, isLate ? version : version + 2);
        if (isLate) return false;
        if (Volatile.Read(ref chunk.Watchers) is { } watchers && Volatile.Read(ref watchers[index]) is { } watching)
        {
            var stored = new StoredReading(reading.Value, reading.SourceTime, serverTime, status, reading.Quality);
            foreach (var watcher in watching) watcher.OnReading(stored);
        }

        return true;
    }

    // A bad reading has the time of whoever noticed: it neither makes another late nor is late itself.
    private static bool IsLate(in Cell cell, in Reading reading, ReadingStatus status, DateTime serverTime) =>
        reading.SourceTime.Ticks < cell.SourceTicks && !IsBad(cell.Status) && !IsBad(status) && cell.SourceTicks <= (serverTime + FutureTolerance).Ticks;

    private static bool IsBad(ReadingStatus status) => ((uint)status & 0x8000_0000) != 0;

    /// <returns>The version before, which was even.</returns>
    private static int Lock(ref Cell cell)
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref cell.Version);
            if ((version & 1) == 0 && Interlocked.CompareExchange(ref cell.Version, version + 1, version) == version) return version;
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

    private ref Cell CellOf(int point)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)point, (uint)Count, nameof(point));
        return ref _chunks[point >> ChunkBits].Cells[point & (ChunkSize - 1)];
    }

    private sealed class Chunk
    {
        public readonly Cell[] Cells = new Cell[ChunkSize];
        public PointWatcher[]?[]? Watchers;

        public Chunk() => Array.Fill(Cells, new Cell { Status = ReadingStatus.BadWaitingForInitialData });
    }

    private struct Cell
    {
        public long SourceTicks;
        private long _bits;
        private long _serverTicks;
        private string? _text;
        public ReadingStatus Status;
        public int Version;
        private ushort _category;
        private ushort _index;
        private QualityOrigin _origin;
        private PointValueKind _kind;

        public void Set(in Reading reading, ReadingStatus status, DateTime serverTime)
        {
            SourceTicks = reading.SourceTime.Ticks;
            _bits = reading.Value.Bits;
            _serverTicks = serverTime.Ticks;
            _text = reading.Value.Text;
            Status = status;
            _category = reading.Quality.Category;
            _index = reading.Quality.Index;
            _origin = reading.Quality.Origin;
            _kind = reading.Value.Kind;
        }

        public readonly StoredReading ToReading() => new(PointValue.Restore(_kind, _bits, _text), Utc(SourceTicks), Utc(_serverTicks), Status, new QualityCode(_origin, _category, _index));

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
