namespace OpcPortal.Models;

/// <summary>Days that are alike in what people use.</summary>
public enum DayKind
{
    Weekday,
    Saturday,

    /// <summary>Sundays and holidays.</summary>
    Sunday,
}

/// <summary>Tells which days are alike.</summary>
/// <param name="Holidays">Days that are like Sundays.</param>
public sealed record DayCalendar(IReadOnlySet<DateOnly> Holidays)
{
    public static DayCalendar WithoutHolidays { get; } = new(new HashSet<DateOnly>());

    public DayKind KindOf(DateOnly date) => date.DayOfWeek switch
    {
        DayOfWeek.Sunday => DayKind.Sunday,
        _ when Holidays.Contains(date) => DayKind.Sunday,
        DayOfWeek.Saturday => DayKind.Saturday,
        _ => DayKind.Weekday,
    };

    /// <summary>Days of the same kind before a day, the newest first.</summary>
    /// <param name="weeks">How far back.</param>
    public IEnumerable<DateOnly> LikeDaysBefore(DateOnly date, int weeks)
    {
        var kind = KindOf(date);
        for (var back = 1; back <= weeks * 7; back++)
            if (KindOf(date.AddDays(-back)) == kind) yield return date.AddDays(-back);
    }
}
