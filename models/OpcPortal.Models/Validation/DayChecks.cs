using System.Globalization;

namespace OpcPortal.Models;

/// <summary>Looks at the real intervals of a day as a whole: each fails by the first rule that it does not fit.</summary>
internal sealed class DayChecks
{
    // A unit taken for another is off by a power of ten, or by hours for seconds, to within this share.
    private const double FactorTolerance = 0.02;

    private static readonly double[] Factors = [1000, 0.001, 1_000_000, 0.000001, 10, 0.1, 100, 0.01, 3600, 1 / 3600.0, 3.6, 1 / 3.6];

    private readonly StretchFacts _facts;
    private readonly ChannelRules _rules;
    private readonly IntervalReading[] _intervals;
    private readonly List<int> _ofDay = [];
    private readonly Dictionary<int, (QualityMeaning Meaning, string Reason)> _failures = [];

    /// <param name="intervals">As they are now: what is missing is known to be.</param>
    public DayChecks(StretchFacts facts, IntervalReading[] intervals)
    {
        _facts = facts;
        _rules = facts.Rules;
        _intervals = intervals;
        for (var i = 0; i < intervals.Length; i++)
            if (intervals[i].End > facts.Day.Start && intervals[i].End <= facts.Day.End) _ofDay.Add(i);
    }

    /// <summary>Places of the intervals of the day.</summary>
    public IReadOnlyList<int> OfDay => _ofDay;

    /// <summary>What failed, by place.</summary>
    public IReadOnlyDictionary<int, (QualityMeaning Meaning, string Reason)> Failures => _failures;

    public void Run()
    {
        foreach (var at in _ofDay) CheckAlone(at);
        CheckZeros();
        var sum = CompareSum();
        // What the register has too is no fault of the meter.
        if (sum != Comparison.Confirmed || !_rules.AcceptsConfirmed)
        {
            CheckSpike();
            CheckShares();
        }
    }

    private void CheckAlone(int at)
    {
        var interval = _intervals[at];
        if (!interval.IsReal) return;
        var value = interval.Value;
        if (value < 0) Fail(at, QualityCodes.Negative, $"{_facts.Text(value)} in one interval");
        else if (_rules.Limits is { } limits && value > limits.High) Fail(at, QualityCodes.AboveLimit, $"{_facts.Text(value)} in one interval, at most {_facts.Text(limits.High)}");
        else if (_rules.Limits is { } least && value < least.Low) Fail(at, QualityCodes.BelowLimit, $"{_facts.Text(value)} in one interval, at least {_facts.Text(least.Low)}");
        else if (_rules.Inactive is { } inactive && _facts.InactiveSince is { } since && interval.End - _facts.Length >= since && value > inactive.Above)
            Fail(at, QualityCodes.UsageOnInactiveMeter, $"{_facts.Text(value)} although the supply has been off since {Time(since)}");
        else if (_rules.Sibling is { } sibling && _facts.Sibling.TryGetValue(interval.End, out var other) && value > sibling.Above && other > sibling.Above)
            Fail(at, QualityCodes.SiblingChannels, $"{_facts.Text(value)}, and {sibling.Point} has {_facts.Text(other)} in the same interval");
        else if (_rules.ChecksDuplicates && interval is { State: IntervalState.Measured, Former: { } former } && former != value)
            Fail(at, QualityCodes.Duplicate, $"{_facts.Text(value)} came for a time for which {_facts.Text(former)} was there");
    }

    private void CheckZeros()
    {
        if (_rules.Zero is not { } rule) return;
        for (var at = 0; at < _intervals.Length;)
        {
            var first = at;
            while (at < _intervals.Length && _intervals[at] is { IsReal: true, Value: 0 }) at++;
            var count = at - first;
            if (count > rule.MaxIntervals)
                for (var i = first; i < at; i++)
                    if (_intervals[i].State == IntervalState.Measured) FailOfDay(i, QualityCodes.ZeroUsage, $"nothing in {count} intervals on end, {rule.MaxIntervals} pass");
            if (count == 0) at++;
        }
    }

