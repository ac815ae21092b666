using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Roles, permissions and restrictions. Part 3 4.9, 5.2.9 to 5.2.11, 8.55, 8.56.</summary>
public sealed class NodeAccessTests
{
    private readonly NodeWorld _world = new();

    private string Authorize(AccessContext who, NodeId node, PermissionType wanted) => _world.Access.Resolve(who, node, wanted, out _).ToString();

    // Part 3 4.9.3: what nobody stated nobody may.
    [Fact]
    public void Where_nothing_is_stated_nothing_is_allowed()
    {
        var source = new StaticNodes(_world.Roles, _world.Types);
        _world.Space.Attach(2, source);
        source.Add([new NodeRecord { NodeId = new NodeId("a", 2), NodeClass = NodeClass.Object, BrowseName = "a" }]);
        var everybody = new AccessContext { Roles = ulong.MaxValue, SecurityMode = MessageSecurityMode.SignAndEncrypt };
        Assert.Equal("BadNodeIdUnknown", Authorize(everybody, new NodeId("a", 2), PermissionType.Browse));
        _world.Policy.SetDefaults(2, StandardSpace.Everybody(PermissionType.Browse));
        Assert.Equal("Good", Authorize(everybody, new NodeId("a", 2), PermissionType.Browse));
        Assert.Equal("BadUserAccessDenied", Authorize(everybody, new NodeId("a", 2), PermissionType.Read));
    }

    [Fact]
    public void A_grant_holds_what_was_asked_for_and_no_more()
    {
        var node = _world.Variable("v", 1);
        Assert.Equal("Good", _world.Access.Resolve(NodeWorld.User(), node, PermissionType.Read, out var grant).ToString());
        Assert.Equal(PermissionType.Read, grant.Permissions);
        Assert.Equal(node, grant.Node.NodeId);
        Assert.Equal("BadUserAccessDenied", _world.Access.Resolve(NodeWorld.User(), _world.Variable("w", 1, permissions: NodeWorld.Only(0, PermissionType.Browse)), PermissionType.Read, out var refused).ToString());
        Assert.True(refused.Node.IsNone);
    }

    // Part 3 4.9.3: the permissions of all roles that a session has, together.
    [Fact]
    public void Roles_add_up()
    {
        var node = _world.Variable("v", 1, permissions:
        [
            .. NodeWorld.Only(RoleTable.Anonymous, PermissionType.Browse), .. NodeWorld.Only(RoleTable.Observer, PermissionType.Read), .. NodeWorld.Only(RoleTable.Operator, PermissionType.Write),
        ]);
        const PermissionType Both = PermissionType.Read | PermissionType.Write;
        Assert.Equal("BadUserAccessDenied", Authorize(NodeWorld.User(RoleTable.Observer), node, Both));
        Assert.Equal("BadUserAccessDenied", Authorize(NodeWorld.User(RoleTable.Operator), node, Both));
        Assert.Equal("Good", Authorize(NodeWorld.User(RoleTable.Observer, RoleTable.Operator), node, Both));
        Assert.Equal("Good", Authorize(NodeWorld.User(RoleTable.Observer), node, PermissionType.Read));
        // Without Browse the rest is worth nothing.
        Assert.Equal("BadNodeIdUnknown", Authorize(new AccessContext { Roles = 1UL << RoleTable.Observer, SecurityMode = MessageSecurityMode.Sign }, node, PermissionType.Read));
    }

    // Part 3 5.2.9: a node's own permissions stand in place of its namespace's, whether they are more or less; none at all is for nobody.
    [Fact]
    public void A_nodes_own_permissions_replace_its_namespaces()
    {
        _world.Policy.SetDefaults(1, StandardSpace.Everybody(PermissionType.Browse | PermissionType.Read));
        Assert.Equal("Good", Authorize(NodeWorld.User(), _world.Variable("plain", 1), PermissionType.Read));
        Assert.Equal("BadUserAccessDenied", Authorize(NodeWorld.User(), _world.Variable("plain2", 1), PermissionType.Write));
        Assert.Equal("Good", Authorize(NodeWorld.User(), _world.Variable("more", 1, permissions: NodeWorld.Only(0, PermissionType.Browse | PermissionType.Write)), PermissionType.Write));
        Assert.Equal("BadUserAccessDenied", Authorize(NodeWorld.User(), NodeWorld.Id("more"), PermissionType.Read));
        Assert.Equal("BadNodeIdUnknown", Authorize(NodeWorld.User(), _world.Variable("nobody", 1, permissions: []), PermissionType.Browse));
    }

