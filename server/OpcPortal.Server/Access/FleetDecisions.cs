using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Decides what a subject may do with a node of the fleet. What belongs to a data class goes by that; roots, folders and nameplates are there for whoever may browse anything of the
/// device, and a portal for whoever may browse anything behind it.
/// </summary>
internal sealed class FleetDecisions(FleetSpace space, RolePermissionPolicy byRoles)
{
    // What a root has of its own members: Part 3 8.55: a method is called on its object, which wants Call as well; events come from it.
    private const Operations OfRoots = Operations.Browse | Operations.ReceiveEvents | Operations.Call;

    private static readonly AccessFacet Nothing = new(0, -1, -1);

    private readonly FleetTargets _targets = new(space);

    public NodeDecision Decide(SubjectView view, in NodeRef node)
    {
        var key = new FleetKey(node.Key);
        var layout = (TypeLayout)node.State!;
        var slot = layout.Slots[key.Slot];
        if (!space.Ownership.IsGoverned(space.Ownership.NamespaceOfNodes(key, slot.DataClass))) return new NodeDecision(node.Key, layout, false, default, false, default, null);
        var restrictions = byRoles.RestrictionsOf(node);
        if (slot.DataClass == LayoutSlot.Structural)
        {
            var root = RootOf(view, key, layout);
            return new NodeDecision(node.Key, layout, true, Describing(root), (root & Operations.Browse) != 0, restrictions, null);
        }

        var permit = view.Rules.Permit(_targets.Of(key, layout, new AccessFacet(slot.DataClass, slot.FunctionGroup, slot.Point)));
        // What comes from the type, such as a range or the arguments of a method, describes and reveals nothing: it may be read where it may be seen.
        if (slot.Source == SlotSource.Type && slot.Record.NodeClass == NodeClass.Variable)
            return new NodeDecision(node.Key, layout, true, Describing(permit.Allowed & OfRoots), (permit.Allowed & Operations.Browse) != 0, restrictions, null);
        return new NodeDecision(node.Key, layout, true, PermissionsOf(permit.Allowed), (permit.Allowed & Operations.Subscribe) != 0, restrictions, permit.Terms);
    }

    /// <summary>The target of a node that belongs to a data class.</summary>
    public AccessTarget TargetOf(FleetKey key, TypeLayout layout)
    {
        var slot = layout.Slots[key.Slot];
        return _targets.Of(key, layout, new AccessFacet(slot.DataClass, slot.FunctionGroup, slot.Point));
    }

    private Operations RootOf(SubjectView view, FleetKey key, TypeLayout layout)
    {
        var allowed = AnyOf(view, key, layout, OfRoots);
        if (key.IsPortal && (allowed & Operations.Browse) == 0 && SeesADevice(view, key.Row)) allowed |= Operations.Browse;
        return (allowed & Operations.Browse) == 0 ? Operations.None : allowed;
    }

    private bool SeesADevice(SubjectView view, int portal)
    {
        TypeLayout? layout = null;
        StandingSet? stewards = null;
        ushort index = 0;
        for (var device = space.Registry.PortalAt(portal).FirstDevice; device != FleetRegistry.None; device = space.Registry.DeviceAt(device).Next)
        {
            ref var row = ref space.Registry.DeviceAt(device);
            // A portal may have 100,000 meters that are all alike to the rules.
            if (ReferenceEquals(row.Layout, layout) && ReferenceEquals(row.Stewards, stewards) && row.Namespace == index) continue;
            (layout, stewards, index) = (row.Layout, row.Stewards, row.Namespace);
            if (layout is not null && AnyOf(view, FleetKey.OfDevice(device), layout, Operations.Browse) != Operations.None) return true;
        }

        return false;
    }

    private Operations AnyOf(SubjectView view, FleetKey key, TypeLayout layout, Operations wanted)
    {
        if (layout.Facets.Length == 0) return view.Rules.Permit(_targets.Of(key, layout, Nothing)).Allowed & wanted;
        var allowed = Operations.None;
        foreach (ref readonly var facet in layout.Facets.AsSpan())
        {
            allowed |= view.Rules.Permit(_targets.Of(key, layout, facet)).Allowed & wanted;
            if (allowed == wanted) break;
        }

        return allowed;
    }

    private static PermissionType Describing(Operations allowed) => PermissionsOf(allowed) | ((allowed & Operations.Browse) != 0 ? PermissionType.Read : default);

    /// <summary>Operations in the standard's terms (Part 3 8.55); Subscribe has none there.</summary>
    public static PermissionType PermissionsOf(Operations allowed)
    {
        var permissions = default(PermissionType);
        if ((allowed & Operations.Browse) != 0) permissions |= PermissionType.Browse;
        if ((allowed & Operations.Read) != 0) permissions |= PermissionType.Read;
        if ((allowed & Operations.ReadHistory) != 0) permissions |= PermissionType.ReadHistory;
        if ((allowed & Operations.Write) != 0) permissions |= PermissionType.Write;
        if ((allowed & Operations.ReceiveEvents) != 0) permissions |= PermissionType.ReceiveEvents;
        if ((allowed & Operations.Call) != 0) permissions |= PermissionType.Call;
        if ((allowed & Operations.EditHistory) != 0) permissions |= PermissionType.InsertHistory | PermissionType.ModifyHistory | PermissionType.DeleteHistory;
        return permissions;
    }
}
