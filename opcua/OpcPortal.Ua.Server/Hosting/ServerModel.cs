using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The server's nodes and what is known of their types: namespace 0, Devices, and the models it was given, loaded once at the start. Namespace 1 is the
/// server's own. Other sources attach their namespaces later.
/// </summary>
public sealed class ServerModel
{
    // What everybody may do with the standard's nodes and with models: they describe, they do not reveal. Nodes that say otherwise themselves, say it.
    private const PermissionType Public = PermissionType.Browse | PermissionType.Read | PermissionType.ReceiveEvents | PermissionType.Call;

    /// <param name="models">In the order of their dependencies; not yet renumbered.</param>
    /// <exception cref="NodeSetException">A model does not fit those before it.</exception>
    public ServerModel(string applicationUri, IReadOnlyList<NodeSet> models)
    {
        Namespaces = new NamespaceTable(applicationUri);
        AddressSpace = new AddressSpace(Namespaces);
        Nodes = new StaticNodes(Roles, Types);
        AddressSpace.Attach(0, Nodes);
        AddressSpace.Attach(1, Nodes);
        Policy.SetDefaults(0, Everybody);
        Policy.SetDefaults(1, Everybody);

        NodeSet[] all = [StandardModel.LoadUa(), StandardModel.LoadDi(), .. models];
        foreach (var model in all) DataTypes.Add(model);
        NodeSets = Array.ConvertAll(all, Load);
        Declarations = new InstanceDeclarations(NodeSets);
    }

    public NamespaceTable Namespaces { get; }
    public RoleTable Roles { get; } = new();
    public TypeTree Types { get; } = new();
    public AddressSpace AddressSpace { get; }
    public StaticNodes Nodes { get; }
    public RolePermissionPolicy Policy { get; } = new();
    public DataTypeCatalog DataTypes { get; } = new();

    /// <summary>The loaded models by the server's namespaces: the standard's first.</summary>
    public NodeSet[] NodeSets { get; }

    /// <summary>What instances of the loaded types have.</summary>
    public InstanceDeclarations Declarations { get; }

    /// <summary>The DataType that has an encoding, by the server's namespaces; null where no loaded model has it.</summary>
    public NodeId? DataTypeOfEncoding(NodeId encodingId)
    {
        // The catalog counts namespaces by a table of its own.
        if (!Namespaces.TryGetUri(encodingId.NamespaceIndex, out var uri) || !DataTypes.Namespaces.TryGetIndex(uri, out var index)) return null;
        if (!DataTypes.TryGetByEncoding(encodingId.WithNamespace(index), out var type)) return null;
        return Namespaces.TryGetIndex(DataTypes.Namespaces[type.DataTypeId.NamespaceIndex], out var own) ? type.DataTypeId.WithNamespace(own) : null;
    }

    private static RolePermissionSet Everybody { get; } = new([new(RoleTable.Anonymous, Public)]);

    private NodeSet Load(NodeSet model)
    {
        var known = Namespaces.Count;
        var nodes = model.Remap(Namespaces, DataTypes);
        for (var index = known; index < Namespaces.Count; index++) AddressSpace.Attach((ushort)index, Nodes);
        Nodes.Add(nodes.Nodes);
        foreach (var described in nodes.Models)
        {
            if (!Namespaces.TryGetIndex(described.ModelUri, out var index) || index == 0) continue;
            var permissions = described.DefaultRolePermissions is { } stated ? new RolePermissionInterner(Roles).SetOf(stated) : Everybody;
            Policy.SetDefaults(index, permissions, (AccessRestrictionType)described.DefaultAccessRestrictions);
        }

        return nodes;
    }
}