    // Part 3 8.56. Rows: restrictions; then what Browse and Read get over None, Sign and SignAndEncrypt.
    [Theory]
    [InlineData(AccessRestrictionType.None, "Good Good Good", "Good Good Good")]
    [InlineData(AccessRestrictionType.SigningRequired, "Good Good Good", "Low Good Good")]
    [InlineData(AccessRestrictionType.EncryptionRequired, "Good Good Good", "Low Low Good")]
    [InlineData(AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired, "Good Good Good", "Low Low Good")]
    // Whoever asks here has a session.
    [InlineData(AccessRestrictionType.SessionRequired, "Good Good Good", "Good Good Good")]
    [InlineData(AccessRestrictionType.ApplyRestrictionsToBrowse, "Good Good Good", "Good Good Good")]
    [InlineData(AccessRestrictionType.SigningRequired | AccessRestrictionType.ApplyRestrictionsToBrowse, "Low Good Good", "Low Good Good")]
    [InlineData(AccessRestrictionType.EncryptionRequired | AccessRestrictionType.ApplyRestrictionsToBrowse, "Low Low Good", "Low Low Good")]
    public async Task What_asks_for_protection_is_not_served_without(AccessRestrictionType restrictions, string browse, string read)
    {
        var parent = _world.Object("parent");
        var node = _world.Variable("v", 1, parent: parent, restrictions: restrictions);
        MessageSecurityMode[] modes = [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt];
        for (var i = 0; i < modes.Length; i++)
        {
            var who = NodeWorld.User().Over(modes[i]);
            var (mayBrowse, mayRead) = (Expected(browse, i), Expected(read, i));
            Assert.Equal(mayBrowse, Authorize(who, node, PermissionType.Browse));
            Assert.Equal(mayRead, Authorize(who, node, PermissionType.Read));
            Assert.Equal(mayRead, Authorize(who, node, PermissionType.Write));
            var session = _world.Connect(who);
            Assert.Equal(mayRead, (await _world.Read(node, session: session)).StatusCode.ToString());
            Assert.Equal(mayBrowse, (await _world.Read(node, AttributeIds.DisplayName, session: session)).StatusCode.ToString());
            Assert.Equal(mayBrowse == "Good" ? ["v"] : [], await _world.Names(parent, session));
        }

        static string Expected(string row, int mode) => row.Split(' ')[mode] == "Good" ? "Good" : "BadSecurityModeInsufficient";
    }

    [Fact]
    public void A_namespaces_restrictions_hold_for_nodes_that_state_none()
    {
        _world.Policy.SetDefaults(1, StandardSpace.Everybody(NodeWorld.Everything), AccessRestrictionType.EncryptionRequired);
        var signed = NodeWorld.User().Over(MessageSecurityMode.Sign);
        Assert.Equal("BadSecurityModeInsufficient", Authorize(signed, _world.Variable("plain", 1), PermissionType.Read));
        Assert.Equal("Good", Authorize(signed, _world.Variable("open", 1, restrictions: AccessRestrictionType.None), PermissionType.Read));
    }

    // What the user may not do anyway does not tell what the channel lacks.
    [Fact]
    public void Who_may_not_is_denied_on_every_channel()
    {
        var node = _world.Variable("v", 1, permissions: NodeWorld.Only(0, PermissionType.Browse), restrictions: AccessRestrictionType.EncryptionRequired);
        Assert.Equal("BadUserAccessDenied", Authorize(NodeWorld.User().Over(MessageSecurityMode.None), node, PermissionType.Read));
    }

