using System.Text;
using System.Xml.Linq;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>Every kind of simulated device over real TCP on loopback, read by the ordinary adapter with the configuration that the simulator gives.</summary>
public sealed class SimulatedFieldTests : IAsyncDisposable
{
    private readonly SimulatedFieldRig _rig = new([.. Enum.GetValues<ModbusDeviceKind>().Select((kind, i) => new ModbusFieldDevice(kind, $"{kind}-1", (byte)(i + 1)))]);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    private int Point(string device, string point) =>
        _rig.Configuration.Devices.Single(candidate => candidate.Id == device).Points.Single(candidate => candidate.Name == point).Number;

    private async Task<double> NumberAsync(string device, string point)
    {
        var reading = await _rig.Sink.WaitForAsync(Point(device, point), reading => reading.Status == ReadingStatus.Good);
        Assert.True(reading.Value.TryGetNumber(out var number));
        return number;
    }

    [Fact]
    public async Task Every_point_of_every_kind_of_device_is_read_as_the_device_has_it()
    {
        await _rig.StartAsync();
        foreach (var device in _rig.Configuration.Devices)
        {
            await _rig.Sink.WaitForStateAsync(device.Number, CommunicationState.Online);
            foreach (var point in device.Points)
            {
                var expected = _rig.Field[device.Id].ValueOf(point.Name);
                var reading = await _rig.Sink.WaitForAsync(point.Number, reading => reading.Value == expected);
                Assert.Equal(ReadingStatus.Good, reading.Status);
            }
        }
    }

    [Fact]
    public async Task A_few_requests_read_a_device()
    {
        await _rig.StartAsync();
        foreach (var device in _rig.Configuration.Devices) await _rig.Sink.WaitForStateAsync(device.Number, CommunicationState.Online);
        var blocks = _rig.Configuration.Devices.Select(device => ModbusSettingsReader.ReadDevice(ModbusSettingsReader.ReadConnection(_rig.Configuration.Connection), device))
            .Select(settings => ReadBlock.Plan(new ModbusConnectionSettings { Host = "h" }, settings.Points, Enumerable.Range(0, settings.Points.Count).Where(index => settings.Points[index].Profile is null)).Count);
        Assert.All(blocks, count => Assert.InRange(count, 1, 4));
    }

    [Fact]
    public async Task The_energy_register_fits_the_power_shown()
    {
        await _rig.StartAsync();
        var before = await NumberAsync("ElectricityMeter-1", "ActiveEnergyImport");
        double wattHours = 0;
        for (var second = 0; second < 3600; second++)
        {
            _rig.Field["ElectricityMeter-1"].ValueOf("ActivePower").TryGetNumber(out var watts);
            wattHours += watts / 3600;
            _rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        _rig.Sink.Clear();
        _rig.Field["ElectricityMeter-1"].ValueOf("ActiveEnergyImport").TryGetNumber(out var after);
        Assert.Equal(wattHours / 1000, after - before, 0.004);
    }

    [Fact]
    public async Task The_switch_opens_a_moment_after_its_command_and_the_load_is_off()
    {
        await _rig.StartAsync();
        Assert.True((await _rig.Sink.WaitForAsync(Point("Switch-1", "SwitchState"), reading => reading.Status == ReadingStatus.Good)).Value.AsBoolean());
        var open = _rig.Adapter.ExecuteAsync(new InvokeCommand(_rig.Configuration.Devices.Single(device => device.Id == "Switch-1").Number, "Open", []), CancellationToken.None).AsTask();
        await _rig.Sink.WaitForAsync(Point("Switch-1", "CommandedState"), reading => reading.Value == PointValue.From(false));
        Assert.True(_rig.Field["Switch-1"].ValueOf("SwitchState").AsBoolean());
        Assert.False(open.IsCompleted);

        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ReadingStatus.Good, await open.WaitAsync(ContractLimits.Patience));
        Assert.Equal(PointValue.From(false), _rig.Sink.Latest(Point("Switch-1", "SwitchState"))!.Value.Value);
        await _rig.Sink.WaitForAsync(Point("Switch-1", "ActivePower"), reading => reading.Value == PointValue.From(0L));
    }

    [Theory]
    [InlineData("Thermostat-1", "TemperatureSetpoint", 23.5)]
    [InlineData("WaterHeater-1", "TemperatureSetpoint", 60)]
    [InlineData("EvCharger-1", "CurrentLimit", 10)]
    [InlineData("Inverter-1", "PowerLimit", 40)]
    [InlineData("Battery-1", "PowerSetpoint", -2500)]
    public async Task SetSetpoint_reaches_the_register_and_comes_back(string device, string point, double value)
    {
        await _rig.StartAsync();
        var number = _rig.Configuration.Devices.Single(candidate => candidate.Id == device).Number;
        Assert.Equal(ReadingStatus.Good, await ExecuteWhenConnectedAsync(new InvokeCommand(number, "SetSetpoint", [PointValue.From(value)])));
        await _rig.Sink.WaitForAsync(Point(device, point), reading => reading.Value.TryGetNumber(out var read) && read == value);
    }

