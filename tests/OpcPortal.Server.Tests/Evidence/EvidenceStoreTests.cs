using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>What holds for the store of evidence, whatever database it is in.</summary>
public abstract class EvidenceStoreTests(DatabaseKind kind, PostgreSqlServer server)
{
    private static readonly DateTime Noon = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static List<EvidenceRow> Rows(int count, EvidenceClass @class = EvidenceClass.Security, string party = "")
    {
        var (rows, head) = (new List<EvidenceRow>(), EvidenceAnchor.Start(@class));
        for (var i = 1; i <= count; i++)
        {
            rows.Add(EvidenceRow.After(head, Noon.AddSeconds(i), i % 5 == 0 ? EvidenceKind.Refused : EvidenceKind.Done, "Test", party, $$"""{"Text":"Straße \" {{i}}"}"""));
            head = rows[^1].Anchor;
        }

        return rows;
    }

    private static async Task<List<EvidenceRow>> ReadAsync(SqlEvidenceStore store, EvidenceQuery query)
    {
        var rows = new List<EvidenceRow>();
        await foreach (var row in store.ReadAsync(query, Token)) rows.Add(row);
        return rows;
    }

    private static EvidenceQuery All(EvidenceClass @class = EvidenceClass.Security) => new() { Class = @class };

    [Fact]
    public async Task Rows_come_back_as_they_were_stored_also_after_a_restart()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        Assert.Equal(EvidenceAnchor.Start(EvidenceClass.Security), await store.HeadAsync(EvidenceClass.Security, Token));
        var (security, change) = (Rows(12), Rows(3, EvidenceClass.Change));
        await store.AppendAsync([.. security, .. change], [new("application:scada", Noon)], Token);
        await test.ReopenAsync();
        store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        Assert.Equal(security, await ReadAsync(store, All()));
        Assert.Equal(change, await ReadAsync(store, All(EvidenceClass.Change)));
        Assert.Equal(security[^1].Anchor, await store.HeadAsync(EvidenceClass.Security, Token));
        Assert.Equal(EvidenceAnchor.Start(EvidenceClass.Disclosure), await store.HeadAsync(EvidenceClass.Disclosure, Token));
        Assert.Equal(Noon, (await store.SeenAsync(Token))["application:scada"]);
    }

    [Fact]
    public async Task A_query_finds_what_it_names_and_nothing_else()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        var rows = Rows(20);
        await store.AppendAsync([.. rows, .. Rows(4, EvidenceClass.Disclosure, "ann")], [], Token);
        Assert.Equal([5, 10, 15, 20], (await ReadAsync(store, All() with { Kind = EvidenceKind.Refused })).Select(row => row.Sequence));
        Assert.Equal([5, 10], (await ReadAsync(store, All() with { Kind = EvidenceKind.Refused, Limit = 2 })).Select(row => row.Sequence));
        Assert.Equal(rows[7..10], await ReadAsync(store, All() with { From = Noon.AddSeconds(8), Until = Noon.AddSeconds(11) }));
        Assert.Equal(rows[7..10], await ReadAsync(store, All() with { After = 7, Limit = 3 }));
        Assert.Empty(await ReadAsync(store, All() with { Party = "ann" }));
        Assert.Equal(4, (await ReadAsync(store, All(EvidenceClass.Disclosure) with { Party = "ann" })).Count);
        Assert.Empty(await ReadAsync(store, All(EvidenceClass.Disclosure) with { Party = "Ann" }));
    }

    [Fact]
    public async Task All_rows_of_a_batch_are_stored_or_none()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        var rows = Rows(6);
        await store.AppendAsync(rows[..3], [], Token);
        // The third of these is there already: as where two servers write, or a batch is torn.
        await Assert.ThrowsAsync<StorageException>(() => store.AppendAsync([rows[3], rows[4], rows[2]], [new("application:late", Noon)], Token));
        Assert.Equal(rows[..3], await ReadAsync(store, All()));
        Assert.Empty(await store.SeenAsync(Token));
        await store.AppendAsync(rows[3..], [], Token);
        Assert.Equal(rows, await ReadAsync(store, All()));
    }

    [Fact]
    public async Task No_row_is_changed_or_deleted_by_sql_but_what_a_checkpoint_speaks_of()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        var rows = Rows(9);
        await store.AppendAsync(rows, [], Token);
        await Assert.ThrowsAsync<StorageException>(() => ExecuteAsync(test, "UPDATE evidence SET body = '{}' WHERE sequence = 3"));
        await Assert.ThrowsAsync<StorageException>(() => ExecuteAsync(test, "DELETE FROM evidence WHERE sequence = 1"));
        await Assert.ThrowsAsync<StorageException>(() => ExecuteAsync(test, "DELETE FROM evidence"));
        var expired = await store.FindExpiredAsync(EvidenceClass.Security, Noon.AddSeconds(5), 100, Token);
        Assert.Equal(new EvidenceCheckpoint(4, rows[3].Hash), expired);
        Assert.Equal(2, (await store.FindExpiredAsync(EvidenceClass.Security, Noon.AddSeconds(5), 2, Token))!.Value.Through);
        Assert.Null(await store.FindExpiredAsync(EvidenceClass.Security, Noon, 100, Token));
        await store.AppendAsync([EvidenceRow.After(rows[^1].Anchor, Noon, EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, "", expired!.Value.ToBody())], [], Token);
        var left = await ReadAsync(store, All());
        Assert.Equal([5, 6, 7, 8, 9, 10], left.Select(row => row.Sequence));
        var verifier = new EvidenceVerifier(EvidenceClass.Security, [rows[^1].Anchor]);
        Assert.All(left, row => Assert.True(verifier.Add(row)));
        Assert.Null(verifier.Complete());
        await Assert.ThrowsAsync<StorageException>(() => ExecuteAsync(test, "DELETE FROM evidence WHERE sequence = 5"));
    }

    [Fact]
    public async Task A_chain_longer_than_a_page_is_read_whole()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        var rows = Rows(20_001);
        await store.AppendAsync(rows, [], Token);
        Assert.Equal(rows.Select(row => row.Hash), (await ReadAsync(store, All())).Select(row => row.Hash));
        Assert.Equal(12_000, (await ReadAsync(store, All() with { Limit = 12_000 })).Count);
    }

    [Fact]
    public async Task When_an_identity_was_seen_never_goes_back()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var store = await SqlEvidenceStore.OpenAsync(test.Database, Token);
        await store.AppendAsync([], [new("individual:ann", Noon), new("individual:bob", Noon)], Token);
        await store.AppendAsync([], [new("individual:ann", Noon.AddHours(-1)), new("individual:bob", Noon.AddHours(1))], Token);
        var seen = await store.SeenAsync(Token);
        Assert.Equal((Noon, Noon.AddHours(1)), (seen["individual:ann"], seen["individual:bob"]));
    }

    private static Task ExecuteAsync(TestDatabase test, string sql) =>
        test.Database.WriteAsync((connection, transaction) => PortalDatabase.ExecuteAsync(connection, transaction, sql, Token), Token);
}

public sealed class SqliteEvidenceStoreTests(PostgreSqlServer server) : EvidenceStoreTests(DatabaseKind.Sqlite, server);

public sealed class PostgreSqlEvidenceStoreTests(PostgreSqlServer server) : EvidenceStoreTests(DatabaseKind.PostgreSql, server);