    // What may not be browsed does not exist, whatever is asked of it.
    [Fact]
    public async Task What_may_not_be_browsed_exists_for_no_service()
    {
        var parent = _world.Object("parent");
        const PermissionType ButBrowse = NodeWorld.Everything & ~PermissionType.Browse;
        var hidden = _world.Variable("hidden", 1, parent: parent, permissions: NodeWorld.Only(0, ButBrowse), writeMask: uint.MaxValue);
        var hiddenObject = _world.Object("hiddenObject", parent, permissions: NodeWorld.Only(0, ButBrowse));
        var method = _world.Method("method", hiddenObject);
        foreach (var node in new[] { hidden, NodeWorld.Id("none") })
        {
            for (uint attribute = 1; attribute <= 27; attribute++) Assert.Equal((attribute, "BadNodeIdUnknown"), (attribute, (await _world.Read(node, attribute)).StatusCode.ToString()));
            foreach (var attribute in new[] { AttributeIds.Value, AttributeIds.DisplayName, AttributeIds.RolePermissions, AttributeIds.UserWriteMask })
                Assert.Equal((attribute, "BadNodeIdUnknown"), (attribute, await _world.Write(node, 1, attribute)));
            Assert.Equal("BadNodeIdUnknown", (await _world.Browse(NodeWorld.Description(node))).StatusCode.ToString());
            Assert.Equal("BadNodeIdUnknown", (await _world.Call(node, method)).StatusCode.ToString());
        }

        Assert.Equal("BadNodeIdUnknown", (await _world.Call(hiddenObject, method)).StatusCode.ToString());
        Assert.Empty(await _world.Names(parent));
    }

    // Part 3 5.2.9, 5.2.10, 8.55 (ReadRolePermissions).
    [Fact]
    public async Task The_permissions_of_all_roles_are_for_who_may_read_them_and_ones_own_for_everybody()
    {
        RolePermission[] permissions =
        [
            .. NodeWorld.Only(RoleTable.Anonymous, PermissionType.Browse), .. NodeWorld.Only(RoleTable.Operator, PermissionType.Read),
            .. NodeWorld.Only(RoleTable.SecurityAdmin, PermissionType.Browse | PermissionType.ReadRolePermissions),
        ];
        var node = _world.Variable("v", 1, permissions: permissions);
        var admin = _world.Connect(NodeWorld.User(RoleTable.SecurityAdmin));
        var user = _world.Connect(NodeWorld.User(RoleTable.Operator));
        Assert.Equal("BadUserAccessDenied", (await _world.Read(node, AttributeIds.RolePermissions, session: user)).StatusCode.ToString());
        Assert.Equal(permissions, Of(await _world.Read(node, AttributeIds.RolePermissions, session: admin)));
        Assert.Equal(permissions[..2], Of(await _world.Read(node, AttributeIds.UserRolePermissions, session: user)));
        Assert.Equal([permissions[0], permissions[2]], Of(await _world.Read(node, AttributeIds.UserRolePermissions, session: admin)));

        static RolePermission[] Of(DataValue value) => [.. value.Value.AsArray<ExtensionObject?>()!.Select(e => (RolePermissionType)e!.Structure!).Select(p => new RolePermission(p.RoleId, (uint)p.Permissions))];
    }

    [Fact]
    public async Task Restrictions_are_shown_whether_they_are_the_nodes_or_its_namespaces()
    {
        _world.Policy.SetDefaults(1, StandardSpace.Everybody(NodeWorld.Everything), AccessRestrictionType.SigningRequired);
        Assert.Equal((ushort)AccessRestrictionType.SigningRequired, (await _world.Read(_world.Object("plain"), AttributeIds.AccessRestrictions)).Value.AsUInt16());
        Assert.Equal((ushort)AccessRestrictionType.EncryptionRequired, (await _world.Read(_world.Object("own", restrictions: AccessRestrictionType.EncryptionRequired), AttributeIds.AccessRestrictions)).Value.AsUInt16());
    }

