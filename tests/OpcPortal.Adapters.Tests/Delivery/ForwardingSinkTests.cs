using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Tests.Delivery;

public sealed class ForwardingSinkTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TestFleet _fleet = new();
    // A server that is away is found out at once; where it is only slow the tests are patient, whatever else the machine does.
    private static readonly StoreAndForwardOptions Quick = new()
    {
        PublishPatience = TimeSpan.FromMilliseconds(20),
        CommitPatience = TimeSpan.FromMilliseconds(50),
        CommitInterval = TimeSpan.FromMilliseconds(5),
        DrainPerSecond = 1_000_000,
    };

    private static readonly StoreAndForwardOptions Patient = Quick with { PublishPatience = Patience, CommitPatience = Patience };

    private readonly ShiftedTime _time = new();
    private readonly RecordingSink _server = new();
    private readonly List<Outage> _outages = [];
    private readonly Outages _told;
    private ForwardingSink _sink;

    public ForwardingSinkTests()
    {
        _told = new Outages(_outages);
        _sink = Open(Quick);
    }

    public async ValueTask DisposeAsync()
    {
        await _sink.DisposeAsync().AsTask().WaitAsync(Patience);
        _fleet.Dispose();
    }

    private ForwardingSink Open(StoreAndForwardOptions options)
    {
        var configuration = TestFleet.Configuration(new FakeFactory());
        var health = new RunHealth(configuration, _server, _told, _time);
        var sink = new ForwardingSink(_server, new ReadingBacklog(_fleet.Folder, new BacklogNames(configuration), options), options, new DrainPace(options.DrainPerSecond, _time), health, _time, NullLogger.Instance);
        sink.Start();
        return sink;
    }

    private async Task ReopenAsync(StoreAndForwardOptions options)
    {
        await _sink.DisposeAsync().AsTask().WaitAsync(Patience);
        _sink = Open(options);
    }

    private Task PublishAsync(int first, int count) => _sink.PublishAsync(TestFleet.Readings(first, count), CancellationToken.None).AsTask();

    private Task CommitAsync() => _sink.CommitAsync(CancellationToken.None).AsTask();

    // Until the server has each number, whatever it has twice.
    private Task AllArriveAsync(int count) => _server.WaitUntilAsync(server => Distinct(server.Committed).Length == count, $"{count} readings to be committed");

    private static long[] Distinct(IEnumerable<Reading> readings) => [.. TestFleet.Numbers(readings).Distinct().Order()];

    private async Task HoldAsync()
    {
        while (!_sink.IsHolding)
        {
            var changed = _sink.Changed.Next;
            if (!_sink.IsHolding) await changed.WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task While_the_server_takes_and_confirms_readings_they_pass_once_and_nothing_is_kept()
    {
        await ReopenAsync(Patient);
        for (var i = 0; i < 100; i += 10) await PublishAsync(i, 10);
        await CommitAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(TestFleet.Range(0, 100), TestFleet.Numbers(_server.Readings));
        Assert.Equal(100, _server.Committed.Count);
        Assert.False(_sink.IsHolding);
        Assert.Empty(Directory.GetFiles(_fleet.Folder, "*.backlog"));
    }

    [Fact]
    public async Task A_commit_waits_for_the_server_and_is_complete_when_that_has_confirmed()
    {
        await ReopenAsync(Patient);
        _server.HoldCommits();
        await PublishAsync(0, 10);
        var commit = CommitAsync();
        Assert.False(commit.IsCompleted);
        Assert.False(_sink.IsHolding);
        _server.ReleaseCommits();
        await commit.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(10, _server.Committed.Count);
    }

    [Fact]
    public async Task A_server_that_takes_no_readings_has_them_kept_and_gets_them_when_it_takes_them_again()
    {
        await PublishAsync(0, 10);
        await AllArriveAsync(10);
        _server.HoldReadings();
        _server.HoldCommits();
        await PublishAsync(10, 10).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(_sink.IsHolding);
        // No adapter waits any more, and what it is told to be safe is on the disk.
        for (var i = 20; i < 100; i += 10) await PublishAsync(i, 10).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await CommitAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(10, _server.Readings.Count);

        _server.ReleaseReadings();
        _server.ReleaseCommits();
        await AllArriveAsync(100);
    }

    [Fact]
    public async Task A_server_that_does_not_confirm_still_gets_current_values_and_later_all_that_it_may_have_lost()
    {
        _server.HoldCommits();
        await PublishAsync(0, 10);
        await HoldAsync();
        await PublishAsync(10, 10);
        Assert.Equal(TestFleet.Range(0, 20), TestFleet.Numbers(_server.Readings));

        // It ends, and with it what it had not confirmed.
        _server.Clear();
        _server.ReleaseCommits();
        await AllArriveAsync(20);
        Assert.Equal(TestFleet.Readings(0, 20), _server.Committed.Distinct());
    }

    [Fact]
    public async Task A_commit_that_waits_when_the_server_stops_to_confirm_is_complete_once_the_readings_are_kept()
    {
        _server.HoldCommits();
        await PublishAsync(0, 10);
        await CommitAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(_sink.IsHolding);
        Assert.Empty(_server.Committed);
    }

    [Fact]
    public async Task What_is_kept_is_delivered_after_the_end_of_the_process()
    {
        _server.HoldReadings();
        _server.HoldCommits();
        await PublishAsync(0, 50).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await ReopenAsync(Quick);
        _server.ReleaseReadings();
        _server.ReleaseCommits();
        await AllArriveAsync(50);
    }

    [Fact]
    public async Task What_the_server_has_not_confirmed_when_the_adapter_ends_is_kept()
    {
        _server.HoldCommits();
        await PublishAsync(0, 10);
        await _sink.DisposeAsync().AsTask().WaitAsync(Patience);
        // Before the next life begins to deliver.
        _server.Clear();
        _sink = Open(Quick);
        _server.ReleaseCommits();
        await AllArriveAsync(10);
    }

    [Fact]
    public async Task Readings_that_await_their_confirmation_are_bounded_in_memory()
    {
        await ReopenAsync(Patient with { MaxUnconfirmed = 100 });
        _server.HoldCommits();
        for (var i = 0; i < 100; i += 10) await PublishAsync(i, 10);
        Assert.False(_sink.IsHolding);
        await PublishAsync(100, 10);
        Assert.True(_sink.IsHolding);
        _server.ReleaseCommits();
        await AllArriveAsync(110);
    }

    [Fact]
    public async Task Live_readings_pass_beside_a_backlog_that_is_delivered_at_its_pace()
    {
        await ReopenAsync(Quick with { DrainPerSecond = 10_000 });
        _server.HoldReadings();
        _server.HoldCommits();
        for (var i = 0; i < 20_000; i += 100) await PublishAsync(i, 100).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        _server.ReleaseReadings();
        _server.ReleaseCommits();
        await _server.WaitUntilAsync(server => server.Committed.Count > 0, "the first batch");
        await PublishAsync(20_000, 1);
        Assert.Contains(20_000, TestFleet.Numbers(_server.Readings));
        Assert.True(Distinct(_server.Readings).Length < 20_000, "the backlog is still on its way");
        await AllArriveAsync(20_001);
        // Five batches of 4,096, the first of which has not to wait.
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(1.5), $"{TimeProvider.System.GetElapsedTime(began)}");
    }

    [Fact]
    public async Task A_full_buffer_is_told_as_an_outage_and_fails_commits_until_it_has_room()
    {
        await ReopenAsync(Quick with { MaxBytes = 10_000, SegmentBytes = 4000 });
        _server.HoldCommits();
        await PublishAsync(0, 10);
        await HoldAsync();
        var next = 10;
        for (; _sink.Lost == 0; next += 10) await PublishAsync(next, 10);
        Assert.InRange(next, 500, 5000);
        // Current values go on.
        Assert.Equal(next - 1, _server.Readings[^1].Value.AsSigned());
        await Assert.ThrowsAsync<ReadingsLostException>(CommitAsync);
        Assert.Equal(CommunicationState.Impaired, _server.StateOf(0));
        Assert.Contains("full", _server.ReasonOf(0), StringComparison.Ordinal);
        var outage = Assert.Single(_told.Snapshot());
        Assert.Null(outage.Until);

        _server.ReleaseCommits();
        await _server.WaitUntilAsync(server => server.StateOf(0) == CommunicationState.Unknown, "room");
        Assert.Equal(outage.From, _told.Snapshot()[^1].From);
        Assert.NotNull(_told.Snapshot()[^1].Until);
        _time.Shift = TimeSpan.FromMinutes(1);
        await PublishAsync(next, 10);
        await CommitAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        // All that was kept before it was full has come, in its order; what follows is the outage, but for what the server took live.
        await _server.WaitUntilAsync(server => Distinct(server.Committed).Length == next + 10, "all");
    }

    [Fact]
    public async Task Where_neither_the_server_nor_the_disk_has_room_the_adapter_waits_and_nothing_is_lost()
    {
        await ReopenAsync(Quick with { MaxBytes = 10_000, SegmentBytes = 4000 });
        _server.HoldReadings();
        _server.HoldCommits();
        // One more than the disk takes: more than its bytes can be only where nobody waits.
        var published = 0;
        var publishing = PublishAsync(0, 100);
        while (new DirectoryInfo(_fleet.Folder).EnumerateFiles("*.backlog").Sum(file => file.Length) < 9_000)
        {
            await publishing.WaitAsync(Patience, TestContext.Current.CancellationToken);
            published += 100;
            publishing = PublishAsync(published, 100);
        }

        var waiting = PublishAsync(published + 100, 1000);
        published += 1100;
        Assert.False(waiting.IsCompleted);
        _server.ReleaseReadings();
        _server.ReleaseCommits();
        await Task.WhenAll(publishing, waiting).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await AllArriveAsync(published);
        Assert.Equal(0, _sink.Lost);
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_is_told_and_the_server_still_gets_current_values()
    {
        _server.HoldCommits();
        await PublishAsync(0, 10);
        Directory.Delete(_fleet.Folder, recursive: true);
        await HoldAsync();
        await PublishAsync(10, 10);
        await Assert.ThrowsAsync<ReadingsLostException>(CommitAsync);
        Assert.Contains("cannot be kept", _server.ReasonOf(0), StringComparison.Ordinal);
        Assert.Equal(20, _server.Readings.Count);
        Directory.CreateDirectory(_fleet.Folder);
    }

    private sealed class Outages(List<Outage> outages) : IOutageSink
    {
        public void Report(in Outage outage)
        {
            lock (outages) outages.Add(outage);
        }

        public Outage[] Snapshot()
        {
            lock (outages) return [.. outages];
        }
    }

    // The system's clock, which a test can put forward.
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
