namespace OpcPortal.Models;

/// <summary>The local days that are billed, the last one included: 23 or 25 hours where daylight-saving time begins or ends.</summary>
/// <param name="First">The first day.</param>
/// <param name="Last">The last day.</param>
/// <param name="Zone">Where the days are days.</param>
public sealed record BillingPeriod(DateOnly First, DateOnly Last, TimeZoneInfo Zone)
{
    /// <summary>UTC: an interval that ends then is of the day before.</summary>
    public DateTime Start { get; } = LocalDay.Of(First, Zone).Start;

    /// <summary>UTC, included: the last interval ends then.</summary>
    public DateTime End { get; } = LocalDay.Of(Last, Zone).End;

    /// <summary>The days, in order.</summary>
    public IEnumerable<LocalDay> Days
    {
        get
        {
            for (var day = First; day <= Last; day = day.AddDays(1)) yield return LocalDay.Of(day, Zone);
        }
    }

    /// <summary>When registers are read: at each midnight, UTC, the ends of the period included.</summary>
    public IEnumerable<DateTime> Midnights => Days.Select(day => day.Start).Append(End);
}