    [Fact]
    public async Task A_set_point_beyond_what_the_device_takes_is_refused_by_the_device()
    {
        await _rig.StartAsync();
        var number = _rig.Configuration.Devices.Single(candidate => candidate.Id == "Thermostat-1").Number;
        Assert.Equal(ReadingStatus.BadOutOfRange, await ExecuteWhenConnectedAsync(new InvokeCommand(number, "SetSetpoint", [PointValue.From(80.0)])));
    }

    [Fact]
    public async Task An_inverter_is_disconnected_by_a_bit_and_gives_nothing()
    {
        await _rig.StartAsync();
        await _rig.Sink.WaitForAsync(Point("Inverter-1", "ActivePower"), reading => reading.Value.TryGetNumber(out var watts) && watts > 0);
        var number = _rig.Configuration.Devices.Single(candidate => candidate.Id == "Inverter-1").Number;
        Assert.Equal(ReadingStatus.Good, await ExecuteWhenConnectedAsync(new InvokeCommand(number, "Disconnect", [])));
        await _rig.Sink.WaitForAsync(Point("Inverter-1", "ActivePower"), reading => reading.Value == PointValue.From(0L));
    }

    [Fact]
    public async Task A_unit_that_is_not_there_is_told_so_by_the_gateway()
    {
        await _rig.StartAsync();
        await using var client = new ModbusClient(await new TcpModbusDialer("127.0.0.1", _rig.Field.Port).ConnectAsync(CancellationToken.None), TimeSpan.FromSeconds(20), 1, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = client.RunAsync(stop.Token);
        var answer = await client.SendAsync(200, ModbusRequest.Read(ModbusTable.Holding, 0, 1), new byte[2], false, CancellationToken.None);
        Assert.Equal(ExceptionCode.GatewayTargetFailedToRespond, answer.Exception);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Types_points_and_commands_are_those_of_the_portal_model()
    {
        var model = XDocument.Load(Path.Combine(Repository(), "NodeSet.xml")).Root!.Elements().Where(element => element.Attribute("NodeId") is not null).ToArray();
        var types = model.Where(element => element.Name.LocalName == "UAObjectType").ToDictionary(element => (string)element.Attribute("NodeId")!);
        foreach (var device in _rig.Field.Devices)
        {
            var known = new HashSet<string>();
            var type = types.Values.Single(element => (string)element.Attribute("BrowseName")! == $"1:{device.Type}");
            while (type is not null)
            {
                var id = (string)type.Attribute("NodeId")!;
                known.UnionWith(model.Where(element => (string?)element.Attribute("ParentNodeId") == id).Select(element => ((string)element.Attribute("BrowseName")!)[2..]));
                var super = type.Descendants().FirstOrDefault(reference => (string?)reference.Attribute("ReferenceType") == "HasSubtype" && (string?)reference.Attribute("IsForward") == "false");
                type = super is null ? null : types.GetValueOrDefault(super.Value);
            }

            Assert.All(device.Points.Where(point => point.Name is not null), point => Assert.Contains(point.Name!, known));
            Assert.All(device.Commands.Keys, command => Assert.Contains(command, known));
        }
    }

    internal static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OpcPortal.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    private async Task<ReadingStatus> ExecuteWhenConnectedAsync(DeviceCommand command)
    {
        await _rig.Sink.WaitForStateAsync(command.Device, CommunicationState.Online);
        return await _rig.Adapter.ExecuteAsync(command, CancellationToken.None).AsTask().WaitAsync(ContractLimits.Patience);
    }

    [Theory]
    [InlineData("ElectricityMeter-1", "IntervalEnergyImport", "ActiveEnergyImport", 192, 15)]
    [InlineData("GasMeter-1", "IntervalVolume", "Volume", 48, 60)]
    [InlineData("WaterMeter-1", "IntervalVolume", "Volume", 48, 60)]
    public async Task The_load_profile_brings_two_days_of_intervals_that_sum_up_to_the_register(string device, string interval, string register, int count, int minutes)
    {
        await _rig.StartAsync();
        var newest = _rig.Field[device].Profile!.LastEnd(_rig.Time.GetUtcNow().UtcDateTime);
        await _rig.Sink.WaitForAsync(Point(device, interval), reading => reading.SourceTime == newest);
        var readings = _rig.Sink.Readings.Where(reading => reading.Point == Point(device, interval)).ToArray();
        Assert.Equal(Enumerable.Range(0, count).Select(i => newest.AddMinutes(-minutes * (count - 1 - i))), readings.Select(reading => reading.SourceTime));

        // The field's clock stands at noon: the register has the sum of all since two days before.
        var now = await NumberAsync(device, register);
        _rig.Time.Advance(TimeSpan.FromHours(1));
        var later = await _rig.Sink.WaitForAsync(Point(device, register), reading => reading.Value.TryGetNumber(out var number) && number > now);
        await _rig.Sink.WaitForAsync(Point(device, interval), reading => reading.SourceTime == newest.AddHours(1));
        var consumed = _rig.Sink.Readings.Where(reading => reading.Point == Point(device, interval) && reading.SourceTime > newest).Sum(reading => reading.Value.AsReal());
        later.Value.TryGetNumber(out var after);
        Assert.Equal(after - now, consumed, 1e-6);
    }
}
