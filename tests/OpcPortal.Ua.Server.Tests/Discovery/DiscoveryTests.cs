using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

public sealed class DiscoveryTests
{
    private static async Task<WireClient> Channel(TestServer server)
    {
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync();
        return client;
    }

    // Part 4 5.5.4: without a session; the URL that the client used comes back.
    [Fact]
    public async Task Endpoints_follow_the_url_that_the_client_used()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var response = await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { EndpointUrl = "opc.tcp://meters.example:14840/x" });
        Assert.All(response.Endpoints!, e => Assert.Equal("opc.tcp://meters.example:14840", e.EndpointUrl));
        Assert.Equal(7, response.Endpoints!.Length);
    }

    [Theory]
    [InlineData("http://meters.example:4840")]
    [InlineData("opc.tcp://user@meters.example")]
    [InlineData("not a url")]
    [InlineData(null)]
    public async Task A_url_that_cannot_be_used_is_replaced_by_the_servers_own(string? url)
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var response = await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { EndpointUrl = url });
        Assert.All(response.Endpoints!, e => Assert.Equal("opc.tcp://localhost:4840", e.EndpointUrl));
    }

    [Fact]
    public async Task Endpoints_are_filtered_by_transport_profile()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var known = await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { ProfileUris = [EndpointCatalog.TransportProfile] });
        Assert.NotEmpty(known.Endpoints!);
        var unknown = await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { ProfileUris = ["http://opcfoundation.org/UA-Profile/Transport/https-uabinary"] });
        Assert.Empty(unknown.Endpoints!);
    }

    // Part 4 5.7.2.2: what CreateSession says of the endpoints is what GetEndpoints said.
    [Fact]
    public async Task CreateSession_returns_the_endpoints_of_GetEndpoints()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var listed = await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { EndpointUrl = "opc.tcp://localhost:4840" });
        var session = await client.CreateSessionAsync();
        Assert.Equal(listed.Endpoints!.Select(BinaryEncoder.ToBytes), session.ServerEndpoints!.Select(BinaryEncoder.ToBytes));
    }

    // Part 4 7.14, 7.41: PolicyId unique in the endpoint; on a None channel each names its SecurityPolicyUri; the certificate is there where a token is encrypted.
    [Fact]
    public async Task Token_policies_are_unique_and_name_their_security_on_a_none_channel()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var endpoints = (await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest())).Endpoints!;
        foreach (var endpoint in endpoints)
        {
            Assert.Equal(endpoint.UserIdentityTokens!.Length, endpoint.UserIdentityTokens.Select(t => t.PolicyId).Distinct().Count());
            Assert.Equal(TestPki.Server.RawData, endpoint.ServerCertificate.Bytes);
        }

        var none = endpoints.Single(e => e.SecurityPolicyUri == SecurityPolicy.None.Uri);
        Assert.All(none.UserIdentityTokens!, t => Assert.False(string.IsNullOrEmpty(t.SecurityPolicyUri)));
        Assert.Equal(SecurityPolicy.Basic256Sha256.Uri, none.UserIdentityTokens!.Single(t => t.TokenType == UserTokenType.UserName).SecurityPolicyUri);
    }

    [Fact]
    public async Task Security_levels_rank_none_lowest_and_encryption_above_signing()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var endpoints = (await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest())).Endpoints!;
        Assert.Equal(0, endpoints.Single(e => e.SecurityMode == MessageSecurityMode.None).SecurityLevel);
        Assert.True(endpoints.Where(e => e.SecurityMode == MessageSecurityMode.Sign).Max(e => e.SecurityLevel) < endpoints.Where(e => e.SecurityMode == MessageSecurityMode.SignAndEncrypt).Min(e => e.SecurityLevel));
    }

    // Part 4 5.5.2.
    [Fact]
    public async Task FindServers_knows_the_server_itself_and_no_other()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var own = Assert.Single((await client.CallAsync<FindServersResponse>(new FindServersRequest { EndpointUrl = "opc.tcp://meters.example:4840" })).Servers!);
        Assert.Equal(TestPki.ServerUri, own.ApplicationUri);
        Assert.Equal(["opc.tcp://meters.example:4840"], own.DiscoveryUrls!);
        Assert.Single((await client.CallAsync<FindServersResponse>(new FindServersRequest { ServerUris = [TestPki.ServerUri] })).Servers!);
        Assert.Empty((await client.CallAsync<FindServersResponse>(new FindServersRequest { ServerUris = ["urn:other"] })).Servers!);
    }

    // "Discovery on None": always allowed; where no session may be without protection, CreateSession is refused.
    [Fact]
    public async Task Without_a_none_endpoint_a_none_channel_serves_discovery_alone()
    {
        await using var server = new TestServer(endpoints: e => e with { Security = [new(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt)] });
        var client = await Channel(server);
        Assert.Single((await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest())).Endpoints!);
        Assert.Equal("BadSecurityPolicyRejected", (await Assert.ThrowsAsync<ServiceException>(() => client.CreateSessionAsync())).Status.ToString());
    }

    // Attack 28: URLs of the peer are echoed or forgotten, never dialled.
    [Fact]
    public async Task No_url_of_a_client_is_dialled()
    {
        using var trap = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        trap.Start();
        var url = $"opc.tcp://127.0.0.1:{((System.Net.IPEndPoint)trap.LocalEndpoint).Port}";
        await using var server = new TestServer();
        var client = server.Connect();
        await client.HelloAsync(url: url);
        await client.OpenAsync();
        await client.CallAsync<FindServersResponse>(new FindServersRequest { EndpointUrl = url });
        await client.CallAsync<GetEndpointsResponse>(new GetEndpointsRequest { EndpointUrl = url });
        await client.CreateSessionAsync(request =>
        {
            request.EndpointUrl = url;
            request.ClientDescription.DiscoveryUrls = [url];
            request.ClientDescription.GatewayServerUri = url;
        });
        await client.ActivateAsync();
        await client.CallAsync<CloseSessionResponse>(new CloseSessionRequest());
        Assert.False(trap.Pending());
    }
}
