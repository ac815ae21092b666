namespace OpcPortal.Models.Tests;

/// <summary>Each rule fails what it is there for, and lets its neighbour pass.</summary>
public sealed class DayChecksTests
{
    private static IReadOnlyList<IntervalFinding> Run(StretchFacts facts) => IntervalValidation.Run(facts);

    private static IntervalFinding Single(StretchFacts facts)
    {
        var finding = Assert.Single(Run(facts));
        Assert.Equal(RevisionKind.Note, finding.Kind);
        Assert.Null(finding.Value);
        return finding;
    }

    // DASMMD VEE, spike check: (highest - third highest) / third highest above 180 % fails.
    [Theory]
    [InlineData(2.8, false)]
    [InlineData(2.81, true)]
    public void A_spike_is_the_highest_interval_by_its_ratio_to_the_third_highest(double peak, bool fails)
    {
        var facts = Stretch.Of(Stretch.Rules with { Spike = new SpikeRule(1.8, Above: 0.5) }, Stretch.Flat(0.2).With((7, 1.5), (8, 1.0), (18, peak)));
        if (!fails)
        {
            Assert.Empty(Run(facts));
            return;
        }

        var finding = Single(facts);
        Assert.Equal((Stretch.End(18), QualityCodes.Spike), (finding.End, finding.Meaning));
        Assert.Equal("spike check: highest 2.81 kWh, third highest 1.00 kWh, ratio at most 1.80", finding.Reason);
    }

    [Fact]
    public void A_day_of_next_to_nothing_has_no_spikes() =>
        Assert.Empty(Run(Stretch.Of(Stretch.Rules with { Spike = new SpikeRule(1.8, Above: 0.5) }, Stretch.Flat(0.01).With((18, 0.5)))));

