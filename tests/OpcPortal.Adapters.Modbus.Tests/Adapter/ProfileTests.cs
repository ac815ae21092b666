using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>Load profiles: what a device has kept is delivered with its own times, each record once, whatever happens on the way.</summary>
public sealed class ProfileTests
{
    private static readonly DateTime Later = RingMeter.Noon.AddDays(1);

    private readonly RingMeter _meter = new();
    private readonly TransientCursors _cursors = new();

    private AdapterRig Start(string profile = "", DateTime? now = null, string connection = "", Func<ReceivedRequest, Task<bool>>? rule = null) =>
        new(RingMeter.Configuration(profile, connection), rule ?? _meter.Bank.ServeAsync, now: now ?? Later, cursors: _cursors);

    private static Reading[] Energies(AdapterRig rig) => [.. rig.Sink.Readings.Where(reading => reading.Point == rig.Point("Energy"))];

    private static (DateTime Time, double WattHours)[] Values(AdapterRig rig) => [.. Energies(rig).Select(reading => (reading.SourceTime, Math.Round(reading.Value.AsReal() * 1000)))];

    private static (DateTime, double)[] Noted(int first, int count) => [.. Enumerable.Range(first, count).Select(number => (RingMeter.End(number), (double)number))];

    // Until the cursor stands at the newest record.
    private Task DeliveredAsync(AdapterRig rig, DateTime newest) => rig.UntilAsync(() => _cursors.Find("D/load")?.Time == newest);

    private static Task PassesAsync(AdapterRig rig, int passes)
    {
        var before = Headers(rig);
        return rig.UntilAsync(() => Headers(rig) > before + passes);
    }

    private static int Headers(AdapterRig rig) => rig.Field.Seen.Count(received => received.Request.Address == RingMeter.Header);

    [Fact]
    public async Task All_that_a_device_has_kept_is_delivered_oldest_first_with_its_own_times()
    {
        _meter.NoteAll(0, 5);
        await using var rig = Start();
        await DeliveredAsync(rig, RingMeter.End(4));
        Assert.Equal(Noted(0, 5), Values(rig));
        Assert.All(Energies(rig), reading => Assert.Equal((ReadingStatus.Good, default(QualityCode)), (reading.Status, reading.Quality)));
    }

    [Fact]
    public async Task Each_new_record_is_delivered_once_also_when_the_ring_goes_round()
    {
        _meter.NoteAll(0, 6);
        await using var rig = Start();
        await DeliveredAsync(rig, RingMeter.End(5));
        for (var next = 6; next < 21; next += 3)
        {
            _meter.NoteAll(next, 3);
            await DeliveredAsync(rig, RingMeter.End(next + 2));
        }

        await PassesAsync(rig, 3);
        Assert.Equal(Noted(0, 21), Values(rig));
    }

    [Fact]
    public async Task After_an_outage_reading_goes_on_where_it_had_come_to_and_nothing_is_delivered_twice()
    {
        _meter.NoteAll(0, 3);
        await using (var first = Start()) await DeliveredAsync(first, RingMeter.End(2));
        _meter.NoteAll(3, 4);
        await using var second = Start();
        await DeliveredAsync(second, RingMeter.End(6));
        Assert.Equal(Noted(3, 4), Values(second));
    }

    [Fact]
    public async Task Records_are_read_again_after_a_restart_that_came_before_the_server_had_confirmed_them()
    {
        _meter.NoteAll(0, 3);
        await using (var first = Start())
        {
            first.Sink.HoldCommits();
            await first.UntilAsync(() => Energies(first).Length == 3);
            Assert.Null(_cursors.Find("D/load"));
        }

        await using var second = Start();
        await DeliveredAsync(second, RingMeter.End(2));
        Assert.Equal(Noted(0, 3), Values(second));
    }

    [Fact]
    public async Task Records_that_the_server_has_lost_are_read_again()
    {
        _meter.NoteAll(0, 3);
        await using var rig = Start();
        rig.Sink.LoseAtCommit();
        await DeliveredAsync(rig, RingMeter.End(2));
        Assert.Equal([.. Noted(0, 3), .. Noted(0, 3)], Values(rig));
    }

    [Fact]
    public async Task An_outage_that_was_longer_than_the_ring_costs_what_the_device_has_overwritten_and_no_more()
    {
        _meter.NoteAll(0, 4);
        await using (var first = Start()) await DeliveredAsync(first, RingMeter.End(3));
        _meter.NoteAll(4, 20);
        await using var second = Start();
        await DeliveredAsync(second, RingMeter.End(23));
        Assert.Equal(Noted(16, 8), Values(second));
    }

