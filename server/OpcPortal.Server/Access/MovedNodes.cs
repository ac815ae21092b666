using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Which nodes of a portal have other ids since its ownership changed.</summary>
internal sealed class MovedNodes
{
    private readonly FleetSpace _space;
    private readonly List<(IdFace Before, IdFace After)> _moved;

    private MovedNodes(FleetSpace space, int portal, List<(IdFace Before, IdFace After)> moved)
    {
        _space = space;
        Portal = portal;
        _moved = moved;
    }

    /// <summary>What the ids of one data class of a row depend on.</summary>
    internal readonly record struct IdFace(FleetKey Key, byte DataClass, ushort Namespace, string? Owner);

    public int Portal { get; }

    /// <summary>What the ids of a portal's nodes depend on now.</summary>
    public static IdFace[] Faces(FleetSpace space, int portal)
    {
        var faces = new List<IdFace>();
        Add(faces, space, FleetKey.OfPortal(portal), space.Registry.PortalAt(portal).Layout);
        for (var device = space.Registry.PortalAt(portal).FirstDevice; device != FleetRegistry.None; device = space.Registry.DeviceAt(device).Next)
            Add(faces, space, FleetKey.OfDevice(device), space.Registry.DeviceAt(device).Layout);
        return [.. faces];
    }

    /// <returns>Null where nothing has moved.</returns>
    public static MovedNodes? Since(IdFace[] before, FleetSpace space, int portal)
    {
        var moved = new List<(IdFace, IdFace)>();
        foreach (var face in before)
            if (Face(space, face.Key, face.DataClass) is var after && after != face) moved.Add((face, after));
        return moved.Count == 0 ? null : new MovedNodes(space, portal, moved);
    }

    /// <summary>
    /// Reports what went and what came. To whoever may browse the portal: that it has other references, and which nodes of organisations are gone; an id with a person's name in it is nobody's
    /// business any more. To whoever may browse what has come: that it is there.
    /// </summary>
    public void Report(ModelChanges changes)
    {
        var portal = FleetKey.OfPortal(Portal);
        var root = _space.References.RootId(portal);
        var gone = new List<ModelChange> { new(root, TypeOf(portal), ModelChangeVerbs.ReferenceAdded | ModelChangeVerbs.ReferenceDeleted) };
        foreach (var (before, _) in _moved)
            if (before.Owner is null) gone.AddRange(Slots(before).Select(slot => new ModelChange(IdOf(before, slot), slot.TypeDefinition, ModelChangeVerbs.NodeDeleted)));
        changes.Report(root, gone);
        foreach (var (_, after) in _moved)
        {
            var come = Slots(after).Select(slot => new ModelChange(IdOf(after, slot), slot.TypeDefinition, ModelChangeVerbs.NodeAdded)).ToList();
            if (come.Count > 0) changes.Report(come[0].Affected, come);
        }
    }

    private static void Add(List<IdFace> faces, FleetSpace space, FleetKey key, TypeLayout? layout)
    {
        if (layout is null) return;
        foreach (var dataClass in layout.Slots.Select(slot => slot.DataClass).Distinct()) faces.Add(Face(space, key, dataClass));
    }

    private static IdFace Face(FleetSpace space, FleetKey key, byte dataClass) => new(key, dataClass, space.Ownership.NamespaceOfNodes(key, dataClass), space.Ownership.NamedOwner(key, dataClass));

    private IEnumerable<LayoutSlot> Slots(IdFace face) => LayoutOf(face.Key).Slots.Where(slot => slot.DataClass == face.DataClass && (!slot.IsOfHistory || _space.References.KeepsHistory(face.Key, slot)));

    private NodeId TypeOf(FleetKey key) => LayoutOf(key).Slots[0].TypeDefinition;

    private TypeLayout LayoutOf(FleetKey key) => (key.IsPortal ? _space.Registry.PortalAt(key.Row).Layout : _space.Registry.DeviceAt(key.Row).Layout)!;

    private NodeId IdOf(IdFace face, LayoutSlot slot)
    {
        var registry = _space.Registry;
        var portal = registry.TextAt(registry.PortalAt(Portal).Id);
        return new NodeId(face.Key.IsPortal ? FleetPath.OfPortal(face.Owner, portal, slot.Member) : FleetPath.OfDevice(face.Owner, portal, registry.TextAt(registry.DeviceAt(face.Key.Row).Id), slot.Member), face.Namespace);
    }
}
