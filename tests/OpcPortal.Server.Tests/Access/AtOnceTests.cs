using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>What changes in the directory or by the clock holds for live sessions at once, and comes back the same way. portal-model.md: revocation acts at once, live subscriptions included.</summary>
public sealed class AtOnceTests
{
    private const Operations Watch = Operations.Browse | Operations.Read | Operations.Subscribe;

    private static readonly AccessScope LoadState = new() { DataClasses = ["LoadState"] };

    [Fact]
    public async Task An_agreement_that_is_revoked_ends_what_it_allowed_and_one_restored_gives_it_back()
    {
        await using var server = await GovernedServer.StartAsync();
        var agreement = server.Agreement("a1", "anna", "aggregator", Watch | Operations.Call, LoadState);
        await server.ApplyAsync(agreement);
        server.Measure("heater", "SwitchState", 1);
        var (heater, state) = (server.Node("anna@oak-1/heater", GovernedServer.Residents), server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents));
        var client = await server.ConnectAsync("aggregator");
        await client.MonitorAsync(await client.SubscribeAsync(), state);
        Assert.Equal("Good", (await client.PublishAsync(server)).Values().Single().StatusCode.ToString());

        server.Measure("heater", "SwitchState", 0);
        await server.ApplyAsync(agreement with { Status = AgreementStatus.Revoked });
        // What was queued is not sent either; the refusal is told once, and nothing after it.
        Assert.Equal("BadUserAccessDenied", (await client.PublishAsync(server)).Values().Single().StatusCode.ToString());
        server.Measure("heater", "SwitchState", 1);
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(state));
        Assert.Null(await client.BrowseAsync(heater));
        Assert.Equal("BadNodeIdUnknown", (await client.CallMethodAsync(heater, server.Node("anna@oak-1/heater/Open", GovernedServer.Residents))).ToString());

        await server.ApplyAsync(agreement);
        Assert.Equal("Good", (await client.PublishAsync(server)).Values().Single().StatusCode.ToString());
        server.Measure("heater", "SwitchState", 0);
        Assert.Equal("Good", (await client.PublishAsync(server)).Values().Single().StatusCode.ToString());
        Assert.NotNull(await client.BrowseAsync(heater));
    }

    [Fact]
    public async Task To_read_is_not_to_watch()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Measure("heater", "SwitchState", 1);
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Operations.Browse | Operations.Read, LoadState));
        var state = server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents);
        var client = await server.ConnectAsync("aggregator");
        Assert.Equal("Good", await client.StatusAsync(state));
        await client.MonitorAsync(await client.SubscribeAsync(), state);
        var first = (await client.PublishAsync(server)).Values().Single();
        Assert.Equal("BadUserAccessDenied", first.StatusCode.ToString());
        Assert.True(first.Value.IsNull);
    }

    [Fact]
    public async Task An_agreement_ends_by_the_clock_at_its_instant()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Measure("heater", "SwitchState", 1);
        var until = server.Now.AddMinutes(5);
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Watch, LoadState, period: new ActivePeriod(DateTime.MinValue, until)));
        var state = server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents);
        var client = await server.ConnectAsync("aggregator");
        await server.AdvanceAsync(until - server.Now - TimeSpan.FromTicks(1));
        Assert.Equal("Good", await client.StatusAsync(state));
        await server.AdvanceAsync(TimeSpan.FromTicks(1));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(state));
    }

    [Fact]
    public async Task A_weekly_window_opens_and_closes_by_the_clock()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Measure("heater", "SwitchState", 1);
        var opens = server.Now.AddMinutes(3);
        var conditions = new AccessConditions { Windows = [new WeeklyWindow(0b111_1111, opens.TimeOfDay, opens.AddMinutes(2).TimeOfDay)] };
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Watch, LoadState, conditions));
        var state = server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents);
        var client = await server.ConnectAsync("aggregator");
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(state));
        await server.AdvanceAsync(opens - server.Now);
        Assert.Equal("Good", await client.StatusAsync(state));
        await server.AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(state));
    }

    // The former occupant's ids are gone, the new one's are there, and what was measured before is not the new one's to see.
    [Fact]
    public async Task A_change_of_tenancy_takes_effect_at_its_instant()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Measure("heater", "WaterTemperature", 50);
        server.Measure("meter", "ActivePower", 700);
        var moves = server.Now.AddMinutes(5);
        await server.ApplyAsync(
            new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(DateTime.MinValue, moves) },
            new Tenancy { Id = "t-bert", Portal = "oak-1", Customer = "bert", Period = ActivePeriod.Since(moves) });
        var (annas, berts) = (server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents), server.Node("bert@oak-1/heater/WaterTemperature", GovernedServer.Residents));
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var (anna, bert) = (await server.ConnectAsync("anna"), await server.ConnectAsync("bert"));
        var subscription = await anna.SubscribeAsync();
        await anna.MonitorAsync(subscription, power);
        Assert.Equal(700.0, (await anna.PublishAsync(server)).Values().Single().Value.AsDouble());
        Assert.Equal("BadNodeIdUnknown", await bert.StatusAsync(berts));

        await server.AdvanceAsync(moves - server.Now);
        Assert.Equal("BadUserAccessDenied", (await anna.PublishAsync(server)).Values().Single().StatusCode.ToString());
        Assert.Equal("BadNodeIdUnknown", await anna.StatusAsync(annas));
        var old = await bert.ReadAsync(berts);
        Assert.Equal("BadNoData", old.StatusCode.ToString());
        Assert.True(old.Value.IsNull);
        Assert.Equal("BadNoData", await bert.StatusAsync(power));
        server.Measure("heater", "WaterTemperature", 51);
        Assert.Equal(51.0, (await bert.ReadAsync(berts)).Value.AsDouble());
        // The company, which was there all the time, sees what was before.
        Assert.Equal(700.0, (await (await server.ConnectAsync("utility")).ReadAsync(power)).Value.AsDouble());
    }

    [Fact]
    public async Task A_transfer_of_a_device_moves_its_nodes_to_the_new_owner()
    {
        await using var server = await GovernedServer.StartAsync(records: GovernedServer.Entity("other", EntityKind.DistributionCompany, "urn:other"));
        server.Measure("meter", "ActivePower", 700);
        var (before, after) = (server.Node("oak-1/meter/ActivePower", GovernedServer.Utility), server.Node("oak-1/meter/ActivePower", "urn:other"));
        var (utility, other) = (await server.ConnectAsync("utility"), await server.ConnectAsync("other"));
        await utility.MonitorAsync(await utility.SubscribeAsync(), before);
        Assert.Equal("Good", (await utility.PublishAsync(server)).Values().Single().StatusCode.ToString());
        Assert.Equal("BadNodeIdUnknown", await other.StatusAsync(after));
        var version = (await utility.ReadAsync(server.Node("oak-1:NodeVersion", GovernedServer.Operator))).Value.AsString();

        server.Time.Advance(TimeSpan.FromSeconds(1));
        await server.ApplyAsync(new Stewardship { Id = "sold", Portal = "oak-1", Device = "meter", Owner = "other", Period = ActivePeriod.Since(server.Now) });
        // The node of that id is gone, for everybody.
        Assert.Equal("BadNodeIdUnknown", (await utility.PublishAsync(server)).Values().Single().StatusCode.ToString());
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(after));
        Assert.Equal("BadNoData", await other.StatusAsync(after));
        server.Time.Advance(TimeSpan.FromSeconds(1));
        server.Measure("meter", "ActivePower", 800);
        Assert.Equal(800.0, (await other.ReadAsync(after)).Value.AsDouble());
        Assert.NotEqual(version, (await other.ReadAsync(server.Node("oak-1:NodeVersion", GovernedServer.Operator))).Value.AsString());
    }

    [Fact]
    public async Task Readings_worse_than_agreed_are_withheld_until_a_better_one_comes()
    {
        await using var server = await GovernedServer.StartAsync();
        var validated = new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1);
        var agreement = server.Agreement("a1", "utility", "aggregator", Watch, new AccessScope { DataClasses = ["Energy"] }, new AccessConditions { MinimumQuality = QualityLevel.Validated });
        await server.ApplyAsync(agreement);
        var energy = server.Node("oak-1/meter/ActiveEnergyImport", GovernedServer.Utility);
        server.Measure("meter", "ActiveEnergyImport", 1);
        var client = await server.ConnectAsync("aggregator");
        await client.MonitorAsync(await client.SubscribeAsync(), energy);
        var raw = (await client.PublishAsync(server)).Values().Single();
        Assert.Equal("BadNoData", raw.StatusCode.ToString());
        Assert.True(raw.Value.IsNull);
        Assert.Equal("BadNoData", await client.StatusAsync(server.Node("oak-1/meter/ActiveEnergyImport/Quality", GovernedServer.Utility)));
        server.Measure("meter", "ActiveEnergyImport", 2, validated);
        Assert.Equal(2.0, (await client.PublishAsync(server)).Values().Single().Value.AsDouble());

        // The same agreement renewed without that: the item starts anew under the new terms.
        server.Measure("meter", "ActiveEnergyImport", 3);
        Assert.Equal("BadNoData", (await client.PublishAsync(server)).Values().Single().StatusCode.ToString());
        await server.ApplyAsync(agreement with { Revision = 2, Terms = agreement.Terms with { Conditions = AccessConditions.None } });
        Assert.Equal(3.0, (await client.PublishAsync(server)).Values().Single().Value.AsDouble());
    }

    [Fact]
    public async Task An_entity_whose_time_is_over_is_asked_anew_by_the_clock()
    {
        var asked = 0;
        await using var server = await GovernedServer.StartAsync();
        var ends = server.Now.AddMinutes(5);
        await server.ApplyAsync(GovernedServer.Entity("aggregator", EntityKind.Aggregator, "urn:aggregator") with { Active = new ActivePeriod(DateTime.MinValue, ends) });
        await server.ConnectAsync("aggregator");
        server.Admitting = _ => asked++;
        await server.AdvanceAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(0, asked);
        await server.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_brings_nothing_back()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Measure("heater", "SwitchState", 1);
        var until = server.Now.AddMinutes(5);
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Watch, LoadState, period: new ActivePeriod(DateTime.MinValue, until)));
        var state = server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents);
        var client = await server.ConnectAsync("aggregator");
        Assert.Equal("Good", await client.StatusAsync(state));
        await server.AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(state));
        server.Time.AdjustTime(server.Time.GetUtcNow() - TimeSpan.FromMinutes(3));
        await server.ApplyAsync(server.Agreement("a2", "anna", "aggregator", Operations.Browse, new AccessScope { DataClasses = ["Energy"] }));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(state));
    }

    // Part 3 8.55 (ReceiveEvents) on the source: the events of a device go to who has its events.
    [Fact]
    public async Task Events_of_a_device_go_to_who_may_receive_them_and_stop_with_the_agreement()
    {
        await using var server = await GovernedServer.StartAsync();
        var agreement = server.Agreement("a1", "anna", "aggregator", Operations.Browse | Operations.ReceiveEvents, LoadState);
        await server.ApplyAsync(agreement);
        var (aggregator, utility) = (await server.ConnectAsync("aggregator"), await server.ConnectAsync("utility"));
        foreach (var client in (WireClient[])[aggregator, utility])
            Assert.Equal("Good", (await client.MonitorAsync(await client.SubscribeAsync(), ObjectIds.Server, 1, AttributeIds.EventNotifier, Severity())).ToString());
        var (heater, meter) = (server.Node("anna@oak-1/heater", GovernedServer.Residents), server.Node("oak-1/meter", GovernedServer.Utility));
        Report(server, heater, 1);
        Report(server, meter, 2);
        Assert.Equal(1, Assert.Single(Severities(await aggregator.PublishAsync(server))));
        Assert.Equal(2, Assert.Single(Severities(await utility.PublishAsync(server))));
        Report(server, heater, 3);
        await server.ApplyAsync(agreement with { Status = AgreementStatus.Suspended });
        Report(server, heater, 4);
        await server.ApplyAsync(agreement);
        Report(server, heater, 5);
        Assert.Equal(5, Assert.Single(Severities(await aggregator.PublishAsync(server))));
    }

    // Part 3 9.32: who may browse what has come hears of it; nobody is told an id with a person's name that is gone.
    [Fact]
    public async Task Model_changes_are_told_to_who_may_browse_what_changed()
    {
        await using var server = await GovernedServer.StartAsync(records: GovernedServer.Entity("other", EntityKind.DistributionCompany, "urn:other"));
        var clients = new Dictionary<string, WireClient>();
        foreach (var name in (string[])["utility", "other", "operator", "bert"])
        {
            clients[name] = await server.ConnectAsync(name);
            await clients[name].MonitorAsync(await clients[name].SubscribeAsync(), ObjectIds.Server, 1, AttributeIds.EventNotifier, Changes(server));
        }

        await server.ApplyAsync(
            new Stewardship { Id = "sold", Portal = "oak-1", Device = "meter", DataClass = "Energy", Owner = "other", Period = ActivePeriod.Since(server.Now) },
            new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(DateTime.MinValue, server.Now) },
            new Tenancy { Id = "t-bert", Portal = "oak-1", Customer = "bert", Period = ActivePeriod.Since(server.Now) });
        var (before, after, berts) = (server.Node("oak-1/meter/ActivePower", GovernedServer.Utility), server.Node("oak-1/meter/ActivePower", "urn:other"), server.Node("bert@oak-1/heater", GovernedServer.Residents));
        var told = new Dictionary<string, List<(NodeId Node, byte Verb)>>();
        foreach (var (name, client) in clients) told[name] = await ChangesAsync(server, client);
        Assert.Contains((after, (byte)ModelChangeVerbs.NodeAdded), told["other"]);
        Assert.Contains((before, (byte)ModelChangeVerbs.NodeDeleted), told["other"]);
        Assert.Contains((before, (byte)ModelChangeVerbs.NodeDeleted), told["utility"]);
        Assert.DoesNotContain((after, (byte)ModelChangeVerbs.NodeAdded), told["utility"]);
        Assert.Contains((berts, (byte)ModelChangeVerbs.NodeAdded), told["bert"]);
        Assert.DoesNotContain((berts, (byte)ModelChangeVerbs.NodeAdded), told["operator"]);
        Assert.DoesNotContain(told.Values.SelectMany(changes => changes), change => change.Node.Text!.StartsWith("anna@", StringComparison.Ordinal));
    }

    private static async Task<List<(NodeId, byte)>> ChangesAsync(GovernedServer server, WireClient client) =>
        [.. (await client.PublishAsync(server)).Events().SelectMany(fields => fields[0].AsArray<ExtensionObject?>() ?? []).Select(change => (ModelChangeStructureDataType)change!.Structure!).Select(change => (change.Affected, change.Verb))];

    private static void Report(GovernedServer server, NodeId source, ushort severity) => server.Portal.Ua.Events.Report(new UaEvent
    {
        EventType = ObjectTypeIds.BaseEventType,
        SourceNode = source,
        SourceName = "test",
        Time = server.Now,
        Message = new LocalizedText("test"),
        Severity = severity,
    });

    private static EventFilter Severity() => Select("Severity", ObjectTypeIds.BaseEventType, null);

    private static EventFilter Changes(GovernedServer server) => Select("Changes", ObjectTypeIds.GeneralModelChangeEventType, new ContentFilter
    {
        Elements = [new ContentFilterElement { FilterOperator = FilterOperator.OfType, FilterOperands = [ExtensionObject.From(new LiteralOperand { Value = new NodeId(ObjectTypeIds.GeneralModelChangeEventType) })] }],
    });

    private static EventFilter Select(string field, NodeId type, ContentFilter? where) => new()
    {
        SelectClauses = [new SimpleAttributeOperand { TypeDefinitionId = type, BrowsePath = [field], AttributeId = AttributeIds.Value }],
        WhereClause = where ?? new ContentFilter(),
    };

    private static int[] Severities(NotificationMessage message) => [.. message.Events().Select(fields => (int)fields[0].AsUInt16())];
}
