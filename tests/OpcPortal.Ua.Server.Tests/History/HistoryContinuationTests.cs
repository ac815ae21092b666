using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.History.HistoryWorld;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>Continuation points of HistoryRead, and what bounds a response. Part 4 7.9, Part 11 6.3.</summary>
public sealed class HistoryContinuationTests
{
    private static readonly ReadRawModifiedDetails TwoByTwo = Raw(At(5, 0), At(6, 0), 2);

    private readonly HistoryWorld _world = new(new OperationLimits { MaxHistoryContinuationPoints = 3 });
    private readonly NodeId _node;

    public HistoryContinuationTests() => _node = _world.Variable("meter", Minutes(10));

    private static MemoryHistory Minutes(int count)
    {
        var history = new MemoryHistory();
        for (var minute = 0; minute < count; minute++) history.Add(At(5, minute), (double)minute);
        return history;
    }

    private async Task<ByteString> First() => (await _world.Read(_node, TwoByTwo)).ContinuationPoint;

    private Task<HistoryReadResult> Next(ByteString point, Session? session = null) => _world.Read(_node, TwoByTwo, point, session);

    [Fact]
    public async Task Pages_hold_each_value_once_and_no_point_is_left_where_all_fits()
    {
        var pages = await _world.ReadAll(_node, TwoByTwo);
        Assert.Equal([2, 2, 2, 2, 2], pages.Select(page => Values(page).Length));
        Assert.Equal(Enumerable.Range(0, 10), pages.SelectMany(Values).Select(v => (int)v.Value.AsDouble()));
    }

    [Fact]
    public async Task A_point_serves_once_in_its_own_session_and_cannot_be_guessed()
    {
        var point = await First();
        Assert.Equal("BadContinuationPointInvalid", (await Next(point, _world.Nodes.Connect())).StatusCode.ToString());
        Assert.Equal("Good", (await Next(point)).StatusCode.ToString());
        Assert.Equal("BadContinuationPointInvalid", (await Next(point)).StatusCode.ToString());
        foreach (var forged in new ByteString[] { new([1]), new(new byte[16]), new([.. point.Span, 0]) })
            Assert.Equal("BadContinuationPointInvalid", (await Next(forged)).StatusCode.ToString());
    }

    // Part 11 6.3: what was asked for first holds; what cannot be meant is refused.
    [Fact]
    public async Task A_point_goes_on_with_its_own_read_and_no_other()
    {
        var other = _world.Variable("other", Minutes(10));
        Assert.Equal("BadContinuationPointInvalid", (await _world.Read(other, TwoByTwo, await First())).StatusCode.ToString());
        Assert.Equal("BadContinuationPointInvalid", (await _world.Read(_node, new ReadAnnotationDataDetails { ReqTimes = [At(5, 0)] }, await First())).StatusCode.ToString());
        Assert.Equal([2, 3], Values(await _world.Read(_node, Raw(At(5, 8), At(5, 9), 7), await First())).Select(v => (int)v.Value.AsDouble()));
        Assert.Equal([2, 3], Values(await _world.Read(_node, null, await First())).Select(v => (int)v.Value.AsDouble()));
    }

    // Part 11 6.3: no data, all given back, and each told whether it was one.
    [Fact]
    public async Task Released_points_are_gone()
    {
        var (kept, released) = (await First(), await First());
        var results = await _world.Read([new HistoryReadValueId { NodeId = _node, ContinuationPoint = released }, new HistoryReadValueId { NodeId = _node }], null, release: true);
        Assert.Equal(["Good", "BadContinuationPointInvalid"], results.Select(r => r.StatusCode.ToString()));
        Assert.All(results, r => Assert.Null(r.HistoryData));
        Assert.Equal("BadContinuationPointInvalid", (await Next(released)).StatusCode.ToString());
        Assert.Equal("Good", (await Next(kept)).StatusCode.ToString());
    }

