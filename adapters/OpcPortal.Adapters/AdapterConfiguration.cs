namespace OpcPortal.Adapters;

/// <summary>One configuration file: a connection, the portal that it reaches, and the devices behind it. The file is JSON; comments and trailing commas are allowed.</summary>
public sealed record AdapterConfiguration
{
    /// <summary>The file, as messages name it.</summary>
    public required string File { get; init; }

    public required PortalConfiguration Portal { get; init; }

    /// <summary>The object <c>connection</c>: <c>protocol</c> and what that protocol's factory reads.</summary>
    public required ConfigElement Connection { get; init; }

    public required IReadOnlyList<DeviceConfiguration> Devices { get; init; }
}

/// <summary>The portal of a file: <c>{ "id", "name", "owner", "accessNetwork" }</c>.</summary>
public sealed record PortalConfiguration
{
    /// <summary>Unique among the portals; part of NodeIds: letters, digits, '-', '_', '.', at most 64.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The URI of the namespace of its owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Cellular, PLC, RFMesh, Fibre, DSL, Satellite or Ethernet; null where unknown.</summary>
    public string? AccessNetwork { get; init; }
}

/// <summary>A device of a file: <c>{ "id", "name", "type", "owner", "points": { NAME: mapping }, "commands": { NAME: mapping } }</c> and what the protocol reads beside.</summary>
public sealed record DeviceConfiguration
{
    /// <summary>Unique within its portal; part of NodeIds.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The BrowseName of an ObjectType of the portal model or of a loaded NodeSet.</summary>
    public required string Type { get; init; }

    /// <summary>The URI of the namespace of its owner; the portal's owner where the file says nothing.</summary>
    public required string Owner { get; init; }

    /// <summary>Its number in the fleet, dense over all files.</summary>
    public required int Number { get; init; }

    /// <summary>The device's whole object, for the protocol's own settings.</summary>
    public required ConfigElement Settings { get; init; }

    public required IReadOnlyList<PointConfiguration> Points { get; init; }
    public required IReadOnlyList<CommandConfiguration> Commands { get; init; }
}

/// <summary>A mapped point.</summary>
/// <param name="Name">The BrowseName path below the device, names joined with '/', such as <c>ActivePower</c>.</param>
/// <param name="Number">Its number in the fleet, dense over all files.</param>
/// <param name="Mapping">What the protocol reads: register, topic and the like.</param>
public sealed record PointConfiguration(string Name, int Number, ConfigElement Mapping);

/// <summary>A mapped command.</summary>
/// <param name="Name">The BrowseName of the method.</param>
/// <param name="Mapping">What the protocol reads.</param>
public sealed record CommandConfiguration(string Name, ConfigElement Mapping);

/// <summary>A configuration is wrong: the message is <c>file:line: reason</c>, one line.</summary>
public sealed class ConfigurationException(string file, int line, string reason) : Exception($"{file}:{line}: {reason}")
{
    public string File { get; } = file;

    /// <summary>From 1.</summary>
    public int Line { get; } = line;

    public string Reason { get; } = reason;
}
