using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Local users, managed over the wire. Part 18 5.</summary>
public sealed class UserManagementTests
{
    private static readonly NodeId Object = ObjectIds.UserManagement;

    private static TestServer Serve(MemoryUsers users) => new(parts: p => p with { ManagedUsers = users, Passwords = new NoPasswords() });

    private static MemoryUsers Users() => new MemoryUsers().With("admin", "right").With("bob", "right");

    private static Task<StatusCode> Add(WireClient client, string? name, string? password, UserConfigurationMask configuration = UserConfigurationMask.None, string? description = null) =>
        client.StatusOfAsync(Object, MethodIds.UserManagement_AddUser, name, password, (uint)configuration, description);

    private static Task<StatusCode> Modify(WireClient client, string name, string? password = null, UserConfigurationMask? configuration = null, string? description = null) =>
        client.StatusOfAsync(
            Object, MethodIds.UserManagement_ModifyUser, name, password is not null, password, configuration is not null, (uint)(configuration ?? UserConfigurationMask.None), description is not null, description);

    private static Task<StatusCode> Remove(WireClient client, string? name) => client.StatusOfAsync(Object, MethodIds.UserManagement_RemoveUser, name);

    private static Task<StatusCode> Change(WireClient client, string? old, string? password) => client.StatusOfAsync(Object, MethodIds.UserManagement_ChangePassword, old, password);

    private static async Task<string> Refused(Task work) => (await Assert.ThrowsAsync<ServiceException>(() => work)).Status.ToString();

    [Fact]
    public async Task A_user_who_was_added_can_log_in_and_is_listed()
    {
        await using var server = Serve(Users());
        var admin = await server.LogInAsync();
        Assert.Equal("BadUserAccessDenied", await Refused(server.LogInAsync("carol", "secret")));
        Assert.Equal(StatusCodes.Good, await Add(admin, "carol", "secret", UserConfigurationMask.NoDelete, "reads meters"));
        Assert.Equal(StatusCodes.BadAlreadyExists, await Add(admin, "carol", "other-secret"));
        await server.LogInAsync("carol", "secret", isOther: true);
        // Part 18 5.3 hangs it below ServerConfiguration, which is not there.
        Assert.Equal(Object, server.Child(ObjectIds.Server, "UserManagement"));
        Assert.True(server.Child(ObjectIds.Server, "ServerConfiguration").IsNull);
        var listed = (await admin.ReadAsync(VariableIds.UserManagement_Users)).Value.AsArray<ExtensionObject?>()!.Select(static e => (UserManagementDataType)e!.Structure!);
        Assert.Contains(listed, u => u is { UserName: "carol", UserConfiguration: UserConfigurationMask.NoDelete, Description: "reads meters" });
    }

    [Fact]
    public async Task What_the_server_wants_of_passwords_is_told_and_held()
    {
        var rules = new PasswordRules { MinLength = 8, MaxLength = 10, RequiresUpperCase = true, RequiresLowerCase = true, RequiresDigit = true, RequiresSpecial = true };
        await using var server = Serve(new MemoryUsers(rules).With("admin", "right"));
        var admin = await server.LogInAsync();
        var length = (await admin.ReadAsync(VariableIds.UserManagement_PasswordLength)).Value.AsStructure<Ua.Range>()!;
        Assert.Equal((8.0, 10.0), (length.Low, length.High));
        // Part 18 5.2.2: bits 0 to 8, all of them.
        Assert.Equal(0x1FFu, (await admin.ReadAsync(VariableIds.UserManagement_PasswordOptions)).Value.AsUInt32());
        foreach (var wrong in (string?[])[null, "", "Ab1-567", "Ab1-5678901", "ab1-5678", "AB1-5678", "Abc-efgh", "Abc45678"])
            Assert.Equal(StatusCodes.BadOutOfRange, await Add(admin, "carol", wrong));
        Assert.Equal(StatusCodes.Good, await Add(admin, "carol", "Ab1-5678"));
        Assert.Equal(StatusCodes.BadOutOfRange, await Modify(admin, "carol", "short"));
        Assert.Equal(StatusCodes.Good, await Modify(admin, "carol", "Ab1-567890"));
    }

