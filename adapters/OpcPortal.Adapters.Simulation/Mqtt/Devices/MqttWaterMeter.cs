using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A battery-powered water meter with a leak sensor, which has its last message retained. Its time is in seconds since 1970.</summary>
public sealed class MqttWaterMeter(string id, int seed) : SimulatedMqttDevice(id, $"water/{id}")
{
    private readonly LoadCurve _flow = new(seed, 0.02, LoadShape.Water);
    private volatile bool _leaks;

    public override string Type => "WaterMeterType";
    public override MqttPublication Online => new($"{BaseTopic}/availability", "online", Retain: true);
    public override MqttPublication Will => Online with { Payload = "offline" };

    /// <summary>Water where none should be.</summary>
    public bool Leaks
    {
        get => _leaks;
        set => _leaks = value;
    }

    public override IReadOnlyList<MqttPublication> Publish(DateTime now)
    {
        var state = new JsonObject
        {
            ["t"] = new DateTimeOffset(now).ToUnixTimeSeconds(),
            ["volume_l"] = Rounded(_flow.Integral(now) * 1000, 0),
            ["flow_m3h"] = Rounded(_flow.At(now), 3),
            ["temp"] = 11.5,
            ["battery"] = 88,
            ["leak"] = _leaks,
            ["valve"] = "open",
        };
        return [new MqttPublication($"{BaseTopic}/state", state.ToJsonString(), Retain: true)];
    }

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["topic"] = "~/state",
        ["status"] = new JsonObject { ["topic"] = "~/availability" },
        ["time"] = new JsonObject { ["path"] = "t", ["format"] = "epochSeconds" },
        ["points"] = new JsonObject
        {
            ["Volume"] = new JsonObject { ["path"] = "volume_l", ["scale"] = 0.001 },
            ["FlowRate"] = new JsonObject { ["path"] = "flow_m3h" },
            ["WaterTemperature"] = new JsonObject { ["path"] = "temp" },
            ["BatteryLevel"] = new JsonObject { ["path"] = "battery" },
            ["LeakDetected"] = new JsonObject { ["path"] = "leak", ["format"] = "bool" },
            ["ValveState"] = new JsonObject { ["path"] = "valve", ["format"] = "bool", ["map"] = new JsonObject { ["open"] = true, ["closed"] = false } },
        },
    };
}
