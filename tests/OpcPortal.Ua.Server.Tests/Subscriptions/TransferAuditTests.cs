using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Part 4 6.5.8: TransferSubscriptions is audited, done or refused.</summary>
public sealed class TransferAuditTests
{
    private sealed class Listener : IEventReceiver
    {
        public ConcurrentQueue<UaEvent> Heard { get; } = new();

        public void OnEvent(UaEvent occurrence)
        {
            if (occurrence.SourceName == "Session/TransferSubscriptions") Heard.Enqueue(occurrence);
        }
    }

    [Fact]
    public async Task A_transfer_is_audited_with_its_session_done_or_refused()
    {
        await using var server = new TestServer();
        var listener = new Listener();
        Assert.True(server.Server.Model.AddressSpace.TryResolve(ObjectIds.Server, out var notifier));
        using var listening = server.Server.Events.Subscribe(notifier, listener);
        var client = server.Connect();
        await client.ReadyAsync();
        await client.CallAsync<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [0] });
        var refused = Assert.Single(listener.Heard);
        Assert.Equal(new NodeId(ObjectTypeIds.AuditSessionEventType), refused.EventType);
        Assert.False(refused.Fields["Status"].AsBoolean());
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, refused.Fields["StatusCodeId"].AsStatusCode());

        var session = Assert.Single(server.Server.Sessions.All);
        Assert.Equal(session.Id, refused.Fields["SessionId"].AsNodeId());
        new TransferSubscriptionsService(server.Server.Subscriptions).Audit(
            server.Server.Auditor,
            new AuditedAction { Status = StatusCodes.Good, ActionTime = DateTime.UnixEpoch },
            new ServiceContext { Channel = session.Channel, Session = session, RequestHeader = new RequestHeader(), Now = DateTime.UnixEpoch },
            new TransferSubscriptionsRequest { SubscriptionIds = [7] },
            new TransferSubscriptionsResponse { Results = [new TransferResult()] });
        Assert.True(listener.Heard.Last().Fields["Status"].AsBoolean());
        Assert.Contains("7 Good", listener.Heard.Last().Message.Text, StringComparison.Ordinal);
    }
}
