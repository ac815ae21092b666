using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>The log as its callers and its store see it.</summary>
public sealed class AuditLogTests : IDisposable
{
    private static readonly DateTime Start = new(2026, 11, 25, 8, 0, 0, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-audit-").FullName;
    private readonly FakeTimeProvider _time = new(Start);
    private readonly MemoryEvidenceStore _store = new();
    private readonly Told<AuditLog> _told = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Anchors => Path.Combine(_folder, "portal.db.anchors");

    private AuditLogOptions Options => new() { AnchorFile = Anchors, BackPressure = TimeSpan.Zero };

    private Task<AuditLog> OpenAsync(AuditLogOptions? options = null) => AuditLog.OpenAsync(_store, options ?? Options, _time, _told, Token);

    private EvidenceEntry Entry(string body, EvidenceClass @class = EvidenceClass.Security) => new(@class, _time.GetUtcNow().UtcDateTime, EvidenceKind.Done, "Test", "", body);

    private static EvidenceFault? Check(IEnumerable<EvidenceRow> rows, EvidenceClass @class, params IReadOnlyList<EvidenceAnchor> anchors)
    {
        var verifier = new EvidenceVerifier(@class, anchors);
        foreach (var row in rows) verifier.Add(row);
        return verifier.Complete();
    }

    [Fact]
    public async Task Entries_of_many_threads_become_chains_one_for_each_class()
    {
        await using var log = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++) Assert.True(log.TryAdd(Entry($"{thread}/{i}", (EvidenceClass)(i % 3))));
        })));
        await log.FlushAsync(Token);
        Assert.Equal(4000, _store.Rows.Count);
        foreach (var @class in Enum.GetValues<EvidenceClass>())
        {
            Assert.Null(Check(_store.Of(@class), @class));
            Assert.Equal(_store.Of(@class).Last().Anchor, log.HeadOf(@class));
        }

        // What one thread said stays in its order.
        Assert.All(Enumerable.Range(0, 8), thread => Assert.Equal(
            Enumerable.Range(0, 500).Where(i => i % 3 == 1).Select(i => $"{thread}/{i}"), _store.Of(EvidenceClass.Change).Select(row => row.Body).Where(body => body.StartsWith($"{thread}/", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task After_a_restart_the_chain_goes_on_where_it_ended()
    {
        await using (var log = await OpenAsync()) log.TryAdd(Entry("before"));
        await using (var log = await OpenAsync()) log.TryAdd(Entry("after"));
        Assert.Equal(["before", "after"], _store.Rows.Select(row => row.Body));
        Assert.Null(Check(_store.Rows, EvidenceClass.Security, [.. AnchorFile.Read(Anchors)]));
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_it_is_stored_and_all_that_was_acknowledged_survives_a_crash()
    {
        var gate = new TaskCompletionSource();
        _store.Before = _ => gate.Task;
        var log = await OpenAsync();
        log.TryAdd(Entry("slow"));
        var flushed = log.FlushAsync(Token);
        Assert.False(flushed.IsCompleted);
        Assert.Empty(_store.Rows);
        gate.SetResult();
        await flushed;
        // The process ends here: nothing is disposed.
        var acknowledged = _store.Rows;
        Assert.Equal(["slow"], acknowledged.Select(row => row.Body));
        await log.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_that_fails_leaves_nothing_and_is_stored_later_in_the_same_order()
    {
        var failures = 3;
        _store.Before = _ => failures-- > 0 ? throw new StorageException("The disk is full.") : Task.CompletedTask;
        await using var log = await OpenAsync();
        log.TryAdd(Entry("one"));
        log.TryAdd(Entry("two"));
        var flushed = log.FlushAsync(Token);
        while (!flushed.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["one", "two"], _store.Rows.Select(row => row.Body));
        Assert.Null(Check(_store.Rows, EvidenceClass.Security));
        Assert.Equal(3, _told.Of(LogLevel.Error).Count());
    }

    [Fact]
    public async Task A_commit_whose_answer_got_lost_is_not_stored_twice()
    {
        var isFirst = true;
        _store.After = _ =>
        {
            if (!isFirst) return;
            isFirst = false;
            throw new StorageException("The connection was lost.");
        };
        await using var log = await OpenAsync();
        log.TryAdd(Entry("one"));
        var flushed = log.FlushAsync(Token);
        while (!flushed.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        log.TryAdd(Entry("two"));
        await log.FlushAsync(Token);
        Assert.Equal(["one", "two"], _store.Rows.Select(row => row.Body));
        Assert.Null(Check(_store.Rows, EvidenceClass.Security));
    }

    [Fact]
    public async Task What_finds_no_room_is_counted_in_a_row_and_told_aloud()
    {
        var gate = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        _store.Before = _ =>
        {
            began.TrySetResult();
            return gate.Task;
        };
        await using var log = await OpenAsync(Options with { MaxWaitingRows = 10 });
        log.TryAdd(Entry("under way"));
        await began.Task;
        for (var i = 0; i < 10; i++) Assert.True(log.TryAdd(Entry($"waits {i}")));
        for (var i = 0; i < 7; i++) Assert.False(log.TryAdd(Entry("lost")));
        gate.SetResult();
        await log.FlushAsync(Token);
        Assert.True(log.TryAdd(Entry("room again")));
        await log.FlushAsync(Token);
        var lost = Assert.Single(_store.Rows, row => row.Kind == EvidenceKind.Lost);
        Assert.Equal("""{"Events":7}""", lost.Body);
        Assert.Equal(7, log.LostCount);
        Assert.Equal(13, _store.Rows.Count);
        Assert.Null(Check(_store.Rows, EvidenceClass.Security));
        Assert.Contains(_told.Of(LogLevel.Critical), line => line.Contains("7 events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_memory_of_what_waits_is_bounded_as_well_as_its_number()
    {
        var gate = new TaskCompletionSource();
        _store.Before = _ => gate.Task;
        await using var log = await OpenAsync(Options with { MaxWaitingBytes = 10_000 });
        Assert.True(log.TryAdd(Entry(new string('x', 4000))));
        Assert.False(log.TryAdd(Entry(new string('x', 4000))));
        gate.SetResult();
        await log.FlushAsync(Token);
        Assert.True(log.TryAdd(Entry(new string('x', 4000))));
    }

    [Fact]
    public async Task Who_finds_no_room_waits_for_it_no_longer_than_the_limit()
    {
        var gate = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        _store.Before = _ =>
        {
            began.TrySetResult();
            return gate.Task;
        };
        await using var log = await OpenAsync(Options with { MaxWaitingRows = 1, BackPressure = TimeSpan.FromSeconds(30) });
        log.TryAdd(Entry("under way"));
        await began.Task;
        Assert.True(log.TryAdd(Entry("waits")));
        var held = Task.Run(() => log.TryAdd(Entry("held up")), Token);
        Assert.False(held.IsCompleted);
        gate.SetResult();
        Assert.True(await held.WaitAsync(TimeSpan.FromSeconds(20), Token));
        await log.FlushAsync(Token);
        Assert.Equal(["under way", "waits", "held up"], _store.Rows.Select(row => row.Body));
    }

    [Fact]
    public async Task Anchors_are_written_while_rows_come_in_and_at_the_end()
    {
        var log = await OpenAsync();
        log.TryAdd(Entry("one"));
        await log.FlushAsync(Token);
        log.TryAdd(Entry("two"));
        await log.DisposeAsync();
        Assert.Equal(_store.Rows[^1].Anchor, Assert.Single(AnchorFile.Read(Anchors), anchor => anchor.Class == EvidenceClass.Security));
        Assert.Contains(_told.Of(LogLevel.Information), line => line.Contains(_store.Rows[^1].Anchor.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_was_cut_off_while_the_server_was_away_is_told_at_the_start_and_the_old_anchor_is_kept()
    {
        await using (var log = await OpenAsync())
            for (var i = 0; i < 5; i++) log.TryAdd(Entry($"{i}"));
        var whole = _store.Rows;
        var anchor = whole[^1].Anchor;
        var cut = new MemoryEvidenceStore();
        await cut.AppendAsync([.. whole.Take(3)], [], Token);
        await using (await AuditLog.OpenAsync(cut, Options, _time, _told, Token))
        {
        }

        Assert.Contains(_told.Of(LogLevel.Critical), line => line.Contains("CUT OFF", StringComparison.Ordinal) && line.Contains(anchor.ToString(), StringComparison.Ordinal));
        Assert.Contains(anchor.ToString(), Assert.Single(cut.Of(EvidenceClass.Change)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_is_whole_is_opened_without_a_word()
    {
        await using (var log = await OpenAsync()) log.TryAdd(Entry("one"));
        await using (await OpenAsync())
        {
        }

        Assert.Empty(_told.Of(LogLevel.Critical));
        Assert.Single(_store.Rows);
    }

    [Fact]
    public async Task Rows_go_when_their_class_says_and_a_checkpoint_stands_for_them()
    {
        await using var log = await OpenAsync();
        foreach (var @class in Enum.GetValues<EvidenceClass>()) log.TryAdd(Entry("old", @class));
        await log.FlushAsync(Token);
        _time.Advance(TimeSpan.FromDays(91));
        log.TryAdd(Entry("new"));
        await log.FlushAsync(Token);
        await TestWait.UntilAsync(() => _store.Of(EvidenceClass.Security).Any(row => row.Kind == EvidenceKind.Checkpoint), Token);
        Assert.DoesNotContain(_store.Of(EvidenceClass.Security), row => row.Body == "old");
        Assert.Contains(_store.Of(EvidenceClass.Security), row => row.Body == "new");
        Assert.Single(_store.Of(EvidenceClass.Change), row => row.Body == "old");
        Assert.Single(_store.Of(EvidenceClass.Disclosure), row => row.Body == "old");
        Assert.Null(Check(_store.Of(EvidenceClass.Security), EvidenceClass.Security));
        log.TryAdd(Entry("newer"));
        await log.FlushAsync(Token);
        Assert.Null(Check(_store.Of(EvidenceClass.Security), EvidenceClass.Security));
    }

    [Fact]
    public async Task A_server_that_stops_stores_what_it_has_and_gives_up_on_a_store_that_is_gone()
    {
        var log = await OpenAsync();
        _store.Before = _ => throw new StorageException("Gone.");
        log.TryAdd(Entry("lost with the server"));
        var ending = log.DisposeAsync().AsTask();
        while (!ending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains(_told.Of(LogLevel.Critical), line => line.Contains("LOST", StringComparison.Ordinal));
        Assert.False(log.TryAdd(Entry("too late")));
    }
}

/// <summary>Waits for what another task is about to do.</summary>
internal static class TestWait
{
    public static async Task UntilAsync(Func<bool> condition, CancellationToken cancellation)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            cancellation.ThrowIfCancellationRequested();
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20), "It did not happen.");
            await Task.Yield();
        }
    }
}
