using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Sums over the wire, as the market operator of an agreement with a floor reads them: portals <c>p-1</c> and so on, each with a meter of the utility and a customer of its own.</summary>
public sealed class AgreementSumsTests
{
    private const Operations See = Operations.Browse | Operations.Read | Operations.Subscribe;
    private const string Power = "iso/Aggregates/ActivePower";

    // A sum is there after some minutes of the test's clock; where the machine is busy, the loop hears of them late.
    private const int MaxSeconds = 3_000;

    private static readonly AccessConditions Floor = new() { Floor = new AggregationFloor(15, 0.15) };
    private static readonly AccessScope Energy = new() { DeviceTypes = ["ElectricityMeterType"], DataClasses = ["Energy"] };

    [Fact]
    public async Task The_grantee_finds_reads_and_subscribes_to_the_sums_of_an_agreement()
    {
        await using var server = await StartAsync(15);
        var client = await server.ConnectEncryptedAsync("aggregator");
        var folder = Node(server, "iso/Aggregates");
        Assert.Contains(folder, (await client.BrowseAsync(Node(server, "iso")))!);
        Assert.Equal([Node(server, "iso/Aggregates/ActiveEnergyExport"), Node(server, "iso/Aggregates/ActiveEnergyImport"), Node(server, Power)], (await client.BrowseAsync(folder))!);
        Assert.Equal([Node(server, Power + "/CustomerCount"), Node(server, Power + "/EngineeringUnits")], (await client.BrowseAsync(Node(server, Power)))!);

        await client.MonitorAsync(await client.SubscribeAsync(), Node(server, Power));
        var told = new List<DataValue>();
        while (told is [] || told[^1].StatusCode == StatusCodes.BadWaitingForInitialData) told.AddRange((await client.PublishAsync(server)).Values());
        // 1 + 2 + ... + 15, none of which is more than 15 of 120.
        Assert.Equal((120.0, StatusCodes.Good), (told[^1].Value.AsDouble(), told[^1].StatusCode.Code));
        Assert.Equal(120.0, (await client.ReadAsync(Node(server, Power))).Value.AsDouble());
        Assert.Equal(15u, (await client.ReadAsync(Node(server, Power + "/CustomerCount"))).Value.AsUInt32());
        Assert.Equal("W", (await client.ReadAsync(Node(server, Power + "/EngineeringUnits"))).Value.AsStructure<EUInformation>()!.DisplayName.Text);
        // Nobody has measured it.
        Assert.Equal("BadNoData", (await client.ReadAsync(Node(server, "iso/Aggregates/ActiveEnergyExport"))).StatusCode.ToString());
        // Of a single point the agreement gives nothing, and of what it is not about no sum.
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(server.Node("p-1/meter/ActivePower", GovernedServer.Utility)));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(Node(server, "iso/Aggregates/VoltageL1")));
    }

    [Fact]
    public async Task Nobody_but_the_grantee_sees_that_there_are_sums()
    {
        await using var server = await StartAsync(15);
        await server.ApplyAsync(GovernedServer.Entity("stranger", EntityKind.MarketOperator, "urn:stranger"));
        foreach (var user in (string[])["utility", "stranger", "operator", "c-1", "nobody"])
        {
            var other = await server.ConnectEncryptedAsync(user);
            Assert.Equal("BadNodeIdUnknown", await other.StatusAsync(Node(server, Power)));
            Assert.Equal("BadNodeIdUnknown", await other.StatusAsync(Node(server, Power + "/CustomerCount")));
            Assert.Null(await other.BrowseAsync(Node(server, "iso/Aggregates")));
            Assert.DoesNotContain(Node(server, "iso/Aggregates"), await other.BrowseAsync(Node(server, "iso")) ?? []);
        }

        Assert.Equal("BadWaitingForInitialData", await (await server.ConnectEncryptedAsync("aggregator")).StatusAsync(Node(server, Power)));
    }

    [Fact]
    public async Task When_the_fifteenth_customer_moves_out_nothing_is_told_until_another_moves_in()
    {
        await using var server = await StartAsync(15);
        var client = await server.ConnectEncryptedAsync("aggregator");
        Assert.Equal(120, (await UntilAsync(server, client, Power, "Good")).Value.AsDouble());
        await server.ApplyAsync(Tenancy(server, 15) with { Period = new ActivePeriod(DateTime.MinValue, server.Now.AddSeconds(-1)) });
        Assert.True((await UntilAsync(server, client, Power, "BadNoData")).Value.IsNull);
        Assert.Equal("BadNoData", await client.StatusAsync(Node(server, Power + "/CustomerCount")));
        await server.ApplyAsync(GovernedServer.Customer("c-new"), new Tenancy { Id = "t-new", Portal = "p-15", Customer = "c-new", Period = ActivePeriod.Since(server.Now.AddMinutes(-1)) });
        Measure(server, 15, 15);
        Assert.Equal(120, (await UntilAsync(server, client, Power, "Good")).Value.AsDouble());
    }

    [Fact]
    public async Task The_premises_of_the_grantee_and_those_where_nobody_lives_do_not_count()
    {
        await using var server = await StartAsync(15);
        Add(server, 16);
        Measure(server, 16, 9);
        var terms = Iso(server).Terms;
        await server.ApplyAsync(Iso(server) with { Id = "neighbour", Terms = terms with { Grantee = "c-15" } });
        var client = await server.ConnectEncryptedAsync("c-15");
        const string sum = "neighbour/Aggregates/ActivePower";
        await UntilAsync(server, client, sum, "BadNoData");
        Assert.Equal(120, (await UntilAsync(server, await server.ConnectEncryptedAsync("aggregator"), Power, "Good")).Value.AsDouble());
        await server.ApplyAsync(GovernedServer.Customer("c-16"), Tenancy(server, 16));
        Assert.Equal(105 + 9, (await UntilAsync(server, client, sum, "Good")).Value.AsDouble());
    }

    [Fact]
    public async Task A_mandate_takes_a_customer_out_of_the_sum()
    {
        await using var server = await StartAsync(16);
        var client = await server.ConnectEncryptedAsync("aggregator");
        Assert.Equal(136, (await UntilAsync(server, client, Power, "Good")).Value.AsDouble());
        await server.ApplyAsync(new AccessRule
        {
            Id = "witness",
            Layer = PolicyLayer.Mandate,
            Effect = RuleEffect.Deny,
            Operations = Operations.All,
            Citation = "an order of a court",
            Scope = new AccessScope { Customers = ["c-3"] },
        });
        Assert.Equal(133, (await UntilAsync(server, client, Power, "Good", value => value.Value.AsDouble() != 136)).Value.AsDouble());
    }

    [Fact]
    public async Task A_revoked_agreement_shows_no_sums_at_once()
    {
        await using var server = await StartAsync(15);
        var client = await server.ConnectEncryptedAsync("aggregator");
        await UntilAsync(server, client, Power, "Good");
        await client.MonitorAsync(await client.SubscribeAsync(), Node(server, Power));
        Assert.Equal(120, Assert.Single((await client.PublishAsync(server)).Values()).Value.AsDouble());
        await server.ApplyAsync(Iso(server) with { Status = AgreementStatus.Revoked });
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(Node(server, Power)));
        Assert.DoesNotContain(Node(server, "iso/Aggregates"), (await client.BrowseAsync(Node(server, "iso")))!);
        Assert.True(Assert.Single((await client.PublishAsync(server)).Values()).StatusCode.IsBad);
    }

    [Fact]
    public async Task A_sum_is_made_anew_after_a_minute_and_no_sooner()
    {
        await using var server = await StartAsync(15);
        var client = await server.ConnectEncryptedAsync("aggregator");
        var first = await UntilAsync(server, client, Power, "Good");
        Measure(server, 1, 2);
        var next = await UntilAsync(server, client, Power, "Good", value => value.Value.AsDouble() != 120);
        Assert.Equal(121, next.Value.AsDouble());
        Assert.True(next.SourceTimestamp - first.SourceTimestamp >= AgreementSums.Every);

        // Renewed terms have no old sum, and get their own when the minute is over.
        await server.ApplyAsync(Iso(server, scope: Energy with { Points = ["ActivePower", "VoltageL1"] }));
        Assert.Equal("BadWaitingForInitialData", await client.StatusAsync(Node(server, Power)));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(Node(server, "iso/Aggregates/ActiveEnergyImport")));
        Assert.True((await UntilAsync(server, client, Power, "Good")).SourceTimestamp - next.SourceTimestamp >= AgreementSums.Every);
    }

    [Fact]
    public async Task Who_may_read_sums_and_not_subscribe_is_told_of_no_changes()
    {
        await using var server = await StartAsync(15);
        await server.ApplyAsync(Iso(server, Operations.Browse | Operations.Read));
        var client = await server.ConnectEncryptedAsync("aggregator");
        await UntilAsync(server, client, Power, "Good");
        await client.MonitorAsync(await client.SubscribeAsync(), Node(server, Power));
        Assert.Equal("BadUserAccessDenied", Assert.Single((await client.PublishAsync(server)).Values()).StatusCode.ToString());
        var watcher = await server.ConnectEncryptedAsync("aggregator");
        await server.ApplyAsync(Iso(server));
        await UntilAsync(server, watcher, Power, "Good");
        await watcher.MonitorAsync(await watcher.SubscribeAsync(), Node(server, Power));
        Assert.Equal("Good", Assert.Single((await watcher.PublishAsync(server)).Values()).StatusCode.ToString());
    }

    [Fact]
    public async Task The_floor_of_what_an_agreement_is_based_on_binds_it_too()
    {
        await using var server = await StartAsync(14);
        var given = Iso(server);
        await server.ApplyAsync(GovernedServer.Entity("planner", EntityKind.MarketOperator, "urn:planner"), given with { Terms = given.Terms with { MayDelegate = true } });
        var passedOn = server.Agreement("passed-on", "aggregator", "planner", See, Energy);
        await server.ApplyAsync(passedOn with { Terms = passedOn.Terms with { BasedOn = "iso" } });
        var client = await server.ConnectEncryptedAsync("planner");
        const string sum = "passed-on/Aggregates/ActivePower";
        await UntilAsync(server, client, sum, "BadNoData");
        await server.ApplyAsync(GovernedServer.Customer("c-15"), Tenancy(server, 15));
        Add(server, 15);
        Measure(server, 15, 15);
        Assert.Equal(120, (await UntilAsync(server, client, sum, "Good")).Value.AsDouble());
    }

    // Two types that come later: one with a quantity that nobody had, and with ActivePower in another unit.
    [Fact]
    public async Task A_quantity_of_a_model_that_comes_can_be_summed_and_other_units_are_never_mixed_in()
    {
        await using var server = await StartAsync(15);
        await server.ApplyAsync(Iso(server, scope: new AccessScope { Points = ["ActivePower", "HeatFlow"] }));
        var client = await server.ConnectEncryptedAsync("aggregator");
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(Node(server, "iso/Aggregates/HeatFlow")));
        await File.WriteAllTextAsync(Path.Combine(server.FolderOf("models"), "heat.xml"), Model, TestContext.Current.CancellationToken);
        await server.Portal.Files!.LoadModelAsync(new Manager("sys", ManagerPower.System), "heat.xml", TestContext.Current.CancellationToken);
        for (var i = 1; i <= 15; i++)
        {
            server.Load($$"""
                {
                  "portal": { "id": "p-{{i}}", "name": "Home {{i}}", "owner": "urn:operator" },
                  "connection": { "protocol": "none" },
                  "devices": [{ "id": "pump", "type": "HeatPumpType", "owner": "urn:utility", "points": { "HeatFlow": {}, "ActivePower": {} } }]
                }
                """);
            foreach (var point in (string[])["HeatFlow", "ActivePower"]) server.Space.Store.Apply([new Reading(server.Space.Registry.Point($"p-{i}", "pump", point), PointValue.From(2.0), server.Now)], server.Now);
        }

        Assert.Equal(30, (await UntilAsync(server, client, "iso/Aggregates/HeatFlow", "Good")).Value.AsDouble());
        Assert.Equal("kW", (await client.ReadAsync(Node(server, "iso/Aggregates/HeatFlow/EngineeringUnits"))).Value.AsStructure<EUInformation>()!.DisplayName.Text);
        // 120 W, and what takes part in kW is missing.
        Assert.Equal(120, (await UntilAsync(server, client, Power, "UncertainSubNormal")).Value.AsDouble());
    }

    private static string Model { get; } = $"""
        <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
          <NamespaceUris><Uri>urn:heat</Uri><Uri>{ModelLoader.PortalUri}</Uri></NamespaceUris>
          <Models><Model ModelUri="urn:heat" Version="1.0.0"><RequiredModel ModelUri="{ModelLoader.PortalUri}" /></Model></Models>
          <UAObjectType NodeId="ns=1;i=1" BrowseName="1:HeatPumpType">
            <DisplayName>HeatPumpType</DisplayName>
            <References><Reference ReferenceType="i=45" IsForward="false">ns=2;i=1001</Reference></References>
          </UAObjectType>
          {Quantity(10, "HeatFlow")}
          {Quantity(20, "ActivePower")}
        </UANodeSet>
        """;

    private static string Quantity(int id, string name) => $"""
        <UAVariable NodeId="ns=1;i={id}" BrowseName="1:{name}" DataType="i=11" ParentNodeId="ns=1;i=1">
          <DisplayName>{name}</DisplayName>
          <References>
            <Reference ReferenceType="i=40">i=17497</Reference>
            <Reference ReferenceType="i=37">i=78</Reference>
            <Reference ReferenceType="i=47" IsForward="false">ns=1;i=1</Reference>
          </References>
        </UAVariable>
        <UAVariable NodeId="ns=1;i={id + 1}" BrowseName="EngineeringUnits" DataType="i=887" ParentNodeId="ns=1;i={id}">
          <DisplayName>Engineering units</DisplayName>
          <References>
            <Reference ReferenceType="i=40">i=68</Reference>
            <Reference ReferenceType="i=37">i=78</Reference>
            <Reference ReferenceType="i=46" IsForward="false">ns=1;i={id}</Reference>
          </References>
          <Value><ExtensionObject xmlns="http://opcfoundation.org/UA/2008/02/Types.xsd"><TypeId><Identifier>i=888</Identifier></TypeId><Body><EUInformation><NamespaceUri>http://www.opcfoundation.org/UA/units/un/cefact</NamespaceUri><UnitId>4937556</UnitId><DisplayName><Text>kW</Text></DisplayName><Description><Text>kilowatt</Text></Description></EUInformation></Body></ExtensionObject></Value>
        </UAVariable>
        """;

    /// <summary>A server with some customers, of whom the first takes 1 W, the second 2 W and so on, and an agreement on sums over them.</summary>
    private static async Task<GovernedServer> StartAsync(int customers)
    {
        var server = await GovernedServer.StartAsync(file: null);
        for (var i = 1; i <= customers; i++) Add(server, i);
        await server.ApplyAsync([.. Enumerable.Range(1, customers).SelectMany(i => (object[])[GovernedServer.Customer($"c-{i}"), Tenancy(server, i)]), Iso(server)]);
        for (var i = 1; i <= customers; i++) Measure(server, i, i);
        return server;
    }

    private static Agreement Iso(GovernedServer server, Operations operations = See, AccessScope? scope = null) => server.Agreement("iso", "utility", "aggregator", operations, scope ?? Energy, Floor);

    private static Tenancy Tenancy(GovernedServer server, int number) => new() { Id = $"t-{number}", Portal = $"p-{number}", Customer = $"c-{number}", Period = ActivePeriod.Since(server.Now.AddDays(-100)) };

    private static void Add(GovernedServer server, int number) => server.Load($$"""
        {
          "portal": { "id": "p-{{number}}", "name": "Home {{number}}", "owner": "urn:operator" },
          "connection": { "protocol": "none" },
          "devices": [{ "id": "meter", "type": "ElectricityMeterType", "owner": "urn:utility", "points": { "ActiveEnergyImport": {}, "ActivePower": {}, "VoltageL1": {} } }]
        }
        """);

    private static void Measure(GovernedServer server, int number, double watts) =>
        server.Space.Store.Apply([new Reading(server.Space.Registry.Point($"p-{number}", "meter", "ActivePower"), PointValue.From(watts), server.Now)], server.Now);

    private static NodeId Node(GovernedServer server, string text) => server.Node(text, "http://opcportal.org/UA/Agreements/");

    /// <summary>Reads a sum, the clock moved by a second each time, until it is as wanted.</summary>
    private static async Task<DataValue> UntilAsync(GovernedServer server, WireClient client, string node, string status, Func<DataValue, bool>? isWanted = null)
    {
        for (var seconds = 0; seconds < MaxSeconds; seconds++)
        {
            var read = new ReadRequest { NodesToRead = [new ReadValueId { NodeId = Node(server, node), AttributeId = AttributeIds.Value }], TimestampsToReturn = TimestampsToReturn.Source };
            var value = (await client.CallAsync<ReadResponse>(read)).Results![0];
            if (value.StatusCode.ToString() == status && isWanted?.Invoke(value) != false) return value;
            server.Time.Advance(AgreementSums.LookEvery);
            // The loop is on a thread of its own.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        throw new Xunit.Sdk.XunitException($"{node} is {await client.StatusAsync(Node(server, node))} still, not {status}.");
    }
}
