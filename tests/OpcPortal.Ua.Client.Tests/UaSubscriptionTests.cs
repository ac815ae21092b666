using System.Threading.Channels;
using static OpcPortal.Ua.Client.Tests.ScriptedSessions;

namespace OpcPortal.Ua.Client.Tests;

public sealed class UaSubscriptionTests : IAsyncDisposable
{
    private readonly ScriptedSessions _sessions = new(new ScriptedServer());
    private readonly Channel<SubscriptionMessage> _messages = System.Threading.Channels.Channel.CreateUnbounded<SubscriptionMessage>();
    private UaSession? _session;

    private async Task<UaSubscription> SubscribeAsync()
    {
        var client = new UaClient(new UaClientOptions
        {
            Connector = _sessions.Server.ConnectAsync,
            KeepAliveInterval = TimeSpan.FromHours(1),
            FirstBackOff = TimeSpan.Zero,
            PublishRequests = 2,
        });
        _session = await client.ConnectAsync(ScriptedServer.Url.OriginalString, EndpointChoice.Unprotected);
        var subscription = await _session.SubscribeAsync(new SubscriptionOptions(), message => _messages.Writer.WriteAsync(message));
        await subscription.AddAsync(new MonitoredItemOptions { NodeId = new NodeId("v", 1) });
        return subscription;
    }

