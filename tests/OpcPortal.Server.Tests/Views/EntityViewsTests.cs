using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Each entity's View over the wire: "a View node with just its part" (portal-model.md, Agreements).</summary>
public sealed class EntityViewsTests
{
    private static readonly NodeId Folder = ObjectIds.ViewsFolder;

    private static NodeId View(string entity) => new($"Views/{entity}", 1);

    private static async Task<BrowseResult> Browse(WireClient client, NodeId node, NodeId view = default, uint page = 0, BrowseDirection direction = BrowseDirection.Forward, NodeId type = default)
    {
        var response = await client.CallAsync<BrowseResponse>(new BrowseRequest
        {
            View = new ViewDescription { ViewId = view },
            RequestedMaxReferencesPerNode = page,
            NodesToBrowse = [new BrowseDescription { NodeId = node, BrowseDirection = direction, ReferenceTypeId = type.IsNull ? ReferenceTypeIds.HierarchicalReferences : type, IncludeSubtypes = true, ResultMask = 63 }],
        });
        return response.Results![0];
    }

    private static NodeId[] Ids(BrowseResult result) => [.. result.References!.Select(static reference => reference.NodeId.NodeId)];

    [Fact]
    public async Task Each_entity_finds_its_own_view_in_the_folder_and_no_other()
    {
        await using var server = await GovernedServer.StartAsync();
        var anna = await server.ConnectAsync("anna");
        var found = Assert.Single((await Browse(anna, Folder)).References!);
        Assert.Equal((View("anna"), NodeClass.View, "anna"), (found.NodeId.NodeId, found.NodeClass, found.DisplayName.Text));
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await anna.ReadAsync(View("bert"), AttributeIds.NodeClass)).StatusCode);
        Assert.Equal(true, (await anna.ReadAsync(View("anna"), AttributeIds.ContainsNoLoops)).Value);
        Assert.Empty((await Browse(await server.ConnectAsync("nobody"), Folder)).References!);
    }

    [Fact]
    public async Task A_view_leads_to_the_portals_of_its_entity_and_shows_what_the_entity_may_browse()
    {
        await using var server = await GovernedServer.StartAsync();
        var (portal, meter, heater) = (server.Node("oak-1", GovernedServer.Operator), server.Node("oak-1/meter", GovernedServer.Utility), server.Node("anna@oak-1/heater", GovernedServer.Residents));
        var anna = await server.ConnectAsync("anna");
        Assert.Equal([portal], Ids(await Browse(anna, View("anna"), View("anna"))));
        Assert.Equal([meter, heater], Ids(await Browse(anna, portal, View("anna"))).Where(static id => id.Text!.Contains('/', StringComparison.Ordinal)));
        Assert.Equal([Folder], Ids(await Browse(anna, View("anna"), direction: BrowseDirection.Inverse)));
        var utility = await server.ConnectAsync("utility");
        Assert.Equal([portal], Ids(await Browse(utility, View("utility"), View("utility"))));
        Assert.Equal([meter], Ids(await Browse(utility, portal, View("utility"))).Where(static id => id.Text!.Contains('/', StringComparison.Ordinal)));
        // Who lives elsewhere has an empty view.
        Assert.Empty(Ids(await Browse(await server.ConnectAsync("bert"), View("bert"), View("bert"))));
    }

    [Fact]
    public async Task Types_are_in_every_view_and_the_folders_of_all_in_none()
    {
        await using var server = await GovernedServer.StartAsync();
        var anna = await server.ConnectAsync("anna");
        var portal = server.Node("oak-1", GovernedServer.Operator);
        Assert.Single((await Browse(anna, portal, View("anna"), type: ReferenceTypeIds.HasTypeDefinition)).References!);
        Assert.NotEmpty(Ids(await Browse(anna, portal, direction: BrowseDirection.Inverse, type: ReferenceTypeIds.Organizes)));
        Assert.Empty(Ids(await Browse(anna, portal, View("anna"), direction: BrowseDirection.Inverse, type: ReferenceTypeIds.Organizes)));
        Assert.Equal(StatusCodes.BadNodeNotInView, (await Browse(anna, ObjectIds.ObjectsFolder, View("anna"))).StatusCode);
    }

    [Fact]
    public async Task Nobody_browses_with_the_view_of_another()
    {
        await using var server = await GovernedServer.StartAsync();
        var bert = await server.ConnectAsync("bert");
        var refused = await Assert.ThrowsAsync<ServiceException>(() => Browse(bert, View("bert"), View("anna")));
        Assert.Equal(StatusCodes.BadViewIdUnknown, refused.Status.Code);
        Assert.Equal(StatusCodes.Good, (await Browse(bert, View("bert"), View("bert"))).StatusCode);
    }

    [Fact]
    public async Task An_agreement_brings_a_portal_into_a_view_and_takes_it_out_again()
    {
        await using var server = await GovernedServer.StartAsync();
        var (portal, heater) = (server.Node("oak-1", GovernedServer.Operator), server.Node("anna@oak-1/heater", GovernedServer.Residents));
        var client = await server.ConnectAsync("aggregator");
        Assert.Empty(Ids(await Browse(client, View("aggregator"), View("aggregator"))));
        var agreement = server.Agreement("a1", "anna", "aggregator", Operations.Browse | Operations.Read);
        await server.ApplyAsync(agreement);
        Assert.Equal([portal], Ids(await Browse(client, View("aggregator"), View("aggregator"))));
        Assert.Contains(heater, Ids(await Browse(client, portal, View("aggregator"))));
        Assert.DoesNotContain(server.Node("oak-1/meter", GovernedServer.Utility), Ids(await Browse(client, portal, View("aggregator"))));
        await server.ApplyAsync(agreement with { Status = AgreementStatus.Revoked });
        Assert.Empty(Ids(await Browse(client, View("aggregator"), View("aggregator"))));
    }

    [Fact]
    public async Task A_view_is_paged_without_looking_at_all_portals()
    {
        await using var server = await GovernedServer.StartAsync();
        for (var i = 0; i < 30; i++) server.Load(Elm(i));
        await server.AdvanceAsync(TimeSpan.Zero);
        var utility = await server.ConnectAsync("utility");
        var first = await Browse(utility, View("utility"), View("utility"), page: 20);
        Assert.Equal(20, first.References!.Length);
        var rest = (await utility.CallAsync<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [first.ContinuationPoint] })).Results![0];
        Assert.Equal(31, Ids(first).Concat(Ids(rest)).Distinct().Count());
        Assert.True(rest.ContinuationPoint.IsNull);
    }

    // Managers' powers let nobody see what owners have: the nodes of all views, and of their content nothing.
    [Fact]
    public async Task A_system_manager_finds_all_views_also_of_entities_that_come_later()
    {
        await using var server = await GovernedServer.StartAsync();
        var manager = Manager(ManagerPower.System);
        Assert.Equal(["aggregator", "anna", "bert", "operator", "utility"], Views(server, manager).Order());
        Assert.Empty(Views(server, Manager(ManagerPower.Security)));
        await server.ApplyAsync(GovernedServer.Customer("carl"));
        Assert.Single(Views(server, manager), "carl");
        // Another version of one that was there is no other.
        await server.ApplyAsync(GovernedServer.Customer("carl") with { Name = "Carl" });
        Assert.Single(Views(server, manager), "carl");
        Assert.Equal(StatusCodes.BadNodeIdUnknown, server.Portal.Ua.Access.Resolve(manager, server.Node("oak-1", GovernedServer.Operator), PermissionType.Browse, out _).Code);
    }

    private static AccessContext Manager(ManagerPower power) => new()
    {
        Roles = 1UL << RoleTable.Anonymous,
        SecurityMode = MessageSecurityMode.SignAndEncrypt,
        Subject = new AccessSubject("house", EntityKind.House, Individual: "mia", Power: power),
    };

    private static List<string> Views(GovernedServer server, AccessContext who)
    {
        var names = new List<string>();
        Assert.True(server.Portal.Ua.Model.AddressSpace.TryResolve(Folder, out var folder));
        var (cursor, filter) = (default(ReferenceCursor), new ReferenceFilter(BrowseDirection.Forward, null) { Who = who });
        while (folder.Source.TryNextReference(folder, filter, ref cursor, out var reference))
            if (reference.ReferenceTypeId == ReferenceTypeIds.Organizes && server.Portal.Ua.Access.Resolve(who, reference.Target.NodeId, PermissionType.Browse, out _).IsGood) names.Add(reference.Target.NodeId.Text![6..]);
        return names;
    }

    private static string Elm(int number) => $$"""
        {
          "portal": { "id": "elm-{{number}}", "owner": "urn:operator" },
          "connection": { "protocol": "none" },
          "devices": [ { "id": "meter", "type": "ElectricityMeterType", "owner": "urn:utility", "points": { "ActiveEnergyImport": {} } } ]
        }
        """;
}
