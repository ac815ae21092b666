using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>Adapter configurations of simulated devices, made from the register maps that these serve: the maps are stated once.</summary>
public static class ModbusDemoConfiguration
{
    /// <summary>Polls of a device for one look at its profile: a record comes once in a quarter of an hour.</summary>
    private const int ProfilePolls = 10;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The text of a configuration file.</summary>
    /// <param name="devices">Behind one connection.</param>
    /// <param name="portal">Whose connection that is.</param>
    /// <param name="port">Where the simulator listens on loopback.</param>
    /// <param name="poll">How often devices are read.</param>
    public static string For(IEnumerable<SimulatedModbusDevice> devices, PortalConfiguration portal, int port, TimeSpan poll)
    {
        var about = new JsonObject { ["id"] = portal.Id, ["name"] = portal.Name, ["owner"] = portal.Owner };
        if (portal.AccessNetwork is not null) about["accessNetwork"] = portal.AccessNetwork;
        var list = new JsonArray();
        foreach (var device in devices) list.Add(For(device, poll));
        return new JsonObject
        {
            ["portal"] = about,
            ["connection"] = new JsonObject { ["protocol"] = "modbus-tcp", ["host"] = "127.0.0.1", ["port"] = port },
            ["devices"] = list,
        }.ToJsonString(Indented);
    }

    /// <summary>The entry of one device in the file's <c>devices</c>.</summary>
    public static JsonObject For(SimulatedModbusDevice device, TimeSpan poll)
    {
        var points = new JsonObject();
        foreach (var point in device.Points)
            if (point.Name is not null) points[point.Name] = MappingJson.Of(point.Mapping);
        foreach (var column in device.Profile?.Columns ?? []) points[column.Point] = device.Profile!.Configure(column);
        var json = new JsonObject { ["id"] = device.Device.Id, ["name"] = device.Device.Name ?? device.Device.Id, ["type"] = device.Type };
        if (device.Device.Owner is { } owner) json["owner"] = owner;
        json["unit"] = device.Device.Unit;
        json["poll"] = MappingJson.Duration(poll);
        json["points"] = points;
        if (device.Profile is { } profile) json["profiles"] = profile.Configure(poll * ProfilePolls);
        if (device.Commands.Count == 0) return json;
        var commands = new JsonObject();
        foreach (var (name, mapping) in device.Commands) commands[name] = mapping.DeepClone();
        json["commands"] = commands;
        return json;
    }
}
