using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>What is kept while something of what keeps it fails.</summary>
public sealed class StoreFailureTests(PostgreSqlServer server)
{
    private static readonly DateTime Noon = StoreUnderTest.Start;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Reading At(int point, int minutes) => new(point, PointValue.From((double)minutes), Noon.AddMinutes(minutes));

    private static HistoryWalk All => new(DateTime.MinValue, DateTime.MaxValue, 10_000);

    [Fact]
    public async Task A_disk_that_is_full_costs_what_comes_meanwhile_which_is_told_and_known_to_be_missing()
    {
        await using var test = await StoreUnderTest.OpenAsync(DatabaseKind.Sqlite, server);
        var disk = new TestDisk();
        test.Files = path => new FileOnTestDisk(disk, new JournalFile(path));
        await test.ReopenAsync(isKilled: false);
        var told = new List<HistoryStanding>();
        test.Store.ConditionChanged += told.Add;
        await test.KeepAsync(At(1, 0));
        disk.IsFull = true;
        await Assert.ThrowsAsync<StorageException>(() => test.KeepAsync(At(1, 15), At(1, 30), At(2, 15)));
        await Assert.ThrowsAsync<StorageException>(async () => await test.Store.ReviseAsync([new ReadingRevision(1, Noon, RevisionKind.Delete, test.Now, new QualityNote(default, QualityAuthor.Source))], Token));
        Assert.Equal((HistoryCondition.NotKeeping, 3L), (test.Store.Condition.Condition, test.Store.Counts.NotKept));
        Assert.Equal(0, Assert.Single(await test.ReadAsync(1)).Value.AsReal());

        disk.IsFull = false;
        await test.KeepAsync(At(1, 45));
        Assert.Equal([HistoryCondition.NotKeeping, HistoryCondition.Keeping], told.Select(standing => standing.Condition));
        var readings = await test.ReadAsync(1);
        Assert.Equal([ReadingStatus.Good, ReadingStatus.BadNoData, ReadingStatus.Good], readings.Select(reading => reading.Status));
        Assert.Equal("2.5.259", readings[1].Quality.ToString());
        Assert.Contains("2 readings", (await test.Store.ReadChainsAsync(1, All, Token)).Items[1].Chain[0].Note.Reason, StringComparison.Ordinal);
        Assert.Equal(ReadingStatus.BadNoData, Assert.Single(await test.ReadAsync(2)).Status);

        // Brought again by who was told, it is no longer missing.
        test.Time.Advance(TimeSpan.FromMinutes(1));
        await test.KeepAsync(At(1, 15), At(1, 30));
        await test.ReopenAsync(isKilled: true);
        Assert.Equal([0.0, 15, 30, 45], (await test.ReadAsync(1)).Select(reading => reading.Value.AsReal()));
    }

    [Fact]
    public async Task A_journal_at_its_cap_refuses_until_the_database_has_taken_what_is_in_it()
    {
        await using var test = await StoreUnderTest.OpenAsync(DatabaseKind.Sqlite, server, options => options with { MaxJournalBytes = 2_000 });
        var kept = 0;
        await Assert.ThrowsAsync<StorageException>(async () =>
        {
            for (; kept < 1000; kept++) await test.KeepAsync(At(1, kept));
        });
        Assert.InRange(kept, 20, 60);
        Assert.InRange(test.Store.Counts.JournalBytes, 1_900, 2_000);
        await test.Store.FlushAsync(Token);
        await test.KeepAsync(At(1, 5000));
        Assert.Equal(HistoryCondition.Keeping, test.Store.Condition.Condition);
        // What was refused is one that is known to be missing.
        Assert.Equal(kept + 2, (await test.ReadAsync(1)).Count);
    }

