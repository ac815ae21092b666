using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Whether a model can be added while the server runs: it brings nodes in namespaces of its own, and leaves those that are there as they are, for clients and devices count on them. What would
/// change them, and what brings roles, wants a start.
/// </summary>
internal sealed class ModelAddition
{
    private readonly ServerModel _server;
    private readonly NodeSet _model;
    private readonly HashSet<string> _loaded;
    private readonly HashSet<string> _own;
    private readonly HashSet<NodeId> _ids = [];

    public ModelAddition(ServerModel server, NodeSet model)
    {
        _server = server;
        _model = model;
        _loaded = server.NodeSets.SelectMany(set => set.Models).Select(known => known.ModelUri).ToHashSet(StringComparer.Ordinal);
        _own = model.Models.Select(brought => brought.ModelUri).ToHashSet(StringComparer.Ordinal);
    }

    /// <exception cref="NodeSetException">It cannot.</exception>
    public void Check()
    {
        CheckModels();
        // By namespaces as they will be; the server's own table learns of them when all is well.
        var trial = new NamespaceTable(_server.Namespaces[1]);
        foreach (var uri in _server.Namespaces.ToArray()) trial.GetOrAdd(uri);
        if (trial.Count + _own.Count > NamespaceTable.MaxNamespaces) throw Refused("All indexes of namespaces are taken.");
        var types = _server.DataTypes.CreateOverlay();
        types.Add(_model);
        var nodes = _model.Remap(trial, types);
        foreach (var described in nodes.Models) CheckRoles(described.DefaultRolePermissions, described.ModelUri);
        foreach (var node in nodes.Nodes) CheckNode(node, trial);
        foreach (var node in nodes.Nodes)
            foreach (var reference in node.References)
                if (reference.Target.IsLocal) CheckReference(node, reference);
    }

    private void CheckModels()
    {
        if (_model.Models.Length == 0) throw Refused("It does not say which models it holds.");
        foreach (var brought in _model.Models)
        {
            if (_loaded.Contains(brought.ModelUri)) throw Refused($"The model {brought.ModelUri} is loaded already.");
            if (_server.Namespaces.TryGetIndex(brought.ModelUri, out _)) throw Refused($"The namespace {brought.ModelUri} is in use already, by an owner or by the server itself.");
            foreach (var required in brought.RequiredModels)
                if (!IsThere(required.ModelUri)) throw Refused($"It requires the model {required.ModelUri}, which is not loaded.");
        }

        foreach (var uri in _model.NamespaceUris)
            if (!IsThere(uri)) throw Refused($"It uses the namespace {uri}, which is of no model that is loaded.");
    }

    private bool IsThere(string uri) => _own.Contains(uri) || _loaded.Contains(uri);

    private void CheckNode(NodeRecord node, NamespaceTable namespaces)
    {
        if (!_own.Contains(namespaces[node.NodeId.NamespaceIndex])) throw Refused(node, "lies in the namespace of another model.");
        if (!_ids.Add(node.NodeId)) throw Refused(node, "is there twice.");
        CheckRoles(node.RolePermissions, node.NodeId.ToString());
    }

    // Roles are found at the start; a permission for one that is not there would be for whoever gets its number later.
    private void CheckRoles(RolePermission[]? permissions, string where)
    {
        foreach (var permission in permissions ?? [])
            if (!_server.Roles.RoleIds.Contains(permission.RoleId)) throw Refused($"{where} gives permissions to the role {permission.RoleId}, which is not there: models that bring roles are loaded at the start.");
    }

    private void CheckReference(NodeRecord node, in NodeSets.NodeReference reference)
    {
        var other = reference.Target.NodeId;
        var isKnown = _ids.Contains(other) || _server.Nodes.Contains(other);
        var isOfTypes = reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasSubtype) || reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasTypeDefinition);
        if (isOfTypes && !isKnown) throw Refused(node, $"builds on the type {other}, which is not there.");
        if (_ids.Contains(other)) return;
        var isSubtype = reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasSubtype);
        if (reference.IsForward && !isSubtype || !reference.IsForward && isSubtype) return;
        // Here one that is there already gets something: a type never, a role set never, other nodes what stands below them.
        if (isSubtype || !_server.Types.IsSubtypeOf(reference.ReferenceTypeId, ReferenceTypeIds.HierarchicalReferences) || IsFixed(other)) throw Refused(node, $"would change the node {other}, which is there already.");
    }

    private bool IsFixed(NodeId id) => id == ObjectIds.Server_ServerCapabilities_RoleSet || _server.Declarations.IsDeclaration(id)
        || _server.Declarations.TryGetNode(id, out var known) && known.NodeClass is (NodeClass.ObjectType or NodeClass.VariableType or NodeClass.DataType or NodeClass.ReferenceType);

    private static NodeSetException Refused(NodeRecord node, string reason) => Refused($"The node {node.NodeId} ({node.BrowseName}) {reason}");

    private static NodeSetException Refused(string reason) => new("NodeSet", 0, 0, reason);
}
