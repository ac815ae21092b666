using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>The rules by which sessions get roles, changed over the wire while the sessions live. Part 18 4.4.</summary>
public sealed class RoleMappingTests
{
    private static readonly NodeId Operator = ObjectIds.WellKnownRole_Operator;

    [Fact]
    public async Task A_rule_gives_the_role_to_a_session_that_lives_and_takes_it_back()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var bob = await server.LogInAsync("bob", isOther: true);
        var variable = server.AddVariable("v", Operator);
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await bob.ReadAsync(variable)).StatusCode);
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob"));
        Assert.Equal(1.0, (await bob.ReadAsync(variable)).Value);
        var shown = (await admin.ReadAsync(server.Child(Operator, "Identities"))).Value.AsArray<ExtensionObject?>()!.Select(e => (IdentityMappingRuleType)e!.Structure!);
        Assert.Contains(shown, r => r is { CriteriaType: IdentityCriteriaType.UserName, Criteria: "bob" });
        Assert.Equal(StatusCodes.Good, await admin.RemoveIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob"));
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await bob.ReadAsync(variable)).StatusCode);
    }

    [Theory]
    [InlineData(IdentityCriteriaType.UserName, null)]
    [InlineData(IdentityCriteriaType.UserName, "")]
    [InlineData(IdentityCriteriaType.Thumbprint, "AB CD")]
    [InlineData(IdentityCriteriaType.Thumbprint, "abcdefabcdefabcdefabcdefabcdefabcdefabcd")]
    [InlineData(IdentityCriteriaType.Anonymous, "somebody")]
    [InlineData(IdentityCriteriaType.AuthenticatedUser, "somebody")]
    [InlineData((IdentityCriteriaType)9, "something")]
    [InlineData(IdentityCriteriaType.Application, "not a uri")]
    [InlineData(IdentityCriteriaType.X509Subject, "CN=alice")]
    [InlineData((IdentityCriteriaType)0, "x")]
    [InlineData((IdentityCriteriaType)77, "x")]
    public async Task A_rule_that_is_none_is_refused(IdentityCriteriaType criteria, string? value)
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.BadInvalidArgument, await admin.AddIdentityAsync(Operator, criteria, value));
    }

    [Theory]
    [InlineData(IdentityCriteriaType.UserName, "bob")]
    [InlineData(IdentityCriteriaType.Thumbprint, "ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD")]
    [InlineData(IdentityCriteriaType.Anonymous, null)]
    [InlineData(IdentityCriteriaType.AuthenticatedUser, "")]
    [InlineData((IdentityCriteriaType)9, null)]
    [InlineData(IdentityCriteriaType.Application, "urn:test:Client")]
    [InlineData(IdentityCriteriaType.X509Subject, "CN=\"alice\"/O=\"Homes\"")]
    public async Task A_rule_is_taken_once(IdentityCriteriaType criteria, string? value)
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.BadNotFound, await admin.RemoveIdentityAsync(Operator, criteria, value));
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(Operator, criteria, value));
        Assert.Equal(StatusCodes.BadAlreadyExists, await admin.AddIdentityAsync(Operator, criteria, value));
        Assert.Equal(StatusCodes.Good, await admin.RemoveIdentityAsync(Operator, criteria, value));
    }

    // Part 18 4.4.5: what access tokens say; no such tokens are taken here.
    [Theory]
    [InlineData(IdentityCriteriaType.Role)]
    [InlineData(IdentityCriteriaType.GroupId)]
    public async Task Rules_about_access_tokens_are_not_supported(IdentityCriteriaType criteria)
    {
        await using var server = new TestServer();
        Assert.Equal(StatusCodes.BadNotSupported, await (await server.LogInAsync()).AddIdentityAsync(Operator, criteria, "x"));
    }

    [Fact]
    public async Task Who_rules_over_roles_must_be_somebody_and_somebody_must_remain()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.AddIdentityAsync(ObjectIds.WellKnownRole_SecurityAdmin, IdentityCriteriaType.Anonymous, null));
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.AddIdentityAsync(ObjectIds.WellKnownRole_ConfigureAdmin, IdentityCriteriaType.AuthenticatedUser, null));
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.RemoveIdentityAsync(ObjectIds.WellKnownRole_SecurityAdmin, IdentityCriteriaType.UserName, "admin"));
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(ObjectIds.WellKnownRole_SecurityAdmin, IdentityCriteriaType.UserName, "bob"));
        Assert.Equal(StatusCodes.Good, await admin.RemoveIdentityAsync(ObjectIds.WellKnownRole_SecurityAdmin, IdentityCriteriaType.UserName, "admin"));
        // At once, for the one who did it too.
        Assert.Equal(StatusCodes.BadMethodInvalid, (await admin.AddRoleAsync("Readers")).StatusCode);
    }

    [Fact]
    public async Task A_security_admin_cannot_bar_the_own_application_or_endpoint()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var role = ObjectIds.WellKnownRole_SecurityAdmin;
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.WriteAsync(server.Child(role, "ApplicationsExclude"), false));
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.AddApplicationAsync(role, TestPki.ClientUri));
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.AddEndpointAsync(role, new EndpointType { EndpointUrl = "opc.tcp://localhost:4840" }));
        Assert.Equal(StatusCodes.Good, await admin.AddApplicationAsync(role, "urn:test:Other"));
        Assert.Equal(StatusCodes.Good, await admin.AddEndpointAsync(role, new EndpointType { EndpointUrl = "opc.tcp://localhost:4840", SecurityMode = MessageSecurityMode.Sign }));
        // The other application has the role no longer, nor does a channel that only signs.
        await server.LogInAsync(isOther: true);
        await server.LogInAsync(mode: MessageSecurityMode.Sign);
        Assert.Equal(1, server.Server.Sessions.All.Count(s => s.Access!.HasAnyRole(1UL << RoleTable.SecurityAdmin)));
    }

    // Part 18 4.3: a server shall not allow changes of these three.
    [Fact]
    public async Task What_a_session_is_by_itself_cannot_be_changed()
    {
        await using var server = new TestServer();
        var who = StandardSpace.Admin;
        var rule = new RoleIdentity(IdentityCriteriaType.UserName, "bob");
        foreach (var role in (NodeId[])[ObjectIds.WellKnownRole_Anonymous, ObjectIds.WellKnownRole_AuthenticatedUser, 18625u])
            Assert.Equal(StatusCodes.BadRequestNotAllowed, await server.Server.Roles.AddIdentityAsync(who, role, rule, TestContext.Current.CancellationToken));
        Assert.Equal(StatusCodes.Good, await server.Server.Roles.AddIdentityAsync(who, Operator, rule, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_role_is_bound_to_applications()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        await server.LogInAsync("bob", isOther: true);
        var exclude = server.Child(Operator, "ApplicationsExclude");
        Assert.True(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.Good, await admin.AddApplicationAsync(Operator, "urn:test:Other"));
        // An exclude list at first: this application is the one left out.
        Assert.False(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.Good, await admin.WriteAsync(exclude, false));
        Assert.True(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.BadAlreadyExists, await admin.AddApplicationAsync(Operator, "urn:test:Other"));
        Assert.Equal(StatusCodes.BadInvalidArgument, await admin.AddApplicationAsync(Operator, null));
        Assert.Equal(StatusCodes.Good, await admin.StatusOfAsync(Operator, MethodIds.RoleType_RemoveApplication, "urn:test:Other"));
        Assert.Equal(StatusCodes.BadNotFound, await admin.StatusOfAsync(Operator, MethodIds.RoleType_RemoveApplication, "urn:test:Other"));
        // Only those listed, and none is.
        Assert.False(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.Good, await admin.WriteAsync(exclude, true));
        Assert.True(server.Has("bob", RoleTable.Operator));
    }

    // Part 18 4.4.1: where applications are named, one that is not proven by a certificate does not count, whatever it calls itself.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_application_that_is_not_proven_has_no_role_that_names_applications(bool exclude)
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        await server.LogInAsync("bob", mode: MessageSecurityMode.None);
        Assert.True(server.Has("bob", RoleTable.Operator));
        await admin.AddApplicationAsync(Operator, exclude ? "urn:test:Other" : TestPki.ClientUri);
        await admin.WriteAsync(server.Child(Operator, "ApplicationsExclude"), exclude);
        Assert.False(server.Has("bob", RoleTable.Operator));
    }

    [Fact]
    public async Task A_role_is_bound_to_endpoints()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        var bob = await server.LogInAsync("bob", mode: MessageSecurityMode.Sign, url: "opc.tcp://LOCALHOST:4840/");
        var endpoint = new EndpointType { EndpointUrl = "opc.tcp://localhost:4840", SecurityMode = MessageSecurityMode.Sign };
        Assert.Equal(StatusCodes.Good, await admin.AddEndpointAsync(Operator, endpoint));
        Assert.Equal(StatusCodes.BadAlreadyExists, await admin.AddEndpointAsync(Operator, endpoint));
        Assert.False(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.Good, await admin.WriteAsync(server.Child(Operator, "EndpointsExclude"), false));
        Assert.True(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.Good, await admin.RemoveEndpointAsync(Operator, endpoint));
        Assert.Equal(StatusCodes.BadNotFound, await admin.RemoveEndpointAsync(Operator, endpoint));
        foreach (var other in (EndpointType[])
            [
                new() { EndpointUrl = "opc.tcp://localhost:4840", SecurityMode = MessageSecurityMode.SignAndEncrypt },
                new() { EndpointUrl = "opc.tcp://localhost:4841" },
                new() { EndpointUrl = "opc.tcp://localhost:4840", SecurityPolicyUri = SecurityPolicy.Aes256Sha256RsaPss.Uri },
                new() { EndpointUrl = "opc.tcp://localhost:4840", TransportProfileUri = "http://opcfoundation.org/UA-Profile/Transport/https-uabinary" },
            ])
        {
            Assert.Equal(StatusCodes.Good, await admin.AddEndpointAsync(Operator, other));
            Assert.False(server.Has("bob", RoleTable.Operator));
        }

        Assert.Equal(StatusCodes.Good, await admin.AddEndpointAsync(Operator, new EndpointType { EndpointUrl = "opc.tcp://localhost:4840", SecurityPolicyUri = SecurityPolicy.Basic256Sha256.Uri }));
        Assert.True(server.Has("bob", RoleTable.Operator));
        Assert.Equal(StatusCodes.BadInvalidArgument, await admin.AddEndpointAsync(Operator, new EndpointType { EndpointUrl = "http://localhost" }));
        Assert.NotNull(bob.Session);
    }

    [Fact]
    public async Task Each_kind_of_rule_finds_those_that_it_names_and_no_others()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        await server.LogInAsync(user: null, mode: MessageSecurityMode.None);
        var alice = await server.LogInAsync(user: null, isOther: true);
        var (token, signature) = alice.UserCertificate(TestPki.User);
        await alice.ActivateAsync(token, signature);
        // The subject of alice's certificate has this name alone.
        string? aliceName = TestPki.User.Subject;
        foreach (var (criteria, value, nobody, certified) in ((IdentityCriteriaType, string?, bool, bool)[])
            [
                (IdentityCriteriaType.Anonymous, null, true, false), (IdentityCriteriaType.AuthenticatedUser, null, false, true), ((IdentityCriteriaType)9, null, false, true),
                (IdentityCriteriaType.Application, "urn:test:Other", false, true), (IdentityCriteriaType.Application, TestPki.ClientUri, false, false),
                (IdentityCriteriaType.X509Subject, "CN=\"alice\"", false, true), (IdentityCriteriaType.X509Subject, "CN=\"alice\"/O=\"Homes\"", false, false),
                (IdentityCriteriaType.Thumbprint, TestPki.User.Thumbprint, false, true), (IdentityCriteriaType.UserName, "alice", false, false),
            ])
        {
            Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(ObjectIds.WellKnownRole_Engineer, criteria, value));
            Assert.True(nobody == server.Has(null, RoleTable.Engineer), $"{criteria} {value}");
            Assert.True(certified == server.Has(aliceName, RoleTable.Engineer), $"{criteria} {value}");
            Assert.Equal(StatusCodes.Good, await admin.RemoveIdentityAsync(ObjectIds.WellKnownRole_Engineer, criteria, value));
        }
    }
}
