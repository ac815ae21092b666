namespace OpcPortal.Server.Tests;

/// <summary>A commit that is torn leaves all or nothing, and what was acknowledged stays.</summary>
public sealed class CrashTests
{
    private static readonly DateTime Noon = new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StoredRecord[] Batch(string name) => [.. Enumerable.Range(0, 20).Select(i => new StoredRecord("entity", $"{name}{i}", 1, Noon, "ann", new string('x', 200)))];

    [Fact]
    public async Task A_SQLite_file_torn_anywhere_in_its_log_has_all_of_a_change_or_nothing_of_it()
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-crash-").FullName;
        try
        {
            var file = Path.Combine(folder, "portal.db");
            await using var database = new SqliteDatabase(file);
            var store = await SqlRecordStore.OpenAsync(database, Token);
            await store.AppendAsync(Batch("first"), Token);
            var acknowledged = new FileInfo(file + "-wal").Length;
            await store.AppendAsync(Batch("second"), Token);
            var log = await ReadSharedAsync(file + "-wal");
            var main = await ReadSharedAsync(file);
            var outcomes = new HashSet<int>();
            // A frame of the log has 4,120 bytes: 509 is no divisor of that, so that headers, pages and their ends are all met.
            for (var length = log.Length; length >= 0; length -= 509) outcomes.Add(await RecordsAfterTearAsync(Path.Combine(folder, "torn.db"), main, log.AsMemory(0, length), acknowledged));
            Assert.Equal([0, 20, 40], outcomes.Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RecordsAfterTearAsync(string file, byte[] main, ReadOnlyMemory<byte> log, long acknowledged)
    {
        await File.WriteAllBytesAsync(file, main, Token);
        await File.WriteAllBytesAsync(file + "-wal", log.ToArray(), Token);
        File.Delete(file + "-shm");
        await using var database = new SqliteDatabase(file);
        var ids = new List<string>();
        await foreach (var record in (await SqlRecordStore.OpenAsync(database, Token)).LoadAsync(null, Token)) ids.Add(record.Id);
        Assert.Contains(ids.Count(id => id.StartsWith("second", StringComparison.Ordinal)), (int[])[0, 20]);
        Assert.Contains(ids.Count(id => id.StartsWith("first", StringComparison.Ordinal)), (int[])[0, 20]);
        if (log.Length >= acknowledged) Assert.Equal(20, ids.Count(id => id.StartsWith("first", StringComparison.Ordinal)));
        return ids.Count;
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, Token);
        return bytes;
    }

    [Fact]
    public async Task PostgreSQL_that_crashes_keeps_what_was_acknowledged_and_nothing_of_what_was_under_way()
    {
        await using var server = new PostgreSqlServer();
        await using var database = new PostgreSqlDatabase(await server.CreateDatabaseAsync());
        var store = await SqlRecordStore.OpenAsync(database, Token);
        await store.AppendAsync(Batch("first"), Token);
        await Assert.ThrowsAsync<StorageException>(() => database.WriteAsync(async (connection, transaction) =>
        {
            await database.InsertAsync(connection, transaction, "records", ["kind", "id", "version", "recorded_at", "author", "body"], [["entity", "second", 1, 1L, "ann", null]], Token);
            await server.CrashAsync();
        }, Token));
        await server.StartAsync();
        var ids = new List<string>();
        await foreach (var record in store.LoadAsync(null, Token)) ids.Add(record.Id);
        Assert.Equal(20, ids.Count);
        Assert.DoesNotContain("second", ids);
        await store.AppendAsync(Batch("second"), Token);
    }
}