    [Fact]
    public async Task Names_and_configurations_that_make_no_sense_are_refused()
    {
        await using var server = Serve(Users());
        var admin = await server.LogInAsync();
        foreach (var name in (string?[])[null, "", "a\0b", new string('x', 257)]) Assert.Equal(StatusCodes.BadInvalidArgument, await Add(admin, name, "secret"));
        Assert.Equal(StatusCodes.BadInvalidArgument, await Add(admin, "carol", "secret", description: new string('x', 257)));
        Assert.Equal(StatusCodes.BadNotSupported, await Add(admin, "carol", "secret", (UserConfigurationMask)16));
        // Part 18 5.2.3: who must change the password must be able to.
        const UserConfigurationMask Contradiction = UserConfigurationMask.MustChangePassword | UserConfigurationMask.NoChangeByUser;
        Assert.Equal(StatusCodes.BadConfigurationError, await Add(admin, "carol", "secret", Contradiction));
        Assert.Equal(StatusCodes.BadConfigurationError, await Modify(admin, "bob", configuration: Contradiction));
        Assert.Equal(StatusCodes.Good, await Add(admin, new string('x', 256), "secret", UserConfigurationMask.NoChangeByUser));
    }

    [Fact]
    public async Task Users_are_managed_by_security_admins_over_encrypted_channels_alone()
    {
        var users = Users();
        await using var server = Serve(users);
        var bob = await server.LogInAsync("bob", isOther: true);
        Assert.NotEqual(StatusCodes.Good, await Add(bob, "carol", "secret"));
        Assert.NotEqual(StatusCodes.Good, await Modify(bob, "admin", "stolen"));
        Assert.NotEqual(StatusCodes.Good, await Remove(bob, "admin"));
        Assert.NotEqual(StatusCodes.Good, (await bob.ReadAsync(VariableIds.UserManagement_Users)).StatusCode);
        var signing = await server.LogInAsync(mode: MessageSecurityMode.Sign);
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, await Add(signing, "carol", "secret"));
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, await Modify(signing, "bob", "stolen"));
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, await Remove(signing, "bob"));
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, await Change(signing, "right", "changed"));
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await signing.ReadAsync(VariableIds.UserManagement_Users)).StatusCode);
        Assert.Equal(["admin", "bob"], users.Users.Select(static u => u.Name).Order());
        // Part 18 5.2.1: what passwords must be like is no secret.
        Assert.Equal(StatusCodes.Good, (await bob.ReadAsync(VariableIds.UserManagement_PasswordLength)).StatusCode);
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.Good, await Add(admin, "carol", "secret"));
        Assert.Equal(StatusCodes.Good, await Remove(admin, "carol"));
    }

    // Part 18 5.2.6: sessions and subscriptions of who is disabled are closed; at ActivateSession there is no such user.
    [Fact]
    public async Task Who_is_disabled_is_gone_at_once_with_all_sessions_and_subscriptions()
    {
        await using var server = Serve(Users());
        var admin = await server.LogInAsync();
        var bob = await server.LogInAsync("bob", isOther: true);
        await bob.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 1_000, RequestedLifetimeCount = 100, RequestedMaxKeepAliveCount = 10 });
        await bob.CallAsync<CloseSessionResponse>(new CloseSessionRequest { DeleteSubscriptions = false });
        bob = await server.LogInAsync("bob", isOther: true);
        Assert.Equal(StatusCodes.BadInvalidSelfReference, await Modify(admin, "admin", configuration: UserConfigurationMask.Disabled));
        Assert.Equal(StatusCodes.BadNotFound, await Modify(admin, "nobody", configuration: UserConfigurationMask.Disabled));
        Assert.Equal(StatusCodes.Good, await Modify(admin, "bob", configuration: UserConfigurationMask.Disabled));
        Assert.Equal("BadSessionIdInvalid", await Refused(bob.ReadAsync(ObjectIds.Server, AttributeIds.NodeId)));
        Assert.Empty(server.Server.Subscriptions.Diagnostics.All());
        Assert.Equal("BadUserAccessDenied", await Refused(server.LogInAsync("bob", isOther: true)));
        Assert.Equal(StatusCodes.Good, await Modify(admin, "bob", configuration: UserConfigurationMask.None));
        await server.LogInAsync("bob", isOther: true);
    }

    [Fact]
    public async Task Who_is_removed_is_gone_at_once_unless_nobody_may()
    {
        await using var server = Serve(Users().With("keeper", "right", UserConfigurationMask.NoDelete));
        var admin = await server.LogInAsync();
        var bob = await server.LogInAsync("bob", isOther: true);
        Assert.Equal(StatusCodes.BadInvalidSelfReference, await Remove(admin, "admin"));
        Assert.Equal(StatusCodes.BadNotSupported, await Remove(admin, "keeper"));
        Assert.Equal(StatusCodes.BadNotFound, await Remove(admin, "nobody"));
        Assert.Equal(StatusCodes.Good, await Remove(admin, "bob"));
        Assert.Equal("BadSessionIdInvalid", await Refused(bob.ReadAsync(ObjectIds.Server, AttributeIds.NodeId)));
        Assert.Equal("BadUserAccessDenied", await Refused(server.LogInAsync("bob", isOther: true)));
    }

    [Fact]
    public async Task Users_change_their_own_passwords()
    {
        await using var server = Serve(Users().With("fixed", "right", UserConfigurationMask.NoChangeByUser));
        var bob = await server.LogInAsync("bob", isOther: true);
        Assert.Equal(StatusCodes.BadIdentityTokenInvalid, await Change(bob, "wrong", "changed"));
        Assert.Equal(StatusCodes.BadOutOfRange, await Change(bob, "right", "x"));
        Assert.Equal(StatusCodes.BadAlreadyExists, await Change(bob, "right", "right"));
        Assert.Equal(StatusCodes.Good, await Change(bob, "right", "changed"));
        Assert.Equal("BadUserAccessDenied", await Refused(server.LogInAsync("bob", isOther: true)));
        await server.LogInAsync("bob", "changed", isOther: true);
        Assert.Equal(StatusCodes.BadNotSupported, await Change(await server.LogInAsync("fixed"), "right", "changed"));
        Assert.Equal(StatusCodes.BadInvalidState, await Change(await server.LogInAsync(user: null), "right", "changed"));
    }

    // Attack class 24: a session that was left open is no place to try passwords.
    [Fact]
    public async Task Guessing_the_old_password_is_slowed()
    {
        await using var server = Serve(Users());
        var bob = await server.LogInAsync("bob");
        for (var i = 0; i < LoginThrottle.FreeFailures; i++) Assert.Equal(StatusCodes.BadIdentityTokenInvalid, await Change(bob, $"guess {i}", "changed"));
        // The right one waits its turn as well: only the clock lets it through.
        await bob.PostAsync(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = Object, MethodId = MethodIds.UserManagement_ChangePassword, InputArguments = ["right", "changed"] }] });
        await bob.PostAsync(new ReadRequest { NodesToRead = [new ReadValueId { NodeId = Object, AttributeId = AttributeIds.NodeId }] });
        Assert.IsType<ReadResponse>(await bob.ReceiveAsync());
        server.Time.Advance(LoginThrottle.MaxPause);
        Assert.Equal(StatusCodes.Good, Assert.IsType<CallResponse>(await bob.ReceiveAsync()).Results![0].StatusCode);
    }

    // Part 18 5.2.8, Part 4 5.7.3.3.
    [Fact]
    public async Task Who_must_change_the_password_can_do_nothing_else()
    {
        await using var server = Serve(Users().With("new", "initial", UserConfigurationMask.MustChangePassword));
        server.Server.Identities.Replace([new(RoleTable.Operator, IdentityCriteriaType.UserName, "new"), new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, "admin")]);
        var variable = server.AddVariable("v", ObjectIds.WellKnownRole_Operator);
        var client = await server.LogInAsync("bob", isOther: true);
        var response = await client.CallAsync<ActivateSessionResponse>(client.Activation("new", "initial"));
        Assert.Equal(StatusCodes.GoodPasswordChangeRequired, response.ResponseHeader.ServiceResult);
        client.Adopt(response);
        Assert.Equal([RoleTable.Anonymous], server.RolesOf("new"));
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await client.ReadAsync(variable)).StatusCode);
        // Nor does a change of somebody else's rights wake it up.
        server.Server.RefreshAccess();
        Assert.Equal([RoleTable.Anonymous], server.RolesOf("new"));
        Assert.Equal(StatusCodes.Good, await Change(client, "initial", "changed"));
        // The roles come with the next activation, not before.
        server.Server.RefreshAccess();
        Assert.Equal([RoleTable.Anonymous], server.RolesOf("new"));
        response = await client.CallAsync<ActivateSessionResponse>(client.Activation("new", "changed"));
        Assert.Equal(StatusCodes.Good, response.ResponseHeader.ServiceResult);
        client.Adopt(response);
        Assert.Equal(1.0, (await client.ReadAsync(variable)).Value);
    }

    [Fact]
    public async Task No_password_is_in_any_event()
    {
        await using var server = Serve(Users());
        var admin = await server.LogInAsync();
        var heard = new ConcurrentQueue<UaEvent>();
        Assert.True(server.Server.Model.AddressSpace.TryResolve(ObjectIds.Server, out var notifier));
        server.Server.Events.Subscribe(notifier, new Listener(heard));
        await Add(admin, "carol", "hush-hush-1");
        await Modify(admin, "carol", "hush-hush-2");
        await Change(admin, "right", "hush-hush-3");
        await admin.StatusOfAsync(Object, MethodIds.UserManagementType_AddUser, "dave", "hush-hush-4", 0u, null);
        Assert.Equal(4, heard.Count(e => e.EventType == new NodeId(ObjectTypeIds.AuditUpdateMethodEventType)));
        Assert.DoesNotContain(heard, e => e.Fields.Values.Any(v => v.ToString().Contains("hush", StringComparison.Ordinal)));
        await Remove(admin, "carol");
        Assert.Contains(heard, e => e.Fields.TryGetValue("InputArguments", out var given) && given.AsArray<Variant>()?.Contains("carol") == true);
    }

    // Users whom the host knows otherwise are nobody's to manage here, and stay what they are.
    [Fact]
    public async Task Users_who_are_kept_elsewhere_log_in_beside_those_that_are_managed()
    {
        await using var server = new TestServer(parts: p => p with { ManagedUsers = new MemoryUsers().With("carol", "secret") });
        var admin = await server.LogInAsync();
        await server.LogInAsync("carol", "secret", isOther: true);
        Assert.Equal("BadUserAccessDenied", await Refused(server.LogInAsync("carol", "right", isOther: true)));
        Assert.Equal(StatusCodes.BadNotSupported, await Change(admin, "right", "changed"));
        Assert.Equal(StatusCodes.BadNotFound, await Remove(admin, "bob"));
        Assert.Equal(StatusCodes.Good, await Remove(admin, "carol"));
        Assert.Equal("admin", Assert.Single(server.Server.Sessions.All, static s => s.Access is not null).Access!.UserName);
    }

    [Fact]
    public async Task Without_a_store_there_is_no_user_management()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.BadNodeIdUnknown, await Add(admin, "carol", "secret"));
    }

    private sealed class Listener(ConcurrentQueue<UaEvent> heard) : IEventReceiver
    {
        public void OnEvent(UaEvent occurrence) => heard.Enqueue(occurrence);
    }
}
