using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A switching socket as the common open firmware makes it: a text topic for the state, one for the command, a JSON message for what it measures.</summary>
public sealed class MqttLoadSwitch(string id, int seed) : SimulatedMqttDevice(id, $"sockets/{id}")
{
    private readonly LoadCurve _load = new(seed, 900, LoadShape.Heating);
    private volatile bool _isClosed = true;
    private double _energy = 12.5;
    private DateTime? _last;

    public override string Type => "SwitchType";
    public override MqttPublication Online => new($"{BaseTopic}/tele/LWT", "Online", Retain: true);
    public override MqttPublication Will => Online with { Payload = "Offline" };
    public override IReadOnlyList<string> Listens => [$"{BaseTopic}/cmnd/POWER"];

    /// <summary>What the relay itself is.</summary>
    public bool IsClosed => _isClosed;

    private MqttPublication State => new($"{BaseTopic}/stat/POWER", _isClosed ? "ON" : "OFF", Retain: true);

    public override IReadOnlyList<MqttPublication> Publish(DateTime now)
    {
        var power = _isClosed ? _load.At(now) : 0;
        _energy += power / 1000 * (now - (_last ?? now)).TotalHours;
        _last = now;
        var measured = new JsonObject
        {
            ["Time"] = now.ToString("s", System.Globalization.CultureInfo.InvariantCulture),
            ["ENERGY"] = new JsonObject { ["Total"] = Rounded(_energy, 4), ["Power"] = Rounded(power), ["Voltage"] = _isClosed ? 231 : 0 },
        };
        return [State, new MqttPublication($"{BaseTopic}/tele/SENSOR", measured.ToJsonString())];
    }

    public override IReadOnlyList<MqttPublication> Receive(MqttRequest request, DateTime now)
    {
        var before = Publish(now); // What was used until now is counted with the state until now.
        if (request.Payload is "ON" or "OFF") _isClosed = request.Payload == "ON";
        return [State, .. before.Skip(1)];
    }

    internal override JsonObject Configure() => new()
    {
        ["baseTopic"] = BaseTopic,
        ["topic"] = "~/tele/SENSOR",
        ["status"] = new JsonObject { ["topic"] = "~/tele/LWT" },
        ["points"] = new JsonObject
        {
            ["ActivePower"] = new JsonObject { ["path"] = "ENERGY.Power" },
            ["ActiveEnergyImport"] = new JsonObject { ["path"] = "ENERGY.Total" },
            ["LoadSideVoltage"] = new JsonObject { ["path"] = "ENERGY.Voltage" },
            ["SwitchState"] = new JsonObject
            {
                ["topic"] = "~/stat/POWER",
                ["payload"] = "text",
                ["format"] = "bool",
                ["map"] = new JsonObject { ["ON"] = true, ["OFF"] = false },
                ["retained"] = "good",
            },
        },
        ["commands"] = new JsonObject { ["Open"] = Command("OFF", false), ["Close"] = Command("ON", true) },
    };

    private static JsonObject Command(string word, bool state) => new()
    {
        ["topic"] = "~/cmnd/POWER",
        ["payload"] = word,
        ["confirm"] = new JsonObject { ["point"] = "SwitchState", ["value"] = state, ["timeout"] = "5 s" },
    };
}
