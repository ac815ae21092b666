namespace OpcPortal.Server;

/// <summary>
/// A column of a table that only grows: chunks that never move, so that readers need no lock and growing copies nothing. One writer at a time; a row is read by others
/// after its table has counted it.
/// </summary>
internal sealed class GrowingColumn<T>
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    private T[]?[] _chunks = [];
    private int _filled;

    /// <summary>A row below what <see cref="EnsureRows"/> was told.</summary>
    public ref T this[int row] => ref Volatile.Read(ref _chunks)[row >> ChunkBits]![row & (ChunkSize - 1)];

    public void EnsureRows(int count)
    {
        var needed = (count + ChunkSize - 1) >> ChunkBits;
        if (needed > _chunks.Length)
        {
            var grown = new T[]?[Math.Max(needed, _chunks.Length * 2)];
            _chunks.CopyTo(grown, 0);
            Volatile.Write(ref _chunks, grown);
        }

        for (; _filled < needed; _filled++) _chunks[_filled] = new T[ChunkSize];
    }
}
