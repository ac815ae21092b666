using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>A store on a database of a test, that can be opened anew.</summary>
internal sealed class StoreUnderTest : IAsyncDisposable
{
    public static readonly DateTime Start = new(2026, 6, 1, 12, 0, 0, DateTimeKind.Utc);

    private static readonly TimeSpan Never = TimeSpan.FromDays(40);

    private readonly TestDatabase _database;
    private readonly string _journal = Directory.CreateTempSubdirectory("opcportal-journal-").FullName;

    private StoreUnderTest(TestDatabase database) => _database = database;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(Start));
    public ReadingStore Store { get; private set; } = null!;
    public ReadingStoreOptions Options { get; set; } = null!;
    public PortalDatabase Database => _database.Database;
    public DateTime Now => Time.GetUtcNow().UtcDateTime;
    public string Journal => _journal;

    /// <summary>Makes the files of the journal.</summary>
    public JournalFileFactory Files { get; set; } = static path => new JournalFile(path);

    public ILogger<ReadingStore> Logger { get; set; } = NullLogger<ReadingStore>.Instance;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<StoreUnderTest> OpenAsync(DatabaseKind kind, PostgreSqlServer server, Func<ReadingStoreOptions, ReadingStoreOptions>? with = null)
    {
        var test = new StoreUnderTest(await Databases.CreateAsync(kind, server));
        // A clock of tests that is set months ahead would tick millions of times.
        test.Options = new ReadingStoreOptions { JournalFolder = test._journal, SyncInterval = Never, MaxTableAge = Never, UpkeepInterval = Never };
        if (with is not null) test.Options = with(test.Options);
        await test.OpenAsync();
        return test;
    }

    public async Task OpenAsync()
    {
        Store = await ReadingStore.OpenAsync(_database.Database, Options, Time, Logger, Files, Token);
        Store.Bind(new TestPoints());
    }

    /// <summary>Opens it anew: as after its orderly end, or as after the end of its process.</summary>
    public async Task ReopenAsync(bool isKilled)
    {
        if (isKilled) await Store.EndAsync();
        else await Store.DisposeAsync();
        await _database.ReopenAsync();
        await OpenAsync();
    }

    public Task KeepAsync(params Reading[] readings) => Store.KeepAsync(readings, new int[readings.Length], Now).AsTask();

    public async Task<List<HistoricReading>> ReadAsync(int point, bool isForward = true, int limit = 1000)
    {
        var all = new List<HistoricReading>();
        HistoryWalk? walk = isForward ? new HistoryWalk(DateTime.MinValue, DateTime.MaxValue, limit) : new HistoryWalk(DateTime.MaxValue.AddTicks(-1), DateTime.MinValue, limit);
        while (walk is { } rest)
        {
            var page = await Store.ReadAsync(point, rest, Token);
            Assert.True(page.Items.Count <= limit);
            all.AddRange(page.Items);
            walk = page.Next is { } next ? rest.Resume(next) : null;
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_journal, recursive: true);
    }
}
