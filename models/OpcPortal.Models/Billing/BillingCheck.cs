namespace OpcPortal.Models;

/// <summary>
/// Whether readings may be billed: one for each interval of the period and no other, each validated, or estimated under the owner's rules (<see cref="QualityGrade.IsBillable"/>). What may not is
/// named, stretch by stretch.
/// </summary>
public static class BillingCheck
{
    /// <summary>How long before midnight a register may have been read to stand for midnight: the longest interval that meters have.</summary>
    public static readonly TimeSpan RegisterTolerance = TimeSpan.FromHours(1);

    /// <summary>The flaws of a channel.</summary>
    /// <param name="readings">In the order of their times; of a register those that stand for midnights.</param>
    public static IReadOnlyList<BillingFlaw> FlawsOf(BillingChannel channel, BillingPeriod period, IReadOnlyList<BillingReading> readings)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(period);
        ArgumentNullException.ThrowIfNull(readings);
        var flaws = new List<BillingFlaw>();
        if (channel.IsRegister) CheckRegister(channel, period, readings, flaws);
        else CheckIntervals(channel, period, readings, flaws);
        return flaws;
    }

    private static void CheckIntervals(BillingChannel channel, BillingPeriod period, IReadOnlyList<BillingReading> readings, List<BillingFlaw> flaws)
    {
        var next = 0;
        foreach (var end in LocalDay.EndsBetween(period.Start, period.End, channel.Interval))
        {
            for (; next < readings.Count && readings[next].At < end; next++)
                Add(flaws, new BillingFlaw(channel, readings[next].At - channel.Interval, readings[next].At, readings[next].Quality, "is not at the end of an interval"));
            if (next == readings.Count || readings[next].At != end) Add(flaws, new BillingFlaw(channel, end - channel.Interval, end, null, "is missing"));
            else Judge(channel, end - channel.Interval, readings[next++], flaws);
        }

        for (; next < readings.Count; next++)
            Add(flaws, new BillingFlaw(channel, readings[next].At - channel.Interval, readings[next].At, readings[next].Quality, "is not at the end of an interval"));
    }

    private static void CheckRegister(BillingChannel channel, BillingPeriod period, IReadOnlyList<BillingReading> readings, List<BillingFlaw> flaws)
    {
        foreach (var midnight in period.Midnights)
        {
            if (StandingFor(midnight, readings) is { } reading) Judge(channel, reading.At, reading, flaws);
            else flaws.Add(new BillingFlaw(channel, midnight - RegisterTolerance, midnight, null, "was not read"));
        }
    }

    /// <summary>The reading of a register that stands for a midnight: the last one before it, or at it; null: it was not read in time.</summary>
    public static BillingReading? StandingFor(DateTime midnight, IReadOnlyList<BillingReading> readings)
    {
        ArgumentNullException.ThrowIfNull(readings);
        for (var i = readings.Count - 1; i >= 0; i--)
            if (readings[i].At <= midnight) return readings[i].At >= midnight - RegisterTolerance ? readings[i] : null;
        return null;
    }

    private static void Judge(BillingChannel channel, DateTime from, in BillingReading reading, List<BillingFlaw> flaws)
    {
        if (!QualityGrade.IsBillable(reading.Status, reading.Quality)) Add(flaws, new BillingFlaw(channel, from, reading.At, reading.Quality, $"is {TextOf(reading)}"));
        else if (!double.IsFinite(reading.Value)) Add(flaws, new BillingFlaw(channel, from, reading.At, reading.Quality, "has no value"));
    }

    private static string TextOf(in BillingReading reading) =>
        QualityCodes.DataValid.Is(reading.Quality) ? $"not validated ({reading.Quality})" : QualityCodes.Describe(reading.Quality);

    // A day without readings is one gap, not 96.
    private static void Add(List<BillingFlaw> flaws, BillingFlaw flaw)
    {
        if (flaws.Count > 0 && flaws[^1] is var last && last.To == flaw.From && last.Code == flaw.Code && last.Reason == flaw.Reason) flaws[^1] = last with { To = flaw.To };
        else flaws.Add(flaw);
    }
}
