using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Tests;

public sealed class AdapterHostTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingSink _sink = new();
    private readonly SequentialFleetNumbers _numbers = new();
    private readonly AdapterHost _host;

    public AdapterHostTests() => _host = new AdapterHost(new AdapterHostOptions(), _sink, _sink, _time, NullLoggerFactory.Instance, new Random(7));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private AdapterConfiguration Configuration(FakeFactory factory, string device)
    {
        var refused = new List<ConfigurationException>();
        var text = $$"""
            { "portal": { "id": "P", "owner": "urn:o" }, "connection": { "protocol": "fake", "host": "h" },
              "devices": [ { "id": "{{device}}", "type": "T", "unit": 1, "points": { "A": { "register": 1 }, "B": { "register": 2 } } } ] }
            """;
        var read = new AdapterConfigurationReader(_numbers, [factory]).Read($"{device}.json", Encoding.UTF8.GetBytes(text), refused);
        Assert.Empty(refused);
        return read!;
    }

    [Fact]
    public async Task An_adapter_that_knows_statuses_alone_gives_outcomes_by_them_and_what_is_over_is_not_handed_on()
    {
        var handed = 0;
        var factory = new FakeFactory();
        _host.Add(Configuration(factory, "M"), factory);
        var command = new InvokeCommand(0, "Open", []) { Id = "order-1/1" };
        foreach (var (status, expected) in new[]
        {
            (ReadingStatus.Good, CommandResult.Confirmed), (ReadingStatus.GoodCompletesAsynchronously, CommandResult.Accepted), (ReadingStatus.BadDeviceFailure, CommandResult.Failed), (ReadingStatus.Uncertain, CommandResult.Failed),
        })
        {
            factory.Execute = _ =>
            {
                handed++;
                return status;
            };
            Assert.Equal(new CommandOutcome(expected, status), await _host.CarryOutAsync(command, CancellationToken.None));
        }

        var now = _time.GetUtcNow().UtcDateTime;
        Assert.Equal(CommandOutcome.Expired, await _host.CarryOutAsync(command with { Deadline = now }, CancellationToken.None));
        Assert.Equal(ReadingStatus.BadOutOfRange, (await _host.CarryOutAsync(command with { Id = new string('x', DeviceCommand.MaxIdLength + 1) }, CancellationToken.None)).Status);
        Assert.Equal(4, handed);
        await _host.CarryOutAsync(command with { Deadline = now.AddSeconds(1), Id = new string('x', DeviceCommand.MaxIdLength) }, CancellationToken.None);
        Assert.Equal(5, handed);
    }

    [Fact]
    public async Task An_adapter_that_fails_is_made_anew_after_a_pause_and_its_points_are_bad_meanwhile()
    {
        var secondLife = new TaskCompletionSource();
        var factory = new FakeFactory
        {
            Run = (life, _, stop) =>
            {
                if (life == 0) throw new InvalidOperationException("a defect");
                secondLife.TrySetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            },
        };
        _host.Add(Configuration(factory, "M"), factory);
        _host.Start();

        foreach (var point in new[] { 0, 1 }) Assert.Equal(ReadingStatus.BadNotConnected, (await _sink.WaitForAsync(point, _ => true)).Status);
        Assert.Equal(CommunicationState.Offline, _sink.StateOf(0));
        Assert.Equal("The adapter failed: a defect", _sink.ReasonOf(0));
        Assert.True(factory.Made[0].Disposed);
        Assert.Equal(ReadingStatus.BadNotConnected, await _host.ExecuteAsync(new InvokeCommand(0, "Open", []), CancellationToken.None));

        await AdvanceUntilAsync(secondLife.Task);
        Assert.Equal(2, factory.Made.Count);
        Assert.Equal(ReadingStatus.Good, await _host.ExecuteAsync(new InvokeCommand(0, "Open", []), CancellationToken.None));
    }

    [Fact]
    public async Task One_that_comes_while_others_run_runs_beside_them()
    {
        var first = new FakeFactory();
        var ran = new TaskCompletionSource();
        var second = new FakeFactory { Run = (_, _, stop) => { ran.TrySetResult(); return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop); } };
        _host.Add(Configuration(first, "M-1"), first);
        _host.Start();
        _host.Add(Configuration(second, "M-2"), second);
        Assert.False(ran.Task.IsCompleted);
        _host.Start();
        await ran.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(ReadingStatus.Good, await _host.ExecuteAsync(new InvokeCommand(1, "Open", []), CancellationToken.None));
        Assert.Single(first.Made);
        // A device has one adapter, and a host that has stopped takes none.
        Assert.Throws<InvalidOperationException>(() => _host.Add(Configuration(second, "M-2"), second));
        await _host.StopAsync();
        Assert.True(second.Made[0].Disposed);
        Assert.Throws<InvalidOperationException>(() => _host.Add(Configuration(second, "M-3"), second));
    }

    [Fact]
    public async Task Whether_a_configuration_is_accepted_is_asked_without_running_it()
    {
        var factory = new FakeFactory { Run = (_, _, _) => throw new InvalidOperationException("it ran") };
        await _host.CheckAsync(Configuration(factory, "M"), factory);
        Assert.True(Assert.Single(factory.Made).Disposed);
        _host.Start();
        Assert.Equal(ReadingStatus.BadConfigurationError, await _host.ExecuteAsync(new InvokeCommand(0, "Open", []), CancellationToken.None));
    }

    [Fact]
    public async Task One_that_fails_does_not_touch_another()
    {
        var failing = new FakeFactory { Run = (_, _, _) => throw new InvalidOperationException("a defect") };
        var steady = new FakeFactory();
        _host.Add(Configuration(failing, "M-1"), failing);
        _host.Add(Configuration(steady, "M-2"), steady);
        _host.Start();

        await _sink.WaitForStateAsync(0, CommunicationState.Offline);
        Assert.Equal(CommunicationState.Unknown, _sink.StateOf(1));
        Assert.Single(steady.Made);
        Assert.Equal(ReadingStatus.Good, await _host.ExecuteAsync(new InvokeCommand(1, "Open", []), CancellationToken.None));
    }

    [Fact]
    public async Task Commands_go_to_the_adapter_of_their_device_and_an_unknown_device_is_refused()
    {
        var one = new FakeFactory { Execute = _ => ReadingStatus.BadTimeout };
        var other = new FakeFactory { Execute = _ => ReadingStatus.Good };
        _host.Add(Configuration(one, "M-1"), one);
        _host.Add(Configuration(other, "M-2"), other);
        _host.Start();

        Assert.Equal(ReadingStatus.BadTimeout, await _host.ExecuteAsync(new SetPointCommand(0, 0, PointValue.From(1.0)), CancellationToken.None));
        Assert.Equal(ReadingStatus.Good, await _host.ExecuteAsync(new SetPointCommand(1, 2, PointValue.From(1.0)), CancellationToken.None));
        Assert.Equal(ReadingStatus.BadConfigurationError, await _host.ExecuteAsync(new SetPointCommand(2, 2, PointValue.From(1.0)), CancellationToken.None));
    }

    [Fact]
    public async Task An_adapter_that_throws_at_a_command_gives_a_bad_status()
    {
        var factory = new FakeFactory { Execute = _ => throw new InvalidOperationException("a defect") };
        _host.Add(Configuration(factory, "M"), factory);
        _host.Start();
        Assert.Equal(ReadingStatus.BadCommunicationError, await _host.ExecuteAsync(new InvokeCommand(0, "Open", []), CancellationToken.None));
    }

    [Fact]
    public async Task Stopping_cancels_and_disposes_every_adapter_even_one_in_its_pause()
    {
        var failing = new FakeFactory { Run = (_, _, _) => throw new InvalidOperationException("a defect") };
        var steady = new FakeFactory();
        _host.Add(Configuration(failing, "M-1"), failing);
        _host.Add(Configuration(steady, "M-2"), steady);
        _host.Start();
        await _sink.WaitForStateAsync(0, CommunicationState.Offline);

        await _host.StopAsync().WaitAsync(Patience);
        Assert.All(failing.Made.Concat(steady.Made), adapter => Assert.True(adapter.Disposed));
    }

    [Fact]
    public async Task An_adapter_that_does_not_end_is_left_behind_when_its_time_is_over()
    {
        var running = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var factory = new FakeFactory
        {
            Run = (_, _, _) =>
            {
                running.TrySetResult();
                return never.Task;
            },
        };
        _host.Add(Configuration(factory, "M"), factory);
        _host.Start();
        await running.Task.WaitAsync(Patience);

        var stopping = _host.StopAsync();
        Assert.False(stopping.IsCompleted);
        await AdvanceUntilAsync(stopping);
        Assert.False(factory.Made[0].Disposed);
        never.SetResult();
    }

    // The adapter's loop gets to its pause on a thread of its own: time is moved until what is waited for has come.
    private async Task AdvanceUntilAsync(Task done)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!done.IsCompleted && TimeProvider.System.GetElapsedTime(deadline) < Patience)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await done.WaitAsync(Patience);
    }

    [Fact]
    public async Task What_the_server_does_not_take_is_delivered_by_the_next_host_with_its_time_and_cursors_stand_where_they_stood()
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-").FullName;
        try
        {
            var options = new AdapterHostOptions
            {
                StoreAndForward = new StoreAndForwardOptions { Folder = folder, PublishPatience = TimeSpan.FromMilliseconds(20), CommitPatience = TimeSpan.FromMilliseconds(50), CommitInterval = TimeSpan.FromMilliseconds(5) },
            };
            var reading = new Reading(0, PointValue.From(41.2), new DateTime(2026, 3, 4, 5, 0, 0, DateTimeKind.Utc));
            var published = new TaskCompletionSource();
            var factory = new FakeFactory
            {
                Run = async (life, context, stop) =>
                {
                    await context.Sink.PublishAsync(new[] { reading }, stop);
                    context.Cursors.Move("M/load", new DeliveryCursor(reading.SourceTime, 7));
                    published.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                },
            };
            _sink.HoldReadings();
            _sink.HoldCommits();
            await using (var first = new AdapterHost(options, _sink, _sink, TimeProvider.System, NullLoggerFactory.Instance))
            {
                first.Add(Configuration(factory, "M"), factory);
                first.Start();
                await published.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
            }

            _sink.ReleaseReadings();
            _sink.ReleaseCommits();
            var cursor = new TaskCompletionSource<DeliveryCursor?>();
            var later = new FakeFactory
            {
                Run = (_, context, stop) =>
                {
                    cursor.TrySetResult(context.Cursors.Find("M/load"));
                    return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                },
            };
            await using var second = new AdapterHost(options, _sink, _sink, TimeProvider.System, NullLoggerFactory.Instance);
            second.Add(Configuration(later, "M"), later);
            second.Start();
            await _sink.WaitUntilAsync(sink => sink.Committed.Contains(reading), "what the first has kept", TestContext.Current.CancellationToken);
            Assert.Equal(new DeliveryCursor(reading.SourceTime, 7), await cursor.Task.WaitAsync(Patience, TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
