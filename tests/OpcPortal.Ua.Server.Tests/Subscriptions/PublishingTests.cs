namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>CreateSubscription, Publish, Republish and what a subscription sends when. Part 4 5.14.</summary>
public sealed class PublishingTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Parameters_are_revised_to_what_the_server_does()
    {
        var client = _world.Connect();
        var fast = await client.Create(interval: 0, keepAlive: 0, lifetime: 0);
        Assert.Equal(10, fast.RevisedPublishingInterval);
        Assert.Equal(1u, fast.RevisedMaxKeepAliveCount);
        // MinLifetime of 10 s in intervals of 10 ms.
        Assert.Equal(1_000u, fast.RevisedLifetimeCount);

        var slow = await client.Create(interval: double.MaxValue, keepAlive: uint.MaxValue, lifetime: uint.MaxValue);
        Assert.Equal(TimeSpan.FromHours(1).TotalMilliseconds, slow.RevisedPublishingInterval);
        Assert.Equal(1u, slow.RevisedMaxKeepAliveCount);
        Assert.Equal(3u, slow.RevisedLifetimeCount);

        Assert.Equal(10, (await client.Create(interval: double.NaN)).RevisedPublishingInterval);
        Assert.Equal(10, (await client.Create(interval: -5)).RevisedPublishingInterval);
    }

    // Part 4 5.14.2.2: the lifetime count is at least three times the keep-alive count.
    [Fact]
    public async Task The_lifetime_is_at_least_three_keep_alives()
    {
        var response = await _world.Connect().Create(interval: 1_000, keepAlive: 20, lifetime: 5);
        Assert.Equal(20u, response.RevisedMaxKeepAliveCount);
        Assert.Equal(60u, response.RevisedLifetimeCount);
    }

    // Part 4 5.14.1.1: the first message comes at the end of the first publishing cycle.
    [Fact]
    public async Task The_first_publish_is_a_keep_alive_at_the_end_of_the_first_cycle_where_there_is_no_data()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        var pending = client.Publish();
        _world.Advance(99);
        Assert.Equal(1, client.Parked);
        _world.Advance(1);
        var response = await pending;
        Assert.True(Received.IsKeepAlive(response));
        Assert.Equal(subscription, response.SubscriptionId);
        Assert.Equal(1u, response.NotificationMessage.SequenceNumber);
        Assert.Equal(_world.Now, response.NotificationMessage.PublishTime);
    }

    [Fact]
    public async Task The_first_publish_has_the_first_values_where_there_are_items()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        await client.Monitor(subscription, _world.Variable("v", 1.5), handle: 7);
        var response = await client.NextPublish();
        Assert.Equal([1.5], Received.Numbers(response, handle: 7));
        Assert.False(response.MoreNotifications);
        Assert.Equal(1u, response.NotificationMessage.SequenceNumber);
        Assert.Equal([1u], Received.Available(response));
    }

    // Part 4 5.14.1.1: a keep-alive has the next sequence number and does not use it up.
    [Fact]
    public async Task A_keep_alive_carries_the_next_sequence_number_and_does_not_consume_it()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe(keepAlive: 2);
        var node = _world.Variable("v", 1.0);
        await client.Monitor(subscription, node);
        Assert.Equal(1u, (await client.NextPublish()).NotificationMessage.SequenceNumber);
        var keepAlive = await client.NextPublish(300);
        Assert.True(Received.IsKeepAlive(keepAlive));
        Assert.Equal(2u, keepAlive.NotificationMessage.SequenceNumber);
        _world.Set(node, 2.0);
        var data = await client.NextPublish();
        Assert.Equal([2.0], Received.Numbers(data));
        Assert.Equal(2u, data.NotificationMessage.SequenceNumber);
    }

    [Fact]
    public async Task Keep_alives_come_every_keep_alive_count_of_intervals()
    {
        var client = _world.Connect();
        await client.Subscribe(keepAlive: 5);
        await client.NextPublish();
        var pending = client.Publish();
        // Row 9 of Table 84 starts to count in the cycle after the message.
        _world.Advance(500);
        Assert.Equal(1, client.Parked);
        _world.Advance(100);
        Assert.True(Received.IsKeepAlive(await pending));
        pending = client.Publish();
        _world.Advance(400);
        Assert.Equal(1, client.Parked);
        _world.Advance(100);
        Assert.True(Received.IsKeepAlive(await pending));
    }

    [Fact]
    public async Task A_late_subscription_sends_as_soon_as_there_is_a_request()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        var node = _world.Variable("v", 1.0);
        await client.Monitor(subscription, node);
        _world.Advance(250);
        var response = await client.Publish();
        Assert.Equal([1.0], Received.Numbers(response));
        Assert.Equal(1u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }

    [Fact]
    public async Task More_notifications_is_true_until_all_are_sent()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe(maxNotifications: 2);
        for (var i = 0; i < 5; i++) await client.Monitor(subscription, _world.Variable($"v{i}", (double)i), handle: (uint)i);
        var first = await client.NextPublish();
        Assert.True(first.MoreNotifications);
        Assert.Equal(2, Received.Values(first).Length);
        // Part 4 5.14.5.2: the rest need not wait for the next cycle.
        var second = await client.Publish();
        Assert.True(second.MoreNotifications);
        var third = await client.Publish();
        Assert.False(third.MoreNotifications);
        Assert.Equal([0u, 1u, 2u, 3u, 4u], new[] { first, second, third }.SelectMany(Received.Values).Select(v => v.ClientHandle));
        Assert.Equal([1u, 2u, 3u], new[] { first, second, third }.Select(r => r.NotificationMessage.SequenceNumber));
    }

    [Fact]
    public async Task What_changes_while_a_cycle_is_sent_waits_for_the_next_cycle()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe(maxNotifications: 1);
        var nodes = new[] { _world.Variable("a", 1.0), _world.Variable("b", 1.0) };
        await client.Monitor(subscription, nodes[0], handle: 0);
        await client.Monitor(subscription, nodes[1], handle: 1);
        Assert.True((await client.NextPublish()).MoreNotifications);
        _world.Set(nodes[0], 2.0);
        Assert.False((await client.Publish()).MoreNotifications);
        var pending = client.Publish();
        Assert.Equal(1, client.Parked);
        _world.Advance(100);
        Assert.Equal([2.0], Received.Numbers(await pending, handle: 0));
    }

    // Part 4 5.14.5.1, Table 91: the oldest gives way.
    [Fact]
    public async Task The_oldest_request_gives_way_when_there_are_too_many()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxPublishRequestsPerSession = 2 });
        var client = world.Connect();
        await client.Subscribe();
        var pending = new[] { client.Publish(), client.Publish(), client.Publish() };
        var failure = await Assert.ThrowsAsync<ServiceException>(() => pending[0]);
        Assert.Equal(StatusCodes.BadTooManyPublishRequests, failure.Status);
        Assert.Equal(2, client.Parked);
        world.Advance(100);
        Assert.True(Received.IsKeepAlive(await pending[1]));
    }

    [Fact]
    public async Task Publish_without_a_subscription_is_refused()
    {
        var client = _world.Connect();
        Assert.Equal(StatusCodes.BadNoSubscription, (await Assert.ThrowsAsync<ServiceException>(() => client.Publish())).Status);
        var subscription = await client.Subscribe();
        var pending = client.Publish();
        Assert.Equal(StatusCodes.Good, (await client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] })).Results![0]);
        Assert.Equal(StatusCodes.BadNoSubscription, (await Assert.ThrowsAsync<ServiceException>(() => pending)).Status);
    }

    [Fact]
    public async Task Acknowledged_messages_are_gone_and_each_acknowledgement_has_its_result()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        var node = _world.Variable("v", 1.0);
        await client.Monitor(subscription, node);
        Assert.Empty((await client.NextPublish()).Results!);
        _world.Set(node, 2.0);
        var pending = client.Publish(
            new SubscriptionAcknowledgement { SubscriptionId = subscription, SequenceNumber = 1 },
            new SubscriptionAcknowledgement { SubscriptionId = subscription, SequenceNumber = 1 },
            new SubscriptionAcknowledgement { SubscriptionId = subscription + 1, SequenceNumber = 1 });
        _world.Advance(100);
        var response = await pending;
        Assert.Equal([StatusCodes.Good, StatusCodes.BadSequenceNumberUnknown, StatusCodes.BadSubscriptionIdInvalid], response.Results!.Select(r => r.Code));
        Assert.Equal([2u], Received.Available(response));
    }

    [Fact]
    public async Task A_message_can_be_had_again_until_it_is_acknowledged()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        await client.Monitor(subscription, _world.Variable("v", 1.0));
        var sent = await client.NextPublish();
        var again = await client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = 1 });
        Assert.Equal(BinaryEncoder.ToBytes(sent.NotificationMessage), BinaryEncoder.ToBytes(again.NotificationMessage));
        var pending = client.Publish(new SubscriptionAcknowledgement { SubscriptionId = subscription, SequenceNumber = 1 });
        var failure = await Assert.ThrowsAsync<ServiceException>(() => client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = 1 }));
        Assert.Equal(StatusCodes.BadMessageNotAvailable, failure.Status);
        failure = await Assert.ThrowsAsync<ServiceException>(() => client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription + 1, RetransmitSequenceNumber = 1 }));
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, failure.Status);
        Assert.False(pending.IsCompleted);
    }

    // Part 4 5.14.1.1: the oldest message is dropped when there are too many.
    [Fact]
    public async Task The_retransmission_queue_drops_the_oldest()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxPublishRequestsPerSession = 2 });
        var client = world.Connect();
        var subscription = await client.Subscribe();
        var node = world.Variable("v", 0.0);
        await client.Monitor(subscription, node);
        PublishResponse last = null!;
        for (var i = 0; i < 6; i++)
        {
            last = await client.NextPublish();
            world.Set(node, i + 1.0);
        }

        // Two for each Publish request.
        Assert.Equal([3u, 4u, 5u, 6u], Received.Available(last));
        Assert.Equal(2u, world.Engine.Diagnostics.All().Single().DiscardedMessageCount);
    }

    [Fact]
    public async Task Messages_kept_for_republish_are_bounded_in_bytes_too()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxRetransmissionBytes = 5_000 });
        var client = world.Connect();
        var subscription = await client.Subscribe();
        var node = world.Variable("v", new string('x', 2_000), DataTypeIds.String);
        await client.Monitor(subscription, node);
        PublishResponse last = null!;
        for (var i = 0; i < 5; i++)
        {
            last = await client.NextPublish();
            world.Set(node, new string((char)('a' + i), 2_000));
        }

        Assert.Equal([4u, 5u], Received.Available(last));
    }

    [Fact]
    public async Task A_subscription_without_requests_ends_when_its_lifetime_is_over()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MinLifetime = TimeSpan.FromMilliseconds(100) });
        var client = world.Connect();
        var subscription = await client.Subscribe(keepAlive: 1, lifetime: 4);
        await client.Monitor(subscription, world.Variable("v", 1.0));
        world.Advance(399);
        Assert.Single(world.Engine.Diagnostics.All());
        world.Advance(1);
        Assert.Empty(world.Engine.Diagnostics.All());
        Assert.Equal(0, world.Engine.Services.MonitoredItems.Used);
        // Part 4 5.14.1.1: the client is told with the next request.
        var response = await client.Publish();
        Assert.Equal(subscription, response.SubscriptionId);
        Assert.Equal(StatusCodes.BadTimeout, Received.Status(response));
        Assert.Equal(StatusCodes.BadNoSubscription, (await Assert.ThrowsAsync<ServiceException>(() => client.Publish())).Status);
    }

    [Fact]
    public async Task A_subscription_that_is_served_lives_on()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MinLifetime = TimeSpan.FromMilliseconds(100) });
        var client = world.Connect();
        await client.Subscribe(keepAlive: 1, lifetime: 4);
        for (var i = 0; i < 10; i++)
        {
            world.Advance(300);
            Assert.True(Received.IsKeepAlive(await client.Publish()));
        }

        Assert.Single(world.Engine.Diagnostics.All());
    }

    [Fact]
    public async Task A_disabled_subscription_sends_only_keep_alives_until_it_is_enabled()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe(enabled: false);
        await client.Monitor(subscription, _world.Variable("v", 1.0));
        Assert.True(Received.IsKeepAlive(await client.NextPublish()));
        var results = (await client.Send<SetPublishingModeResponse>(new SetPublishingModeRequest { SubscriptionIds = [subscription, 0], PublishingEnabled = true })).Results!;
        Assert.Equal([StatusCodes.Good, StatusCodes.BadSubscriptionIdInvalid], results.Select(r => r.Code));
        Assert.Equal([1.0], Received.Numbers(await client.NextPublish()));
    }

    [Fact]
    public async Task The_subscription_of_higher_priority_is_served_first()
    {
        var client = _world.Connect();
        var low = await client.Subscribe(priority: 1);
        var high = await client.Subscribe(priority: 9);
        var middle = await client.Subscribe(priority: 5);
        _world.Advance(150);
        Assert.Equal(high, (await client.Publish()).SubscriptionId);
        Assert.Equal(middle, (await client.Publish()).SubscriptionId);
        Assert.Equal(low, (await client.Publish()).SubscriptionId);
    }

    [Fact]
    public async Task Subscriptions_of_equal_priority_take_turns()
    {
        var client = _world.Connect();
        var ids = new[] { await client.Subscribe(), await client.Subscribe(), await client.Subscribe() };
        _world.Advance(150);
        foreach (var id in ids) Assert.Equal(id, (await client.Publish()).SubscriptionId);
    }

    [Fact]
    public async Task Modifying_revises_and_restarts_the_timer()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe(interval: 1_000);
        var modified = await client.Send<ModifySubscriptionResponse>(new ModifySubscriptionRequest
        {
            SubscriptionId = subscription,
            RequestedPublishingInterval = 50,
            RequestedMaxKeepAliveCount = 3,
            RequestedLifetimeCount = 1_000,
            Priority = 4,
        });
        Assert.Equal(50, modified.RevisedPublishingInterval);
        Assert.Equal(3u, modified.RevisedMaxKeepAliveCount);
        Assert.True(Received.IsKeepAlive(await client.NextPublish(50)));
        Assert.Equal((byte)4, _world.Engine.Diagnostics.All().Single().Priority);
        Assert.Equal(1u, _world.Engine.Diagnostics.All().Single().ModifyCount);
        var failure = await Assert.ThrowsAsync<ServiceException>(() => client.Send<ModifySubscriptionResponse>(new ModifySubscriptionRequest { SubscriptionId = subscription + 1 }));
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, failure.Status);
    }

    [Fact]
    public async Task A_request_given_up_is_withdrawn_and_the_next_one_is_served()
    {
        var client = _world.Connect();
        await client.Subscribe();
        using var cancellation = new CancellationTokenSource();
        var given = client.Send<PublishResponse>(new PublishRequest(), cancellation.Token);
        var kept = client.Publish();
        await cancellation.CancelAsync();
        Assert.Equal(1, client.Parked);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        _world.Advance(100);
        Assert.True(Received.IsKeepAlive(await kept));
    }

    // Part 4 7.32: the hint of a Publish request is what the client waits for.
    [Fact]
    public async Task A_request_whose_timeout_hint_runs_out_is_withdrawn()
    {
        var client = _world.Connect();
        await client.Subscribe(interval: 1_000);
        var pending = client.Send<PublishResponse>(new PublishRequest { RequestHeader = new RequestHeader { TimeoutHint = 500 } });
        Assert.Equal(1, client.Parked);
        _world.Advance(500);
        Assert.Equal(0, client.Parked);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    // CVE-2022-30551 and its kin: whoever waits holds no worker.
    [Fact]
    public async Task Ten_thousand_parked_requests_hold_no_thread()
    {
        var sessions = Enumerable.Range(0, 100).Select(_ => _world.Connect()).ToArray();
        var before = ThreadPool.ThreadCount;
        var pending = new List<Task<PublishResponse>>();
        foreach (var client in sessions)
        {
            await client.Subscribe();
            for (var i = 0; i < 100; i++) pending.Add(client.Publish());
        }

        Assert.Equal(10_000, sessions.Sum(s => s.Parked));
        Assert.True(ThreadPool.ThreadCount < before + 50, $"{ThreadPool.ThreadCount} threads, {before} before");
        _world.Advance(100);
        var answered = await Task.WhenAll(sessions.Select((_, i) => pending[i * 100]));
        Assert.All(answered, response => Assert.True(Received.IsKeepAlive(response)));
    }

    [Fact]
    public async Task A_message_stays_within_what_the_client_takes()
    {
        const int Most = 64 * 1024;
        var client = _world.Connect(maxResponse: Most);
        var subscription = await client.Subscribe();
        for (var i = 0; i < 20; i++) await client.Monitor(subscription, _world.Variable($"v{i}", new Variant(new ByteString(new byte[9_000])), DataTypeIds.ByteString), handle: (uint)i);
        var count = 0;
        for (var response = await client.NextPublish(); ; response = await client.Publish())
        {
            count += Received.Values(response).Length;
            Assert.InRange(BinaryEncoder.ToBytes(response).Length, 1, Most);
            if (!response.MoreNotifications) break;
        }

        Assert.Equal(20, count);
    }
}
