using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Which readings are judged on arrival, and how.</summary>
public sealed record ArrivalRule
{
    /// <summary>Names of data classes; empty: all.</summary>
    public IReadOnlyList<string> DataClasses { get; init; } = [];

    /// <summary>Names of points; empty: all.</summary>
    public IReadOnlyList<string> Points { get; init; } = [];

    /// <summary>How far a device's clock may be ahead of the server's.</summary>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Readings of before are those of a clock that was never set, UTC.</summary>
    public DateTime Earliest { get; init; } = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Whether readings outside EURange are told.</summary>
    public bool ChecksRange { get; init; } = true;

    /// <summary>The unit that the points are to have, as UNECE Recommendation 20 codes it, such as KWH; null: any.</summary>
    public string? Unit { get; init; }

    /// <summary>Whether what the device says of itself keeps a reading from being validated: faults, tampering, partial intervals, changed clocks.</summary>
    public bool HeedsSource { get; init; } = true;
}

/// <summary>How the readings of some types of devices are validated and estimated.</summary>
public sealed record ValidationRuleSet
{
    /// <summary>Names it in the chains of quality.</summary>
    public required string Id { get; init; }

    /// <summary>Says with the id which rules held: whoever changes rules changes it.</summary>
    public required string Version { get; init; }

    /// <summary>Names of device types, with their subtypes.</summary>
    public required IReadOnlyList<string> DeviceTypes { get; init; }

    /// <summary>The owners by whose rules estimates are fit for billing.</summary>
    public IReadOnlyList<string> BillableFor { get; init; } = [];

    /// <summary>Where nothing is said of the jurisdiction of the premises.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>By the jurisdiction of the premises.</summary>
    public IReadOnlyDictionary<string, TimeZoneInfo> Zones { get; init; } = new Dictionary<string, TimeZoneInfo>();

    public DayCalendar Calendar { get; init; } = DayCalendar.WithoutHolidays;

    /// <summary>The first that fits a point holds.</summary>
    public IReadOnlyList<ArrivalRule> Arrival { get; init; } = [];

    public IReadOnlyList<PlacedChannel> Channels { get; init; } = [];

    /// <summary>Where it stands, for what is found wrong once types are known.</summary>
    internal ConfigElement? Place { get; init; }

    /// <summary>As it stands in the chains of quality.</summary>
    public string Name => $"{Id}/{Version}";
}

/// <summary>The rules of a channel, and where they stand.</summary>
/// <param name="Place">Null where they come from no file.</param>
public sealed record PlacedChannel(ChannelRules Rules, ConfigElement? Place = null);

/// <summary>A meter that was exchanged for another.</summary>
/// <param name="Device"><c>portal/device</c>.</param>
/// <param name="Register">The register point that it is about.</param>
public sealed record DeviceExchange(string Device, string Register, MeterExchange Exchange);

/// <summary>All rules that a server validates by.</summary>
/// <param name="Sets">The first that fits a point holds.</param>
/// <param name="Exchanges">Of meters, in order of time.</param>
/// <param name="Refused">What was wrong: <c>file:line: reason</c>; the rest holds.</param>
public sealed record ValidationRules(IReadOnlyList<ValidationRuleSet> Sets, IReadOnlyList<DeviceExchange> Exchanges, IReadOnlyList<ConfigurationException> Refused)
{
    public static ValidationRules None { get; } = new([], [], []);
}
