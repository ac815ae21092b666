using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>The server's certificate is renewed while clients are connected. Part 12 7.10 (ServerConfiguration), Part 4 5.6.2.</summary>
public sealed class RotationTests
{
    private static readonly X509Certificate2 Renewed = new CertificateFactory(TimeProvider.System).CreateSelfSigned(
        new CertificateSubject { Name = "server renewed", ApplicationUri = TestPki.ServerUri, Hosts = ["localhost", "127.0.0.1"] });

    // A channel keeps the key pair it began with: it goes on, renews, and makes and activates sessions with it.
    [Fact]
    public async Task A_channel_keeps_the_key_pair_it_began_with()
    {
        await using var server = new TestServer();
        var old = server.Connect();
        await old.ReadyAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        var halfway = server.Connect();
        await halfway.HelloAsync();
        await halfway.OpenAsync(SecurityPolicy.Aes256Sha256RsaPss, MessageSecurityMode.Sign, TestPki.OtherClient);
        server.Server.Certificates.Replace(new ApplicationCertificate(Renewed));

        Assert.True((await old.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).StatusCode.IsGood);
        server.Time.Advance(TimeSpan.FromSeconds(20));
        await old.RenewAsync();
        Assert.True((await old.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).StatusCode.IsGood);
        // The client signs the certificate that it knows, and a password is encrypted for it.
        await old.ActivateAsync(old.UserName("admin", "right"));
        var session = await halfway.CreateSessionAsync();
        Assert.Equal(TestPki.Server.RawData, session.ServerCertificate.Bytes);
        await halfway.ActivateAsync();
        Assert.True((await halfway.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    [Fact]
    public async Task A_new_channel_is_for_the_new_certificate()
    {
        await using var server = new TestServer();
        server.Server.Certificates.Replace(new ApplicationCertificate(Renewed));
        var discovery = server.Connect();
        await discovery.HelloAsync();
        await discovery.OpenAsync();
        var endpoints = (await discovery.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { EndpointUrl = "opc.tcp://localhost:4840" })).Endpoints!;
        Assert.All(endpoints.Where(e => e.SecurityMode != MessageSecurityMode.None), e => Assert.Equal(Renewed.RawData, e.ServerCertificate.Bytes));
        // This client encrypts for the old one.
        var stale = server.Connect();
        await stale.HelloAsync();
        var refused = await Assert.ThrowsAsync<ChannelException>(() => stale.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Client));
        Assert.Equal("BadSecurityChecksFailed", refused.Status.ToString());
        Assert.DoesNotContain(server.Trust.Rejected(), c => c.Thumbprint == TestPki.Client.Thumbprint);
        // Put back, it is taken again: nothing else was wrong with the client.
        server.Server.Certificates.Replace(new ApplicationCertificate(TestPki.Server));
        await server.Connect().ReadyAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Client);
    }
}
