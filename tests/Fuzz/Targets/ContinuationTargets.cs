using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>
/// What a client may do with the continuation points of HistoryRead, in any order, while the source fails and requests are cancelled: no value comes twice or never, what was used is used, and there are
/// never more points than there may be. Part 4 7.9, Part 11 6.3.
/// </summary>
internal static class ContinuationTargets
{
    private const int MaxPoints = 3;
    private const int Values = 10;
    private static readonly NodeId Meter = new("m", 1);
    private static readonly DateTime Start = new(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime End = Start.AddMinutes(Values);

    private static readonly HistoryReadDetails[] Kinds =
    [
        new ReadRawModifiedDetails { StartTime = Start, EndTime = End, NumValuesPerNode = 3 },
        new ReadRawModifiedDetails { StartTime = End, EndTime = Start.AddTicks(-1), NumValuesPerNode = 2, ReturnBounds = true },
        new ReadRawModifiedDetails { StartTime = Start, EndTime = End, NumValuesPerNode = 2, IsReadModified = true },
        new ReadProcessedDetails { StartTime = Start, EndTime = End, ProcessingInterval = 60_000, AggregateType = [ObjectIds.AggregateFunction_Count], AggregateConfiguration = new() { UseServerCapabilitiesDefaults = true } },
        new ReadAtTimeDetails { ReqTimes = [.. Enumerable.Range(0, Values).Select(i => Start.AddMinutes(i).AddSeconds(30))] },
        new ReadAnnotationDataDetails { ReqTimes = [.. Enumerable.Range(0, Values).Select(i => Start.AddMinutes(i))] },
    ];

    private static readonly Lazy<string[]> Wholes = new(static () => [.. Kinds.Select(static (_, kind) => new World(null).Whole(kind))]);

    private static readonly Lazy<Served> Server = new(static () => new Served());

    private enum Act
    {
        Begin,
        GoOn,
        Fail,
        Cancel,
        Release,
        Reuse,
    }

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new FuzzTarget<NoException>("history-continuation", Play, Plays) { FixedBytes = 64 * 1024 * 1024, BytesPerInputByte = 256 * 1024 },
    ];

    // Each byte is an act: what is done in its lower three bits, with which read above them.
    private static bool Play(byte[] input)
    {
        var world = new World(Wholes.Value);
        foreach (var one in input.AsSpan(0, Math.Min(input.Length, 64)))
        {
            var act = (one & 7) % 6;
            world.Do((Act)act, one >> 3);
        }

        return world.Ended > 0;
    }

