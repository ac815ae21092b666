using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

public sealed class ReadingTermsTests
{
    private static readonly DateTime Noon = new(2026, 6, 1, 12, 0, 0, DateTimeKind.Utc);

    // portal-model.md, "Data and its quality": what the categories of IEC 61968-9 say of a reading.
    [Theory]
    [InlineData("0.0.0", ReadingStatus.Good, QualityLevel.Valid)]
    [InlineData("3.0.1", ReadingStatus.Good, QualityLevel.Validated)]
    [InlineData("3.7.0", ReadingStatus.Good, QualityLevel.Valid)]
    [InlineData("3.8.0", ReadingStatus.Good, QualityLevel.Estimated)]
    [InlineData("3.12.0", ReadingStatus.Good, QualityLevel.Estimated)]
    [InlineData("3.11.0", ReadingStatus.Good, QualityLevel.Valid)]
    [InlineData("3.11.1", ReadingStatus.Good, QualityLevel.Estimated)]
    [InlineData("3.10.0", ReadingStatus.Good, QualityLevel.Questionable)]
    [InlineData("3.10.1", ReadingStatus.Good, QualityLevel.Estimated)]
    [InlineData("2.5.256", ReadingStatus.Good, QualityLevel.Questionable)]
    [InlineData("3.6.3", ReadingStatus.Good, QualityLevel.Questionable)]
    [InlineData("2.5.259", ReadingStatus.Good, QualityLevel.Any)]
    [InlineData("1.1.3", ReadingStatus.Good, QualityLevel.Any)]
    [InlineData("0.0.0", ReadingStatus.UncertainLastUsableValue, QualityLevel.Questionable)]
    [InlineData("3.0.1", ReadingStatus.BadNoCommunication, QualityLevel.Any)]
    public void A_quality_code_and_a_status_make_a_level(string code, ReadingStatus status, QualityLevel expected)
    {
        Assert.True(QualityCode.TryParse(code, out var quality));
        Assert.Equal(expected, QualityGrade.LevelOf(status, quality));
    }

    [Fact]
    public void Readings_of_before_and_worse_ones_are_withheld_and_those_at_the_bound_are_not()
    {
        var terms = new ReadTerms(QualityLevel.Valid, Noon, null);
        Assert.False(ReadingTerms.Withholds(terms, Reading(Noon)));
        Assert.True(ReadingTerms.Withholds(terms, Reading(Noon.AddTicks(-1))));
        Assert.True(ReadingTerms.Withholds(terms, Reading(Noon, new QualityCode(QualityOrigin.Other, QualityCode.Estimated, 0))));
        Assert.False(ReadingTerms.Withholds(terms with { MinimumQuality = QualityLevel.Estimated }, Reading(Noon, new QualityCode(QualityOrigin.Other, QualityCode.Estimated, 0))));
        Assert.False(ReadingTerms.Withholds(null, Reading(DateTime.MinValue)));
        // That nothing has come yet is no secret.
        Assert.False(ReadingTerms.Withholds(terms, new StoredReading(default, default, default, ReadingStatus.BadWaitingForInitialData, default)));
    }

    private static StoredReading Reading(DateTime at, QualityCode quality = default) => new(PointValue.From(1.0), at, Noon, ReadingStatus.Good, quality);
}