    // Part 4 7.9: a new request frees what older ones left behind; within one request there are no more than there are.
    [Fact]
    public async Task Old_points_make_room_for_new_ones_and_one_request_gets_no_more_than_there_are()
    {
        var old = new[] { await First(), await First(), await First() };
        var fresh = await First();
        Assert.Equal("BadContinuationPointInvalid", (await Next(old[0])).StatusCode.ToString());
        Assert.Equal("Good", (await Next(old[1])).StatusCode.ToString());
        Assert.Equal("Good", (await Next(fresh)).StatusCode.ToString());
        var many = await _world.Read([.. Enumerable.Repeat(new HistoryReadValueId { NodeId = _node }, 5)], TwoByTwo);
        Assert.Equal(["Good", "Good", "Good", "BadNoContinuationPoints", "BadNoContinuationPoints"], many.Select(r => r.StatusCode.ToString()));
        // What needs none is served all the same.
        Assert.Equal("Good", (await _world.Read(_node, Raw(At(5, 0), At(5, 2)))).StatusCode.ToString());
    }

    [Fact]
    public async Task What_goes_on_never_fails_for_want_of_a_point()
    {
        var point = await First();
        HistoryReadValueId[] nodes = [.. Enumerable.Repeat(new HistoryReadValueId { NodeId = _node }, 3), new HistoryReadValueId { NodeId = _node, ContinuationPoint = point }];
        Assert.Equal(["Good", "Good", "BadNoContinuationPoints", "Good"], (await _world.Read(nodes, TwoByTwo)).Select(r => r.StatusCode.ToString()));
    }

