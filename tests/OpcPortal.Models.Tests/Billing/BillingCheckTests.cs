using CsCheck;

namespace OpcPortal.Models.Tests;

/// <summary>portal-model.md: billing-grade means validated, or estimated under the owner's rules; an export for billing refuses anything else and says which.</summary>
public sealed class BillingCheckTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly QualityCode Validated = QualityCodes.Validated.By(QualityOrigin.MeterDataManagement);
    private static readonly BillingPeriod Summer = Day(2026, 6, 1);

    private static BillingPeriod Day(int year, int month, int day) => new(new DateOnly(year, month, day), new DateOnly(year, month, day), Berlin);

    private static BillingChannel Channel(TimeSpan interval) =>
        new("oak-1/meter", "p", ReadingTypeCode.TryParse("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", out var type) ? type : throw new InvalidOperationException(), "kWh", interval) { Source = "p" };

    private static List<BillingReading> Full(BillingPeriod period) =>
        [.. LocalDay.EndsBetween(period.Start, period.End, Quarter).Select(end => new BillingReading(end, 1, ReadingStatus.Good, Validated))];

    private static IReadOnlyList<BillingFlaw> Flaws(BillingPeriod period, IReadOnlyList<BillingReading> readings) => BillingCheck.FlawsOf(Channel(Quarter), period, readings);

    [Theory]
    [InlineData(2026, 6, 1, 96)]
    [InlineData(2026, 3, 29, 92)]
    [InlineData(2026, 10, 25, 100)]
    public void A_day_is_complete_with_an_interval_for_each_quarter_of_an_hour_that_it_has(int year, int month, int day, int intervals)
    {
        var period = Day(year, month, day);
        var readings = Full(period);
        Assert.Equal(intervals, readings.Count);
        Assert.Empty(Flaws(period, readings));
        var flaw = Assert.Single(Flaws(period, readings[..^1]));
        Assert.Equal((period.End - Quarter, period.End, null, "is missing"), (flaw.From, flaw.To, flaw.Code, flaw.Reason));
    }

    [Fact]
    public void A_gap_is_named_once_from_its_begin_to_its_end()
    {
        var readings = Full(Summer);
        readings.RemoveRange(10, 5);
        readings.RemoveRange(50, 1);
        var flaws = Flaws(Summer, readings);
        Assert.Equal([(Summer.Start + (10 * Quarter), Summer.Start + (15 * Quarter)), (Summer.Start + (55 * Quarter), Summer.Start + (56 * Quarter))], flaws.Select(flaw => (flaw.From, flaw.To)));
    }

    [Fact]
    public void A_day_without_readings_is_one_gap()
    {
        var flaw = Assert.Single(Flaws(Summer, []));
        Assert.Equal((Summer.Start, Summer.End), (flaw.From, flaw.To));
    }

    // What is refused, and what stands beside it and is not.
    [Theory]
    [InlineData("3.0.1", ReadingStatus.Good, true)]
    [InlineData("2.0.0", ReadingStatus.Good, false)]
    [InlineData("0.0.0", ReadingStatus.Good, false)]
    [InlineData("3.0.1", ReadingStatus.BadSensorFailure, false)]
    [InlineData("3.8.0", ReadingStatus.UncertainSubstituteValue, false)]
    [InlineData("3.8.1002", ReadingStatus.UncertainSubstituteValue, false)]
    [InlineData("3.8.2002", ReadingStatus.UncertainSubstituteValue, true)]
    [InlineData("3.7.0", ReadingStatus.GoodLocalOverride, false)]
    [InlineData("3.6.1", ReadingStatus.Uncertain, false)]
    [InlineData("2.5.259", ReadingStatus.BadNoData, false)]
    public void Only_what_is_validated_or_estimated_under_the_owners_rules_is_billed(string code, ReadingStatus status, bool isBilled)
    {
        Assert.True(QualityCode.TryParse(code, out var quality));
        var readings = Full(Summer);
        readings[7] = readings[7] with { Quality = quality, Status = status };
        var flaws = Flaws(Summer, readings);
        Assert.Equal(isBilled, flaws.Count == 0);
        if (isBilled) return;
        Assert.Equal((Summer.Start + (7 * Quarter), quality), (flaws.Single().From, flaws.Single().Code));
        Assert.Contains(code, flaws.Single().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_no_number_is_not_billed()
    {
        var readings = Full(Summer);
        readings[0] = readings[0] with { Value = double.NaN };
        Assert.Equal("has no value", Assert.Single(Flaws(Summer, readings)).Reason);
    }

    [Fact]
    public void A_reading_between_two_intervals_is_told()
    {
        var readings = Full(Summer);
        readings.Insert(3, readings[3] with { At = readings[2].At.AddMinutes(5) });
        Assert.Equal("is not at the end of an interval", Assert.Single(Flaws(Summer, readings)).Reason);
    }

    // CsCheck prints the seed of a failure.
    [Fact]
    public void Whatever_is_missing_is_named_and_nothing_else() => Gen.Int[0, 95].HashSet[0, 40].Sample(missing =>
    {
        var readings = Full(Summer);
        var named = Flaws(Summer, [.. readings.Where((_, i) => !missing.Contains(i))]).SelectMany(flaw => LocalDay.EndsBetween(flaw.From, flaw.To, Quarter));
        Assert.Equal(missing.Order().Select(i => readings[i].At), named);
    });

    [Fact]
    public void A_register_stands_for_midnight_with_its_last_reading_of_the_hour_before()
    {
        var channel = Channel(TimeSpan.Zero);
        BillingReading[] readings = [new(Summer.Start.AddMinutes(-59), 1, ReadingStatus.Good, Validated), new(Summer.End, 2, ReadingStatus.Good, Validated)];
        Assert.Empty(BillingCheck.FlawsOf(channel, Summer, readings));
        var late = readings[0] with { At = Summer.Start.AddMinutes(-61) };
        Assert.Equal("was not read", Assert.Single(BillingCheck.FlawsOf(channel, Summer, [late, readings[1]])).Reason);
    }

    [Theory]
    [InlineData("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", true)]
    [InlineData("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72", false)]
    [InlineData("0.0.2.4.1.1.x.0.0.0.0.0.0.0.0.3.72.0", false)]
    [InlineData("", false)]
    public void A_ReadingType_has_18_numbers(string text, bool isOne)
    {
        Assert.Equal(isOne, ReadingTypeCode.TryParse(text, out var code));
        if (isOne) Assert.Equal((2, 4, 1, 1, 12, 3, 72, text), (code!.MeasuringPeriod, code.Accumulation, code.FlowDirection, code.Commodity, code.MeasurementKind, code.Multiplier, code.Unit, code.ToString()));
    }
}
