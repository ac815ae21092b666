using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>HistoryRead and HistoryUpdate, well encoded and otherwise anything, over a Variable and a notifier that have a past. Times, counts and intervals ask for as much as they like. Attack class 31.</summary>
internal static class HistoryTargets
{
    private static readonly NodeId Meter = new("m", 1);
    private static readonly DateTime Start = new(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc);
    private static readonly Lazy<World> Standard = new(static () => new World());

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        // A timeoutHint of a millisecond ends a request that takes two.
        new FuzzTarget<Exception>("history-services", Invoke, Requests) { FixedBytes = 64 * 1024 * 1024, BytesPerInputByte = 65536, Refuses = static e => e is CodecException or ServiceException or OperationCanceledException },
    ];

    // One byte chooses the service.
    private static bool Invoke(byte[] input)
    {
        if (input.Length == 0) return false;
        var world = Standard.Value;
        var service = world.Services[input[0] % world.Services.Length];
        var decoder = new BinaryDecoder(input.AsSpan(1), CodecContext.Default);
        var request = service.Decode(ref decoder);
        using var context = new ServiceContext(TimeProvider.System) { Channel = world.Session.Channel, Session = world.Session, RequestHeader = request.RequestHeader, Now = Start };
        var response = service.InvokeAsync(context, request).AsTask().GetAwaiter().GetResult();
        BinaryEncoder.ToBytes(response);
        return true;
    }

    private static IEnumerable<byte[]> Requests()
    {
        var end = Start.AddHours(1);
        HistoryReadDetails[] reads =
        [
            new ReadRawModifiedDetails { StartTime = Start, EndTime = end, NumValuesPerNode = 3, ReturnBounds = true },
            new ReadRawModifiedDetails { StartTime = end, EndTime = Start, IsReadModified = true },
            new ReadProcessedDetails { StartTime = Start, EndTime = end, ProcessingInterval = 600_000, AggregateType = [new NodeId(2342)], AggregateConfiguration = new() { UseServerCapabilitiesDefaults = true } },
            new ReadAtTimeDetails { ReqTimes = [Start, end, Start.AddSeconds(7)] },
            new ReadAnnotationDataDetails { ReqTimes = [Start, end] },
        ];
        foreach (var read in reads)
            yield return [0, .. BinaryEncoder.ToBytes(new HistoryReadRequest { HistoryReadDetails = new(read), TimestampsToReturn = TimestampsToReturn.Both, NodesToRead = [new() { NodeId = Meter, IndexRange = "" }] })];
        SimpleAttributeOperand message = new() { TypeDefinitionId = new NodeId(2041), BrowsePath = ["Message"], AttributeId = 13 };
        ReadEventDetails events = new() { StartTime = Start, EndTime = end, NumValuesPerNode = 5, Filter = new EventFilter { SelectClauses = [message] } };
        yield return [0, .. BinaryEncoder.ToBytes(new HistoryReadRequest { HistoryReadDetails = new(events), NodesToRead = [new() { NodeId = new NodeId(2253) }] })];
        yield return [0, .. BinaryEncoder.ToBytes(new HistoryReadRequest { ReleaseContinuationPoints = true, NodesToRead = [new() { NodeId = Meter, ContinuationPoint = new ByteString(new byte[16]) }] })];
        HistoryUpdateDetails[] updates =
        [
            new UpdateDataDetails { NodeId = Meter, PerformInsertReplace = PerformUpdateType.Update, UpdateValues = [new DataValue(1.5, default, Start), new DataValue(double.NaN, default, end)] },
            new UpdateStructureDataDetails { NodeId = Meter, PerformInsertReplace = PerformUpdateType.Insert, UpdateValues = [new DataValue(Variant.From(new Annotation { Message = "x" }), default, Start)] },
            new DeleteRawModifiedDetails { NodeId = Meter, StartTime = Start, EndTime = end },
            new DeleteAtTimeDetails { NodeId = Meter, ReqTimes = [Start] },
            new UpdateEventDetails { NodeId = new NodeId(2253), PerformInsertReplace = PerformUpdateType.Insert, EventData = [new() { EventFields = [1] }] },
            new DeleteEventDetails { NodeId = new NodeId(2253), EventIds = [new ByteString([1])] },
        ];
        foreach (var update in updates) yield return [1, .. BinaryEncoder.ToBytes(new HistoryUpdateRequest { HistoryUpdateDetails = [new ExtensionObject((IStructure)update)] })];
    }

    private sealed class World : IEventArchive, IEventReceiver
    {
        public World()
        {
            var model = new ServerModel("urn:fuzz", []);
            RolePermission[] everything = [new(model.Roles.RoleIds[RoleTable.Anonymous], 0x1FFFF)];
            model.Nodes.Add([new NodeRecord { NodeId = Meter, NodeClass = NodeClass.Variable, BrowseName = "m", DataType = new NodeId(11), AccessLevelEx = 13, RolePermissions = everything }]);
            var past = new Past();
            model.Nodes.BindHistory(Meter, _ => past);
            var access = new AccessController(model.AddressSpace, model.Policy, model.Roles);
            var limits = new OperationLimits();
            var types = new ValueTypeCheck(model.Types, model.DataTypeOfEncoding, new EnumerationValues(model.AddressSpace).Of);
            // Heard, so that what was there before is looked up.
            var auditor = new Auditor(new EventHub(model.AddressSpace, model.Types) { Recorder = this }, TimeProvider.System, "urn:fuzz");
            var filters = new EventFilterCompiler(model.AddressSpace, access, model.Types, new EventAccess(access, model.Types), TimeProvider.System, new EventFilterLimits());
            Services =
            [
                new HistoryReadService(access, model.Types, this, filters, limits, new NothingMayFail<HistoryReadService>()),
                new HistoryUpdateService(access, types, auditor, limits, new NothingMayFail<HistoryUpdateService>()),
            ];
            Session = new Session { Id = new NodeId(1, 1), Name = "fuzz", Access = new AccessContext { Roles = 1UL << RoleTable.Anonymous, SecurityMode = MessageSecurityMode.SignAndEncrypt } };
        }

        public Service[] Services { get; }
        public Session Session { get; }

        public ValueTask<HistoryPage<UaEvent>> ReadAsync(NodeId notifier, HistoryWalk walk, CancellationToken cancellation) => ValueTask.FromResult(Past.Page(walk, static time => new UaEvent
        {
            EventType = new NodeId(2041),
            SourceNode = new NodeId(2253),
            SourceName = "Server",
            Time = time,
            Message = "text",
            Severity = 100,
        }));

        public void OnEvent(UaEvent occurrence) => BinaryEncoder.ToBytes(new HistoryEventFieldList { EventFields = [.. occurrence.Fields.Values] });
    }

    /// <summary>A value for each minute of a day.</summary>
    private sealed class Past : INodeHistory
    {
        private const int Minutes = 24 * 60;

        public HistoryTraits Traits { get; } = new();

        public static HistoryPage<T> Page<T>(HistoryWalk walk, Func<DateTime, T> make)
        {
            var times = Enumerable.Range(0, Minutes).Select(static i => Start.AddMinutes(i));
            var wanted = walk.IsForward ? times.Where(t => t >= walk.From && t < walk.To) : times.Where(t => t <= walk.From && t > walk.To).Reverse();
            var page = wanted.Skip(walk.Skip).Take(walk.Limit).ToList();
            return new([.. page.Select(make)], page.Count < walk.Limit ? null : new HistoryPlace(page[^1], 1));
        }

        private static DataValue At(DateTime time) => new(time.Minute % 7 == 0 ? double.NaN : time.Minute, time.Minute % 5 == 0 ? StatusCodes.BadNoData : StatusCodes.Good, time, time);

        public ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => ValueTask.FromResult(Page(walk, At));

        public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) =>
            ValueTask.FromResult(Page(walk, static time => new ModifiedValue(At(time), new ModificationInfo { UserName = "x", ModificationTime = time })));

        public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) =>
            ValueTask.FromResult(Page(walk, static time => new NodeAnnotation(time, new Annotation { Message = "x" })));

        public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => ValueTask.FromResult(new StatusCode[values.Count]);
        public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => ValueTask.FromResult(new StatusCode[annotations.Count]);
        public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => ValueTask.FromResult<StatusCode>(StatusCodes.Good);
        public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => ValueTask.FromResult(new StatusCode[times.Count]);
    }
}
