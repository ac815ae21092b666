namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Event items. Part 4 5.13.1.5, 7.21, 7.22.3; Part 5 6.4.34.</summary>
public sealed class EventItemTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;

    public EventItemTests() => _client = _world.Connect();

    public void Dispose() => _world.Dispose();

    private static MonitoredItemCreateRequest Item(NodeId? notifier = null, uint queueSize = 0, bool discardOldest = true, bool urgentOnly = false, IStructure? filter = null, MonitoringMode mode = MonitoringMode.Reporting) =>
        SubscriptionClient.Item(
            notifier ?? ObjectIds.Server, handle: 5, queueSize, discardOldest, mode: mode, filter: filter ?? PlainEventFilters.Select(urgentOnly, "Severity", "SourceName"), attribute: AttributeIds.EventNotifier);

    private void Report(ushort severity, NodeId? source = null) => _world.Events.Report(new UaEvent
    {
        EventType = ObjectTypeIds.SystemEventType,
        SourceNode = source ?? ObjectIds.Server,
        SourceName = "test",
        Time = _world.Now,
        Message = "it happened",
        Severity = severity,
    });

    private static IEnumerable<int> Severities(PublishResponse response) => Received.Events(response).Select(e => (int)e.EventFields![0].AsUInt16());

    private static string[] Described(PublishResponse response) =>
        [.. Received.Events(response).Select(e => e.EventFields![1].AsString() == "Internal/EventQueueOverflow" ? "lost" : $"{e.EventFields[0].AsUInt16()}")];

    [Fact]
    public async Task Events_come_with_the_fields_that_were_selected_in_their_order()
    {
        var subscription = await _client.Subscribe();
        var result = await _client.TryMonitor(subscription, Item());
        Assert.Equal((StatusCodes.Good, 1_000u), (result.StatusCode.Code, result.RevisedQueueSize));
        Report(1);
        Report(2);
        var response = await _client.NextPublish();
        Assert.Equal([1, 2], Severities(response));
        Assert.All(Received.Events(response), e => Assert.Equal(5u, e.ClientHandle));
        Assert.Equal(2u, _world.Engine.Diagnostics.All().Single().EventNotificationsCount);
    }

    [Fact]
    public async Task The_where_clause_holds_back_what_it_does_not_let_pass()
    {
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, Item(urgentOnly: true));
        Report(499);
        Report(500);
        Assert.Equal([500], Severities(await _client.NextPublish()));
    }

    [Fact]
    public async Task Values_and_events_go_in_one_message()
    {
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, Item());
        await _client.Monitor(subscription, _world.Variable("v", 1.0));
        Report(3);
        var response = await _client.NextPublish();
        Assert.Equal([1.0], Received.Numbers(response));
        Assert.Equal([3], Severities(response));
    }

    // Part 4 5.13.1.5: an overflow event is placed beside the queue, before the oldest or after the newest, and the where clause does not hold it back.
    [Theory]
    [InlineData(true, new[] { "lost", "504", "505" })]
    [InlineData(false, new[] { "501", "505", "lost" })]
    public async Task Lost_events_are_told_of_by_an_overflow_event(bool discardOldest, string[] sent)
    {
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, Item(queueSize: 2, discardOldest: discardOldest, urgentOnly: true));
        for (var i = 501; i <= 505; i++) Report((ushort)i);
        Assert.Equal(sent, Described(await _client.NextPublish()));
        Assert.Equal(3u, _world.Engine.Diagnostics.All().Single().EventQueueOverFlowCount);
        // What is sent makes room again.
        Report(506);
        Assert.Equal(["506"], Described(await _client.NextPublish()));
    }

    [Theory]
    [InlineData(0u, 1_000u)]
    [InlineData(1u, 1u)]
    [InlineData(uint.MaxValue, 10_000u)]
    public async Task The_queue_size_is_revised(uint asked, uint revised)
    {
        var subscription = await _client.Subscribe();
        Assert.Equal(revised, (await _client.TryMonitor(subscription, Item(queueSize: asked))).RevisedQueueSize);
    }

    [Fact]
    public async Task What_cannot_be_monitored_for_events_is_refused()
    {
        var subscription = await _client.Subscribe();
        var variable = _world.Variable("v", 1.0);
        Assert.Equal(StatusCodes.BadNotSupported, (await _client.TryMonitor(subscription, Item(SubscriptionWorld.Machine))).StatusCode);
        Assert.Equal(StatusCodes.BadAttributeIdInvalid, (await _client.TryMonitor(subscription, Item(variable))).StatusCode);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await _client.TryMonitor(subscription, Item(new NodeId("nobody", 1)))).StatusCode);
        Assert.Equal(StatusCodes.BadFilterNotAllowed, (await _client.TryMonitor(subscription, Item(filter: new DataChangeFilter()))).StatusCode);
        Assert.Equal(StatusCodes.BadMonitoredItemFilterUnsupported, (await _client.TryMonitor(subscription, Item(filter: new AggregateFilter()))).StatusCode);
        Assert.Equal(StatusCodes.BadEventFilterInvalid, (await _client.TryMonitor(subscription, Item(filter: new EventFilter()))).StatusCode);
        var none = SubscriptionClient.Item(ObjectIds.Server, attribute: AttributeIds.EventNotifier);
        Assert.Equal(StatusCodes.BadMonitoredItemFilterInvalid, (await _client.TryMonitor(subscription, none)).StatusCode);
        Assert.Equal(0, _world.Engine.Services.MonitoredItems.Used);
    }

    // Part 3 8.55: ReceiveEvents on the notifier, and for each event on its type and its source.
    [Fact]
    public async Task Events_are_received_where_the_user_may()
    {
        _world.Permit("bob", ObjectIds.Server, PermissionType.Browse);
        _world.Permit("alice", SubscriptionWorld.Machine, PermissionType.Browse);
        var bob = _world.Connect("bob");
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await bob.TryMonitor(await bob.Subscribe(), Item())).StatusCode);
        var subscription = await _client.Subscribe();
        Assert.Equal(StatusCodes.Good, (await _client.TryMonitor(subscription, Item())).StatusCode);
        Report(1);
        Report(2, SubscriptionWorld.Machine);
        Report(3);
        Assert.Equal([1, 3], Severities(await _client.NextPublish()));
    }

    [Fact]
    public async Task Leave_that_is_taken_back_drops_what_is_queued()
    {
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, Item());
        Report(1);
        Report(2, SubscriptionWorld.Machine);
        _world.Permit("alice", SubscriptionWorld.Machine, PermissionType.Browse);
        _world.Engine.RecheckAccess(_client.Session);
        Assert.Equal([1], Severities(await _client.NextPublish()));
        Report(3);
        _world.Permit("alice", ObjectIds.Server, PermissionType.Browse);
        _world.Engine.RecheckAccess(_client.Session);
        Report(4);
        _world.Permit("alice", ObjectIds.Server, PermissionType.Browse | PermissionType.ReceiveEvents);
        _world.Engine.RecheckAccess(_client.Session);
        Report(5);
        Assert.Equal([5], Severities(await _client.NextPublish()));
    }

    // CVE class 15: who takes over gets what the owner may see, also of what happens while nobody is there.
    [Fact]
    public async Task Events_of_an_orphan_are_its_users()
    {
        _world.Permit("alice", SubscriptionWorld.Machine, PermissionType.Browse);
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, Item());
        _world.Engine.OnClosed(_client.Session, deleteSubscriptions: false);
        Report(1, SubscriptionWorld.Machine);
        Report(2);
        var again = _world.Connect();
        await again.Send<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [subscription] });
        Assert.Equal([2], Severities(await again.NextPublish()));
    }

    [Fact]
    public async Task Disabled_deleted_and_ended_items_listen_no_more()
    {
        var subscription = await _client.Subscribe();
        var item = (await _client.TryMonitor(subscription, Item())).MonitoredItemId;
        var disabled = (await _client.TryMonitor(subscription, Item(mode: MonitoringMode.Disabled))).MonitoredItemId;
        Report(1);
        Assert.Equal([1], Severities(await _client.NextPublish()));
        await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = MonitoringMode.Reporting, MonitoredItemIds = [disabled] });
        Report(2);
        Assert.Equal([2, 2], Severities(await _client.NextPublish()));
        await _client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [item] });
        Report(3);
        Assert.Equal([3], Severities(await _client.NextPublish()));
        await _client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] });
        Assert.False(_world.Events.IsHeard);
        Assert.Equal(0, _world.Engine.Services.QueueRoom.Used);
    }

    [Fact]
    public async Task A_changed_filter_and_a_shorter_queue_take_effect()
    {
        var subscription = await _client.Subscribe();
        var item = (await _client.TryMonitor(subscription, Item())).MonitoredItemId;
        for (var i = 1; i <= 4; i++) Report((ushort)i);
        var response = await _client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            ItemsToModify = [new MonitoredItemModifyRequest { MonitoredItemId = item, RequestedParameters = Item(queueSize: 2, urgentOnly: true).RequestedParameters }],
        });
        Assert.Equal((StatusCodes.Good, 2u), (response.Results![0].StatusCode.Code, response.Results[0].RevisedQueueSize));
        Report(100);
        Assert.Equal(["lost", "3", "4"], Described(await _client.NextPublish()));
    }

    [Fact]
    public async Task An_event_that_cannot_be_encoded_is_told_of_by_its_fields()
    {
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, Item());
        _world.Events.Report(new UaEvent { EventType = ObjectTypeIds.SystemEventType, SourceNode = ObjectIds.Server, SourceName = "\ud800", Time = _world.Now, Message = "", Severity = 1 });
        Report(2);
        var events = Received.Events(await _client.NextPublish());
        Assert.Equal(StatusCodes.BadEncodingError, events[0].EventFields![1].AsStatusCode());
        Assert.Equal(2, events[1].EventFields![0].AsUInt16());
    }
}
