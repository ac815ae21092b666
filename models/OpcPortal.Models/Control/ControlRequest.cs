namespace OpcPortal.Models;

/// <summary>What is wanted of devices.</summary>
public enum ControlAction : byte
{
    /// <summary>Take less for a while.</summary>
    Shed,

    /// <summary>Hold a set-point for a while.</summary>
    SetPoint,

    /// <summary>Open the supply switch of a meter, until it is connected.</summary>
    DisconnectSupply,

    /// <summary>Let the supply switch of a meter be closed.</summary>
    ConnectSupply,
}

/// <summary>How a device is to take less. IEEE 2030.5 EndDeviceControl: applianceLoadReduction, dutyCycle, offset.</summary>
public enum LoadMeasureKind : byte
{
    /// <summary>It is off.</summary>
    Off,

    /// <summary>It is on for so many per cent of each period: 0 to 100.</summary>
    DutyCycle,

    /// <summary>Its set-point is moved by so many kelvins; heating downwards, cooling upwards.</summary>
    SetPointOffset,

    /// <summary>It takes at most so many watts.</summary>
    PowerLimit,

    /// <summary>Its set-point is so much, in the unit of its point.</summary>
    SetPoint,
}

/// <summary>How much of what.</summary>
/// <param name="Value">In the unit of the kind; 0 where there is none.</param>
public readonly record struct LoadMeasure(LoadMeasureKind Kind, double Value)
{
    public static LoadMeasure Off { get; } = new(LoadMeasureKind.Off, 0);
}

/// <summary>Which devices are meant. Each list that is not empty must fit; within one any of its names does. One of them at least says something.</summary>
public sealed record ControlTarget
{
    /// <summary>Ids of devices as <c>portal/device</c>.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Ids of portals.</summary>
    public IReadOnlyList<string> Portals { get; init; } = [];

    /// <summary>Names of device types, each with its subtypes.</summary>
    public IReadOnlyList<string> DeviceTypes { get; init; } = [];

    /// <summary>Feeders and areas: flags of premises, such as <c>feeder-12</c>.</summary>
    public IReadOnlyList<string> Areas { get; init; } = [];

    public bool IsEmpty => Devices.Count + Portals.Count + DeviceTypes.Count + Areas.Count == 0;
}

/// <summary>
/// What an entity wants of devices, as IEEE 2030.5 and CIM demand response say it. The id is the client's: the same one again is the same request, and is carried out once.
/// </summary>
public sealed record ControlRequest
{
    public required Guid Id { get; init; }

    /// <summary>The id of the entity that asks.</summary>
    public required string Entity { get; init; }

    /// <summary>The id of the kind of the entity.</summary>
    public string? Kind { get; init; }

    /// <summary>The application through which it was asked for; null: none that is registered.</summary>
    public string? Application { get; init; }

    /// <summary>The person who asked; null: a program did by itself.</summary>
    public string? Individual { get; init; }

    /// <summary>Who asked, in rights.</summary>
    public AccessSubject Subject => new(Entity, Kind, Application, Individual);

    /// <summary>One line for people, such as <c>peak of the evening</c>.</summary>
    public string Purpose { get; init; } = "";

    public required ControlTarget Target { get; init; }
    public required ControlAction Action { get; init; }
    public LoadMeasure Measure { get; init; }

    /// <summary>When the server took it, UTC: of two of one primacy the later one holds.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Start { get; init; }

    /// <summary>How long it holds; zero for the supply switch, which stays as it is.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The start is moved by a time drawn between zero and this: negative, to before it. IEEE 2030.5: within an hour.</summary>
    public TimeSpan RandomizeStart { get; init; }

    /// <summary>The same for the end.</summary>
    public TimeSpan RandomizeEnd { get; init; }

    /// <summary>From 0, which gives way to none. IEEE 2030.5 PrimacyType. It is the entity's, not of its choosing.</summary>
    public byte Primacy { get; init; }

    /// <summary>From 1, voluntary, to 9, disconnection of the supply, as in ZigBee Smart Energy: shown, and decided nothing by.</summary>
    public byte Criticality { get; init; } = 1;

    /// <summary>Customers may not opt out, where their agreement says so.</summary>
    public bool IsMandatory { get; init; }

    /// <summary>How long after its start it may still be delivered; later it has expired.</summary>
    public TimeSpan DeliveryWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When it is over, UTC.</summary>
    public DateTime End => Start + Duration;

    /// <summary>Whether it holds for a while and is ended; else it is done once.</summary>
    public bool HasEnd => Action is ControlAction.Shed or ControlAction.SetPoint;
}
