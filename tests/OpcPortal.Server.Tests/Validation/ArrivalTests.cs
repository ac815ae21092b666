using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Bad input as it comes in: each kind has a rule and a code, and its neighbour passes.</summary>
public sealed class ArrivalTests
{
    private static readonly QualityCode Validated = QualityCodes.Validated.By(QualityOrigin.MeterDataManagement);

    private static async Task<HistoricReading> TakeAsync(ValidationFixture fixture, int point, PointValue value, DateTime at, QualityCode quality = default, ReadingStatus status = ReadingStatus.Good)
    {
        await fixture.TakeAsync(new Reading(point, value, at, status, quality));
        return (await fixture.ReadAsync(point, at)).Reading;
    }

    [Fact]
    public async Task A_reading_that_passes_is_validated_by_a_rule_set_and_its_version()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(1));
        await fixture.TakeHourAsync(0, 0.41);
        var (reading, chain) = await fixture.ReadAsync(0);
        Assert.Equal((Validated, ReadingStatus.Good, false), (reading.Quality, reading.Status, reading.IsRevised));
        Assert.Equal("test/7", chain[^1].Note.Author.Application);
        Assert.Equal(Validated, fixture.Fleet.Service.Store.Read(fixture.Interval).Quality);
        Assert.True(QualityGrade.IsBillable(reading.Status, reading.Quality));
    }

    [Theory]
    [InlineData(5 * 60, null)]
    [InlineData((5 * 60) + 1, "FailedFutureTime")]
    public async Task A_clock_may_be_ahead_by_so_much(int seconds, string? failure)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        var at = fixture.Now.AddSeconds(seconds);
        Assert.Equal(failure ?? "Validated", QualityCodes.Find((await TakeAsync(fixture, fixture.Register, PointValue.From(1.0), at)).Quality)!.Name);
    }

    [Theory]
    [InlineData("1970-01-01T00:00:00Z", "FailedTimeBeforeFleet")]
    [InlineData("1999-12-31T23:59:59Z", "FailedTimeBeforeFleet")]
    [InlineData("2000-01-01T00:00:00Z", "Validated")]
    public async Task A_time_of_before_there_was_a_fleet_is_that_of_a_clock_that_was_never_set(string time, string name)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        var at = DateTime.Parse(time, null, System.Globalization.DateTimeStyles.AdjustToUniversal);
        Assert.Equal(name, QualityCodes.Find((await TakeAsync(fixture, fixture.Register, PointValue.From(1.0), at)).Quality)!.Name);
    }

    [Theory]
    [InlineData(double.NaN, "ErrorCode", ReadingStatus.BadSensorFailure)]
    [InlineData(double.PositiveInfinity, "ErrorCode", ReadingStatus.BadSensorFailure)]
    [InlineData(double.NegativeInfinity, "ErrorCode", ReadingStatus.BadSensorFailure)]
    [InlineData(-0.01, "FailedNegative", ReadingStatus.Uncertain)]
    [InlineData(0.0, "Validated", ReadingStatus.Good)]
    [InlineData(50.0, "Validated", ReadingStatus.Good)]
    [InlineData(50.01, "FailedAboveLimit", ReadingStatus.Uncertain)]
    public async Task An_interval_is_a_number_within_its_limits(double value, string name, ReadingStatus status)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        var reading = await TakeAsync(fixture, fixture.Interval, PointValue.From(value), ValidationFixture.Start);
        Assert.Equal((name, status), (QualityCodes.Find(reading.Quality)!.Name, reading.Status));
        // Nothing is dropped: it is kept as it came.
        Assert.True(reading.Value == PointValue.From(value));
    }

    [Theory]
    [InlineData(0, "Validated")]
    [InlineData(1, "FailedIntervalSize")]
    [InlineData(30 * 60, "FailedIntervalSize")]
    public async Task An_interval_ends_where_intervals_end(int seconds, string name)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(1));
        Assert.Equal(name, QualityCodes.Find((await TakeAsync(fixture, fixture.Interval, PointValue.From(1.0), ValidationFixture.Start.AddSeconds(seconds))).Quality)!.Name);
    }

    [Fact]
    public async Task What_is_outside_its_range_is_uncertain_and_what_is_inside_passes()
    {
        // NodeSet.xml: a voltage is from 0 to 300 V or more; far outside is outside of any.
        await using var fixture = await ValidationFixture.CreateAsync(ValidationFixture.Rules.Replace("[\"Energy\"]", "[\"Energy\", \"PowerQuality\"]", StringComparison.Ordinal));
        var outside = await TakeAsync(fixture, fixture.Voltage, PointValue.From(1e6), ValidationFixture.Start);
        Assert.Equal((QualityCodes.OutOfRange.By(QualityOrigin.MeterDataManagement), ReadingStatus.UncertainEngineeringUnitsExceeded), (outside.Quality, outside.Status));
        Assert.Equal(Validated, (await TakeAsync(fixture, fixture.Voltage, PointValue.From(230.0), ValidationFixture.Start.AddSeconds(1))).Quality);
    }

    [Theory]
    [InlineData("KWH", "Validated")]
    [InlineData("WHR", "FailedUnit")]
    public async Task A_point_has_the_unit_that_the_rules_want(string unit, string name)
    {
        var rules = ValidationFixture.Rules.Replace("{ \"dataClasses\": [\"Energy\"] }", $$"""{ "dataClasses": ["Energy"], "unit": "{{unit}}" }""", StringComparison.Ordinal);
        await using var fixture = await ValidationFixture.CreateAsync(rules);
        Assert.Equal(name, QualityCodes.Find((await TakeAsync(fixture, fixture.Register, PointValue.From(1.0), ValidationFixture.Start)).Quality)!.Name);
    }

    [Theory]
    [InlineData("1.1.9", "Suspect")]
    [InlineData("1.4.2", "Suspect")]
    [InlineData("1.4.128", "Suspect")]
    [InlineData("1.4.64", "Suspect")]
    [InlineData("1.3.1", "Suspect")]
    [InlineData("1.4.16", "Validated")]
    [InlineData("1.2.32", "Validated")]
    [InlineData("2.5.259", "KnownMissingRead")]
    public async Task What_the_device_says_of_itself_is_heeded(string code, string name)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        Assert.True(QualityCode.TryParse(code, out var quality));
        var reading = await TakeAsync(fixture, fixture.Interval, PointValue.From(1.0), ValidationFixture.Start, quality);
        Assert.Equal(name, QualityCodes.Find(reading.Quality)!.Name);
        // What it said stays the first link of the chain.
        Assert.Equal(quality, (await fixture.ReadAsync(fixture.Interval, ValidationFixture.Start)).Chain[0].Note.Code);
    }

    [Fact]
    public async Task A_bad_reading_is_not_judged_and_points_without_rules_are_left_alone()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        await fixture.TakeAsync(new Reading(fixture.Interval, PointValue.None, ValidationFixture.Start, ReadingStatus.BadNotConnected), new Reading(fixture.Voltage, PointValue.From(230.0), ValidationFixture.Start), new Reading(int.MaxValue, default, default), new Reading(-1, default, default));
        Assert.Equal(default, (await fixture.ReadAsync(fixture.Voltage, ValidationFixture.Start)).Reading.Quality);
        Assert.Equal(0, fixture.Counts.Judged);
    }

    [Theory]
    [InlineData(999_998.5, 1.5, "OverflowConditionDetected", "Validated")]
    [InlineData(5_000, 1.5, "FailedRegisterDecreased", "FailedRegisterDecreased")]
    [InlineData(5_000, 5_000, "Validated", "Validated")]
    public async Task A_register_that_goes_down_rolled_over_or_is_at_fault(double before, double after, string first, string last)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        await fixture.TakeRegisterAsync(0, before);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.TakeRegisterAsync(1, after);
        Assert.Equal(first, QualityCodes.Find((await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(1))).Reading.Quality)!.Name);
        await fixture.LookAtAsync(1);
        var chain = (await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(1))).Chain;
        Assert.Equal((first, last), (QualityCodes.Find(chain[0].Note.Code)!.Name, QualityCodes.Find(chain[^1].Note.Code)!.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_register_that_goes_down_behind_a_start_or_a_bad_reading_is_found_when_its_day_is_looked_at(bool isRestarted)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        await fixture.TakeRegisterAsync(0, 5_000);
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(24.1));
        if (isRestarted) await fixture.RestartAsync();
        else await fixture.TakeRegisterAsync(12, double.NaN);
        await fixture.TakeHourAsync(0, 1);
        await fixture.TakeRegisterAsync(24, 4_000);
        Assert.Equal(QualityCodes.Validated.By(QualityOrigin.MeterDataManagement), (await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(24))).Reading.Quality);
        await fixture.LookAtAsync(24.2);
        await fixture.LookAtAsync(24.3);
        var (reading, chain) = await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(24));
        Assert.Equal(QualityCodes.RegisterDecreased.By(QualityOrigin.MeterDataManagement), reading.Quality);
        Assert.Equal("4000.00, and 5000.00 before: nothing explains why", chain[^1].Note.Reason);
        Assert.Single(chain, link => QualityCodes.RegisterDecreased.Is(link.Note.Code));
    }

    [Fact]
    public async Task Readings_of_one_batch_are_compared_with_those_before_them_in_it()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        var start = ValidationFixture.Start;
        await fixture.TakeRegisterAsync(0, 100);
        fixture.Time.SetUtcNow(start.AddHours(5));
        double[] values = [120, 110, 115];
        await fixture.TakeAsync([.. values.Select((value, hour) => new Reading(fixture.Register, PointValue.From(value), start.AddHours(hour + 1)))]);
        var codes = new List<string>();
        for (var hour = 1; hour <= 3; hour++) codes.Add(QualityCodes.Find((await fixture.ReadAsync(fixture.Register, start.AddHours(hour))).Reading.Quality)!.Name);
        Assert.Equal(["Validated", "FailedRegisterDecreased", "Validated"], codes);
        // Two values for one time: the second holds, and both are told.
        await fixture.TakeAsync(new Reading(fixture.Interval, PointValue.From(1.0), start.AddHours(2)), new Reading(fixture.Interval, PointValue.From(2.0), start.AddHours(2)));
        await fixture.LookAtAsync(5.1);
        var (reading, chain) = await fixture.ReadAsync(1);
        Assert.Equal((2.0, "2.00 kW·h came for a time for which 1.00 kW·h was there"), (reading.Value.AsReal(), chain[^1].Note.Reason));
    }

    [Fact]
    public async Task A_register_that_begins_anew_is_reset_where_that_is_allowed()
    {
        await using var fixture = await ValidationFixture.CreateAsync(ValidationFixture.Rules.Replace("\"digits\": 6", "\"allowsReset\": true", StringComparison.Ordinal));
        await fixture.TakeRegisterAsync(0, 5_000);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.TakeRegisterAsync(1, 0.5);
        Assert.Equal(QualityCodes.ResetOccurred.By(QualityOrigin.MeterDataManagement), (await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(1))).Reading.Quality);
    }

    [Fact]
    public async Task A_meter_exchanged_for_another_explains_its_register()
    {
        const string Exchange = """, "exchanges": [ { "device": "oak-1/meter", "register": "ActiveEnergyImport", "at": "2026-03-10T00:30:00Z", "final": 5003, "first": 1, "oldSerial": "A", "newSerial": "B" } ] }""";
        await using var fixture = await ValidationFixture.CreateAsync(ValidationFixture.Rules.TrimEnd().TrimEnd('}') + Exchange);
        await fixture.TakeRegisterAsync(0, 5_000);
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await fixture.TakeRegisterAsync(1, 2);
        Assert.Equal(QualityCodes.ConfigurationChanged.By(QualityOrigin.MeterDataManagement), (await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(1))).Reading.Quality);
        await fixture.TakeRegisterAsync(2, 1);
        Assert.Equal(QualityCodes.RegisterDecreased.By(QualityOrigin.MeterDataManagement), (await fixture.ReadAsync(fixture.Register, ValidationFixture.Start.AddHours(2))).Reading.Quality);
    }

    [Fact]
    public async Task Everything_is_counted_by_its_code()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        await fixture.TakeAsync(new Reading(fixture.Interval, PointValue.From(double.NaN), ValidationFixture.Start), new Reading(fixture.Interval, PointValue.From(1.0), ValidationFixture.Start.AddHours(-1)), new Reading(fixture.Register, PointValue.From(1.0), ValidationFixture.Start));
        Assert.Equal(3, fixture.Counts.Judged);
        Assert.Equal((1, 2), (fixture.Counts.ByCode[QualityCodes.ErrorCode.By(QualityOrigin.MeterDataManagement)], fixture.Counts.ByCode[Validated]));
    }
}
