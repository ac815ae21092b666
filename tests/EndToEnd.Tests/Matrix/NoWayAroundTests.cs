using OpcPortal.Host;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>
/// What the matrix refuses by the front door stays refused by every other: here to the FBI, which has no mandate, over Ann's thermostat. Each way is shown to lead Ann there.
/// </summary>
public sealed class NoWayAroundTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    private const string Device = "ann@maple-1/thermostat";
    private const string Point = $"{Device}/TemperatureSetpoint";

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    private NodeId Ann(string id) => demo.Node(DemoNeighbourhood.ResidentialCustomers, id);

    private Task<UaSession> AnnAsync() => demo.ConnectAsEntityAsync(DemoEntities.Ann);

    private Task<UaSession> StrangerAsync() => demo.ConnectAsEntityAsync(DemoEntities.Fbi);

    [Fact]
    public async Task No_attribute_of_the_node_nor_of_what_is_below_it_is_read_by_its_id()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        foreach (var id in (string[])[Device, Point, $"{Point}/EngineeringUnits", $"{Device}/Open"])
        {
            ReadValueId[] attributes = [.. Enumerable.Range(1, 27).Select(attribute => new ReadValueId { NodeId = Ann(id), AttributeId = (uint)attribute })];
            Assert.All(await stranger.ReadAsync(attributes, cancellation: _cancellation), read => Assert.Equal(StatusCodes.BadNodeIdUnknown, read.StatusCode.Code));
            Assert.DoesNotContain(await ann.ReadAsync(attributes, cancellation: _cancellation), read => read.StatusCode.Code == StatusCodes.BadNodeIdUnknown);
        }
    }

    [Fact]
    public async Task No_browse_path_leads_there()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        var model = demo.Demo.Portal.Server.Ua.Model.Namespaces;
        var portal = model.GetOrAdd(OpcPortal.Server.ModelLoader.PortalUri);
        QualifiedName[] path =
        [
            new("Portals", portal), new("maple-1", model.GetOrAdd(DemoNeighbourhood.PortalOperator)), new("thermostat", model.GetOrAdd(DemoNeighbourhood.ResidentialCustomers)), new("TemperatureSetpoint", portal),
        ];
        Assert.Equal(Ann(Point), Assert.Single(await ann.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, path, _cancellation)));
        var refused = await Assert.ThrowsAsync<UaException>(() => stranger.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, path, _cancellation));
        Assert.Equal(StatusCodes.BadNoMatch, refused.Status.Code);
        refused = await Assert.ThrowsAsync<UaException>(() => stranger.TranslateBrowsePathAsync(Ann(Device), [new("TemperatureSetpoint", portal)], _cancellation));
        Assert.Equal(StatusCodes.BadNodeIdUnknown, refused.Status.Code);
    }

    [Fact]
    public async Task No_reference_leads_there_from_anywhere_that_can_be_browsed()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        Assert.Contains(Ann(Device), await ReachableAsync(ann));
        var reached = await ReachableAsync(stranger);
        // Part 3 5.2.2: of all demonstration namespaces the show houses alone.
        var show = demo.Node(DemoNeighbourhood.ShowHouse, "").NamespaceIndex;
        Assert.Contains(reached, id => id.NamespaceIndex == show);
        Assert.All(reached, id => Assert.True(id.NamespaceIndex == show || !stranger.NamespaceUris[id.NamespaceIndex].StartsWith("urn:demo:", StringComparison.Ordinal), $"{id} was reached"));
    }

    [Fact]
    public async Task No_view_shows_it()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        Assert.True((await BrowseInViewAsync(ann, DemoEntities.Ann)).StatusCode.IsGood);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await BrowseInViewAsync(stranger, DemoEntities.Fbi)).StatusCode.Code);
        // Part 4 5.9.2.3: to who may not see a view there is none.
        Assert.Equal(StatusCodes.BadViewIdUnknown, (await Assert.ThrowsAsync<UaException>(() => BrowseInViewAsync(stranger, DemoEntities.Ann))).Status.Code);
    }

    private async Task<BrowseResult> BrowseInViewAsync(UaSession session, string entity)
    {
        var request = new BrowseRequest { View = new ViewDescription { ViewId = new NodeId($"Views/{entity}", 1) }, NodesToBrowse = [new BrowseDescription { NodeId = Ann(Device), IncludeSubtypes = true, ResultMask = 63 }] };
        return (await session.InvokeAsync<BrowseResponse>(request, cancellation: _cancellation)).Results![0];
    }

    [Fact]
    public async Task Registering_the_node_opens_nothing()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        Assert.NotEqual(StatusCodes.BadNodeIdUnknown, (await ReadRegisteredAsync(ann)).Code);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await ReadRegisteredAsync(stranger)).Code);
    }

    [Fact]
    public async Task The_method_of_the_type_is_not_called_on_the_instance()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        var model = demo.Demo.Portal.Server.Ua.Model;
        var portal = model.Namespaces.GetOrAdd(OpcPortal.Server.ModelLoader.PortalUri);
        var open = model.NodeSets.SelectMany(set => set.Nodes).Single(node => node.NodeClass == NodeClass.Method && node.BrowseName == new QualifiedName("Open", portal)).NodeId;
        // Part 4 5.12.2.4: arguments are counted behind the right to call.
        Assert.Equal(StatusCodes.BadTooManyArguments, await CallAsync(ann, Ann(Device), open));
        Assert.Equal(StatusCodes.BadNodeIdUnknown, await CallAsync(stranger, Ann(Device), open));
    }

    [Fact]
    public async Task A_subscription_of_somebody_else_is_neither_taken_over_nor_looked_into()
    {
        await using var stranger = await StrangerAsync();
        await using var ann = await AnnAsync();
        await using var watched = await ann.SubscribeAsync(new SubscriptionOptions(), _ => ValueTask.CompletedTask, _cancellation);
        Assert.True((await watched.AddAsync(new MonitoredItemOptions { NodeId = Ann(Point) }, _cancellation)).Status.IsGood);
        var taken = await stranger.InvokeAsync<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [watched.SubscriptionId], SendInitialValues = true }, cancellation: _cancellation);
        Assert.Contains(taken.Results![0].StatusCode.Code, (uint[])[StatusCodes.BadUserAccessDenied, StatusCodes.BadSubscriptionIdInvalid]);
        Assert.NotEqual(StatusCodes.Good, await CallAsync(stranger, ObjectIds.Server, MethodIds.Server_GetMonitoredItems, watched.SubscriptionId));
        Assert.Equal(StatusCodes.Good, await CallAsync(ann, ObjectIds.Server, MethodIds.Server_GetMonitoredItems, watched.SubscriptionId));
    }

    [Fact]
    public async Task Diagnostics_tell_nothing_of_the_sessions_of_others()
    {
        await using var stranger = await StrangerAsync();
        await using var security = await demo.ConnectAsync("security");
        var sessions = new NodeId(VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray);
        Assert.True((await security.ReadValueAsync(sessions, _cancellation)).StatusCode.IsGood);
        Assert.Contains((await stranger.ReadValueAsync(sessions, _cancellation)).StatusCode.Code, (uint[])[StatusCodes.BadUserAccessDenied, StatusCodes.BadNodeIdUnknown]);
    }

    private async Task<StatusCode> ReadRegisteredAsync(UaSession session)
    {
        var registered = await session.InvokeAsync<RegisterNodesResponse>(new RegisterNodesRequest { NodesToRegister = [Ann(Point)] }, cancellation: _cancellation);
        return (await session.ReadValueAsync(registered.RegisteredNodeIds![0], _cancellation)).StatusCode;
    }

    private async Task<uint> CallAsync(UaSession session, NodeId target, NodeId method, params Variant[] arguments)
    {
        Variant[] given = arguments.Length > 0 ? arguments : [1, 2, 3];
        var response = await session.InvokeAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = target, MethodId = method, InputArguments = given }] }, cancellation: _cancellation);
        return response.Results![0].StatusCode.Code;
    }

    /// <summary>Every node that references lead to, forward and inverse, of any type.</summary>
    private async Task<HashSet<NodeId>> ReachableAsync(UaSession session)
    {
        var reached = new HashSet<NodeId> { ObjectIds.RootFolder };
        var open = new Queue<NodeId>(reached);
        while (open.Count > 0)
        {
            var batch = new List<BrowseDescription>();
            while (batch.Count < 100 && open.TryDequeue(out var node)) batch.Add(new BrowseDescription { NodeId = node, BrowseDirection = BrowseDirection.Both, IncludeSubtypes = true, ResultMask = 63 });
            var response = await session.InvokeAsync<BrowseResponse>(new BrowseRequest { NodesToBrowse = [.. batch] }, cancellation: _cancellation);
            foreach (var result in response.Results!) await TakeAsync(session, result, reached, open);
        }

        return reached;
    }

    private async Task TakeAsync(UaSession session, BrowseResult result, HashSet<NodeId> reached, Queue<NodeId> open)
    {
        while (true)
        {
            foreach (var reference in result.References ?? [])
                if (reference.NodeId.IsLocal && reached.Add(reference.NodeId.NodeId)) open.Enqueue(reference.NodeId.NodeId);
            if (result.ContinuationPoint.IsNull) return;
            var next = await session.InvokeAsync<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [result.ContinuationPoint] }, cancellation: _cancellation);
            result = next.Results![0];
        }
    }
}