    private async Task<SubscriptionMessage> NextAsync()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await _messages.Reader.ReadAsync(late.Token);
    }

    private async Task ExpectAsync(params int[] values) => Assert.Equal(values, Assert.IsType<DataMessage>(await NextAsync()).Changes.Select(c => c.Value.Value.AsInt32()));

    public async ValueTask DisposeAsync()
    {
        // Whatever else a test says of it, a server answers what is parked when a session is closed.
        _sessions.Server.Cut();
        if (_session is not null) await _session.DisposeAsync();
    }

    // Part 4 5.14.5: an acknowledged message is deleted from the retransmission queue; one that did not arrive must not be.
    [Fact]
    public async Task Each_message_is_acknowledged_once_it_was_handled()
    {
        await SubscribeAsync();
        Assert.Empty((await _sessions.PublishAsync(Values(1, 1))).SubscriptionAcknowledgements ?? []);
        await ExpectAsync(1);
        await _sessions.PublishAsync(Values(2, 2));
        await ExpectAsync(2);
        var third = await _sessions.PublishAsync(Values(3, 3));
        await ExpectAsync(3);
        var fourth = await _sessions.PublishAsync(Values(4, 4));
        await ExpectAsync(4);
        Assert.Equal([1u, 2u], new[] { third, fourth }.SelectMany(p => p.SubscriptionAcknowledgements ?? []).Select(a => a.SequenceNumber).Order());
    }

    // Part 4 5.14.1.1, 5.14.6: missing sequence numbers are asked for with Republish.
    [Fact]
    public async Task A_gap_is_closed_by_Republish_in_order()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        foreach (var number in (uint[])[2, 3]) _sessions.Kept[number] = Values(number, (int)number);
        await _sessions.PublishAsync(Values(4, 4));
        for (var i = 1; i <= 4; i++) await ExpectAsync(i);
    }

    [Fact]
    public async Task What_the_server_no_longer_has_is_told_as_lost_before_what_follows()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        _sessions.Kept[3] = Values(3, 3);
        await _sessions.PublishAsync(Values(4, 4));
        await ExpectAsync(3);
        var loss = Assert.IsType<LossMessage>(await NextAsync());
        Assert.Equal((LossReason.NotKept, 1u), (loss.Reason, loss.Messages!.Value));
        await ExpectAsync(4);
    }

    [Fact]
    public async Task A_message_that_comes_twice_is_delivered_once()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await _sessions.PublishAsync(Values(1, 1));
        await _sessions.PublishAsync(Values(2, 2));
        await ExpectAsync(1);
        await ExpectAsync(2);
    }

    // Part 4 5.14.1.1: a keep-alive names the sequence number of the next message.
    [Fact]
    public async Task A_keep_alive_that_is_ahead_shows_a_gap_and_one_that_is_not_uses_up_no_number()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(KeepAlive(1));
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        _sessions.Kept[2] = Values(2, 2);
        await _sessions.PublishAsync(KeepAlive(3));
        await ExpectAsync(2);
        await _sessions.PublishAsync(Values(3, 3));
        await ExpectAsync(3);
    }

    [Fact]
    public async Task After_a_lost_connection_the_session_is_reactivated_and_what_was_lost_on_the_way_is_fetched()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        _sessions.Kept[2] = Values(2, 2);
        _sessions.Server.Cut();
        await ExpectAsync(2);
        await _sessions.PublishAsync(Values(3, 3));
        await ExpectAsync(3);
        Assert.Single(_sessions.Server.Requests.OfType<CreateSessionRequest>());
        Assert.Single(_sessions.Server.Requests.OfType<CreateSubscriptionRequest>());
    }

    // Part 4 5.14.7.
    [Fact]
    public async Task When_the_server_has_forgotten_the_session_the_subscription_is_transferred_and_nothing_comes_twice()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        _sessions.Forgotten.Add(new NodeId(1001, 1));
        _sessions.Kept[2] = Values(2, 2);
        _sessions.Server.Cut();
        await ExpectAsync(2);
        // The server was asked for the current values: the item's last one comes again, and is not handed on.
        await _sessions.PublishAsync(Values(3, 2));
        await _sessions.PublishAsync(Values(4, 4));
        await ExpectAsync(4);
        Assert.Equal(2, _sessions.Server.Requests.OfType<CreateSessionRequest>().Count());
        Assert.Single(_sessions.Server.Requests.OfType<CreateSubscriptionRequest>());
    }

    [Fact]
    public async Task When_it_cannot_be_transferred_it_is_made_anew_and_the_handler_is_told()
    {
        var subscription = await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        var before = subscription.SubscriptionId;
        _sessions.Forgotten.Add(new NodeId(1001, 1));
        _sessions.TransferStatus = StatusCodes.BadSubscriptionIdInvalid;
        _sessions.Server.Cut();
        Assert.Equal(LossReason.Recreated, Assert.IsType<LossMessage>(await NextAsync()).Reason);
        await _sessions.PublishAsync(Values(1, 1));
        await _sessions.PublishAsync(Values(2, 2));
        await ExpectAsync(2);
        Assert.NotEqual(before, subscription.SubscriptionId);
        Assert.Equal(2, _sessions.Server.Requests.OfType<CreateMonitoredItemsRequest>().Count());
    }

    [Fact]
    public async Task An_item_that_the_server_no_longer_takes_gets_a_bad_value_instead_of_keeping_its_old_one()
    {
        var subscription = await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        _sessions.ItemStatus = StatusCodes.BadNodeIdUnknown;
        await _sessions.PublishAsync(Status(2, StatusCodes.BadTimeout));
        Assert.IsType<LossMessage>(await NextAsync());
        var change = Assert.IsType<DataMessage>(await NextAsync()).Changes.Single();
        Assert.Equal(StatusCodes.BadNodeIdUnknown, change.Value.StatusCode.Code);
        Assert.Equal(subscription.Items.Single(), change.Item);
    }

    // Part 5 6.3.1: indexes hold while the server runs, not longer.
    [Fact]
    public async Task A_server_that_counts_its_namespaces_otherwise_after_a_restart_is_asked_for_the_same_nodes()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        _sessions.Forgotten.Add(new NodeId(1001, 1));
        _sessions.TransferStatus = StatusCodes.BadSubscriptionIdInvalid;
        _sessions.Namespaces = [NamespaceTable.OpcUa, "urn:new", "urn:scripted:server"];
        _sessions.Server.Cut();
        Assert.IsType<LossMessage>(await NextAsync());
        await _sessions.PublishAsync(Values(1, 2));
        await ExpectAsync(2);
        var asked = _sessions.Server.Requests.OfType<CreateMonitoredItemsRequest>().Select(r => r.ItemsToCreate!.Single().ItemToMonitor.NodeId);
        Assert.Equal([new NodeId("v", 1), new NodeId("v", 2)], asked);
    }

    // Part 5 6.3.11.
    [Fact]
    public async Task No_call_has_more_items_than_the_server_takes()
    {
        _sessions.MaxNodesPerRead = 3;
        await SubscribeAsync();
        var values = await _session!.ReadValuesAsync([.. Enumerable.Range(0, 7).Select(i => new NodeId($"{i}", 1))]);
        Assert.Equal(7, values.Length);
        Assert.Equal([3, 3, 1], _sessions.Server.Requests.OfType<ReadRequest>().Select(r => r.NodesToRead!).Where(n => n[0].NodeId.NamespaceIndex == 1).Select(n => n.Length));
    }

    [Fact]
    public async Task A_server_that_is_away_for_a_while_is_tried_again_until_it_is_back()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        var failures = System.Threading.Channels.Channel.CreateUnbounded<SessionStateChange>();
        _session!.StateChanged += (_, change) => failures.Writer.TryWrite(change);
        _sessions.Server.Listens = false;
        _sessions.Server.Cut();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var change = await failures.Reader.ReadAsync(late.Token);
        while (change.Attempt < 3) change = await failures.Reader.ReadAsync(late.Token);
        Assert.Equal(SessionState.Reconnecting, change.State);
        _sessions.Server.Listens = true;
        await _session.WaitUntilConnectedAsync(late.Token);
        await _sessions.PublishAsync(Values(2, 2));
        await ExpectAsync(2);
    }

    // Part 4 7.25.4.
    [Fact]
    public async Task A_subscription_that_timed_out_at_the_server_is_made_anew()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Values(1, 1));
        await ExpectAsync(1);
        await _sessions.PublishAsync(Status(2, StatusCodes.BadTimeout));
        Assert.Equal(LossReason.Recreated, Assert.IsType<LossMessage>(await NextAsync()).Reason);
        await _sessions.PublishAsync(Values(1, 5));
        await ExpectAsync(5);
    }

    [Fact]
    public async Task A_subscription_that_another_session_took_over_ends()
    {
        await SubscribeAsync();
        _sessions.PublishingStatus = StatusCodes.BadSubscriptionIdInvalid;
        await _sessions.PublishAsync(Status(1, StatusCodes.GoodSubscriptionTransferred));
        Assert.Equal(SubscriptionState.Ended, Assert.IsType<SubscriptionStateMessage>(await NextAsync()).State);
    }

    // Some servers report a transfer when they close a session and keep its subscriptions.
    [Fact]
    public async Task A_subscription_that_is_said_to_be_taken_over_but_is_not_goes_on()
    {
        await SubscribeAsync();
        await _sessions.PublishAsync(Status(1, StatusCodes.GoodSubscriptionTransferred));
        await _sessions.PublishAsync(Values(2, 2));
        await ExpectAsync(2);
    }

    [Fact]
    public async Task A_server_that_wants_fewer_publish_requests_gets_fewer()
    {
        await SubscribeAsync();
        var (_, first) = await _sessions.NextPublishAsync();
        await _sessions.NextPublishAsync();
        first.SetResult(ScriptedServer.Fault(StatusCodes.BadTooManyPublishRequests));
        Assert.Equal(2, _sessions.Server.Requests.OfType<PublishRequest>().Count());
    }

    [Fact]
    public async Task A_handler_that_throws_misses_no_later_message()
    {
        await using var session = _session = await new UaClient(new UaClientOptions { Connector = _sessions.Server.ConnectAsync, KeepAliveInterval = TimeSpan.FromHours(1) })
            .ConnectAsync(ScriptedServer.Url.OriginalString, EndpointChoice.Unprotected);
        var calls = 0;
        var subscription = await session.SubscribeAsync(new SubscriptionOptions(), message => ++calls == 1 ? throw new InvalidOperationException("by the test") : _messages.Writer.WriteAsync(message));
        await subscription.AddAsync(new MonitoredItemOptions { NodeId = new NodeId("v", 1) });
        await _sessions.PublishAsync(Values(1, 1));
        await _sessions.PublishAsync(Values(2, 2));
        await ExpectAsync(2);
        _sessions.Server.Cut();
    }
}
