using System.Data.Common;
using System.Globalization;

namespace OpcPortal.Server;

/// <content>How it is kept in order.</content>
internal sealed partial class BlockDatabase
{
    // Series whose rows a transaction deletes.
    private const int SeriesPerDeletion = 2_000;

    private readonly Lock _touchedGate = new();
    private readonly HashSet<int> _touched = [];

    /// <summary>The stretches that were written since they were last asked for.</summary>
    public List<int> TakeTouched()
    {
        lock (_touchedGate)
        {
            List<int> taken = [.. _touched];
            _touched.Clear();
            return taken;
        }
    }

    private void Touch(IEnumerable<int> stretches)
    {
        lock (_touchedGate) _touched.UnionWith(stretches);
    }

    /// <summary>The blocks of series after one, without their data, by series and first time: of as many whole series as a page has.</summary>
    public async Task<List<BlockRow>> ListAsync(Stretch stretch, long after, int limit, CancellationToken cancellation)
    {
        while (true)
        {
            var page = await _database.ReadAsync((connection, transaction) => ListAsync(connection, transaction, stretch, after, limit, cancellation), cancellation).ConfigureAwait(false);
            if (page.Count < limit) return page;
            // There may be more of the last.
            var last = page[^1].Series;
            if (page[0].Series != last)
            {
                page.RemoveAll(block => block.Series == last);
                return page;
            }

            limit *= 4;
        }
    }

    private static async Task<List<BlockRow>> ListAsync(DbConnection connection, DbTransaction transaction, Stretch stretch, long after, int limit, CancellationToken cancellation)
    {
        const string Sql = $"SELECT stretch, first, generation, last, readings, series FROM {HistorySchema.Blocks} WHERE stretch = @stretch AND series > @after ORDER BY series, first LIMIT @limit";
        var page = new List<BlockRow>();
        await foreach (var row in QueryAsync(connection, transaction, Sql, cancellation, ("stretch", stretch.Number), ("after", after), ("limit", (long)limit)).ConfigureAwait(false))
            page.Add(HistoryRows.HeaderOf(row, row.GetInt64(5)));
        return page;
    }

    /// <summary>Puts other blocks in the place of some, in one transaction.</summary>
    /// <param name="groups">Each of one series.</param>
    /// <param name="merge">Makes of the blocks of a group, with their data, what takes their place.</param>
    public Task ReplaceAsync(List<List<BlockRow>> groups, Func<List<BlockRow>, List<BlockRow>> merge, CancellationToken cancellation) => _database.WriteAsync(
        async (connection, transaction) =>
        {
            const string Key = "WHERE stretch = @stretch AND series = @series AND first = @first AND generation = @generation";
            await using var select = PortalDatabase.Command(connection, transaction, $"SELECT data FROM {HistorySchema.Blocks} {Key}", KeyOf(default));
            await using var delete = PortalDatabase.Command(connection, transaction, $"DELETE FROM {HistorySchema.Blocks} {Key}", KeyOf(default));
            var merged = new List<BlockRow>();
            foreach (var group in groups)
            {
                var whole = new List<BlockRow>(group.Count);
                foreach (var block in group)
                {
                    SetKey(select, block);
                    if (await select.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is byte[] data) whole.Add(block with { Data = data });
                    SetKey(delete, block);
                    await delete.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
                }

                if (whole.Count > 0) merged.AddRange(merge(whole));
            }

            await InsertAsync(connection, transaction, HistorySchema.Blocks, HistorySchema.BlockColumns, merged.Select(HistoryRows.Of), merged.Count, cancellation).ConfigureAwait(false);
        },
        cancellation);

    private static (string, object?)[] KeyOf(BlockRow block) => [("stretch", block.Stretch.Number), ("series", block.Series), ("first", block.First), ("generation", block.Generation)];

    private static void SetKey(DbCommand command, BlockRow block)
    {
        var key = KeyOf(block);
        for (var i = 0; i < key.Length; i++) command.Parameters[i].Value = key[i].Item2;
    }

