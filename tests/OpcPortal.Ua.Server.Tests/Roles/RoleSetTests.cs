using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Roles that come and go, over the wire. Part 18 4.2.</summary>
public sealed class RoleSetTests
{
    private static async Task<string[]> Roles(WireClient client)
    {
        var response = await client.CallAsync<BrowseResponse>(new BrowseRequest
        {
            NodesToBrowse = [new BrowseDescription { NodeId = RoleClient.RoleSetId, ReferenceTypeId = ReferenceTypeIds.HasComponent, IncludeSubtypes = true, NodeClassMask = (uint)NodeClass.Object, ResultMask = 63 }],
        });
        return [.. response.Results![0].References!.Select(r => r.BrowseName.ToString()).Order()];
    }

    [Fact]
    public async Task A_role_is_added_as_an_object_of_its_own_and_restricted_to_nothing_yet()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var added = await admin.AddRoleAsync("MeterReaders");
        Assert.Equal(StatusCodes.Good, added.StatusCode);
        var role = added.OutputArguments![0].AsNodeId();
        // Part 18 4.2.2: without a namespace the server's own qualifies the name; the lists exclude at first.
        Assert.Equal(new QualifiedName("MeterReaders", 1), (await admin.ReadAsync(role, AttributeIds.BrowseName)).Value.AsQualifiedName());
        Assert.True((await admin.ReadAsync(server.Child(role, "ApplicationsExclude"))).Value.AsBoolean());
        Assert.True((await admin.ReadAsync(server.Child(role, "EndpointsExclude"))).Value.AsBoolean());
        Assert.Empty((await admin.ReadAsync(server.Child(role, "Identities"))).Value.AsArray<ExtensionObject?>()!);
        Assert.Contains("1:MeterReaders", await Roles(admin));
        Assert.Equal(StatusCodes.Good, await admin.RemoveRoleAsync(role));
        Assert.DoesNotContain("1:MeterReaders", await Roles(admin));
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await admin.ReadAsync(role, AttributeIds.BrowseName)).StatusCode);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, await admin.RemoveRoleAsync(role));
    }

    [Fact]
    public async Task A_name_is_taken_once_in_each_namespace()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.Good, (await admin.AddRoleAsync("Readers")).StatusCode);
        Assert.Equal(StatusCodes.BadAlreadyExists, (await admin.AddRoleAsync("Readers", TestPki.ServerUri)).StatusCode);
        Assert.Equal(StatusCodes.Good, (await admin.AddRoleAsync("Readers", StandardModel.DevicesUri)).StatusCode);
        Assert.Contains("2:Readers", await Roles(admin));
    }

    [Fact]
    public async Task Names_that_are_none_and_namespaces_that_are_not_there_are_refused()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        foreach (var name in (string?[])[null, "", "  ", "a\nb", new string('x', 129)]) Assert.Equal(StatusCodes.BadInvalidArgument, (await admin.AddRoleAsync(name)).StatusCode);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await admin.AddRoleAsync("Readers", "urn:nowhere")).StatusCode);
        Assert.Equal(StatusCodes.Good, (await admin.AddRoleAsync(new string('x', 128))).StatusCode);
    }

    // Part 18 4.2.2: well-known roles keep their fixed ids; those of PubSub are not had here.
    [Fact]
    public async Task Roles_of_the_standard_are_there_already_or_not_supported_and_never_removed()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.BadAlreadyExists, (await admin.AddRoleAsync("Operator", NamespaceTable.OpcUa)).StatusCode);
        Assert.Equal(StatusCodes.BadNotSupported, (await admin.AddRoleAsync("SecurityKeyServerAdmin", NamespaceTable.OpcUa)).StatusCode);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await admin.AddRoleAsync("Readers", NamespaceTable.OpcUa)).StatusCode);
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.RemoveRoleAsync(ObjectIds.WellKnownRole_Operator));
        Assert.Equal(StatusCodes.BadNodeIdUnknown, await admin.RemoveRoleAsync(ObjectIds.Server));
    }

    [Fact]
    public async Task Only_a_security_admin_over_an_encrypted_channel_changes_roles()
    {
        await using var server = new TestServer();
        var bob = await server.LogInAsync("bob");
        Assert.Equal(StatusCodes.BadMethodInvalid, (await bob.AddRoleAsync("Readers")).StatusCode);
        Assert.Equal(StatusCodes.BadUserAccessDenied, await bob.AddIdentityAsync(ObjectIds.WellKnownRole_Operator, IdentityCriteriaType.UserName, "bob"));
        var signing = await server.LogInAsync(mode: MessageSecurityMode.Sign, isOther: true);
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await signing.AddRoleAsync("Readers")).StatusCode);
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, await signing.AddIdentityAsync(ObjectIds.WellKnownRole_Operator, IdentityCriteriaType.UserName, "bob"));
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await signing.ReadAsync(server.Child(ObjectIds.WellKnownRole_Operator, "Identities"))).StatusCode);
        var admin = await server.LogInAsync();
        Assert.Equal(StatusCodes.Good, (await admin.AddRoleAsync("Readers")).StatusCode);
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(ObjectIds.WellKnownRole_Operator, IdentityCriteriaType.UserName, "bob"));
    }

    [Fact]
    public async Task What_a_role_that_was_added_says_is_for_security_admins_alone()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
        var bob = await server.LogInAsync("bob", isOther: true);
        Assert.Equal(StatusCodes.Good, (await bob.ReadAsync(role, AttributeIds.BrowseName)).StatusCode);
        foreach (var name in (string[])["Identities", "Applications", "ApplicationsExclude", "Endpoints", "EndpointsExclude", "AddIdentity", "RemoveEndpoint"])
        {
            Assert.Equal(StatusCodes.BadNodeIdUnknown, (await bob.ReadAsync(server.Child(role, name), AttributeIds.BrowseName)).StatusCode);
            Assert.Equal(StatusCodes.Good, (await admin.ReadAsync(server.Child(role, name), AttributeIds.BrowseName)).StatusCode);
            Assert.Equal((ushort)(AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired), (await admin.ReadAsync(server.Child(role, name), AttributeIds.AccessRestrictions)).Value.AsUInt16());
        }
    }

    // The table of roles has 64 places: one of a role that went is free again.
    [Fact]
    public async Task There_are_as_many_roles_as_there_is_room_for()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        NodeId last = default;
        // Roles that only permissions name have a place too.
        for (var i = server.Server.Model.Roles.RoleIds.Count; i < RoleTable.MaxRoles; i++) last = (await admin.AddRoleAsync($"Role{i}")).OutputArguments![0].AsNodeId();
        Assert.Equal(StatusCodes.BadResourceUnavailable, (await admin.AddRoleAsync("OneMore")).StatusCode);
        Assert.Equal(StatusCodes.Good, await admin.RemoveRoleAsync(last));
        Assert.Equal(StatusCodes.Good, (await admin.AddRoleAsync("OneMore")).StatusCode);
    }

    // Part 18 4.2.3: with the role its permissions go; whoever gets its place gets none of them.
    [Fact]
    public async Task With_a_role_all_that_it_was_allowed_goes()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
        var number = server.Server.Model.Roles.IndexOf(role);
        var variable = server.AddVariable("v", role);
        server.Server.Model.Policy.SetDefaults(2, new RolePermissionSet([new(number, PermissionType.Browse)]));
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(role, IdentityCriteriaType.UserName, "bob"));
        var bob = await server.LogInAsync("bob", isOther: true);
        Assert.Equal(StatusCodes.Good, (await bob.ReadAsync(variable)).StatusCode);
        Assert.Equal(StatusCodes.Good, await admin.RemoveRoleAsync(role));
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await bob.ReadAsync(variable)).StatusCode);
        Assert.False(server.Has("bob", number));
        role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(role, IdentityCriteriaType.UserName, "bob"));
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await bob.ReadAsync(variable)).StatusCode);
        Assert.Equal(0ul, server.Server.Model.Policy.DefaultsOf(2).Permissions.Roles);
    }

    [Fact]
    public async Task A_role_that_was_added_shows_in_the_permissions_of_nodes_and_namespaces()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
        var number = server.Server.Model.Roles.IndexOf(role);
        var variable = server.AddVariable("v", role);
        server.Server.Model.Policy.SetDefaults(1, new RolePermissionSet([new(number, PermissionType.ReadHistory), new(RoleTable.Anonymous, RoleClient.May)]));
        await admin.AddIdentityAsync(role, IdentityCriteriaType.UserName, "bob");
        var bob = await server.LogInAsync("bob", isOther: true);
        var own = (await bob.ReadAsync(variable, AttributeIds.UserRolePermissions)).Value.AsArray<ExtensionObject?>()!.Select(e => (RolePermissionType)e!.Structure!);
        Assert.Contains(own, p => p.RoleId == role && p.Permissions == RoleClient.May);
        var metadata = server.Child(server.Child(ObjectIds.Server_Namespaces, TestPki.ServerUri), "DefaultRolePermissions");
        var defaults = (await admin.ReadAsync(metadata)).Value.AsArray<ExtensionObject?>()!.Select(e => (RolePermissionType)e!.Structure!);
        Assert.Contains(defaults, p => p.RoleId == role && p.Permissions == PermissionType.ReadHistory);
    }
}
