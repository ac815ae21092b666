using System.Globalization;
using System.Text;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>The contract of every adapter, over real TCP on loopback with simulated devices.</summary>
public sealed class ModbusContractTests : AdapterContractTests
{
    protected override async ValueTask<FieldUnderTest> CreateFieldAsync() => await ModbusField.StartAsync();

    private sealed class ModbusField : FieldUnderTest
    {
        private readonly ModbusFieldSimulator _simulator;
        private readonly int _port;

        private ModbusField(ModbusFieldSimulator simulator, int port)
        {
            _simulator = simulator;
            _port = port;
            Configuration = TestFiles.Read(Fast(simulator.Configuration(TestFiles.Portal, TimeSpan.FromMilliseconds(40))));
            PastPoints = [.. Configuration.Devices.SelectMany(device => device.Points).Where(point => point.Name.StartsWith("Interval", StringComparison.Ordinal)).Select(point => point.Number)];
        }

        public static async Task<ModbusField> StartAsync()
        {
            var simulator = new ModbusFieldSimulator(
                new ModbusFieldOptions
                {
                    Devices =
                    [
                        new ModbusFieldDevice(ModbusDeviceKind.Switch, "switch", 1),
                        new ModbusFieldDevice(ModbusDeviceKind.ElectricityMeter, "meter", 2),
                        new ModbusFieldDevice(ModbusDeviceKind.WaterMeter, "water", 3),
                    ],
                },
                TimeProvider.System);
            return new ModbusField(simulator, await simulator.StartAsync());
        }

        // The demo's own configuration, with time-outs for tests.
        private static string Fast(string configuration) => configuration.Replace(
            "\"protocol\": \"modbus-tcp\",",
            """ "protocol": "modbus-tcp", "timeout": "500 ms", "reconnect": { "min": "20 ms", "max": "100 ms" }, """,
            StringComparison.Ordinal);

        public override IAdapterFactory Factory { get; } = new ModbusAdapterFactory();
        public override AdapterConfiguration Configuration { get; }
        public override int WritablePoint => TestFiles.Point(Configuration, 0, "PowerLimit");
        public override PointValue SetPoint => PointValue.From(4200UL);
        public override PointValue SetPointAtDevice => _simulator["switch"].ValueOf("PowerLimit");
        public override InvokeCommand Command => new(Configuration.Devices[0].Number, "Open", []);
        public override bool CommandReachedDevice => !_simulator["switch"].ValueOf("CommandedState").AsBoolean();

        public override IReadOnlyCollection<int> PastPoints { get; }

        public override async ValueTask CutAsync() => await _simulator.Server.StopAsync();

        public override ValueTask RestoreAsync()
        {
            _simulator.Server.Start(_port);
            return ValueTask.CompletedTask;
        }

        public override ValueTask SilenceAsync(int device) => Inject(device, ModbusFaultKind.Silence);
        public override ValueTask GarbleAsync(int device) => Inject(device, ModbusFaultKind.Garbage);
        public override ValueTask HealAsync(int device) => Inject(device, ModbusFaultKind.None);
        public override ValueTask DisposeAsync() => _simulator.DisposeAsync();

        private ValueTask Inject(int device, ModbusFaultKind kind)
        {
            _simulator.Server.Inject(_simulator.Devices[device].Device.Unit, new ModbusFault(kind));
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Configuration files of tests.</summary>
internal static class TestFiles
{
    public static PortalConfiguration Portal { get; } = new() { Id = "P-1", Name = "Portal", Owner = "urn:utility" };

    public static AdapterConfiguration Read(string text)
    {
        var refused = new List<ConfigurationException>();
        var read = new AdapterConfigurationReader(new SequentialFleetNumbers(), [new ModbusAdapterFactory()]).Read("test.json", Encoding.UTF8.GetBytes(text), refused);
        Assert.True(refused.Count == 0, string.Join('\n', refused.Select(refusal => refusal.Message)));
        return read!;
    }

    public static int Point(AdapterConfiguration configuration, int device, string name) => configuration.Devices[device].Points.Single(point => point.Name == name).Number;

    /// <summary>A time like no other in the tests, by which <see cref="SteppedTime"/> knows it.</summary>
    public static TimeSpan RequestTimeout { get; } = TimeSpan.FromMilliseconds(977);

    /// <summary>A file of one device of unit 1.</summary>
    public static string OneDevice(string points, string connection = "", string device = "") => string.Create(CultureInfo.InvariantCulture, $$"""
        { "portal": { "id": "P-1", "owner": "urn:utility" },
          "connection": { "protocol": "modbus-tcp", "host": "h", "timeout": "{{RequestTimeout.TotalMilliseconds}} ms"{{connection}} },
          "devices": [ { "id": "D", "type": "T", "unit": 1{{device}}, "points": { {{points}} } } ] }
        """);
}