    [Fact]
    public async Task A_damaged_segment_costs_what_is_damaged_and_is_told()
    {
        var log = new Lines();
        await using var test = await StoreUnderTest.OpenAsync(DatabaseKind.Sqlite, server);
        test.Logger = log;
        for (var i = 0; i < 3; i++) await test.KeepAsync(At(1, i));
        await test.Store.EndAsync();
        var segment = Assert.Single(Directory.GetFiles(test.Journal, "*.readings"));
        var bytes = await File.ReadAllBytesAsync(segment, Token);
        // Within the second of three frames, of which the first has the name of the series.
        bytes[bytes.Length - 80] ^= 1;
        await File.WriteAllBytesAsync(segment, [.. bytes, 1, 2, 3], Token);
        await test.OpenAsync();
        Assert.Equal([0.0, 2.0], (await test.ReadAsync(1)).Select(reading => reading.Value.AsReal()));
        Assert.Contains(log.Written, line => line.Contains("are damaged", StringComparison.Ordinal));
        Assert.Contains(log.Written, line => line.Contains("3 bytes at its end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_database_is_away_the_journal_takes_readings_and_all_is_stored_in_order_when_it_is_back()
    {
        await using var own = new PostgreSqlServer();
        await using var test = await StoreUnderTest.OpenAsync(DatabaseKind.PostgreSql, own, options => options with { MaxTableReadings = 50, RetryInterval = TimeSpan.FromMilliseconds(1) });
        var told = new TaskCompletionSource();
        test.Store.ConditionChanged += standing =>
        {
            if (standing.Condition == HistoryCondition.DatabaseAway) told.TrySetResult();
        };
        await test.KeepAsync(At(1, 0));
        await test.Store.FlushAsync(Token);
        await own.CrashAsync();
        // Many tables: more than are held in memory.
        for (var i = 1; i <= 500; i++)
        {
            test.Time.Advance(TimeSpan.FromMilliseconds(1));
            await test.KeepAsync(At(1, i % 50), new Reading(2, PointValue.From((long)i), Noon.AddMinutes(i)));
        }

        await told.Task.WaitAsync(Token);
        await Assert.ThrowsAsync<StorageException>(() => test.ReadAsync(1));
        await own.StartAsync();
        while (test.Store.Condition.Condition == HistoryCondition.DatabaseAway)
        {
            // Each tick is a try.
            test.Time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await FlushAsync(test);
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), (await test.ReadAsync(2)).Select(reading => reading.Value.AsSigned()));
        Assert.Equal(50, (await test.ReadAsync(1)).Count);
        Assert.Equal(0, test.Store.Counts.Waiting);
    }

    [Fact]
    public async Task What_the_memory_does_not_hold_is_read_from_the_journal()
    {
        await using var own = new PostgreSqlServer();
        await using var test = await StoreUnderTest.OpenAsync(DatabaseKind.PostgreSql, own, options => options with { MaxTableReadings = 20 });
        // Its partition is there: to make one, the writer would have to wait for readers too, and they for it.
        await test.KeepAsync(At(1, 0));
        await test.Store.FlushAsync(Token);
        // The writer waits: nothing is stored while somebody else holds the table.
        var released = new TaskCompletionSource();
        var holding = test.Database.WriteAsync(
            async (connection, transaction) =>
            {
                await PortalDatabase.ExecuteAsync(connection, transaction, "LOCK TABLE reading_blocks IN EXCLUSIVE MODE", Token);
                await released.Task;
            },
            Token);
        for (var i = 0; i < 200; i++) await test.KeepAsync(At(1, i));
        await test.Store.AnnotateAsync([new ReadingAnnotation(1, Noon, test.Now, QualityAuthor.Source, "early")], Token);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (double)i), (await test.ReadAsync(1)).Select(reading => reading.Value.AsReal()));
        released.SetResult();
        await holding;
        await test.Store.FlushAsync(Token);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (double)i), (await test.ReadAsync(1)).Select(reading => reading.Value.AsReal()));
        Assert.Equal("early", Assert.Single((await test.Store.ReadAnnotationsAsync(1, All, Token)).Items).Text);
    }

    private static async Task FlushAsync(StoreUnderTest test)
    {
        var flush = test.Store.FlushAsync(Token);
        while (!flush.IsCompleted)
        {
            test.Time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await flush;
    }
}
