using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A home battery whose gateway takes requests and answers them with their id, as remote-procedure gateways do.</summary>
public sealed class MqttBattery(string id) : SimulatedMqttDevice(id, $"storage/{id}")
{
    private const double CapacityKwh = 10;
    private const double MaxPower = 5000;

    private double _charge = 0.62;
    private double _setpoint = 1500;
    private DateTime? _last;

    public override string Type => "BatteryType";
    public override MqttPublication Online => new($"{BaseTopic}/online", "online", Retain: true);
    public override MqttPublication Will => Online with { Payload = "offline" };
    public override IReadOnlyList<string> Listens => [$"{BaseTopic}/rpc"];

    /// <summary>What the gateway itself holds, W; positive discharges.</summary>
    public double Setpoint => Volatile.Read(ref _setpoint);

    // Empty gives nothing, full takes nothing.
    private double Power => (_setpoint > 0 && _charge <= 0.05) || (_setpoint < 0 && _charge >= 1) ? 0 : _setpoint;

    public override IReadOnlyList<MqttPublication> Publish(DateTime now)
    {
        _charge = Math.Clamp(_charge - (Power / 1000 * (now - (_last ?? now)).TotalHours / CapacityKwh), 0, 1);
        _last = now;
        var state = new JsonObject
        {
            ["soc"] = Rounded(_charge * 100, 2),
            ["soh"] = 97.5,
            ["capacity_wh"] = CapacityKwh * 1000,
            ["power"] = Power,
            ["setpoint"] = _setpoint,
            ["state"] = Power switch { > 0 => "discharging", < 0 => "charging", _ => _charge >= 1 ? "full" : "holding" },
        };
        return [new MqttPublication($"{BaseTopic}/state", state.ToJsonString(), Retain: true)];
    }

    public override IReadOnlyList<MqttPublication> Receive(MqttRequest request, DateTime now)
    {
        if (JsonNode.Parse(request.Payload) is not JsonObject call) return [];
        var state = Publish(now);
        var isTaken = call["method"]?.GetValue<string>() == "SetPower" && call["watts"] is JsonValue watts && watts.TryGetValue(out double power) && Math.Abs(power) <= MaxPower && Take(power);
        var answer = new JsonObject { ["id"] = call["id"]?.DeepClone(), ["result"] = isTaken ? "ok" : "refused" };
        return [.. isTaken ? Publish(now) : state, new MqttPublication(request.ResponseTopic ?? $"{BaseTopic}/rpc/answer", answer.ToJsonString())];
    }

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["topic"] = "~/state",
        ["status"] = new JsonObject { ["topic"] = "~/online" },
        ["points"] = new JsonObject
        {
            ["StateOfCharge"] = new JsonObject { ["path"] = "soc" },
            ["StateOfHealth"] = new JsonObject { ["path"] = "soh" },
            ["Capacity"] = new JsonObject { ["path"] = "capacity_wh", ["scale"] = 0.001 },
            ["ActivePower"] = new JsonObject { ["path"] = "power" },
            ["ChargeState"] = new JsonObject
            {
                ["path"] = "state",
                ["format"] = "uint",
                ["map"] = new JsonObject { ["off"] = 1, ["empty"] = 2, ["discharging"] = 3, ["charging"] = 4, ["full"] = 5, ["holding"] = 6 },
            },
            ["PowerSetpoint"] = new JsonObject
            {
                ["path"] = "setpoint",
                ["writable"] = new JsonObject { ["topic"] = "~/rpc", ["template"] = new JsonObject { ["id"] = "$id", ["method"] = "SetPower", ["watts"] = "${value}" }, ["confirm"] = true },
            },
        },
        ["commands"] = new JsonObject
        {
            ["SetSetpoint"] = new JsonObject
            {
                ["topic"] = "~/rpc",
                ["payload"] = new JsonObject { ["id"] = "$id", ["method"] = "SetPower", ["watts"] = "$0" },
                ["response"] = new JsonObject { ["topic"] = "~/rpc/answer", ["correlation"] = "id", ["ok"] = new JsonObject { ["path"] = "result", ["value"] = "ok" }, ["timeout"] = "5 s" },
            },
        },
    };

    private bool Take(double power)
    {
        Volatile.Write(ref _setpoint, power);
        return true;
    }
}