    private static IEnumerable<byte[]> Plays()
    {
        foreach (var kind in Enumerable.Range(0, Kinds.Length))
        {
            var begin = (byte)((int)Act.Begin | (kind << 3));
            yield return [begin, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
            yield return [begin, 1, (byte)((int)Act.Fail | (1 << 3)), 1, (byte)((int)Act.Cancel | (2 << 3)), 5, 1, 1, 1, 1, 1, 1, 1, 1];
            yield return [begin, 0, 8, 16, 1, 9, 17, 4, 5, 2, 3, 1, 1, 1, 1, 1, 1];
        }
    }

    /// <summary>What takes long to make, and holds nothing of a play but whose history it is: plays are played one after another.</summary>
    private sealed class Served
    {
        public Served()
        {
            var model = new ServerModel("urn:fuzz", []);
            RolePermission[] everything = [new(model.Roles.RoleIds[RoleTable.Anonymous], 0x1FFFF)];
            model.Nodes.Add([new NodeRecord { NodeId = Meter, NodeClass = NodeClass.Variable, BrowseName = "m", DataType = new NodeId(11), AccessLevelEx = 13, RolePermissions = everything }]);
            model.Nodes.BindHistory(Meter, _ => Playing);
            var access = new AccessController(model.AddressSpace, model.Policy, model.Roles);
            var filters = new EventFilterCompiler(model.AddressSpace, access, model.Types, new EventAccess(access, model.Types), TimeProvider.System, new EventFilterLimits());
            var limits = new OperationLimits { MaxHistoryContinuationPoints = MaxPoints, MaxHistoryValuesPerNode = 3 };
            Reads = new HistoryReadService(access, model.Types, null, filters, limits, new NothingMayFail<HistoryReadService>());
        }

        public INodeHistory? Playing { get; set; }
        public HistoryReadService Reads { get; }
    }

    /// <summary>A read on its way.</summary>
    private sealed record Begun(int Kind, ByteString Point, string Given);

    private sealed class World : INodeHistory
    {
        private readonly Session _session = new() { Id = new NodeId(1, 1), Name = "fuzz", Access = new AccessContext { Roles = 1UL << RoleTable.Anonymous, SecurityMode = MessageSecurityMode.SignAndEncrypt } };

        private readonly string[]? _wholes;
        private string _lastWhole = "";

        // Those that the server keeps, oldest first, as it does.
        private readonly List<Begun> _live = [];
        private ByteString _used = new(new byte[16]);

        // Pages until the source does what it should not.
        private int _until = -1;
        private Exception? _trouble;

        /// <param name="wholes">What each kind of read gives in all, as it comes where nothing goes wrong; null: it is not known yet.</param>
        public World(string[]? wholes)
        {
            _wholes = wholes;
            Server.Value.Playing = this;
        }

        public int Ended { get; private set; }

        public HistoryTraits Traits { get; } = new();

        public string Whole(int kind)
        {
            Take(Read(kind, default)!, kind, "");
            while (_live.Count > 0) Do(Act.GoOn, 0);
            return _lastWhole;
        }

        public void Do(Act act, int choice)
        {
            if (act == Act.Begin)
            {
                Take(Read(choice % Kinds.Length, default)!, choice % Kinds.Length, "");
                return;
            }

            if (act == Act.Reuse)
            {
                Expect(StatusCodes.BadContinuationPointInvalid, Read(0, _used)!.StatusCode);
                return;
            }

            if (_live.Count == 0) return;
            var read = _live[choice % _live.Count];
            _live.Remove(read);
            if (act == Act.Release)
            {
                Expect(StatusCodes.Good, Read(read.Kind, read.Point, release: true)!.StatusCode);
                _used = read.Point;
            }
            else if (act == Act.GoOn)
            {
                Take(Read(read.Kind, read.Point)!, read.Kind, read.Given);
                _used = read.Point;
            }
            else
            {
                Trouble(read, act == Act.Fail ? new ServiceException(StatusCodes.BadResourceUnavailable) : new OperationCanceledException(), choice >> 2);
            }
        }

        // It may be over before the trouble comes; else the point stands for what it stood for.
        private void Trouble(Begun read, Exception trouble, int until)
        {
            (_trouble, _until) = (trouble, until);
            var result = Read(read.Kind, read.Point);
            _until = -1;
            if (result is { StatusCode.IsNotBad: true })
            {
                Take(result, read.Kind, read.Given);
                _used = read.Point;
                return;
            }

            Keep(read);
        }

        private void Take(HistoryReadResult result, int kind, string given)
        {
            if (result.StatusCode.IsBad) throw new FuzzException($"A read of kind {kind} that may go on is refused: {result.StatusCode}.");
            var data = (HistoryData)result.HistoryData!.Structure!;
            var whole = given + string.Concat((data.DataValues ?? []).Select(static v => $"{v.SourceTimestamp:mm:ss}={v.Value} "));
            if (_wholes is not null && !_wholes[kind].StartsWith(whole, StringComparison.Ordinal)) throw new FuzzException($"A read of kind {kind} gave {whole}of {_wholes[kind]}.");
            if (!result.ContinuationPoint.IsNull)
            {
                Keep(new Begun(kind, result.ContinuationPoint, whole));
                return;
            }

            if (_wholes is not null && _wholes[kind] != whole) throw new FuzzException($"A read of kind {kind} ended with {whole}of {_wholes[kind]}.");
            _lastWhole = whole;
            Ended++;
        }

        private void Keep(Begun read)
        {
            if (_live.Count == MaxPoints)
            {
                _used = _live[0].Point;
                _live.RemoveAt(0);
            }

            _live.Add(read);
        }

        private static void Expect(uint wanted, StatusCode status)
        {
            if (status.Code != wanted) throw new FuzzException($"{new StatusCode(wanted)} was to come, and not {status}.");
        }

        /// <returns>Null where it was cancelled.</returns>
        private HistoryReadResult? Read(int kind, ByteString point, bool release = false)
        {
            var request = new HistoryReadRequest
            {
                HistoryReadDetails = ExtensionObject.From(Kinds[kind]),
                TimestampsToReturn = TimestampsToReturn.Source,
                NodesToRead = [new HistoryReadValueId { NodeId = Meter, ContinuationPoint = point }],
                ReleaseContinuationPoints = release,
            };
            using var context = new ServiceContext(TimeProvider.System) { Channel = _session.Channel, Session = _session, RequestHeader = request.RequestHeader, Now = Start };
            try
            {
                return ((HistoryReadResponse)Server.Value.Reads.InvokeAsync(context, request).AsTask().GetAwaiter().GetResult()).Results![0];
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }

        // Two items a page.
        private ValueTask<HistoryPage<T>> Page<T>(HistoryWalk walk, Func<DateTime, T> make)
        {
            if (_until-- == 0) throw _trouble!;
            var times = Enumerable.Range(0, Values).Select(static i => Start.AddMinutes(i));
            var wanted = (walk.IsForward ? times.Where(t => t >= walk.From && t < walk.To) : times.Where(t => t <= walk.From && t > walk.To).Reverse()).Skip(walk.Skip).ToList();
            var page = wanted.Take(Math.Min(walk.Limit, 2)).ToList();
            return ValueTask.FromResult(new HistoryPage<T>([.. page.Select(make)], page.Count == wanted.Count ? null : new HistoryPlace(page[^1], 1)));
        }

        private static DataValue At(DateTime time) => new(time.Minute + 0.5, StatusCodes.Good, time, time);

        public ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => Page(walk, At);

        public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) =>
            Page(walk, static time => new ModifiedValue(At(time), new ModificationInfo { UserName = "x", ModificationTime = time }));

        public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) =>
            Page(walk, static time => new NodeAnnotation(time, new Annotation { Message = "x" }));

        public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
