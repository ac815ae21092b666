using System.Collections.Concurrent;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>What the server's rooms report of requests that came over the wire. Part 4 6.5.</summary>
public sealed class AuditTests
{
    private sealed class Listener : IEventReceiver
    {
        public ConcurrentQueue<UaEvent> Heard { get; } = new();
        public void OnEvent(UaEvent occurrence) => Heard.Enqueue(occurrence);

        public string[] Named(uint eventType) => [.. Heard.Where(e => e.EventType == new NodeId(eventType)).Select(e => $"{e.Fields["Status"]} {e.Fields["ClientUserId"]} {e.Fields["ClientAuditEntryId"]}")];
    }

    private static Listener Listen(TestServer server)
    {
        var listener = new Listener();
        Assert.True(server.Server.Model.AddressSpace.TryResolve(ObjectIds.Server, out var notifier));
        server.Server.Events.Subscribe(notifier, listener);
        return listener;
    }

    [Fact]
    public async Task A_session_from_its_channel_to_its_end_is_audited_with_its_user()
    {
        await using var server = new TestServer();
        var heard = Listen(server);
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await client.CreateSessionAsync();
        await client.ActivateAsync(client.UserName("bob", "right"));
        var close = new CloseSessionRequest();
        close.RequestHeader.AuditEntryId = "ticket 7";
        await client.CallAsync<CloseSessionResponse>(close);
        Assert.Equal(["True  192.0.2.1"], heard.Named(ObjectTypeIds.AuditOpenSecureChannelEventType));
        Assert.Single(heard.Named(ObjectTypeIds.AuditCreateSessionEventType));
        Assert.Single(heard.Named(ObjectTypeIds.AuditActivateSessionEventType), e => e.StartsWith("True bob", StringComparison.Ordinal));
        Assert.Single(heard.Named(ObjectTypeIds.AuditSessionEventType), e => e == "True bob ticket 7");
        Assert.DoesNotContain(heard.Heard, e => e.Fields.Values.Any(v => v.ToString().Contains("right", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Refusals_are_audited_too()
    {
        await using var server = new TestServer();
        var heard = Listen(server);
        var stranger = server.Connect();
        await stranger.HelloAsync();
        await Assert.ThrowsAsync<ChannelException>(() => stranger.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Stranger));
        Assert.Single(heard.Named(ObjectTypeIds.AuditCertificateUntrustedEventType));
        Assert.Single(heard.Named(ObjectTypeIds.AuditOpenSecureChannelEventType), e => e.StartsWith("False", StringComparison.Ordinal));
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync();
        await client.CreateSessionAsync();
        await Assert.ThrowsAsync<ServiceException>(() => client.ActivateAsync(client.UserName("bob", "wrong")));
        Assert.Single(heard.Named(ObjectTypeIds.AuditActivateSessionEventType), e => e.StartsWith("False", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_item_of_a_write_and_each_call_is_audited_done_or_refused()
    {
        await using var server = new TestServer();
        var heard = Listen(server);
        var client = server.Connect();
        await client.ReadyAsync();
        var value = new DataValue(new Variant(true));
        await client.CallAsync<WriteResponse>(new WriteRequest { NodesToWrite = [new WriteValue { NodeId = VariableIds.Server_Auditing, AttributeId = AttributeIds.Value, Value = value }] });
        await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = ObjectIds.Server, MethodId = new NodeId("no such method", 1) }] });
        Assert.Single(heard.Named(ObjectTypeIds.AuditWriteUpdateEventType), e => e.StartsWith("False", StringComparison.Ordinal));
        Assert.Single(heard.Named(ObjectTypeIds.AuditUpdateMethodEventType), e => e.StartsWith("False", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_falls_silent_is_audited_as_timed_out()
    {
        await using var server = new TestServer();
        var heard = Listen(server);
        await server.Connect().ReadyAsync();
        server.Time.Advance(TimeSpan.FromSeconds(30));
        server.Time.Advance(TimeSpan.FromSeconds(31));
        var ended = Assert.Single(heard.Heard, e => e.EventType == new NodeId(ObjectTypeIds.AuditSessionEventType));
        Assert.Equal("Session/Timeout", ended.SourceName);
    }

    [Fact]
    public async Task A_certificate_that_fails_in_a_session_service_is_audited_by_its_check_besides_the_session()
    {
        await using var server = new TestServer();
        var heard = Listen(server);
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await Assert.ThrowsAsync<ServiceException>(() => client.CreateSessionAsync(request => request.ClientDescription.ApplicationUri = "urn:somebody:else"));
        var mismatch = Assert.Single(heard.Heard, e => e.EventType == new NodeId(ObjectTypeIds.AuditCertificateDataMismatchEventType));
        Assert.Equal("urn:somebody:else", mismatch.Fields["InvalidUri"].AsString());
        await client.CreateSessionAsync();
        var (untrusted, signature) = client.UserCertificate(TestPki.UntrustedUser);
        await Assert.ThrowsAsync<ServiceException>(() => client.ActivateAsync(untrusted, signature));
        var refused = Assert.Single(heard.Heard, e => e.EventType == new NodeId(ObjectTypeIds.AuditCertificateUntrustedEventType));
        Assert.Equal(new ByteString(TestPki.UntrustedUser.RawData), refused.Fields["Certificate"].AsByteString());
        Assert.Equal(StatusCodes.BadIdentityTokenRejected, Assert.Single(heard.Heard, e => e.EventType == new NodeId(ObjectTypeIds.AuditActivateSessionEventType)).Outcome.CodeBits);
        // One who is trusted: no more of them.
        var (trusted, proof) = client.UserCertificate(TestPki.User);
        await client.ActivateAsync(trusted, proof);
        Assert.Single(heard.Named(ObjectTypeIds.AuditCertificateUntrustedEventType));
        Assert.Single(heard.Named(ObjectTypeIds.AuditCertificateDataMismatchEventType));
    }
}
