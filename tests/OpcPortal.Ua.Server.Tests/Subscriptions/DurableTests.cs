namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Durable subscriptions: the method, and what survives the end of a session and of the process. Part 4 6.8, Part 5 9.3.</summary>
public sealed class DurableTests : IDisposable
{
    private static readonly NodeId V = new("v", 1);
    private static readonly NodeId W = new("w", 1);

    private readonly DurableWorld _durable = new(new SubscriptionLimits { MaxDurableSubscriptions = 3, MaxDurableSubscriptionsPerUser = 2, MinLifetime = TimeSpan.FromSeconds(1) });

    public void Dispose() => _durable.Dispose();

    private SubscriptionWorld World => _durable.World;

    private static void Nodes(SubscriptionWorld world)
    {
        world.Variable("v", 0.0);
        world.Variable("w", 0.0);
    }

    private static Task<NotificationMessage> Republish(SubscriptionClient client, uint subscription, uint number) => RepublishAsync(client, subscription, number);

    private static async Task<NotificationMessage> RepublishAsync(SubscriptionClient client, uint subscription, uint number) =>
        (await client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = number })).NotificationMessage;

    private static SubscriptionAcknowledgement Acknowledge(uint subscription, uint number) => new() { SubscriptionId = subscription, SequenceNumber = number };

    // Part 5 9.3: the codes of its table.
    [Fact]
    public async Task Only_the_session_that_owns_a_subscription_without_items_makes_it_durable()
    {
        Nodes(World);
        var (owner, other) = (World.Connect(), World.Connect());
        var subscription = await owner.Subscribe();
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, _durable.Engine.SetDurable(owner.Session.Id, subscription + 1, 1, out _));
        Assert.Equal(StatusCodes.BadUserAccessDenied, _durable.Engine.SetDurable(other.Session.Id, subscription, 1, out _));
        var item = await owner.Monitor(subscription, V);
        Assert.Equal(StatusCodes.BadInvalidState, _durable.Engine.SetDurable(owner.Session.Id, subscription, 1, out _));
        await owner.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [item] });
        Assert.Equal(StatusCodes.Good, _durable.Engine.SetDurable(owner.Session.Id, subscription, 1, out _));
        Assert.Single(_durable.Files);
    }

    // Part 4 7.22.4: what was calculated is kept as values are; what was to be calculated goes on with the next interval of the same grid.
    [Fact]
    public async Task An_item_with_an_aggregate_keeps_its_results_and_goes_on_calculating()
    {
        Nodes(World);
        World.Set(V, 2.0);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        var filter = new AggregateFilter
        {
            AggregateType = ObjectIds.AggregateFunction_TimeAverage2,
            ProcessingInterval = 1_000,
            StartTime = World.Now,
            AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
        };
        await client.Monitor(subscription, V, queueSize: 10, filter: filter);
        World.Advance(1_500);
        _durable.Kill(static world =>
        {
            Nodes(world);
            world.Set(V, 6.0);
        });
        (client, _) = await _durable.TakeOver(subscription);
        World.Advance(1_500);
        Assert.Equal([2.0, 6.0], Received.Numbers(await client.NextPublish()));
    }

    // Part 4 6.8: 0 asks for the highest; it sets the lifetime count, and ModifySubscription may set another within the same bounds.
    [Theory]
    [InlineData(0, 720)]
    [InlineData(5, 5)]
    [InlineData(720, 720)]
    [InlineData(uint.MaxValue, 720)]
    public async Task The_lifetime_is_what_was_asked_for_within_a_month(uint hours, uint revised)
    {
        var client = World.Connect();
        var subscription = await client.Subscribe(interval: 1000);
        Assert.Equal(StatusCodes.Good, _durable.Engine.SetDurable(client.Session.Id, subscription, hours, out var got));
        Assert.Equal(revised, got);
        Assert.Equal(revised * 3600, _durable.Engine.Diagnostics.All().Single().MaxLifetimeCount);
        var modified = await client.Send<ModifySubscriptionResponse>(new ModifySubscriptionRequest { SubscriptionId = subscription, RequestedPublishingInterval = 1000, RequestedMaxKeepAliveCount = 10, RequestedLifetimeCount = 7200 });
        Assert.Equal(7200u, modified.RevisedLifetimeCount);
    }

    [Fact]
    public async Task There_are_no_more_durable_subscriptions_than_a_user_and_the_server_may_have()
    {
        var (alice, bob) = (World.Connect(), World.Connect("bob"));
        await _durable.Subscribe(alice);
        var last = await _durable.Subscribe(alice);
        var third = await alice.Subscribe();
        Assert.Equal(StatusCodes.BadTooManySubscriptions, _durable.Engine.SetDurable(alice.Session.Id, third, 1, out _));
        await _durable.Subscribe(bob);
        var fourth = await bob.Subscribe();
        Assert.Equal(StatusCodes.BadTooManySubscriptions, _durable.Engine.SetDurable(bob.Session.Id, fourth, 1, out _));
        await alice.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [last] });
        Assert.Equal(StatusCodes.Good, _durable.Engine.SetDurable(bob.Session.Id, fourth, 1, out _));
    }

    [Fact]
    public async Task What_waits_when_the_process_is_killed_is_delivered_in_order_and_what_came_before_is_not_sent_twice()
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        await client.Monitor(subscription, V, handle: 7, queueSize: 100);
        var first = await client.NextPublish();
        Assert.Equal([0.0], Received.Numbers(first, 7));
        var pending = client.Publish(Acknowledge(subscription, first.NotificationMessage.SequenceNumber));
        for (var i = 1; i <= 5; i++) World.Set(V, (double)i);
        _durable.Kill(world => world.Variable("v", 5.0));
        Assert.False(pending.IsCompletedSuccessfully);

        // Nobody is connected yet: new values queue.
        World.Set(V, 6.0);
        World.Advance(500);
        var (again, result) = await _durable.TakeOver(subscription);
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        Assert.Empty(result.AvailableSequenceNumbers!);
        var response = await again.Publish();
        Assert.Equal([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Received.Numbers(response, 7));
        Assert.Equal(2u, response.NotificationMessage.SequenceNumber);
    }

    [Fact]
    public async Task A_message_that_was_not_acknowledged_is_had_again_after_a_kill_and_one_that_was_is_not()
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        await client.Monitor(subscription, V, queueSize: 100);
        var one = await client.NextPublish();
        World.Set(V, 1.0);
        var two = await client.NextPublish();
        var pending = client.Publish(Acknowledge(subscription, one.NotificationMessage.SequenceNumber));
        _durable.Kill(world => world.Variable("v", 1.0));

        var (again, result) = await _durable.TakeOver(subscription);
        Assert.Equal([2u], (IEnumerable<uint>)result.AvailableSequenceNumbers!);
        Assert.Equal([1.0], Received.Values(await Republish(again, subscription, two.NotificationMessage.SequenceNumber)).Select(v => v.Value.Value.AsDouble()));
        var gone = await Assert.ThrowsAsync<ServiceException>(() => Republish(again, subscription, 1));
        Assert.Equal(StatusCodes.BadMessageNotAvailable, gone.Status);
        // Nothing waits: what comes next is a keep-alive with the next number.
        var keepAlive = again.Publish();
        World.Advance(100);
        Assert.True(Received.IsKeepAlive(await keepAlive));
        Assert.Equal(3u, (await keepAlive).NotificationMessage.SequenceNumber);
        Assert.False(pending.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(true, new[] { 3.0, 4.0, 5.0 }, 0)]
    [InlineData(false, new[] { 0.0, 1.0, 5.0 }, 2)]
    public async Task A_queue_that_overflowed_says_so_after_a_kill(bool discardOldest, double[] kept, int flagged)
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        await client.Monitor(subscription, V, queueSize: 3, discardOldest: discardOldest);
        for (var i = 1; i <= 5; i++) World.Set(V, (double)i);
        _durable.Kill(world => world.Variable("v", 5.0));
        var (again, _) = await _durable.TakeOver(subscription);
        var values = Received.Values(await again.NextPublish());
        Assert.Equal(kept, values.Select(v => v.Value.Value.AsDouble()));
        Assert.Equal([.. Enumerable.Range(0, 3).Select(i => i == flagged)], values.Select(v => v.Value.StatusCode.HasOverflow));
    }

    [Fact]
    public async Task Who_lost_the_right_to_a_node_while_the_server_was_down_is_told_so_once_and_gets_nothing_of_what_waited()
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        await client.Monitor(subscription, V, handle: 1, queueSize: 10);
        await client.Monitor(subscription, W, handle: 2, queueSize: 10);
        World.Set(V, 1.0);
        World.Set(W, 1.0);
        Action<SubscriptionWorld> revoked = world =>
        {
            world.Variable("v", 1.0);
            world.Variable("w", 1.0);
            world.Permit("alice", V, PermissionType.Browse);
        };
        _durable.Kill(revoked);
        var (again, _) = await _durable.TakeOver(subscription);
        var response = await again.NextPublish();
        Assert.Equal([StatusCodes.BadUserAccessDenied], Received.Values(response).Where(v => v.ClientHandle == 1).Select(v => v.Value.StatusCode.CodeBits));
        Assert.Equal([0.0, 1.0], Received.Numbers(response, 2));
        // A second start does not tell it again.
        _durable.Kill(revoked);
        (again, _) = await _durable.TakeOver(subscription);
        World.Set(W, 2.0);
        Assert.Equal([2u], Received.Values(await again.NextPublish()).Select(v => v.ClientHandle));
    }

    // Part 4 5.14.7.1: the same user; the file does not make it anybody else's.
    [Fact]
    public async Task Nobody_but_its_user_takes_a_subscription_over_after_a_kill()
    {
        Nodes(World);
        var subscription = await _durable.Subscribe(World.Connect());
        _durable.Kill(Nodes);
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await _durable.TakeOver(subscription, "bob")).Result.StatusCode);
        Assert.Equal(StatusCodes.Good, (await _durable.TakeOver(subscription)).Result.StatusCode);
    }

    [Theory]
    [InlineData((int)SessionEnd.TimedOut, true)]
    [InlineData((int)SessionEnd.Terminated, true)]
    [InlineData((int)SessionEnd.Closed, false)]
    public async Task A_durable_subscription_outlives_its_session_unless_its_client_ends_it(int end, bool lives)
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        var usual = await client.Subscribe();
        client.Session.End = (SessionEnd)end;
        _durable.Engine.OnClosed(client.Session, deleteSubscriptions: true);
        Assert.Equal(lives ? 1 : 0, _durable.Files.Length);
        Assert.Equal(lives ? StatusCodes.Good : StatusCodes.BadSubscriptionIdInvalid, (await _durable.TakeOver(subscription)).Result.StatusCode);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await _durable.TakeOver(usual)).Result.StatusCode);
    }

    [Fact]
    public async Task A_lifetime_goes_on_over_restarts_and_when_it_is_over_nothing_is_kept()
    {
        Nodes(World);
        await _durable.Subscribe(World.Connect(), hours: 1, interval: 10_000);
        World.Jump(1000);
        Assert.Equal(360u, _durable.Engine.Diagnostics.All().Single().MaxLifetimeCount);
        for (var minute = 0; minute < 50; minute++)
            for (var i = 0; i < 6; i++) World.Jump(10_000);
        _durable.Kill(Nodes);
        for (var i = 0; i < 40; i++) World.Jump(10_000);
        Assert.Equal(1, _durable.Engine.Diagnostics.CurrentSubscriptionCount);
        for (var i = 0; i < 40; i++) World.Jump(10_000);
        Assert.Equal(0, _durable.Engine.Diagnostics.CurrentSubscriptionCount);
        Assert.Empty(_durable.Files);
    }

    [Fact]
    public async Task Items_come_back_as_they_were_changed_last()
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        var removed = await client.Monitor(subscription, V, handle: 1);
        var triggering = await client.Monitor(subscription, V, handle: 2, queueSize: 5);
        var triggered = await client.Monitor(subscription, W, handle: 3, mode: MonitoringMode.Sampling);
        var disabled = await client.Monitor(subscription, W, handle: 4);
        await client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [removed] });
        await client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = MonitoringMode.Disabled, MonitoredItemIds = [disabled] });
        await client.Send<SetTriggeringResponse>(new SetTriggeringRequest { SubscriptionId = subscription, TriggeringItemId = triggering, LinksToAdd = [triggered] });
        await client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            TimestampsToReturn = TimestampsToReturn.Neither,
            ItemsToModify = [new() { MonitoredItemId = triggering, RequestedParameters = new() { ClientHandle = 22, QueueSize = 5, DiscardOldest = true, Filter = new ExtensionObject(new DataChangeFilter { Trigger = DataChangeTrigger.StatusValue, DeadbandType = (uint)DeadbandType.Absolute, DeadbandValue = 10 }) } }],
        });
        await client.NextPublish();
        _durable.Kill(Nodes);

        var (again, _) = await _durable.TakeOver(subscription);
        Assert.Equal(3, _durable.Engine.Diagnostics.CountsOf(again.Session).MonitoredItems);
        World.Set(W, 1.0);
        World.Set(V, 5.0);
        World.Advance(200);
        World.Set(V, 11.0);
        var values = Received.Values(await again.NextPublish());
        Assert.Equal([22u, 3u], values.Select(v => v.ClientHandle));
        Assert.Equal([11.0, 1.0], values.Select(v => v.Value.Value.AsDouble()));
        Assert.Equal(default, values[0].Value.SourceTimestamp);
        // Part 4 5.13.2: an id is not used again, not even after a restart.
        Assert.Equal(disabled + 1, await again.Monitor(subscription, V, handle: 9));
    }

    [Fact]
    public async Task Events_that_wait_are_delivered_after_a_kill_and_those_of_a_source_that_was_closed_to_the_user_are_not()
    {
        Nodes(World);
        var client = World.Connect();
        var subscription = await _durable.Subscribe(client);
        var filter = PlainEventFilters.Select(urgentOnly: false, "SourceName", "Severity");
        var result = await client.TryMonitor(subscription, SubscriptionClient.Item(ObjectIds.Server, queueSize: 2, filter: filter, attribute: AttributeIds.EventNotifier));
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        Report("lost", ObjectIds.Server);
        Report("one", SubscriptionWorld.Machine);
        Report("two", ObjectIds.Server);
        Action<SubscriptionWorld> same = _ => { };
        _durable.Kill(same);
        var (again, _) = await _durable.TakeOver(subscription);
        // The overflow event stands before the oldest: Part 4 5.13.1.5.
        Assert.Equal(["Internal/EventQueueOverflow", "one", "two"], Received.Events(await again.NextPublish()).Select(e => e.EventFields![0].AsString()));
        Report("three", SubscriptionWorld.Machine);
        Report("four", ObjectIds.Server);
        _durable.Kill(world => world.Permit("alice", SubscriptionWorld.Machine, PermissionType.Browse));
        (again, _) = await _durable.TakeOver(subscription);
        Assert.Equal(["four"], Received.Events(await again.NextPublish()).Select(e => e.EventFields![0].AsString()));
    }

    private void Report(string source, NodeId node) => World.Events.Report(new UaEvent
    {
        EventType = ObjectTypeIds.SystemEventType,
        SourceNode = node,
        SourceName = source,
        Time = World.Now,
        Message = default,
        Severity = 100,
    });

    // Part 3 8.2.2: an index of a namespace holds while the server runs, and no longer.
    [Fact]
    public async Task A_namespace_that_has_another_index_after_a_restart_is_still_the_same_namespace()
    {
        using var durable = new DurableWorld(namespaces: ["urn:a", "urn:b"]);
        var node = durable.World.Variable("n", 0.0, space: 3);
        var client = durable.World.Connect();
        var subscription = await durable.Subscribe(client);
        await client.Monitor(subscription, node, queueSize: 10);
        durable.World.Set(node, new NodeId("other", 3));
        // urn:a is not there any more, and what is there now has its number.
        durable.Kill(world => world.Variable("n", 1.0, space: 2), null, "urn:b", "urn:c");
        durable.World.Set(new NodeId("n", 2), 2.0);
        var (again, _) = await durable.TakeOver(subscription);
        var values = Received.Values(await again.NextPublish()).Select(v => v.Value.Value).ToList();
        Assert.Equal([0.0, new NodeId("other", 2), 1.0, 2.0], values);
        // Written anew by the indexes of now: another restart finds them.
        durable.World.Set(new NodeId("n", 2), 3.0);
        durable.Kill(world => world.Variable("n", 3.0, space: 2), null, "urn:b", "urn:c");
        (again, _) = await durable.TakeOver(subscription);
        Assert.Equal([3.0], Received.Numbers(await again.NextPublish()));
    }

    [Fact]
    public async Task Orphans_make_room_for_new_subscriptions_but_durable_ones_do_not()
    {
        using var durable = new DurableWorld(new SubscriptionLimits { MaxSubscriptions = 2 });
        var client = durable.World.Connect();
        var kept = await durable.Subscribe(client);
        var usual = await client.Subscribe();
        durable.Engine.OnClosed(client.Session, deleteSubscriptions: false);
        await durable.World.Connect().Subscribe();
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await durable.TakeOver(usual)).Result.StatusCode);
        Assert.Equal(StatusCodes.BadTooManySubscriptions, (await Assert.ThrowsAsync<ServiceException>(() => durable.World.Connect().Subscribe())).Status);
        Assert.Equal(StatusCodes.Good, (await durable.TakeOver(kept)).Result.StatusCode);
    }
}
