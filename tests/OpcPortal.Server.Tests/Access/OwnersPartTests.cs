using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Each party sees its part over the wire. portal-model.md: Who, Ownership, Agreements.</summary>
public sealed class OwnersPartTests
{
    [Fact]
    public async Task Each_owner_finds_its_own_and_nothing_else_below_the_portal()
    {
        await using var server = await GovernedServer.StartAsync();
        var folder = server.Space.References.RootId(FleetKey.OfPortal(0));
        var (portal, meter, heater) = (server.Node("oak-1", GovernedServer.Operator), server.Node("oak-1/meter", GovernedServer.Utility), server.Node("anna@oak-1/heater", GovernedServer.Residents));
        Assert.Equal(portal, folder);
        Assert.Equal([meter], Devices(await (await server.ConnectAsync("utility")).BrowseAsync(portal)));
        Assert.Null(await (await server.ConnectAsync("bert")).BrowseAsync(portal));
        Assert.Null(await (await server.ConnectAsync("nobody")).BrowseAsync(portal));
        // The customer owns the heater and may look at what the meter measures at her place.
        Assert.Equal([meter, heater], Devices(await (await server.ConnectAsync("anna")).BrowseAsync(portal)));
        // The operator sees how devices are reached where it operates them, and no device here is its own.
        Assert.Empty(Devices(await (await server.ConnectAsync("operator")).BrowseAsync(portal)));
    }

