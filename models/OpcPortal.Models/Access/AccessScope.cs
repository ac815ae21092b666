namespace OpcPortal.Models;

/// <summary>
/// What a rule or an agreement is about. Within a list any of the names fits, and each list that is not empty must fit; an empty one fits everything. So the default is all there is.
/// </summary>
public sealed record AccessScope
{
    /// <summary>Ids of customers: the present occupants of premises.</summary>
    public IReadOnlyList<string> Customers { get; init; } = [];

    /// <summary>Such as <c>residential</c>.</summary>
    public IReadOnlyList<string> CustomerClasses { get; init; } = [];

    /// <summary>Ids of portals.</summary>
    public IReadOnlyList<string> Portals { get; init; } = [];

    /// <summary>Names of device types, each with its subtypes.</summary>
    public IReadOnlyList<string> DeviceTypes { get; init; } = [];

    /// <summary>Names of data classes. Methods belong to the class that their property DataClass names, else to LoadState.</summary>
    public IReadOnlyList<string> DataClasses { get; init; } = [];

    /// <summary>Names of function groups of methods; only calls are bound by it.</summary>
    public IReadOnlyList<string> FunctionGroups { get; init; } = [];

    /// <summary>Names of points, such as <c>ActivePower</c>, from the device on, joined with '/'.</summary>
    public IReadOnlyList<string> Points { get; init; } = [];

    /// <summary>Owners of the data, for rules; agreements are bound to what their grantor owns anyway.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];
}

/// <summary>Hours of a week in which something holds.</summary>
/// <param name="Days">Bit 0 is Sunday, as in <see cref="DayOfWeek"/>.</param>
/// <param name="From">Since midnight, UTC.</param>
/// <param name="Until">Since midnight, UTC; at or before <paramref name="From"/>: on the next day.</param>
public readonly record struct WeeklyWindow(byte Days, TimeSpan From, TimeSpan Until);

/// <summary>Whole numbers only pass over enough customers: none of them can be told from the sum.</summary>
/// <param name="MinCustomers">At least so many take part.</param>
/// <param name="MaxShare">None has a larger part of the sum, 0 to 1.</param>
public sealed record AggregationFloor(int MinCustomers, double MaxShare);

/// <summary>Under what conditions something is allowed.</summary>
public sealed record AccessConditions
{
    public QualityLevel MinimumQuality { get; init; }

    /// <summary>How far back history may be read; null: as far as there is any.</summary>
    public TimeSpan? HistoryDepth { get; init; }

    /// <summary>Empty: at all hours.</summary>
    public IReadOnlyList<WeeklyWindow> Windows { get; init; } = [];

    /// <summary>Where set, only aggregates are given, no single customer's values.</summary>
    public AggregationFloor? Floor { get; init; }

    /// <summary>No conditions.</summary>
    public static AccessConditions None { get; } = new();
}
