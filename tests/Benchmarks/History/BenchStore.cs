using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>A store of readings in a folder: SQLite and the journal.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    private readonly PortalDatabase _database;
    private readonly string _file;

    private BenchStore(PortalDatabase database, ReadingStore store, string file) => (_database, Store, _file) = (database, store, file);

    public ReadingStore Store { get; }

    /// <summary>Bytes of the database, with its log.</summary>
    public long Bytes => new[] { _file, _file + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);

    public static async Task<BenchStore> OpenAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "portal.db");
        var database = new SqliteDatabase(file);
        var store = await ReadingStore.OpenAsync(database, new ReadingStoreOptions { JournalFolder = Path.Combine(folder, "journal") }, TimeProvider.System, NullLogger<ReadingStore>.Instance);
        return new BenchStore(database, store, file);
    }

    /// <summary>Readings and blocks in the database.</summary>
    public Task<(long Readings, long Blocks)> CountAsync() => _database.ReadAsync(
        async (connection, transaction) =>
        {
            await using var count = PortalDatabase.Command(connection, transaction, "SELECT COALESCE(SUM(readings), 0), COUNT(*) FROM reading_blocks");
            await using var row = await count.ExecuteReaderAsync();
            await row.ReadAsync();
            return (row.GetInt64(0), row.GetInt64(1));
        },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _database.DisposeAsync();
    }
}
