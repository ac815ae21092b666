using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A thermostat behind a Zigbee bridge: one JSON message with its state, a set topic that takes part of it, availability as JSON.</summary>
public sealed class MqttThermostat(string id, int seed) : SimulatedMqttDevice(id, $"zigbee/{id}")
{
    // How quickly the room follows the set-point: quick enough to be watched.
    private static readonly TimeSpan Inertia = TimeSpan.FromMinutes(3);

    private readonly Ripple _humidity = new(seed);
    private double _room = 19.5;
    private double _setpoint = 21;
    private string _mode = "heat";
    private DateTime? _last;

    public override string Type => "ThermostatType";
    public override MqttPublication Online => new($"{BaseTopic}/availability", """{"state":"online"}""", Retain: true);
    public override MqttPublication Will => Online with { Payload = """{"state":"offline"}""" };
    public override IReadOnlyList<string> Listens => [$"{BaseTopic}/set"];

    /// <summary>What the device itself holds, °C.</summary>
    public double Setpoint => Volatile.Read(ref _setpoint);

    private bool IsHeating => _mode != "off" && _room < _setpoint;

    public override IReadOnlyList<MqttPublication> Publish(DateTime now)
    {
        var aim = _mode == "off" ? 16 : _setpoint;
        _room += (aim - _room) * (1 - Math.Exp(-((now - (_last ?? now)) / Inertia)));
        _last = now;
        var state = new JsonObject
        {
            ["local_temperature"] = Rounded(_room, 2),
            ["occupied_heating_setpoint"] = _setpoint,
            ["system_mode"] = _mode,
            ["running_state"] = IsHeating ? "heat" : "idle",
            ["humidity"] = Rounded(47 + (12 * _humidity.At(now))),
        };
        return [new MqttPublication(BaseTopic, state.ToJsonString())];
    }

    public override IReadOnlyList<MqttPublication> Receive(MqttRequest request, DateTime now)
    {
        if (JsonNode.Parse(request.Payload) is not JsonObject wanted) return [];
        // The bridge refuses what is out of range by changing nothing; the state that follows shows it.
        if (wanted["occupied_heating_setpoint"] is JsonValue value && value.TryGetValue(out double setpoint) && setpoint is >= 5 and <= 35) Volatile.Write(ref _setpoint, setpoint);
        if (wanted["system_mode"] is JsonValue mode && mode.TryGetValue(out string? word) && word is "off" or "heat" or "cool" or "auto") _mode = word;
        return Publish(now);
    }

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["topic"] = "~",
        ["status"] = new JsonObject { ["topic"] = "~/availability", ["path"] = "state" },
        ["points"] = new JsonObject
        {
            ["RoomTemperature"] = new JsonObject { ["path"] = "local_temperature" },
            ["Humidity"] = new JsonObject { ["path"] = "humidity" },
            ["TemperatureSetpoint"] = new JsonObject
            {
                ["path"] = "occupied_heating_setpoint",
                ["writable"] = new JsonObject { ["topic"] = "~/set", ["template"] = new JsonObject { ["occupied_heating_setpoint"] = "${value}" }, ["confirm"] = true },
            },
            ["OperatingMode"] = new JsonObject
            {
                ["path"] = "system_mode",
                ["format"] = "uint",
                ["map"] = new JsonObject { ["off"] = 0, ["heat"] = 1, ["cool"] = 2, ["auto"] = 3 },
                ["writable"] = new JsonObject { ["topic"] = "~/set", ["template"] = new JsonObject { ["system_mode"] = "${value}" }, ["confirm"] = true },
            },
            ["OperatingState"] = new JsonObject { ["path"] = "running_state", ["format"] = "uint", ["map"] = new JsonObject { ["idle"] = 0, ["heat"] = 1, ["cool"] = 2 } },
        },
    };
}
