using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using Xunit;

namespace OpcPortal.Adapters.TestKit;

/// <summary>
/// What an adapter must do whose devices keep readings themselves, or whose broker does: what was kept arrives with its own time, and may be forgotten in the field only when the server has confirmed it
/// (<see cref="IReadingSink.CommitAsync"/>). The tests of such an adapter inherit this class beside <see cref="AdapterContractTests"/>.
/// </summary>
public abstract class DeliveryContractTests
{
    private static readonly DateTime Begin = new(2026, 3, 4, 0, 15, 0, DateTimeKind.Utc);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    /// <summary>A new field that works, whose device has noted nothing yet.</summary>
    protected abstract ValueTask<KeepingFieldUnderTest> CreateFieldAsync();

    [Fact]
    public async Task What_a_device_notes_while_it_can_be_reached_arrives_with_its_times_and_in_its_order()
    {
        await using var field = await CreateFieldAsync();
        await using var run = new Run(field, new TransientCursors());
        await run.OnlineAsync();
        await NoteAsync(field, 1, 5);
        await run.ArrivesAsync(5);
        Assert.Equal(Noted(1, 5), run.Readings);
    }

    [Fact]
    public async Task What_a_device_notes_while_it_cannot_be_reached_arrives_after_and_nothing_else_of_that_time()
    {
        await using var field = await CreateFieldAsync();
        await using var run = new Run(field, new TransientCursors());
        await run.OnlineAsync();
        await NoteAsync(field, 1, 2);
        await run.ArrivesAsync(2);
        await field.CutAsync();
        await run.OfflineAsync();
        await NoteAsync(field, 3, 10);
        Assert.Equal(Noted(1, 2), run.Readings);
        await field.RestoreAsync();
        await run.ArrivesAsync(12);
        // What the field cannot know to have been confirmed may come twice, but never out of its order, nor with another time or value.
        Assert.Equal(Noted(1, 12), run.Readings.Distinct());
    }

    [Fact]
    public async Task What_was_not_confirmed_when_the_server_ended_is_delivered_again_to_the_next()
    {
        await using var field = await CreateFieldAsync();
        var cursors = new TransientCursors();
        await using (var first = new Run(field, cursors))
        {
            await first.OnlineAsync();
            first.Sink.HoldCommits();
            await NoteAsync(field, 1, 5);
            await first.ArrivesAsync(5, isConfirmed: false);
        }

        await using var second = new Run(field, cursors);
        await second.ArrivesAsync(5);
        Assert.Equal(Noted(1, 5), second.Readings.Distinct());
    }

    [Fact]
    public async Task What_the_server_has_lost_is_asked_of_the_field_again()
    {
        await using var field = await CreateFieldAsync();
        await using var run = new Run(field, new TransientCursors());
        await run.OnlineAsync();
        await NoteAsync(field, 1, 1);
        await run.ArrivesAsync(1);
        run.Sink.LoseAtCommit();
        await NoteAsync(field, 2, 1);
        await run.Sink.WaitUntilAsync(_ => run.Readings.Count(reading => reading == Noted(2, 1)[0]) == 2, "the lost reading again");
        Assert.Equal(Noted(1, 2), run.Readings.Distinct());
    }

    [Fact]
    public async Task Confirmations_that_do_not_come_hold_up_no_live_reading_and_no_stop()
    {
        await using var field = await CreateFieldAsync();
        await using var run = new Run(field, new TransientCursors());
        await run.OnlineAsync();
        run.Sink.HoldCommits();
        await NoteAsync(field, 1, 3);
        await run.ArrivesAsync(3, isConfirmed: false);
        var before = run.Sink.Readings.Count;
        await run.Sink.WaitUntilAsync(sink => sink.Readings.Count > before + 5, "live readings");
        await run.StopAsync().WaitAsync(ContractLimits.Stop);
    }

    private static async Task NoteAsync(KeepingFieldUnderTest field, int first, int count)
    {
        for (var number = first; number < first + count; number++) await field.NoteAsync(Begin + (Step * number), number);
    }

    private static (DateTime Time, double Value)[] Noted(int first, int count) => [.. Enumerable.Range(first, count).Select(number => (Begin + (Step * number), (double)number))];

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly KeepingFieldUnderTest _field;
        private readonly IAdapter _adapter;
        private readonly Task _running;

        public Run(KeepingFieldUnderTest field, IDeliveryCursors cursors)
        {
            _field = field;
            _adapter = field.Factory.Create(field.Configuration, new AdapterContext(Sink, Sink, TimeProvider.System, NullLogger.Instance) { Cursors = cursors });
            _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
        }

        public RecordingSink Sink { get; } = new();

        public IReadOnlyList<(DateTime Time, double Value)> Readings => Of(Sink.Readings);

        public Task OnlineAsync() => Sink.WaitForStateAsync(_field.Configuration.Devices[0].Number, CommunicationState.Online);

        public Task OfflineAsync() => Sink.WaitForStateAsync(_field.Configuration.Devices[0].Number, CommunicationState.Offline);

        /// <summary>So many different readings of the kept point are there.</summary>
        public Task ArrivesAsync(int count, bool isConfirmed = true) =>
            Sink.WaitUntilAsync(sink => Of(isConfirmed ? sink.Committed : sink.Readings).Distinct().Count() == count, $"{count} readings of what the device keeps");

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync().WaitAsync(ContractLimits.Stop);
            await _adapter.DisposeAsync();
            _stop.Dispose();
        }

        private List<(DateTime Time, double Value)> Of(IEnumerable<Reading> readings) =>
            [.. readings.Where(reading => reading.Point == _field.KeptPoint && reading.Value.TryGetNumber(out _)).Select(reading => (reading.SourceTime, NumberOf(reading)))];

        private static double NumberOf(Reading reading) => reading.Value.TryGetNumber(out var number) ? number : double.NaN;
    }
}