    // DASMMD VEE, spike check: the highest interval beside the third highest.
    private void CheckSpike()
    {
        if (_rules.Spike is not { } rule) return;
        var highest = _ofDay.Where(at => _intervals[at].IsReal).OrderByDescending(at => _intervals[at].Value).Take(3).ToList();
        if (highest.Count < 3 || _intervals[highest[0]].State != IntervalState.Measured) return;
        var (first, third) = (_intervals[highest[0]].Value, _intervals[highest[2]].Value);
        if (first <= rule.Above || first - third <= rule.Ratio * third) return;
        Fail(highest[0], QualityCodes.Spike, $"spike check: highest {_facts.Text(first)}, third highest {_facts.Text(third)}, ratio at most {StretchFacts.Number(rule.Ratio)}");
    }

    private void CheckShares()
    {
        if (_rules.Shares is not { } rule || !_ofDay.TrueForAll(at => _intervals[at].IsReal)) return;
        var sums = SumsOfLikeDays();
        if (sums.Count == 0) return;
        var (total, average) = (_ofDay.Sum(at => _intervals[at].Value), sums.Average());
        if (average <= rule.Above) return;
        var meaning = total > rule.High * average ? QualityCodes.AboveShare : total < rule.Low * average ? QualityCodes.BelowShare : null;
        if (meaning is null) return;
        var bound = meaning == QualityCodes.AboveShare ? $"at most {Percent(rule.High)}" : $"at least {Percent(rule.Low)}";
        FailMeasured(meaning, $"like days: {_facts.Text(total)} this day, average of {sums.Count} like days {_facts.Text(average)}, {bound} of it");
    }

    // A like day of another length is counted by the hours of the wall clock that this day has.
    private List<double> SumsOfLikeDays()
    {
        var sums = new List<double>();
        var clocks = _ofDay.ConvertAll(at => LocalDay.ClockOf(_intervals[at].End, _facts.Day.Zone));
        foreach (var day in _facts.LikeDays.GetValueOrDefault(_facts.Day.Date) ?? [])
            if (clocks.TrueForAll(day.Values.ContainsKey)) sums.Add(clocks.Sum(clock => day.Values[clock]));
        return sums;
    }

    private enum Comparison
    {
        None,
        Confirmed,
        Failed,
    }

    private Comparison CompareSum()
    {
        if (_rules.Sum is not { } rule || _facts.Register is not { } span) return Comparison.None;
        var sum = 0.0;
        foreach (var interval in _intervals)
        {
            var share = span.ShareOf(interval.End, _facts.Length);
            if (share == 0) continue;
            // Estimates are made to fit: they prove nothing.
            if (!interval.IsReal) return Comparison.None;
            sum += share * interval.Value;
        }

        if (Math.Abs(sum - span.Consumption) <= Math.Max(rule.Slack, Math.Abs(span.Consumption) * rule.Percent / 100)) return Comparison.Confirmed;
        var reason = $"sum check: intervals {_facts.Text(sum)}, registers {_facts.Text(span.Consumption)}, tolerance {rule.Percent.ToString("0.##", CultureInfo.InvariantCulture)} %{span.Remark}";
        if (Array.Find(Factors, factor => Math.Abs(sum - (factor * span.Consumption)) <= FactorTolerance * factor * Math.Abs(span.Consumption)) is var unit and > 0 && span.Consumption > 0)
            reason += $"; a factor of {unit.ToString("0.######", CultureInfo.InvariantCulture)}: one of them has another unit";
        FailMeasured(QualityCodes.SumCheck, reason, withEdited: true);
        return Comparison.Failed;
    }

    private void FailMeasured(QualityMeaning meaning, string reason, bool withEdited = false)
    {
        foreach (var at in _ofDay)
            if (_intervals[at].State == IntervalState.Measured || (withEdited && _intervals[at].State == IntervalState.Edited)) Fail(at, meaning, reason);
    }

    private void FailOfDay(int at, QualityMeaning meaning, string reason)
    {
        if (_ofDay.Count > 0 && at >= _ofDay[0] && at <= _ofDay[^1]) Fail(at, meaning, reason);
    }

    private void Fail(int at, QualityMeaning meaning, string reason) => _failures.TryAdd(at, (meaning, reason));

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string Time(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
