using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Server.Tests;

/// <summary>Backups of a running server: one at a time, by a manager or the clock, the old ones removed.</summary>
public sealed class BackupServiceTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 2, 0, 0, TimeSpan.Zero));
    private readonly BackupKey _key = SealedStreamTests.KeyOf(7);
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("opcportal-backups-").FullName;
    private SqliteDatabase _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Backups => Path.Combine(_folder, "backups");

    private string[] Names => [.. System.IO.Directory.GetFiles(Backups).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync()
    {
        _database = new SqliteDatabase(Path.Combine(_folder, "portal.db"));
        await SqlRecordStore.OpenAsync(_database, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _key.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private BackupService Service(int keep = 7, TimeSpan? every = null, Func<CancellationToken, Task>? settle = null, string? folder = null) => new(
        new BackupOptions { Folder = folder ?? Backups, Key = _key, Server = "urn:test", Keep = keep, Every = every }, _database, PortalSchema.Components, settle ?? (_ => Task.CompletedTask), null, _time, NullLogger<BackupService>.Instance);

    [Fact]
    public async Task A_backup_says_when_it_is_whole_what_is_in_it()
    {
        await using var service = Service();
        Assert.Equal(BackupState.Idle, service.Status.State);
        Assert.Equal("opcportal-20261125T020000000Z.backup", service.Begin("sys"));
        await service.EndAsync();
        var status = service.Status;
        Assert.Equal((BackupState.Done, ""), (status.State, status.Reason));
        var file = Path.Combine(Backups, status.File);
        Assert.Equal(new FileInfo(file).Length, status.Bytes);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(file, Token))), status.Hash);
        Assert.Equal("urn:test", (await BackupRestore.VerifyAsync(file, _key, Token)).Server);
        Assert.Equal([status.File], Names);
    }

    [Fact]
    public async Task While_one_is_made_another_is_refused_and_afterwards_not()
    {
        var settled = new TaskCompletionSource();
        await using var service = Service(settle: _ => settled.Task);
        service.Begin("sys");
        Assert.Equal(BackupState.Running, service.Status.State);
        Assert.Contains("being made", Assert.Throws<BackupException>(() => service.Begin("sys")).Message, StringComparison.Ordinal);
        settled.SetResult();
        await service.EndAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        service.Begin("sys");
        await service.EndAsync();
        Assert.Equal(2, Names.Length);
    }

    [Fact]
    public async Task One_that_fails_leaves_no_file_and_the_next_may_succeed()
    {
        await File.WriteAllTextAsync(Backups, "no folder", Token);
        await using var service = Service();
        service.Begin("sys");
        await service.EndAsync();
        Assert.Equal(BackupState.Failed, service.Status.State);
        Assert.NotEmpty(service.Status.Reason);
        File.Delete(Backups);
        service.Begin("sys");
        await service.EndAsync();
        Assert.Equal(BackupState.Done, service.Status.State);
    }

    [Fact]
    public async Task Only_the_newest_are_kept_and_what_is_no_backup_of_ours_stays()
    {
        System.IO.Directory.CreateDirectory(Backups);
        foreach (var other in (string[])["notes.txt", "opcportal-by-hand.backup"]) await File.WriteAllTextAsync(Path.Combine(Backups, other), "", Token);
        await using var service = Service(keep: 2);
        for (var i = 0; i < 4; i++)
        {
            service.Begin("sys");
            await service.EndAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(["notes.txt", "opcportal-20261125T040000000Z.backup", "opcportal-20261125T050000000Z.backup", "opcportal-by-hand.backup"], Names);
    }

    [Fact]
    public async Task The_clock_makes_one_at_once_where_there_is_none_and_then_at_each_turn()
    {
        await using (var first = Service(every: TimeSpan.FromHours(24)))
        {
            first.Start();
            await UntilAsync(() => first.Status.State == BackupState.Done);
            Assert.Equal(["opcportal-20261125T020000000Z.backup"], Names);
        }

        // A restart makes none before it is due.
        _time.Advance(TimeSpan.FromHours(5));
        await using var service = Service(every: TimeSpan.FromHours(24));
        service.Start();
        _time.Advance(TimeSpan.FromHours(18));
        Assert.Equal(BackupState.Idle, service.Status.State);
        _time.Advance(TimeSpan.FromHours(1));
        await UntilAsync(() => service.Status.State == BackupState.Done);
        Assert.Equal(["opcportal-20261125T020000000Z.backup", "opcportal-20261126T020000000Z.backup"], Names);
    }

    [Fact]
    public async Task The_end_of_the_server_ends_a_backup_which_then_is_none()
    {
        var service = Service(settle: cancellation => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation));
        service.Begin("sys");
        await service.DisposeAsync();
        Assert.Equal(BackupState.Failed, service.Status.State);
        Assert.Empty(Names);
        Assert.Throws<BackupException>(() => service.Begin("sys"));
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