    // What is asked for may be large: what is left behind of it is bounded in bytes, and shared by the nodes of a request.
    [Fact]
    public async Task What_unfinished_reads_hold_of_their_requests_is_bounded()
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryContinuationBytes = 20_000, MaxHistoryValuesPerNode = 1 });
        var node = world.Variable("meter", Minutes(10).Annotate(At(5, 0), "a", "ann").Annotate(At(5, 1), "b", "ann"));
        ReadAnnotationDataDetails Times(int count) => new() { ReqTimes = [.. Enumerable.Range(0, count).Select(i => At(5, 0).AddMinutes(i))] };
        async Task<ByteString[]> Begin(int times, int nodes) => [.. (await world.Read([.. Enumerable.Repeat(new HistoryReadValueId { NodeId = node }, nodes)], Times(times))).Select(r => r.ContinuationPoint)];
        async Task<string> GoOn(ByteString point) => (await world.Read(node, null, point)).StatusCode.ToString();

        // 8 kB of times twice, then a third: the first makes room. Within a request they are held once.
        var (first, second, third) = ((await Begin(1000, 1))[0], await Begin(1000, 20), (await Begin(1000, 1))[0]);
        Assert.All(second, point => Assert.False(point.IsNull));
        Assert.Equal("BadContinuationPointInvalid", await GoOn(first));
        Assert.Equal(["Good", "Good"], [await GoOn(second[19]), await GoOn(third)]);
        // More than a session may hold is not left unfinished at all.
        Assert.Equal("BadNoContinuationPoints", (await world.Read(node, Times(3000))).StatusCode.ToString());
    }

    // Leave to read is asked anew for each page.
    [Fact]
    public async Task Who_may_no_longer_read_gets_no_further_page()
    {
        var session = _world.Nodes.Connect();
        var node = _world.Variable("lost", Minutes(10), permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, NodeWorld.Everything));
        var first = await _world.Read(node, TwoByTwo, session: session);
        session.Access = NodeWorld.User();
        Assert.Equal("BadNodeIdUnknown", (await _world.Read(node, TwoByTwo, first.ContinuationPoint, session)).StatusCode.ToString());
    }

    [Fact]
    public async Task A_response_holds_no_more_values_than_its_limit_and_every_node_gets_on()
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryValuesPerResponse = 12 });
        var nodes = Enumerable.Range(0, 3).Select(i => world.Variable($"meter{i}", Minutes(10))).ToArray();
        var results = await world.Read([.. nodes.Select(node => new HistoryReadValueId { NodeId = node })], Raw(At(5, 0), At(6, 0)));
        Assert.Equal([10, 2, 1], results.Select(r => Values(r).Length));
        Assert.Equal([true, false, false], results.Select(r => r.ContinuationPoint.IsNull));
    }

    // Values may be large: the size of the message counts, not their number.
    [Fact]
    public async Task A_response_holds_no_more_bytes_than_its_limit_or_than_the_client_takes()
    {
        var history = new MemoryHistory();
        for (var minute = 0; minute < 10; minute++) history.Add(At(5, minute), new string('x', 1000));
        foreach (var (limit, client) in ((long, uint)[])[(3200, 0), (1_000_000, 6400)])
        {
            var world = new HistoryWorld(new OperationLimits { MaxHistoryBytesPerResponse = limit });
            var node = world.Variable("text", history, DataTypeIds.String);
            var session = new Session { Id = new NodeId(99, 1), Name = "small", Access = NodeWorld.User(RoleTable.AuthenticatedUser), MaxResponseMessageSize = client };
            var first = await world.Read(node, Raw(At(5, 0), At(6, 0)), session: session);
            Assert.Equal((3, false), (Values(first).Length, first.ContinuationPoint.IsNull));
            Assert.Equal(At(5, 3), Values(await world.Read(node, Raw(At(5, 0), At(6, 0)), first.ContinuationPoint, session))[0].SourceTimestamp);
        }
    }

    // Attack class 31: years of what nobody may see are no endless work.
    [Fact]
    public async Task A_source_that_gives_empty_pages_ends_the_request_with_a_continuation_point()
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryPagesPerRequest = 7 });
        var history = new MemoryHistory { MostPerPage = 0 }.Add(At(5, 0), 1.0);
        var node = world.Variable("empty", history);
        foreach (var bounds in (bool[])[false, true])
        {
            var asked = history.Asked;
            var result = await world.Read(node, Raw(At(5, 0), At(6, 0), bounds: bounds));
            Assert.Equal(("Good", 0, false, 7), (result.StatusCode.ToString(), Values(result).Length, result.ContinuationPoint.IsNull, history.Asked - asked));
        }
    }

    // Attack class 31: the aggregates of many nodes over years are no work of one request.
    [Fact]
    public async Task Aggregates_that_use_too_many_values_go_on_in_the_next_request()
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryValuesUsedPerRequest = 15 });
        var nodes = Enumerable.Range(0, 3).Select(i => world.Variable($"meter{i}", Minutes(10))).ToArray();
        var count = new ReadProcessedDetails
        {
            StartTime = At(5, 0),
            EndTime = At(5, 10),
            AggregateType = [.. nodes.Select(_ => new NodeId(ObjectIds.AggregateFunction_Count))],
            AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
        };
        HistoryReadValueId[] items = [.. nodes.Select(node => new HistoryReadValueId { NodeId = node })];
        var counted = new List<int>();
        var requests = 0;
        for (; items.Length > 0 && requests < 10; requests++)
        {
            var results = await world.Read(items, count);
            counted.AddRange(results.SelectMany(Values).Select(v => v.Value.AsInt32()));
            items = [.. results.Zip(items).Where(r => !r.First.ContinuationPoint.IsNull).Select(r => new HistoryReadValueId { NodeId = r.Second.NodeId, ContinuationPoint = r.First.ContinuationPoint })];
        }

        Assert.Equal([10, 10, 10], counted);
        Assert.InRange(requests, 2, 3);
    }

    [Fact]
    public async Task A_read_that_waits_is_cancelled_with_its_request()
    {
        using var cancellation = new CancellationTokenSource();
        var node = _world.Variable("slow", new MemoryHistory { Hold = new TaskCompletionSource() });
        var pending = _world.Read([new HistoryReadValueId { NodeId = node }], TwoByTwo, cancellation: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    // Part 4 7.9: points are active until the rest was retrieved, or they are released; of a request that was cancelled nothing was.
    [Fact]
    public async Task A_cancelled_request_leaves_points_as_they_were_and_none_of_its_own()
    {
        using var cancellation = new CancellationTokenSource();
        var slow = Minutes(10);
        var slowNode = _world.Variable("slow", slow);
        var (other, another, held) = (await First(), await First(), (await _world.Read(slowNode, TwoByTwo)).ContinuationPoint);
        slow.Hold = new TaskCompletionSource();
        HistoryReadValueId[] items =
        [
            // The first goes on and the second begins: neither is told of.
            new HistoryReadValueId { NodeId = _node, ContinuationPoint = other }, new HistoryReadValueId { NodeId = _node }, new HistoryReadValueId { NodeId = slowNode, ContinuationPoint = held },
        ];
        var pending = _world.Read(items, TwoByTwo, cancellation: cancellation.Token);
        Assert.False(pending.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        slow.Hold = null;
        foreach (var point in (ByteString[])[other, another]) Assert.Equal([2, 3], Values(await Next(point)).Select(v => (int)v.Value.AsDouble()));
        Assert.Equal([2, 3], Values(await _world.Read(slowNode, TwoByTwo, held)).Select(v => (int)v.Value.AsDouble()));
        // Used, it is used.
        Assert.Equal("BadContinuationPointInvalid", (await Next(other)).StatusCode.ToString());
    }

    public static TheoryData<HistoryReadDetails> KindsOfReads =>
    [
        TwoByTwo,
        Raw(At(5, 9), At(4, 59), 2, bounds: true),
        Modified(At(5, 0), At(6, 0), 2),
        new ReadAtTimeDetails { ReqTimes = [.. Enumerable.Range(0, 10).Select(minute => At(5, minute, 30))] },
        new ReadProcessedDetails { StartTime = At(5, 0), EndTime = At(5, 10), ProcessingInterval = 60_000, AggregateType = [ObjectIds.AggregateFunction_Average], AggregateConfiguration = new() { UseServerCapabilitiesDefaults = true } },
        new ReadAnnotationDataDetails { ReqTimes = [.. Enumerable.Range(0, 10).Select(minute => At(5, minute))] },
    ];

    // Part 4 7.9: wherever in a page the source fails, the point goes on, later, where it would have.
    [Theory]
    [MemberData(nameof(KindsOfReads))]
    public async Task A_page_that_failed_can_be_read_again_under_the_same_point(HistoryReadDetails details)
    {
        var (whole, _) = await ReadFailing(details, failsAt: null);
        Assert.True(whole.Count > 1);
        for (var failsAt = 1; failsAt <= 8; failsAt++)
        {
            var (pages, failures) = await ReadFailing(details, failsAt);
            Assert.Equal(1, failures);
            Assert.Equal(whole, pages);
        }
    }

    // One item a page of the source; the first page of the read is not disturbed.
    private static async Task<(List<string> Pages, int Failures)> ReadFailing(HistoryReadDetails details, int? failsAt)
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryValuesPerNode = 2 });
        var history = new MemoryHistory { MostPerPage = 1 };
        for (var minute = 0; minute < 10; minute++)
            history.Add(At(5, minute), (double)minute).Modified(At(5, minute), -1.0, HistoryUpdateType.Replace, At(7, 0), "ann").Modified(At(5, minute), -2.0, HistoryUpdateType.Replace, At(8, 0), "bob").Annotate(At(5, minute), "noted", "ann");
        var node = world.Variable("meter", history);
        var first = await world.Read(node, details);
        history.FailsAt = history.Asked + failsAt;
        var pages = new List<string> { Text(first) };
        var failures = 0;
        for (var point = first.ContinuationPoint; !point.IsNull && pages.Count < 100;)
        {
            var next = await world.Read(node, details, point);
            if (next.StatusCode.IsBad)
            {
                failures++;
                continue;
            }

            pages.Add(Text(next));
            point = next.ContinuationPoint;
        }

        return (pages, failures);
    }

    private static string Text(HistoryReadResult result) => string.Join(' ', Values(result).Select(v => $"{v.SourceTimestamp:O}={v.Value}"));
}