    [Fact]
    public async Task A_record_that_is_written_while_the_ring_is_read_is_not_taken_for_the_one_it_overwrites()
    {
        _meter.NoteAll(0, 8);
        var hasNoted = false;
        await using var rig = Start(connection: """, "maxRegistersPerRead": 10""", rule: async received =>
        {
            // Two records a request: the first answer is on its way as the device notes the next interval over the oldest record.
            if (received.Request.Address == RingMeter.Records && !hasNoted)
            {
                hasNoted = true;
                _meter.NoteAll(8, 1);
            }

            return await _meter.Bank.ServeAsync(received);
        });
        await DeliveredAsync(rig, RingMeter.End(8));
        Assert.Equal(Noted(1, 8), Values(rig));
    }

    [Fact]
    public async Task A_device_that_has_begun_anew_is_read_from_its_begin()
    {
        _meter.NoteAll(0, 5);
        await using var rig = Start();
        await DeliveredAsync(rig, RingMeter.End(4));
        _meter.BeginAnew();
        _meter.NoteAll(10, 6);
        await DeliveredAsync(rig, RingMeter.End(15));
        Assert.Equal([.. Noted(0, 5), .. Noted(10, 6)], Values(rig));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_is_told_and_every_record_is_delivered()
    {
        _meter.NoteAll(0, 4);
        await using var rig = Start();
        await DeliveredAsync(rig, RingMeter.End(3));
        _meter.Note(RingMeter.End(1).AddMinutes(5), 90);
        _meter.Note(RingMeter.End(2).AddMinutes(5), 91);
        await DeliveredAsync(rig, RingMeter.End(2).AddMinutes(5));
        Assert.Equal(["0.0.0", "0.0.0", "0.0.0", "0.0.0", "1.4.128", "0.0.0"], Energies(rig).Select(reading => reading.Quality.ToString()));
        Assert.Equal([90.0, 91.0], Values(rig)[4..].Select(value => value.WattHours));
    }

    [Fact]
    public async Task Skipped_shortened_and_doubled_intervals_and_a_clock_set_forward_are_told()
    {
        _meter.Note(RingMeter.End(0), 0);
        _meter.Note(RingMeter.End(3), 1);
        _meter.Note(RingMeter.End(3).AddMinutes(4), 2);
        _meter.Note(RingMeter.End(3).AddMinutes(4), 3);
        _meter.Note(RingMeter.End(6).AddMinutes(1), 4);
        await using var rig = Start();
        await DeliveredAsync(rig, RingMeter.End(6).AddMinutes(1));
        Assert.Equal(["0.0.0", "1.4.4", "1.4.2", "1.1.9", "1.4.64"], Energies(rig).Select(reading => reading.Quality.ToString()));
        Assert.Equal(ReadingStatus.Uncertain, Energies(rig)[3].Status);
    }

    [Fact]
    public async Task A_record_that_repeats_the_one_before_is_told_and_delivered_once()
    {
        _meter.Note(RingMeter.End(0), 7);
        _meter.Note(RingMeter.End(0), 7);
        await using var rig = Start();
        await rig.UntilAsync(() => rig.Sink.StateOf(0) == CommunicationState.Impaired);
        Assert.Equal("profile load: record 1 repeats the one before", rig.Sink.ReasonOf(0));
        Assert.Equal([(RingMeter.End(0), 7.0)], Values(rig));
        // It is passed over for good, and the device is well again.
        await rig.UntilAsync(() => rig.Sink.StateOf(0) == CommunicationState.Online);
    }

    [Theory]
    [InlineData("1970-01-02T00:00:00Z")]
    [InlineData("2000-01-01T00:15:00Z")]
    [InlineData("2099-01-01T00:00:00Z")]
    public async Task Times_that_cannot_be_are_clock_errors_and_their_values_uncertain(string text)
    {
        var time = DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal);
        _meter.Note(time, 7);
        await using var rig = Start();
        await DeliveredAsync(rig, time);
        var reading = Assert.Single(Energies(rig));
        Assert.Equal((ReadingStatus.Uncertain, "1.1.9", time), (reading.Status, reading.Quality.ToString(), reading.SourceTime));
        Assert.Equal(0.007, reading.Value.AsReal());
    }

