using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>What simulated devices do when they are controlled, and what the adapter makes of those that misbehave.</summary>
public sealed class SimulatedControlTests : IAsyncDisposable
{
    private const string Meter = "meter";
    private const string Switch = "switch";

    private readonly SimulatedFieldRig _rig = new([new(ModbusDeviceKind.ElectricityMeter, Meter, 1), new(ModbusDeviceKind.Switch, Switch, 2), new(ModbusDeviceKind.WaterHeater, "boiler", 3)]);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    private async Task StartAsync()
    {
        // A confirmation that never comes is waited for by the real clock: shortly.
        await _rig.StartAsync(json => json.Replace("\"timeout\": \"5 s\"", "\"timeout\": \"500 ms\"", StringComparison.Ordinal));
        foreach (var device in _rig.Configuration.Devices) await _rig.Sink.WaitForStateAsync(device.Number, CommunicationState.Online);
    }

    private async Task<CommandOutcome> CommandAsync(string device, string name, string? id = null)
    {
        var number = _rig.Configuration.Devices.Single(candidate => candidate.Id == device).Number;
        var command = _rig.Adapter.CarryOutAsync(new InvokeCommand(number, name, []) { Id = id }, CancellationToken.None).AsTask();
        while (!command.IsCompleted)
        {
            // Relays and contactors take a second of the field's time.
            _rig.Time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.WhenAny(command, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }

        return await command;
    }

    private double Number(string device, string point) => _rig.Field[device].ValueOf(point).TryGetNumber(out var number) ? number : double.NaN;

    [Fact]
    public async Task A_supply_switch_is_armed_and_opened_and_behind_it_nothing_is_drawn_nor_counted()
    {
        await StartAsync();
        Assert.True(Number(Meter, "ActivePower") > 0);
        var outcome = await CommandAsync(Meter, "Disconnect", "order-1/1");
        Assert.Equal((CommandResult.Confirmed, PointValue.From(false)), (outcome.Result, outcome.Shown));
        Assert.Equal((0.0, 0.0), (Number(Meter, "ActivePower"), Number(Meter, "LoadSideVoltage")));
        Assert.InRange(Number(Meter, "VoltageL1"), 207, 253);

        var before = Number(Meter, "ActiveEnergyImport");
        _rig.Time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(before, Number(Meter, "ActiveEnergyImport"));
        Assert.Equal(0, Number(Meter, "IntervalEnergyImport"));

        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Meter, "Connect", "order-1/2")).Result);
        _rig.Time.Advance(TimeSpan.FromHours(3));
        Assert.True(Number(Meter, "ActiveEnergyImport") > before);
        Assert.True(Number(Meter, "LoadSideVoltage") > 200);
    }

    [Fact]
    public async Task A_meter_does_not_operate_twice_for_one_id()
    {
        await StartAsync();
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Meter, "Disconnect", "order-1/1")).Result);
        Assert.Equal(CommandResult.Duplicate, (await CommandAsync(Meter, "Disconnect", "order-1/1")).Result);
    }

    [Fact]
    public async Task A_supply_switch_that_is_not_armed_does_not_move_and_one_that_is_does()
    {
        await _rig.Field.StartAsync();
        await using var client = new ModbusClient(await new TcpModbusDialer("127.0.0.1", _rig.Field.Port).ConnectAsync(CancellationToken.None), TimeSpan.FromSeconds(20), 1, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = client.RunAsync(stop.Token);
        await client.SendAsync(1, ModbusRequest.WriteCoil(0, false), Memory<byte>.Empty, false, CancellationToken.None);
        _rig.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_rig.Field[Meter].ValueOf("SupplySwitchState").AsBoolean());

        await client.SendAsync(1, ModbusRequest.WriteCoil(1, true), Memory<byte>.Empty, false, CancellationToken.None);
        await client.SendAsync(1, ModbusRequest.WriteCoil(0, false), Memory<byte>.Empty, false, CancellationToken.None);
        Assert.True(_rig.Field[Meter].ValueOf("SupplySwitchState").AsBoolean());
        _rig.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_rig.Field[Meter].ValueOf("SupplySwitchState").AsBoolean());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_supply_switch_with_voltage_behind_it_shows_that_and_does_not_close()
    {
        await StartAsync();
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Meter, "Disconnect")).Result);
        _rig.Field[Meter].Conduct = DeviceConduct.FedBack;
        await _rig.Sink.WaitForAsync(_rig.Configuration.Devices[0].Points.Single(point => point.Name == "LoadSideVoltage").Number, reading => reading.Value.TryGetNumber(out var volts) && volts > 200);
        var outcome = await CommandAsync(Meter, "Connect");
        Assert.Equal((CommandResult.Contradicted, PointValue.From(false)), (outcome.Result, outcome.Shown));
        _rig.Field[Meter].Conduct = DeviceConduct.Honest;
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Meter, "Connect")).Result);
    }

    [Fact]
    public async Task A_device_that_accepts_and_does_nothing_contradicts_its_command()
    {
        await StartAsync();
        _rig.Field[Switch].Conduct = DeviceConduct.DoesNothing;
        var outcome = await CommandAsync(Switch, "Open");
        Assert.Equal((CommandResult.Contradicted, ReadingStatus.BadTimeout, PointValue.From(true)), (outcome.Result, outcome.Status, outcome.Shown));
        _rig.Field[Switch].Conduct = DeviceConduct.Honest;
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Switch, "Open")).Result);
    }

    [Fact]
    public async Task A_device_that_lies_shows_that_it_is_off_while_its_power_shows_that_it_is_not()
    {
        await StartAsync();
        _rig.Field[Switch].Conduct = DeviceConduct.Lies;
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Switch, "Open")).Result);
        Assert.False(_rig.Field[Switch].ValueOf("SwitchState").AsBoolean());
        Assert.True(Number(Switch, "ActivePower") > 0);
        _rig.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(Number(Switch, "ActivePower") > 0);
        _rig.Field[Switch].Conduct = DeviceConduct.Honest;
        Assert.Equal(0, Number(Switch, "ActivePower"));
    }

    [Fact]
    public async Task A_device_that_goes_silent_in_the_midst_of_a_command_has_failed_and_not_confirmed()
    {
        await StartAsync();
        var number = _rig.Configuration.Devices.Single(candidate => candidate.Id == Switch).Number;
        var command = _rig.Adapter.CarryOutAsync(new InvokeCommand(number, "Open", []), CancellationToken.None).AsTask();
        await _rig.Sink.WaitForAsync(_rig.Configuration.Devices.Single(candidate => candidate.Id == Switch).Points.Single(point => point.Name == "CommandedState").Number, reading => reading.Value == PointValue.From(false));
        _rig.Field.Server.Inject(2, new ModbusFault(ModbusFaultKind.Silence));
        var outcome = await command.WaitAsync(ContractLimits.Patience);
        Assert.Equal((CommandResult.Failed, ReadingStatus.BadTimeout), (outcome.Result, outcome.Status));
    }

    [Fact]
    public async Task A_customer_who_presses_the_button_has_power_for_that_time_and_no_longer()
    {
        await StartAsync();
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Switch, "Open")).Result);
        _rig.Field[Switch].OverrideLocally(TimeSpan.FromMinutes(30));
        Assert.True(_rig.Field[Switch].ValueOf("SwitchState").AsBoolean());
        Assert.True(Number(Switch, "ActivePower") > 0);
        Assert.False(_rig.Field[Switch].ValueOf("CommandedState").AsBoolean());
        _rig.Time.Advance(TimeSpan.FromMinutes(31));
        Assert.False(_rig.Field[Switch].ValueOf("SwitchState").AsBoolean());
    }

    [Fact]
    public async Task A_load_that_was_off_for_long_draws_more_when_it_is_on_again_and_then_as_ever()
    {
        await StartAsync();
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Switch, "Open")).Result);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, Number(Switch, "ActivePower"));
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync(Switch, "Close")).Result);
        var at = _rig.Time.GetUtcNow();
        await using var never = new ModbusFieldSimulator(new ModbusFieldOptions { Seed = 42, Devices = [new(ModbusDeviceKind.Switch, Switch, 2)] }, _rig.Time);
        never[Switch].ValueOf("ActivePower").TryGetNumber(out var usual);
        Assert.InRange(Number(Switch, "ActivePower"), usual * 1.8, usual * 2.0 + 1);
        _rig.Time.Advance(TimeSpan.FromHours(4));
        never[Switch].ValueOf("ActivePower").TryGetNumber(out usual);
        Assert.Equal(usual, Number(Switch, "ActivePower"), 1.0);
        Assert.Equal(TimeSpan.FromHours(4), _rig.Time.GetUtcNow() - at);
    }

    [Fact]
    public async Task A_water_heater_that_was_off_heats_longer_than_one_that_was_not()
    {
        await StartAsync();
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync("boiler", "Open")).Result);
        for (var minute = 0; minute < 360; minute++)
        {
            _rig.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(0, Number("boiler", "ActivePower"));
        }

        var cold = Number("boiler", "WaterTemperature");
        Assert.True(cold < 50, $"{cold}");
        Assert.Equal(CommandResult.Confirmed, (await CommandAsync("boiler", "Close")).Result);
        Assert.Equal(2400, Number("boiler", "ActivePower"));
    }
}
