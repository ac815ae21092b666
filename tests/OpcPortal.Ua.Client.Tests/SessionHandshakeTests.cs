using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client.Tests;

/// <summary>What a client checks of a server before it trusts a session. Part 4 5.7.2, 5.7.3, 6.1.3.</summary>
public sealed class SessionHandshakeTests : IDisposable
{
    private static readonly CertificateFactory Factory = new(TimeProvider.System);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-handshake-").FullName;
    private readonly ApplicationCertificate _server = Own("urn:scripted:server", "scripted");
    private readonly ApplicationCertificate _client = Own("urn:scripted:client", "localhost");
    private readonly TrustListStore _store;
    private readonly ScriptedSessions _sessions;

    public SessionHandshakeTests()
    {
        _store = new TrustListStore(_folder, TimeProvider.System);
        _store.Trust(_server.Certificate);
        _sessions = new ScriptedSessions(new ScriptedServer { Certificate = _server });
        _sessions.Endpoints.Add(_sessions.Endpoint(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt));
    }

    private static ApplicationCertificate Own(string uri, string host) => new(Factory.CreateSelfSigned(new CertificateSubject { Name = host, ApplicationUri = uri, Hosts = [host] }));

    private UaClientOptions Options => new()
    {
        Connector = _sessions.Server.ConnectAsync,
        Certificate = _client,
        Validator = new CertificateValidator(_store, TimeProvider.System),
        KeepAliveInterval = TimeSpan.FromHours(1),
    };