    [Fact]
    public async Task A_portal_operator_sees_communication_and_never_payload()
    {
        await using var server = await GovernedServer.StartAsync(records: new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Operator = "operator", Period = ActivePeriod.Always });
        var client = await server.ConnectAsync("operator");
        Assert.Equal("Good", (await client.ReadAsync(server.Node("oak-1:CommunicationState", GovernedServer.Operator), AttributeIds.BrowseName)).StatusCode.ToString());
        Assert.Equal("Good", (await client.ReadAsync(server.Node("oak-1/meter/CommunicationState", GovernedServer.Utility), AttributeIds.BrowseName)).StatusCode.ToString());
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility)));
        server.Measure("meter", "ActivePower", 5);
        Assert.Equal(5.0, (await (await server.ConnectAsync("utility")).ReadAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility))).Value.AsDouble());
    }

    // Part 3 8.2: an id names one node. A person's stand under the person's name, in the namespace of the class.
    [Theory]
    [InlineData("anna@oak-1/heater/WaterTemperature", true)]
    [InlineData("oak-1/heater/WaterTemperature", false)]
    [InlineData("bert@oak-1/heater/WaterTemperature", false)]
    [InlineData("anna@oak-1/meter/ActivePower", false)]
    public async Task What_a_person_owns_is_found_under_that_persons_name_alone(string text, bool isThere)
    {
        await using var server = await GovernedServer.StartAsync();
        Assert.Equal(isThere, server.Portal.Ua.Model.AddressSpace.TryResolve(server.Node(text, GovernedServer.Residents), out var node));
        if (isThere) Assert.Equal(server.Node(text, GovernedServer.Residents), node.NodeId);
    }

    [Fact]
    public async Task A_data_class_with_another_owner_lies_in_that_owners_namespace_and_is_referred_to_across()
    {
        await using var server = await GovernedServer.StartAsync(records: new Stewardship { Id = "pq", Portal = "oak-1", Device = "meter", DataClass = "PowerQuality", Owner = "anna", Period = ActivePeriod.Always });
        var utility = await server.ConnectAsync("utility");
        var anna = await server.ConnectAsync("anna");
        var voltage = server.Node("anna@oak-1/meter/VoltageL1", GovernedServer.Residents);
        var meter = server.Node("oak-1/meter", GovernedServer.Utility);
        server.Measure("meter", "VoltageL1", 230);
        Assert.Equal(230.0, (await anna.ReadAsync(voltage)).Value.AsDouble());
        Assert.Contains(voltage, (await anna.BrowseAsync(meter))!);
        // What is hers the company no longer sees; the rest stays its own.
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(voltage));
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(server.Node("oak-1/meter/VoltageL1", GovernedServer.Utility)));
        Assert.Contains(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility), (await utility.BrowseAsync(meter))!);
        Assert.DoesNotContain(voltage, (await utility.BrowseAsync(meter))!);
    }

    [Fact]
    public async Task What_may_be_browsed_but_not_read_is_denied_and_what_may_not_be_browsed_does_not_exist()
    {
        await using var server = await GovernedServer.StartAsync();
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse, new AccessScope { DataClasses = ["Energy"] }));
        var client = await server.ConnectAsync("aggregator");
        Assert.Equal("BadUserAccessDenied", await client.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility)));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(server.Node("oak-1/meter/VoltageL1", GovernedServer.Utility)));
        // What describes a point goes with it, and the nameplate with the device.
        Assert.Equal("Good", await client.StatusAsync(server.Node("oak-1/meter/ActivePower/EngineeringUnits", GovernedServer.Utility)));
        Assert.Equal("Good", await client.StatusAsync(server.Node("oak-1/meter/Manufacturer", GovernedServer.Utility)));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(server.Node("anna@oak-1/heater/Manufacturer", GovernedServer.Residents)));
    }

    [Fact]
    public async Task Commands_are_called_by_function_group_and_shown_in_UserExecutable()
    {
        await using var server = await GovernedServer.StartAsync();
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Operations.Browse | Operations.Call, new AccessScope { FunctionGroups = ["LoadControl"] }));
        var client = await server.ConnectAsync("aggregator");
        var (heater, open) = (server.Node("anna@oak-1/heater", GovernedServer.Residents), server.Node("anna@oak-1/heater/Open", GovernedServer.Residents));
        Assert.True((await client.ReadAsync(open, AttributeIds.UserExecutable)).Value.AsBoolean());
        // No adapter runs here: the command got as far as that.
        var reached = (await client.CallMethodAsync(heater, open)).ToString();
        Assert.False(reached is "BadUserAccessDenied" or "BadMethodInvalid" or "BadNodeIdUnknown", reached);
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Operations.Browse | Operations.Call, new AccessScope { FunctionGroups = ["ResourceControl"] }));
        Assert.False((await client.ReadAsync(open, AttributeIds.UserExecutable)).Value.AsBoolean());
        Assert.Equal("BadUserAccessDenied", (await client.CallMethodAsync(heater, open)).ToString());
    }

    [Fact]
    public async Task Owners_whom_the_directory_does_not_know_are_governed_by_roles()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Load(FleetFiles.Meter.Replace("oak-1", "elm-2", StringComparison.Ordinal));
        await server.AdvanceAsync(TimeSpan.Zero);
        var byRole = await server.ConnectAsync("by-role");
        Assert.Equal("BadWaitingForInitialData", await byRole.StatusAsync(server.Node("elm-2/meter/ActivePower", "urn:owner")));
        Assert.Equal("BadNodeIdUnknown", await byRole.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility)));
        Assert.Equal("BadNodeIdUnknown", await (await server.ConnectAsync("utility")).StatusAsync(server.Node("elm-2/meter/ActivePower", "urn:owner")));
        var portals = (await byRole.BrowseAsync(PortalsFolder(server)))!;
        Assert.Equal([server.Node("elm-2", "urn:owner")], portals);
    }

    [Fact]
    public async Task The_standard_face_stays_and_the_user_sees_what_was_agreed()
    {
        await using var server = await GovernedServer.StartAsync();
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var utility = await server.ConnectAsync("utility");
        var ofUser = (await utility.ReadAsync(power, AttributeIds.UserRolePermissions)).Value.AsArray<ExtensionObject?>()!;
        Assert.All(ofUser, permission => Assert.Equal(
            PermissionType.Browse | PermissionType.Read | PermissionType.ReadHistory | PermissionType.Write | PermissionType.ReceiveEvents | PermissionType.Call
                | PermissionType.InsertHistory | PermissionType.ModifyHistory | PermissionType.DeleteHistory, ((RolePermissionType)permission!.Structure!).Permissions));
        Assert.NotEmpty(ofUser);
        // Part 3 8.55 (ReadRolePermissions): who owns it does not see by that what others may; who looks after security does, of what it may browse.
        Assert.Equal("BadUserAccessDenied", (await utility.ReadAsync(power, AttributeIds.RolePermissions)).StatusCode.ToString());
    }

    internal static NodeId PortalsFolder(GovernedServer server) => new(5005, server.Portal.Ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri));

    private static NodeId[] Devices(NodeId[]? children) => [.. children!.Where(child => child.Text!.Contains('/', StringComparison.Ordinal))];
}
