using System.Globalization;
using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A three-phase meter that sends one JSON message with everything and its own time, as meters with a network module do.</summary>
public sealed class MqttElectricityMeter(string id, int seed) : SimulatedMqttDevice(id, $"meters/{id}")
{
    private const double NominalVolts = 231;
    private const double SwingVolts = 4;

    private readonly LoadCurve[] _powers = [new(seed, 320), new(seed + 1, 180), new(seed + 2, 260)];
    // Quarter hours that it keeps while nobody hears it: two days.
    private const int Kept = 192;
    private static readonly TimeSpan QuarterHour = TimeSpan.FromMinutes(15);

    private readonly Ripple[] _voltages = [new(seed + 3), new(seed + 4), new(seed + 5)];
    private long _delivered = -1;

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
        var status = new MqttPublication($"{BaseTopic}/status", message.ToJsonString());
        return Intervals(now) is { } intervals ? [status, intervals] : [status];
    }

    public override void Delivered(MqttPublication publication)
    {
        if (publication.Topic != $"{BaseTopic}/intervals") return;
        var last = JsonNode.Parse(publication.Payload)!["intervals"]!.AsArray()[^1]!["end"]!.GetValue<long>();
        _delivered = last / (long)QuarterHour.TotalSeconds;
    }

    // All that it keeps, whenever an interval is over: retained, so that who comes later hears it too, and who has some of it already loses nothing by hearing it again.
    private MqttPublication? Intervals(DateTime now)
    {
        var newest = (now - DateTime.UnixEpoch).Ticks / QuarterHour.Ticks;
        if (newest == _delivered) return null;
        var list = new JsonArray();
        for (var number = newest - Kept + 1; number <= newest; number++)
            list.Add(new JsonObject { ["end"] = number * (long)QuarterHour.TotalSeconds, ["wh"] = Register(number) - Register(number - 1), ["status"] = "ok" });
        return new MqttPublication($"{BaseTopic}/intervals", new JsonObject { ["intervals"] = list }.ToJsonString(), Retain: true);
    }

    private double Register(long number) => Rounded(_powers.Sum(curve => curve.Integral(DateTime.UnixEpoch + (QuarterHour * number))), 0);

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["topic"] = "~/status",
        ["status"] = new JsonObject { ["topic"] = "~/online" },
        ["time"] = new JsonObject { ["path"] = "ts", ["format"] = "iso8601" },
        ["quality"] = new JsonObject { ["path"] = "quality", ["map"] = new JsonObject { ["ok"] = "Good", ["estimated"] = "1.8.0", ["fault"] = "BadSensorFailure" } },
        ["points"] = new JsonObject
        {
            ["IntervalEnergyImport"] = new JsonObject
            {
                ["topic"] = "~/intervals",
                ["list"] = "intervals",
                ["path"] = "wh",
                ["scale"] = 0.001,
                ["time"] = new JsonObject { ["path"] = "end", ["format"] = "epochSeconds" },
                ["quality"] = new JsonObject { ["path"] = "status", ["map"] = new JsonObject { ["ok"] = "Good", ["short"] = "1.4.2", ["clock"] = "1.1.9" } },
            },
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
