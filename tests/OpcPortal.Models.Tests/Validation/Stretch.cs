namespace OpcPortal.Models.Tests;

/// <summary>Facts of a day for tests: a Tuesday of hourly intervals in UTC, unless said otherwise, with the day's values given by hour.</summary>
internal static class Stretch
{
    public static readonly DateOnly Tuesday = new(2026, 3, 10);
    public static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Rules that check nothing and estimate nothing.</summary>
    public static ChannelRules Rules { get; } = new() { Interval = "IntervalEnergyImport", ChecksDuplicates = false };

    /// <param name="values">NaN: nothing came.</param>
    public static StretchFacts Of(ChannelRules rules, params ReadOnlySpan<double> values)
    {
        var day = LocalDay.Of(Tuesday, TimeZoneInfo.Utc);
        // One before and one after, of which nothing is known.
        var intervals = new List<IntervalReading> { new(day.Start, IntervalState.Missing) };
        var at = 0;
        foreach (var end in day.IntervalEnds(Hour)) intervals.Add(values[at++] is var value && double.IsNaN(value) ? new(end, IntervalState.Missing) : Measured(end, value));
        intervals.Add(new(day.End + Hour, IntervalState.Missing));
        return new StretchFacts { Rules = rules, Day = day, Length = Hour, Unit = "kWh", Intervals = intervals, Now = day.End.AddDays(2) };
    }

    /// <summary>24 hours of one value.</summary>
    public static double[] Flat(double value) => [.. Enumerable.Repeat(value, 24)];

    /// <summary>The same with other values at some hours.</summary>
    public static double[] With(this double[] values, params ReadOnlySpan<(int Hour, double Value)> others)
    {
        double[] changed = [.. values];
        foreach (var (hour, value) in others) changed[hour] = value;
        return changed;
    }

    public static IntervalReading Measured(DateTime end, double value) => new(end, IntervalState.Measured, value, QualityCodes.Validated.By(QualityOrigin.MeterDataManagement));

    /// <summary>Registers at both midnights.</summary>
    public static StretchFacts WithRegister(this StretchFacts facts, double consumption) =>
        facts with { Register = new RegisterSpan(new(facts.Day.Start, 1000), new(facts.Day.End, 1000 + consumption), consumption) };

    /// <summary>Like days, the newest first, of one value in every hour.</summary>
    public static StretchFacts WithLikeDays(this StretchFacts facts, params ReadOnlySpan<double> values)
    {
        var days = new List<LikeDay>();
        foreach (var value in values) days.Add(new LikeDay(facts.Day.Date.AddDays(-1 - days.Count), Enumerable.Range(0, 24).ToDictionary(hour => new TimeOnly(hour, 0), _ => value)));
        return facts with { LikeDays = new Dictionary<DateOnly, IReadOnlyList<LikeDay>> { [facts.Day.Date] = days } };
    }

    public static DateTime End(int hour) => LocalDay.Of(Tuesday, TimeZoneInfo.Utc).Start.AddHours(hour + 1);

    /// <summary>The facts once the findings are part of history.</summary>
    public static StretchFacts After(this StretchFacts facts, IReadOnlyList<IntervalFinding> findings)
    {
        var intervals = facts.Intervals.ToDictionary(interval => interval.End);
        foreach (var finding in findings)
        {
            var interval = intervals[finding.End] with { Quality = finding.Meaning.By(QualityOrigin.MeterDataManagement) };
            if (finding.Kind != RevisionKind.Note)
            {
                var state = finding.Value is null ? IntervalState.KnownMissing : finding.Meaning.Category == QualityCode.Estimated ? IntervalState.Estimated : IntervalState.Measured;
                interval = interval with { State = state, Value = finding.Value ?? 0 };
            }

            intervals[finding.End] = interval;
        }

        return facts with { Intervals = [.. intervals.Values.OrderBy(interval => interval.End)] };
    }
}
