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
public readonly record struct WeeklyWindow(byte Days, TimeSpan From, TimeSpan Until)
{
    private TimeSpan Length => Until > From ? Until - From : Until - From + TimeSpan.FromDays(1);

    /// <summary>Whether <paramref name="at"/>, UTC, lies within; the end does not.</summary>
    public bool Contains(DateTime at) => Opens(at.Date, at) || (at.Date > DateTime.MinValue && Opens(at.Date.AddDays(-1), at));

    /// <summary>The first instant after <paramref name="at"/> at which it opens or closes; <see cref="DateTime.MaxValue"/> where it never does.</summary>
    public DateTime NextChange(DateTime at)
    {
        var next = DateTime.MaxValue;
        // What opened yesterday may still close; within a week each of its days comes by.
        for (var offset = -1; offset <= 7; offset++)
        {
            var ticks = at.Date.Ticks + (offset * TimeSpan.TicksPerDay);
            if (ticks < 0 || ticks > DateTime.MaxValue.Date.Ticks || !HasDay(new DateTime(ticks))) continue;
            next = Earlier(next, ticks + From.Ticks, at);
            next = Earlier(next, ticks + From.Ticks + Length.Ticks, at);
        }

        return next;
    }

    private bool Opens(DateTime day, DateTime at) => HasDay(day) && (at - day) is var since && since >= From && since - From < Length;

    private bool HasDay(DateTime day) => ((Days >> (int)day.DayOfWeek) & 1) != 0;

    private static DateTime Earlier(DateTime soonest, long ticks, DateTime after) =>
        ticks > after.Ticks && ticks < soonest.Ticks ? new DateTime(ticks, DateTimeKind.Utc) : soonest;
}

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

    /// <summary>Whether the hours are such at <paramref name="at"/>.</summary>
    internal bool IsOpen(DateTime at)
    {
        if (Windows.Count == 0) return true;
        foreach (var window in Windows)
        {
            if (window.Contains(at)) return true;
        }

        return false;
    }

    /// <summary>The first instant after <paramref name="at"/> at which a window opens or closes; <see cref="DateTime.MaxValue"/> where there is none.</summary>
    internal DateTime NextChange(DateTime at)
    {
        var next = DateTime.MaxValue;
        foreach (var window in Windows)
        {
            if (window.NextChange(at) is var change && change < next) next = change;
        }

        return next;
    }

    /// <summary>No conditions.</summary>
    public static AccessConditions None { get; } = new();
}
