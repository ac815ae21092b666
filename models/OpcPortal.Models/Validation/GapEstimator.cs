using System.Globalization;

namespace OpcPortal.Models;

/// <summary>What an interval is estimated to be, and how.</summary>
internal readonly record struct IntervalEstimate(double Value, EstimationMethod Method, string Reason);

/// <summary>Estimates intervals from what is around them, on like days, in a profile and in the register. What is real is read, never written.</summary>
internal sealed class GapEstimator
{
    private readonly StretchFacts _facts;
    private readonly EstimationRules _rules;
    private readonly IntervalReading[] _intervals;
    private readonly bool[] _isWanted;
    private readonly IntervalEstimate?[] _estimates;

    /// <param name="isWanted">By place: what is to be estimated.</param>
    public GapEstimator(StretchFacts facts, EstimationRules rules, IntervalReading[] intervals, bool[] isWanted)
    {
        _facts = facts;
        _rules = rules;
        _intervals = intervals;
        _isWanted = isWanted;
        _estimates = new IntervalEstimate?[intervals.Length];
    }

    /// <returns>By place; null: not wanted, or nothing to estimate it from.</returns>
    public IntervalEstimate?[] Run()
    {
        for (var at = 0; at < _intervals.Length;)
        {
            var first = at;
            while (at < _intervals.Length && _isWanted[at]) at++;
            if (at > first) Fill(first, at - first);
            else at++;
        }

        if (_rules.Order.Contains(EstimationMethod.Register)) FitToRegister();
        return _estimates;
    }

    private void Fill(int first, int count)
    {
        foreach (var method in _rules.Order)
        {
            var isDone = method switch
            {
                EstimationMethod.Interpolation => TryInterpolate(first, count),
                EstimationMethod.LikeDays => TryLikeDays(first, count),
                EstimationMethod.Profile => TryProfile(first, count),
                _ => false,
            };
            if (isDone) return;
        }
    }

    private bool TryInterpolate(int first, int count)
    {
        var (before, after) = (first - 1, first + count);
        if (count > _rules.MaxInterpolated || before < 0 || after >= _intervals.Length || !_intervals[before].IsReal || !_intervals[after].IsReal) return false;
        var (from, to) = (_intervals[before].Value, _intervals[after].Value);
        var reason = $"a line from {_facts.Text(from)} to {_facts.Text(to)} over {count} {(count == 1 ? "interval" : "intervals")}";
        for (var i = 0; i < count; i++) _estimates[first + i] = new IntervalEstimate(from + ((to - from) * (i + 1) / (count + 1)), EstimationMethod.Interpolation, reason);
        return true;
    }

    // All of the gap or none of it: a gap of two methods is explained to nobody.
    private bool TryLikeDays(int first, int count)
    {
        var found = new IntervalEstimate[count];
        for (var i = 0; i < count; i++)
        {
            var end = _intervals[first + i].End;
            var clock = LocalDay.ClockOf(end, _facts.Day.Zone);
            var days = _facts.LikeDays.GetValueOrDefault(LocalDay.OfInterval(end, _facts.Day.Zone).Date) ?? [];
            var values = new List<double>(_rules.LikeDays);
            foreach (var day in days)
                if (values.Count < _rules.LikeDays && day.Values.TryGetValue(clock, out var value)) values.Add(value);
            if (values.Count < Math.Max(1, _rules.MinLikeDays)) return false;
            var list = string.Join(", ", values.Select(StretchFacts.Number));
            found[i] = new IntervalEstimate(values.Average(), EstimationMethod.LikeDays, $"averaged over {values.Count} like {(values.Count == 1 ? "day" : "days")}: {list} {_facts.Unit}".TrimEnd());
        }

        for (var i = 0; i < count; i++) _estimates[first + i] = found[i];
        return true;
    }

    private bool TryProfile(int first, int count)
    {
        if (_rules.Profile.Count == 0) return false;
        for (var i = 0; i < count; i++)
        {
            // The hour in which the interval passes: that which ends at 18:00 is of 17.
            var hour = LocalDay.ClockOf(_intervals[first + i].End.AddTicks(-1), _facts.Day.Zone).Hour;
            var value = _rules.Profile[hour] * (_facts.Length / TimeSpan.FromHours(1));
            _estimates[first + i] = new IntervalEstimate(value, EstimationMethod.Profile, $"the profile has {_facts.Text(_rules.Profile[hour])} for the hour {hour}");
        }

        return true;
    }

    // Scalar proration: estimates keep their shape, and with what was measured they sum up to the register.
    private void FitToRegister()
    {
        if (_facts.Register is not { } span) return;
        double measured = 0, estimated = 0, shares = 0;
        for (var at = 0; at < _intervals.Length; at++)
        {
            var share = span.ShareOf(_intervals[at].End, _facts.Length);
            if (share == 0) continue;
            if (_isWanted[at])
            {
                shares += share;
                // What no method could fill is spread with the rest.
                estimated += share * (_estimates[at]?.Value ?? double.NaN);
            }
            else if (_intervals[at].IsReal) measured += share * _intervals[at].Value;
            else return;
        }

        var rest = span.Consumption - measured;
        if (shares == 0 || rest < 0) return;
        var isSpread = !(estimated > 0);
        var begin = $"the register counted {_facts.Text(span.Consumption)} from {Time(span.From.At)} to {Time(span.To.At)}{span.Remark}, intervals have {_facts.Text(measured)} of it; ";
        var factor = isSpread ? 0 : rest / estimated;
        for (var at = 0; at < _intervals.Length; at++)
        {
            if (!_isWanted[at] || span.ShareOf(_intervals[at].End, _facts.Length) == 0) continue;
            _estimates[at] = isSpread
                ? new IntervalEstimate(rest / shares, EstimationMethod.Register, begin + "the rest is spread evenly")
                : new IntervalEstimate(_estimates[at]!.Value.Value * factor, EstimationMethod.Register, $"{begin}scaled by {factor.ToString("0.####", CultureInfo.InvariantCulture)}: {_estimates[at]!.Value.Reason}");
        }
    }

    private static string Time(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
