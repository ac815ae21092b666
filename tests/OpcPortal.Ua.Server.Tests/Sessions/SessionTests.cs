using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

public sealed class SessionTests
{
    private static readonly ReadRequest AnyRead = new() { NodesToRead = [new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.BrowseName }] };

    private static ReadRequest Read() => new() { NodesToRead = AnyRead.NodesToRead };

    private static async Task<string> Refused(Task attempt) => (await Assert.ThrowsAsync<ServiceException>(() => attempt)).Status.ToString();

    private static async Task<WireClient> Channel(TestServer server, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null, SecurityPolicy? policy = null)
    {
        var client = server.Connect();
        await client.HelloAsync();
        if (certificate is null) await client.OpenAsync();
        else await client.OpenAsync(policy ?? SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, certificate);
        return client;
    }

    // Attack 17: services before activation.
    [Fact]
    public async Task Before_activation_a_session_may_be_activated_or_closed_and_nothing_else()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        await client.CreateSessionAsync();
        Assert.Equal("BadSessionNotActivated", await Refused(client.CallAsync<ReadResponse>(Read())));
        await client.CallAsync<CloseSessionResponse>(new CloseSessionRequest());
        Assert.Equal("BadSessionIdInvalid", await Refused(client.ActivateAsync()));
    }

    // Part 4 5.7.2.2: 32 to 128 random bytes, never twice. Attack 18 (CVE-2019-19135).
    [Fact]
    public async Task Server_nonces_are_long_and_never_come_twice()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        var seen = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            await client.CreateSessionAsync();
            Assert.InRange(client.ServerNonce.Length, 32, 128);
            Assert.True(seen.Add(Convert.ToHexString(client.ServerNonce)));
            await client.ActivateAsync();
            Assert.True(seen.Add(Convert.ToHexString(client.ServerNonce)));
            await client.CallAsync<CloseSessionResponse>(new CloseSessionRequest());
        }
    }

    [Theory]
    [InlineData(0, 3_600_000)]
    [InlineData(double.NaN, 3_600_000)]
    [InlineData(-5, 3_600_000)]
    [InlineData(1, 10_000)]
    [InlineData(60_000, 60_000)]
    [InlineData(1e12, 3_600_000)]
    public async Task The_timeout_is_revised_to_its_bounds(double requested, double revised)
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        Assert.Equal(revised, (await client.CreateSessionAsync(r => r.RequestedSessionTimeout = requested)).RevisedSessionTimeout);
    }

    [Fact]
    public async Task A_silent_session_ends_and_one_that_asks_lives_on()
    {
        await using var server = new TestServer();
        var silent = server.Connect();
        await silent.ReadyAsync();
        var lively = server.Connect();
        await lively.ReadyAsync();
        for (var i = 0; i < 4; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(20));
            await lively.CallAsync<ReadResponse>(Read());
        }

        Assert.Equal("BadSessionIdInvalid", await Refused(silent.CallAsync<ReadResponse>(Read())));
        Assert.Equal(1, server.Server.Sessions.Count);
    }

    // The certificate in CreateSession equals the channel's; ApplicationUri as in it; nonce of 32 bytes at least. Part 4 5.7.2.2.
    [Fact]
    public async Task The_client_is_the_one_that_opened_the_channel()
    {
        await using var server = new TestServer();
        var client = await Channel(server, TestPki.Client);
        Assert.Equal("BadCertificateInvalid", await Refused(client.CreateSessionAsync(r => r.ClientCertificate = TestPki.OtherClient.RawData)));
        Assert.Equal("BadCertificateUriInvalid", await Refused(client.CreateSessionAsync(r => r.ClientDescription.ApplicationUri = "urn:test:client")));
        Assert.Equal("BadNonceInvalid", await Refused(client.CreateSessionAsync(r => r.ClientNonce = new byte[31])));
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task Under_none_a_certificate_in_CreateSession_is_ignored()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        await client.CreateSessionAsync(r => r.ClientCertificate = new byte[] { 1, 2, 3 });
        await client.ActivateAsync();
    }

    [Fact]
    public async Task The_server_signs_the_clients_certificate_and_nonce()
    {
        await using var server = new TestServer();
        var client = await Channel(server, TestPki.Client, SecurityPolicy.Aes256Sha256RsaPss);
        var nonce = Nonce.ForSession();
        var session = await client.CreateSessionAsync(r => r.ClientNonce = nonce);
        using var key = System.Security.Cryptography.X509Certificates.RSACertificateExtensions.GetRSAPublicKey(TestPki.Server)!;
        Assert.True(SecurityPolicy.Aes256Sha256RsaPss.Verify(key, [.. TestPki.Client.RawData, .. nonce], session.ServerSignature.Signature.Span));
        Assert.Equal(SecurityPolicy.Aes256Sha256RsaPss.SignatureAlgorithm, session.ServerSignature.Algorithm);
    }

    [Fact]
    public async Task A_session_is_activated_only_by_who_signs_the_last_nonce()
    {
        await using var server = new TestServer();
        var client = await Channel(server, TestPki.Client);
        await client.CreateSessionAsync();
        var first = client.ServerNonce;
        Assert.Equal("BadApplicationSignatureInvalid", await Refused(client.ActivateAsync(signedNonce: new byte[32])));
        await client.ActivateAsync();
        Assert.Equal("BadApplicationSignatureInvalid", await Refused(client.ActivateAsync(signedNonce: first)));
        await client.ActivateAsync();
    }

    // Attack 16: the token is good on its channel alone.
    [Fact]
    public async Task A_stolen_token_is_worth_nothing_on_another_channel()
    {
        await using var server = new TestServer();
        var victim = await Channel(server, TestPki.Client);
        await victim.CreateSessionAsync();
        await victim.ActivateAsync(victim.UserName("bob", "right"));
        var thief = await Channel(server, TestPki.OtherClient);
        thief.Adopt(victim);
        Assert.Equal("BadSecureChannelIdInvalid", await Refused(thief.CallAsync<ReadResponse>(Read())));
        Assert.Equal("BadSessionIdInvalid", await Refused(thief.CallAsync<CloseSessionResponse>(new CloseSessionRequest())));
        Assert.Equal("BadSecureChannelIdInvalid", await Refused(thief.ActivateAsync(thief.UserName("bob", "right"))));
        await victim.CallAsync<ReadResponse>(Read());
    }

    [Fact]
    public async Task A_session_moves_to_a_channel_of_the_same_client_by_the_same_user()
    {
        await using var server = new TestServer();
        var old = await Channel(server, TestPki.Client);
        await old.CreateSessionAsync();
        await old.ActivateAsync(old.UserName("bob", "right"));
        var weaker = await Channel(server, TestPki.Client, SecurityPolicy.Aes128Sha256RsaOaep);
        weaker.Adopt(old);
        Assert.Equal("BadSecureChannelIdInvalid", await Refused(weaker.ActivateAsync(weaker.UserName("bob", "right"))));
        var fresh = await Channel(server, TestPki.Client);
        fresh.Adopt(old);
        Assert.Equal("BadIdentityTokenInvalid", await Refused(fresh.ActivateAsync(fresh.UserName("admin", "right"))));
        await fresh.ActivateAsync(fresh.UserName("bob", "right"));
        await fresh.CallAsync<ReadResponse>(Read());
        Assert.Equal("BadSecureChannelIdInvalid", await Refused(old.CallAsync<ReadResponse>(Read())));
    }

    [Fact]
    public async Task A_session_that_was_never_activated_does_not_move()
    {
        await using var server = new TestServer();
        var old = await Channel(server, TestPki.Client);
        await old.CreateSessionAsync();
        var fresh = await Channel(server, TestPki.Client);
        fresh.Adopt(old);
        Assert.Equal("BadSecureChannelIdInvalid", await Refused(fresh.ActivateAsync()));
        await old.ActivateAsync();
    }

    public static TheoryData<string> PasswordPolicies => new(SecurityPolicy.All.Where(p => !p.IsNone).Select(p => p.Name).Append("None"));

    [Theory]
    [MemberData(nameof(PasswordPolicies))]
    public async Task A_password_is_recognised_under_each_policy_and_every_failure_looks_the_same(string policyName)
    {
        await using var server = new TestServer();
        var policy = SecurityPolicy.All.Single(p => p.Name == policyName);
        var client = policy.IsNone ? await Channel(server) : await Channel(server, TestPki.Client, policy);
        await client.CreateSessionAsync();
        var first = client.ServerNonce;
        await client.ActivateAsync(client.UserName("bob", "right"));
        var garbled = client.UserName("admin", "right");
        garbled.Password.Bytes![10] ^= 1;
        UserNameIdentityToken[] wrong = [client.UserName("alice", "right"), client.UserName("mallory", "wrong"), client.UserName("carol", "right", nonce: first), garbled];
        foreach (var token in wrong) Assert.Equal("BadUserAccessDenied", await Refused(client.ActivateAsync(token)));
        // The last nonce alone serves: a password taken from the wire is worth nothing later.
        Assert.Equal("BadUserAccessDenied", await Refused(client.ActivateAsync(client.UserName("bob", "right", nonce: first))));
        await client.ActivateAsync(client.UserName("bob", "right"));
    }

    [Fact]
    public async Task A_password_in_the_clear_is_refused()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        await client.CreateSessionAsync();
        var token = new UserNameIdentityToken { PolicyId = "username", UserName = "bob", Password = "right"u8.ToArray() };
        Assert.Equal("BadUserAccessDenied", await Refused(client.ActivateAsync(token)));
    }

    [Fact]
    public async Task Tokens_that_the_endpoint_does_not_take_are_invalid()
    {
        await using var server = new TestServer(endpoints: e => e with { AllowAnonymous = false });
        var client = await Channel(server);
        await client.CreateSessionAsync();
        Assert.Equal("BadIdentityTokenInvalid", await Refused(client.ActivateAsync(new AnonymousIdentityToken { PolicyId = "anonymous" })));
        Assert.Equal("BadIdentityTokenInvalid", await Refused(client.ActivateAsync(new IssuedIdentityToken { PolicyId = "username" })));
        var otherPolicy = client.UserName("bob", "right");
        otherPolicy.PolicyId = "certificate";
        Assert.Equal("BadIdentityTokenInvalid", await Refused(client.ActivateAsync(otherPolicy)));
        await client.ActivateAsync(client.UserName("bob", "right"));
    }

    // Attack 21: an X509 token is always signed.
    [Fact]
    public async Task A_user_certificate_is_recognised_when_signed_and_trusted()
    {
        await using var server = new TestServer();
        var client = await Channel(server, TestPki.Client);
        await client.CreateSessionAsync();
        var (token, signature) = client.UserCertificate(TestPki.User);
        Assert.Equal("BadUserSignatureInvalid", await Refused(client.ActivateAsync(token)));
        var (unknown, itsSignature) = client.UserCertificate(TestPki.UntrustedUser);
        Assert.Equal("BadIdentityTokenRejected", await Refused(client.ActivateAsync(unknown, itsSignature)));
        await client.ActivateAsync(token, signature);
        var access = server.Server.Sessions.All.Single().Access!;
        Assert.Equal([RoleTable.Anonymous, RoleTable.AuthenticatedUser, RoleTable.Operator, RoleTable.TrustedApplication], server.Server.Model.Roles.IndexesOf(access.Roles));
    }

    // Part 4 5.7.3: another user on the same session; its roles hold from then on.
    [Fact]
    public async Task The_user_of_a_session_can_change()
    {
        await using var server = new TestServer();
        var client = await Channel(server, TestPki.Client);
        await client.CreateSessionAsync();
        await client.ActivateAsync(client.UserName("bob", "right"));
        var session = server.Server.Sessions.All.Single();
        Assert.False(session.Access!.HasAnyRole(1UL << RoleTable.SecurityAdmin));
        await client.ActivateAsync(client.UserName("admin", "right"));
        Assert.True(session.Access.HasAnyRole(1UL << RoleTable.SecurityAdmin));
        await client.ActivateAsync();
        Assert.Equal([RoleTable.Anonymous, RoleTable.TrustedApplication], server.Server.Model.Roles.IndexesOf(session.Access.Roles));
    }

    // Attack 24: guessing is slowed for the pair of user and address; the victim elsewhere does not wait.
    [Fact]
    public async Task Guessing_a_password_is_slowed_and_nobody_is_locked_out()
    {
        await using var server = new TestServer();
        var guesser = await Channel(server);
        await guesser.CreateSessionAsync();
        for (var i = 0; i < LoginThrottle.FreeFailures; i++) Assert.Equal("BadUserAccessDenied", await Refused(guesser.ActivateAsync(guesser.UserName("bob", "guess"))));
        var slowed = Refused(guesser.ActivateAsync(guesser.UserName("bob", "guess")));
        var victim = server.Connect("192.0.2.99");
        await victim.HelloAsync();
        await victim.OpenAsync();
        await victim.CreateSessionAsync();
        await victim.ActivateAsync(victim.UserName("bob", "right"));
        Assert.False(slowed.IsCompleted);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("BadUserAccessDenied", await slowed);
    }

    // Attack 3: the oldest session that was never activated makes room; an activated one does not.
    [Fact]
    public async Task At_the_cap_a_session_never_activated_makes_room()
    {
        await using var server = new TestServer(o => o with { Sessions = new SessionLimits { MaxSessions = 2 } });
        var active = server.Connect();
        await active.ReadyAsync();
        var idle = await Channel(server);
        await idle.CreateSessionAsync();
        var newer = server.Connect();
        await newer.ReadyAsync();
        Assert.Equal("BadSessionIdInvalid", await Refused(idle.ActivateAsync()));
        var refused = await Channel(server);
        Assert.Equal("BadTooManySessions", await Refused(refused.CreateSessionAsync()));
        await active.CallAsync<ReadResponse>(Read());
    }

    [Fact]
    public async Task A_session_outlives_its_connection_until_its_timeout()
    {
        await using var server = new TestServer();
        var old = await Channel(server, TestPki.Client);
        await old.CreateSessionAsync();
        await old.ActivateAsync();
        await old.Output.CompleteAsync();
        await old.Served;
        var fresh = await Channel(server, TestPki.Client);
        fresh.Adopt(old);
        await fresh.ActivateAsync();
        await fresh.CallAsync<ReadResponse>(Read());
    }

    // Part 4 5.4: by the session's locales.
    [Fact]
    public async Task Locales_are_kept_until_others_are_given()
    {
        await using var server = new TestServer();
        var client = await Channel(server);
        await client.CreateSessionAsync();
        await client.ActivateAsync(locales: ["de-DE", "en"]);
        var session = server.Server.Sessions.All.Single();
        Assert.Equal(["de-DE", "en"], session.Access!.Locales);
        await client.ActivateAsync();
        Assert.Equal(["de-DE", "en"], session.Access.Locales);
    }
}
