namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Sessions that end and subscriptions that outlive them or change hands. Part 4 5.7.4, 5.14.7.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly SubscriptionWorld _world = new(new SubscriptionLimits { MinLifetime = TimeSpan.FromMilliseconds(100), MaxSubscriptionsPerSession = 3, MaxSubscriptions = 5 });

    public void Dispose() => _world.Dispose();

    private static async Task<TransferResult> Transfer(SubscriptionClient client, uint subscription, bool initialValues = false) =>
        (await client.Send<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [subscription], SendInitialValues = initialValues })).Results![0];

    private static async Task<uint> StatusOf(Func<Task> call) => (await Assert.ThrowsAsync<ServiceException>(call)).Status.Code;

    [Fact]
    public async Task Closing_a_session_answers_its_parked_requests_and_ends_its_subscriptions()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        await client.Monitor(subscription, _world.Variable("v", 1.0));
        var pending = client.Publish();
        _world.Engine.OnClosed(client.Session, deleteSubscriptions: true);
        Assert.Equal(StatusCodes.BadSessionClosed, await StatusOf(() => pending));
        Assert.Equal(0, _world.Engine.Diagnostics.CurrentSubscriptionCount);
        Assert.Equal(0, _world.Engine.Services.MonitoredItems.Used);
    }

    // CVE class 12: a session that is over takes nothing in.
    [Fact]
    public async Task A_closed_session_takes_neither_requests_nor_subscriptions()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        _world.Engine.OnClosed(client.Session, deleteSubscriptions: false);
        Assert.Equal(StatusCodes.BadSessionClosed, await StatusOf(() => client.Publish()));
        Assert.Equal(StatusCodes.BadSessionClosed, await StatusOf(() => client.Create()));
        Assert.Equal(StatusCodes.BadSessionClosed, (await Transfer(client, subscription)).StatusCode);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, await StatusOf(() => client.Monitor(subscription, _world.Variable("v", 1.0))));
        Assert.Equal(1, _world.Engine.Diagnostics.CurrentSubscriptionCount);
    }

    [Fact]
    public async Task Subscriptions_that_are_kept_live_out_their_lifetime()
    {
        var client = _world.Connect();
        await client.Subscribe(keepAlive: 1, lifetime: 5);
        _world.Engine.OnClosed(client.Session, deleteSubscriptions: false);
        _world.Advance(499);
        Assert.True(_world.Engine.Diagnostics.All().Single().SessionId.IsNull);
        _world.Advance(1);
        Assert.Equal(0, _world.Engine.Diagnostics.CurrentSubscriptionCount);
    }

    [Fact]
    public async Task An_orphan_goes_on_queueing_and_is_had_by_transfer()
    {
        var node = _world.Variable("v", 0.0);
        var old = _world.Connect();
        var subscription = await old.Subscribe();
        await old.Monitor(subscription, node, queueSize: 10);
        await old.NextPublish();
        _world.Engine.OnClosed(old.Session, deleteSubscriptions: false);
        _world.Set(node, 1.0);
        _world.Advance(250);
        _world.Set(node, 2.0);

        var client = _world.Connect();
        var result = await Transfer(client, subscription);
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        Assert.Equal([1u], (IEnumerable<uint>)result.AvailableSequenceNumbers!);
        // What was sent to the old session can be had again, and what is late comes at once.
        Assert.Equal([0.0], Received.Values((await client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = 1 })).NotificationMessage).Select(v => v.Value.Value.AsDouble()));
        var response = await client.Publish();
        Assert.Equal([1.0, 2.0], Received.Numbers(response));
        Assert.Equal(2u, response.NotificationMessage.SequenceNumber);
    }

    // Part 4 5.14.7.1: the old session is told.
    [Fact]
    public async Task The_old_session_is_told_that_its_subscription_was_transferred()
    {
        var old = _world.Connect();
        var subscription = await old.Subscribe();
        var told = old.Publish();
        var idle = old.Publish();
        var client = _world.Connect(applicationUri: "urn:test:other");
        Assert.Equal(StatusCodes.Good, (await Transfer(client, subscription)).StatusCode);
        var response = await told;
        Assert.Equal((subscription, StatusCodes.GoodSubscriptionTransferred), (response.SubscriptionId, Received.Status(response)!.Value.Code));
        // It has no subscription left for the other request to wait for.
        Assert.Equal(StatusCodes.BadNoSubscription, await StatusOf(() => idle));
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, await StatusOf(() => old.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription })));
        var diagnostics = _world.Engine.Diagnostics.All().Single();
        Assert.Equal((client.Session.Id, 1u, 0u), (diagnostics.SessionId, diagnostics.TransferredToAltClientCount, diagnostics.TransferredToSameClientCount));
        Assert.True(Received.IsKeepAlive(await client.NextPublish()));
    }

    [Fact]
    public async Task The_old_session_is_told_with_its_next_request_where_none_is_parked()
    {
        var old = _world.Connect();
        var subscription = await old.Subscribe();
        await Transfer(_world.Connect(), subscription);
        Assert.Equal(StatusCodes.GoodSubscriptionTransferred, Received.Status(await old.Publish()));
        Assert.Equal(StatusCodes.BadNoSubscription, await StatusOf(() => old.Publish()));
    }

    [Theory]
    [InlineData(true, new[] { 0.0 })]
    [InlineData(false, new double[0])]
    public async Task Initial_values_are_sent_after_a_transfer_where_asked_for(bool initialValues, double[] sent)
    {
        var old = _world.Connect();
        var subscription = await old.Subscribe();
        await old.Monitor(subscription, _world.Variable("v", 0.0));
        await old.Monitor(subscription, _world.Variable("sampling", 0.0), handle: 2, mode: MonitoringMode.Sampling);
        await old.NextPublish();
        var client = _world.Connect();
        await Transfer(client, subscription, initialValues);
        var pending = client.Publish();
        _world.Advance(1_500);
        var response = await pending;
        Assert.Equal(sent, Received.Numbers(response));
        Assert.Empty(Received.Numbers(response, 2));
    }

    // Part 4 5.14.7.1 and CVE class 15: nobody takes over another user's subscription.
    [Theory]
    [InlineData("alice", MessageSecurityMode.Sign, "urn:a", "alice", MessageSecurityMode.None, "urn:b", StatusCodes.Good)]
    [InlineData("alice", MessageSecurityMode.Sign, "urn:a", "bob", MessageSecurityMode.Sign, "urn:a", StatusCodes.BadUserAccessDenied)]
    [InlineData("alice", MessageSecurityMode.Sign, "urn:a", null, MessageSecurityMode.Sign, "urn:a", StatusCodes.BadUserAccessDenied)]
    [InlineData(null, MessageSecurityMode.Sign, "urn:a", "alice", MessageSecurityMode.Sign, "urn:a", StatusCodes.BadUserAccessDenied)]
    [InlineData(null, MessageSecurityMode.Sign, "urn:a", null, MessageSecurityMode.SignAndEncrypt, "urn:a", StatusCodes.Good)]
    [InlineData(null, MessageSecurityMode.Sign, "urn:a", null, MessageSecurityMode.Sign, "urn:b", StatusCodes.BadUserAccessDenied)]
    [InlineData(null, MessageSecurityMode.None, "urn:a", null, MessageSecurityMode.None, "urn:a", StatusCodes.BadUserAccessDenied)]
    [InlineData(null, MessageSecurityMode.None, "urn:a", null, MessageSecurityMode.Sign, "urn:a", StatusCodes.BadUserAccessDenied)]
    [InlineData(null, MessageSecurityMode.Sign, null, null, MessageSecurityMode.Sign, null, StatusCodes.BadUserAccessDenied)]
    public async Task Only_the_same_user_takes_over(string? owner, MessageSecurityMode ownerMode, string? ownerUri, string? taker, MessageSecurityMode takerMode, string? takerUri, uint status)
    {
        var old = _world.Connect(owner, ownerMode, ownerUri);
        var subscription = await old.Subscribe();
        Assert.Equal(status, (await Transfer(_world.Connect(taker, takerMode, takerUri), subscription)).StatusCode.Code);
        _world.Engine.OnClosed(old.Session, deleteSubscriptions: false);
        // An orphan is its last user's.
        var orphan = await old.Subscribe(_world);
        Assert.Equal(status, (await Transfer(_world.Connect(taker, takerMode, takerUri), orphan)).StatusCode.Code);
    }

    [Fact]
    public async Task A_transfer_that_makes_no_sense_is_refused()
    {
        var client = _world.Connect();
        var subscription = await client.Subscribe();
        // Part 4 Table 96.
        Assert.Equal(StatusCodes.BadNothingToDo, (await Transfer(client, subscription)).StatusCode);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await Transfer(client, subscription + 1)).StatusCode);
        var full = _world.Connect();
        for (var i = 0; i < 3; i++) await full.Subscribe();
        Assert.Equal(StatusCodes.BadTooManySubscriptions, (await Transfer(full, subscription)).StatusCode);
        Assert.Equal(client.Session.Id, _world.Engine.Diagnostics.All().Single(d => d.SubscriptionId == subscription).SessionId);
        Assert.Equal(StatusCodes.BadTooManyOperations, await StatusOf(() => client.Send<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = new uint[4] })));
    }

    [Fact]
    public async Task A_session_has_no_more_subscriptions_than_it_may()
    {
        var client = _world.Connect();
        for (var i = 0; i < 3; i++) await client.Subscribe();
        Assert.Equal(StatusCodes.BadTooManySubscriptions, await StatusOf(() => client.Create()));
        // A refused transfer or creation takes no place.
        await client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [_world.Engine.Diagnostics.All()[0].SubscriptionId] });
        await client.Subscribe();
    }

    // CVE-2022-25897, -24375, -24298: subscriptions left behind count.
    [Fact]
    public async Task The_server_has_no_more_subscriptions_than_it_may_and_orphans_count()
    {
        var first = _world.Connect();
        var orphans = new[] { await first.Subscribe(), await first.Subscribe() };
        _world.Engine.OnClosed(first.Session, deleteSubscriptions: false);
        var second = _world.Connect("bob");
        for (var i = 0; i < 3; i++) await second.Subscribe();
        // Five, as many as there may be. Who lives comes before who may never come back: the longest orphaned goes first.
        var third = _world.Connect("carol");
        await third.Subscribe();
        Assert.DoesNotContain(_world.Engine.Diagnostics.All(), d => d.SubscriptionId == orphans[0]);
        Assert.Contains(_world.Engine.Diagnostics.All(), d => d.SubscriptionId == orphans[1]);
        await third.Subscribe();
        Assert.Equal(StatusCodes.BadTooManySubscriptions, await StatusOf(() => third.Create()));
        Assert.Equal(5, _world.Engine.Diagnostics.CurrentSubscriptionCount);
        _world.Engine.OnClosed(second.Session, deleteSubscriptions: true);
        await third.Subscribe();
    }

    [Fact]
    public async Task A_client_that_opens_and_leaves_again_and_again_fills_nothing()
    {
        for (var i = 0; i < 200; i++)
        {
            var client = _world.Connect();
            var subscription = await client.Subscribe(interval: 3_600_000);
            await client.Monitor(subscription, _world.Variable($"v{i}", 0.0), queueSize: 100);
            _world.Engine.OnClosed(client.Session, deleteSubscriptions: false);
        }

        Assert.Equal(5, _world.Engine.Diagnostics.CurrentSubscriptionCount);
        Assert.Equal(5, _world.Engine.Services.MonitoredItems.Used);
        Assert.Equal(200, _world.Engine.Diagnostics.CumulatedSubscriptionCount);
    }

    [Fact]
    public async Task Requests_parked_over_an_old_channel_are_answered_when_the_session_moves()
    {
        var client = _world.Connect();
        await client.Subscribe();
        var pending = client.Publish();
        client.Session.Channel = new OtherChannel();
        _world.Engine.OnActivated(client.Session);
        Assert.Equal(StatusCodes.BadSecureChannelIdInvalid, await StatusOf(() => pending));
        var kept = client.Publish();
        _world.Engine.OnActivated(client.Session);
        _world.Advance(100);
        Assert.True(Received.IsKeepAlive(await kept));
    }

    private sealed class OtherChannel : IServerChannel
    {
        public uint ChannelId => 2;
        public string SecurityPolicyUri => "";
        public MessageSecurityMode SecurityMode => MessageSecurityMode.SignAndEncrypt;
        public ByteString ClientCertificate => default;
        public string? EndpointUrl => null;
        public string RemoteAddress => "";
    }
}

internal static class OrphanMaking
{
    /// <summary>An orphan of a user like this session's.</summary>
    public static async Task<uint> Subscribe(this SubscriptionClient like, SubscriptionWorld world)
    {
        var access = like.Session.Access!;
        var client = world.Connect(access.UserName, access.SecurityMode, access.ApplicationUri);
        var subscription = await client.Subscribe();
        world.Engine.OnClosed(client.Session, deleteSubscriptions: false);
        return subscription;
    }
}
