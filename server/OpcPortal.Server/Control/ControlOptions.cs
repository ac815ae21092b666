using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>How commands are let out into an access network.</summary>
/// <param name="PerSecond">Commands a second.</param>
/// <param name="InFlight">Commands that wait for an answer.</param>
public sealed record ControlPace(double PerSecond, int InFlight);

/// <summary>What the house has decided of control: data, read from the configuration.</summary>
public sealed record ControlPolicy
{
    /// <summary>Primacy of an entity's requests, by its id; the lower one holds.</summary>
    public IReadOnlyDictionary<string, byte> PrimacyOfEntity { get; init; } = new Dictionary<string, byte>();

    /// <summary>Primacy by the id of the entity's kind, where nothing is said of the entity.</summary>
    public IReadOnlyDictionary<string, byte> PrimacyOfKind { get; init; } = new Dictionary<string, byte> { [EntityKind.DistributionCompany] = 1, [EntityKind.MarketOperator] = 2, [EntityKind.Customer] = 4, [EntityKind.CustomerFirm] = 4 };

    /// <summary>Primacy of everybody else: IEEE 2030.5 has 0 to 2 for who contracts, and higher ones for others.</summary>
    public byte OtherPrimacy { get; init; } = 3;

    /// <summary>So long a running request is left to come to its end when another entity's takes its place.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long devices of a type, and of its subtypes, may be off; the first that fits holds.</summary>
    public IReadOnlyList<TypedOffTimes> OffTimes { get; init; } = [];

    public IReadOnlyList<PowerCap> Caps { get; init; } = [];
    public IReadOnlyList<Interlock> Interlocks { get; init; } = [];

    /// <summary>By the name of the access network's medium.</summary>
    public IReadOnlyDictionary<string, ControlPace> Paces { get; init; } = new Dictionary<string, ControlPace>();

    /// <summary>Of media of which nothing is said: what a head end of some ten thousand devices takes without trouble.</summary>
    public ControlPace OtherPace { get; init; } = new(500, 200);

    /// <summary>How often a customer may leave requests within <see cref="LeaveWindow"/>.</summary>
    public int MaxLeaves { get; init; } = 10;

    public TimeSpan LeaveWindow { get; init; } = TimeSpan.FromDays(30);

    public SupplySwitchRules Switches { get; init; } = new();

    /// <summary>The wall clock of the premises, by which interlocks go.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The point that tells the temperature outside, as <c>portal/device/point</c>, in degrees Celsius; null: the weather is not known.</summary>
    public string? WeatherPoint { get; init; }

    /// <summary>What was read longer ago says nothing of the weather now.</summary>
    public TimeSpan MaxWeatherAge { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Watts that are counted for a device that tells nothing of its power.</summary>
    public double OtherWatts { get; init; } = 1000;

    /// <summary>The primacy of an entity's requests.</summary>
    public byte PrimacyOf(string entity, string? kind) => PrimacyOfEntity.TryGetValue(entity, out var own) ? own : kind is not null && PrimacyOfKind.TryGetValue(kind, out var ofKind) ? ofKind : OtherPrimacy;
}

/// <summary>Off times of a type of devices.</summary>
public sealed record TypedOffTimes(string DeviceType, OffTimeRules Rules);

/// <summary>How control works, and its limits.</summary>
public sealed record ControlOptions
{
    public ControlPolicy Policy { get; init; } = new();
    public ControlLimits Limits { get; init; } = new();

    /// <summary>Devices of one request: a whole service area.</summary>
    public int MaxDevices { get; init; } = 1_000_000;

    /// <summary>Orders that are not over, of all requests: each holds some 300 bytes.</summary>
    public int MaxOrders { get; init; } = 2_000_000;

    /// <summary>Orders of one device that are not over: more nobody can look through.</summary>
    public int MaxOrdersPerDevice { get; init; } = 16;

    /// <summary>So long after a device has confirmed, its state is looked at: meters and gateways report within some seconds.</summary>
    public TimeSpan VerifyAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before a command is sent again; it doubles each time up to <see cref="MaxRetryPause"/>.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan MaxRetryPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A device that cannot be told that it is over is told so for so long; then people must look.</summary>
    public TimeSpan ReleaseWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long requests that are over are kept for questions; evidence is kept beside.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(400);
}
