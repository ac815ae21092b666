namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 3 7.17 and 7.18: events climb HasEventSource and HasNotifier; the Server object gives all of them. Part 5 8.3.2.</summary>
public sealed class EventHubTests
{
    private readonly StandardSpace _space = new();
    private readonly EventHub _hub;

    public EventHubTests() => _hub = new EventHub(_space.Space, _space.Types);

    [Fact]
    public void An_event_reaches_its_source_each_notifier_above_and_the_server()
    {
        using var server = Listen(ObjectIds.Server);
        using var area = Listen(StandardSpace.Area);
        using var source = Listen(StandardSpace.MeterOfA);
        using var other = Listen(StandardSpace.MeterOfB);
        var occurrence = _space.MeterEvent();
        _hub.Report(occurrence);
        Assert.Equal([occurrence], server.Events);
        Assert.Equal([occurrence], area.Events);
        Assert.Equal([occurrence], source.Events);
        Assert.Empty(other.Events);
    }

    [Fact]
    public void An_event_of_an_unknown_source_or_of_none_reaches_the_server_alone()
    {
        using var server = Listen(ObjectIds.Server);
        using var area = Listen(StandardSpace.Area);
        _hub.Report(_space.MeterEvent(new NodeId("Gone", 1)));
        _hub.Report(_space.MeterEvent(NodeId.Null));
        Assert.Equal(2, server.Events.Count);
        Assert.Empty(area.Events);
    }

    [Fact]
    public void Several_listeners_each_get_an_event_once_though_several_ways_lead_up()
    {
        // A diamond: the meter is also a source of the server directly, and of a second area below the first.
        _space.Nodes.AddReference(ObjectIds.Server, ReferenceTypeIds.HasEventSource, true, StandardSpace.MeterOfA);
        _space.Nodes.AddReference(StandardSpace.MeterOfB, ReferenceTypeIds.HasNotifier, true, StandardSpace.MeterOfA);
        using var server = Listen(ObjectIds.Server);
        using var first = Listen(StandardSpace.Area);
        using var second = Listen(StandardSpace.Area);
        _hub.Report(_space.MeterEvent());
        Assert.Single(server.Events);
        Assert.Single(first.Events);
        Assert.Single(second.Events);
    }

    [Fact]
    public void A_loop_of_notifiers_ends()
    {
        _space.Nodes.AddReference(StandardSpace.MeterOfA, ReferenceTypeIds.HasNotifier, true, StandardSpace.Area);
        using var area = Listen(StandardSpace.Area);
        _hub.Report(_space.MeterEvent());
        Assert.Single(area.Events);
    }

    [Fact]
    public void Who_has_gone_hears_nothing_and_the_others_still_do()
    {
        var gone = Listen(StandardSpace.Area);
        using var stays = Listen(StandardSpace.Area);
        gone.Dispose();
        gone.Dispose();
        _hub.Report(_space.MeterEvent());
        Assert.Empty(gone.Events);
        Assert.Single(stays.Events);
    }

    [Fact]
    public void An_event_that_nobody_hears_costs_no_memory()
    {
        var occurrence = _space.MeterEvent();
        Assert.False(_hub.IsHeard);
        _hub.Report(occurrence);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) _hub.Report(occurrence);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Listen(StandardSpace.Area).Dispose();
        Assert.False(_hub.IsHeard);
    }

    [Fact]
    public async Task Listeners_come_and_go_while_events_flow()
    {
        using var always = Listen(ObjectIds.Server);
        const int Rounds = 2_000;
        await Task.WhenAll(
            Task.Run(() => Repeat(Rounds, () => _hub.Report(_space.MeterEvent()))),
            Task.Run(() => Repeat(Rounds, () => Listen(StandardSpace.Area).Dispose())),
            Task.Run(() => Repeat(Rounds, () => Listen(ObjectIds.Server).Dispose())));
        Assert.Equal(Rounds, always.Events.Count);
        always.Dispose();
        Assert.False(_hub.IsHeard);
    }

    private static void Repeat(int rounds, Action action)
    {
        for (var i = 0; i < rounds; i++) action();
    }

    private Listener Listen(NodeId notifier) => new(_hub, _space.Resolve(notifier));
}

/// <summary>Keeps what it hears.</summary>
internal sealed class Listener : IEventReceiver, IDisposable
{
    private readonly IDisposable _subscription;

    public Listener(IEventSource source, NodeRef notifier) => _subscription = source.Subscribe(notifier, this);

    public List<UaEvent> Events { get; } = [];

    public void OnEvent(UaEvent occurrence) => Events.Add(occurrence);

    public void Dispose() => _subscription.Dispose();
}
