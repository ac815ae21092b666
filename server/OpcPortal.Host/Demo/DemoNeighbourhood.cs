using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.Simulation.Mqtt;

namespace OpcPortal.Host;

/// <summary>
/// A neighbourhood of simulated devices that speak real Modbus TCP and MQTT over loopback, and the configuration files by which the ordinary adapters read them.
/// </summary>
internal sealed class DemoNeighbourhood : IAsyncDisposable
{
    public const string PowerCompany = "urn:demo:river-power";
    public const string GasCompany = "urn:demo:river-gas";
    public const string WaterCompany = "urn:demo:river-water";
    public const string ResidentialCustomers = "urn:demo:residential-customers";
    public const string CommercialCustomers = "urn:demo:commercial-customers";
    public const string HarbourTrading = "urn:demo:harbour-trading";
    public const string ColdStore = "urn:demo:cold-store";
    public const string SolarCompany = "urn:demo:sunfield";
    public const string PortalOperator = "urn:demo:valley-telecom";
    public const string OtherPortalOperator = "urn:demo:site-services";

    /// <summary>Owned by no entity of the directory: roles alone say who sees and commands it, and everybody may look.</summary>
    public const string ShowHouse = "urn:demo:show-house";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private static readonly (PortalConfiguration Portal, ModbusFieldDevice[] Devices)[] ModbusSites =
    [
        (Site("maple-1", "Maple Street 1", "Fibre", PortalOperator),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter", PowerCompany),
            new(ModbusDeviceKind.GasMeter, "gas", 2, "Gas meter", GasCompany),
            new(ModbusDeviceKind.Thermostat, "thermostat", 3, "Living-room thermostat", ResidentialCustomers),
            new(ModbusDeviceKind.WaterHeater, "water-heater", 4, "Water heater", ResidentialCustomers),
            new(ModbusDeviceKind.Switch, "load-switch", 5, "Load-control switch", PowerCompany),
        ]),
        (Site("maple-2", "Maple Street 2", "DSL", PortalOperator),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter", PowerCompany),
            new(ModbusDeviceKind.EvCharger, "charger", 2, "Car charger", ResidentialCustomers),
            new(ModbusDeviceKind.Inverter, "solar", 3, "Solar inverter on a leased roof", SolarCompany),
            new(ModbusDeviceKind.Battery, "battery", 4, "Home battery", ResidentialCustomers),
            new(ModbusDeviceKind.WaterMeter, "water", 5, "Water meter", WaterCompany),
            new(ModbusDeviceKind.Switch, "load-switch", 6, "Load-control switch", PowerCompany),
        ]),
        (Site("harbour-office", "Harbour Office", "Ethernet", OtherPortalOperator),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter", PowerCompany),
            new(ModbusDeviceKind.PowerQualityMonitor, "quality", 2, "Power-quality monitor", HarbourTrading),
            new(ModbusDeviceKind.Switch, "ventilation", 3, "Ventilation", HarbourTrading),
        ]),
        (Site("market-hall", "Market Hall", "DSL", OtherPortalOperator),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter", PowerCompany),
            new(ModbusDeviceKind.Switch, "cooling", 2, "Cooling counter", CommercialCustomers),
        ]),
        (Site("steel-works", "Steel Works", "Fibre", OtherPortalOperator),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter", PowerCompany),
            new(ModbusDeviceKind.PowerQualityMonitor, "quality", 2, "Power-quality monitor", PowerCompany),
        ]),
        (Site("cold-store", "Cold Store", "Fibre", OtherPortalOperator),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter", PowerCompany),
            new(ModbusDeviceKind.Battery, "battery", 2, "Battery", ColdStore),
        ]),
        (Site("elm-7", "Elm Road 7, show house", "Fibre", ShowHouse),
        [
            new(ModbusDeviceKind.ElectricityMeter, "meter", 1, "Electricity meter"),
            new(ModbusDeviceKind.GasMeter, "gas", 2, "Gas meter"),
            new(ModbusDeviceKind.WaterMeter, "water", 3, "Water meter"),
            new(ModbusDeviceKind.PowerQualityMonitor, "quality", 4, "Power-quality monitor"),
            new(ModbusDeviceKind.Thermostat, "thermostat", 5, "Living-room thermostat"),
            new(ModbusDeviceKind.WaterHeater, "water-heater", 6, "Water heater"),
            new(ModbusDeviceKind.Switch, "load-switch", 7, "Load-control switch"),
            new(ModbusDeviceKind.EvCharger, "charger", 8, "Car charger"),
            new(ModbusDeviceKind.Inverter, "solar", 9, "Solar inverter"),
            new(ModbusDeviceKind.Battery, "battery", 10, "Home battery"),
        ]),
    ];

    private readonly List<IAsyncDisposable> _fields = [];

    private DemoNeighbourhood(string adapterFolder) => AdapterFolder = adapterFolder;

    /// <summary>Where the adapters' files are.</summary>
    public string AdapterFolder { get; }

    /// <summary>Starts the devices and writes the files that were not there, or had other ports.</summary>
    /// <param name="folder">Of the demonstration; its <c>adapters</c> are written anew.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static async Task<DemoNeighbourhood> StartAsync(string folder, int seed, TimeProvider time, ILoggerFactory loggers)
    {
        var adapters = Path.Combine(folder, "adapters");
        Directory.CreateDirectory(adapters);
        foreach (var old in Directory.GetFiles(adapters, "*.json")) File.Delete(old);
        var neighbourhood = new DemoNeighbourhood(adapters);
        try
        {
            for (var i = 0; i < ModbusSites.Length; i++) await neighbourhood.StartModbusAsync(ModbusSites[i].Portal, ModbusSites[i].Devices, seed + i, time).ConfigureAwait(false);
            await neighbourhood.StartMqttAsync(seed, time, loggers.CreateLogger("OpcPortal.Demo")).ConfigureAwait(false);
            return neighbourhood;
        }
        catch
        {
            await neighbourhood.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task StartModbusAsync(PortalConfiguration portal, ModbusFieldDevice[] devices, int seed, TimeProvider time)
    {
        var field = new ModbusFieldSimulator(new ModbusFieldOptions { Seed = seed, Devices = devices }, time);
        _fields.Add(field);
        await field.StartAsync().ConfigureAwait(false);
        await WriteAsync(portal.Id, field.Configuration(portal, Poll)).ConfigureAwait(false);
    }

    private async Task StartMqttAsync(int seed, TimeProvider time, ILogger logger)
    {
        var meter = new MqttElectricityMeter("elm-meter", seed);
        var thermostat = new MqttThermostat("elm-thermostat", seed + 10);
        var socket = new MqttLoadSwitch("elm-socket", seed + 20);
        var battery = new MqttBattery("elm-battery");
        var inverter = new MqttInverter("elm-solar", peakWatts: 6_000);
        var water = new MqttWaterMeter("elm-water", seed + 30);
        var field = new MqttFieldSimulator([meter, thermostat, socket, battery, inverter, water], time, logger);
        _fields.Add(field);
        var port = await field.StartAsync().ConfigureAwait(false);
        var portal = new JsonObject { ["id"] = "elm-5", ["name"] = "Elm Road 5, show house", ["owner"] = ShowHouse, ["accessNetwork"] = "Cellular" };
        JsonObject[] devices =
        [
            MqttDemoConfiguration.For(meter, "Electricity meter", ShowHouse),
            MqttDemoConfiguration.For(thermostat, "Bedroom thermostat", ShowHouse),
            MqttDemoConfiguration.For(socket, "Switching socket", ShowHouse),
            MqttDemoConfiguration.For(battery, "Home battery", ShowHouse),
            MqttDemoConfiguration.For(inverter, "Solar inverter", ShowHouse),
            MqttDemoConfiguration.For(water, "Water meter", ShowHouse),
        ];
        await WriteAsync("elm-5", MqttDemoConfiguration.File(portal, port, devices)).ConfigureAwait(false);
    }

    // Every device gets a nameplate; what is simulated says so.
    private Task WriteAsync(string portal, string configuration)
    {
        var file = JsonNode.Parse(configuration)!;
        var number = 0;
        foreach (var device in file["devices"]!.AsArray())
            device!["identification"] = new JsonObject { ["Manufacturer"] = "OpcPortal simulation", ["Model"] = device["type"]!.GetValue<string>().Replace("Type", "", StringComparison.Ordinal), ["SerialNumber"] = $"SIM-{portal}-{++number}" };
        return File.WriteAllTextAsync(Path.Combine(AdapterFolder, $"{portal}.json"), file.ToJsonString(Readable));
    }

    private static PortalConfiguration Site(string id, string name, string network, string owner) => new() { Id = id, Name = name, Owner = owner, AccessNetwork = network };

    public async ValueTask DisposeAsync()
    {
        for (var i = _fields.Count - 1; i >= 0; i--) await _fields[i].DisposeAsync().ConfigureAwait(false);
    }
}
