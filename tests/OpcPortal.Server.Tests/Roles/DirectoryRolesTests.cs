using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Roles and local users are kept in the directory's store (Part 18 4, 5), and nobody alone makes another manager (portal-model.md, Who).</summary>
public sealed class DirectoryRolesTests
{
    private readonly MemoryRecordStore _store = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 4, 5, 6, 7, 8, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task<PortalDirectory> OpenAsync() => PortalDirectory.OpenAsync(_store, _time, cancellation: Cancellation);

    [Fact]
    public async Task Roles_come_back_as_they_were_saved()
    {
        var directory = await OpenAsync();
        Assert.Empty(new DirectoryRoles(directory).Load());
        StoredRole[] roles =
        [
            new("urn:somewhere", "Readers", true, new RoleConfiguration
            {
                Identities = [new(IdentityCriteriaType.UserName, "bob"), new(IdentityCriteriaType.Anonymous, null), new((IdentityCriteriaType)9, null)],
                Applications = ["urn:a", "urn:b"],
                ApplicationsExclude = false,
                Endpoints = [new("opc.tcp://host:4840", MessageSecurityMode.SignAndEncrypt, "http://policy"), new("opc.tcp://other:4840")],
                EndpointsExclude = false,
            }),
            new(NamespaceTable.OpcUa, "Operator", false, RoleConfiguration.Nobody),
        ];
        await new DirectoryRoles(directory).SaveAsync(roles, Cancellation);
        var loaded = new DirectoryRoles(await OpenAsync()).Load();
        Assert.Equal(["Readers", "Operator"], loaded.Select(static role => role.Name));
        var (first, second) = (loaded[0].Configuration, loaded[1].Configuration);
        Assert.Equal(roles[0].Configuration.Identities, first.Identities);
        Assert.Equal(["urn:a", "urn:b"], first.Applications);
        Assert.Equal(roles[0].Configuration.Endpoints, first.Endpoints);
        Assert.Equal((false, false, true, true), (first.ApplicationsExclude, first.EndpointsExclude, second.ApplicationsExclude, second.EndpointsExclude));
        Assert.Equal(("urn:somewhere", true, false), (loaded[0].NamespaceUri, loaded[0].IsAdded, loaded[1].IsAdded));
    }

