using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>The node services over the types of the standard and the nodes that a test adds. Everybody may do everything until a node or the test says otherwise.</summary>
internal sealed class NodeWorld
{
    public const PermissionType Everything = (PermissionType)0x1FFFF;

    private static readonly Lazy<NodeRecord[]> StandardTypes = new(() =>
    [
        .. StandardSpace.StandardNodeSet.Nodes.Where(n => n.NodeClass is NodeClass.ReferenceType or NodeClass.DataType or NodeClass.ObjectType or NodeClass.VariableType),
        .. StandardSpace.StandardNodeSet.Nodes.Where(n => n.NodeId is { Numeric: ObjectIds.RootFolder or ObjectIds.ObjectsFolder or ObjectIds.TypesFolder }),
    ]);

    private readonly Dictionary<NodeId, Service> _services;
    private uint _sessions;

    public NodeWorld(OperationLimits? operations = null, IEventArchive? archive = null)
    {
        var limits = operations ?? new OperationLimits();
        Nodes = new StaticNodes(Roles, Types);
        Nodes.Add(StandardTypes.Value);
        Space = new AddressSpace(new NamespaceTable("urn:test:server"));
        Space.Attach(0, Nodes);
        Space.Attach(1, Nodes);
        Policy.SetDefaults(0, StandardSpace.Everybody(Everything));
        Policy.SetDefaults(1, StandardSpace.Everybody(Everything));
        Access = new AccessController(Space, Policy, Roles);
        Reader = new AttributeReader(Space, Access);
        var browser = new ReferenceBrowser(Space, Access, Types);
        var check = new ValueTypeCheck(Types, valuesOf: new EnumerationValues(Space).Of);
        Events = new EventHub(Space, Types);
        var auditor = new Auditor(Events, Time, "urn:test:server");
        var filters = new EventFilterCompiler(Space, Access, Types, new EventAccess(Access, Types), Time, new EventFilterLimits());
        _services = new Service[]
        {
            new ReadService(Reader, limits),
            new HistoryReadService(Access, Types, archive, filters, limits, NullLogger<HistoryReadService>.Instance),
            new HistoryUpdateService(Access, check, auditor, limits, NullLogger<HistoryUpdateService>.Instance),
            new WriteService(Access, Reader, check, auditor, limits, NullLogger<WriteService>.Instance),
            new BrowseService(browser, Views = new ViewTable(Access), limits),
            new BrowseNextService(limits),
            new TranslateBrowsePathsService(browser, limits),
            new RegisterNodesService(limits),
            new UnregisterNodesService(limits),
            new CallService(Space, Access, browser, check, auditor, limits, NullLogger<CallService>.Instance),
        }.ToDictionary(s => s.RequestEncodingId);
        Session = Connect();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
    public RoleTable Roles { get; } = new();
    public TypeTree Types { get; } = new();
    public RolePermissionPolicy Policy { get; } = new();
    public StaticNodes Nodes { get; }
    public AddressSpace Space { get; }
    public EventHub Events { get; }
    public AccessController Access { get; }
    public AttributeReader Reader { get; }
    public ViewTable Views { get; }
    public Session Session { get; }
    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    public static NodeId Id(string name) => new(name, 1);

    /// <summary>A user who has Anonymous and these roles.</summary>
    public static AccessContext User(params int[] roles) => StandardSpace.User(MessageSecurityMode.SignAndEncrypt, roles);

    public Session Connect(AccessContext? who = null) => new() { Id = new NodeId(++_sessions, 1), Name = "test", Access = who ?? User(RoleTable.AuthenticatedUser) };

    /// <summary>What the role may do with a node; without a role there, nobody may do anything.</summary>
    public static RolePermission[] Only(int role, PermissionType permissions) => [new RolePermission(new RoleTable().RoleIds[role], (uint)permissions)];

    public NodeId Object(string name, NodeId? parent = null, uint reference = ReferenceTypeIds.HasComponent, RolePermission[]? permissions = null, NodeId? type = null, AccessRestrictionType? restrictions = null) =>
        Add(new NodeRecord
        {
            NodeId = Id(name),
            NodeClass = NodeClass.Object,
            BrowseName = new QualifiedName(name, 1),
            RolePermissions = permissions,
            AccessRestrictions = (ushort?)restrictions,
            References = [.. Parent(parent, reference), new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, type ?? ObjectTypeIds.BaseObjectType)],
        });

