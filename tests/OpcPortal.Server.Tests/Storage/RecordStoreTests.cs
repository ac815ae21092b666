using CsCheck;

namespace OpcPortal.Server.Tests;

/// <summary>What holds for a store of records, whatever database it is in.</summary>
public abstract class RecordStoreTests(DatabaseKind kind, PostgreSqlServer server)
{
    private static readonly DateTime Noon = new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StoredRecord Record(string id, int version = 1, string? body = "{}", DateTime? at = null) => new("entity", id, version, at ?? Noon, "ann", body);

    private static async Task<List<StoredRecord>> LoadAsync(SqlRecordStore store, DateTime? asOf = null)
    {
        var loaded = new List<StoredRecord>();
        await foreach (var record in store.LoadAsync(asOf, Token)) loaded.Add(record);
        return loaded;
    }

    [Fact]
    public async Task The_newest_version_of_each_record_comes_back_also_after_a_restart()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlRecordStore.OpenAsync(test.Database, Token);
        await store.AppendAsync([Record("a"), Record("b", body: """{ "name": "Straße" }""")], Token);
        await store.AppendAsync([Record("a", 2, null), Record("c", 1) with { Kind = "rule" }], Token);
        await test.ReopenAsync();
        store = await SqlRecordStore.OpenAsync(test.Database, Token);
        Assert.Equal([Record("a", 2, null), Record("b", body: """{ "name": "Straße" }"""), Record("c") with { Kind = "rule" }], await LoadAsync(store));
    }

    [Fact]
    public async Task As_of_an_instant_come_the_versions_recorded_until_then()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlRecordStore.OpenAsync(test.Database, Token);
        await store.AppendAsync([Record("a", 1, "1", Noon)], Token);
        await store.AppendAsync([Record("a", 2, "2", Noon.AddTicks(1)), Record("b", 1, "1", Noon.AddTicks(1))], Token);
        Assert.Empty(await LoadAsync(store, Noon.AddTicks(-1)));
        Assert.Equal([Record("a", 1, "1", Noon)], await LoadAsync(store, Noon));
        Assert.Equal(2, (await LoadAsync(store, Noon.AddTicks(1))).Count);
    }

    [Fact]
    public async Task A_version_that_is_there_already_is_refused_with_all_that_comes_with_it()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlRecordStore.OpenAsync(test.Database, Token);
        await store.AppendAsync([Record("a")], Token);
        var conflict = await Assert.ThrowsAsync<RecordConflictException>(() => store.AppendAsync([Record("new"), Record("a", body: "{ }"), Record("newer")], Token));
        Assert.Contains("entity a", conflict.Message, StringComparison.Ordinal);
        Assert.Equal([Record("a")], await LoadAsync(store));
        await store.AppendAsync([Record("new"), Record("a", 2)], Token);
        Assert.Equal(2, (await LoadAsync(store)).Count);
    }

    [Fact]
    public async Task No_row_is_ever_changed_or_deleted_not_even_by_sql()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlRecordStore.OpenAsync(test.Database, Token);
        await store.AppendAsync([Record("a")], Token);
        foreach (var statement in (string[])["UPDATE records SET author = 'eve'", "DELETE FROM records"])
            await Assert.ThrowsAsync<StorageException>(() => test.Database.WriteAsync((connection, transaction) => PortalDatabase.ExecuteAsync(connection, transaction, statement, Token), Token));
        Assert.Equal([Record("a")], await LoadAsync(store));
    }

    [Fact]
    public async Task What_is_not_committed_when_the_writer_fails_is_not_there()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlRecordStore.OpenAsync(test.Database, Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.AppendAsync(new TearsAt(3, [Record("a"), Record("b"), Record("c"), Record("d")]), Token));
        Assert.Empty(await LoadAsync(store));
        await store.AppendAsync([Record("a")], Token);
        Assert.Single(await LoadAsync(store));
    }

    [Fact]
    public async Task Tables_of_a_newer_server_are_left_alone()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        await SqlRecordStore.OpenAsync(test.Database, Token);
        await test.Database.MigrateAsync("other", [["CREATE TABLE other (a INTEGER)"], ["ALTER TABLE other ADD COLUMN b INTEGER"]], Token);
        await test.Database.MigrateAsync("other", [["never run again"], ["nor this"]], Token);
        var refused = await Assert.ThrowsAsync<StorageException>(() => test.Database.MigrateAsync("other", [["CREATE TABLE other (a INTEGER)"]], Token));
        Assert.Contains("newer server", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_of_a_migration_that_fails_leaves_nothing_of_itself()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        await Assert.ThrowsAsync<StorageException>(() => test.Database.MigrateAsync("other", [["CREATE TABLE first (a INTEGER)"], ["CREATE TABLE second (a INTEGER)", "no such statement"]], Token));
        // The first step stands, the second is tried anew: its table is not there yet.
        await test.Database.MigrateAsync("other", [["CREATE TABLE first (a INTEGER)"], ["CREATE TABLE second (a INTEGER)"]], Token);
    }

    // CsCheck prints the seed of a failure.
    [Fact]
    public async Task Whatever_was_stored_comes_back_as_it_was()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlRecordStore.OpenAsync(test.Database, Token);
        // PostgreSQL keeps no character 0 in a text, and UTF-8 has no lone surrogates.
        var text = Gen.Char[' ', '\uD7FF'].Array[0, 30].Select(characters => new string(characters));
        var round = 0;
        await Gen.Select(text.Array[1, 20], text, Gen.Long[0, DateTime.MaxValue.Ticks]).SampleAsync(async (bodies, author, ticks) =>
        {
            var number = Interlocked.Increment(ref round);
            var records = bodies.Select((body, i) => new StoredRecord($"kind{number}", $"r{i:D2}", 1, new DateTime(ticks, DateTimeKind.Utc), author, body)).ToList();
            await store.AppendAsync(records, Token);
            Assert.Equal(records, (await LoadAsync(store)).Where(record => record.Kind == $"kind{number}"));
        }, iter: 30, threads: 1);
    }

    private sealed class TearsAt(int at, IReadOnlyList<StoredRecord> records) : IReadOnlyList<StoredRecord>
    {
        public StoredRecord this[int index] => records[index];
        public int Count => records.Count;

        public IEnumerator<StoredRecord> GetEnumerator() => records.Select((record, i) => i == at ? throw new InvalidOperationException("torn") : record).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

public sealed class SqliteRecordStoreTests(PostgreSqlServer server) : RecordStoreTests(DatabaseKind.Sqlite, server);

public sealed class PostgreSqlRecordStoreTests(PostgreSqlServer server) : RecordStoreTests(DatabaseKind.PostgreSql, server);
