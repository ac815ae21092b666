namespace OpcPortal.Models.Tests;

public sealed class QualityCodesTests
{
    // portal-model.md, Data and its quality: the table of IEC 61968-9 Annex C.
    [Theory]
    [InlineData("2.0.0", "DataValid")]
    [InlineData("3.0.1", "Validated")]
    [InlineData("1.1.3", "SensorFailure")]
    [InlineData("1.2.32", "PowerFail")]
    [InlineData("1.3.4", "ReverseRotation")]
    [InlineData("1.4.1", "OverflowConditionDetected")]
    [InlineData("1.4.8", "ResetOccurred")]
    [InlineData("1.4.64", "ClockSetForward")]
    [InlineData("1.4.128", "ClockSetBackward")]
    [InlineData("2.5.259", "KnownMissingRead")]
    [InlineData("3.6.9", "FailedTouSum")]
    [InlineData("2.7.3", "ManuallyRejected")]
    [InlineData("3.8.0", "EstimatedGeneric")]
    [InlineData("3.10.1", "Acceptable")]
    [InlineData("3.11.1", "InferentiallyDerived")]
    [InlineData("5.12.0", "ProjectedGeneric")]
    public void A_code_has_the_name_of_the_standard_whoever_set_it(string code, string name)
    {
        Assert.True(QualityCode.TryParse(code, out var parsed));
        Assert.Equal(name, QualityCodes.Find(parsed)!.Name);
        Assert.EndsWith($"({code})", QualityCodes.Describe(parsed), StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_that_nobody_here_knows_is_a_code_all_the_same()
    {
        Assert.True(QualityCode.TryParse("4.6.1999", out var local));
        Assert.Null(QualityCodes.Find(local));
        Assert.Equal("4.6.1999", QualityCodes.Describe(local));
    }

    [Fact]
    public void Names_and_numbers_are_unique_and_own_codes_begin_at_1001()
    {
        Assert.Equal(QualityCodes.Known.Count, QualityCodes.Known.Select(code => code.Name).Distinct().Count());
        Assert.Equal(QualityCodes.Known.Count, QualityCodes.Known.Select(code => (code.Category, code.Index)).Distinct().Count());
        Assert.All(QualityCodes.Known, code => Assert.True(code.Index is <= 259 or >= 1001, code.Name));
    }

    // portal-model.md: as StatusCode.
    [Theory]
    [InlineData("3.0.1", ReadingStatus.Good)]
    [InlineData("1.4.1", ReadingStatus.Good)]
    [InlineData("2.7.0", ReadingStatus.GoodLocalOverride)]
    [InlineData("3.8.1002", ReadingStatus.UncertainSubstituteValue)]
    [InlineData("3.8.2002", ReadingStatus.UncertainSubstituteValue)]
    [InlineData("3.10.0", ReadingStatus.Uncertain)]
    [InlineData("3.6.1006", ReadingStatus.Uncertain)]
    [InlineData("3.5.256", ReadingStatus.UncertainEngineeringUnitsExceeded)]
    [InlineData("3.5.259", ReadingStatus.BadNoData)]
    [InlineData("1.1.3", ReadingStatus.BadSensorFailure)]
    public void A_code_shades_the_status_of_a_good_reading(string code, ReadingStatus status)
    {
        Assert.True(QualityCode.TryParse(code, out var parsed));
        Assert.Equal(status, QualityStatus.StatusOf(ReadingStatus.Good, parsed));
    }

    [Theory]
    [InlineData("3.0.1", ReadingStatus.Good, true)]
    [InlineData("1.0.0", ReadingStatus.Good, false)]
    [InlineData("3.8.2002", ReadingStatus.Good, true)]
    [InlineData("3.8.1002", ReadingStatus.Good, false)]
    [InlineData("3.8.0", ReadingStatus.Good, false)]
    [InlineData("2.7.0", ReadingStatus.Good, false)]
    [InlineData("3.6.1005", ReadingStatus.Good, false)]
    [InlineData("3.10.1", ReadingStatus.Good, false)]
    [InlineData("3.0.1", ReadingStatus.BadNoData, false)]
    [InlineData("3.8.2004", ReadingStatus.BadSensorFailure, false)]
    [InlineData("3.0.1", ReadingStatus.Uncertain, false)]
    public void Billable_is_what_is_validated_or_estimated_under_the_owners_rules(string code, ReadingStatus told, bool isBillable)
    {
        Assert.True(QualityCode.TryParse(code, out var parsed));
        Assert.Equal(isBillable, QualityGrade.IsBillable(told, parsed));
    }
}
