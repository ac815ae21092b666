using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.Filters;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>HistoryRead of events. Part 11 6.5.2.</summary>
public sealed class EventHistoryTests
{
    private static readonly EventFilter Messages = Filter([Field("Message"), Field("Time")]);

    private readonly MemoryArchive _archive = new();
    private readonly HistoryWorld _world;
    private readonly NodeId _area;
    private readonly NodeId _owned;

    public EventHistoryTests()
    {
        _world = new HistoryWorld(new OperationLimits { MaxHistoryEventsPerNode = 4, MaxEventsExaminedPerRequest = 20 }, _archive);
        // The fields of events are declared by their type.
        _world.Nodes.Nodes.Add([.. StandardSpace.StandardNodeSet.Nodes.Where(n => n.NodeClass == NodeClass.Variable && Array.Exists(n.References, IsOfBaseEvent))]);
        _area = Notifier("area", EventNotifierType.SubscribeToEvents | EventNotifierType.HistoryRead);
        _owned = _world.Nodes.Object("owned", permissions: NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
    }

    private static bool IsOfBaseEvent(NodeSets.NodeReference reference) => !reference.IsForward && reference.Target.NodeId.IsStandard(ObjectTypeIds.BaseEventType);

    private NodeId Notifier(string name, EventNotifierType notifies, NodeSets.RolePermission[]? permissions = null) => _world.Nodes.Add(new NodeSets.NodeRecord
    {
        NodeId = NodeWorld.Id(name),
        NodeClass = NodeClass.Object,
        BrowseName = new QualifiedName(name, 1),
        EventNotifier = (byte)notifies,
        RolePermissions = permissions,
    });

    private void Happen(string message, DateTime time, NodeId? source = null, ushort severity = 100) => _archive.Events.Add((_area, new UaEvent
    {
        EventType = ObjectTypeIds.BaseEventType,
        SourceNode = source ?? _area,
        SourceName = "source",
        Time = time,
        Message = message,
        Severity = severity,
    }));

    private static ReadEventDetails Details(DateTime start, DateTime end, uint count = 0, EventFilter? filter = null) =>
        new() { StartTime = start, EndTime = end, NumValuesPerNode = count, Filter = filter ?? Messages };

    private static string[] Texts(HistoryReadResult result) =>
        [.. ((HistoryEvent)result.HistoryData!.Structure!).Events!.Select(e => e.EventFields![0].AsLocalizedText().Text!)];

    [Fact]
    public async Task Events_come_in_the_order_of_their_time_forward_and_backward()
    {
        foreach (var minute in (int[])[0, 1, 2]) Happen($"e{minute}", At(5, minute));
        Assert.Equal(["e0", "e1"], Texts(await _world.Read(_area, Details(At(5, 0), At(5, 2)))));
        Assert.Equal(["e2", "e1"], Texts(await _world.Read(_area, Details(At(5, 2), At(5, 0)))));
        Assert.Equal(["e1", "e2"], Texts(await _world.Read(_area, Details(At(5, 1), default, 9))));
        Assert.Equal(["e2"], Texts(await _world.Read(_area, Details(default, At(7, 0), 1))));
        Assert.Equal(["e1"], Texts(await _world.Read(_area, Details(At(5, 1), At(5, 1)))));
        var none = await _world.Read(_area, Details(At(6, 0), At(7, 0)));
        Assert.Equal(("GoodNoData", 0), (none.StatusCode.ToString(), Texts(none).Length));
    }

    // Several have one time.
    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(0u)]
    public async Task Pages_hold_each_event_once(uint pageSize)
    {
        for (var i = 0; i < 9; i++) Happen($"e{i}", At(5, i / 3));
        var pages = await _world.ReadAll(_area, Details(At(5, 0), At(6, 0), pageSize));
        Assert.Equal(Enumerable.Range(0, 9).Select(i => $"e{i}"), pages.SelectMany(Texts));
        Assert.All(pages, page => Assert.True(Texts(page).Length <= (pageSize == 0 ? 4 : (int)pageSize)));
    }

    [Fact]
    public async Task A_where_clause_lets_pass_what_it_would_let_pass_live()
    {
        for (var i = 0; i < 6; i++) Happen($"e{i}", At(5, i), severity: (ushort)(i * 100 + 1));
        var severe = Filter([Field("Message")], Where(FilterOperator.GreaterThan, Field("Severity"), Literal((ushort)350)));
        Assert.Equal(["e4", "e5"], Texts(await _world.Read(_area, Details(At(5, 0), At(6, 0), filter: severe))));
    }

    // Attack class 31: a filter that lets nothing pass makes no endless work.
    [Fact]
    public async Task A_filter_that_lets_nothing_pass_ends_after_so_many_events_with_a_continuation_point()
    {
        for (var i = 0; i < 50; i++) Happen($"e{i}", At(5, i));
        var none = Filter([Field("Message")], Where(FilterOperator.GreaterThan, Field("Severity"), Literal((ushort)900)));
        var pages = await _world.ReadAll(_area, Details(At(5, 0), At(6, 0), filter: none));
        Assert.Equal(3, pages.Count);
        Assert.Equal(["Good", "Good", "GoodNoData"], pages.Select(page => page.StatusCode.ToString()));
    }

