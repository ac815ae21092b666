using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Models and adapters' files that come while the server runs: whole or not at all, by the System Manager, and nobody sees a device before the rules know it.</summary>
public sealed class AddedFilesTests
{
    private static readonly Manager System = new("sys", ManagerPower.System);

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    private static string Model(string uri, string type, string required = ModelLoader.PortalUri) => $"""
        <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
          <NamespaceUris><Uri>{uri}</Uri><Uri>{required}</Uri></NamespaceUris>
          <Models><Model ModelUri="{uri}" Version="1.0.0">
            <RequiredModel ModelUri="{required}" />
          </Model></Models>
          <UAObjectType NodeId="ns=1;i=1" BrowseName="1:{type}">
            <DisplayName>{type}</DisplayName>
            <References><Reference ReferenceType="i=45" IsForward="false">ns=2;i=1001</Reference></References>
          </UAObjectType>
          <UAVariable NodeId="ns=1;i=2" BrowseName="1:FlowTemperature" DataType="i=11" ParentNodeId="ns=1;i=1">
            <DisplayName>Flow temperature</DisplayName>
            <References>
              <Reference ReferenceType="i=40">i=2365</Reference>
              <Reference ReferenceType="i=37">i=78</Reference>
              <Reference ReferenceType="i=47" IsForward="false">ns=1;i=1</Reference>
            </References>
          </UAVariable>
        </UANodeSet>
        """;

    private static string Site(string portal, string devices, string connection = """ "protocol": "idle" """) =>
        $$"""{ "portal": { "id": "{{portal}}", "owner": "urn:operator" }, "connection": { {{connection}} }, "devices": [ {{devices}} ] }""";

    private static string Device(string id, string type, string points) => $$"""{ "id": "{{id}}", "type": "{{type}}", "owner": "urn:utility", "points": { {{points}} } }""";

    private static string Meter(string id) => Device(id, "ElectricityMeterType", """ "ActiveEnergyImport": {}, "ActivePower": {} """);

    private static string Pump { get; } = Device("pump", "HeatPumpType", """ "FlowTemperature": {} """);

    private static Task PutAsync(GovernedServer server, string folder, string name, string text) => File.WriteAllTextAsync(Path.Combine(server.FolderOf(folder), name), text, TestContext.Current.CancellationToken);

    private static async Task<string> RefusedAsync(uint status, Func<Task> load)
    {
        var refused = await Assert.ThrowsAsync<AdministrationException>(load);
        Assert.Equal(new StatusCode(status), refused.Status);
        return refused.Message;
    }

