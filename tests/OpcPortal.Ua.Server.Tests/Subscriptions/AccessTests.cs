namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>What a user may see of values, now and when rights change. Part 4 5.13.2, Part 3 8.55.</summary>
public sealed class AccessTests : IDisposable
{
    private const PermissionType May = PermissionType.Browse | PermissionType.Read;

    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;
    private readonly NodeId _node;

    public AccessTests()
    {
        _client = _world.Connect();
        _node = _world.Variable("v", 1.0);
    }

    public void Dispose() => _world.Dispose();

    private void Permit(PermissionType permissions)
    {
        _world.Permit("alice", _node, permissions);
        _world.Engine.RecheckAccess(_client.Session);
    }

    [Fact]
    public async Task An_item_that_may_not_be_read_is_created_and_says_so_once()
    {
        _world.Permit("alice", _node, PermissionType.Browse);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node);
        Assert.Equal(StatusCodes.BadUserAccessDenied, Received.Values(await _client.NextPublish()).Single().Value.StatusCode);
        _world.Set(_node, 2.0);
        _world.Advance(500);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }

    [Fact]
    public async Task A_node_that_does_not_exist_for_the_user_cannot_be_monitored()
    {
        _world.Permit("alice", _node, PermissionType.None);
        var subscription = await _client.Subscribe();
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await _client.TryMonitor(subscription, SubscriptionClient.Item(_node))).StatusCode);
        var other = _world.Connect("bob");
        Assert.Equal(StatusCodes.Good, (await other.TryMonitor(await other.Subscribe(), SubscriptionClient.Item(_node))).StatusCode);
    }

    [Fact]
    public async Task A_value_that_nobody_may_read_says_so_in_its_first_notification()
    {
        var id = new NodeId("writeonly", 1);
        _world.Nodes.Add([new NodeSets.NodeRecord { NodeId = id, NodeClass = NodeClass.Variable, BrowseName = "writeonly", AccessLevelEx = (uint)AccessLevelType.CurrentWrite }]);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, id);
        Assert.Equal(StatusCodes.BadNotReadable, Received.Values(await _client.NextPublish()).Single().Value.StatusCode);
    }

    [Fact]
    public async Task Leave_that_is_taken_back_stops_the_item_at_once_and_drops_what_was_queued()
    {
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node, queueSize: 10);
        await _client.SkipInitialValues();
        _world.Set(_node, 2.0);
        Permit(PermissionType.Browse);
        _world.Set(_node, 3.0);
        var value = Received.Values(await _client.NextPublish()).Single().Value;
        Assert.Equal(StatusCodes.BadUserAccessDenied, value.StatusCode);
        Assert.True(value.Value.IsNull);
        _world.Set(_node, 4.0);
        _world.Advance(500);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }

    // What was seen is known to be there: who loses all of it is refused. What is really gone is unknown.
    [Fact]
    public async Task A_node_that_is_hidden_from_an_item_is_refused_and_one_that_is_gone_is_unknown()
    {
        var gone = _world.Variable("gone", 1.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node, handle: 1);
        await _client.Monitor(subscription, gone, handle: 2);
        await _client.NextPublish();
        _world.Nodes.Remove([gone]);
        Permit(PermissionType.None);
        var values = Received.Values(await _client.NextPublish()).ToDictionary(item => item.ClientHandle, item => item.Value.StatusCode);
        Assert.Equal(StatusCodes.BadUserAccessDenied, values[1]);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, values[2]);
        _world.Set(_node, 2.0);
        _world.Advance(500);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
        Permit(May);
        Assert.Equal([2.0], Received.Numbers(await _client.NextPublish()));
    }

    [Fact]
    public async Task Leave_that_is_given_starts_the_item_with_the_current_value()
    {
        _world.Permit("alice", _node, PermissionType.Browse);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node);
        await _client.SkipInitialValues();
        _world.Set(_node, 2.0);
        Permit(May);
        Assert.Equal([2.0], Received.Numbers(await _client.NextPublish()));
        _world.Set(_node, 3.0);
        Assert.Equal([3.0], Received.Numbers(await _client.NextPublish()));
    }

    [Fact]
    public async Task Where_nothing_changed_nothing_is_sent()
    {
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node);
        await _client.SkipInitialValues();
        _world.Engine.RecheckAccess(_client.Session);
        _world.Advance(500);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }

    [Fact]
    public async Task A_polled_item_is_stopped_as_well()
    {
        var reads = 0;
        var polled = _world.PolledVariable("polled", () => new DataValue((double)++reads));
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, polled, sampling: 10);
        await _client.SkipInitialValues();
        _world.Permit("alice", polled, PermissionType.Browse);
        _world.Engine.RecheckAccess(_client.Session);
        Assert.Equal(StatusCodes.BadUserAccessDenied, Received.Values(await _client.NextPublish()).Single().Value.StatusCode);
        var before = reads;
        _world.Advance(100);
        Assert.Equal(before, reads);
    }

    // A session that changes its user: the new one sees what the new one may see, and nothing of what was sent to the other.
    [Fact]
    public async Task Another_user_on_the_session_sees_only_what_that_user_may()
    {
        _world.Permit("bob", _node, PermissionType.Browse);
        var open = _world.Variable("open", 7.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node, handle: 1);
        await _client.Monitor(subscription, open, handle: 2);
        await _client.NextPublish();
        _world.Set(_node, 2.0);
        _client.Session.Access = _world.AccessOf("bob");
        _world.Engine.OnActivated(_client.Session);
        var failure = await Assert.ThrowsAsync<ServiceException>(() => _client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = 1 }));
        Assert.Equal(StatusCodes.BadMessageNotAvailable, failure.Status);
        Assert.Equal(StatusCodes.BadUserAccessDenied, Received.Values(await _client.NextPublish()).Single().Value.StatusCode);
        _world.Set(open, 8.0);
        Assert.Equal([8.0], Received.Numbers(await _client.NextPublish(), 2));
    }

    // The publishing timer may expire while it is being found out what the new user may see.
    [Fact]
    public async Task While_rights_are_asked_anew_no_value_is_sent()
    {
        var secret = _world.Variable("secret", 1.0);
        _world.Permit("bob", secret, PermissionType.Browse);
        var subscription = await _client.Subscribe(keepAlive: 1);
        await _client.Monitor(subscription, _node, handle: 1);
        await _client.Monitor(subscription, secret, handle: 2);
        await _client.NextPublish();
        _world.Set(secret, 2.0);
        var pending = Enumerable.Range(0, 50).Select(_ => _client.Publish()).ToArray();
        _client.Session.Access = _world.AccessOf("bob");
        _world.OnAsked = () => _world.Jump(100);
        _world.Engine.OnActivated(_client.Session);
        _world.OnAsked = null;
        Assert.InRange(_client.Parked, 1, 49);
        _world.Advance(10_000);
        var values = (await Task.WhenAll(pending)).SelectMany(Received.Values).ToArray();
        Assert.Equal([(2u, StatusCodes.BadUserAccessDenied)], values.Select(v => (v.ClientHandle, v.Value.StatusCode.Code)));
    }

    [Fact]
    public async Task The_same_user_again_keeps_what_was_sent_and_queued()
    {
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node, queueSize: 10);
        await _client.NextPublish();
        _world.Set(_node, 2.0);
        _client.Session.Access = _world.AccessOf("alice");
        _world.Engine.OnActivated(_client.Session);
        Assert.Equal(1u, (await _client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = 1 })).NotificationMessage.SequenceNumber);
        Assert.Equal([2.0], Received.Numbers(await _client.NextPublish()));
    }

    [Fact]
    public async Task The_rights_of_an_orphans_user_are_asked_anew_too()
    {
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _node, queueSize: 10);
        await _client.NextPublish();
        _world.Engine.OnClosed(_client.Session, deleteSubscriptions: false);
        _world.Set(_node, 2.0);
        _world.Permit("alice", _node, PermissionType.Browse);
        _world.Engine.RenewOrphans();
        var again = _world.Connect();
        await again.Send<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [subscription] });
        Assert.Equal(StatusCodes.BadUserAccessDenied, Received.Values(await again.NextPublish()).Single().Value.StatusCode);
    }
}
