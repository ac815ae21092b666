namespace OpcPortal.Models;

/// <summary>
/// Validates and estimates a day of a channel. Pure, and the same facts give the same findings; with its findings in place it finds nothing more. Values that a device gave or a person
/// stated are noted upon; only what is missing or was estimated is given a value, unless the rules have failed readings replaced.
/// </summary>
public sealed class IntervalValidation
{
    // Two estimates nearer than this share are one: sums of floating point numbers differ in their last digits.
    private const double Same = 1e-9;

    private readonly StretchFacts _facts;
    private readonly IntervalReading[] _now;
    private readonly List<IntervalFinding> _findings = [];

    private IntervalValidation(StretchFacts facts)
    {
        _facts = facts;
        _now = [.. facts.Intervals];
    }

    /// <summary>In the order in which they are to be appended.</summary>
    public static IReadOnlyList<IntervalFinding> Run(StretchFacts facts)
    {
        var run = new IntervalValidation(facts);
        run.NoteMissing();
        var checks = new DayChecks(facts, run._now);
        checks.Run();
        run.Judge(checks);
        if (facts.Rules.Estimation is { } rules) run.Estimate(rules, checks);
        return run._findings;
    }

    private bool IsConcerned(int at) => (_now[at].End > _facts.Day.Start && _now[at].End <= _facts.Day.End) || _facts.Register is { } span && span.ShareOf(_now[at].End, _facts.Length) > 0;

    private void NoteMissing()
    {
        for (var at = 0; at < _now.Length; at++)
        {
            if (!IsConcerned(at) || _now[at].State != IntervalState.Missing || _now[at].End + _facts.Rules.MissingAfter > _facts.Now) continue;
            _findings.Add(new IntervalFinding(_now[at].End, RevisionKind.Insert, null, QualityCodes.KnownMissing, "nothing came for this interval"));
            _now[at] = _now[at] with { State = IntervalState.KnownMissing, Quality = QualityCodes.KnownMissing.By(QualityOrigin.MeterDataManagement) };
        }
    }

    private void Judge(DayChecks checks)
    {
        foreach (var at in checks.OfDay)
        {
            var interval = _now[at];
            if (!interval.IsReal) continue;
            if (checks.Failures.TryGetValue(at, out var failure))
            {
                if (!failure.Meaning.Is(interval.Quality)) Note(interval.End, failure.Meaning, failure.Reason);
            }
            else if (interval.State == IntervalState.Edited && interval.Quality.Category == QualityCode.Edited) Note(interval.End, QualityCodes.Validated, "what was edited passes");
            else if (QualityCodes.DataValid.Is(interval.Quality)) Note(interval.End, QualityCodes.Validated, "");
            else if (interval.Quality.Category == QualityCode.ValidationFailed && IsOfDay(interval.Quality)) Note(interval.End, QualityCodes.Validated, $"it passes now; before: {QualityCodes.Describe(interval.Quality)}");
        }
    }

    // What was found on arrival for another reason than its value is not taken back by a look at the day.
    private static bool IsOfDay(QualityCode quality) => !QualityCodes.UnitMismatch.Is(quality) && !QualityCodes.FutureTime.Is(quality) && !QualityCodes.TimeBeforeFleet.Is(quality) && !QualityCodes.IntervalSize.Is(quality);

    private void Note(DateTime end, QualityMeaning meaning, string reason) => _findings.Add(new IntervalFinding(end, RevisionKind.Note, null, meaning, reason));

    private void Estimate(EstimationRules rules, DayChecks checks)
    {
        var isWanted = new bool[_now.Length];
        for (var at = 0; at < _now.Length; at++) isWanted[at] = IsConcerned(at) && _now[at].End + rules.After <= _facts.Now && IsToEstimate(at, rules, checks);
        if (!Array.Exists(isWanted, wanted => wanted)) return;
        var estimates = new GapEstimator(_facts, rules, _now, isWanted).Run();
        var isProlonged = _facts.EstimatedDaysBefore >= rules.MaxDays;
        for (var at = 0; at < _now.Length; at++)
            if (estimates[at] is { } estimate && IsBetter(_now[at], estimate)) Add(_now[at], estimate, isProlonged ? $"; estimated for {_facts.EstimatedDaysBefore} days on end, {rules.MaxDays} are fit for billing" : "");
    }

    private bool IsToEstimate(int at, EstimationRules rules, DayChecks checks) => _now[at].State switch
    {
        IntervalState.Missing or IntervalState.KnownMissing or IntervalState.Unusable or IntervalState.Estimated => true,
        IntervalState.Measured => rules.ReplacesFailed && checks.Failures.ContainsKey(at),
        _ => false,
    };

    // An estimate stays until the register tells more: else each look at like days, which change too, would give another.
    private static bool IsBetter(in IntervalReading interval, in IntervalEstimate estimate)
    {
        if (interval.State != IntervalState.Estimated) return true;
        return estimate.Method == EstimationMethod.Register && (!IsByRegister(interval.Quality) || Math.Abs(interval.Value - estimate.Value) > Same * Math.Max(1, Math.Abs(estimate.Value)));
    }

    private static bool IsByRegister(QualityCode quality) => QualityCodes.RegisterProration.Is(quality) || QualityCodes.BillableRegisterProration.Is(quality);

    private void Add(in IntervalReading interval, in IntervalEstimate estimate, string remark)
    {
        var kind = interval.State == IntervalState.Missing ? RevisionKind.Insert : RevisionKind.Replace;
        _findings.Add(new IntervalFinding(interval.End, kind, estimate.Value, MeaningOf(estimate.Method, _facts.EstimatesAreBillable && remark.Length == 0), estimate.Reason + remark));
    }

    private static QualityMeaning MeaningOf(EstimationMethod method, bool isBillable) => (method, isBillable) switch
    {
        (EstimationMethod.Interpolation, false) => QualityCodes.Interpolated,
        (EstimationMethod.Interpolation, true) => QualityCodes.BillableInterpolated,
        (EstimationMethod.LikeDays, false) => QualityCodes.LikeDays,
        (EstimationMethod.LikeDays, true) => QualityCodes.BillableLikeDays,
        (EstimationMethod.Profile, false) => QualityCodes.Profile,
        (EstimationMethod.Profile, true) => QualityCodes.BillableProfile,
        (_, false) => QualityCodes.RegisterProration,
        _ => QualityCodes.BillableRegisterProration,
    };
}
