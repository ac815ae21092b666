using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;

namespace OpcPortal.Server;

/// <summary>The stored readings in the database: what is there is read in one snapshot, and written in transactions that hold up nobody for long.</summary>
internal sealed partial class BlockDatabase
{
    private const string StoredState = "stored";
    private const string SeriesState = "series";
    private const string SequenceState = "sequence";

    private readonly PortalDatabase _database;
    private ImmutableSortedSet<int> _stretches = [];

    private BlockDatabase(PortalDatabase database) => _database = database;

    /// <summary>The last generation that is stored whole.</summary>
    public long Generation { get; private set; }

    /// <summary>The last series that is stored of the generation after it.</summary>
    public long Series { get; private set; }

    /// <summary>The newest number of revisions and annotations.</summary>
    public long Sequence { get; private set; }

    /// <summary>The stretches that there is anything of.</summary>
    public ImmutableSortedSet<int> Stretches => Volatile.Read(ref _stretches);

    /// <summary>Makes or brings up the tables, and reads where the writer stands.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<BlockDatabase> OpenAsync(PortalDatabase database, NoteTable notes, CancellationToken cancellation)
    {
        await database.MigrateAsync(HistorySchema.Component, cancellation).ConfigureAwait(false);
        var blocks = new BlockDatabase(database);
        await database.ReadAsync(
            async (connection, transaction) =>
            {
                await foreach (var row in QueryAsync(connection, transaction, $"SELECT name, value FROM {HistorySchema.State}", cancellation).ConfigureAwait(false)) blocks.Restore(row.GetString(0), row.GetInt64(1));
                var stretches = ImmutableSortedSet.CreateBuilder<int>();
                await foreach (var row in QueryAsync(connection, transaction, $"SELECT stretch FROM {HistorySchema.Stretches}", cancellation).ConfigureAwait(false)) stretches.Add(row.GetInt32(0));
                blocks._stretches = stretches.ToImmutable();
                blocks._made.UnionWith(stretches);
                const string Notes = $"SELECT number, code, entity, application, person, reason, responsible FROM {HistorySchema.Notes} ORDER BY number";
                await foreach (var row in QueryAsync(connection, transaction, Notes, cancellation).ConfigureAwait(false))
                {
                    var (number, note) = HistoryRows.NoteOf(row);
                    notes.Restore(number, note);
                }

                return true;
            },
            cancellation).ConfigureAwait(false);
        return blocks;
    }

    private void Restore(string name, long value)
    {
        if (name == StoredState) Generation = value;
        if (name == SeriesState) Series = value;
        if (name == SequenceState) Sequence = value;
    }

