using System.Globalization;
using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A three-phase meter that sends one JSON message with everything and its own time, as meters with a network module do.</summary>
public sealed class MqttElectricityMeter(string id, int seed) : SimulatedMqttDevice(id, $"meters/{id}")
{
    private const double NominalVolts = 231;
    private const double SwingVolts = 4;

    private readonly LoadCurve[] _powers = [new(seed, 320), new(seed + 1, 180), new(seed + 2, 260)];
    private readonly Ripple[] _voltages = [new(seed + 3), new(seed + 4), new(seed + 5)];

    public override string Type => "ElectricityMeterType";
    public override MqttPublication Online => new($"{BaseTopic}/online", "true", Retain: true);
    public override MqttPublication Will => Online with { Payload = "false" };

    public override IReadOnlyList<MqttPublication> Publish(DateTime now)
    {
        var power = _powers.Sum(curve => curve.At(now));
        var phases = new JsonArray();
        for (var i = 0; i < _powers.Length; i++)
        {
            var voltage = NominalVolts + (SwingVolts * _voltages[i].At(now));
            phases.Add(new JsonObject { ["voltage"] = Rounded(voltage), ["current"] = Rounded(_powers[i].At(now) / voltage, 3) });
        }

        var message = new JsonObject
        {
            ["ts"] = now.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture),
            ["energy"] = new JsonObject { ["import_wh"] = Rounded(_powers.Sum(curve => curve.Integral(now)), 0) },
            ["power"] = Rounded(power),
            ["frequency"] = Rounded(50 + (0.02 * Math.Sin(now.TimeOfDay.TotalSeconds / 13)), 3),
            ["phases"] = phases,
            ["quality"] = "ok",
        };
        return [new MqttPublication($"{BaseTopic}/status", message.ToJsonString())];
    }

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["topic"] = "~/status",
        ["status"] = new JsonObject { ["topic"] = "~/online" },
        ["time"] = new JsonObject { ["path"] = "ts", ["format"] = "iso8601" },
        ["quality"] = new JsonObject { ["path"] = "quality", ["map"] = new JsonObject { ["ok"] = "Good", ["estimated"] = "1.8.0", ["fault"] = "BadSensorFailure" } },
        ["points"] = new JsonObject
        {
            ["ActiveEnergyImport"] = new JsonObject { ["path"] = "energy.import_wh", ["scale"] = 0.001 },
            ["ActivePower"] = new JsonObject { ["path"] = "power" },
            ["Frequency"] = new JsonObject { ["path"] = "frequency" },
            ["VoltageL1"] = new JsonObject { ["path"] = "phases[0].voltage" },
            ["VoltageL2"] = new JsonObject { ["path"] = "phases[1].voltage" },
            ["VoltageL3"] = new JsonObject { ["path"] = "phases[2].voltage" },
            ["CurrentL1"] = new JsonObject { ["path"] = "phases[0].current" },
            ["CurrentL2"] = new JsonObject { ["path"] = "phases[1].current" },
            ["CurrentL3"] = new JsonObject { ["path"] = "phases[2].current" },
        },
    };
}
