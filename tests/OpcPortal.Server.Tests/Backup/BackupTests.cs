using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>A backup, taken while the server writes, restored into a fresh database: whatever kind either is.</summary>
public sealed class BackupTests(PostgreSqlServer server) : IDisposable
{
    private readonly BackupKey _key = SealedStreamTests.KeyOf(7);
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("opcportal-backup-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string BackupFile => Path.Combine(_folder, "a.backup");

    public void Dispose()
    {
        _key.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.Sqlite, DatabaseKind.PostgreSql)]
    [InlineData(DatabaseKind.PostgreSql, DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql, DatabaseKind.PostgreSql)]
    public async Task What_a_server_kept_is_there_after_a_restore_into_another_database(DatabaseKind from, DatabaseKind to)
    {
        await using var source = await Databases.CreateAsync(from, server);
        await FillAsync(source.Database, rows: 3_000);
        var expected = await StoredTables.ReadAsync(source.Database, Token);
        var written = await WriteAsync(source.Database);

        await using var target = await Databases.CreateAsync(to, server);
        var restored = await RestoreAsync(target.Database);

        Assert.Equal(expected, await StoredTables.ReadAsync(target.Database, Token));
        Assert.Equal(written.Tables, restored.Tables);
        Assert.Equal(expected.Sum(table => table.Value.Count), restored.Rows);
        await VerifyEvidenceAsync(target.Database);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_backup_holds_one_state_while_the_server_goes_on_writing(DatabaseKind kind)
    {
        await using var source = await Databases.CreateAsync(kind, server);
        await FillAsync(source.Database, rows: 100);
        var records = await SqlRecordStore.OpenAsync(source.Database, Token);
        using var stop = new CancellationTokenSource();
        var version = 1;
        // Each step writes the same version of two records: a state between two steps has both or neither.
        var load = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; version++)
                await records.AppendAsync([Record("left", version), Record("right", version)], Token);
        }, Token);
        for (var i = 0; i < 5; i++)
        {
            var before = Volatile.Read(ref version) - 1;
            await WriteAsync(source.Database);
            await using var target = await Databases.CreateAsync(DatabaseKind.Sqlite, server);
            await RestoreAsync(target.Database);
            var tables = await StoredTables.ReadAsync(target.Database, Token);
            var (left, right) = (tables["records"].Count(row => row.Contains("id=left", StringComparison.Ordinal)), tables["records"].Count(row => row.Contains("id=right", StringComparison.Ordinal)));
            Assert.Equal(left, right);
            Assert.True(left >= before, $"{before} steps were done before the backup began, and it holds {left}.");
        }

        await stop.CancelAsync();
        await load;
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_database_that_has_something_is_replaced_only_when_that_is_said(DatabaseKind kind)
    {
        await using var source = await Databases.CreateAsync(kind, server);
        await FillAsync(source.Database, rows: 10);
        await WriteAsync(source.Database);
        var expected = await StoredTables.ReadAsync(source.Database, Token);
        await using var target = await Databases.CreateAsync(kind, server);
        await FillAsync(target.Database, rows: 20);
        var before = await StoredTables.ReadAsync(target.Database, Token);

        var refused = await Assert.ThrowsAsync<StorageException>(() => RestoreAsync(target.Database));
        Assert.Contains("not empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await StoredTables.ReadAsync(target.Database, Token));
        await target.ReopenAsync();
        await RestoreAsync(target.Database, replace: true);
        await target.ReopenAsync();
        Assert.Equal(expected, await StoredTables.ReadAsync(target.Database, Token));
        // The server starts on it, and its rows are as protected as before.
        var store = await SqlRecordStore.OpenAsync(target.Database, Token);
        await store.AppendAsync([Record("new", 1)], Token);
        await Assert.ThrowsAsync<StorageException>(() => target.Database.WriteAsync((connection, transaction) => PortalDatabase.ExecuteAsync(connection, transaction, "DELETE FROM records", Token), Token));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_backup_that_was_changed_restores_nothing(DatabaseKind kind)
    {
        await using var source = await Databases.CreateAsync(kind, server);
        await FillAsync(source.Database, rows: 3_000);
        await WriteAsync(source.Database);
        var whole = await File.ReadAllBytesAsync(BackupFile, Token);
        var changed = (byte[])whole.Clone();
        changed[^20] ^= 1;
        await File.WriteAllBytesAsync(BackupFile, changed, Token);
        await using var target = await Databases.CreateAsync(kind, server);
        await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(target.Database, replace: true));
        Assert.Empty(await StoredTables.NamesAsync(target.Database, Token));
        await File.WriteAllBytesAsync(BackupFile, whole, Token);
        await RestoreAsync(target.Database);
        Assert.Equal(PortalSchemaTables, await StoredTables.NamesAsync(target.Database, Token));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Files_that_cannot_take_their_places_leave_the_database_as_it_was(DatabaseKind kind)
    {
        await using var source = await Databases.CreateAsync(kind, server);
        await FillAsync(source.Database, rows: 10);
        var pki = Path.Combine(_folder, "pki");
        Write(pki, "trusted/certs/a.der", "certificate");
        await WriteAsync(source.Database, BackupFolder.OfCertificates("pki", pki, withPrivateKeys: false));
        await using var target = await Databases.CreateAsync(kind, server);
        // A folder stands where the file belongs.
        var elsewhere = Path.Combine(_folder, "other");
        System.IO.Directory.CreateDirectory(Path.Combine(elsewhere, "trusted/certs/a.der"));
        await Assert.ThrowsAnyAsync<Exception>(() => RestoreAsync(target.Database, folders: BackupFolder.OfCertificates("pki", elsewhere, withPrivateKeys: false)));
        Assert.Empty(await StoredTables.NamesAsync(target.Database, Token));
        await RestoreAsync(target.Database, folders: BackupFolder.OfCertificates("pki", Path.Combine(_folder, "third"), withPrivateKeys: false));
        Assert.Equal("certificate", await File.ReadAllTextAsync(Path.Combine(_folder, "third/trusted/certs/a.der"), Token));
    }

    [Fact]
    public async Task Private_keys_are_taken_along_only_where_that_is_said()
    {
        await using var source = await Databases.CreateAsync(DatabaseKind.Sqlite, server);
        await FillAsync(source.Database, rows: 1);
        var pki = Path.Combine(_folder, "pki");
        foreach (var file in (string[])["own/private/x.pem", "own/certs/x.der", "trusted/certs/a.der", "rejected/certs/b.der", "users/own/private/y.pem", "users/trusted/certs/u.der"]) Write(pki, file, file);
        var publicParts = await WriteAsync(source.Database, BackupFolder.OfCertificates("pki", pki, withPrivateKeys: false));
        var all = await WriteAsync(source.Database, BackupFolder.OfCertificates("pki", pki, withPrivateKeys: true));
        Assert.Equal(["trusted/certs/a.der", "users/trusted/certs/u.der"], publicParts.Files.Select(file => file.Path));
        Assert.Equal(["own/certs/x.der", "own/private/x.pem", "trusted/certs/a.der", "users/own/private/y.pem", "users/trusted/certs/u.der"], all.Files.Select(file => file.Path));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\evil")]
    [InlineData("own/private/x.pem")]
    public void A_path_that_leads_out_of_its_folder_is_refused(string path)
    {
        using var folders = new RestoredFolders([BackupFolder.OfCertificates("pki", Path.Combine(_folder, "pki"), withPrivateKeys: false)], replace: true);
        Assert.Throws<BackupException>(() => folders.Begin("pki", path));
        folders.Begin("pki", "trusted/certs/a.der");
        folders.End();
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task No_table_of_the_server_is_forgotten(DatabaseKind kind)
    {
        await using var database = await Databases.CreateAsync(kind, server);
        foreach (var component in PortalSchema.Components) await database.Database.MigrateAsync(component, Token);
        Assert.Equal(PortalSchemaTables, await StoredTables.NamesAsync(database.Database, Token));
    }

    private static List<string> PortalSchemaTables => [.. PortalSchema.Components.SelectMany(component => component.Tables).Order(StringComparer.Ordinal)];

    private static StoredRecord Record(string id, int version) => new("entity", id, version, new DateTime(2026, 11, 25, 0, 0, 0, DateTimeKind.Utc), "ann", $$"""{ "name": "Straße {{version}}" }""");

    private static async Task FillAsync(PortalDatabase database, int rows)
    {
        foreach (var component in PortalSchema.Components) await database.MigrateAsync(component, Token);
        var records = await SqlRecordStore.OpenAsync(database, Token);
        await records.AppendAsync([.. Enumerable.Range(1, rows).Select(i => Record($"r{i}", 1) with { Body = i % 7 == 0 ? null : new string('x', i % 100) })], Token);
        var store = await SqlEvidenceStore.OpenAsync(database, Token);
        var options = new AuditLogOptions();
        await using var log = await AuditLog.OpenAsync(store, options, TimeProvider.System, NullLogger<AuditLog>.Instance, Token);
        for (var i = 0; i < rows; i++) log.TryAdd(new EvidenceEntry(EvidenceClass.Change, TimeProvider.System.GetUtcNow().UtcDateTime, EvidenceKind.Done, "Test", "ann", $$"""{"N":{{i}}}""") { Seen = [$"u{i % 10}"] });
    }

    private static async Task VerifyEvidenceAsync(PortalDatabase database)
    {
        var verifier = new EvidenceVerifier(EvidenceClass.Change, []);
        await foreach (var row in (await SqlEvidenceStore.OpenAsync(database, Token)).ReadAsync(new EvidenceQuery { Class = EvidenceClass.Change, Limit = int.MaxValue }, Token)) verifier.Add(row);
        Assert.Null(verifier.Complete());
        Assert.True(verifier.Count > 0);
    }

    [Fact]
    public async Task Files_that_only_grow_are_restored_beside_newer_ones_and_never_become_shorter()
    {
        await using var source = await OpenSourceAsync();
        var (there, here) = (Path.Combine(_folder, "there"), Path.Combine(_folder, "here"));
        Write(there, "mqtt/1.backlog", "one");
        Write(there, "mqtt/2.backlog", "two");
        Write(there, "mqtt/cursors", "then");
        Write(there, "mqtt/lock", "");
        await WriteAsync(source, Backlogs(there));
        await using var target = new SqliteDatabase(Path.Combine(_folder, "target.db"));
        await RestoreAsync(target, folders: Backlogs(here));
        Assert.Equal(["mqtt/1.backlog one", "mqtt/2.backlog two", "mqtt/cursors then"], Contents(here));

        // The server goes on: the first was delivered, the second grew, a third came.
        File.Delete(Path.Combine(here, "mqtt/1.backlog"));
        Write(here, "mqtt/2.backlog", "two and more");
        Write(here, "mqtt/3.backlog", "three");
        Write(here, "mqtt/cursors", "now");
        await Assert.ThrowsAsync<StorageException>(() => RestoreAsync(target, replace: false, Backlogs(here)));
        await RestoreAsync(target, replace: true, Backlogs(here));
        // What the restored database has not is delivered again from where the cursors stood then.
        Assert.Equal(["mqtt/1.backlog one", "mqtt/2.backlog two and more", "mqtt/3.backlog three", "mqtt/cursors then"], Contents(here));

        static BackupFolder Backlogs(string folder) =>
            new("backlog", folder, path => !path.EndsWith("lock", StringComparison.Ordinal), IsWhole: true) { OnlyGrows = path => path.EndsWith(".backlog", StringComparison.Ordinal) };

        static IEnumerable<string> Contents(string folder) =>
            System.IO.Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => $"{Path.GetRelativePath(folder, file)} {File.ReadAllText(file)}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task What_moves_from_a_folder_into_the_database_while_a_backup_is_made_is_in_it()
    {
        await using var source = await OpenSourceAsync();
        var folder = new BackupFolder("backlog", Path.Combine(_folder, "there"), _ => true, IsWhole: true);
        Write(folder.Path, "1.backlog", "waits");
        // Between the look at folders and the snapshot of the database.
        async Task Deliver(CancellationToken cancellation)
        {
            File.Delete(Path.Combine(folder.Path, "1.backlog"));
            await (await SqlRecordStore.OpenAsync(source, cancellation)).AppendAsync([new StoredRecord("delivered", "1", 1, DateTime.UnixEpoch, "test", "waits")], cancellation);
        }

        await using (var output = File.Create(BackupFile))
            await new BackupSource(source, PortalSchema.Components, [folder], Deliver).WriteAsync(output, _key, "urn:test", TimeProvider.System, new BackupProgress(), Token);
        await using var target = new SqliteDatabase(Path.Combine(_folder, "target.db"));
        await RestoreAsync(target, folders: folder);
        Assert.Equal("waits", await File.ReadAllTextAsync(Path.Combine(folder.Path, "1.backlog"), Token));
        var records = new List<string>();
        await foreach (var record in (await SqlRecordStore.OpenAsync(target, Token)).LoadAsync(null, Token)) records.Add($"{record.Kind} {record.Body}");
        Assert.Contains("delivered waits", records);
    }

    private async Task<SqliteDatabase> OpenSourceAsync()
    {
        var database = new SqliteDatabase(Path.Combine(_folder, "source.db"));
        foreach (var component in PortalSchema.Components) await database.MigrateAsync(component, Token);
        return database;
    }

    private static void Write(string folder, string path, string text)
    {
        var file = Path.Combine(folder, path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private async Task<BackupManifest> WriteAsync(PortalDatabase database, params BackupFolder[] folders)
    {
        await using var output = File.Create(BackupFile);
        return await new BackupSource(database, PortalSchema.Components, folders).WriteAsync(output, _key, "urn:test", TimeProvider.System, new BackupProgress(), Token);
    }

    private Task<BackupManifest> RestoreAsync(PortalDatabase database, bool replace = false, params BackupFolder[] folders) =>
        BackupRestore.RestoreAsync(BackupFile, _key, database, PortalSchema.Components, folders, replace, Token);
}