    [Fact]
    public async Task What_a_newer_server_wrote_is_refused_with_a_reason()
    {
        var directory = await OpenAsync();
        await directory.ApplyAsync([new DirectoryDocument("roles", """[{"name":"x","secretClearance":7}]"""), new DirectoryDocument("local-users", """[{"name":"x","passwordHash":"none"}]""")], "test", "test", Cancellation);
        Assert.Contains("roles", Assert.Throws<DirectoryException>(() => new DirectoryRoles(directory).Load()).Message, StringComparison.Ordinal);
        Assert.Contains("local users", Assert.Throws<DirectoryException>(() => new DirectoryUsers(directory, new HashSet<string>())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Local_users_outlive_a_restart_and_their_passwords_are_kept_hashed()
    {
        using var users = new DirectoryUsers(await OpenAsync(), new HashSet<string>());
        Assert.Equal(StatusCodes.Good, (await users.AddAsync(new ManagedUser("carol", UserConfigurationMask.NoDelete, "reads"), "open-sesame-1"u8.ToArray(), Cancellation)).Code);
        Assert.Equal(StatusCodes.BadAlreadyExists, (await users.AddAsync(new ManagedUser("carol"), "open-sesame-2"u8.ToArray(), Cancellation)).Code);
        Assert.DoesNotContain(_store.Records, static record => record.Body!.Contains("sesame", StringComparison.Ordinal));
        using var again = new DirectoryUsers(await OpenAsync(), new HashSet<string>());
        Assert.True(again.TryGet("carol", out var carol));
        Assert.Equal(new ManagedUser("carol", UserConfigurationMask.NoDelete, "reads"), carol);
        Assert.True(await again.VerifyAsync("carol", "open-sesame-1"u8.ToArray(), Cancellation));
        Assert.False(await again.VerifyAsync("carol", "open-sesame-2"u8.ToArray(), Cancellation));
        Assert.False(await again.VerifyAsync("nobody", "open-sesame-1"u8.ToArray(), Cancellation));
        await again.ReplaceAsync(carol with { Configuration = UserConfigurationMask.Disabled }, null, Cancellation);
        Assert.True(await again.VerifyAsync("carol", "open-sesame-1"u8.ToArray(), Cancellation));
        await again.ReplaceAsync(carol, "open-sesame-3"u8.ToArray(), Cancellation);
        Assert.True(await again.VerifyAsync("carol", "open-sesame-3"u8.ToArray(), Cancellation));
        Assert.Equal(StatusCodes.Good, (await again.RemoveAsync("carol", Cancellation)).Code);
        Assert.Equal(StatusCodes.BadNotFound, (await again.RemoveAsync("carol", Cancellation)).Code);
        Assert.False(await again.VerifyAsync("carol", "open-sesame-3"u8.ToArray(), Cancellation));
    }

    [Fact]
    public async Task What_cannot_be_stored_is_not_in_force()
    {
        using var users = new DirectoryUsers(await OpenAsync(), new HashSet<string>());
        _store.NextFailure = new StorageException("The disk is full.");
        await Assert.ThrowsAsync<DirectoryException>(async () => await users.AddAsync(new ManagedUser("carol"), "open-sesame-1"u8.ToArray(), Cancellation));
        Assert.False(users.TryGet("carol", out _));
        Assert.Equal(StatusCodes.Good, (await users.AddAsync(new ManagedUser("carol"), "open-sesame-1"u8.ToArray(), Cancellation)).Code);
    }

    // A local user is of no entity: nobody becomes somebody's individual by having the name first.
    [Fact]
    public async Task A_name_that_somebody_has_elsewhere_is_taken()
    {
        var directory = await OpenAsync();
        using var users = new DirectoryUsers(directory, new HashSet<string> { "configured" });
        await directory.ApplyAsync([GovernedServer.Entity("house", EntityKind.House, "urn:house"), Mia("mia")], "test", "test", Cancellation);
        foreach (var name in (string[])["configured", "mia"])
            Assert.Equal(StatusCodes.BadAlreadyExists, (await users.AddAsync(new ManagedUser(name), "open-sesame-1"u8.ToArray(), Cancellation)).Code);
        await users.AddAsync(new ManagedUser("zoe"), "open-sesame-1"u8.ToArray(), Cancellation);
        Assert.True(users.TryGet("zoe", out _));
        await directory.ApplyAsync([Mia("zoe")], "test", "test", Cancellation);
        Assert.False(users.TryGet("zoe", out _));
    }

    private static Individual Mia(string userName) => new() { Id = $"i-{userName}", Entity = "house", Name = userName, UserName = userName, PasswordHash = PasswordHash.Create("open-sesame-9"u8).Write() };

    [Theory]
    [InlineData("SecurityAdmin", RoleChangeVerdict.AwaitsSecond)]
    [InlineData("ConfigureAdmin", RoleChangeVerdict.AwaitsSecond)]
    [InlineData("SystemManager", RoleChangeVerdict.AwaitsSecond)]
    [InlineData("NetworkManager", RoleChangeVerdict.AwaitsSecond)]
    [InlineData("Operator", RoleChangeVerdict.Allowed)]
    public async Task Managers_roles_are_changed_by_two(string role, RoleChangeVerdict alone)
    {
        var approval = new ManagerRolesApproval(_time);
        var change = new RoleChange(RoleChangeKind.AddIdentity, NamespaceTable.OpcUa, role, "UserName carol");
        Assert.Equal(alone, await approval.AskAsync(Who("ann"), change, Cancellation));
        Assert.Equal(RoleChangeVerdict.Allowed, await approval.AskAsync(Who("ben"), change, Cancellation));
    }

    private static AccessContext Who(string name) => new() { Roles = 1UL << RoleTable.SecurityAdmin, SecurityMode = MessageSecurityMode.SignAndEncrypt, Identity = new UserIdentity(UserTokenType.UserName, name) };
}
