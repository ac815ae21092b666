using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The fleet's part of the address space: rows, current readings and the nodes computed from them.</summary>
public sealed class FleetSpace
{
    private FleetSpace(FleetRegistry registry, PointStore store, Fleet fleet, FleetNodes nodes, FleetReferences references, FleetOwnership ownership, FleetVersions versions)
    {
        References = references;
        Ownership = ownership;
        Versions = versions;
        Registry = registry;
        Store = store;
        Fleet = fleet;
        Nodes = nodes;
    }

    public FleetRegistry Registry { get; }
    public PointStore Store { get; }
    public Fleet Fleet { get; }

    /// <summary>The source of every owner's namespace.</summary>
    public FleetNodes Nodes { get; }

    /// <summary>What was read and is kept; null: nothing is. Given before connections are accepted.</summary>
    public IReadingHistory? History
    {
        get => Nodes.History;
        set => Nodes.History = value;
    }

    /// <summary>Lets meters have a method that the server itself serves. Called before devices are added.</summary>
    internal void Serve(ExchangeMethod? exchange)
    {
        Nodes.Exchange = exchange;
        if (exchange is not null) Fleet.Served = [.. Fleet.Served, ExchangeMethod.Member];
    }

    /// <summary>Lets devices have the methods of load control. Before any device is added.</summary>
    internal void Serve(DeviceControlMethods control)
    {
        Nodes.Control = control;
        Fleet.Served = [.. Fleet.Served, .. DeviceControlMethods.Members];
    }

    internal FleetReferences References { get; }

    /// <summary>Whose is what in it.</summary>
    internal FleetOwnership Ownership { get; }

    internal FleetVersions Versions { get; }

    /// <summary>Builds the fleet's part upon the loaded models and hangs it below Portals and DI's DeviceSet.</summary>
    /// <param name="ownerAdded">Told of the namespace of each new owner, which is to be attached to <see cref="Nodes"/>, before a node of it can be seen.</param>
    /// <param name="time">Gives versions their times.</param>
    public static FleetSpace Create(ServerModel model, CommandService commands, Action<ushort> ownerAdded, TimeProvider? time = null)
    {
        var registry = new FleetRegistry();
        var words = new WordTable();
        var ownership = new FleetOwnership(registry, new PartyTable(), words);
        var versions = new FleetVersions(time ?? TimeProvider.System);
        var store = new PointStore();
        registry.PointsGrowing = store.EnsurePoints;
        var folders = FoldersOf(model);
        var references = new FleetReferences(registry, ownership, folders);
        foreach (var folder in folders) model.Nodes.BindReferences(folder, references.TryNextPortal);
        var nodes = new FleetNodes(registry, store, commands, ReadingQualityIds.Find(model), references, ownership, versions, time ?? TimeProvider.System);
        var fleet = new Fleet(registry, model, words, ownerAdded);
        ownership.NamespaceOf = fleet.OwnerNamespace;
        return new FleetSpace(registry, store, fleet, nodes, references, ownership, versions);
    }

    // The portal's own folder, and OPC 10000-100 5.6 (DeviceSet): where clients look for devices.
    private static NodeId[] FoldersOf(ServerModel model)
    {
        QualifiedName[] names = [new("Portals", model.Namespaces.GetOrAdd(ModelLoader.PortalUri)), new("DeviceSet", model.Namespaces.GetOrAdd(StandardModel.DevicesUri))];
        return
        [
            .. from name in names
               from node in model.NodeSets.SelectMany(set => set.Nodes)
               where node.NodeClass == NodeClass.Object && node.BrowseName == name
               select node.NodeId,
        ];
    }
}