    [Theory]
    [InlineData(9, 0, "9 records where there is room for 8")]
    [InlineData(65535, 0, "65535 records")]
    [InlineData(3, 8, "record 8 is its newest")]
    [InlineData(3, 65535, "record 65535 is its newest")]
    public async Task A_device_that_lies_about_what_it_has_is_told_and_believed_again_when_it_stops(int count, int newest, string reason)
    {
        _meter.NoteAll(0, 3);
        _meter.Tell(count, newest);
        await using var rig = Start();
        await rig.UntilAsync(() => rig.Sink.StateOf(0) == CommunicationState.Impaired);
        Assert.Contains(reason, rig.Sink.ReasonOf(0), StringComparison.Ordinal);
        Assert.Empty(Energies(rig));
        Assert.Equal(ReadingStatus.Good, rig.Sink.Latest(rig.Point("Live"))!.Value.Status);

        _meter.Tell(3, 2);
        await DeliveredAsync(rig, RingMeter.End(2));
        await rig.UntilAsync(() => rig.Sink.StateOf(0) == CommunicationState.Online);
        Assert.Equal(Noted(0, 3), Values(rig));
    }

    [Fact]
    public async Task A_device_that_says_more_records_than_it_has_written_is_told_and_the_others_are_delivered()
    {
        _meter.NoteAll(0, 3);
        _meter.Tell(5, 2);
        await using var rig = Start();
        await rig.UntilAsync(() => rig.Sink.StateOf(0) == CommunicationState.Impaired);
        Assert.Contains("has no time", rig.Sink.ReasonOf(0), StringComparison.Ordinal);
        Assert.Equal(Noted(0, 3), Values(rig));
        await PassesAsync(rig, 2);
        Assert.Equal(Noted(0, 3), Values(rig));
    }

    [Fact]
    public async Task A_device_whose_newest_record_never_stays_the_same_costs_a_bounded_pass()
    {
        _meter.NoteAll(0, 8);
        var number = 8;
        await using var rig = Start(connection: """, "maxRegistersPerRead": 5""", rule: received =>
        {
            _meter.NoteAll(number++, 1);
            return _meter.Bank.ServeAsync(received);
        });
        await PassesAsync(rig, 40);
        var records = rig.Field.Seen.Count(received => received.Request.Address >= RingMeter.Records);
        Assert.True(records <= Headers(rig) * (RingMeter.Capacity + 1), $"{records}, {Headers(rig)}");
        var times = Energies(rig).Select(reading => reading.SourceTime).ToArray();
        Assert.Equal(times.Order().Distinct(), times);
    }

    [Fact]
    public async Task What_a_record_says_of_itself_becomes_the_quality_of_its_readings()
    {
        _meter.Note(RingMeter.End(0), 1, status: 0b0000_0001);
        _meter.Note(RingMeter.End(1), 2, status: 0b0000_1001);
        _meter.Note(RingMeter.End(2), 3, status: 0b1000_0010);
        await using var rig = Start();
        await DeliveredAsync(rig, RingMeter.End(2));
        var readings = Energies(rig);
        Assert.Equal(["1.2.32", "1.1.3", "1.4.5"], readings.Select(reading => reading.Quality.ToString()));
        Assert.Equal([ReadingStatus.Good, ReadingStatus.BadSensorFailure, ReadingStatus.Good], readings.Select(reading => reading.Status));
        Assert.Equal(PointValueKind.None, readings[1].Value.Kind);
    }

    [Fact]
    public async Task A_profile_that_the_device_refuses_impairs_it_and_its_polled_points_go_on()
    {
        _meter.NoteAll(0, 3);
        _meter.Bank.Illegal.Add(RingMeter.Header);
        await using var rig = Start();
        await rig.UntilAsync(() => rig.Sink.StateOf(0) == CommunicationState.Impaired);
        Assert.Contains("IllegalDataAddress", rig.Sink.ReasonOf(0), StringComparison.Ordinal);
        Assert.Equal(ReadingStatus.Good, rig.Sink.Latest(rig.Point("Live"))!.Value.Status);
    }

    [Fact]
    public async Task A_silent_device_makes_its_polled_points_bad_and_delivers_the_intervals_of_the_silence_after_it()
    {
        _meter.NoteAll(0, 2);
        var isSilent = false;
        AdapterRig? silenced = null;
        await using var rig = silenced = Start(rule: received => isSilent ? silenced!.Field.Ignore(received) : _meter.Bank.ServeAsync(received));
        await DeliveredAsync(rig, RingMeter.End(1));
        isSilent = true;
        await rig.UntilReadAsync("Live", reading => reading.Status == ReadingStatus.BadTimeout);
        Assert.Equal(ReadingStatus.Good, rig.Sink.Latest(rig.Point("Energy"))!.Value.Status);
        _meter.NoteAll(2, 3);
        isSilent = false;
        await DeliveredAsync(rig, RingMeter.End(4));
        Assert.Equal(Noted(0, 5), Values(rig));
    }
}
