using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>Adapter configurations for simulated devices: their topics are stated once, by the devices themselves.</summary>
public static class MqttDemoConfiguration
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The device's object of a configuration file.</summary>
    /// <param name="name">For people; null: its id.</param>
    /// <param name="owner">The URI of its owner's namespace; null: the portal's.</param>
    public static JsonObject For(SimulatedMqttDevice device, string? name = null, string? owner = null)
    {
        var settings = new JsonObject { ["id"] = device.Id, ["name"] = name ?? device.Id, ["type"] = device.Type };
        if (owner is not null) settings["owner"] = owner;
        foreach (var (key, value) in device.Configure()) settings[key] = value?.DeepClone();
        return settings;
    }

    /// <summary>A whole configuration file for devices behind a broker on loopback.</summary>
    /// <param name="portal">The object <c>portal</c>.</param>
    /// <param name="port">The broker's.</param>
    /// <param name="devices">What <see cref="For"/> gives.</param>
    public static string File(JsonObject portal, int port, IEnumerable<JsonObject> devices) => new JsonObject
    {
        ["portal"] = portal.DeepClone(),
        ["connection"] = new JsonObject
        {
            ["protocol"] = "mqtt",
            ["host"] = "127.0.0.1",
            ["port"] = port,
            ["reconnect"] = new JsonObject { ["min"] = "500 ms", ["max"] = "10 s" },
        },
        ["devices"] = new JsonArray([.. devices.Select(device => device.DeepClone())]),
    }.ToJsonString(Readable);
}
