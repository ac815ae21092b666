using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>The kinds of devices that can be simulated.</summary>
public enum ModbusDeviceKind
{
    ElectricityMeter,
    GasMeter,
    WaterMeter,
    PowerQualityMonitor,
    Thermostat,
    WaterHeater,
    EvCharger,
    Switch,
    Inverter,
    Battery,
}

/// <summary>A device to simulate.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id within the portal.</param>
/// <param name="Unit">Its Modbus unit.</param>
/// <param name="Name">For people; the id where null.</param>
/// <param name="Owner">The URI of its owner's namespace; the portal's owner where null.</param>
/// <param name="Conduct">How it behaves towards commands.</param>
public sealed record ModbusFieldDevice(ModbusDeviceKind Kind, string Id, byte Unit, string? Name = null, string? Owner = null, DeviceConduct Conduct = DeviceConduct.Honest);

/// <summary>What a <see cref="ModbusFieldSimulator"/> simulates.</summary>
public sealed record ModbusFieldOptions
{
    /// <summary>Whose neighbourhood: all values follow from this, the devices' units and the time.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Behind one gateway; units differ.</summary>
    public required IReadOnlyList<ModbusFieldDevice> Devices { get; init; }
}

/// <summary>Simulated devices behind one Modbus TCP gateway on loopback, and the adapter configuration that reads them.</summary>
public sealed class ModbusFieldSimulator : IAsyncDisposable
{
    private readonly ModbusTcpServer _server;
    private readonly Dictionary<string, SimulatedModbusDevice> _devices = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">Two devices have the same id or unit.</exception>
    public ModbusFieldSimulator(ModbusFieldOptions options, TimeProvider time)
    {
        var units = new Dictionary<byte, IModbusUnit>();
        foreach (var device in options.Devices)
        {
            var simulated = Create(device, unchecked((options.Seed * 7919) + device.Unit), time);
            _devices.Add(device.Id, simulated);
            units.Add(device.Unit, simulated);
        }

        _server = new ModbusTcpServer(units, time);
        Devices = [.. options.Devices.Select(device => _devices[device.Id])];
    }

    /// <summary>In the order of the options.</summary>
    public IReadOnlyList<SimulatedModbusDevice> Devices { get; }

    /// <summary>The gateway: for faults and counts.</summary>
    public ModbusTcpServer Server => _server;

    /// <summary>Where it listens; 0 before the start.</summary>
    public int Port { get; private set; }

    public SimulatedModbusDevice this[string id] => _devices[id];

    /// <summary>Listens on loopback.</summary>
    /// <param name="port">0 for any that is free.</param>
    /// <returns>The port.</returns>
    public Task<int> StartAsync(int port = 0)
    {
        Port = _server.Start(port);
        return Task.FromResult(Port);
    }

    /// <summary>The adapter configuration that reads these devices, as the text of a file. After the start, since it has the port.</summary>
    /// <param name="portal">The portal behind whose connection they are.</param>
    /// <param name="poll">How often they are read.</param>
    public string Configuration(PortalConfiguration portal, TimeSpan poll) => ModbusDemoConfiguration.For(Devices, portal, Port, poll);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static SimulatedModbusDevice Create(ModbusFieldDevice device, int seed, TimeProvider time) => device.Kind switch
    {
        ModbusDeviceKind.ElectricityMeter => new SimulatedElectricityMeter(device, seed, time),
        ModbusDeviceKind.GasMeter => new SimulatedGasMeter(device, seed, time),
        ModbusDeviceKind.WaterMeter => new SimulatedWaterMeter(device, seed, time),
        ModbusDeviceKind.PowerQualityMonitor => new SimulatedPowerQualityMonitor(device, seed, time),
        ModbusDeviceKind.Thermostat => new SimulatedThermostat(device, seed, time),
        ModbusDeviceKind.WaterHeater => new SimulatedWaterHeater(device, seed, time),
        ModbusDeviceKind.EvCharger => new SimulatedEvCharger(device, seed, time),
        ModbusDeviceKind.Switch => new SimulatedSwitch(device, seed, time),
        ModbusDeviceKind.Inverter => new SimulatedInverter(device, seed, time),
        _ => new SimulatedBattery(device, seed, time),
    };
}
