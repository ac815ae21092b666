namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 5 6.3.13 (NamespaceMetadataType), 6.3.14 (NamespacesType).</summary>
public sealed class NamespaceObjectTests : IDisposable
{
    private static readonly NodeId Namespaces = ObjectIds.Server_Namespaces;
    private readonly LiveServerObject _live = new();

    public void Dispose() => _live.Dispose();

    [Fact]
    public void Each_namespace_has_one_object_that_names_it()
    {
        var shown = StaticWalk.Children(_live.Model.Nodes, _live.Model.Types, Namespaces).Select(id => Property(id, "NamespaceUri").AsString()).Order().ToArray();
        Assert.Equal(_live.Model.Namespaces.ToArray().Order(), shown);
        Assert.Contains(StandardModel.DevicesUri, shown);
    }

    [Fact]
    public void A_loaded_model_shows_its_version_and_date()
    {
        var ua = _live.Model.NodeSets[0].Models[0];
        var shown = Object(NamespaceTable.OpcUa);
        Assert.Equal(ua.Version, Property(shown, "NamespaceVersion"));
        Assert.Equal(ua.PublicationDate!.Value, Property(shown, "NamespacePublicationDate"));
        var di = _live.Model.NodeSets[1].Models[0];
        Assert.Equal(di.Version, Property(Object(StandardModel.DevicesUri), "NamespaceVersion"));
    }

    [Fact]
    public void The_servers_own_nodes_are_no_static_ones()
    {
        var own = Object(StandardSpace.ApplicationUri);
        Assert.Equal(new Variant(Array.Empty<int>()), Property(own, "StaticNodeIdTypes"));
        Assert.Equal(new ServerBuild().SoftwareVersion, Property(own, "NamespaceVersion"));
    }

    [Fact]
    public void A_namespace_is_a_subset_where_static_nodes_of_it_are_missing()
    {
        // Part 5 6.3.13: the ranges name the ids that mean the same node in every server.
        var ranges = Property(Object(NamespaceTable.OpcUa), "StaticNumericNodeIdRange").AsArray<string>()!.SelectMany(r => r.Split(','))
            .Select(r => r.Split(':').Select(uint.Parse).ToArray()).Select(b => (Low: b[0], High: b[^1])).ToArray();
        var gone = StandardModel.LoadUa().Nodes.Where(n => !_live.Model.Nodes.Contains(n.NodeId)).ToArray();
        Assert.Equal(Array.Exists(gone, n => ranges.Any(r => n.NodeId.Numeric >= r.Low && n.NodeId.Numeric <= r.High)), Property(Object(NamespaceTable.OpcUa), "IsNamespaceSubset"));
        Assert.Equal(false, Property(Object(StandardModel.DevicesUri), "IsNamespaceSubset"));
        Assert.DoesNotContain(_live.Model.NodeSets[1].Nodes, n => n.NodeClass is NodeClass.ObjectType && !_live.Model.Nodes.Contains(n.NodeId));
    }

    [Fact]
    public void The_defaults_shown_are_those_in_force_also_when_they_change()
    {
        var index = (ushort)1;
        var own = Object(StandardSpace.ApplicationUri);
        _live.Model.Policy.SetDefaults(index, new RolePermissionSet([new(RoleTable.Operator, PermissionType.Browse | PermissionType.Read)]), AccessRestrictionType.EncryptionRequired);
        // One's own change: reading goes on as the admin, who now has no permission on namespace 1.
        _live.Access.Resolve(StandardSpace.User(MessageSecurityMode.SignAndEncrypt, RoleTable.Operator), _live.Child(own, "DefaultRolePermissions"), PermissionType.Read, out var grant);
        var shown = Assert.Single(_live.Model.Nodes.ReadValue(grant).Value.AsArray<ExtensionObject?>()!)!.Structure as RolePermissionType;
        Assert.Equal((new NodeId(ObjectIds.WellKnownRole_Operator), PermissionType.Browse | PermissionType.Read), (shown!.RoleId, shown.Permissions));
        _live.Access.Resolve(StandardSpace.User(MessageSecurityMode.SignAndEncrypt, RoleTable.Operator), _live.Child(own, "DefaultAccessRestrictions"), PermissionType.Read, out grant);
        Assert.Equal((ushort)AccessRestrictionType.EncryptionRequired, _live.Model.Nodes.ReadValue(grant).Value);
    }

    [Fact]
    public void A_namespace_added_later_is_shown_with_what_is_told_of_it()
    {
        var index = _live.Model.Namespaces.GetOrAdd("urn:owner:utility");
        _live.Server.Namespaces.Add(index, new NamespaceDescription { Version = "7", PublicationDate = _live.Time.GetUtcNow().UtcDateTime, ModelVersion = "7.0.0", IsSubset = true, StaticNodeIdTypes = [IdType.String] });
        var shown = Object("urn:owner:utility");
        Assert.Equal("7", Property(shown, "NamespaceVersion"));
        Assert.Equal("7.0.0", Property(shown, "ModelVersion"));
        Assert.Equal(true, Property(shown, "IsNamespaceSubset"));
        Assert.Equal(new Variant(new[] { (int)IdType.String }), Property(shown, "StaticNodeIdTypes"));
        Assert.Equal("urn:owner:utility", _live.Value(VariableIds.Server_NamespaceArray).AsArray<string>()![index]);
    }

    [Fact]
    public void A_namespace_of_which_nothing_is_told_is_shown_by_Refresh_once()
    {
        _live.Model.Namespaces.GetOrAdd("urn:owner:silent");
        _live.Server.Namespaces.Refresh();
        var before = StaticWalk.Children(_live.Model.Nodes, _live.Model.Types, Namespaces).Count();
        _live.Server.Namespaces.Refresh();
        Assert.Equal(before, StaticWalk.Children(_live.Model.Nodes, _live.Model.Types, Namespaces).Count());
        Assert.Equal("urn:owner:silent", Property(Object("urn:owner:silent"), "NamespaceUri"));
    }

    private NodeId Object(string uri)
    {
        var found = _live.Child(Namespaces, uri);
        Assert.False(found.IsNull, uri);
        return found;
    }

    private Variant Property(NodeId metadata, string name) => _live.Value(_live.Child(metadata, name));
}