    // Part 3 5.6.2 (UserAccessLevel): AccessLevel, less what the user has no permission for.
    [Theory]
    [InlineData(PermissionType.None, AccessLevelType.SemanticChange)]
    [InlineData(PermissionType.Read, AccessLevelType.SemanticChange | AccessLevelType.CurrentRead)]
    [InlineData(PermissionType.Write, AccessLevelType.SemanticChange | AccessLevelType.CurrentWrite | AccessLevelType.StatusWrite | AccessLevelType.TimestampWrite)]
    [InlineData(PermissionType.ReadHistory, AccessLevelType.SemanticChange | AccessLevelType.HistoryRead)]
    [InlineData(PermissionType.InsertHistory, AccessLevelType.SemanticChange | AccessLevelType.HistoryWrite)]
    [InlineData(PermissionType.ModifyHistory, AccessLevelType.SemanticChange | AccessLevelType.HistoryWrite)]
    [InlineData(PermissionType.DeleteHistory, AccessLevelType.SemanticChange | AccessLevelType.HistoryWrite)]
    [InlineData(PermissionType.Call, AccessLevelType.SemanticChange)]
    public async Task The_users_access_level_is_what_the_user_may_of_what_there_is(PermissionType permissions, AccessLevelType expected)
    {
        var granted = NodeWorld.Only(0, permissions | PermissionType.Browse);
        Assert.Equal((byte)expected, (await _world.Read(_world.Variable("all", 1, level: (AccessLevelExType)0x7F, permissions: granted), AttributeIds.UserAccessLevel)).Value.AsByte());
        Assert.Equal((byte)(expected & AccessLevelType.CurrentRead), (await _world.Read(_world.Variable("read", 1, level: AccessLevelExType.CurrentRead, permissions: granted), AttributeIds.UserAccessLevel)).Value.AsByte());
    }

    [Theory]
    [InlineData(true, PermissionType.Call, true)]
    [InlineData(true, PermissionType.Read, false)]
    [InlineData(false, PermissionType.Call, false)]
    public async Task The_user_can_execute_what_is_executable_and_allowed(bool executable, PermissionType permissions, bool expected)
    {
        var method = _world.Method("m", _world.Object("o"), permissions: NodeWorld.Only(0, permissions | PermissionType.Browse), executable: executable);
        Assert.Equal(expected, (await _world.Read(method, AttributeIds.UserExecutable)).Value.AsBoolean());
        Assert.Equal(executable, (await _world.Read(method, AttributeIds.Executable)).Value.AsBoolean());
    }

    [Theory]
    [InlineData(PermissionType.WriteAttribute, AttributeWriteMask.DisplayName | AttributeWriteMask.Description)]
    [InlineData(PermissionType.Write, AttributeWriteMask.None)]
    public async Task The_users_write_mask_is_what_the_user_may_of_what_can_be_written(PermissionType permissions, AttributeWriteMask expected)
    {
        var node = _world.Variable("v", 1, writeMask: uint.MaxValue, permissions: NodeWorld.Only(0, permissions | PermissionType.Browse));
        Assert.Equal((uint)expected, (await _world.Read(node, AttributeIds.UserWriteMask)).Value.AsUInt32());
    }

    [Fact]
    public void There_are_as_many_roles_as_a_context_has_bits_and_each_keeps_its_number()
    {
        var roles = new RoleTable();
        for (var i = roles.RoleIds.Count; i < RoleTable.MaxRoles; i++) Assert.Equal(i, roles.IndexOf(new NodeId((uint)i, 1)));
        Assert.Equal(RoleTable.Operator, roles.IndexOf(ObjectIds.WellKnownRole_Operator));
        Assert.Equal(63, roles.IndexOf(new NodeId(63, 1)));
        Assert.Throws<InvalidOperationException>(() => roles.IndexOf(new NodeId(64, 1)));
        Assert.Equal([0, 7, 63], roles.IndexesOf(1 | (1UL << 7) | (1UL << 63)));
        Assert.Equal([ObjectIds.WellKnownRole_Operator, new NodeId(63, 1)], roles.RolesOf((1UL << RoleTable.Operator) | (1UL << 63)));
    }

    [Fact]
    public void Defaults_of_far_namespaces_are_kept_and_change_at_once()
    {
        foreach (ushort index in (ushort[])[0, 15, 16, 17, 500, ushort.MaxValue])
        {
            Assert.Equal(PermissionType.None, _world.Policy.DefaultsOf(index is 0 ? (ushort)3 : index).Permissions.For(ulong.MaxValue));
            _world.Policy.SetDefaults(index, StandardSpace.Everybody(PermissionType.Browse));
            Assert.Equal(PermissionType.Browse, _world.Policy.DefaultsOf(index).Permissions.For(1));
            _world.Policy.SetDefaults(index, StandardSpace.Everybody(PermissionType.Read));
            Assert.Equal(PermissionType.Read, _world.Policy.DefaultsOf(index).Permissions.For(1));
        }
    }
}