    // As it would be asked if it were reported now.
    [Fact]
    public async Task An_event_is_given_to_who_may_have_it_and_to_nobody_else()
    {
        Happen("public", At(5, 0));
        Happen("private", At(5, 1), _owned);
        Assert.Equal(["public"], Texts(await _world.Read(_area, Details(At(5, 0), At(6, 0)))));
        var owner = _world.Nodes.Connect(NodeWorld.User(RoleTable.AuthenticatedUser, RoleTable.Operator));
        Assert.Equal(["public", "private"], Texts(await _world.Read(_area, Details(At(5, 0), At(6, 0)), session: owner)));
    }

    [Fact]
    public async Task A_notifier_says_that_it_keeps_events_and_asks_for_two_permissions()
    {
        Happen("public", At(5, 0));
        var forgetful = Notifier("forgetful", EventNotifierType.SubscribeToEvents);
        var deaf = Notifier("deaf", EventNotifierType.HistoryRead, NodeWorld.Only(RoleTable.AuthenticatedUser, NodeWorld.Everything & ~PermissionType.ReceiveEvents));
        var mute = Notifier("mute", EventNotifierType.HistoryRead, NodeWorld.Only(RoleTable.AuthenticatedUser, NodeWorld.Everything & ~PermissionType.ReadHistory));
        var variable = _world.Variable("meter", new MemoryHistory());
        NodeId[] nodes = [forgetful, variable, deaf, mute, new NodeId("nowhere", 1), _area];
        var results = await _world.Read(Array.ConvertAll(nodes, node => new HistoryReadValueId { NodeId = node }), Details(At(5, 0), At(6, 0)));
        Assert.Equal(
            ["BadHistoryOperationUnsupported", "BadHistoryOperationUnsupported", "BadUserAccessDenied", "BadUserAccessDenied", "BadNodeIdUnknown", "Good"], results.Select(r => r.StatusCode.ToString()));
    }

    [Fact]
    public async Task A_filter_that_is_none_is_refused_and_so_are_modified_events()
    {
        Assert.Equal("BadEventFilterInvalid", (await _world.Read(_area, Details(At(5, 0), At(6, 0), filter: new EventFilter()))).StatusCode.ToString());
        Assert.Equal("BadInvalidTimestampArgument", await NodeWorld.Fault(() => _world.Read(_area, Details(At(5, 0), default))));
        var details = new ReadEventDetails2 { StartTime = At(5, 0), EndTime = At(6, 0), Filter = Messages, ReadModified = true };
        Assert.Equal("BadHistoryOperationUnsupported", await NodeWorld.Fault(() => _world.Read(_area, details)));
        details.ReadModified = false;
        Assert.Equal("GoodNoData", (await _world.Read(_area, details)).StatusCode.ToString());
    }

    // Of events the filter says what is given: the parameter counts for values alone. Part 11 4.5.
    [Fact]
    public async Task The_timestamps_to_return_do_not_matter()
    {
        Happen("public", At(5, 0));
        Assert.Equal(["public"], Texts(await _world.Read(_area, Details(At(5, 0), At(6, 0)), timestamps: TimestampsToReturn.Neither)));
    }

    [Fact]
    public async Task Without_an_archive_there_are_no_past_events()
    {
        var world = new HistoryWorld();
        var area = world.Nodes.Add(new NodeSets.NodeRecord { NodeId = NodeWorld.Id("area"), NodeClass = NodeClass.Object, BrowseName = "area", EventNotifier = (byte)EventNotifierType.HistoryRead });
        Assert.Equal("BadHistoryOperationUnsupported", (await world.Read(area, Details(At(5, 0), At(6, 0)))).StatusCode.ToString());
    }
}

/// <summary>Events in memory, each with the notifier that it came to.</summary>
internal sealed class MemoryArchive : IEventArchive
{
    public List<(NodeId Notifier, UaEvent Event)> Events { get; } = [];

    public ValueTask<HistoryPage<UaEvent>> ReadAsync(NodeId notifier, HistoryWalk walk, CancellationToken cancellation)
    {
        var events = Events.Where(e => notifier == ObjectIds.Server || e.Notifier == notifier).Select(e => e.Event);
        var wanted = walk.IsForward
            ? events.Where(e => e.Time >= walk.From && e.Time < walk.To).OrderBy(e => e.Time)
            : events.Where(e => e.Time <= walk.From && e.Time > walk.To).OrderByDescending(e => e.Time);
        var rest = wanted.Skip(walk.Skip).ToList();
        var page = rest.Take(walk.Limit).ToList();
        if (page.Count == rest.Count) return ValueTask.FromResult(new HistoryPage<UaEvent>(page, null));
        var last = page[^1].Time;
        return ValueTask.FromResult(new HistoryPage<UaEvent>(page, new HistoryPlace(last, page.Count(e => e.Time == last) + (last == walk.From ? walk.Skip : 0))));
    }
}
