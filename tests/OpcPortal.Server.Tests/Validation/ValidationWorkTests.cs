using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Days as a whole, beside ingest: what is missing, what is estimated, and what becomes of both when something comes after all.</summary>
public sealed class ValidationWorkTests
{
    private static async Task<ValidationFixture> WithDayAsync(Func<int, double?> valueOf, string rules = ValidationFixture.Rules)
    {
        var fixture = await ValidationFixture.CreateAsync(rules);
        for (var hour = 0; hour < 24; hour++)
        {
            fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(hour + 1));
            if (valueOf(hour) is { } value) await fixture.TakeHourAsync(hour, value);
        }

        return fixture;
    }

    private static string NameOf(in ChainedReading reading) => QualityCodes.Find(reading.Reading.Quality)!.Name;

    [Fact]
    public async Task A_gap_is_known_to_be_missing_first_and_estimated_later()
    {
        await using var fixture = await WithDayAsync(hour => hour is 5 or 6 ? null : 1);
        // Found when the reading after the gap came; looked at once what belongs to it has settled.
        await fixture.LookAtAsync(24.1);
        Assert.Equal(("EstimatedByInterpolation", "EstimatedByInterpolation"), (NameOf(await fixture.ReadAsync(5)), NameOf(await fixture.ReadAsync(6))));
        var (reading, chain) = await fixture.ReadAsync(5);
        Assert.Equal((1.0, ReadingStatus.UncertainSubstituteValue, true), (reading.Value.AsReal(), reading.Status, reading.IsRevised));
        Assert.Equal(["KnownMissingRead", "EstimatedByInterpolation"], chain.Select(link => QualityCodes.Find(link.Note.Code)!.Name));
        Assert.Equal("a line from 1.00 kW·h to 1.00 kW·h over 2 intervals", chain[^1].Note.Reason);
        Assert.All(chain, link => Assert.Equal("test/7", link.Note.Author.Application));
    }

    [Fact]
    public async Task A_gap_is_not_estimated_before_its_time()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(4));
        await fixture.TakeHourAsync(0, 1);
        await fixture.TakeHourAsync(2, 1);
        await fixture.LookAtAsync(4.1);
        var (missing, _) = await fixture.ReadAsync(1);
        Assert.Equal((PointValueKind.None, ReadingStatus.BadNoData, QualityCodes.KnownMissing.By(QualityOrigin.MeterDataManagement)), (missing.Value.Kind, missing.Status, missing.Quality));
        await fixture.LookAtAsync(13.9);
        Assert.Equal("KnownMissingRead", NameOf(await fixture.ReadAsync(1)));
        await fixture.LookAtAsync(14);
        Assert.Equal("EstimatedByInterpolation", NameOf(await fixture.ReadAsync(1)));
    }

    [Fact]
    public async Task A_meter_that_falls_silent_is_found_by_the_clock()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(1));
        await fixture.TakeHourAsync(0, 1);
        await fixture.LookAtAsync(1);
        await fixture.LookAtAsync(2.9);
        Assert.Equal(0, fixture.Counts.Findings);
        // The interval after the last ended at 2; two hours after that it is missing. It is looked for each quarter of an hour.
        await fixture.LookAtAsync(4.2);
        await fixture.LookAtAsync(4.5);
        Assert.Equal("KnownMissingRead", NameOf(await fixture.ReadAsync(1)));
        Assert.Empty((await fixture.History.ReadAsync(fixture.Interval, new HistoryWalk(ValidationFixture.Start.AddHours(3), ValidationFixture.Start.AddHours(30), 9), TestContext.Current.CancellationToken)).Items);
        await fixture.LookAtAsync(9);
        await fixture.LookAtAsync(9.3);
        Assert.Equal("KnownMissingRead", NameOf(await fixture.ReadAsync(5)));
    }

    [Fact]
    public async Task A_meter_that_is_told_not_to_answer_at_each_poll_falls_silent_all_the_same()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(1));
        await fixture.TakeHourAsync(0, 1);
        for (var quarter = 5; quarter <= 18; quarter++)
        {
            fixture.Time.SetUtcNow(ValidationFixture.Start.AddMinutes((quarter * 15) + 1));
            await fixture.TakeAsync(new Reading(fixture.Interval, PointValue.None, fixture.Now.AddSeconds(-7), ReadingStatus.BadNoCommunication));
            await fixture.LookAtAsync(0);
        }

        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        await fixture.LookAtAsync(0);
        Assert.Equal("KnownMissingRead", NameOf(await fixture.ReadAsync(1)));
    }

    [Fact]
    public async Task A_reading_that_comes_late_takes_the_place_of_its_estimate_and_both_are_kept()
    {
        await using var fixture = await WithDayAsync(hour => hour == 5 ? null : 1);
        await fixture.LookAtAsync(24.1);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await fixture.TakeHourAsync(5, 1.3);
        await fixture.LookAtAsync(24.2);
        var (reading, chain) = await fixture.ReadAsync(5);
        Assert.Equal((1.3, false, "Validated"), (reading.Value.AsReal(), reading.IsRevised, NameOf(await fixture.ReadAsync(5))));
        Assert.Contains(chain, link => link.Note.Code.Category == QualityCode.Estimated);
        var versions = await fixture.History.ReadVersionsAsync(fixture.Interval, new HistoryWalk(ValidationFixture.Start, ValidationFixture.Start.AddDays(1), 99), TestContext.Current.CancellationToken);
        Assert.Contains(versions.Items, version => version.Reading.Value == PointValue.From(1.0) && version.Reading.Quality.Category == QualityCode.Estimated);
    }

    [Fact]
    public async Task The_register_of_the_next_day_closes_the_gap_by_scaling_its_estimates()
    {
        await using var fixture = await WithDayAsync(hour => hour is 5 or 6 ? null : 1);
        await fixture.TakeRegisterAsync(0, 1000);
        await fixture.LookAtAsync(24.1);
        Assert.Equal("EstimatedByInterpolation", NameOf(await fixture.ReadAsync(5)));
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(30));
        await fixture.TakeRegisterAsync(24, 1025);
        await fixture.LookAtAsync(30.1);
        // 22 kWh were measured, the register has 25: 3 for the two hours.
        foreach (var hour in (int[])[5, 6])
        {
            var reading = await fixture.ReadAsync(hour);
            Assert.Equal(("EstimatedByRegister", 1.5), (NameOf(reading), reading.Reading.Value.AsReal()));
        }

        var before = (await fixture.ReadAsync(5)).Chain.Count;
        await fixture.TakeRegisterAsync(24, 1025);
        await fixture.LookAtAsync(31.1);
        Assert.Equal(before, (await fixture.ReadAsync(5)).Chain.Count);
    }

    [Fact]
    public async Task A_day_whose_sum_misses_the_register_is_questionable_until_the_missing_readings_come()
    {
        await using var fixture = await WithDayAsync(_ => 1);
        await fixture.TakeRegisterAsync(0, 1000);
        await fixture.TakeRegisterAsync(24, 1030);
        await fixture.LookAtAsync(24.1);
        var (reading, chain) = await fixture.ReadAsync(7);
        Assert.Equal((QualityCodes.SumCheck.By(QualityOrigin.MeterDataManagement), ReadingStatus.Uncertain), (reading.Quality, reading.Status));
        Assert.Equal("sum check: intervals 24.00 kW·h, registers 30.00 kW·h, tolerance 0.5 %", chain[^1].Note.Reason);
        // The head end delivers what it had forgotten to add.
        await fixture.TakeHourAsync(7, 7);
        await fixture.LookAtAsync(24.3);
        Assert.Equal("Validated", NameOf(await fixture.ReadAsync(8)));
    }

    [Fact]
    public async Task A_day_that_fits_its_register_needs_no_revision()
    {
        await using var fixture = await WithDayAsync(_ => 1);
        await fixture.TakeRegisterAsync(0, 1000);
        await fixture.TakeRegisterAsync(24, 1024);
        await fixture.LookAtAsync(24.1);
        // That it was validated on arrival is all there is to say of any.
        Assert.Equal(0, fixture.Counts.Findings);
        Assert.Equal("Validated", NameOf(await fixture.ReadAsync(8)));
        Assert.True(fixture.Counts.Days > 0);
    }

    [Fact]
    public async Task Another_value_for_the_same_time_holds_and_is_told_beside_the_former()
    {
        await using var fixture = await WithDayAsync(_ => 1);
        await fixture.TakeHourAsync(3, 2);
        await fixture.TakeHourAsync(4, 1);
        await fixture.LookAtAsync(24.1);
        var (reading, chain) = await fixture.ReadAsync(3);
        Assert.Equal((2.0, "2.00 kW·h came for a time for which 1.00 kW·h was there"), (reading.Value.AsReal(), chain[^1].Note.Reason));
        Assert.Equal("FailedDuplicate", NameOf(await fixture.ReadAsync(3)));
        Assert.Equal("Validated", NameOf(await fixture.ReadAsync(4)));
    }

    [Fact]
    public async Task What_a_person_edited_is_validated_and_never_estimated()
    {
        await using var fixture = await WithDayAsync(hour => hour == 5 ? null : 1);
        await fixture.LookAtAsync(24.1);
        var edit = new QualityNote(QualityCodes.Edited.By(QualityOrigin.MeteringSystem), new QualityAuthor("utility", Person: "ann"), "read by hand");
        await fixture.History.ReviseAsync([new ReadingRevision(fixture.Interval, ValidationFixture.Start.AddHours(6), RevisionKind.Replace, fixture.Now, edit) { Value = PointValue.From(1.2) }], TestContext.Current.CancellationToken);
        fixture.Work.Add(fixture.Fleet.Service.Registry.FindDevice(fixture.Fleet.Service.Registry.FindPortal("oak-1"), "meter"), ValidationFixture.Start.AddHours(5), ValidationFixture.Start.AddHours(6), fixture.Now);
        await fixture.LookAtAsync(24.2);
        var (reading, chain) = await fixture.ReadAsync(5);
        Assert.Equal((1.2, true), (reading.Value.AsReal(), reading.IsRevised));
        Assert.Equal(["EstimatedByInterpolation", "ManuallyEdited", "Validated"], chain.TakeLast(3).Select(link => QualityCodes.Find(link.Note.Code)!.Name));
    }

    [Fact]
    public async Task Long_gaps_are_averaged_over_like_days()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        // Four weekdays of before, and a Saturday and a Sunday that are unlike.
        for (var day = -6; day < 0; day++)
        {
            var value = ValidationFixture.Start.AddDays(day).DayOfWeek switch { DayOfWeek.Saturday or DayOfWeek.Sunday => 9, DayOfWeek.Monday => 0.41, DayOfWeek.Friday => 0.39, DayOfWeek.Thursday => 0.44, _ => 0.40 };
            for (var hour = 0; hour < 24; hour++) await fixture.TakeHourAsync((day * 24) + hour, value);
        }

        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(24));
        for (var hour = 8; hour < 24; hour++) await fixture.TakeHourAsync(hour, 0.5);
        await fixture.LookAtAsync(24.1);
        var (reading, chain) = await fixture.ReadAsync(3);
        Assert.Equal(0.41, reading.Value.AsReal(), 9);
        Assert.Equal("averaged over 4 like days: 0.41, 0.39, 0.44, 0.40 kW·h", chain[^1].Note.Reason);
    }

    [Fact]
    public async Task What_waits_survives_a_kill_and_is_done_once()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddDays(9));
        await fixture.LookAtAsync(9 * 24);
        // Late data of a day long past with a gap, and the end before anybody looked at it.
        await fixture.TakeHourAsync(0, 1);
        await fixture.TakeHourAsync(2, 1);
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        await fixture.LookAtAsync(0);
        await fixture.RestartAsync();
        await fixture.LookAtAsync((9 * 24) + 1);
        Assert.Equal("EstimatedByInterpolation", NameOf(await fixture.ReadAsync(1)));
        var after = (await fixture.ReadAsync(1)).Chain.Count;
        await fixture.RestartAsync();
        await fixture.LookAtAsync((9 * 24) + 2);
        Assert.Equal(after, (await fixture.ReadAsync(1)).Chain.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_came_late_right_before_a_kill_is_looked_at_whether_the_database_has_it_or_the_journal(bool isStored)
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddDays(9));
        await fixture.LookAtAsync(9 * 24);
        await fixture.TakeHourAsync(0, 1);
        await fixture.TakeHourAsync(2, 1);
        if (isStored) await fixture.History.FlushAsync(TestContext.Current.CancellationToken);
        await fixture.RestartAsync();
        await fixture.LookAtAsync((9 * 24) + 1);
        Assert.Equal("EstimatedByInterpolation", NameOf(await fixture.ReadAsync(1)));
    }

    [Fact]
    public async Task What_came_for_yesterday_and_was_not_looked_at_for_hours_survives_a_kill()
    {
        await using var fixture = await WithDayAsync(hour => hour == 5 ? null : 1);
        await fixture.LookAtAsync(24.1);
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(30));
        await fixture.TakeHourAsync(5, 7);
        // The loop had other days to look at all the time, and kept what waits meanwhile.
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(33));
        await fixture.Work.SaveAsync(fixture.Now, TestContext.Current.CancellationToken);
        await fixture.RestartAsync();
        await fixture.LookAtAsync(33.1);
        Assert.Equal("FailedSpike", NameOf(await fixture.ReadAsync(5)));
    }

    [Fact]
    public async Task What_waits_to_be_estimated_survives_a_kill()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(4));
        await fixture.TakeHourAsync(0, 1);
        await fixture.TakeHourAsync(2, 1);
        await fixture.LookAtAsync(4.1);
        Assert.Equal("KnownMissingRead", NameOf(await fixture.ReadAsync(1)));
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        await fixture.LookAtAsync(0);
        // Twelve hours after its end it is to be estimated: by the server that is started a week later.
        await fixture.RestartAsync();
        await fixture.LookAtAsync(7 * 24);
        Assert.Equal("EstimatedByInterpolation", NameOf(await fixture.ReadAsync(1)));
    }

    [Theory]
    [InlineData(null, "EstimatedByRegister", 1.5)]
    [InlineData(999_990.0, "EstimatedByRegister", 1.5)]
    public async Task A_register_that_rolls_over_closes_a_gap_all_the_same(double? first, string name, double value)
    {
        await using var fixture = await WithDayAsync(hour => hour is 5 or 6 ? null : 1);
        var before = first ?? 1000;
        await fixture.TakeRegisterAsync(0, before);
        await fixture.TakeRegisterAsync(24, (before + 25) % 1_000_000);
        await fixture.LookAtAsync(24.1);
        var reading = await fixture.ReadAsync(5);
        Assert.Equal((name, value), (NameOf(reading), Math.Round(reading.Reading.Value.AsReal(), 9)));
        if (first is not null) Assert.Contains("it rolled over from 999990.00 to 15.00", reading.Chain[^1].Note.Reason, StringComparison.Ordinal);
    }
}