    /// <summary>Deletes all that a stretch has, and notes that it did.</summary>
    /// <returns>What was deleted.</returns>
    public async Task<(long Readings, long Revisions, long Annotations)> RetireAsync(Stretch stretch, DateTime now, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await RetireOneAsync(stretch, now, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<(long Readings, long Revisions, long Annotations)> RetireOneAsync(Stretch stretch, DateTime now, CancellationToken cancellation)
    {
        var counts = (Readings: 0L, Revisions: 0L, Annotations: 0L);
        var isDropped = HistorySchema.Parted.Any(table => _database.DropPartition($"{table}_{stretch.Name}").Count > 0);
        await _database.WriteAsync(
            async (connection, transaction) =>
            {
                counts.Readings = await CountAsync(connection, transaction, $"SELECT CAST(COALESCE(SUM(readings), 0) AS BIGINT) FROM {HistorySchema.Blocks} WHERE stretch = @stretch", stretch, cancellation).ConfigureAwait(false);
                counts.Revisions = await CountAsync(connection, transaction, $"SELECT COUNT(*) FROM {HistorySchema.Revisions} WHERE stretch = @stretch", stretch, cancellation).ConfigureAwait(false);
                counts.Annotations = await CountAsync(connection, transaction, $"SELECT COUNT(*) FROM {HistorySchema.Annotations} WHERE stretch = @stretch", stretch, cancellation).ConfigureAwait(false);
                await _database.InsertAsync(
                    connection, transaction, HistorySchema.Retired, ["stretch", "at", "readings", "revisions", "annotations"], [[stretch.Number, now.Ticks, counts.Readings, counts.Revisions, counts.Annotations]], cancellation).ConfigureAwait(false);
                foreach (var statement in HistorySchema.Parted.SelectMany(table => _database.DropPartition($"{table}_{stretch.Name}"))) await PortalDatabase.ExecuteAsync(connection, transaction, statement, cancellation).ConfigureAwait(false);
                if (isDropped) await ForgetAsync(connection, transaction, stretch, cancellation).ConfigureAwait(false);
            },
            cancellation).ConfigureAwait(false);
        if (!isDropped) await DeleteRowsAsync(stretch, cancellation).ConfigureAwait(false);
        _made.Remove(stretch.Number);
        Volatile.Write(ref _stretches, Stretches.Remove(stretch.Number));
        return counts;
    }

    private static async Task<long> CountAsync(DbConnection connection, DbTransaction transaction, string sql, Stretch stretch, CancellationToken cancellation)
    {
        await using var query = PortalDatabase.Command(connection, transaction, sql, ("stretch", stretch.Number));
        return Convert.ToInt64(await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false), CultureInfo.InvariantCulture);
    }

    private static async Task ForgetAsync(DbConnection connection, DbTransaction transaction, Stretch stretch, CancellationToken cancellation)
    {
        await using var forget = PortalDatabase.Command(connection, transaction, $"DELETE FROM {HistorySchema.Stretches} WHERE stretch = @stretch", ("stretch", stretch.Number));
        await forget.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    // Some series at a time: others of the database do not wait for all of it.
    private async Task DeleteRowsAsync(Stretch stretch, CancellationToken cancellation)
    {
        foreach (var table in HistorySchema.Parted)
        {
            for (var isLeft = true; isLeft;)
            {
                await _database.WriteAsync(
                    async (connection, transaction) =>
                    {
                        await using var find = PortalDatabase.Command(
                            connection, transaction, $"SELECT series FROM {table} WHERE stretch = @stretch ORDER BY series LIMIT 1 OFFSET @offset", ("stretch", stretch.Number), ("offset", (long)SeriesPerDeletion));
                        var end = await find.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
                        isLeft = end is not null;
                        await using var delete = PortalDatabase.Command(
                            connection, transaction, $"DELETE FROM {table} WHERE stretch = @stretch AND series <= @end", ("stretch", stretch.Number), ("end", end ?? long.MaxValue));
                        await delete.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
                    },
                    cancellation).ConfigureAwait(false);
            }
        }

        await _database.WriteAsync((connection, transaction) => ForgetAsync(connection, transaction, stretch, cancellation), cancellation).ConfigureAwait(false);
    }
}
