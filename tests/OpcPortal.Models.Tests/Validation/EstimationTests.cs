namespace OpcPortal.Models.Tests;

public sealed class EstimationTests
{
    private static readonly EstimationRules Rules = new();

    private static ChannelRules With(EstimationRules rules) => Stretch.Rules with { Estimation = rules };

    private static List<IntervalFinding> Estimates(StretchFacts facts) => [.. IntervalValidation.Run(facts).Where(finding => finding.Value is not null)];

    [Fact]
    public void What_did_not_come_is_known_to_be_missing_first_and_then_estimated_beside()
    {
        var findings = IntervalValidation.Run(Stretch.Of(With(Rules), Stretch.Flat(1).With((4, double.NaN))));
        Assert.Equal([RevisionKind.Insert, RevisionKind.Replace], findings.Select(finding => finding.Kind));
        Assert.Equal([QualityCodes.KnownMissing, QualityCodes.Interpolated], findings.Select(finding => finding.Meaning));
        Assert.Null(findings[0].Value);
        Assert.Equal(1, findings[1].Value);
    }

    [Fact]
    public void Nothing_is_missing_or_estimated_before_its_time()
    {
        var facts = Stretch.Of(With(Rules), Stretch.Flat(1).With((4, double.NaN)));
        Assert.Empty(IntervalValidation.Run(facts with { Now = Stretch.End(4).AddMinutes(119) }));
        Assert.Equal(QualityCodes.KnownMissing, Assert.Single(IntervalValidation.Run(facts with { Now = Stretch.End(4).AddMinutes(120) })).Meaning);
        Assert.Single(IntervalValidation.Run(facts with { Now = Stretch.End(4).AddHours(24).AddTicks(-1) }));
        Assert.Equal(2, IntervalValidation.Run(facts with { Now = Stretch.End(4).AddHours(24) }).Count);
    }

    [Fact]
    public void A_short_gap_is_a_line()
    {
        // From 1.0 at hour 3 to 2.0 at hour 7: 1.25, 1.5, 1.75.
        var estimates = Estimates(Stretch.Of(With(Rules), Stretch.Flat(1).With((4, double.NaN), (5, double.NaN), (6, double.NaN), (7, 2))));
        Assert.Equal([1.25, 1.5, 1.75], estimates.Select(finding => finding.Value!.Value));
        Assert.All(estimates, finding => Assert.Equal((QualityCodes.Interpolated, "a line from 1.00 kWh to 2.00 kWh over 3 intervals"), (finding.Meaning, finding.Reason)));
    }

    [Fact]
    public void A_gap_longer_than_allowed_is_averaged_over_like_days()
    {
        var facts = Stretch.Of(With(Rules with { MaxInterpolated = 2 }), Stretch.Flat(1).With((4, double.NaN), (5, double.NaN), (6, double.NaN))).WithLikeDays(0.41, 0.39, 0.44, 0.40, 99);
        var estimates = Estimates(facts);
        Assert.Equal(3, estimates.Count);
        Assert.All(estimates, finding =>
        {
            Assert.Equal(0.41, finding.Value!.Value, 12);
            Assert.Equal((QualityCodes.LikeDays, "averaged over 4 like days: 0.41, 0.39, 0.44, 0.40 kWh"), (finding.Meaning, finding.Reason));
        });
        Assert.All(Estimates(facts with { Rules = With(Rules with { MaxInterpolated = 3 }) }), finding => Assert.Equal(QualityCodes.Interpolated, finding.Meaning));
    }

    [Fact]
    public void Fewer_like_days_than_demanded_leave_it_to_the_profile()
    {
        var profile = Enumerable.Range(0, 24).Select(hour => hour / 10.0).ToArray();
        var facts = Stretch.Of(With(Rules with { MaxInterpolated = 0, MinLikeDays = 3, Profile = profile }), Stretch.Flat(1).With((17, double.NaN))).WithLikeDays(5, 5);
        var estimate = Assert.Single(Estimates(facts));
        Assert.Equal((1.7, QualityCodes.Profile, "the profile has 1.70 kWh for the hour 17"), (estimate.Value!.Value, estimate.Meaning, estimate.Reason));
        Assert.Equal(QualityCodes.LikeDays, Assert.Single(Estimates(facts.WithLikeDays(5, 5, 5))).Meaning);
    }

    [Fact]
    public void What_nothing_can_be_estimated_from_stays_missing() =>
        Assert.Equal(QualityCodes.KnownMissing, Assert.Single(IntervalValidation.Run(Stretch.Of(With(Rules with { MaxInterpolated = 0 }), Stretch.Flat(1).With((17, double.NaN))))).Meaning);

    [Fact]
    public void The_register_scales_estimates_so_that_all_sums_up()
    {
        // 22 h of 1 kWh measured; like days have 1 for each of the two missing hours; the register has 25: 3 for the gap, so 1.5 each.
        var facts = Stretch.Of(With(Rules with { MaxInterpolated = 0 }), Stretch.Flat(1).With((4, double.NaN), (5, double.NaN))).WithLikeDays(1).WithRegister(25);
        var estimates = Estimates(facts);
        Assert.Equal([1.5, 1.5], estimates.Select(finding => finding.Value!.Value));
        Assert.All(estimates, finding => Assert.Equal(QualityCodes.RegisterProration, finding.Meaning));
        Assert.Equal("the register counted 25.00 kWh from 2026-03-10T00:00:00Z to 2026-03-11T00:00:00Z, intervals have 22.00 kWh of it; scaled by 1.5: averaged over 1 like day: 1.00 kWh", estimates[0].Reason);
    }

