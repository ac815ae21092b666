namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>What is bounded, what the server says of it, and its methods and diagnostics. Part 5 6.3.2, 9.1, 9.2, 12.14.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Items_are_bounded_for_a_subscription_and_for_the_server()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxMonitoredItemsPerSubscription = 2, MaxMonitoredItems = 3 });
        var client = world.Connect();
        var node = world.Variable("v", 0.0);
        var first = await client.Subscribe();
        var second = await client.Subscribe();
        Assert.Equal([StatusCodes.Good, StatusCodes.Good, StatusCodes.BadTooManyMonitoredItems], await Statuses(first));
        Assert.Equal([StatusCodes.Good, StatusCodes.BadTooManyMonitoredItems, StatusCodes.BadTooManyMonitoredItems], await Statuses(second));
        await client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [first] });
        Assert.Equal([StatusCodes.Good, StatusCodes.BadTooManyMonitoredItems, StatusCodes.BadTooManyMonitoredItems], await Statuses(second));

        async Task<IReadOnlyList<uint>> Statuses(uint subscription) =>
            [.. (await client.CreateItems(subscription, TimestampsToReturn.Both, SubscriptionClient.Item(node), SubscriptionClient.Item(node), SubscriptionClient.Item(node))).Select(r => r.StatusCode.Code)];
    }

    [Fact]
    public async Task Queues_of_all_items_together_are_bounded_and_a_second_client_stays_served()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxQueuedValues = 1_000 });
        var node = world.Variable("v", 0.0);
        var greedy = world.Connect();
        var subscription = await greedy.Subscribe(enabled: false);
        for (var i = 0; i < 100; i++) await greedy.Monitor(subscription, node, queueSize: 10_000);
        var modest = world.Connect("bob");
        await modest.Monitor(await modest.Subscribe(), node);
        for (var i = 1; i <= 1_000; i++) world.Set(node, (double)i);
        Assert.InRange(world.Engine.Services.QueueRoom.Used, 1, 1_000);
        Assert.Equal([1_000.0], Received.Numbers(await modest.NextPublish()));
    }

    [Fact]
    public async Task Items_made_and_deleted_again_and_again_leave_nothing_behind()
    {
        using var world = new SubscriptionWorld();
        var client = world.Connect();
        var node = world.Variable("v", 0.0);
        var subscription = await client.Subscribe(enabled: false);
        for (var i = 0; i < 100; i++)
        {
            var items = await client.CreateItems(
                subscription, TimestampsToReturn.Both, [.. Enumerable.Range(0, 100).Select(h => SubscriptionClient.Item(node, (uint)h, queueSize: 100, sampling: h % 2 == 0 ? 0 : 3_600_000))]);
            world.Set(node, i + 1.0);
            await client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [.. items.Select(r => r.MonitoredItemId)] });
        }

        Assert.Equal((0L, 0L, 0), (world.Engine.Services.MonitoredItems.Used, world.Engine.Services.QueueRoom.Used, world.Engine.Services.Rates.Count));
        var inner = SubscriptionEngine.QueueOf(client.Session).Snapshot().Single();
        Assert.False(inner.Drain(new NotificationBatch()));
        Assert.Equal(0, inner.ItemCount);
    }

    // CVE-2023-27321 class: a flood of requests is answered, not kept.
    [Fact]
    public async Task A_flood_of_publish_requests_is_answered_and_not_kept()
    {
        using var world = new SubscriptionWorld();
        var client = world.Connect();
        await client.Subscribe();
        var pending = Enumerable.Range(0, 5_000).Select(_ => client.Publish()).ToArray();
        Assert.Equal(100, client.Parked);
        world.Advance(100);
        var refused = 0;
        for (var i = 0; i < 4_900; i++)
            if ((await Assert.ThrowsAsync<ServiceException>(() => pending[i])).Status == StatusCodes.BadTooManyPublishRequests) refused++;
        Assert.Equal(4_900, refused);
        Assert.True(Received.IsKeepAlive(await pending[4_900]));
    }

    [Fact]
    public async Task What_the_server_says_of_its_limits_is_what_it_enforces()
    {
        var limits = new SubscriptionLimits { MaxSubscriptions = 7, MaxSubscriptionsPerSession = 3, MaxMonitoredItems = 11, MaxMonitoredItemsPerSubscription = 9, MaxDataQueueSize = 13 };
        using var server = StandardWorld(limits);
        Assert.Equal(7u, Value(server, VariableIds.Server_ServerCapabilities_MaxSubscriptions).AsUInt32());
        Assert.Equal(3u, Value(server, VariableIds.Server_ServerCapabilities_MaxSubscriptionsPerSession).AsUInt32());
        Assert.Equal(11u, Value(server, VariableIds.Server_ServerCapabilities_MaxMonitoredItems).AsUInt32());
        Assert.Equal(9u, Value(server, VariableIds.Server_ServerCapabilities_MaxMonitoredItemsPerSubscription).AsUInt32());
        Assert.Equal(13u, Value(server, VariableIds.Server_ServerCapabilities_MaxMonitoredItemsQueueSize).AsUInt32());
        Assert.Equal(10.0, Value(server, VariableIds.Server_ServerCapabilities_MinSupportedSampleRate).AsDouble());
        var client = server.Connect();
        var subscription = await client.Subscribe();
        Assert.Equal(13u, (await client.TryMonitor(subscription, SubscriptionClient.Item(server.Variable("v", 0.0), queueSize: 100))).RevisedQueueSize);
    }

    // The nodes of namespace 0 that SubscriptionNodes needs, beside those of the world.
    private static SubscriptionWorld StandardWorld(SubscriptionLimits limits)
    {
        var world = new SubscriptionWorld(limits);
        var nodes = world.Nodes;
        foreach (var id in new uint[]
                 {
                     VariableIds.Server_ServerCapabilities_MaxSubscriptions, VariableIds.Server_ServerCapabilities_MaxSubscriptionsPerSession,
                     VariableIds.Server_ServerCapabilities_MaxMonitoredItems, VariableIds.Server_ServerCapabilities_MaxMonitoredItemsPerSubscription,
                     VariableIds.Server_ServerCapabilities_MaxMonitoredItemsQueueSize, VariableIds.Server_ServerCapabilities_MinSupportedSampleRate,
                 })
            nodes.Add([new NodeSets.NodeRecord { NodeId = id, NodeClass = NodeClass.Variable, BrowseName = $"{id}" }]);
        foreach (var id in new uint[] { MethodIds.Server_GetMonitoredItems, MethodIds.Server_ResendData })
            nodes.Add([new NodeSets.NodeRecord { NodeId = id, NodeClass = NodeClass.Method, BrowseName = $"{id}" }]);
        new SubscriptionNodes(world.Engine).BindTo(nodes);
        return world;
    }

    private static Variant Value(SubscriptionWorld world, uint id)
    {
        Assert.Equal(StatusCodes.Good, world.Access.Resolve(world.AccessOf("alice"), id, PermissionType.Read, out var grant));
        return grant.Node.Source.ReadValue(grant).Value;
    }

    private static async Task<MethodResult> Call(SubscriptionWorld world, Session session, uint method, uint subscription)
    {
        Assert.Equal(StatusCodes.Good, world.Access.Resolve(session.Access!, method, PermissionType.Call, out var grant));
        var who = new AccessContext { Roles = 1, SecurityMode = session.Access!.SecurityMode, UserName = session.Access.UserName, SessionId = session.Id };
        return await grant.Node.Source.CallAsync(grant, new MethodCall(who, ObjectIds.Server, method, [new Variant(subscription)]), CancellationToken.None);
    }

    [Fact]
    public async Task Get_monitored_items_gives_the_handles_of_both_sides()
    {
        using var world = StandardWorld(new SubscriptionLimits());
        var client = world.Connect();
        var subscription = await client.Subscribe();
        var item = await client.Monitor(subscription, world.Variable("v", 0.0), handle: 42);
        var result = await Call(world, client.Session, MethodIds.Server_GetMonitoredItems, subscription);
        Assert.Equal(StatusCodes.Good, result.Status);
        Assert.Equal([item], (IEnumerable<uint>)result.OutputArguments![0].AsArray<uint>()!);
        Assert.Equal([42u], (IEnumerable<uint>)result.OutputArguments[1].AsArray<uint>()!);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await Call(world, client.Session, MethodIds.Server_GetMonitoredItems, subscription + 1)).Status);
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await Call(world, world.Connect().Session, MethodIds.Server_GetMonitoredItems, subscription)).Status);
    }

    // Part 5 9.2: the current values of all items that report.
    [Fact]
    public async Task Resend_data_sends_the_current_values_of_what_reports()
    {
        using var world = StandardWorld(new SubscriptionLimits());
        var client = world.Connect();
        var subscription = await client.Subscribe();
        await client.Monitor(subscription, world.Variable("v", 3.0), handle: 1);
        await client.Monitor(subscription, world.Variable("w", 4.0), handle: 2, mode: MonitoringMode.Sampling);
        await client.SkipInitialValues();
        Assert.Equal(StatusCodes.Good, (await Call(world, client.Session, MethodIds.Server_ResendData, subscription)).Status);
        var response = await client.NextPublish();
        Assert.Equal([3.0], Received.Numbers(response, 1));
        Assert.Empty(Received.Numbers(response, 2));
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await Call(world, world.Connect().Session, MethodIds.Server_ResendData, subscription)).Status);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await Call(world, client.Session, MethodIds.Server_ResendData, 0)).Status);
    }

    [Fact]
    public async Task Diagnostics_count_what_happened()
    {
        using var world = new SubscriptionWorld();
        var client = world.Connect();
        var node = world.Variable("v", 0.0);
        var subscription = await client.Subscribe(interval: 100, keepAlive: 7, lifetime: 1_000, maxNotifications: 50, priority: 3);
        await client.Subscribe(interval: 500);
        await client.Monitor(subscription, node, queueSize: 2);
        for (var i = 1; i <= 3; i++) world.Set(node, (double)i);
        await client.NextPublish();
        await client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = 1 });
        await client.Send<SetPublishingModeResponse>(new SetPublishingModeRequest { SubscriptionIds = [subscription], PublishingEnabled = false });
        var parked = client.Publish();
        var of = world.Engine.Diagnostics.Of(client.Session).Single(d => d.SubscriptionId == subscription);
        Assert.Equal(
            (client.Session.Id, (byte)3, 100.0, 7u, 1_000u, 50u, false),
            (of.SessionId, of.Priority, of.PublishingInterval, of.MaxKeepAliveCount, of.MaxLifetimeCount, of.MaxNotificationsPerPublish, of.PublishingEnabled));
        Assert.Equal(
            (1u, 2u, 2u, 0u, 2u, 1u, 1u, 1u, 2u, 1u),
            (of.PublishRequestCount, of.DataChangeNotificationsCount, of.NotificationsCount, of.EventNotificationsCount, of.MonitoringQueueOverflowCount, of.RepublishRequestCount, of.RepublishMessageCount,
                of.UnacknowledgedMessageCount, of.NextSequenceNumber, of.DisableCount));
        Assert.Equal((2, 2), (world.Engine.Diagnostics.CurrentSubscriptionCount, world.Engine.Diagnostics.PublishingIntervalCount));
        Assert.Equal(new SessionSubscriptionCounts(2, 1, 1), world.Engine.Diagnostics.CountsOf(client.Session));
        Assert.False(parked.IsCompleted);
    }
}