    [Fact]
    public async Task A_type_and_then_a_device_of_it_come_and_their_owner_finds_them_at_once()
    {
        await using var server = await GovernedServer.StartAsync();
        var utility = await server.ConnectAsync("utility");
        var aggregator = await server.ConnectAsync("aggregator");
        var point = server.Node("elm-2/pump/FlowTemperature", GovernedServer.Utility);
        await PutAsync(server, "models", "heat.xml", Model("urn:heat", "HeatPumpType"));
        await PutAsync(server, "adapters", "elm.json", Site("elm-2", Pump));
        Assert.StartsWith("elm.json:1: devices[0].type: there is no type 'HeatPumpType'", await RefusedAsync(StatusCodes.BadInvalidArgument, () => server.Portal.Files!.LoadAdapterFileAsync(System, "elm.json", _cancellation)), StringComparison.Ordinal);
        await server.Portal.Files!.LoadModelAsync(System, "heat.xml", _cancellation);
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(point));
        await server.Portal.Files.LoadAdapterFileAsync(System, "elm.json", _cancellation);
        Assert.NotEqual("BadNodeIdUnknown", await utility.StatusAsync(point));
        // Who has no agreement does not see what is new either.
        Assert.Equal("BadNodeIdUnknown", await aggregator.StatusAsync(point));
        // The session and its device are there as before.
        server.Measure("meter", "ActivePower", 1);
        Assert.Equal("Good", await utility.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility)));
    }

    [Fact]
    public async Task A_rule_for_a_type_holds_for_a_subtype_that_comes()
    {
        await using var server = await GovernedServer.StartAsync();
        await server.ApplyAsync(new AccessRule
        {
            Id = "no-field-devices",
            Layer = PolicyLayer.Mandate,
            Effect = RuleEffect.Deny,
            Operations = Operations.Browse | Operations.Read,
            Citation = "PUC rule 1",
            Scope = new AccessScope { DeviceTypes = ["FieldDeviceType"], Portals = ["elm-2"] },
        });
        var utility = await server.ConnectAsync("utility");
        await PutAsync(server, "models", "heat.xml", Model("urn:heat", "HeatPumpType"));
        await PutAsync(server, "adapters", "elm.json", Site("elm-2", Pump));
        await PutAsync(server, "adapters", "ash.json", Site("ash-3", Pump));
        await server.Portal.Files!.LoadModelAsync(System, "heat.xml", _cancellation);
        await server.Portal.Files.LoadAdapterFileAsync(System, "elm.json", _cancellation);
        await server.Portal.Files.LoadAdapterFileAsync(System, "ash.json", _cancellation);
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(server.Node("elm-2/pump/FlowTemperature", GovernedServer.Utility)));
        Assert.NotEqual("BadNodeIdUnknown", await utility.StatusAsync(server.Node("ash-3/pump/FlowTemperature", GovernedServer.Utility)));
    }

    [Theory]
    [InlineData("../models/heat.xml")]
    [InlineData("/etc/heat.xml")]
    [InlineData("..\\heat.xml")]
    [InlineData("c:heat.xml")]
    [InlineData("./heat.xml")]
    [InlineData(".heat.xml")]
    [InlineData("heat.xml\0.xml")]
    [InlineData("heat")]
    [InlineData("")]
    public async Task The_name_of_a_file_is_no_way_to_somewhere_else(string name)
    {
        await using var server = await GovernedServer.StartAsync();
        await PutAsync(server, "models", "heat.xml", Model("urn:heat", "HeatPumpType"));
        Assert.Contains("without any path", await RefusedAsync(StatusCodes.BadInvalidArgument, () => server.Portal.Files!.LoadModelAsync(System, name, _cancellation)), StringComparison.Ordinal);
        Assert.Contains("without any path", await RefusedAsync(StatusCodes.BadInvalidArgument, () => server.Portal.Files!.LoadAdapterFileAsync(System, name, _cancellation)), StringComparison.Ordinal);
        await server.Portal.Files!.LoadModelAsync(System, "heat.xml", _cancellation);
    }

    [Theory]
    [InlineData(ManagerPower.Security)]
    [InlineData(ManagerPower.Network)]
    public async Task Other_managers_load_nothing(ManagerPower power)
    {
        await using var server = await GovernedServer.StartAsync();
        await PutAsync(server, "models", "heat.xml", Model("urn:heat", "HeatPumpType"));
        await RefusedAsync(StatusCodes.BadUserAccessDenied, () => server.Portal.Files!.LoadModelAsync(new Manager("other", power), "heat.xml", _cancellation));
        await RefusedAsync(StatusCodes.BadUserAccessDenied, () => server.Portal.Files!.LoadAdapterFileAsync(new Manager("other", power), "elm.json", _cancellation));
        await server.Portal.Files!.LoadModelAsync(System, "heat.xml", _cancellation);
    }

    [Fact]
    public async Task A_model_is_refused_by_file_and_line_and_another_is_loaded_after_it()
    {
        await using var server = await GovernedServer.StartAsync();
        var files = server.Portal.Files!;
        await PutAsync(server, "models", "heat.xml", Model("urn:heat", "HeatPumpType"));
        await PutAsync(server, "models", "needy.xml", Model("urn:needy", "NeedyType", required: "urn:absent"));
        await PutAsync(server, "models", "clash.xml", Model("urn:clash", "HeatPumpType"));
        await PutAsync(server, "models", "owner.xml", Model("urn:operator", "OwnerType"));
        await PutAsync(server, "models", "broken.xml", "<UANodeSet");
        Assert.Equal("absent.xml:1: there is no such file in the folder", await RefusedAsync(StatusCodes.BadNotFound, () => files.LoadModelAsync(System, "absent.xml", _cancellation)));
        Assert.StartsWith("needy.xml:4: It requires the model urn:absent", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadModelAsync(System, "needy.xml", _cancellation)), StringComparison.Ordinal);
        Assert.StartsWith("broken.xml:1: ", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadModelAsync(System, "broken.xml", _cancellation)), StringComparison.Ordinal);
        Assert.Contains("that of an entity", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadModelAsync(System, "owner.xml", _cancellation)), StringComparison.Ordinal);
        await files.LoadModelAsync(System, "heat.xml", _cancellation);
        Assert.Equal("heat.xml:3: The model urn:heat is loaded already.", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadModelAsync(System, "heat.xml", _cancellation)));
        Assert.Contains("has a type 'HeatPumpType' already", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadModelAsync(System, "clash.xml", _cancellation)), StringComparison.Ordinal);
        Assert.NotNull(server.Space.Fleet.FindType("HeatPumpType"));
    }

    [Fact]
    public async Task No_entity_gets_the_namespace_of_a_model_that_came()
    {
        await using var server = await GovernedServer.StartAsync();
        await PutAsync(server, "models", "heat.xml", Model("urn:heat", "HeatPumpType"));
        await server.Portal.Files!.LoadModelAsync(System, "heat.xml", _cancellation);
        await Assert.ThrowsAsync<DirectoryException>(() => server.ApplyAsync(GovernedServer.Entity("heat", EntityKind.Aggregator, "urn:heat")));
        await server.ApplyAsync(GovernedServer.Entity("heat", EntityKind.Aggregator, "urn:heat:company"));
    }

    [Fact]
    public async Task Of_a_file_with_a_fault_nothing_comes_and_it_is_loaded_once_mended()
    {
        await using var server = await GovernedServer.StartAsync();
        var files = server.Portal.Files!;
        var (devices, points) = (server.Space.Registry.DeviceCount, server.Space.Registry.PointCount);
        await PutAsync(server, "adapters", "elm.json", Site("elm-2", $"{Meter("good")},\n{Meter("bad").Replace("Electricity", "No", StringComparison.Ordinal)}"));
        Assert.StartsWith("elm.json:2: devices[1].type: there is no type 'NoMeterType'", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadAdapterFileAsync(System, "elm.json", _cancellation)), StringComparison.Ordinal);
        Assert.Equal((devices, points), (server.Space.Registry.DeviceCount, server.Space.Registry.PointCount));
        await PutAsync(server, "adapters", "elm.json", Site("elm-2", $"{Meter("good")}, {Meter("bad")}", """ "protocol": "idle", "refuses": true """));
        Assert.Equal("elm.json:1: connection.refuses: the adapter refuses it", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadAdapterFileAsync(System, "elm.json", _cancellation)));
        Assert.Equal((devices, points), (server.Space.Registry.DeviceCount, server.Space.Registry.PointCount));
        await PutAsync(server, "adapters", "elm.json", Site("elm-2", $"{Meter("good")}, {Meter("bad")}"));
        await files.LoadAdapterFileAsync(System, "elm.json", _cancellation);
        Assert.Equal(devices + 2, server.Space.Registry.DeviceCount);
        Assert.Contains("'good' of portal 'elm-2' is there already", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadAdapterFileAsync(System, "elm.json", _cancellation)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_portal_in_service_gets_more_devices_by_a_file_that_says_the_same_of_it()
    {
        await using var server = await GovernedServer.StartAsync();
        var files = server.Portal.Files!;
        await PutAsync(server, "adapters", "other.json", Site("oak-1", Meter("second")));
        Assert.Contains("another name, owner or access network", await RefusedAsync(StatusCodes.BadInvalidArgument, () => files.LoadAdapterFileAsync(System, "other.json", _cancellation)), StringComparison.Ordinal);
        await PutAsync(server, "adapters", "same.json", Site("oak-1", Meter("second")).Replace("\"owner\": \"urn:operator\" }", "\"name\": \"Oak Street 1\", \"owner\": \"urn:operator\", \"accessNetwork\": \"Fibre\" }", StringComparison.Ordinal));
        var utility = await server.ConnectAsync("utility");
        await files.LoadAdapterFileAsync(System, "same.json", _cancellation);
        server.Measure("second", "ActivePower", 2);
        Assert.Equal("Good", await utility.StatusAsync(server.Node("oak-1/second/ActivePower", GovernedServer.Utility)));
    }

    [Fact]
    public async Task Clients_are_told_of_portals_and_devices_that_come()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Portal.Ua.Model.Nodes.TryResolve(ObjectIds.Server, out var notifier);
        var heard = new Heard();
        using var listening = server.Portal.Ua.Events.Subscribe(notifier, heard);
        await PutAsync(server, "adapters", "elm.json", Site("elm-2", Meter("meter")));
        await server.Portal.Files!.LoadAdapterFileAsync(System, "elm.json", _cancellation);
        Assert.Equal([server.Node("elm-2", GovernedServer.Operator), server.Node("elm-2/meter", GovernedServer.Utility)], heard.Affected);
    }

    [Fact]
    public async Task Requests_are_served_while_models_and_devices_come()
    {
        const int Files = 12;
        await using var server = await GovernedServer.StartAsync();
        server.Measure("meter", "ActivePower", 1);
        var utility = await server.ConnectAsync("utility");
        var known = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var coming = Enumerable.Range(0, Files).Select(n => server.Node($"s-{n}/pump/FlowTemperature", GovernedServer.Utility)).ToArray();
        for (var n = 0; n < Files; n++)
        {
            await PutAsync(server, "models", $"m{n}.xml", Model($"urn:heat:{n}", $"Pump{n}Type"));
            await PutAsync(server, "adapters", $"s{n}.json", Site($"s-{n}", Pump.Replace("HeatPumpType", $"Pump{n}Type", StringComparison.Ordinal)));
        }

        var loading = Task.Run(async () =>
        {
            for (var n = 0; n < Files; n++)
            {
                await server.Portal.Files!.LoadModelAsync(System, $"m{n}.xml", _cancellation);
                await server.Portal.Files.LoadAdapterFileAsync(System, $"s{n}.json", _cancellation);
            }
        }, _cancellation);
        var seen = 0;
        do
        {
            Assert.Equal("Good", await utility.StatusAsync(known));
            // Whoever has found a device finds it again, and all that came before it.
            while (seen < Files && await utility.StatusAsync(coming[seen]) != "BadNodeIdUnknown") seen++;
            for (var n = 0; n < seen; n++) Assert.NotEqual("BadNodeIdUnknown", await utility.StatusAsync(coming[n]));
        }
        while (!loading.IsCompleted);
        await loading;
        foreach (var node in coming) Assert.NotEqual("BadNodeIdUnknown", await utility.StatusAsync(node));
    }

    private sealed class Heard : IEventReceiver
    {
        public List<NodeId> Affected { get; } = [];

        public void OnEvent(UaEvent occurrence)
        {
            if (occurrence.EventType == new NodeId(ObjectTypeIds.GeneralModelChangeEventType)) Affected.AddRange(occurrence.Fields["Changes"].AsArray<ExtensionObject?>()!.Select(change => ((ModelChangeStructureDataType)change!.Structure!).Affected));
        }
    }
}