    private static async IAsyncEnumerable<DbDataReader> QueryAsync(
        DbConnection connection, DbTransaction transaction, string sql, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation, params (string Name, object? Value)[] parameters)
    {
        await using var query = PortalDatabase.Command(connection, transaction, sql, parameters);
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellation).ConfigureAwait(false)) yield return rows;
    }

    /// <summary>The months from one to another that anything is stored of, in rising order, with the SQL list of their stretches.</summary>
    private IEnumerable<(int Month, string Stretches)> Months(int from, int to) =>
        Stretches.Select(number => new Stretch(number)).Where(stretch => stretch.Month >= from && stretch.Month <= to).GroupBy(stretch => stretch.Month).OrderBy(month => month.Key)
            .Select(month => (month.Key, string.Join(',', month.Select(stretch => stretch.Number.ToString(CultureInfo.InvariantCulture)))));

    /// <summary>Reads the part of a request that reaches to the end of the first month, in the direction of the walk, in which there is anything of the series.</summary>
    /// <returns>Its bounds tell how far it reaches.</returns>
    /// <exception cref="StorageException">The database cannot be reached, or what it has is damaged.</exception>
    public async Task<BlockSlice> ReadAsync(SliceRequest request, CancellationToken cancellation)
    {
        while (true)
        {
            var known = Stretches;
            var slice = await ReadMonthsAsync(request, cancellation).ConfigureAwait(false);
            // A stretch that came meanwhile may be nearer: what tells that a generation is stored would then speak of more than was read.
            if (ReferenceEquals(known, Stretches)) return slice;
        }
    }

    private async Task<BlockSlice> ReadMonthsAsync(SliceRequest request, CancellationToken cancellation)
    {
        var months = Months(Stretch.MonthOf(new DateTime(request.Low)), Stretch.MonthOf(new DateTime(request.High - 1))).ToList();
        if (!request.IsForward) months.Reverse();
        if (months.Count == 0) return new BlockSlice(request.Low, request.High);
        try
        {
            return await _database.ReadAsync((connection, transaction) => ReadFirstAsync(connection, transaction, months, request, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (StoredFormatException damaged)
        {
            throw new StorageException($"{_database.Name}: what is stored of {new DateTime(request.Low):u} to {new DateTime(request.High):u} is damaged. {damaged.Message}", damaged);
        }
    }

    // Of most points there is nothing in most months.
    private static async Task<BlockSlice> ReadFirstAsync(DbConnection connection, DbTransaction transaction, List<(int Month, string Stretches)> months, SliceRequest request, CancellationToken cancellation)
    {
        foreach (var (month, stretches) in months)
        {
            var slice = new BlockSlice(request.Low, request.High);
            if (request.IsForward) slice.High = Math.Min(request.High, Stretch.EndOf(month) == DateTime.MaxValue ? request.High : Stretch.EndOf(month).Ticks);
            else slice.Low = Math.Max(request.Low, Stretch.StartOf(month).Ticks);
            await ReadPartAsync(new BlockPart(connection, transaction, stretches, request), slice, cancellation).ConfigureAwait(false);
            if (!slice.IsEmpty) return slice;
        }

        return new BlockSlice(request.Low, request.High);
    }

    private static async Task ReadPartAsync(BlockPart part, BlockSlice slice, CancellationToken cancellation)
    {
        if (part.Request.IsOfAnnotations)
        {
            await ReadAnnotationsAsync(part, slice, cancellation).ConfigureAwait(false);
            return;
        }

        await ReadBlocksAsync(part, slice, cancellation).ConfigureAwait(false);
        await ReadRevisionsAsync(part, slice, cancellation).ConfigureAwait(false);
    }

    private static async Task ReadBlocksAsync(BlockPart part, BlockSlice slice, CancellationToken cancellation)
    {
        var headers = new List<BlockRow>();
        var sql = $"SELECT stretch, first, generation, last, readings FROM {HistorySchema.Blocks} WHERE stretch IN ({part.Stretches}) AND series = @series AND first < @high AND last >= @low ORDER BY first";
        await foreach (var row in QueryAsync(part.Connection, part.Transaction, sql, cancellation, ("series", part.Request.Series), ("low", slice.Low), ("high", slice.High)).ConfigureAwait(false))
            headers.Add(HistoryRows.HeaderOf(row, part.Request.Series));
        if (headers.Count == 0) return;
        slice.Generation = headers.Max(static header => header.Generation);
        var taken = Take(BlockCluster.Of(headers), part.Request, slice);
        var blocks = new List<BlockRow>(headers.Count);
        var data = $"SELECT stretch, first, generation, last, readings, data FROM {HistorySchema.Blocks} WHERE stretch IN ({part.Stretches}) AND series = @series AND first >= @from AND first <= @to AND last >= @low";
        await foreach (var row in QueryAsync(part.Connection, part.Transaction, data, cancellation, ("series", part.Request.Series), ("from", taken.First), ("to", taken.Last), ("low", slice.Low)).ConfigureAwait(false))
            blocks.Add(HistoryRows.HeaderOf(row, part.Request.Series) with { Data = row.GetFieldValue<byte[]>(5) });
        // Those of one time in the order in which they came: by generation.
        foreach (var block in blocks.OrderBy(static block => block.Generation).ThenBy(static block => block.First)) BlockCodec.Decode(block.Data, block.Readings, slice.Raws);
    }

    /// <summary>As many clusters as have what is wanted; the slice ends before the next.</summary>
    private static (long First, long Last) Take(List<BlockCluster> clusters, SliceRequest request, BlockSlice slice)
    {
        var count = 0;
        if (request.IsForward)
        {
            var taken = 0;
            while (taken < clusters.Count && count < request.Wanted) count += clusters[taken++].Readings;
            if (taken < clusters.Count) slice.High = clusters[taken].First;
            return (clusters[0].First, clusters[taken - 1].Last);
        }

        var first = clusters.Count;
        while (first > 0 && count < request.Wanted) count += clusters[--first].Readings;
        if (first > 0) slice.Low = clusters[first - 1].Last + 1;
        return (clusters[first].First, clusters[^1].Last);
    }

    private static async Task ReadRevisionsAsync(BlockPart part, BlockSlice slice, CancellationToken cancellation)
    {
        var limit = Math.Max(part.Request.Wanted, MinRevisions);
        var order = part.Request.IsForward ? "time, sequence" : "time DESC, sequence DESC";
        var sql = $"SELECT {string.Join(", ", HistorySchema.RevisionColumns)} FROM {HistorySchema.Revisions} WHERE stretch IN ({part.Stretches}) AND series = @series AND time >= @low AND time < @high ORDER BY {order} LIMIT @limit";
        while (true)
        {
            slice.Revisions.Clear();
            await foreach (var row in QueryAsync(part.Connection, part.Transaction, sql, cancellation, ("series", part.Request.Series), ("low", slice.Low), ("high", slice.High), ("limit", (long)limit)).ConfigureAwait(false))
                slice.Revisions.Add(HistoryRows.RevisionOf(row));
            if (slice.Revisions.Count < limit) return;
            // There may be more of the last time: the slice ends before it, unless it is all of one time.
            var edge = slice.Revisions[^1].Revision.SourceTime.Ticks;
            if (edge != slice.Revisions[0].Revision.SourceTime.Ticks)
            {
                if (part.Request.IsForward) slice.High = edge;
                else slice.Low = edge + 1;
                return;
            }

            limit *= 4;
        }
    }

    // A look at the table costs as much as a hundred rows of it.
    private const int MinRevisions = 100;

    // People write them: a month of a point has few.
    private static async Task ReadAnnotationsAsync(BlockPart part, BlockSlice slice, CancellationToken cancellation)
    {
        var sql = $"SELECT {string.Join(", ", HistorySchema.AnnotationColumns)} FROM {HistorySchema.Annotations} WHERE stretch IN ({part.Stretches}) AND series = @series AND time >= @low AND time < @high ORDER BY time, sequence";
        await foreach (var row in QueryAsync(part.Connection, part.Transaction, sql, cancellation, ("series", part.Request.Series), ("low", slice.Low), ("high", slice.High)).ConfigureAwait(false))
            slice.Annotations.Add(HistoryRows.AnnotationOf(row));
    }

    private readonly record struct BlockPart(DbConnection Connection, DbTransaction Transaction, string Stretches, SliceRequest Request);
}