    private async Task<StatusCode> ConnectAsync(UaClientOptions? options = null, EndpointChoice? choice = null, UserIdentity? user = null)
    {
        try
        {
            await using var session = await new UaClient(options ?? Options).ConnectAsync(ScriptedServer.Url.OriginalString, choice, user);
            return StatusCodes.Good;
        }
        catch (UaException failed)
        {
            return failed.Status;
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_server_that_proves_who_it_is_gets_a_session() => Assert.Equal(StatusCodes.Good, (await ConnectAsync()).Code);

    [Fact]
    public async Task An_untrusted_server_is_sent_nothing_and_its_certificate_is_kept_for_judgement()
    {
        _store.Distrust(_server.Certificate);
        var refused = await Assert.ThrowsAsync<ServerCertificateException>(() => new UaClient(Options).ConnectAsync(ScriptedServer.Url.OriginalString));
        Assert.Equal(StatusCodes.BadCertificateUntrusted, refused.Status.Code);
        Assert.Equal(_server.Chain, refused.Certificate);
        Assert.Equal(_server.Certificate.Thumbprint, _store.Rejected().Single().Thumbprint);
        Assert.DoesNotContain(_sessions.Server.Requests, r => r is CreateSessionRequest);
        Assert.Single(_sessions.Server.Requests.OfType<OpenSecureChannelRequest>());
    }

    // Part 4 6.1.3 Table 100, "Host Name" and "URI".
    [Fact]
    public async Task A_certificate_of_another_host_or_application_is_refused()
    {
        using var stranger = Own("urn:scripted:server", "elsewhere");
        _store.Trust(stranger.Certificate);
        _sessions.Endpoints[^1].ServerCertificate = stranger.Chain;
        Assert.Equal(StatusCodes.BadCertificateHostNameInvalid, (await ConnectAsync()).Code);
        using var another = Own("urn:another", "scripted");
        _store.Trust(another.Certificate);
        _sessions.Endpoints[^1].ServerCertificate = another.Chain;
        Assert.Equal(StatusCodes.BadCertificateUriInvalid, (await ConnectAsync()).Code);
    }

    [Fact]
    public async Task A_server_that_answers_with_another_certificate_than_it_showed_is_refused()
    {
        using var impostor = Own("urn:scripted:server", "scripted");
        _store.Trust(impostor.Certificate);
        _sessions.Server.On<GetEndpointsRequest>(_ =>
        {
            _sessions.Server.Impostor = impostor;
            return new GetEndpointsResponse { Endpoints = [.. _sessions.Endpoints] };
        });
        Assert.Equal(StatusCodes.BadCertificateInvalid, (await ConnectAsync()).Code);
    }

    [Fact]
    public async Task A_server_that_comes_back_with_a_new_certificate_is_followed_if_that_is_trusted_too()
    {
        await using var session = await new UaClient(Options with { FirstBackOff = TimeSpan.Zero }).ConnectAsync(ScriptedServer.Url.OriginalString);
        using var renewed = Own("urn:scripted:server", "scripted");
        var changes = System.Threading.Channels.Channel.CreateUnbounded<SessionStateChange>();
        session.StateChanged += (_, change) => changes.Writer.TryWrite(change);
        _sessions.Server.Certificate = renewed;
        _sessions.Endpoints[^1].ServerCertificate = renewed.Chain;
        _sessions.Server.Cut();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        SessionStateChange refused;
        do refused = await changes.Reader.ReadAsync(late.Token);
        while (refused.Reason?.Status.Code != StatusCodes.BadCertificateUntrusted);
        _store.Trust(renewed.Certificate);
        await session.WaitUntilConnectedAsync(late.Token);
        Assert.True((await session.ReadValueAsync(VariableIds.Server_NamespaceArray)).StatusCode.IsGood);
    }

    // Part 4 5.7.2.2: the client verifies the signature with the server's certificate.
    [Fact]
    public async Task A_server_that_cannot_sign_with_its_key_is_refused()
    {
        _sessions.Distort = response => response.ServerSignature.Signature.Bytes![0] ^= 1;
        Assert.Equal(StatusCodes.BadApplicationSignatureInvalid, (await ConnectAsync()).Code);
    }

    [Fact]
    public async Task A_session_with_another_certificate_than_the_channel_is_refused()
    {
        using var another = Own("urn:scripted:server", "scripted");
        _sessions.Distort = response => response.ServerCertificate = another.Chain;
        Assert.Equal(StatusCodes.BadCertificateInvalid, (await ConnectAsync()).Code);
    }

    // Part 4 5.7.2.2: the endpoints are compared with those that discovery gave.
    [Fact]
    public async Task A_session_that_names_other_endpoints_than_discovery_is_refused()
    {
        _sessions.Distort = response => response.ServerEndpoints = [_sessions.Endpoints[0]];
        Assert.Equal(StatusCodes.BadSecurityChecksFailed, (await ConnectAsync()).Code);
        _sessions.Distort = response => response.ServerEndpoints = [_sessions.Endpoints[1], _sessions.Endpoints[0]];
        Assert.Equal(StatusCodes.Good, (await ConnectAsync()).Code);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(0)]
    [InlineData(129)]
    public async Task A_nonce_of_a_wrong_length_is_refused(int length)
    {
        _sessions.Distort = response => response.ServerNonce = new byte[length];
        Assert.Equal(StatusCodes.BadNonceInvalid, (await ConnectAsync()).Code);
    }

    // CVE-2019-19135.
    [Fact]
    public async Task A_nonce_that_comes_twice_is_refused()
    {
        var nonce = Nonce.ForSession();
        _sessions.Distort = response => response.ServerNonce = nonce;
        _sessions.Server.On<ActivateSessionRequest>(_ => new ActivateSessionResponse { ServerNonce = nonce });
        Assert.Equal(StatusCodes.BadNonceInvalid, (await ConnectAsync()).Code);
    }

    [Fact]
    public async Task A_server_that_uses_a_channel_nonce_twice_is_cut_off()
    {
        var nonce = new byte[SecurityPolicy.Basic256Sha256.NonceLength];
        var (server, time, options) = WithClock();
        server.ChannelNonce = policy => policy.IsNone ? [] : nonce;
        await using var session = await new UaClient(options).ConnectAsync(ScriptedServer.Url.OriginalString);
        time.Advance(TimeSpan.FromMinutes(46));
        Assert.Equal(StatusCodes.BadNonceInvalid, (await session.Channel.Closed.WaitAsync(TimeSpan.FromSeconds(30))).Status.Code);
    }

    // Part 4 5.6.2.1, Part 6 6.7.2.4: a new token neither resets the numbers nor disturbs what is on its way.
    [Fact]
    public async Task Tokens_renewed_under_load_lose_no_request()
    {
        var (server, time, options) = WithClock();
        await using var session = await new UaClient(options).ConnectAsync(ScriptedServer.Url.OriginalString);
        var channel = session.Channel;
        for (var round = 0; round < 10; round++)
        {
            var before = Enumerable.Range(0, 50).Select(_ => session.ReadValueAsync(VariableIds.Server_NamespaceArray)).ToArray();
            time.Advance(TimeSpan.FromMinutes(46));
            var after = Enumerable.Range(0, 50).Select(_ => session.ReadValueAsync(VariableIds.Server_NamespaceArray)).ToArray();
            Assert.All(await Task.WhenAll([.. before, .. after]).WaitAsync(TimeSpan.FromSeconds(30)), value => Assert.True(value.StatusCode.IsGood));
        }

        Assert.Equal(10, server.Requests.OfType<OpenSecureChannelRequest>().Count(r => r.RequestType == SecurityTokenRequestType.Renew));
        Assert.True(channel.IsOpen && channel == session.Channel);
    }

    private (ScriptedServer Server, FakeTimeProvider Time, UaClientOptions Options) WithClock()
    {
        var time = new FakeTimeProvider();
        var sessions = new ScriptedSessions(new ScriptedServer { Certificate = _server, Time = time });
        sessions.Endpoints.Add(sessions.Endpoint(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt));
        // Only the token's life is about time here.
        return (sessions.Server, time, Options with { Connector = sessions.Server.ConnectAsync, Time = time, RequestTimeout = TimeSpan.FromDays(1), KeepAliveInterval = TimeSpan.FromDays(1) });
    }

    // Part 4 7.40.4.
    [Fact]
    public async Task A_password_is_never_sent_in_the_clear()
    {
        var user = UserIdentity.Password("operator", "secret");
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await ConnectAsync(choice: EndpointChoice.Unprotected, user: user)).Code);
        Assert.DoesNotContain(_sessions.Server.Requests, r => r is ActivateSessionRequest);

        Assert.Equal(StatusCodes.Good, (await ConnectAsync(user: user)).Code);
        var sent = (UserNameIdentityToken)_sessions.Server.Requests.OfType<ActivateSessionRequest>().Single().UserIdentityToken!.Structure!;
        Assert.Equal("operator", sent.UserName);
        Assert.Equal(SecurityPolicy.Basic256Sha256.EncryptionAlgorithm, sent.EncryptionAlgorithm);
        Assert.Equal(-1, sent.Password.Span.IndexOf("secret"u8));
    }

    [Fact]
    public void A_password_does_not_show_when_an_identity_is_printed() => Assert.DoesNotContain("secret", UserIdentity.Password("operator", "secret").ToString());

    [Fact]
    public async Task Without_a_certificate_only_an_endpoint_that_is_asked_for_is_used_unprotected()
    {
        var options = Options with { Certificate = null };
        Assert.Equal(StatusCodes.BadSecurityModeRejected, (await ConnectAsync(options)).Code);
        Assert.Equal(StatusCodes.Good, (await ConnectAsync(options, EndpointChoice.Unprotected)).Code);
    }
}
