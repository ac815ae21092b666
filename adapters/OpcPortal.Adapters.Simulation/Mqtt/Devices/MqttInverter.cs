using System.Globalization;
using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A photovoltaic inverter behind a data gateway that gives every value a text topic of its own.</summary>
public sealed class MqttInverter(string id, double peakWatts, int seed = 0) : SimulatedMqttDevice(id, $"solar/{id}")
{
    private readonly SolarCurve _sun = new(seed, peakWatts);
    private double _limit = 100;
    private double _curtailed;
    private DateTime? _last;

    public override string Type => "InverterType";
    public override MqttPublication Online => new($"{BaseTopic}/status/reachable", "1", Retain: true);
    public override MqttPublication Will => Online with { Payload = "0" };
    public override IReadOnlyList<string> Listens => [$"{BaseTopic}/cmd/limit_relative"];

    /// <summary>What the inverter itself holds, %.</summary>
    public double Limit => Volatile.Read(ref _limit);

    public override IReadOnlyList<MqttPublication> Publish(DateTime now)
    {
        var free = _sun.At(now);
        var power = Math.Min(free, peakWatts * _limit / 100);
        _curtailed += (free - power) / 1000 * (now - (_last ?? now)).TotalHours;
        _last = now;
        var energy = (_sun.Integral(now) / 1000) - _curtailed;
        return
        [
            Value("0/power", power, 1), Value("0/yieldtotal", energy, 3), Value("0/voltage", 231.2, 1), Value("0/temperature", 18 + (22 * power / peakWatts), 1),
            Value("1/power", power / 0.965, 1), Value("status/limit_relative", _limit, 0),
            new($"{BaseTopic}/status/producing", free < 1 ? "sleeping" : power < free ? "throttled" : "producing"),
        ];
    }

    public override IReadOnlyList<MqttPublication> Receive(MqttRequest request, DateTime now)
    {
        if (double.TryParse(request.Payload, NumberStyles.Float, CultureInfo.InvariantCulture, out var limit) && limit is >= 0 and <= 100) Volatile.Write(ref _limit, limit);
        return Publish(now);
    }

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["payload"] = "text",
        ["status"] = new JsonObject { ["topic"] = "~/status/reachable" },
        ["points"] = new JsonObject
        {
            ["ActivePower"] = new JsonObject { ["topic"] = "~/0/power" },
            ["ActiveEnergyExport"] = new JsonObject { ["topic"] = "~/0/yieldtotal" },
            ["VoltageL1"] = new JsonObject { ["topic"] = "~/0/voltage" },
            ["Temperature"] = new JsonObject { ["topic"] = "~/0/temperature" },
            ["DcPower"] = new JsonObject { ["topic"] = "~/1/power" },
            ["OperatingState"] = new JsonObject { ["topic"] = "~/status/producing", ["format"] = "uint", ["map"] = new JsonObject { ["sleeping"] = 2, ["producing"] = 4, ["throttled"] = 5 } },
            ["PowerLimit"] = new JsonObject
            {
                ["topic"] = "~/status/limit_relative",
                ["writable"] = new JsonObject { ["topic"] = "~/cmd/limit_relative", ["template"] = "${value}", ["confirm"] = true },
            },
        },
    };

    private MqttPublication Value(string topic, double value, int digits) => new($"{BaseTopic}/{topic}", Rounded(value, digits).ToString(CultureInfo.InvariantCulture));
}
