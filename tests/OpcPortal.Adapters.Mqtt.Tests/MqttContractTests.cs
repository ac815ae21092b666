using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class MqttContractTests : AdapterContractTests
{
    protected override async ValueTask<FieldUnderTest> CreateFieldAsync() => await SimulatedField.StartAsync();

    private sealed class SimulatedField : FieldUnderTest
    {
        private const double Watts = -2500;

        private readonly MqttBattery _battery;
        private readonly MqttFieldSimulator _simulator;

        private SimulatedField()
        {
            _battery = new MqttBattery("battery") { Interval = TimeSpan.FromMilliseconds(100) };
            _simulator = new MqttFieldSimulator([_battery, new MqttThermostat("thermostat", 7) { Interval = TimeSpan.FromMilliseconds(100) }], TimeProvider.System, NullLogger.Instance);
        }

        public override IAdapterFactory Factory { get; } = new MqttAdapterFactory();
        public override AdapterConfiguration Configuration => _configuration!;
        public override int WritablePoint => Configuration.Point("PowerSetpoint");
        public override PointValue SetPoint => PointValue.From(Watts);
        public override PointValue SetPointAtDevice => PointValue.From(_battery.Setpoint);
        public override InvokeCommand Command => new(Configuration.Devices[0].Number, "SetSetpoint", [PointValue.From(Watts)]);
        public override bool CommandReachedDevice => _battery.Setpoint == Watts;

        private AdapterConfiguration? _configuration;

        public static async Task<SimulatedField> StartAsync()
        {
            var field = new SimulatedField();
            var port = await field._simulator.StartAsync();
            var devices = field._simulator.Devices.Select(device =>
            {
                var settings = MqttDemoConfiguration.For(device);
                settings["silentAfter"] = "1 s";
                return settings;
            });
            var portal = new System.Text.Json.Nodes.JsonObject { ["id"] = "p1", ["owner"] = "urn:utility" };
            var file = MqttDemoConfiguration.File(portal, port, devices).Replace("\"500 ms\"", "\"100 ms\"", StringComparison.Ordinal).Replace("\"10 s\"", "\"200 ms\"", StringComparison.Ordinal);
            field._configuration = Configurations.Read(file);
            return field;
        }

        public override async ValueTask CutAsync() => await _simulator.Broker.StopAsync();
        public override async ValueTask RestoreAsync() => await _simulator.Broker.StartAsync();

        public override ValueTask SilenceAsync(int device) => Inject(device, DeviceFault.Silence);
        public override ValueTask GarbleAsync(int device) => Inject(device, DeviceFault.Garbage);
        public override ValueTask HealAsync(int device) => Inject(device, DeviceFault.None);

        public override ValueTask DisposeAsync() => _simulator.DisposeAsync();

        private ValueTask Inject(int device, DeviceFault fault)
        {
            _simulator.Inject(_simulator.Devices[device].Id, fault);
            return ValueTask.CompletedTask;
        }
    }
}
