using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Stored readings in a backup: what was kept before it began is in it, whatever comes in meanwhile, with all that was said of it.</summary>
public sealed class ReadingsBackupTests(PostgreSqlServer server) : IDisposable
{
    private const int Points = 20;

    private static readonly DateTime Start = new(2026, 11, 24, 0, 0, 0, DateTimeKind.Utc);

    private readonly BackupKey _key = SealedStreamTests.KeyOf(7);
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("opcportal-backup-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _key.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, DatabaseKind.PostgreSql)]
    [InlineData(DatabaseKind.PostgreSql, DatabaseKind.Sqlite)]
    public async Task Readings_their_revisions_and_annotations_are_told_alike_by_a_restored_store(DatabaseKind from, DatabaseKind to)
    {
        await using var source = await Databases.CreateAsync(from, server);
        foreach (var component in PortalSchema.Components) await source.Database.MigrateAsync(component, Token);
        await using var store = await OpenAsync(source.Database, "first");
        for (var quarter = 0; quarter < 200; quarter++) await KeepAsync(store, quarter);
        await store.ReviseAsync([new ReadingRevision(3, At(7), RevisionKind.Replace, Start.AddDays(3), new QualityNote(QualityCodes.Edited.By(QualityOrigin.MeterDataManagement), new QualityAuthor("river", null, "sam"), "typo", "river")) { Value = PointValue.From(99.5) }], Token);
        await store.AnnotateAsync([new ReadingAnnotation(3, At(7), Start.AddDays(3), new QualityAuthor("river", null, "sam"), "Straße")], Token);

        using var stop = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            for (var quarter = 200; !stop.IsCancellationRequested; quarter++) await KeepAsync(store, quarter);
        }, Token);
        var file = await BackUpAsync(source.Database, store);
        await stop.CancelAsync();
        await load;

        await using var target = await Databases.CreateAsync(to, server);
        await BackupRestore.RestoreAsync(file, _key, target.Database, PortalSchema.Components, [], replace: false, Token);
        await using var restored = await OpenAsync(target.Database, "second");
        var until = At(199).AddTicks(1);
        for (var point = 0; point < Points; point++)
        {
            var expected = await ChainsAsync(store, point, until);
            Assert.Equal(200, expected.Count);
            Assert.Equal(expected, await ChainsAsync(restored, point, until));
        }

        Assert.Equal("Straße", Assert.Single((await restored.ReadAnnotationsAsync(3, new HistoryWalk(Start, until, 10), Token)).Items).Text);
        Assert.Equal(At(7), Assert.Single((await restored.ReadVersionsAsync(3, new HistoryWalk(Start, until, 10), Token)).Items).Reading.SourceTime);
        // The restored store goes on: numbers of notes and series are where they were.
        await KeepAsync(restored, 100_000);
        await restored.FlushAsync(Token);
        Assert.Single(await ChainsAsync(restored, 0, At(100_000).AddTicks(1), At(100_000)));
    }

    [Fact]
    public async Task A_database_that_a_server_uses_is_not_restored_over()
    {
        await using var source = await Databases.CreateAsync(DatabaseKind.Sqlite, server);
        foreach (var component in PortalSchema.Components) await source.Database.MigrateAsync(component, Token);
        string file;
        await using (var store = await OpenAsync(source.Database, "first"))
        {
            await KeepAsync(store, 0);
            file = await BackUpAsync(source.Database, store);
            await Assert.ThrowsAsync<StorageException>(() => RestoreAsync());
        }

        await RestoreAsync();

        Task RestoreAsync() => BackupRestore.RestoreAsync(file, _key, source.Database, PortalSchema.Components, [], replace: true, Token);
    }

    [Fact]
    public async Task What_a_journal_holds_goes_with_the_database_that_it_belongs_to()
    {
        await using var source = await Databases.CreateAsync(DatabaseKind.Sqlite, server);
        foreach (var component in PortalSchema.Components) await source.Database.MigrateAsync(component, Token);
        string file;
        await using (var store = await OpenAsync(source.Database, "first"))
        {
            await KeepAsync(store, 0);
            file = await BackUpAsync(source.Database, store);
        }

        await using var target = await Databases.CreateAsync(DatabaseKind.Sqlite, server);
        var journal = Path.Combine(_folder, "other");
        System.IO.Directory.CreateDirectory(journal);
        await File.WriteAllTextAsync(Path.Combine(journal, "000000000099.journal"), "of another database", Token);
        BackupFolder[] folders = [BackupFolder.Emptied("journal", journal, path => path != "lock")];
        await Assert.ThrowsAsync<StorageException>(() => BackupRestore.RestoreAsync(file, _key, target.Database, PortalSchema.Components, folders, replace: false, Token));
        await BackupRestore.RestoreAsync(file, _key, target.Database, PortalSchema.Components, folders, replace: true, Token);
        Assert.Empty(System.IO.Directory.GetFiles(journal));
    }

    private static DateTime At(int quarter) => Start.AddMinutes(15 * (quarter + 1));

    private static async Task KeepAsync(ReadingStore store, int quarter)
    {
        var note = store.NumberOf(new QualityNote(QualityCodes.Validated.By(QualityOrigin.MeterDataManagement), new QualityAuthor("house", "rules 1"), "validated"));
        var readings = Enumerable.Range(0, Points).Select(point => new Reading(point, PointValue.From(point + (quarter / 1000.0)), At(quarter))).ToArray();
        await store.KeepAsync(readings, readings.Select((_, i) => i % 2 == 0 ? note : 0).ToArray(), At(quarter).AddSeconds(5));
    }

    private Task<ReadingStore> OpenAsync(PortalDatabase database, string journal) => OpenBoundAsync(database, Path.Combine(_folder, journal));

    private static async Task<ReadingStore> OpenBoundAsync(PortalDatabase database, string journal)
    {
        var store = await ReadingStore.OpenAsync(database, new ReadingStoreOptions { JournalFolder = journal }, TimeProvider.System, NullLogger<ReadingStore>.Instance, Token);
        store.Bind(new TestPoints());
        return store;
    }

    private async Task<string> BackUpAsync(PortalDatabase database, ReadingStore store)
    {
        var options = new BackupOptions { Folder = Path.Combine(_folder, "backups"), Key = _key, Server = "urn:test" };
        await using var service = new BackupService(options, database, PortalSchema.Components, store.FlushAsync, null, TimeProvider.System, NullLogger<BackupService>.Instance);
        var name = service.Begin("sys");
        await service.EndAsync();
        Assert.Equal(("", BackupState.Done), (service.Status.Reason, service.Status.State));
        return Path.Combine(options.Folder, name);
    }

    private static async Task<List<string>> ChainsAsync(ReadingStore store, int point, DateTime until, DateTime? from = null)
    {
        var chains = new List<string>();
        for (HistoryWalk? walk = new HistoryWalk(from ?? Start, until, 1000); walk is { } part;)
        {
            var page = await store.ReadChainsAsync(point, part, Token);
            chains.AddRange(page.Items.Select(item => $"{item.Reading} {string.Join(" < ", item.Chain)}"));
            walk = page.Next is { } next ? part.Resume(next) : null;
        }

        return chains;
    }
}