    [Fact]
    public void A_spike_that_the_register_has_too_passes_unless_the_rules_say_otherwise()
    {
        var values = Stretch.Flat(1).With((18, 9));
        var rules = Stretch.Rules with { Spike = new SpikeRule(1.8, 0.5), Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) };
        Assert.Empty(Run(Stretch.Of(rules, values).WithRegister(32)));
        Assert.Equal(QualityCodes.Spike, Single(Stretch.Of(rules with { AcceptsConfirmed = false }, values).WithRegister(32)).Meaning);
    }

    // 0.5 % of the difference of the register: 43.00 is near enough to what lies between 43 / 1.005 = 42.786 and 43 / 0.995 = 43.216.
    [Theory]
    [InlineData(43.21, true)]
    [InlineData(43.22, false)]
    [InlineData(42.79, true)]
    [InlineData(42.78, false)]
    public void Intervals_that_sum_up_to_the_register_within_the_tolerance_pass(double consumption, bool passes) =>
        Assert.Equal(passes, Run(Stretch.Of(Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) }, Stretch.Flat(43.0 / 24)).WithRegister(consumption)).Count == 0);

    [Fact]
    public void A_sum_that_misses_the_register_is_explained_at_every_interval_of_the_day()
    {
        var findings = Run(Stretch.Of(Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) }, Stretch.Flat(41.2 / 24)).WithRegister(43));
        Assert.Equal(24, findings.Count);
        Assert.All(findings, finding =>
        {
            Assert.Equal((RevisionKind.Note, QualityCodes.SumCheck), (finding.Kind, finding.Meaning));
            // The issue's own words.
            Assert.Equal("sum check: intervals 41.20 kWh, registers 43.00 kWh, tolerance 0.5 %", finding.Reason);
        });
    }

    [Theory]
    [InlineData(1000, "a factor of 1000: one of them has another unit")]
    [InlineData(0.001, "a factor of 0.001: one of them has another unit")]
    public void Intervals_in_another_unit_than_the_register_are_told_by_the_factor(double factor, string told)
    {
        var facts = Stretch.Of(Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) }, Stretch.Flat(factor)).WithRegister(24);
        Assert.All(Run(facts), finding => Assert.EndsWith(told, finding.Reason, StringComparison.Ordinal));
        Assert.Equal(24, Run(facts).Count);
        var notEven = Stretch.Of(Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) }, Stretch.Flat(factor * 1.3)).WithRegister(24);
        Assert.All(Run(notEven), finding => Assert.DoesNotContain("factor", finding.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_compared_where_an_interval_is_missing() =>
        Assert.DoesNotContain(Run(Stretch.Of(Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) }, Stretch.Flat(1).With((3, double.NaN))).WithRegister(43)), finding => finding.Meaning == QualityCodes.SumCheck);

    [Theory]
    [InlineData(-0.01, "FailedNegative")]
    [InlineData(0, null)]
    [InlineData(25, null)]
    [InlineData(25.01, "FailedAboveLimit")]
    public void An_interval_has_limits(double value, string? failure)
    {
        var facts = Stretch.Of(Stretch.Rules with { Limits = new LimitRule(0, 25) }, Stretch.Flat(1).With((5, value)));
        Assert.Equal(failure, Run(facts).SingleOrDefault()?.Meaning.Name);
    }

    [Fact]
    public void An_interval_below_its_least_fails()
    {
        var facts = Stretch.Of(Stretch.Rules with { Limits = new LimitRule(0.05, 25) }, Stretch.Flat(0.05).With((5, 0.04)));
        Assert.Equal((QualityCodes.BelowLimit, Stretch.End(5)), (Single(facts).Meaning, Single(facts).End));
    }

    [Fact]
    public void Nothing_for_longer_than_allowed_fails_and_for_as_long_passes()
    {
        var rules = Stretch.Rules with { Zero = new ZeroRule(3) };
        Assert.Empty(Run(Stretch.Of(rules, Stretch.Flat(1).With((4, 0), (5, 0), (6, 0)))));
        var findings = Run(Stretch.Of(rules, Stretch.Flat(1).With((4, 0), (5, 0), (6, 0), (7, 0))));
        Assert.Equal([Stretch.End(4), Stretch.End(5), Stretch.End(6), Stretch.End(7)], findings.Select(finding => finding.End));
        Assert.All(findings, finding => Assert.Equal(QualityCodes.ZeroUsage, finding.Meaning));
    }

    [Theory]
    [InlineData(10, 2.5, null)]
    [InlineData(10, 41, "FailedAbovePercent")]
    [InlineData(10, 0.9, "FailedBelowPercent")]
    public void A_day_is_compared_with_the_average_of_like_days(double average, double hourly, string? failure)
    {
        var facts = Stretch.Of(Stretch.Rules with { Shares = new ShareRule(0.1, 4, Above: 1) }, Stretch.Flat(hourly)).WithLikeDays(average - 1, average + 1);
        var findings = Run(facts);
        Assert.Equal(failure is null ? 0 : 24, findings.Count);
        Assert.All(findings, finding => Assert.Equal(failure, finding.Meaning.Name));
    }

    [Fact]
    public void A_day_without_like_days_is_compared_with_nothing() =>
        Assert.Empty(Run(Stretch.Of(Stretch.Rules with { Shares = new ShareRule(0.1, 4, Above: 1) }, Stretch.Flat(1000))));

    [Fact]
    public void Use_while_the_supply_is_off_fails_from_the_first_whole_interval_on()
    {
        var facts = Stretch.Of(Stretch.Rules with { Inactive = new InactiveRule("SupplySwitchClosed", 0.01) }, Stretch.Flat(0).With((9, 0.5), (10, 0.5), (11, 0.01)));
        Assert.Empty(Run(facts));
        // Off at half past nine: the interval in which it went off still has its half.
        var finding = Single(facts with { InactiveSince = Stretch.End(9).AddMinutes(-30) });
        Assert.Equal((Stretch.End(10), QualityCodes.UsageOnInactiveMeter), (finding.End, finding.Meaning));
    }

    [Fact]
    public void Import_and_export_in_one_interval_contradict_each_other()
    {
        var facts = Stretch.Of(Stretch.Rules with { Sibling = new SiblingRule("IntervalEnergyExport", 0.1) }, Stretch.Flat(0.5)) with
        {
            Sibling = new Dictionary<DateTime, double> { [Stretch.End(3)] = 0.1, [Stretch.End(4)] = 0.2 },
        };
        Assert.Equal((Stretch.End(4), QualityCodes.SiblingChannels), (Single(facts).End, Single(facts).Meaning));
    }

    [Fact]
    public void Another_value_for_the_same_time_is_told_with_both()
    {
        var facts = Stretch.Of(Stretch.Rules with { ChecksDuplicates = true }, Stretch.Flat(0.41));
        var intervals = facts.Intervals.Select(interval => interval.End == Stretch.End(2) ? interval with { Former = 0.39 } : interval.End == Stretch.End(3) ? interval with { Former = 0.41 } : interval);
        var finding = Single(facts with { Intervals = [.. intervals] });
        Assert.Equal((Stretch.End(2), QualityCodes.Duplicate, "0.41 kWh came for a time for which 0.39 kWh was there"), (finding.End, finding.Meaning, finding.Reason));
    }

    [Fact]
    public void What_failed_and_now_passes_is_validated_again()
    {
        var rules = Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)) };
        var facts = Stretch.Of(rules, Stretch.Flat(1)).WithRegister(30);
        var failed = facts.After(Run(facts));
        Assert.Empty(Run(failed));
        var findings = Run(failed.WithRegister(24));
        Assert.Equal(24, findings.Count);
        Assert.All(findings, finding => Assert.Equal((RevisionKind.Note, QualityCodes.Validated), (finding.Kind, finding.Meaning)));
    }

    [Fact]
    public void What_a_person_edited_is_validated_by_the_register_and_not_by_its_shape()
    {
        var rules = Stretch.Rules with { Sum = new SumRule(0.5, 0, TimeSpan.FromDays(35)), Spike = new SpikeRule(1.8, 0), AcceptsConfirmed = false };
        var facts = Stretch.Of(rules, Stretch.Flat(1).With((18, 9)));
        var intervals = facts.Intervals.Select(interval => interval.End == Stretch.End(18) ? interval with { State = IntervalState.Edited, Quality = QualityCodes.Edited.By(QualityOrigin.MeteringSystem) } : interval);
        facts = facts with { Intervals = [.. intervals] };
        var finding = Single(facts.WithRegister(32));
        Assert.Equal((Stretch.End(18), QualityCodes.Validated), (finding.End, finding.Meaning));
        Assert.Equal(24, Run(facts.WithRegister(40)).Count(found => found.Meaning == QualityCodes.SumCheck));
    }
}
