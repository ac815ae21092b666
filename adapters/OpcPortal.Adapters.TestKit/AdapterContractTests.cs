using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using Xunit;

namespace OpcPortal.Adapters.TestKit;

/// <summary>What every adapter must do (<see cref="IAdapter"/>): an adapter's tests inherit this class and give it a field.</summary>
public abstract class AdapterContractTests
{
    /// <summary>A new field that works.</summary>
    protected abstract ValueTask<FieldUnderTest> CreateFieldAsync();

    [Fact]
    public async Task Every_mapped_point_gets_a_good_reading_and_every_device_is_online()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        foreach (var past in run.Field.PastPoints) await run.Sink.WaitForAsync(past, reading => reading.Status == ReadingStatus.Good);
        foreach (var device in run.Devices) await run.Sink.WaitForStateAsync(device.Number, CommunicationState.Online);
    }

    [Fact]
    public async Task Readings_come_only_for_mapped_points_with_UTC_times_and_a_value_just_where_the_status_is_not_bad()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        await run.Field.SilenceAsync(0);
        await run.AllBadAsync(0);
        var mapped = run.Devices.SelectMany(device => device.Points).Select(point => point.Number).ToHashSet();
        foreach (var reading in run.Sink.Readings)
        {
            Assert.Contains(reading.Point, mapped);
            Assert.Equal(DateTimeKind.Utc, reading.SourceTime.Kind);
            Assert.Equal(IsBad(reading), reading.Value.Kind == PointValueKind.None);
        }
    }

    [Fact]
    public async Task Cancellation_ends_it_quickly()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        await run.StopAsync().WaitAsync(ContractLimits.Stop);
    }

    [Fact]
    public async Task Cancellation_ends_it_quickly_while_the_field_cannot_be_reached()
    {
        await using var run = await StartAsync(field => field.CutAsync());
        await run.Sink.WaitForStateAsync(run.Devices[0].Number, CommunicationState.Offline);
        await run.StopAsync().WaitAsync(ContractLimits.Stop);
    }

    [Fact]
    public async Task A_silent_device_has_bad_points_and_is_offline_while_the_others_run_on()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        await run.Field.SilenceAsync(0);
        await run.AllBadAsync(0);
        await run.Sink.WaitForStateAsync(run.Devices[0].Number, CommunicationState.Offline);
        Assert.NotNull(run.Sink.ReasonOf(run.Devices[0].Number));

        run.Sink.Clear();
        await run.AllGoodAsync(1);
        Assert.Equal(CommunicationState.Online, run.Sink.StateOf(run.Devices[1].Number));
        Assert.DoesNotContain(run.Sink.Readings, reading => run.IsOf(reading, 1) && IsBad(reading));
    }

    [Fact]
    public async Task A_silent_device_that_speaks_again_is_online_again()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        await run.Field.SilenceAsync(0);
        await run.AllBadAsync(0);
        await run.Field.HealAsync(0);
        await run.AllGoodAsync(0);
        await run.Sink.WaitForStateAsync(run.Devices[0].Number, CommunicationState.Online);
        Assert.Null(run.Sink.ReasonOf(run.Devices[0].Number));
    }

    [Fact]
    public async Task A_device_that_says_garbage_has_bad_points_and_recovers_while_the_others_come_back_good()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        await run.Field.GarbleAsync(0);
        var reading = await run.Sink.WaitForAsync(run.Devices[0].Points.First(point => !run.Field.PastPoints.Contains(point.Number)).Number, IsBad);
        Assert.True(reading.Status is ReadingStatus.BadDecodingError or ReadingStatus.BadCommunicationError, $"{reading.Status}");
        Assert.NotEqual(CommunicationState.Online, run.Sink.StateOf(run.Devices[0].Number));

        run.Sink.Clear();
        await run.AllGoodAsync(1);
        await run.Field.HealAsync(0);
        await run.AllGoodAsync();
        await run.Sink.WaitForStateAsync(run.Devices[0].Number, CommunicationState.Online);
    }

    [Fact]
    public async Task A_lost_connection_makes_every_point_bad_and_every_device_offline_until_it_is_back()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        await run.Field.CutAsync();
        for (var i = 0; i < run.Devices.Count; i++)
        {
            await run.AllBadAsync(i);
            await run.Sink.WaitForStateAsync(run.Devices[i].Number, CommunicationState.Offline);
        }

        await run.Field.RestoreAsync();
        await run.AllGoodAsync();
        foreach (var device in run.Devices) await run.Sink.WaitForStateAsync(device.Number, CommunicationState.Online);
    }

    [Fact]
    public async Task A_field_that_cannot_be_reached_at_first_is_found_later()
    {
        await using var run = await StartAsync(field => field.CutAsync());
        await run.AllBadAsync(0);
        await run.Field.RestoreAsync();
        await run.AllGoodAsync();
    }

    [Fact]
    public async Task A_set_point_reaches_the_device_and_comes_back_as_a_reading()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        Assert.NotEqual(run.Field.SetPoint, run.Field.SetPointAtDevice);
        Assert.Equal(ReadingStatus.Good, await run.ExecuteAsync(new SetPointCommand(run.Devices[0].Number, run.Field.WritablePoint, run.Field.SetPoint)));
        Assert.Equal(run.Field.SetPoint, run.Field.SetPointAtDevice);
        await run.Sink.WaitForAsync(run.Field.WritablePoint, reading => reading.Value == run.Field.SetPoint);
    }

    [Fact]
    public async Task A_command_reaches_the_device()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        Assert.False(run.Field.CommandReachedDevice);
        Assert.Equal(ReadingStatus.Good, await run.ExecuteAsync(run.Field.Command));
        Assert.True(run.Field.CommandReachedDevice);
    }

    [Fact]
    public async Task Commands_are_refused_by_a_bad_status_while_the_field_cannot_be_reached()
    {
        await using var run = await StartAsync(field => field.CutAsync());
        await run.AllBadAsync(0);
        Assert.True(IsBad(await run.ExecuteAsync(run.Field.Command)));
        Assert.True(IsBad(await run.ExecuteAsync(new SetPointCommand(run.Devices[0].Number, run.Field.WritablePoint, run.Field.SetPoint))));
        Assert.False(run.Field.CommandReachedDevice);
    }

    [Fact]
    public async Task Commands_that_are_not_mapped_are_refused_by_a_bad_status()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        Assert.True(IsBad(await run.ExecuteAsync(run.Field.Command with { Name = "NoSuchCommand" })));
        Assert.True(IsBad(await run.ExecuteAsync(new SetPointCommand(run.Devices[0].Number, int.MaxValue, run.Field.SetPoint))));
        Assert.True(IsBad(await run.ExecuteAsync(run.Field.Command with { Device = int.MaxValue })));
    }

    [Fact]
    public async Task A_set_point_of_a_kind_that_the_point_cannot_hold_is_refused_and_changes_nothing()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        var before = run.Field.SetPointAtDevice;
        Assert.True(IsBad(await run.ExecuteAsync(new SetPointCommand(run.Devices[0].Number, run.Field.WritablePoint, PointValue.None))));
        Assert.Equal(before, run.Field.SetPointAtDevice);
    }

    [Fact]
    public async Task The_outcome_of_a_command_that_the_device_has_carried_out_is_good_and_not_failed_nor_contradicted()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        var outcome = await run.CarryOutAsync(run.Field.Command with { Id = "contract-1" });
        Assert.True(outcome.Result is CommandResult.Confirmed or CommandResult.Accepted, $"{outcome}");
        Assert.False(IsBad(outcome.Status), $"{outcome}");
        Assert.True(run.Field.CommandReachedDevice);
    }

    [Fact]
    public async Task A_set_point_that_is_confirmed_shows_what_the_device_has_or_nothing()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        var outcome = await run.CarryOutAsync(new SetPointCommand(run.Devices[0].Number, run.Field.WritablePoint, run.Field.SetPoint) { Id = "contract-2" });
        Assert.True(outcome.Result is CommandResult.Confirmed or CommandResult.Accepted, $"{outcome}");
        if (outcome.Shown.Kind != PointValueKind.None) Assert.Equal(run.Field.SetPointAtDevice, outcome.Shown);
        Assert.Equal(run.Field.SetPoint, run.Field.SetPointAtDevice);
    }

    [Fact]
    public async Task Nothing_is_sent_after_the_deadline_and_before_it_the_same_command_is()
    {
        await using var run = await StartAsync();
        await run.AllGoodAsync();
        var outcome = await run.CarryOutAsync(run.Field.Command with { Id = "contract-3", Deadline = DateTime.UnixEpoch });
        Assert.Equal(CommandOutcome.Expired, outcome);
        Assert.False(run.Field.CommandReachedDevice);
        outcome = await run.CarryOutAsync(run.Field.Command with { Id = "contract-3", Deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1) });
        Assert.False(IsBad(outcome.Status), $"{outcome}");
        Assert.True(run.Field.CommandReachedDevice);
    }

    [Fact]
    public async Task The_outcome_of_a_command_that_cannot_reach_its_device_is_failed_with_a_bad_status()
    {
        await using var run = await StartAsync(field => field.CutAsync());
        await run.AllBadAsync(0);
        var outcome = await run.CarryOutAsync(run.Field.Command with { Id = "contract-4" });
        Assert.Equal(CommandResult.Failed, outcome.Result);
        Assert.True(IsBad(outcome.Status));
        Assert.False(run.Field.CommandReachedDevice);
    }

    private static bool IsBad(Reading reading) => IsBad(reading.Status);

    // Part 4 7.39.1: the two highest bits are the severity; 10 is bad.
    private static bool IsBad(ReadingStatus status) => (uint)status >> 30 == 2;

    private async ValueTask<ContractRun> StartAsync(Func<FieldUnderTest, ValueTask>? before = null)
    {
        var field = await CreateFieldAsync();
        if (before is not null) await before(field);
        return new ContractRun(field);
    }

    private sealed class ContractRun : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly IAdapter _adapter;
        private readonly Task _running;

        public ContractRun(FieldUnderTest field)
        {
            Field = field;
            _adapter = field.Factory.Create(field.Configuration, new AdapterContext(Sink, Sink, TimeProvider.System, NullLogger.Instance));
            _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
        }

        public FieldUnderTest Field { get; }
        public RecordingSink Sink { get; } = new();
        public IReadOnlyList<DeviceConfiguration> Devices => Field.Configuration.Devices;

        public bool IsOf(Reading reading, int device) => Devices[device].Points.Any(point => point.Number == reading.Point);

        // The points that say how it is now.
        private IEnumerable<int> Present(int device) => Devices[device].Points.Select(point => point.Number).Where(point => !Field.PastPoints.Contains(point));

        public async Task AllGoodAsync()
        {
            for (var i = 0; i < Devices.Count; i++) await AllGoodAsync(i);
        }

        public async Task AllGoodAsync(int device)
        {
            foreach (var point in Present(device)) await Sink.WaitForAsync(point, reading => reading.Status == ReadingStatus.Good);
        }

        public async Task AllBadAsync(int device)
        {
            foreach (var point in Present(device)) await Sink.WaitForAsync(point, IsBad);
        }

        public Task<ReadingStatus> ExecuteAsync(DeviceCommand command) => _adapter.ExecuteAsync(command, CancellationToken.None).AsTask().WaitAsync(ContractLimits.Patience);

        public Task<CommandOutcome> CarryOutAsync(DeviceCommand command) => _adapter.CarryOutAsync(command, CancellationToken.None).AsTask().WaitAsync(ContractLimits.Patience);

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            try
            {
                await _running;
            }
            catch (OperationCanceledException)
            {
                // Ending so is as good as ending in silence.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync().WaitAsync(ContractLimits.Stop);
            await _adapter.DisposeAsync();
            await Field.DisposeAsync();
            _stop.Dispose();
        }
    }
}
