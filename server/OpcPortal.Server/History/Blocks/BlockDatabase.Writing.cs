using System.Data.Common;
using System.Globalization;
using System.Text;

namespace OpcPortal.Server;

/// <content>How it is written.</content>
internal sealed partial class BlockDatabase
{
    // Rows of one statement, within the parameters that SQLite takes.
    private const int RowsPerStatement = 100;

    private static readonly string[] NoteColumns = ["number", "code", "entity", "application", "person", "reason", "responsible"];

    // Storing, and deleting whole stretches.
    private readonly SemaphoreSlim _writing = new(1);
    private readonly HashSet<int> _made = [];

    /// <summary>Told of two names that have one number: their readings are not told apart.</summary>
    public Action<string, string>? Collided { get; set; }

    /// <summary>Stores a part of a generation: all of it, or nothing.</summary>
    /// <exception cref="StorageException">The database refuses, or cannot be reached.</exception>
    public async Task StoreAsync(BlockBatch batch, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await StoreOneAsync(batch, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task StoreOneAsync(BlockBatch batch, CancellationToken cancellation)
    {
        var stretches = StretchesOf(batch);
        var added = stretches.Where(stretch => !_made.Contains(stretch)).ToList();
        // Before it is stored: whoever looks for it then finds it there or in memory.
        if (added.Count > 0) Volatile.Write(ref _stretches, Stretches.Union(added));
        await _database.WriteAsync(
            async (connection, transaction) =>
            {
                foreach (var stretch in added) await MakeStretchAsync(connection, transaction, new Stretch(stretch), cancellation).ConfigureAwait(false);
                await InsertNamesAsync(connection, transaction, batch.Names, cancellation).ConfigureAwait(false);
                await InsertNotesAsync(connection, transaction, batch.Notes, cancellation).ConfigureAwait(false);
                await InsertAsync(connection, transaction, HistorySchema.Blocks, HistorySchema.BlockColumns, batch.Blocks.Select(HistoryRows.Of), batch.Blocks.Count, cancellation).ConfigureAwait(false);
                await InsertAsync(connection, transaction, HistorySchema.Revisions, HistorySchema.RevisionColumns, batch.Revisions.Select(HistoryRows.Of), batch.Revisions.Count, cancellation).ConfigureAwait(false);
                await InsertAsync(connection, transaction, HistorySchema.Annotations, HistorySchema.AnnotationColumns, batch.Annotations.Select(HistoryRows.Of), batch.Annotations.Count, cancellation).ConfigureAwait(false);
                await SetAsync(connection, transaction, StoredState, batch.IsLast ? batch.Generation : batch.Generation - 1, cancellation).ConfigureAwait(false);
                await SetAsync(connection, transaction, SeriesState, batch.IsLast ? 0 : batch.Series, cancellation).ConfigureAwait(false);
                await SetAsync(connection, transaction, SequenceState, batch.Sequence, cancellation).ConfigureAwait(false);
            },
            cancellation).ConfigureAwait(false);
        Generation = batch.IsLast ? batch.Generation : batch.Generation - 1;
        Series = batch.IsLast ? 0 : batch.Series;
        Sequence = batch.Sequence;
        _made.UnionWith(added);
        Touch(stretches);
    }

    private static HashSet<int> StretchesOf(BlockBatch batch)
    {
        var stretches = new HashSet<int>();
        foreach (var block in batch.Blocks) stretches.Add(block.Stretch.Number);
        foreach (var stored in batch.Revisions) stretches.Add(Stretch.Of(stored.DataClass, stored.Revision.SourceTime).Number);
        foreach (var stored in batch.Annotations) stretches.Add(Stretch.Of(stored.DataClass, stored.Annotation.SourceTime).Number);
        return stretches;
    }

    /// <summary>Makes the partitions of stretches that are to come, so that no writer waits for them.</summary>
    public Task MakeAheadAsync(IReadOnlyList<Stretch> stretches, CancellationToken cancellation) => _database.WriteAsync(
        async (connection, transaction) =>
        {
            foreach (var stretch in stretches) await MakePartitionsAsync(connection, transaction, stretch, cancellation).ConfigureAwait(false);
        },
        cancellation);

    private async Task MakeStretchAsync(DbConnection connection, DbTransaction transaction, Stretch stretch, CancellationToken cancellation)
    {
        await MakePartitionsAsync(connection, transaction, stretch, cancellation).ConfigureAwait(false);
        await using var add = PortalDatabase.Command(connection, transaction, $"INSERT INTO {HistorySchema.Stretches} (stretch) VALUES (@stretch) ON CONFLICT (stretch) DO NOTHING", ("stretch", stretch.Number));
        await add.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private async Task MakePartitionsAsync(DbConnection connection, DbTransaction transaction, Stretch stretch, CancellationToken cancellation)
    {
        foreach (var table in HistorySchema.Parted)
            foreach (var statement in HistorySchema.MakePartition(_database, table, stretch)) await PortalDatabase.ExecuteAsync(connection, transaction, statement, cancellation).ConfigureAwait(false);
    }

    private async Task InsertAsync(DbConnection connection, DbTransaction transaction, string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows, int count, CancellationToken cancellation)
    {
        if (count > 0) await _database.InsertAsync(connection, transaction, table, columns, rows, cancellation).ConfigureAwait(false);
    }

    private static async Task SetAsync(DbConnection connection, DbTransaction transaction, string name, long value, CancellationToken cancellation)
    {
        await using var set = PortalDatabase.Command(
            connection, transaction, $"INSERT INTO {HistorySchema.State} (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("name", name), ("value", value));
        await set.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task InsertNotesAsync(DbConnection connection, DbTransaction transaction, List<NumberedNote> notes, CancellationToken cancellation)
    {
        var sql = $"INSERT INTO {HistorySchema.Notes} ({string.Join(", ", NoteColumns)}) VALUES (@number, @code, @entity, @application, @person, @reason, @responsible) ON CONFLICT (number) DO NOTHING";
        foreach (var (number, note) in notes)
        {
            await using var add = PortalDatabase.Command(
                connection, transaction, sql, ("number", number), ("code", note.Code.ToString()), ("entity", note.Author.Entity), ("application", note.Author.Application), ("person", note.Author.Person),
                ("reason", note.Reason), ("responsible", note.Responsible));
            await add.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    // Most are known, of an earlier process: asked for many at once.
    private async Task InsertNamesAsync(DbConnection connection, DbTransaction transaction, List<NamedSeries> names, CancellationToken cancellation)
    {
        foreach (var some in names.Chunk(RowsPerStatement))
        {
            var sql = new StringBuilder($"INSERT INTO {HistorySchema.Series} (id, data_class, name) VALUES ");
            var parameters = new (string, object?)[some.Length * 3];
            for (var i = 0; i < some.Length; i++)
            {
                sql.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ", ")}(@i{i}, @c{i}, @n{i})");
                parameters[i * 3] = ($"i{i}", some[i].Id);
                parameters[(i * 3) + 1] = ($"c{i}", (int)some[i].DataClass);
                parameters[(i * 3) + 2] = ($"n{i}", some[i].Name);
            }

            await using var add = PortalDatabase.Command(connection, transaction, sql.Append(" ON CONFLICT (id) DO NOTHING").ToString(), parameters);
            if (await add.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false) < some.Length) await CompareNamesAsync(connection, transaction, some, cancellation).ConfigureAwait(false);
        }
    }

    private async Task CompareNamesAsync(DbConnection connection, DbTransaction transaction, NamedSeries[] names, CancellationToken cancellation)
    {
        var known = names.ToLookup(static name => name.Id, static name => name.Name);
        var ids = string.Join(',', known.Select(static name => name.Key.ToString(CultureInfo.InvariantCulture)));
        await foreach (var row in QueryAsync(connection, transaction, $"SELECT id, name FROM {HistorySchema.Series} WHERE id IN ({ids})", cancellation).ConfigureAwait(false))
            foreach (var name in known[row.GetInt64(0)])
                if (name != row.GetString(1)) Collided?.Invoke(name, row.GetString(1));
    }
}