    public NodeId Variable(
        string name, Variant value, uint dataType = DataTypeIds.BaseDataType, int rank = -2, uint[]? dimensions = null, AccessLevelExType level = AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite,
        NodeId? parent = null, uint reference = ReferenceTypeIds.HasComponent, RolePermission[]? permissions = null, AccessRestrictionType? restrictions = null, uint writeMask = 0) =>
        Add(new NodeRecord
        {
            NodeId = Id(name),
            NodeClass = NodeClass.Variable,
            BrowseName = new QualifiedName(name, 1),
            Value = value,
            DataType = dataType,
            ValueRank = rank,
            ArrayDimensions = dimensions,
            AccessLevelEx = (uint)level,
            RolePermissions = permissions,
            AccessRestrictions = (ushort?)restrictions,
            WriteMask = writeMask,
            References = [.. Parent(parent, reference), new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, new NodeId(VariableTypeIds.BaseDataVariableType))],
        });

    /// <summary>A method with input arguments; it gives them back.</summary>
    public NodeId Method(string name, NodeId parent, Argument[]? inputs = null, RolePermission[]? permissions = null, bool executable = true, string? browseName = null)
    {
        var id = Add(new NodeRecord
        {
            NodeId = Id(name),
            NodeClass = NodeClass.Method,
            BrowseName = new QualifiedName(browseName ?? name, 1),
            RolePermissions = permissions,
            Executable = executable,
            References = [.. Parent(parent, ReferenceTypeIds.HasComponent)],
        });
        if (inputs is not null)
            Add(new NodeRecord
            {
                NodeId = Id(name + ".in"),
                NodeClass = NodeClass.Variable,
                BrowseName = "InputArguments",
                Value = Variant.From(inputs),
                DataType = DataTypeIds.Argument,
                ValueRank = 1,
                RolePermissions = permissions,
                References = [.. Parent(id, ReferenceTypeIds.HasProperty)],
            });
        Nodes.BindMethod(id, static (call, _) => ValueTask.FromResult(new MethodResult(StatusCodes.Good, call.InputArguments)));
        return id;
    }

    public NodeId Add(NodeRecord record)
    {
        Nodes.Add([record]);
        return record.NodeId;
    }

    private static IEnumerable<NodeSets.NodeReference> Parent(NodeId? parent, uint reference) => parent is { } p ? [new NodeSets.NodeReference(reference, false, p)] : [];

    /// <summary>Runs a service as the dispatcher does; request and response cross the wire.</summary>
    public async Task<TResponse> Send<TResponse>(IServiceRequest request, Session? session = null, CancellationToken cancellation = default)
        where TResponse : IServiceResponse, IStructure<TResponse>
    {
        var service = _services[request.BinaryEncodingId];
        session ??= Session;
        using var context = new ServiceContext(Time) { Channel = session.Channel, Session = session, RequestHeader = request.RequestHeader, Now = Now };
        using var registration = cancellation.Register(() => context.Cancel(StatusCodes.BadRequestCancelledByClient));
        var response = await service.InvokeAsync(context, Decode(service, BinaryEncoder.ToBytes(request))).AsTask().WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        return Subscriptions.SubscriptionWorld.Decode<TResponse>(BinaryEncoder.ToBytes(response));
    }

    private static IServiceRequest Decode(Service service, byte[] bytes)
    {
        var decoder = new BinaryDecoder(bytes, CodecContext.Default);
        return service.Decode(ref decoder);
    }

    public async Task<DataValue> Read(NodeId node, uint attribute = AttributeIds.Value, string? range = null, QualifiedName encoding = default, TimestampsToReturn timestamps = TimestampsToReturn.Neither, Session? session = null)
    {
        var item = new ReadValueId { NodeId = node, AttributeId = attribute, IndexRange = range, DataEncoding = encoding };
        return (await Send<ReadResponse>(new ReadRequest { NodesToRead = [item], TimestampsToReturn = timestamps }, session)).Results![0];
    }

    public async Task<string> Write(NodeId node, DataValue value, uint attribute = AttributeIds.Value, string? range = null, Session? session = null)
    {
        var item = new WriteValue { NodeId = node, AttributeId = attribute, IndexRange = range, Value = value };
        return (await Send<WriteResponse>(new WriteRequest { NodesToWrite = [item] }, session)).Results![0].ToString();
    }

    public Task<string> Write(NodeId node, Variant value, uint attribute = AttributeIds.Value, string? range = null, Session? session = null) =>
        Write(node, new DataValue(value), attribute, range, session);

    public static BrowseDescription Description(
        NodeId node, NodeId type = default, bool subtypes = true, BrowseDirection direction = BrowseDirection.Forward, uint classes = 0, BrowseResultMask result = (BrowseResultMask)63) =>
        new() { NodeId = node, ReferenceTypeId = type, IncludeSubtypes = subtypes, BrowseDirection = direction, NodeClassMask = classes, ResultMask = (uint)result };

    public async Task<BrowseResult> Browse(BrowseDescription wanted, uint pageSize = 0, Session? session = null) =>
        (await Send<BrowseResponse>(new BrowseRequest { RequestedMaxReferencesPerNode = pageSize, NodesToBrowse = [wanted] }, session)).Results![0];

    /// <summary>The names of what is found below a node.</summary>
    public async Task<string[]> Names(NodeId node, Session? session = null) => Names(await Browse(Description(node, ReferenceTypeIds.HierarchicalReferences), session: session));

    public static string[] Names(BrowseResult result) => [.. result.References!.Select(r => r.BrowseName.Name!)];

    public async Task<BrowseResult> Next(ByteString point, Session? session = null, bool release = false) =>
        (await Send<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [point], ReleaseContinuationPoints = release }, session)).Results![0];

    public async Task<CallMethodResult> Call(NodeId target, NodeId method, Session? session = null, params Variant[] arguments) =>
        (await Send<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = target, MethodId = method, InputArguments = arguments }] }, session)).Results![0];

    public static async Task<string> Fault(Func<Task> request) => (await Assert.ThrowsAsync<ServiceException>(request)).Status.ToString();
}
