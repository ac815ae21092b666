using OpcPortal.Ua.NodeSets;
using static OpcPortal.Ua.Server.Tests.History.HistoryWorld;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>History through a whole server, as a client finds and reads it. Part 11 5.</summary>
public sealed class HistoryOnTheWireTests
{
    private static readonly NodeId Meter = new("Meter", 1);
    private static readonly NodeId Secret = new("Secret", 1);

    private readonly MemoryHistory _history = new MemoryHistory { Traits = new HistoryTraits { IsStepped = true, StartOfArchive = At(1, 0), MaxTimeInterval = TimeSpan.FromMinutes(15) } }
        .Add(At(5, 0), 1.0).Add(At(5, 15), 2.0).Annotate(At(5, 0), "by hand", "ann");

    private readonly MemoryArchive _archive = new();

    private TestServer Start()
    {
        var server = new TestServer(parts: parts => parts with { EventArchive = _archive, Facts = parts.Facts with { History = HistoryFacts.All with { DeleteRaw = false } } });
        var model = server.Server.Model;
        model.Nodes.Add([Variable(Meter, Reading(model)), Variable(Secret, [new RolePermission(model.Roles.RoleIds[RoleTable.SecurityAdmin], (uint)(PermissionType.Browse | PermissionType.ReadHistory))])]);
        StaticHistory.Attach(model, Meter, _ => _history, _history.Traits, isWritable: true);
        StaticHistory.Attach(model, Secret, _ => _history, _history.Traits, isWritable: false);
        return server;
    }

    private static RolePermission[] Reading(ServerModel model) =>
        [new RolePermission(model.Roles.RoleIds[RoleTable.Anonymous], (uint)(PermissionType.Browse | PermissionType.Read | PermissionType.ReadHistory))];

