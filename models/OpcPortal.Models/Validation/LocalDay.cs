namespace OpcPortal.Models;

/// <summary>
/// A day as people live it, and the intervals that end in it, in UTC: 23 or 25 hours where daylight-saving time begins or ends. An interval belongs to the day in which it passes; the one that
/// ends at midnight belongs to the day before.
/// </summary>
/// <param name="Start">UTC, excluded: an interval that ends then is of the day before.</param>
/// <param name="End">UTC, included.</param>
public readonly record struct LocalDay(DateOnly Date, TimeZoneInfo Zone, DateTime Start, DateTime End)
{
    public static LocalDay Of(DateOnly date, TimeZoneInfo zone) => new(date, zone, MidnightOf(date, zone), MidnightOf(date.AddDays(1), zone));

    /// <summary>The day of an interval by its end.</summary>
    /// <param name="end">UTC.</param>
    public static LocalDay OfInterval(DateTime end, TimeZoneInfo zone) => Of(DateOnly.FromDateTime(LocalOf(end.AddTicks(-1), zone)), zone);

    /// <summary>The ends of its intervals, UTC, in order. Intervals are counted from midnight of UTC.</summary>
    public IEnumerable<DateTime> IntervalEnds(TimeSpan length) => EndsBetween(Start, End, length);

    /// <summary>The ends of intervals after <paramref name="from"/>, up to <paramref name="to"/>, both UTC.</summary>
    public static IEnumerable<DateTime> EndsBetween(DateTime from, DateTime to, TimeSpan length)
    {
        for (var end = EndAfter(from, length); end <= to; end += length) yield return end;
    }

    /// <summary>The first end of an interval after a time, UTC.</summary>
    public static DateTime EndAfter(DateTime time, TimeSpan length)
    {
        var midnight = time.Date;
        var passed = (time - midnight).Ticks / length.Ticks;
        return midnight + ((passed + 1) * length);
    }

    /// <summary>Whether a time is the end of an interval.</summary>
    public static bool IsEnd(DateTime time, TimeSpan length) => time.TimeOfDay.Ticks % length.Ticks == 0;

    /// <summary>What the clock on the wall shows at the end of an interval: what intervals of like days are compared by.</summary>
    public static TimeOnly ClockOf(DateTime end, TimeZoneInfo zone) => TimeOnly.FromDateTime(LocalOf(end, zone));

    private static DateTime LocalOf(DateTime utc, TimeZoneInfo zone) => TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), zone);

    // Where clocks go forward at midnight there is no midnight: the day begins with the first instant after the gap.
    private static DateTime MidnightOf(DateOnly date, TimeZoneInfo zone)
    {
        var midnight = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(midnight)) midnight = midnight.AddMinutes(15);
        if (!zone.IsAmbiguousTime(midnight)) return TimeZoneInfo.ConvertTimeToUtc(midnight, zone);
        // Where they go back at midnight it comes twice: the day begins with the first.
        var earliest = zone.GetAmbiguousTimeOffsets(midnight).Max();
        return DateTime.SpecifyKind(midnight - earliest, DateTimeKind.Utc);
    }
}
