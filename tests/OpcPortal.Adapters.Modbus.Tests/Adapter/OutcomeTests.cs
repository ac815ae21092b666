using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class OutcomeTests
{
    private const string Points = """
        "Limit": { "table": "holding", "address": 0, "scale": 0.1, "writable": true, "verify": "3 s" },
        "Free": { "table": "holding", "address": 1, "writable": true },
        "Event": { "table": "holding", "address": 3, "format": "uInt32" }
        """;

    private const string Commands = """
        , "poll": "1 h", "commands": {
          "Open": { "write": [ { "table": "holding", "address": 5, "value": 0 } ], "confirm": { "table": "holding", "address": 6, "value": 0, "timeout": "5 s", "every": "1 s" },
                    "event": { "table": "holding", "address": 3, "format": "uInt32" } },
          "Plain": { "write": [ { "table": "holding", "address": 5, "value": 7 } ] } }
        """;

    private readonly RegisterBank _bank = new(500, 10, 0, 0, 0, 1, 1);

    private async Task<AdapterRig> StartAsync(Func<ReceivedRequest, Task<bool>>? rule = null)
    {
        var rig = new AdapterRig(TestFiles.OneDevice(Points, device: Commands), rule ?? _bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
        rig.Field.Seen.Clear();
        return rig;
    }

    private static SetPointCommand Set(AdapterRig rig, string point, double value) => new(0, rig.Point(point), PointValue.From(value)) { Id = "order-1/1" };

    private static int WritesTo(AdapterRig rig, int address) => rig.Field.Seen.Count(received => !received.Request.IsRead && received.Request.Address == address);

    // The device answers writes as if it did them; what it shows stays as it was.
    private Func<ReceivedRequest, Task<bool>> DoingNothing(int address) => async received =>
    {
        if (received.Request.IsRead || received.Request.Address != address) return await _bank.ServeAsync(received);
        await received.ConfirmAsync();
        return true;
    };

    [Fact]
    public async Task A_set_point_that_the_device_shows_is_confirmed_with_what_it_shows()
    {
        await using var rig = await StartAsync();
        Assert.Equal(new CommandOutcome(CommandResult.Confirmed, ReadingStatus.Good, PointValue.From(62.5)), await rig.CarryOutAsync(Set(rig, "Limit", 62.5)));
    }

    [Fact]
    public async Task A_device_that_accepts_and_does_nothing_contradicts_a_set_point_that_is_verified_after_its_time()
    {
        await using var rig = await StartAsync(DoingNothing(0));
        var outcome = await rig.AdvanceUntilAsync(rig.CarryOutAsync(Set(rig, "Limit", 62.5)));
        Assert.Equal((CommandResult.Contradicted, ReadingStatus.BadTimeout, PointValue.From(50.0)), (outcome.Result, outcome.Status, outcome.Shown));
        Assert.Equal(1, WritesTo(rig, 0));
    }

    [Fact]
    public async Task A_device_that_takes_a_while_within_its_time_is_confirmed()
    {
        await using var rig = await StartAsync(DoingNothing(0));
        var command = rig.CarryOutAsync(Set(rig, "Limit", 62.5));
        for (var look = 0; look < 4; look++) await rig.AdvanceArmedAsync(ModbusSettingsReader.DefaultEvery);
        Assert.False(command.IsCompleted);
        _bank.Registers[0] = 625;
        Assert.Equal(CommandResult.Confirmed, (await rig.AdvanceUntilAsync(command)).Result);
    }

    [Fact]
    public async Task What_is_not_verified_is_accepted_with_what_the_device_made_of_it()
    {
        await using var rig = await StartAsync(DoingNothing(1));
        var outcome = await rig.CarryOutAsync(Set(rig, "Free", 20));
        Assert.Equal((CommandResult.Accepted, ReadingStatus.Good, 10.0), (outcome.Result, outcome.Status, outcome.Shown.TryGetNumber(out var shown) ? shown : double.NaN));
    }

    [Fact]
    public async Task A_command_that_does_not_show_is_contradicted_and_one_that_cannot_be_read_has_failed()
    {
        await using var rig = await StartAsync();
        var outcome = await rig.AdvanceUntilAsync(rig.CarryOutAsync(new InvokeCommand(0, "Open", [])));
        Assert.Equal((CommandResult.Contradicted, ReadingStatus.BadTimeout), (outcome.Result, outcome.Status));
        _bank.Illegal.Add(6);
        outcome = await rig.AdvanceUntilAsync(rig.CarryOutAsync(new InvokeCommand(0, "Open", [])));
        Assert.Equal((CommandResult.Failed, ReadingStatus.BadTimeout), (outcome.Result, outcome.Status));
    }

    [Fact]
    public async Task A_command_of_an_id_that_the_device_knows_is_not_carried_out_again_and_one_of_another_id_is()
    {
        await using var rig = await StartAsync();
        _bank.Registers[6] = 0;
        Assert.Equal(CommandResult.Confirmed, (await rig.CarryOutAsync(new InvokeCommand(0, "Open", []) { Id = "order-1/1" })).Result);
        Assert.Equal(1, WritesTo(rig, 5));
        var again = await rig.CarryOutAsync(new InvokeCommand(0, "Open", []) { Id = "order-1/1" });
        Assert.Equal((CommandResult.Duplicate, ReadingStatus.Good), (again.Result, again.Status));
        Assert.Equal(1, WritesTo(rig, 5));
        Assert.Equal(CommandResult.Confirmed, (await rig.CarryOutAsync(new InvokeCommand(0, "Open", []) { Id = "order-2/1" })).Result);
        Assert.Equal(2, WritesTo(rig, 5));
    }

    [Fact]
    public async Task A_command_without_an_id_is_carried_out_each_time()
    {
        await using var rig = await StartAsync();
        _bank.Registers[6] = 0;
        for (var time = 1; time <= 2; time++)
        {
            Assert.Equal(CommandResult.Confirmed, (await rig.CarryOutAsync(new InvokeCommand(0, "Open", []))).Result);
            Assert.Equal(time, WritesTo(rig, 5));
        }

        Assert.Equal(0, WritesTo(rig, 3));
    }

    [Fact]
    public async Task A_command_whose_deadline_passes_while_others_hold_the_device_is_not_sent()
    {
        await using var rig = await StartAsync();
        var over = rig.Time.GetUtcNow().UtcDateTime;
        Assert.Equal(CommandOutcome.Expired, await rig.CarryOutAsync(new InvokeCommand(0, "Plain", []) { Deadline = over }));
        Assert.Equal(CommandOutcome.Expired, await rig.CarryOutAsync(Set(rig, "Free", 20) with { Deadline = over }));
        Assert.Empty(rig.Field.Seen);
        Assert.Equal(CommandResult.Confirmed, (await rig.CarryOutAsync(new InvokeCommand(0, "Plain", []) { Deadline = over.AddMinutes(1) })).Result);
        Assert.Equal(7, _bank.Registers[5]);
    }

    [Theory]
    [InlineData("order-1/1")]
    [InlineData("x")]
    [InlineData("")]
    public void The_event_of_an_id_fits_its_register_and_is_never_what_a_new_device_has(string id)
    {
        var small = DeviceCommander.EventOf(new RegisterMapping { Table = ModbusTable.Holding, Address = 0 }, id);
        Assert.InRange(small, 1ul, ushort.MaxValue);
        Assert.InRange(DeviceCommander.EventOf(new RegisterMapping { Table = ModbusTable.Holding, Address = 0, Format = RegisterFormat.UInt32 }, id), 1ul, uint.MaxValue);
    }
}
