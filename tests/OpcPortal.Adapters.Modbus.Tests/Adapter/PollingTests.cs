using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class PollingTests
{
    private static string Points(params int[] addresses) =>
        string.Join(", ", addresses.Select(address => $$""" "R{{address}}": { "table": "holding", "address": {{address}} } """));

    private static RegisterBank Bank(int count) => new([.. Enumerable.Range(0, count).Select(i => (ushort)(100 + i))]);

    private static bool IsBad(Reading reading) => reading.Status != ReadingStatus.Good;

    private static (int Address, int Count)[] Reads(AdapterRig rig) => [.. rig.Field.Seen.Select(received => ((int)received.Request.Address, (int)received.Request.Count))];

    [Fact]
    public async Task Neighbouring_registers_come_in_one_request_with_values_statuses_and_time_of_the_answer()
    {
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0, 1, 5), """, "maxGap": 3"""), Bank(10).ServeAsync);
        var reading = await rig.Sink.WaitForAsync(rig.Point("R5"), _ => true);
        Assert.Equal(new Reading(rig.Point("R5"), PointValue.From(105UL), rig.Time.GetUtcNow().UtcDateTime), reading);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
        Assert.Equal([(0, 6)], Reads(rig));
    }

    [Fact]
    public async Task Of_a_block_with_an_illegal_register_only_the_guilty_point_suffers()
    {
        var bank = Bank(20);
        bank.Illegal.Add(7);
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0, 1, 5, 6, 7, 8, 12)), bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);
        Assert.Equal(ReadingStatus.BadConfigurationError, rig.Sink.Latest(rig.Point("R7"))!.Value.Status);
        Assert.Equal("R7: BadConfigurationError", rig.Sink.ReasonOf(0));
        foreach (var address in new[] { 0, 1, 5, 6, 8, 12 }) Assert.Equal(PointValue.From((ulong)(100 + address)), rig.Sink.Latest(rig.Point($"R{address}"))!.Value.Value);
    }

    [Fact]
    public async Task A_gap_that_does_not_exist_costs_no_point()
    {
        var bank = Bank(20);
        bank.Illegal.Add(4);
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0, 1, 2, 9, 10)), bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
        Assert.Equal([(0, 11), (0, 3), (9, 2)], Reads(rig));
    }

    [Fact]
    public async Task What_was_learnt_of_a_device_is_kept_and_a_refused_point_is_left_alone_for_a_minute()
    {
        var bank = Bank(20);
        bank.Illegal.Add(3);
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(2, 3), device: """, "poll": "10 s" """), bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);
        Assert.Equal([(2, 2), (2, 1), (3, 1)], Reads(rig));

        bank.Illegal.Clear();
        await rig.UntilReadAsync("R3", reading => reading.Status == ReadingStatus.Good);
        var asked = rig.Field.Seen.ToArray();
        var again = Array.FindIndex(asked, 3, received => received.Request.Address == 3);
        Assert.Equal(TimeSpan.FromMinutes(1), asked[again].At - asked[2].At);
        Assert.All(asked[3..again], received => Assert.Equal((2, 1), (received.Request.Address, received.Request.Count)));
        Assert.Equal(6, again - 3);
    }

    [Fact]
    public async Task Bits_of_a_register_that_does_not_exist_are_refused_together_by_one_request()
    {
        var bits = string.Join(", ", Enumerable.Range(0, 16).Select(bit => $$""" "B{{bit}}": { "table": "holding", "address": 90, "bit": {{bit}} } """));
        await using var rig = new AdapterRig(TestFiles.OneDevice(bits), Bank(10).ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);
        Assert.Equal([(90, 1)], Reads(rig));
        for (var bit = 0; bit < 16; bit++) Assert.Equal(ReadingStatus.BadConfigurationError, rig.Sink.Latest(rig.Point($"B{bit}"))!.Value.Status);
    }

    [Fact]
    public async Task A_guilty_point_among_a_hundred_is_found_by_few_requests()
    {
        var bank = Bank(100);
        bank.Illegal.Add(37);
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points([.. Enumerable.Range(0, 100)])), bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);

        // Halving a hundred takes seven steps, each with a refused half and one that is read.
        Assert.InRange(rig.Field.Seen.Count, 2, 15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Whatever_registers_are_illegal_just_the_points_on_them_suffer(int seed)
    {
        var random = new Random(seed);
        var bank = Bank(400);
        for (var i = 0; i < 40; i++) bank.Illegal.Add(random.Next(400));
        var addresses = Enumerable.Range(0, 60).Select(_ => random.Next(0, 396)).Distinct().ToArray();
        var lengths = addresses.ToDictionary(address => address, _ => 1 << random.Next(3));
        string[] formats = ["uint16", "uint32", "", "uint64"];
        var points = string.Join(", ", addresses.Select(address => $$""" "R{{address}}": { "table": "holding", "address": {{address}}, "format": "{{formats[lengths[address] - 1]}}" } """));
        await using var rig = new AdapterRig(TestFiles.OneDevice(points), bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);
        foreach (var address in addresses)
        {
            var guilty = Enumerable.Range(address, lengths[address]).Any(bank.Illegal.Contains);
            Assert.Equal(guilty ? ReadingStatus.BadConfigurationError : ReadingStatus.Good, rig.Sink.Latest(rig.Point($"R{address}"))!.Value.Status);
        }
    }

    [Theory]
    [InlineData(ExceptionCode.IllegalFunction, ReadingStatus.BadNotSupported)]
    [InlineData(ExceptionCode.IllegalDataAddress, ReadingStatus.BadConfigurationError)]
    [InlineData(ExceptionCode.IllegalDataValue, ReadingStatus.BadConfigurationError)]
    [InlineData(ExceptionCode.ServerDeviceFailure, ReadingStatus.BadDeviceFailure)]
    [InlineData(ExceptionCode.ServerDeviceBusy, ReadingStatus.BadResourceUnavailable)]
    [InlineData(ExceptionCode.Acknowledge, ReadingStatus.BadResourceUnavailable)]
    [InlineData(ExceptionCode.MemoryParityError, ReadingStatus.BadDeviceFailure)]
    [InlineData(ExceptionCode.GatewayPathUnavailable, ReadingStatus.BadNoCommunication)]
    [InlineData(ExceptionCode.GatewayTargetFailedToRespond, ReadingStatus.BadNoCommunication)]
    public async Task Exceptions_become_statuses(ExceptionCode exception, ReadingStatus expected)
    {
        var bank = Bank(10);
        bank.Refuse = _ => exception;
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0)), bank.ServeAsync);
        Assert.Equal(expected, (await rig.UntilReadAsync("R0", _ => true)).Status);
        bank.Refuse = _ => ExceptionCode.None;
        await rig.UntilReadAsync("R0", reading => reading.Status == ReadingStatus.Good);
    }

    [Fact]
    public async Task A_busy_device_is_asked_again_after_a_pause()
    {
        var bank = Bank(10);
        var asked = 0;
        bank.Refuse = _ => ++asked <= 2 ? ExceptionCode.ServerDeviceBusy : ExceptionCode.None;
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0)), bank.ServeAsync);
        Assert.Equal(ReadingStatus.Good, (await rig.UntilReadAsync("R0", _ => true)).Status);
        var times = rig.Field.Seen.Select(received => received.At).ToArray();
        Assert.Equal([TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)], [times[1] - times[0], times[2] - times[1]]);
    }

    [Fact]
    public async Task Points_are_read_at_their_intervals()
    {
        var points = Points(0) + """, "Slow": { "table": "holding", "address": 9, "poll": "1 min" }""";
        await using var rig = new AdapterRig(TestFiles.OneDevice(points, device: """, "poll": "1 s" """), Bank(10).ServeAsync);
        await rig.UntilAsync(() => rig.Field.Seen.Count(received => received.Request.Address == 9) >= 3);

        foreach (var (address, interval) in new[] { (0, 1), (9, 60) })
        {
            var times = rig.Field.Seen.Where(received => received.Request.Address == address).Select(received => received.At).ToArray();
            for (var i = 1; i < times.Length; i++) Assert.Equal(TimeSpan.FromSeconds(interval), times[i] - times[i - 1]);
        }
    }

    [Fact]
    public async Task Ticks_that_pass_while_a_device_is_slow_are_skipped_and_not_made_up_for()
    {
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0), device: """, "poll": "100 ms" """));
        var slow = await rig.Field.NextAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(950));
        rig.Field.Rule = Bank(10).ServeAsync;
        await slow.AnswerRegistersAsync(1);
        await rig.Sink.WaitForAsync(rig.Point("R0"), reading => reading.Value == PointValue.From(1UL));
        Assert.Single(rig.Field.Seen);

        // The tick at 1000 ms comes; those from 100 to 900 ms do not.
        var start = rig.Time.GetUtcNow();
        await rig.UntilReadAsync("R0", reading => reading.Value == PointValue.From(100UL));
        Assert.Equal(TimeSpan.FromMilliseconds(50), rig.Field.Seen.ElementAt(1).At - start);
    }

    [Fact]
    public async Task A_silent_device_is_timed_out_once_more_before_it_is_offline_and_then_asked_ever_more_rarely()
    {
        var bank = Bank(10);
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0, 1), """, "reconnect": { "min": "10 s", "max": "40 s" }""", """, "poll": "1 s" """), bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
        rig.Field.Seen.Clear();
        rig.Field.Rule = rig.Field.Ignore;
        foreach (var point in new[] { "R0", "R1" }) Assert.Equal(ReadingStatus.BadTimeout, (await rig.UntilReadAsync(point, IsBad)).Status);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        await rig.UntilAsync(() => rig.Field.Seen.Count >= 6);
        var times = rig.Field.Seen.Select(received => received.At).ToArray();
        Assert.Equal(TestFiles.RequestTimeout, times[1] - times[0]);
        double[] longest = [10, 20, 40, 40];
        for (var i = 0; i < longest.Length; i++) Assert.InRange((times[i + 2] - times[i + 1] - TestFiles.RequestTimeout).TotalSeconds, longest[i] / 2, longest[i]);

        rig.Field.Rule = bank.ServeAsync;
        await rig.UntilReadAsync("R0", reading => reading.Status == ReadingStatus.Good);
    }

    [Fact]
    public async Task A_unit_that_never_answers_does_not_starve_the_others_on_its_connection()
    {
        var configuration = $$"""
            { "portal": { "id": "P", "owner": "urn:o" }, "connection": { "protocol": "modbus-tcp", "host": "h", "timeout": "977 ms", "reconnect": { "min": "1 h", "max": "1 h" } },
              "devices": [ { "id": "dead", "type": "T", "unit": 1, "poll": "1 s", "points": { {{Points(0)}} } },
                           { "id": "alive", "type": "T", "unit": 2, "poll": "1 s", "points": { {{Points(0)}} } } ] }
            """;
        var bank = Bank(10);
        var ready = new TaskCompletionSource();
        await using var rig = new AdapterRig(configuration, dialling: _ => ready.Task);
        rig.Time.LongestStep = TimeSpan.FromMinutes(1);
        rig.Field.Rule = received => received.Header.Unit == 1 ? rig.Field.Ignore(received) : bank.ServeAsync(received);
        ready.SetResult();
        Assert.Equal(ReadingStatus.BadTimeout, (await rig.UntilReadAsync("R0", IsBad)).Status);
        await rig.UntilReadAsync("R0", reading => reading.Status == ReadingStatus.Good, device: 1);

        // While the dead unit pauses, every request is for the other.
        rig.Field.Seen.Clear();
        await rig.UntilAsync(() => rig.Field.Seen.Count >= 20);
        Assert.All(rig.Field.Seen, received => Assert.Equal(2, received.Header.Unit));
    }

    [Fact]
    public async Task An_answer_that_is_none_is_a_decoding_error_of_its_own_points()
    {
        var bank = Bank(200);
        var points = Points(0, 190);
        await using var rig = new AdapterRig(TestFiles.OneDevice(points), async received =>
        {
            if (received.Request.Address != 190) return await bank.ServeAsync(received);
            await received.AnswerAsync([3, 1, 0]);
            return true;
        });
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);
        Assert.Equal(ReadingStatus.BadDecodingError, rig.Sink.Latest(rig.Point("R190"))!.Value.Status);
        Assert.Equal(ReadingStatus.Good, rig.Sink.Latest(rig.Point("R0"))!.Value.Status);
    }

    [Fact]
    public async Task A_point_without_a_value_says_so_and_the_device_is_well()
    {
        var points = """ "T": { "table": "holding", "address": 0, "format": "int16", "notAvailable": "0x8000" } """;
        await using var rig = new AdapterRig(TestFiles.OneDevice(points), new RegisterBank(0x8000).ServeAsync);
        Assert.Equal(ReadingStatus.BadNoData, (await rig.Sink.WaitForAsync(rig.Point("T"), _ => true)).Status);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
    }

    [Fact]
    public async Task A_host_that_cannot_be_reached_is_dialled_after_growing_pauses()
    {
        var refuse = true;
        await using var rig = new AdapterRig(
            TestFiles.OneDevice(Points(0), """, "reconnect": { "min": "10 s", "max": "40 s" }"""),
            Bank(10).ServeAsync,
            _ => refuse ? throw new IOException("refused") : Task.CompletedTask);
        Assert.Equal(ReadingStatus.BadNotConnected, (await rig.Sink.WaitForAsync(rig.Point("R0"), _ => true)).Status);
        Assert.Equal("refused", rig.Sink.ReasonOf(0));
        await rig.UntilAsync(() => rig.Field.Dials.Count >= 5);
        var times = rig.Field.Dials.ToArray();
        double[] longest = [10, 20, 40, 40];
        for (var i = 0; i < longest.Length; i++) Assert.InRange((times[i + 1] - times[i]).TotalSeconds, longest[i] / 2, longest[i]);
        refuse = false;
        await rig.UntilReadAsync("R0", reading => reading.Status == ReadingStatus.Good);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_the_dial_is_given_up_after_the_timeout()
    {
        await using var rig = new AdapterRig(TestFiles.OneDevice(Points(0)), dialling: stop => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));
        rig.Time.FiresTimeouts = _ => true;
        Assert.Equal(ReadingStatus.BadNotConnected, (await rig.UntilReadAsync("R0", _ => true)).Status);
    }
}
