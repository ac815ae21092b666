namespace OpcPortal.Server;

/// <summary>What the store knows of a point.</summary>
/// <param name="Id">The number of its series.</param>
internal readonly record struct PointSeries(long Id, byte DataClass);

/// <summary>The series of points, found when a point is first met: 10 bytes for each of the points around it. Thread-safe.</summary>
internal sealed class SeriesMap(ReadingStoreOptions options)
{
    private const long NotKept = -1;
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly Lock _gate = new();
    private Chunk?[] _chunks = [];
    private volatile IPointNames? _names;

    /// <summary>Tells the map what points there are.</summary>
    public void Bind(IPointNames names) => _names = names;

    /// <summary>The series of a point.</summary>
    /// <returns>False where nothing is kept of it.</returns>
    public bool TryGet(int point, out PointSeries series)
    {
        var chunk = ChunkOf(point);
        var index = point & (ChunkSize - 1);
        var id = chunk is null ? 0 : Volatile.Read(ref chunk.Ids[index]);
        if (id == 0) return TryMeet(point, out series);
        series = new PointSeries(id, chunk!.Classes[index]);
        return id != NotKept;
    }

    /// <summary>Asked once before the first of a series is journalled by this process.</summary>
    /// <returns>Its name, which is to be journalled before it; null where it was.</returns>
    public string? Name(int point)
    {
        var chunk = ChunkOf(point)!;
        var index = point & (ChunkSize - 1);
        if (chunk.IsNamed[index]) return null;
        chunk.IsNamed[index] = true;
        return _names!.TryName(point, out var name) ? name.Text : throw new InvalidOperationException($"The point {point} had a name and has none now.");
    }

    /// <summary>The name could not be journalled.</summary>
    public void Unname(int point) => ChunkOf(point)!.IsNamed[point & (ChunkSize - 1)] = false;

    private Chunk? ChunkOf(int point)
    {
        var chunks = Volatile.Read(ref _chunks);
        return (uint)(point >> ChunkBits) < (uint)chunks.Length ? Volatile.Read(ref chunks[point >> ChunkBits]) : null;
    }

    private bool TryMeet(int point, out PointSeries series)
    {
        series = default;
        lock (_gate)
        {
            if (_names is null || !_names.TryName(point, out var found)) return false;
            var chunk = Grow(point >> ChunkBits);
            var index = point & (ChunkSize - 1);
            var id = options.RetentionOf(found.DataClass) > TimeSpan.Zero ? SeriesId.Of(found.Text) : NotKept;
            chunk.Classes[index] = found.DataClass;
            Volatile.Write(ref chunk.Ids[index], id);
            series = new PointSeries(id, found.DataClass);
            return id != NotKept;
        }
    }

    private Chunk Grow(int at)
    {
        if (at >= _chunks.Length)
        {
            var grown = new Chunk?[Math.Max(at + 1, _chunks.Length * 2)];
            _chunks.CopyTo(grown, 0);
            Volatile.Write(ref _chunks, grown);
        }

        if (_chunks[at] is null) Volatile.Write(ref _chunks[at], new Chunk());
        return _chunks[at]!;
    }

    private sealed class Chunk
    {
        // 0: not met yet. The class is written before the id.
        public readonly long[] Ids = new long[ChunkSize];
        public readonly byte[] Classes = new byte[ChunkSize];

        // For whoever writes the journal alone.
        public readonly bool[] IsNamed = new bool[ChunkSize];
    }
}
