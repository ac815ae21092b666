using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class CommandTests
{
    private const string Points = """
        "Limit": { "table": "holding", "address": 0, "scale": 0.1, "writable": true, "min": 0, "max": 100 },
        "Power": { "table": "holding", "address": 1, "format": "int32", "writable": true },
        "Mode": { "table": "holding", "address": 3, "mask": "0x00F0", "writable": true },
        "Fixed": { "table": "holding", "address": 4 }
        """;

    private const string Commands = """
        , "poll": "1 h", "commands": {
          "Open": { "write": [ { "table": "holding", "address": 5, "value": 0 } ], "confirm": { "table": "holding", "address": 6, "value": 0, "timeout": "5 s", "every": "1 s" } },
          "Set": { "write": [ { "table": "holding", "address": 0, "scale": 0.1, "value": "$0" }, { "table": "holding", "address": 4, "value": "$1" } ] } }
        """;

    private readonly RegisterBank _bank = new(500, 0, 1000, 0x1234, 44, 1, 1);

    private async Task<AdapterRig> StartAsync()
    {
        var rig = new AdapterRig(TestFiles.OneDevice(Points, device: Commands), _bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
        rig.Field.Seen.Clear();
        rig.Sink.Clear();
        return rig;
    }

    private static FunctionCode[] Functions(AdapterRig rig) => [.. rig.Field.Seen.Select(received => received.Request.Function)];

    [Fact]
    public async Task A_register_is_written_by_function_6_read_back_and_told_at_once()
    {
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Limit", PointValue.From(62.5)));
        Assert.Equal(625, _bank.Registers[0]);
        Assert.Equal(PointValue.From(62.5), rig.Sink.Latest(rig.Point("Limit"))!.Value.Value);
        Assert.Equal([FunctionCode.WriteSingleRegister, FunctionCode.ReadHoldingRegisters], Functions(rig));
    }

    [Fact]
    public async Task Several_registers_are_written_in_one_request_by_function_16()
    {
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Power", PointValue.From(-70_000L)));
        Assert.Equal(PointValue.From(-70_000L), rig.Sink.Latest(rig.Point("Power"))!.Value.Value);
        Assert.Equal([FunctionCode.WriteMultipleRegisters, FunctionCode.ReadHoldingRegisters], Functions(rig));
    }

    [Fact]
    public async Task Bits_are_written_by_function_22()
    {
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Mode", PointValue.From(9UL)));
        Assert.Equal(0x1294, _bank.Registers[3]);
        Assert.Equal([FunctionCode.MaskWriteRegister, FunctionCode.ReadHoldingRegisters], Functions(rig));
    }

    [Fact]
    public async Task Where_function_22_is_refused_bits_are_read_changed_and_written_back_from_then_on()
    {
        _bank.Refuse = received => received.Request.Function == FunctionCode.MaskWriteRegister ? ExceptionCode.IllegalFunction : ExceptionCode.None;
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Mode", PointValue.From(9UL)));
        Assert.Equal(0x1294, _bank.Registers[3]);
        rig.Field.Seen.Clear();
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Mode", PointValue.From(2UL)));
        Assert.Equal(0x1224, _bank.Registers[3]);
        Assert.Equal([FunctionCode.ReadHoldingRegisters, FunctionCode.WriteSingleRegister, FunctionCode.ReadHoldingRegisters], Functions(rig));
    }

    [Fact]
    public async Task Two_who_change_bits_of_one_register_at_once_lose_neither_change()
    {
        _bank.Refuse = received => received.Request.Function == FunctionCode.MaskWriteRegister ? ExceptionCode.IllegalFunction : ExceptionCode.None;
        _bank.Registers[3] = 0;
        var points = string.Join(", ", Enumerable.Range(0, 16).Select(bit => $$""" "B{{bit}}": { "table": "holding", "address": 3, "bit": {{bit}}, "writable": true } """));
        await using var rig = new AdapterRig(TestFiles.OneDevice(points, """, "maxOutstanding": 8"""), _bank.ServeAsync);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 16).Select(bit => rig.SetAsync($"B{bit}", PointValue.From(true))));
        Assert.All(statuses, status => Assert.Equal(ReadingStatus.Good, status));
        Assert.Equal(0xFFFF, _bank.Registers[3]);
    }

    [Fact]
    public async Task Where_function_6_is_refused_function_16_is_taken()
    {
        _bank.Refuse = received => received.Request.Function == FunctionCode.WriteSingleRegister ? ExceptionCode.IllegalFunction : ExceptionCode.None;
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Limit", PointValue.From(10.0)));
        Assert.Equal(ReadingStatus.Good, await rig.SetAsync("Limit", PointValue.From(20.0)));
        Assert.Equal(200, _bank.Registers[0]);
        Assert.Equal(1, Functions(rig).Count(function => function == FunctionCode.WriteSingleRegister));
    }

    [Theory]
    [InlineData("Fixed", 1.0, ReadingStatus.BadNotWritable)]
    [InlineData("Limit", 100.1, ReadingStatus.BadOutOfRange)]
    [InlineData("Limit", -0.1, ReadingStatus.BadOutOfRange)]
    [InlineData("Mode", 16.0, ReadingStatus.BadOutOfRange)]
    public async Task What_may_not_be_written_is_refused_before_anything_is_sent(string point, double value, ReadingStatus expected)
    {
        await using var rig = await StartAsync();
        Assert.Equal(expected, await rig.SetAsync(point, PointValue.From(value)));
        Assert.Empty(rig.Field.Seen);
    }

    [Theory]
    [InlineData(ExceptionCode.IllegalDataAddress, ReadingStatus.BadConfigurationError)]
    [InlineData(ExceptionCode.IllegalDataValue, ReadingStatus.BadOutOfRange)]
    [InlineData(ExceptionCode.ServerDeviceFailure, ReadingStatus.BadDeviceFailure)]
    [InlineData(ExceptionCode.GatewayTargetFailedToRespond, ReadingStatus.BadNoCommunication)]
    public async Task A_write_that_the_device_refuses_says_why(ExceptionCode exception, ReadingStatus expected)
    {
        await using var rig = await StartAsync();
        _bank.Refuse = received => received.Request.IsRead ? ExceptionCode.None : exception;
        Assert.Equal(expected, await rig.SetAsync("Limit", PointValue.From(10.0)));
        Assert.Equal(500, _bank.Registers[0]);
    }

    [Fact]
    public async Task A_write_is_sent_again_after_busy_and_never_after_acknowledge_or_silence()
    {
        await using var rig = await StartAsync();
        var writes = 0;
        _bank.Refuse = received => received.Request.IsRead || ++writes > 1 ? ExceptionCode.None : ExceptionCode.ServerDeviceBusy;
        Assert.Equal(ReadingStatus.Good, await rig.AdvanceUntilAsync(rig.SetAsync("Limit", PointValue.From(10.0))));
        Assert.Equal(2, writes);

        writes = 0;
        _bank.Refuse = received => received.Request.IsRead || ++writes > 1 ? ExceptionCode.None : ExceptionCode.Acknowledge;
        Assert.Equal(ReadingStatus.Good, await rig.AdvanceUntilAsync(rig.SetAsync("Limit", PointValue.From(20.0))));
        Assert.Equal(1, writes);

        rig.Field.Seen.Clear();
        rig.Field.Rule = rig.Field.Ignore;
        Assert.Equal(ReadingStatus.BadTimeout, await rig.AdvanceUntilAsync(rig.SetAsync("Limit", PointValue.From(30.0))));
        Assert.Equal(1, Functions(rig).Count(function => function == FunctionCode.WriteSingleRegister));
    }

    [Fact]
    public async Task A_command_is_good_when_the_device_has_got_there()
    {
        await using var rig = await StartAsync();
        var open = rig.InvokeAsync("Open");
        for (var second = 0; second < 3; second++) await rig.AdvanceArmedAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _bank.Registers[5]);
        Assert.False(open.IsCompleted);
        _bank.Registers[6] = 0;
        Assert.Equal(ReadingStatus.Good, await rig.AdvanceUntilAsync(open));
    }

    [Fact]
    public async Task A_command_whose_confirmation_does_not_come_has_timed_out()
    {
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.BadTimeout, await rig.AdvanceUntilAsync(rig.InvokeAsync("Open")));
    }

    [Fact]
    public async Task Arguments_of_a_call_are_written_where_the_command_says()
    {
        await using var rig = await StartAsync();
        Assert.Equal(ReadingStatus.Good, await rig.InvokeAsync("Set", PointValue.From(12.5), PointValue.From(7UL)));
        Assert.Equal([125, 7], new[] { _bank.Registers[0], _bank.Registers[4] });
        Assert.Equal(ReadingStatus.BadTypeMismatch, await rig.InvokeAsync("Set", PointValue.From(12.5)));
        Assert.Equal(ReadingStatus.BadTypeMismatch, await rig.InvokeAsync("Set", PointValue.From("x"), PointValue.From(7UL)));
        Assert.Equal(ReadingStatus.BadNotSupported, await rig.InvokeAsync("Explode"));
    }

    [Fact]
    public async Task A_command_goes_before_all_polls_that_wait_also_those_of_its_own_unit()
    {
        string Device(int unit) => $$"""{ "id": "D{{unit}}", "type": "T", "unit": {{unit}}, "poll": "1 h", "points": { "Limit": { "table": "holding", "address": 0, "writable": true } } }""";
        await using var rig = new AdapterRig($$"""
            { "portal": { "id": "P", "owner": "urn:o" }, "connection": { "protocol": "modbus-tcp", "host": "h", "timeout": "977 ms" },
              "devices": [ {{string.Join(", ", Enumerable.Range(1, 5).Select(Device))}} ] }
            """);
        var first = await rig.Field.NextAsync();
        var waiting = first.Header.Unit == 1 ? 2 : 1;
        var command = rig.ExecuteAsync(new SetPointCommand(waiting - 1, rig.Point("Limit", waiting - 1), PointValue.From(7UL)));
        await first.AnswerRegistersAsync(1);

        var next = await rig.Field.NextAsync();
        Assert.Equal((waiting, FunctionCode.WriteSingleRegister), (next.Header.Unit, next.Request.Function));
        rig.Field.Rule = _bank.ServeAsync;
        await next.ConfirmAsync();
        Assert.Equal(ReadingStatus.Good, await command.WaitAsync(AdapterRig.Patience));
    }
}
