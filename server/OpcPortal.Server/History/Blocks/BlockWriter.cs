namespace OpcPortal.Server;

/// <summary>Moves a table to the database, in the order of its series and in transactions that hold up others of the database for no longer than a moment.</summary>
internal sealed class BlockWriter(BlockDatabase database)
{
    /// <summary>Rows of a transaction: some 20 to 50 ms, in which other parts of the server wait for SQLite.</summary>
    private const int MaxRows = 2_000;

    /// <summary>Names of a transaction, for the same reason.</summary>
    private const int MaxNames = 5_000;

    private readonly BlockPacker _packer = new();
    private readonly List<RawReading> _readings = [];

    /// <summary>Readings that came twice and said the same.</summary>
    public long Repeated => _packer.Repeated;

    /// <summary>Stores what is not stored yet of a table that nothing is added to any more.</summary>
    /// <param name="sequence">The newest number of revisions and annotations.</param>
    /// <exception cref="StorageException">The database refuses: what was stored so far stays, and it goes on there.</exception>
    public async Task StoreAsync(ReadingTable table, long sequence, CancellationToken cancellation)
    {
        var from = table.Generation == database.Generation + 1 ? database.Series : 0;
        await StoreNamesAsync(table, from, sequence, cancellation).ConfigureAwait(false);
        var batch = NewBatch(table, sequence);
        foreach (var series in table.Series())
        {
            if (series.Id <= from) continue;
            Add(table, series, batch);
            batch.Series = series.Id;
            if (batch.Count < MaxRows) continue;
            await database.StoreAsync(batch, cancellation).ConfigureAwait(false);
            batch = NewBatch(table, sequence);
        }

        batch.IsLast = true;
        await database.StoreAsync(batch, cancellation).ConfigureAwait(false);
    }

    private async Task StoreNamesAsync(ReadingTable table, long from, long sequence, CancellationToken cancellation)
    {
        foreach (var names in table.Names.Chunk(MaxNames))
        {
            var batch = NewBatch(table, sequence);
            batch.Series = from;
            batch.Names.AddRange(names);
            await database.StoreAsync(batch, cancellation).ConfigureAwait(false);
        }

        if (table.Notes.Count == 0) return;
        var notes = NewBatch(table, sequence);
        notes.Series = from;
        notes.Notes.AddRange(table.Notes);
        await database.StoreAsync(notes, cancellation).ConfigureAwait(false);
    }

    private static BlockBatch NewBatch(ReadingTable table, long sequence) => new() { Generation = table.Generation, Sequence = sequence };

    private void Add(ReadingTable table, PointSeries series, BlockBatch batch)
    {
        _readings.Clear();
        table.Read(series.Id, 0, long.MaxValue, _readings);
        if (_readings.Count > 0) _packer.Pack(series, _readings, table.Generation, batch.Blocks);
        table.Read(series.Id, 0, long.MaxValue, batch.Revisions);
        table.Read(series.Id, 0, long.MaxValue, batch.Annotations);
    }
}
