using OpcPortal.Ua.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>Requests that are well encoded and otherwise anything, over the standard's own nodes, and event filters. The answer must be one that can be sent.</summary>
internal static class ServerTargets
{
    private static readonly Lazy<World> Standard = new(static () => new World());

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        // A request of twenty bytes may ask for all references of a node: what answers are allowed to be is bounded by OperationLimits.
        new FuzzTarget<Exception>("node-services", Invoke, Requests) { FixedBytes = 16 * 1024 * 1024, BytesPerInputByte = 8192, Refuses = static e => e is CodecException or ServiceException },
        new FuzzTarget<CodecException>("event-filter", Filter, Filters) { FixedBytes = 1024 * 1024, BytesPerInputByte = 4096 },
    ];

    // One byte chooses the service.
    private static bool Invoke(byte[] input)
    {
        if (input.Length == 0) return false;
        var world = Standard.Value;
        var service = world.Services[input[0] % world.Services.Length];
        var decoder = new BinaryDecoder(input.AsSpan(1), CodecContext.Default);
        var request = service.Decode(ref decoder);
        using var context = new ServiceContext(TimeProvider.System) { Channel = world.Session.Channel, Session = world.Session, RequestHeader = request.RequestHeader, Now = World.Time };
        var response = service.InvokeAsync(context, request).AsTask().GetAwaiter().GetResult();
        BinaryEncoder.ToBytes(response);
        return true;
    }

    private static bool Filter(byte[] input)
    {
        var decoder = new BinaryDecoder(input, CodecContext.Default);
        var world = Standard.Value;
        var status = world.Filters.TryCompile(EventFilter.Decode(ref decoder), world.Session.Access!, out var compiled, out var result);
        if (result is not null) BinaryEncoder.ToBytes(result);
        if (status.IsBad) return false;
        compiled!.TrySelect(world.Event, world.Session.Access!, out _);
        return true;
    }

    private static IEnumerable<byte[]> Requests()
    {
        IStructure[] requests =
        [
            new ReadRequest { TimestampsToReturn = TimestampsToReturn.Both, NodesToRead = [new() { NodeId = new NodeId(2255), AttributeId = 13, IndexRange = "0:1" }, new() { NodeId = new NodeId(85), AttributeId = 3 }] },
            new WriteRequest { NodesToWrite = [new() { NodeId = new NodeId(2255), AttributeId = 13, Value = new DataValue(new Variant(["a"])) }] },
            new BrowseRequest { NodesToBrowse = [new() { NodeId = new NodeId(85), BrowseDirection = BrowseDirection.Both, IncludeSubtypes = true, ReferenceTypeId = new NodeId(33), ResultMask = 63 }], RequestedMaxReferencesPerNode = 2 },
            new BrowseNextRequest { ContinuationPoints = [new ByteString(new byte[8])] },
            new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [new() { StartingNode = new NodeId(84), RelativePath = new() { Elements = [new() { ReferenceTypeId = new NodeId(33), IncludeSubtypes = true, TargetName = "Objects" }] } }] },
            new RegisterNodesRequest { NodesToRegister = [new NodeId(85)] },
            new UnregisterNodesRequest { NodesToUnregister = [new NodeId(85)] },
            new CallRequest { MethodsToCall = [new() { ObjectId = new NodeId(2253), MethodId = new NodeId(11492), InputArguments = [new Variant(1u)] }] },
        ];
        for (var i = 0; i < requests.Length; i++) yield return [(byte)i, .. BinaryEncoder.ToBytes(requests[i])];
    }

    private static IEnumerable<byte[]> Filters()
    {
        static SimpleAttributeOperand Field(params string[] path) => new() { TypeDefinitionId = new NodeId(2041), BrowsePath = Array.ConvertAll(path, static n => new QualifiedName(n)), AttributeId = 13 };
        static ContentFilterElement Element(FilterOperator op, params IStructure[] operands) => new() { FilterOperator = op, FilterOperands = Array.ConvertAll(operands, ExtensionObject.From) };
        yield return BinaryEncoder.ToBytes(new EventFilter { SelectClauses = [Field("EventId"), Field("Message"), Field("Time")] });
        yield return BinaryEncoder.ToBytes(new EventFilter
        {
            SelectClauses = [Field("Severity")],
            WhereClause = new ContentFilter
            {
                Elements =
                [
                    Element(FilterOperator.And, new ElementOperand { Index = 1 }, new ElementOperand { Index = 2 }),
                    Element(FilterOperator.OfType, new LiteralOperand { Value = new NodeId(2041) }),
                    Element(FilterOperator.Or, new ElementOperand { Index = 3 }, new ElementOperand { Index = 4 }),
                    Element(FilterOperator.Like, Field("SourceName"), new LiteralOperand { Value = "S%[a-z]_" }),
                    Element(FilterOperator.Between, Field("Severity"), new LiteralOperand { Value = 1 }, new LiteralOperand { Value = 500.5 }),
                ],
            },
        });
    }

    /// <summary>The standard's address space with a user who may do what everybody may.</summary>
    private sealed class World
    {
        public static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

        public World()
        {
            var model = new ServerModel("urn:fuzz", []);
            var access = new AccessController(model.AddressSpace, model.Policy, model.Roles);
            var limits = new OperationLimits();
            var reader = new AttributeReader(model.AddressSpace, access);
            var browser = new ReferenceBrowser(model.AddressSpace, access, model.Types);
            var types = new ValueTypeCheck(model.Types, model.DataTypeOfEncoding, new EnumerationValues(model.AddressSpace).Of);
            var auditor = new Auditor(new EventHub(model.AddressSpace, model.Types), TimeProvider.System, "urn:fuzz");
            Services =
            [
                new ReadService(reader, limits), new WriteService(access, reader, types, auditor, limits, new NothingMayFail<WriteService>()), new BrowseService(browser, new ViewTable(access), limits), new BrowseNextService(limits),
                new TranslateBrowsePathsService(browser, limits), new RegisterNodesService(limits), new UnregisterNodesService(limits),
                new CallService(model.AddressSpace, access, browser, types, auditor, limits, new NothingMayFail<CallService>()),
            ];
            Filters = new EventFilterCompiler(model.AddressSpace, access, model.Types, new EventAccess(access, model.Types), TimeProvider.System, new EventFilterLimits());
            var who = new AccessContext { Roles = (1UL << RoleTable.Anonymous) | (1UL << RoleTable.AuthenticatedUser), SecurityMode = MessageSecurityMode.SignAndEncrypt };
            Session = new Session { Id = new NodeId(1, 1), Name = "fuzz", Access = who };
        }

        public Service[] Services { get; }
        public EventFilterCompiler Filters { get; }
        public Session Session { get; }
        public UaEvent Event { get; } = new() { EventType = new NodeId(2041), SourceNode = new NodeId(2253), SourceName = "Server", Time = Time, Message = "text", Severity = 100 };
    }
}
