namespace OpcPortal.Models;

/// <summary>A yearly season, from a day to another, both included; over the turn of the year where the first is later.</summary>
/// <param name="FromMonth">1 to 12.</param>
/// <param name="FromDay">1 to 31.</param>
public readonly record struct YearlySeason(int FromMonth, int FromDay, int UntilMonth, int UntilDay)
{
    public bool Contains(DateOnly day)
    {
        var (at, from, until) = (Number(day.Month, day.Day), Number(FromMonth, FromDay), Number(UntilMonth, UntilDay));
        return from <= until ? at >= from && at <= until : at >= from || at <= until;
    }

    private static int Number(int month, int day) => (month * 100) + day;
}

/// <summary>
/// What the law or the house forbids, as data: where, for which commodity, and when an action is not to be. Each condition that is given must fit; none given: always. Life support, weather, calendar
/// and jurisdiction are conditions of it.
/// </summary>
public sealed record Interlock
{
    /// <summary>Cited where it refuses.</summary>
    public required string Id { get; init; }

    /// <summary>For people: what it protects, and by which law.</summary>
    public required string Text { get; init; }

    public IReadOnlyList<ControlAction> Actions { get; init; } = [ControlAction.DisconnectSupply];

    /// <summary>Such as <c>US-CA</c>, with all within it (<c>US</c> holds in <c>US-CA</c>); null: everywhere.</summary>
    public string? Jurisdiction { get; init; }

    /// <summary>Types of devices, with their subtypes, such as <c>GasMeterType</c>; none: all.</summary>
    public IReadOnlyList<string> DeviceTypes { get; init; } = [];

    /// <summary>A flag of the premises, such as <c>life-support</c>; null: all premises.</summary>
    public string? Flag { get; init; }

    /// <summary>Customer classes; none: all.</summary>
    public IReadOnlyList<string> CustomerClasses { get; init; } = [];

    /// <summary>By the wall clock of the premises.</summary>
    public YearlySeason? Season { get; init; }

    /// <summary>Days on which it holds, by the wall clock of the premises; none: all.</summary>
    public IReadOnlyList<DateOnly> Dates { get; init; } = [];

    /// <summary>Days of the week; none: all.</summary>
    public IReadOnlyList<DayOfWeek> Weekdays { get; init; } = [];

    /// <summary>From this time of day on, by the wall clock; null: from midnight.</summary>
    public TimeOnly? From { get; init; }

    /// <summary>Until this time of day, excluded; before <see cref="From"/>: over midnight.</summary>
    public TimeOnly? Until { get; init; }

    /// <summary>Below so many degrees Celsius outside. Where the weather is not known it holds.</summary>
    public double? Below { get; init; }

    /// <summary>Above so many degrees Celsius outside. Where the weather is not known it holds.</summary>
    public double? Above { get; init; }

    /// <summary>Whether it forbids something.</summary>
    public bool Forbids(in InterlockFacts facts)
    {
        if (!Actions.Contains(facts.Action) || !IsWithin(facts.Jurisdiction)) return false;
        if (DeviceTypes.Count > 0 && !DeviceTypes.Any(facts.DeviceTypes.Contains)) return false;
        if (CustomerClasses.Count > 0 && (facts.CustomerClass is not { } own || !CustomerClasses.Contains(own))) return false;
        if (Flag is not null && !facts.Flags.Contains(Flag)) return false;
        return IsTime(facts.LocalTime) && IsWeather(facts.OutsideTemperature);
    }

    // Where nobody knows which law holds, each may.
    private bool IsWithin(string? jurisdiction) =>
        Jurisdiction is null || jurisdiction is null || jurisdiction == Jurisdiction || jurisdiction.StartsWith(Jurisdiction + "-", StringComparison.Ordinal);

    private bool IsTime(DateTime local)
    {
        var day = DateOnly.FromDateTime(local);
        if (Season is { } season && !season.Contains(day)) return false;
        if (Dates.Count > 0 && !Dates.Contains(day)) return false;
        if (Weekdays.Count > 0 && !Weekdays.Contains(local.DayOfWeek)) return false;
        if (From is null && Until is null) return true;
        return TimeOnly.FromDateTime(local).IsBetween(From ?? TimeOnly.MinValue, Until ?? TimeOnly.MinValue);
    }

    private bool IsWeather(double? temperature)
    {
        if (Below is null && Above is null) return true;
        return temperature is not { } degrees || double.IsNaN(degrees) || degrees < Below || degrees > Above;
    }
}

/// <summary>What interlocks go by.</summary>
/// <param name="DeviceTypes">The device's type and those above it.</param>
/// <param name="Jurisdiction">Of the premises; null: not known, so that rules of any may fit.</param>
/// <param name="Flags">Of the premises.</param>
/// <param name="CustomerClass">Of who lives there; null: nobody, or not known.</param>
/// <param name="LocalTime">By the wall clock of the premises.</param>
/// <param name="OutsideTemperature">Degrees Celsius; null: not known.</param>
public readonly record struct InterlockFacts(
    ControlAction Action, IReadOnlyCollection<string> DeviceTypes, string? Jurisdiction, IReadOnlyCollection<string> Flags, string? CustomerClass, DateTime LocalTime, double? OutsideTemperature)
{
    /// <summary>The first rule that forbids it.</summary>
    /// <returns>Null: none does.</returns>
    public ControlRefusal? Find(IReadOnlyList<Interlock> interlocks)
    {
        foreach (var interlock in interlocks)
            if (interlock.Forbids(this)) return new ControlRefusal(ControlRefusalKind.Interlocked, interlock.Text, interlock.Id);
        return null;
    }
}
