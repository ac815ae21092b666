using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The server's nodes and what is known of their types: namespace 0, Devices, and the models it was given at the start or later. Namespace 1 is the server's own. Other sources attach their
/// namespaces later. Read by all while models are added.
/// </summary>
public sealed class ServerModel
{
    // What everybody may do with the standard's nodes and with models: they describe, they do not reveal. Nodes that say otherwise themselves, say it.
    private const PermissionType Public = PermissionType.Browse | PermissionType.Read | PermissionType.ReceiveEvents | PermissionType.Call;

    private readonly Lock _adding = new();
    private NodeSet[] _nodeSets;

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
        _nodeSets = Array.ConvertAll(all, Load);
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
    public NodeSet[] NodeSets => Volatile.Read(ref _nodeSets);

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

    /// <summary>Adds a model while the server runs, whole or not at all. Tell clients of it: <see cref="UaServer.AddModel"/>.</summary>
    /// <param name="model">Not yet renumbered.</param>
    /// <returns>The same by the server's namespaces.</returns>
    /// <exception cref="NodeSetException">It is loaded already, needs what is not there, or would change what is there: nothing was added.</exception>
    public NodeSet Add(NodeSet model)
    {
        ArgumentNullException.ThrowIfNull(model);
        lock (_adding)
        {
            new ModelAddition(this, model).Check();
            DataTypes.Add(model);
            var nodes = Load(model);
            Declarations.Add(nodes);
            Volatile.Write(ref _nodeSets, [.. _nodeSets, nodes]);
            return nodes;
        }
    }

    private NodeSet Load(NodeSet model)
    {
        // Those of the model alone: an owner's may come meanwhile.
        var own = model.NamespaceUris.Where(uri => !Namespaces.TryGetIndex(uri, out _)).ToList();
        var nodes = model.Remap(Namespaces, DataTypes);
        foreach (var uri in own) AddressSpace.Attach(Namespaces.GetOrAdd(uri), Nodes);
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
