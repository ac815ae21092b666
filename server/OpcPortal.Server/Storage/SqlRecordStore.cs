using System.Data.Common;
using System.Runtime.CompilerServices;

namespace OpcPortal.Server;

/// <summary>Versions of records in a table of a database, to which rows are only ever added.</summary>
public sealed class SqlRecordStore : IRecordStore
{
    private static readonly string[] Columns = ["kind", "id", "version", "recorded_at", "author", "body"];

    /// <summary>Its table.</summary>
    public static SchemaComponent Schema { get; } = new("records", database => [FirstVersion(database)], ["records"]);

    private readonly PortalDatabase _database;

    private SqlRecordStore(PortalDatabase database) => _database = database;

    /// <summary>Opens the store of a database, making or bringing up its table. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<SqlRecordStore> OpenAsync(PortalDatabase database, CancellationToken cancellation)
    {
        await database.MigrateAsync(Schema, cancellation).ConfigureAwait(false);
        return new SqlRecordStore(database);
    }

    private static List<string> FirstVersion(PortalDatabase database) =>
    [
        $"""
        CREATE TABLE records (
            kind TEXT {database.ByBytes} NOT NULL, id TEXT {database.ByBytes} NOT NULL, version INTEGER NOT NULL,
            recorded_at BIGINT NOT NULL, author TEXT NOT NULL, body TEXT,
            PRIMARY KEY (kind, id, version))
        """,
        .. database.MakeAppendOnly("records"),
    ];

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredRecord> LoadAsync(DateTime? asOf, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(
            connection, null, "SELECT kind, id, version, recorded_at, author, body FROM records WHERE recorded_at <= @asOf ORDER BY kind, id, version", ("asOf", asOf?.Ticks ?? long.MaxValue));
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        StoredRecord? newest = null;
        while (await NextAsync(rows, cancellation).ConfigureAwait(false))
        {
            var record = RecordOf(rows, newest);
            if (newest is not null && (newest.Kind != record.Kind || newest.Id != record.Id)) yield return newest;
            newest = record;
        }

        if (newest is not null) yield return newest;
    }

    private async Task<bool> NextAsync(DbDataReader rows, CancellationToken cancellation)
    {
        try
        {
            return await rows.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception failed) when (PortalDatabase.IsOfDatabase(failed))
        {
            throw new StorageException($"{_database.Name}: {failed.Message}", failed);
        }
    }

    // A million rows say the same kind and author one after the other: one text each is enough.
    private static StoredRecord RecordOf(DbDataReader row, StoredRecord? before)
    {
        var (kind, author) = (row.GetString(0), row.GetString(4));
        return new StoredRecord(
            kind == before?.Kind ? before.Kind : kind, row.GetString(1), row.GetInt32(2), new DateTime(row.GetInt64(3), DateTimeKind.Utc), author == before?.Author ? before.Author : author,
            row.IsDBNull(5) ? null : row.GetString(5));
    }

    /// <inheritdoc/>
    public async Task AppendAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellation)
    {
        try
        {
            await _database.WriteAsync((connection, transaction) => _database.InsertAsync(connection, transaction, "records", Columns, records.Select(RowOf), cancellation), cancellation).ConfigureAwait(false);
        }
        catch (StorageException refused) when (_database.IsUniqueViolation(refused.InnerException))
        {
            var known = await FindKnownAsync(records, cancellation).ConfigureAwait(false);
            throw new RecordConflictException(known.Kind, known.Id);
        }
    }

    private static object?[] RowOf(StoredRecord record) => [record.Kind, record.Id, record.Version, record.RecordedAt.Ticks, record.Author, record.Body];

    private async Task<StoredRecord> FindKnownAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        // From the end: there stands what two servers that write at once have in common.
        foreach (var record in records.Reverse())
        {
            await using var query = PortalDatabase.Command(
                connection, null, "SELECT 1 FROM records WHERE kind = @kind AND id = @id AND version = @version", ("kind", record.Kind), ("id", record.Id), ("version", record.Version));
            if (await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not null) return record;
        }

        // None is there: one stands twice among them.
        return records[0];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
