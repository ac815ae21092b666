using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>What is told of a namespace beyond its URI. Part 5 6.3.13 (NamespaceMetadataType).</summary>
public sealed record NamespaceDescription
{
    public string Version { get; init; } = "";

    /// <summary>UTC.</summary>
    public DateTime PublicationDate { get; init; }

    /// <summary>The semantic version; null where there is none.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Whether this server has not all nodes of the namespace.</summary>
    public bool IsSubset { get; init; }

    /// <summary>The kinds of ids that mean the same node in every server; empty where nodes are this server's own.</summary>
    public IReadOnlyList<IdType> StaticNodeIdTypes { get; init; } = [];
}

/// <summary>
/// The objects below Server/Namespaces, one for each namespace: those that a NodeSet brings along, and new ones for the others. Thread-safe.
/// Part 5 6.3.13, 6.3.14.
/// </summary>
public sealed class NamespaceObjects
{
    private readonly ServerModel _model;
    private readonly ServerBuild _build;
    private readonly InstanceFactory _factory;
    private readonly Lock _gate = new();
    private readonly HashSet<ushort> _shown = [];

    internal NamespaceObjects(ServerModel model, ServerBuild build)
    {
        _model = model;
        _build = build;
        _factory = new InstanceFactory(model.Declarations);
    }

    /// <summary>Gives an object to each namespace that has none yet: call it where namespaces were added.</summary>
    public void Refresh()
    {
        for (var index = 0; index < _model.Namespaces.Count; index++) Show((ushort)index, null);
    }

    /// <summary>Gives the namespace its object with what is known of it; where it has one already, that one stays.</summary>
    public void Add(ushort namespaceIndex, NamespaceDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        Show(namespaceIndex, description);
    }

    /// <summary>Gives the namespaces of a model that was added their objects, where it does not bring them along.</summary>
    public void Add(NodeSet model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var described in model.Models)
            if (_model.Namespaces.TryGetIndex(described.ModelUri, out var index)) Show(index, null);
    }

    private void Show(ushort index, NamespaceDescription? description)
    {
        lock (_gate)
        {
            if (!_shown.Add(index)) return;
            var uri = _model.Namespaces[index];
            var metadata = StaticWalk.Child(_model.Nodes, _model.Types, ObjectIds.Server_Namespaces, uri);
            if (metadata.IsNull) metadata = Create(uri, description ??= Describe(index, uri));
            BindDefaults(index, metadata);
            // Some of its static nodes were taken out: see StandardNodes.
            if (index == 0) _model.Nodes.SetValue(StaticWalk.Child(_model.Nodes, _model.Types, metadata, "IsNamespaceSubset"), new DataValue(true));
        }
    }

    private NodeId Create(string uri, NamespaceDescription description)
    {
        var root = $"Namespaces/{uri}";
        var instance = _factory.Create(new InstanceRequest
        {
            TypeId = ObjectTypeIds.NamespaceMetadataType,
            NodeId = new NodeId(root, 1),
            BrowseName = new QualifiedName(uri, 1),
            ParentId = ObjectIds.Server_Namespaces,
            NodeIds = place => new NodeId($"{root}/{string.Join('/', place.Path.Select(static p => p.Name))}", 1),
            Includes = place => place.Declaration.BrowseName.Name switch
            {
                "DefaultRolePermissions" or "DefaultAccessRestrictions" => true,
                "ModelVersion" => description.ModelVersion is not null,
                _ => false,
            },
        });
        _model.Nodes.Add(instance.Nodes);
        Set(instance, "NamespaceUri", uri);
        Set(instance, "NamespaceVersion", description.Version);
        Set(instance, "NamespacePublicationDate", description.PublicationDate);
        Set(instance, "IsNamespaceSubset", description.IsSubset);
        Set(instance, "StaticNodeIdTypes", new Variant(description.StaticNodeIdTypes.Select(static t => (int)t).ToArray()));
        Set(instance, "StaticNumericNodeIdRange", new Variant(Array.Empty<string>()));
        Set(instance, "StaticStringNodeIdPattern", "");
        Set(instance, "ModelVersion", description.ModelVersion);
        return instance.Root.NodeId;
    }

    private void Set(Instance instance, string property, Variant value)
    {
        if (instance.Find(property) is { } node) _model.Nodes.SetValue(node.NodeId, new DataValue(value));
    }

    // What the policy holds now, for it may change while the server runs.
    private void BindDefaults(ushort index, NodeId metadata)
    {
        Bind("DefaultRolePermissions", () => Variant.From(PermissionsOf(index)));
        Bind("DefaultAccessRestrictions", () => (ushort)_model.Policy.DefaultsOf(index).Restrictions);
        // It would have to differ by who reads it, and a value is the same for all; UserRolePermissions of each node says it. Optional: Part 5 6.3.13.
        Remove("DefaultUserRolePermissions");
        // The NodeSet itself is not served as a file.
        Remove("NamespaceFile");
        Remove("ConfigurationVersion");

        void Bind(string property, Func<Variant> read)
        {
            if (StaticWalk.Child(_model.Nodes, _model.Types, metadata, property) is { IsNull: false } node) _model.Nodes.BindValue(node, () => new DataValue(read()));
        }

        void Remove(string property)
        {
            var gone = new HashSet<NodeId>();
            if (StaticWalk.Child(_model.Nodes, _model.Types, metadata, property) is { IsNull: false } node) StandardNodes.AddSubtree(_model.Nodes, _model.Types, node, gone);
            _model.Nodes.Remove(gone);
        }
    }

    private RolePermissionType[] PermissionsOf(ushort index)
    {
        var defaults = _model.Policy.DefaultsOf(index).Permissions;
        return [.. _model.Roles.IndexesOf(defaults.Roles).Select(role => new RolePermissionType { RoleId = _model.Roles.RoleIds[role], Permissions = defaults[role] })];
    }

    private NamespaceDescription Describe(ushort index, string uri)
    {
        foreach (var nodeSet in _model.NodeSets)
            foreach (var model in nodeSet.Models)
                if (model.ModelUri == uri) return DescribeModel(index, nodeSet, model);
        // The server's own nodes, and those of rooms that said nothing more: they are of this server alone, and as old as its software.
        return new NamespaceDescription { Version = _build.SoftwareVersion, PublicationDate = _build.BuildDate };
    }

    private static NamespaceDescription DescribeModel(ushort index, NodeSet nodeSet, NodeSetModel model) => new()
    {
        Version = model.Version ?? "",
        PublicationDate = model.PublicationDate ?? default,
        ModelVersion = model.ModelVersion,
        StaticNodeIdTypes = [.. nodeSet.Nodes.Where(n => n.NodeId.NamespaceIndex == index).Select(static n => n.NodeId.IdType).Distinct().Order()],
    };
}