    private static NodeRecord Variable(NodeId id, RolePermission[]? permissions) => new()
    {
        NodeId = id,
        NodeClass = NodeClass.Variable,
        BrowseName = new QualifiedName(id.Text, 1),
        DataType = DataTypeIds.Double,
        RolePermissions = permissions,
        References = [new NodeSets.NodeReference(ReferenceTypeIds.Organizes, false, new NodeId(ObjectIds.ObjectsFolder)), new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, new NodeId(VariableTypeIds.BaseDataVariableType))],
    };

    private static async Task<DataValue> ReadAsync(WireClient client, NodeId node, uint attribute = AttributeIds.Value) =>
        (await client.CallAsync<ReadResponse>(new ReadRequest { NodesToRead = [new ReadValueId { NodeId = node, AttributeId = attribute }] })).Results![0];

    private static async Task<HistoryReadResult> HistoryAsync(WireClient client, NodeId node, HistoryReadDetails details, ByteString point = default) =>
        (await client.CallAsync<HistoryReadResponse>(new HistoryReadRequest
        {
            HistoryReadDetails = new ExtensionObject(details),
            TimestampsToReturn = TimestampsToReturn.Both,
            NodesToRead = [new HistoryReadValueId { NodeId = node, ContinuationPoint = point }],
        })).Results![0];

    [Fact]
    public async Task A_Variable_with_history_says_so_and_gives_it_page_by_page()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        Assert.Equal((byte)(AccessLevelType.CurrentRead | AccessLevelType.HistoryRead | AccessLevelType.HistoryWrite), (await ReadAsync(client, Meter, AttributeIds.AccessLevel)).Value);
        // Who may read history need not be one who may write it.
        Assert.Equal((byte)(AccessLevelType.CurrentRead | AccessLevelType.HistoryRead), (await ReadAsync(client, Meter, AttributeIds.UserAccessLevel)).Value);
        Assert.Equal(true, (await ReadAsync(client, Meter, AttributeIds.Historizing)).Value);
        var first = await HistoryAsync(client, Meter, Raw(At(5, 0), At(6, 0), 1));
        var second = await HistoryAsync(client, Meter, Raw(At(5, 0), At(6, 0), 1), first.ContinuationPoint);
        Assert.Equal([1.0, 2.0], Values(first).Concat(Values(second)).Select(v => v.Value.AsDouble()));
        Assert.True(second.ContinuationPoint.IsNull);
        var update = new HistoryUpdateRequest { HistoryUpdateDetails = [new ExtensionObject(new DeleteAtTimeDetails { NodeId = Meter, ReqTimes = [At(5, 0)] })] };
        Assert.Equal("BadUserAccessDenied", (await client.CallAsync<HistoryUpdateResponse>(update)).Results![0].StatusCode.ToString());
    }

    [Fact]
    public async Task Its_configuration_and_its_annotations_are_found_below_it()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        var browse = new BrowseDescription { NodeId = Meter, BrowseDirection = BrowseDirection.Forward, ReferenceTypeId = ReferenceTypeIds.Aggregates, IncludeSubtypes = true, ResultMask = 63 };
        var found = (await client.CallAsync<BrowseResponse>(new BrowseRequest { NodesToBrowse = [browse] })).Results![0].References!.ToDictionary(r => r.BrowseName.Name!);
        Assert.Equal((new NodeId(ReferenceTypeIds.HasHistoricalConfiguration), new NodeId(ObjectTypeIds.HistoricalDataConfigurationType)), (found["HA Configuration"].ReferenceTypeId, found["HA Configuration"].TypeDefinition.NodeId));
        var configuration = found["HA Configuration"].NodeId.NodeId;
        Assert.Equal(true, (await ReadAsync(client, Below(configuration, "Stepped"))).Value);
        Assert.Equal(At(1, 0), (await ReadAsync(client, Below(configuration, "StartOfArchive"))).Value);
        Assert.Equal(900_000.0, (await ReadAsync(client, Below(configuration, "MaxTimeInterval"))).Value);
        Assert.Equal((byte)100, (await ReadAsync(client, Below(configuration, "AggregateConfiguration/PercentDataGood"))).Value);
        Assert.Equal("BadNodeIdUnknown", (await ReadAsync(client, Below(configuration, "MinTimeInterval"))).StatusCode.ToString());
        var noted = Assert.Single(Values(await HistoryAsync(client, found["Annotations"].NodeId.NodeId, Raw(At(5, 0), At(6, 0)))));
        Assert.Equal("by hand", noted.Value.AsStructure<Annotation>()!.Message);

        static NodeId Below(NodeId node, string path) => new($"{node.Text}/{path}", node.NamespaceIndex);
    }

    // What stands below a Variable is as private as the Variable.
    [Fact]
    public async Task Who_may_not_see_the_Variable_sees_neither_its_annotations_nor_its_configuration()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        foreach (var suffix in (string[])["Annotations", "HA Configuration", "HA Configuration/StartOfArchive"])
        {
            var hidden = new NodeId($"{Secret}/{suffix}", 1);
            Assert.True(server.Server.Model.Nodes.Contains(hidden), suffix);
            Assert.Equal("BadNodeIdUnknown", (await ReadAsync(client, hidden, AttributeIds.BrowseName)).StatusCode.ToString());
        }

        Assert.Equal("BadNodeIdUnknown", (await HistoryAsync(client, Secret, Raw(At(5, 0), At(6, 0)))).StatusCode.ToString());
    }

    [Fact]
    public async Task The_server_says_what_it_can_do_with_history_and_what_its_limits_are()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        var limits = server.Server.Options.Operations;
        Assert.Equal(limits.MaxHistoryContinuationPoints, (await ReadAsync(client, VariableIds.Server_ServerCapabilities_MaxHistoryContinuationPoints)).Value);
        Assert.Equal(limits.MaxNodesPerHistoryReadData, (await ReadAsync(client, VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData)).Value);
        Assert.Equal(limits.MaxNodesPerHistoryReadEvents, (await ReadAsync(client, VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadEvents)).Value);
        Assert.Equal(limits.MaxNodesPerHistoryUpdateData, (await ReadAsync(client, VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryUpdateData)).Value);
        Assert.Equal(limits.MaxNodesPerHistoryUpdateEvents, (await ReadAsync(client, VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryUpdateEvents)).Value);
        Assert.Equal(limits.MaxHistoryValuesPerNode, (await ReadAsync(client, VariableIds.HistoryServerCapabilities_MaxReturnDataValues)).Value);
        Assert.Equal(limits.MaxHistoryEventsPerNode, (await ReadAsync(client, VariableIds.HistoryServerCapabilities_MaxReturnEventValues)).Value);
        foreach (var yes in (uint[])[VariableIds.HistoryServerCapabilities_AccessHistoryDataCapability, VariableIds.HistoryServerCapabilities_AccessHistoryEventsCapability, VariableIds.HistoryServerCapabilities_InsertDataCapability, VariableIds.HistoryServerCapabilities_InsertAnnotationCapability])
            Assert.Equal(true, (await ReadAsync(client, yes)).Value);
        foreach (var no in (uint[])[VariableIds.HistoryServerCapabilities_DeleteRawCapability, VariableIds.HistoryServerCapabilities_InsertEventCapability, VariableIds.HistoryServerCapabilities_DeleteEventCapability])
            Assert.Equal(false, (await ReadAsync(client, no)).Value);
    }

    // Part 7: a facet is claimed where all of it is there.
    [Fact]
    public async Task Facets_are_claimed_for_what_can_be_done()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        var profiles = (await ReadAsync(client, VariableIds.Server_ServerCapabilities_ServerProfileArray)).Value.AsArray<string>()!.Select(p => p.Split('/')[^1]).ToList();
        Assert.Superset(new HashSet<string> { "HistoricalRawData", "HistoricalModifiedData", "HistoricalDataInsert", "HistoricalAnnotation", "BaseHistoricalEvent" }, profiles.ToHashSet());
        // Of deletions this server does one kind alone.
        Assert.DoesNotContain("HistoricalDataDelete", profiles);
        Assert.Contains("MicroEmbeddedDevice2017", profiles);
        await using var without = new TestServer();
        var other = without.Connect();
        await other.ReadyAsync();
        Assert.DoesNotContain((await ReadAsync(other, VariableIds.Server_ServerCapabilities_ServerProfileArray)).Value.AsArray<string>()!, p => p.Contains("Histor", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_node_that_tells_of_history_has_a_value()
    {
        await using var server = Start();
        var model = server.Server.Model;
        var below = new HashSet<NodeId>();
        foreach (var root in (uint[])[ObjectIds.HistoryServerCapabilities, ObjectIds.DefaultHAConfiguration, ObjectIds.DefaultHEConfiguration]) StandardNodes.AddSubtree(model.Nodes, model.Types, root, below);
        Assert.True(below.Count > 20);
        var client = server.Connect();
        await client.ReadyAsync();
        foreach (var node in below.Where(id => model.Nodes.TryResolve(id, out var found) && found.NodeClass == NodeClass.Variable))
        {
            var value = await ReadAsync(client, node);
            Assert.True(value is { StatusCode.IsGood: true, Value.IsNull: false }, $"{node}: {value}");
        }
    }

    [Fact]
    public async Task A_server_without_history_shows_no_capabilities_of_it()
    {
        await using var server = new TestServer();
        Assert.False(server.Server.Model.Nodes.Contains(ObjectIds.HistoryServerCapabilities));
        Assert.False(server.Server.Model.Nodes.Contains(ObjectIds.DefaultHAConfiguration));
        var client = server.Connect();
        await client.ReadyAsync();
        Assert.Equal((byte)1, (await ReadAsync(client, ObjectIds.Server, AttributeIds.EventNotifier)).Value);
    }

    [Fact]
    public async Task Past_events_are_read_at_the_Server_where_an_archive_keeps_them()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        Assert.Equal((byte)5, (await ReadAsync(client, ObjectIds.Server, AttributeIds.EventNotifier)).Value);
        _archive.Events.Add((ObjectIds.Server, new UaEvent { EventType = ObjectTypeIds.BaseEventType, SourceNode = ObjectIds.Server, SourceName = "x", Time = At(5, 0), Message = "past", Severity = 1 }));
        // Audit events go over encrypted channels to who is entitled to them, past ones too.
        _archive.Events.Add((ObjectIds.Server, new UaEvent { EventType = ObjectTypeIds.AuditEventType, SourceNode = ObjectIds.Server, SourceName = "x", Time = At(5, 1), Message = "audit", Severity = 1 }));
        var result = await HistoryAsync(client, ObjectIds.Server, new ReadEventDetails { StartTime = At(5, 0), EndTime = At(6, 0), Filter = Filters.Filter([Filters.Field("Message")]) });
        Assert.Equal("Good", result.StatusCode.ToString());
        Assert.Equal(["past"], ((HistoryEvent)result.HistoryData!.Structure!).Events!.Select(e => e.EventFields![0].AsLocalizedText().Text));
    }

    [Fact]
    public async Task Both_services_are_counted_in_the_diagnostics_of_the_session()
    {
        await using var server = Start();
        var client = server.Connect();
        await client.ReadyAsync();
        await HistoryAsync(client, Meter, Raw(At(5, 0), At(6, 0)));
        await Assert.ThrowsAsync<ServiceException>(() => client.CallAsync<HistoryUpdateResponse>(new HistoryUpdateRequest()));
        var session = server.Server.Sessions.All.Single();
        Assert.Equal((1u, 0u), Count("HistoryReadCount"));
        Assert.Equal((1u, 1u), Count("HistoryUpdateCount"));

        (uint, uint) Count(string field)
        {
            var counter = session.Counters.Of(CountedServices.SlotOf(field));
            return (counter.TotalCount, counter.ErrorCount);
        }
    }

    // While one client's long read waits, others on the same connection and elsewhere are served; Cancel ends it.
    [Fact]
    public async Task A_long_read_holds_up_nobody_and_can_be_cancelled()
    {
        await using var server = Start();
        var slow = new NodeId("Slow", 1);
        server.Server.Model.Nodes.Add([Variable(slow, Reading(server.Server.Model))]);
        StaticHistory.Attach(server.Server.Model, slow, _ => new MemoryHistory { Hold = new TaskCompletionSource() }, new HistoryTraits(), isWritable: false);
        var client = server.Connect();
        await client.ReadyAsync();
        await client.PostAsync(new HistoryReadRequest
        {
            RequestHeader = new RequestHeader { RequestHandle = 7 },
            HistoryReadDetails = new ExtensionObject(Raw(At(5, 0), At(6, 0))),
            TimestampsToReturn = TimestampsToReturn.Both,
            NodesToRead = [new HistoryReadValueId { NodeId = slow }],
        });
        Assert.Equal("Good", (await ReadAsync(client, VariableIds.Server_ServerStatus_State)).StatusCode.ToString());
        await client.PostAsync(new CancelRequest { RequestHandle = 7 });
        // In either order.
        IServiceResponse[] answers = [await client.ReceiveAsync(), await client.ReceiveAsync()];
        Assert.Equal(1u, Assert.Single(answers.OfType<CancelResponse>()).CancelCount);
        var fault = Assert.Single(answers.OfType<ServiceFault>()).ResponseHeader;
        Assert.Equal((7u, "BadRequestCancelledByClient"), (fault.RequestHandle, fault.ServiceResult.ToString()));
    }
}
