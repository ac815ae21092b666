using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>A store of readings: the journal in a folder, and SQLite beside it or a database of a PostgreSQL server.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    private readonly PortalDatabase _database;
    private readonly string _size;

    private BenchStore(PortalDatabase database, ReadingStore store, string size) => (_database, Store, _size) = (database, store, size);

    public ReadingStore Store { get; }

    /// <param name="folder">Of the journal.</param>
    /// <param name="postgreSql">Connection string of an empty database; null: SQLite in the folder.</param>
    public static async Task<BenchStore> OpenAsync(string folder, string? postgreSql)
    {
        Directory.CreateDirectory(folder);
        PortalDatabase database = postgreSql is null ? new SqliteDatabase(Path.Combine(folder, "portal.db")) : new PostgreSqlDatabase(postgreSql);
        var store = await ReadingStore.OpenAsync(database, new ReadingStoreOptions { JournalFolder = Path.Combine(folder, "journal") }, TimeProvider.System, NullLogger<ReadingStore>.Instance);
        return new BenchStore(database, store, postgreSql is null ? "(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())" : "pg_database_size(current_database())");
    }

    /// <summary>Readings and blocks in the database, and its bytes with all that it needs beside them.</summary>
    public Task<(long Readings, long Blocks, long Bytes)> CountAsync() => _database.ReadAsync(
        async (connection, transaction) =>
        {
            await using var count = PortalDatabase.Command(connection, transaction, $"SELECT COALESCE(SUM(readings), 0), COUNT(*), {_size} FROM reading_blocks");
            await using var row = await count.ExecuteReaderAsync();
            await row.ReadAsync();
            return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
        },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _database.DisposeAsync();
    }
}