    [Fact]
    public void Without_any_shape_the_register_is_spread_evenly()
    {
        var estimates = Estimates(Stretch.Of(With(Rules with { MaxInterpolated = 0 }), Stretch.Flat(1).With((4, double.NaN), (5, double.NaN))).WithRegister(25));
        Assert.Equal([1.5, 1.5], estimates.Select(finding => finding.Value!.Value));
        Assert.EndsWith("the rest is spread evenly", estimates[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_register_that_has_less_than_was_measured_scales_nothing()
    {
        var estimates = Estimates(Stretch.Of(With(Rules), Stretch.Flat(1).With((4, double.NaN))).WithRegister(22.9));
        Assert.Equal(QualityCodes.Interpolated, Assert.Single(estimates).Meaning);
    }

    [Fact]
    public void A_register_read_later_replaces_the_estimate_once()
    {
        var facts = Stretch.Of(With(Rules), Stretch.Flat(1).With((4, double.NaN)));
        var estimated = facts.After(IntervalValidation.Run(facts));
        Assert.Empty(IntervalValidation.Run(estimated));
        var again = Assert.Single(IntervalValidation.Run(estimated.WithRegister(26)));
        Assert.Equal((RevisionKind.Replace, 3.0, QualityCodes.RegisterProration), (again.Kind, again.Value!.Value, again.Meaning));
        Assert.Empty(IntervalValidation.Run(estimated.WithRegister(26).After([again])));
    }

    [Fact]
    public void Estimates_are_fit_for_billing_under_the_owners_rules_and_not_for_too_long()
    {
        var facts = Stretch.Of(With(Rules with { MaxDays = 10 }), Stretch.Flat(1).With((4, double.NaN)));
        Assert.False(QualityGrade.IsBillable(ReadingStatus.Good, Assert.Single(Estimates(facts)).Meaning.By(QualityOrigin.MeterDataManagement)));
        var billable = facts with { EstimatesAreBillable = true, EstimatedDaysBefore = 9 };
        Assert.True(QualityGrade.IsBillable(ReadingStatus.Good, Assert.Single(Estimates(billable)).Meaning.By(QualityOrigin.MeterDataManagement)));
        var prolonged = Assert.Single(Estimates(billable with { EstimatedDaysBefore = 10 }));
        Assert.False(QualityGrade.IsBillable(ReadingStatus.Good, prolonged.Meaning.By(QualityOrigin.MeterDataManagement)));
        Assert.EndsWith("estimated for 10 days on end, 10 are fit for billing", prolonged.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_fails_is_estimated_only_where_the_rules_say_so()
    {
        var rules = Stretch.Rules with { Limits = new LimitRule(0, 25), Estimation = Rules };
        var facts = Stretch.Of(rules, Stretch.Flat(1).With((4, 99)));
        Assert.Equal(RevisionKind.Note, Assert.Single(IntervalValidation.Run(facts)).Kind);
        var findings = IntervalValidation.Run(facts with { Rules = rules with { Estimation = Rules with { ReplacesFailed = true } } });
        Assert.Equal([(RevisionKind.Note, QualityCodes.AboveLimit), (RevisionKind.Replace, QualityCodes.Interpolated)], findings.Select(finding => (finding.Kind, finding.Meaning)));
    }

    [Fact]
    public void A_number_that_is_none_is_estimated_like_what_is_missing()
    {
        var facts = Stretch.Of(With(Rules), Stretch.Flat(1));
        facts = facts with { Intervals = [.. facts.Intervals.Select(interval => interval.End == Stretch.End(4) ? interval with { State = IntervalState.Unusable, Value = double.NaN } : interval)] };
        Assert.Equal((RevisionKind.Replace, 1.0), (Assert.Single(Estimates(facts)).Kind, Estimates(facts)[0].Value!.Value));
    }

    [Fact]
    public void On_the_day_of_25_hours_both_hours_of_one_time_are_estimated_from_the_one_of_like_days()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var day = LocalDay.Of(new DateOnly(2026, 10, 25), berlin);
        var intervals = new List<IntervalReading> { new(day.Start, IntervalState.Missing) };
        foreach (var end in day.IntervalEnds(Stretch.Hour))
            // Clocks show 02:00 twice: at 00:00 UTC, and at 01:00 UTC when they go back from 03:00.
            intervals.Add(LocalDay.ClockOf(end, berlin) == new TimeOnly(2, 0) ? new(end, IntervalState.Missing) : Stretch.Measured(end, 1));
        intervals.Add(new(day.End + Stretch.Hour, IntervalState.Missing));
        var like = new LikeDay(day.Date.AddDays(-7), Enumerable.Range(0, 24).ToDictionary(hour => new TimeOnly(hour, 0), hour => hour == 2 ? 0.7 : 9.0));
        var facts = new StretchFacts
        {
            Rules = With(Rules with { MaxInterpolated = 0 }),
            Day = day,
            Length = Stretch.Hour,
            Intervals = intervals,
            LikeDays = new Dictionary<DateOnly, IReadOnlyList<LikeDay>> { [day.Date] = [like] },
            Now = day.End.AddDays(2),
        };
        var estimates = Estimates(facts);
        Assert.Equal(25, intervals.Count - 2);
        Assert.Equal([0.7, 0.7], estimates.Select(finding => finding.Value!.Value));
        Assert.Equal(TimeSpan.FromHours(1), estimates[1].End - estimates[0].End);
    }
}
