using CsCheck;

namespace OpcPortal.Models.Tests;

/// <summary>What holds for any day, however gappy.</summary>
public sealed class ValidationProperties
{
    private static readonly ChannelRules Rules = Stretch.Rules with
    {
        Spike = new SpikeRule(1.8, 0.5),
        Sum = new SumRule(0.5, 0.001, TimeSpan.FromDays(35)),
        Zero = new ZeroRule(3),
        Limits = new LimitRule(0, 25),
        Shares = new ShareRule(0.1, 4, 1),
        Estimation = new EstimationRules { MaxInterpolated = 3, Profile = [.. Enumerable.Repeat(0.7, 24)] },
    };

    private static readonly Gen<double> Value = Gen.Frequency((6, Gen.Double[0, 5]), (3, Gen.Const(double.NaN)), (1, Gen.Const(0.0)), (1, Gen.Double[25, 99]), (1, Gen.Double[-3, -0.1]));

    private static readonly Gen<StretchFacts> Facts = Gen.Select(Value.Array[24], Gen.Double[0, 200].Nullable(), Gen.Double[0.1, 3].Array[0, 4], Gen.Bool).Select((values, register, likeDays, replaces) =>
    {
        var rules = Rules with { Estimation = Rules.Estimation! with { ReplacesFailed = replaces } };
        var facts = Stretch.Of(rules, values).WithLikeDays(likeDays);
        return register is { } consumption ? facts.WithRegister(consumption) : facts;
    });

    [Fact]
    public void What_a_device_gave_is_never_given_another_value_unless_it_failed_and_the_rules_say_so() => Facts.Sample(facts =>
    {
        var findings = IntervalValidation.Run(facts);
        var measured = facts.Intervals.Where(interval => interval.State == IntervalState.Measured).Select(interval => interval.End).ToHashSet();
        var failed = findings.Where(finding => finding.Meaning.Category == QualityCode.ValidationFailed).Select(finding => finding.End).ToHashSet();
        Assert.All(findings.Where(finding => finding.Kind != RevisionKind.Note && measured.Contains(finding.End)), finding =>
        {
            Assert.True(facts.Rules.Estimation!.ReplacesFailed);
            Assert.Contains(finding.End, failed);
        });
        Assert.DoesNotContain(findings, finding => finding.Kind == RevisionKind.Delete);
    });

    [Fact]
    public void A_second_look_at_the_same_day_finds_nothing_more() => Facts.Sample(facts =>
    {
        var after = facts.After(IntervalValidation.Run(facts));
        // Where what failed is replaced, the next highest may stand out: each look replaces one more, and all of them at last.
        for (var looks = 0; facts.Rules.Estimation!.ReplacesFailed && looks < 24; looks++) after = after.After(IntervalValidation.Run(after));
        Assert.Empty(IntervalValidation.Run(after));
    });

    [Fact]
    public void Where_estimates_were_fitted_to_the_register_all_intervals_sum_up_to_it() => Facts.Sample(facts =>
    {
        var after = facts.After(IntervalValidation.Run(facts));
        if (!after.Intervals.Any(interval => QualityCodes.RegisterProration.Is(interval.Quality))) return;
        var sum = after.Intervals.Where(interval => interval.End > after.Day.Start && interval.End <= after.Day.End).Sum(interval => interval.Value);
        Assert.Equal(facts.Register!.Consumption, sum, 1e-6);
    });

    [Fact]
    public void Estimates_are_finite_and_of_times_that_are_over() => Facts.Sample(facts =>
        Assert.All(IntervalValidation.Run(facts).Where(finding => finding.Meaning.Category == QualityCode.Estimated), finding =>
        {
            Assert.True(double.IsFinite(finding.Value!.Value));
            Assert.True(finding.End + facts.Rules.Estimation!.After <= facts.Now);
            Assert.NotEmpty(finding.Reason);
        }));
}
