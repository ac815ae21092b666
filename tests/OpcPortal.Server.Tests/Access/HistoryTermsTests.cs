using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>
/// What of history whom is shown. portal-model.md, Ownership: "history before the date stays with the former owner. A new occupant never sees the former occupant's data"; Agreements: "read history to a
/// depth", "minimum quality".
/// </summary>
public sealed class HistoryTermsTests
{
    private const Operations Reading = Operations.Browse | Operations.Read | Operations.ReadHistory;

    private static readonly QualityCode Estimated = new(QualityOrigin.MeterDataManagement, QualityCode.Estimated, 0);
    private static readonly QualityCode Validated = new(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1);

    [Fact]
    public async Task An_agreement_gives_history_to_its_depth_and_the_owner_has_all_of_it()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        await DailyPowerAsync(server, 5);
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Reading, null, new AccessConditions { HistoryDepth = TimeSpan.FromDays(2.5) }));
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);

        Assert.Equal("2 1 0", await (await server.ConnectAsync("aggregator")).ValuesAsync(power, Ago(server, 10), server.Now));
        Assert.Equal("5 4 3 2 1 0", await (await server.ConnectAsync("utility")).ValuesAsync(power, Ago(server, 10), server.Now));
        Assert.Equal("0 1 2", await (await server.ConnectAsync("aggregator")).ValuesAsync(power, server.Now, Ago(server, 10), perPage: 1));
    }

    [Fact]
    public async Task What_is_poorer_than_agreed_is_left_out_as_if_it_were_not_there()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        await server.MeasureAsync("meter", "ActivePower", 1, Ago(server, 3), Validated);
        await server.MeasureAsync("meter", "ActivePower", 2, Ago(server, 2), Estimated);
        await server.MeasureAsync("meter", "ActivePower", 3, Ago(server, 1), Validated);
        var conditions = new AccessConditions { MinimumQuality = QualityLevel.Validated };
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Reading, null, conditions));
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var utility = await server.ConnectAsync("utility");
        Assert.Equal("GoodEntryInserted GoodEntryInserted", await utility.AnnotateAsync(power, PerformUpdateType.Insert, (Ago(server, 2), "a guess"), (Ago(server, 1), "read by hand")));
        var aggregator = await server.ConnectAsync("aggregator");

        foreach (var perPage in new uint[] { 0, 1 }) Assert.Equal("1 3", await aggregator.ValuesAsync(power, Ago(server, 10), server.Now, perPage));
        Assert.Equal("1 2 3", await utility.ValuesAsync(power, Ago(server, 10), server.Now));
        // Neither are a note on it, nor its quality.
        Assert.Equal(["read by hand"], (await aggregator.AnnotationsAsync(power, Ago(server, 2), Ago(server, 1))).Select(note => note.Message));
        Assert.Equal(2, (await utility.AnnotationsAsync(power, Ago(server, 2), Ago(server, 1))).Length);
        var quality = server.Node("oak-1/meter/ActivePower/Quality", GovernedServer.Utility);
        Assert.Equal(2, (await aggregator.HistoryAsync(quality, Ago(server, 10), server.Now)).Values.Length);
        Assert.Equal(3, (await utility.HistoryAsync(quality, Ago(server, 10), server.Now)).Values.Length);
    }

    [Fact]
    public async Task A_former_owner_reads_its_time_by_the_former_id_and_the_new_one_what_came_since()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync(null, GovernedServer.Entity("grid", EntityKind.DistributionCompany, "urn:grid"));
        await DailyPowerAsync(server, 5);
        var before = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var now = server.Node("oak-1/meter/ActivePower", "urn:grid");
        var (utility, grid) = (await server.ConnectAsync("utility"), await server.ConnectAsync("grid"));
        await utility.MonitorAsync(await utility.SubscribeAsync(), before);
        Assert.Equal("Good", (await utility.PublishAsync(server)).Values().Single().StatusCode.ToString());
        await server.ApplyAsync(new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Owner = "grid", Period = new ActivePeriod(Ago(server, 2).AddHours(-1), DateTime.MaxValue) });

        Assert.Equal("5 4 3", await utility.ValuesAsync(before, Ago(server, 10), server.Now));
        Assert.Equal("2 1 0", await grid.ValuesAsync(now, Ago(server, 10), server.Now));
        Assert.Equal("BadNodeIdUnknown", await grid.ValuesAsync(before, Ago(server, 10), server.Now));
        Assert.Equal("BadNodeIdUnknown", await utility.ValuesAsync(now, Ago(server, 10), server.Now));
        Assert.Equal("BadNodeIdUnknown", await (await server.ConnectAsync("aggregator")).ValuesAsync(before, Ago(server, 10), server.Now));
        // Who watched it is told that it is gone; the id stands for history alone.
        Assert.Equal("BadNodeIdUnknown", (await utility.PublishAsync(server)).Values().Single().StatusCode.ToString());
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(before));
        Assert.Equal("BadNodeIdUnknown", (await utility.ReadAsync(before, AttributeIds.BrowseName)).StatusCode.ToString());
        Assert.Null(await utility.BrowseAsync(before));
        Assert.Equal("BadNodeIdUnknown", await utility.UpdateAsync(before, PerformUpdateType.Insert, (Ago(server, 4).AddHours(1), 1.0)));
        Assert.Equal("Good", await grid.StatusAsync(now));
    }

    [Fact]
    public async Task The_quality_and_the_annotations_of_a_former_owners_time_are_its_own()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync(null, GovernedServer.Entity("grid", EntityKind.DistributionCompany, "urn:grid"));
        await DailyPowerAsync(server, 3);
        var before = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var utility = await server.ConnectAsync("utility");
        Assert.Equal("GoodEntryInserted", await utility.AnnotateAsync(before, PerformUpdateType.Insert, (Ago(server, 3), "ours")));
        await server.ApplyAsync(new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Owner = "grid", Period = new ActivePeriod(Ago(server, 2).AddHours(-1), DateTime.MaxValue) });

        Assert.Equal(["ours"], (await utility.AnnotationsAsync(before, Ago(server, 3))).Select(note => note.Message));
        Assert.Single((await utility.HistoryAsync(server.Node("oak-1/meter/ActivePower/Annotations", GovernedServer.Utility), Ago(server, 10), server.Now)).Values);
        Assert.Single((await utility.HistoryAsync(server.Node("oak-1/meter/ActivePower/Quality", GovernedServer.Utility), Ago(server, 10), server.Now)).Values);
        var grid = await server.ConnectAsync("grid");
        Assert.Empty(await grid.AnnotationsAsync(server.Node("oak-1/meter/ActivePower", "urn:grid"), Ago(server, 3)));
        Assert.Equal(3, (await grid.HistoryAsync(server.Node("oak-1/meter/ActivePower/Quality", "urn:grid"), Ago(server, 10), server.Now)).Values.Length);
    }

    [Fact]
    public async Task A_new_occupant_never_sees_the_former_ones_readings_and_the_former_one_still_does()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        for (var day = 3; day >= 1; day--)
        {
            await server.MeasureAsync("heater", "WaterTemperature", day, Ago(server, day));
            await server.MeasureAsync("meter", "ActivePower", day, Ago(server, day));
        }

        var change = Ago(server, 2).AddHours(-1);
        await server.ApplyAsync(
            new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(DateTime.MinValue, change) },
            new Tenancy { Id = "t-bert", Portal = "oak-1", Customer = "bert", Period = new ActivePeriod(change, DateTime.MaxValue) });
        var (anna, bert) = (await server.ConnectAsync("anna"), await server.ConnectAsync("bert"));

        // What is the occupant's own goes with the occupant.
        Assert.Equal("3", await anna.ValuesAsync(server.Node("anna@oak-1/heater/WaterTemperature", GovernedServer.Residents), Ago(server, 10), server.Now));
        Assert.Equal("2 1", await bert.ValuesAsync(server.Node("bert@oak-1/heater/WaterTemperature", GovernedServer.Residents), Ago(server, 10), server.Now));
        Assert.Equal("BadNodeIdUnknown", await bert.ValuesAsync(server.Node("anna@oak-1/heater/WaterTemperature", GovernedServer.Residents), Ago(server, 10), server.Now));
        // Of what another owns at the premises the occupant sees its time; its owner sees all.
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        Assert.Equal("2 1", await bert.ValuesAsync(power, Ago(server, 10), server.Now));
        Assert.Equal("BadNodeIdUnknown", await anna.ValuesAsync(power, Ago(server, 10), server.Now));
        Assert.Equal("3 2 1", await (await server.ConnectAsync("utility")).ValuesAsync(power, Ago(server, 10), server.Now));
    }

    [Fact]
    public async Task Who_comes_back_has_both_of_its_times_and_not_the_one_between()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        for (var day = 6; day >= 1; day--) await server.MeasureAsync("heater", "WaterTemperature", day, Ago(server, day));
        await server.ApplyAsync(
            new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(DateTime.MinValue, Ago(server, 4).AddHours(-1)) },
            new Tenancy { Id = "t-bert", Portal = "oak-1", Customer = "bert", Period = new ActivePeriod(Ago(server, 4).AddHours(-1), Ago(server, 2).AddHours(-1)) },
            new Tenancy { Id = "t-anna2", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(Ago(server, 2).AddHours(-1), DateTime.MaxValue) });
        var temperature = server.Node("anna@oak-1/heater/WaterTemperature", GovernedServer.Residents);

        foreach (var perPage in new uint[] { 0, 1, 2 })
        {
            Assert.Equal("6 5 2 1", await (await server.ConnectAsync("anna")).ValuesAsync(temperature, Ago(server, 10), server.Now, perPage));
            Assert.Equal("1 2 5 6", await (await server.ConnectAsync("anna")).ValuesAsync(temperature, server.Now, Ago(server, 10), perPage));
        }

        Assert.Equal("4 3", await (await server.ConnectAsync("bert")).ValuesAsync(server.Node("bert@oak-1/heater/WaterTemperature", GovernedServer.Residents), Ago(server, 10), server.Now));
    }

    // NodeSet.xml: IntervalEnergyImport is stamped with the end of its quarter of an hour.
    [Fact]
    public async Task The_interval_that_ends_with_a_tenancy_is_the_leavers_and_one_that_it_cuts_in_two_is_nobodys()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var change = server.Now.Date.AddDays(-1);
        foreach (var minutes in new[] { -15, 0, 15 }) await server.MeasureAsync("meter", "IntervalEnergyImport", minutes, change.AddMinutes(minutes));
        await server.ApplyAsync(new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(change, DateTime.MaxValue) });
        var energy = server.Node("oak-1/meter/IntervalEnergyImport", GovernedServer.Utility);
        Assert.Equal("15", await (await server.ConnectAsync("anna")).ValuesAsync(energy, change.AddDays(-1), server.Now));

        await server.ApplyAsync(new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(change.AddMinutes(5), DateTime.MaxValue) });
        Assert.Equal("GoodNoData", await (await server.ConnectAsync("anna")).ValuesAsync(energy, change.AddDays(-1), server.Now));
        Assert.Equal("-15 0 15", await (await server.ConnectAsync("utility")).ValuesAsync(energy, change.AddDays(-1), server.Now));
    }

    [Fact]
    public async Task Whose_it_was_is_told_which_stretch_was_read_once_for_all_its_pages()
    {
        var log = new StretchLog();
        await using var server = await GovernedServer.StartWithHistoryAsync(log, GovernedServer.Entity("grid", EntityKind.DistributionCompany, "urn:grid"));
        await DailyPowerAsync(server, 5);
        var change = Ago(server, 2).AddHours(-1);
        await server.ApplyAsync(
            new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(DateTime.MinValue, change) },
            new Tenancy { Id = "t-bert", Portal = "oak-1", Customer = "bert", Period = new ActivePeriod(change, DateTime.MaxValue) });
        var utility = await server.ConnectAsync("utility");
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);

        Assert.Equal("5 4 3 2 1", await utility.ValuesAsync(power, Ago(server, 5.1), Ago(server, 0.5), perPage: 2));
        // To each of the two what was read of its time, in whole days.
        Assert.Equal([("anna", Ago(server, 5.1).Date, change.Date.AddDays(1)), ("bert", change.Date, DayEnd(server, Ago(server, 0.5)))], log.Told);
        await utility.ValuesAsync(power, Ago(server, 3), Ago(server, 1));
        Assert.Equal(2, log.Told.Count);
        await utility.ValuesAsync(power, Ago(server, 8), Ago(server, 1));
        Assert.Equal("anna", log.Told[2].Customer);
    }

    private static DateTime DayEnd(GovernedServer server, DateTime at) => at.Date == server.Now.Date ? server.Now : at.Date.AddDays(1);

    private static DateTime Ago(GovernedServer server, double days) => server.Now.AddDays(-days);

    // A value a day, which says how many days ago it was.
    private static async Task DailyPowerAsync(GovernedServer server, int days)
    {
        for (var day = days; day >= 0; day--) await server.MeasureAsync("meter", "ActivePower", day, Ago(server, day).AddSeconds(-1));
    }

    private sealed class StretchLog : IDisclosureSink
    {
        public List<(string? Customer, DateTime? From, DateTime? Until)> Told { get; } = [];

        public void Disclosed(Disclosure disclosure)
        {
            if (disclosure.Operation == Operations.ReadHistory) lock (Told) Told.Add((disclosure.Customer, disclosure.From, disclosure.Until));
        }
    }
}
