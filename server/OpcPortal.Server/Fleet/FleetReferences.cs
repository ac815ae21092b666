using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The ids of fleet nodes and the references between them, one at a time: of a list of a million children only the page that is asked for is made.</summary>
/// <param name="registry">The rows.</param>
/// <param name="ownership">Whose they are: in which namespaces their nodes lie.</param>
/// <param name="folders">The nodes of other sources that organise all portals, such as Portals and DeviceSet.</param>
internal sealed class FleetReferences(FleetRegistry registry, FleetOwnership ownership, IReadOnlyList<NodeId> folders)
{
    // A position below it counts references, one at or above it is a row of the list of children.
    private const long Rows = 1L << 32;
    private const long End = 1L << 33;

    private static readonly NodeId HasComponent = ReferenceTypeIds.HasComponent;
    private static readonly NodeId Organizes = ReferenceTypeIds.Organizes;

    /// <summary>
    /// Tells in which portals a user can see anything, so that others are not looked at: their rows in rising order, perhaps more than those; null: in any. It is no permission. Set by whoever
    /// knows more of users than roles.
    /// </summary>
    public Func<AccessContext, int[]?> ReachOf { get; set; } = static _ => null;

    /// <summary>Tells whether what belongs to the history of a point is there. Set by the source of the nodes.</summary>
    public Func<FleetKey, LayoutSlot, bool> KeepsHistory { get; set; } = static (_, _) => false;

    public NodeId IdOf(FleetKey key, LayoutSlot slot) => IdOf(key, slot.Member, slot.DataClass);

    public NodeId RootId(FleetKey key) => IdOf(key, "", LayoutSlot.Structural);

    private NodeId IdOf(FleetKey key, string member, byte dataClass) => IdOf(key, member, ownership.NamespaceOfNodes(key, dataClass), ownership.NamedOwner(key, dataClass));

    /// <summary>The id that a member has where its row is of this namespace.</summary>
    /// <param name="owner">The natural person whose it is; null for another.</param>
    public NodeId IdOf(FleetKey key, string member, ushort index, string? owner)
    {
        if (key.IsPortal) return new NodeId(FleetPath.OfPortal(owner, registry.TextAt(registry.PortalAt(key.Row).Id), member), index);
        ref var device = ref registry.DeviceAt(key.Row);
        return new NodeId(FleetPath.OfDevice(owner, registry.TextAt(registry.PortalAt(device.Portal).Id), registry.TextAt(device.Id), member), index);
    }

    /// <summary>Steps to the next reference of a portal's or device's node.</summary>
    public bool TryNext(FleetKey key, TypeLayout layout, in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        var slots = layout.Slots[key.Slot].References;
        while (position < slots.Length)
        {
            var next = slots[position++];
            if (!filter.Passes(next.ReferenceTypeId, next.IsForward) || (next.Slot >= 0 && layout.Slots[next.Slot] is { IsOfHistory: true } ofHistory && !KeepsHistory(key, ofHistory))) continue;
            reference = new NodeReferenceTarget(next.ReferenceTypeId, next.IsForward, next.Slot < 0 ? next.Target : IdOf(key, layout.Slots[next.Slot]));
            return true;
        }

        reference = default;
        if (key.Slot > 0) return false;
        return key.IsPortal ? TryNextOfPortal(key.Row, slots.Length, filter, ref position, out reference) : TryNextOfDevice(key.Row, slots.Length, filter, ref position, out reference);
    }

    private bool TryNextOfDevice(int device, int start, in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        if (position > start || !filter.Passes(HasComponent, isForward: false)) return false;
        position++;
        reference = new NodeReferenceTarget(HasComponent, false, RootId(FleetKey.OfPortal(registry.DeviceAt(device).Portal)));
        return true;
    }

    private bool TryNextOfPortal(int portal, int start, in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        if (position < Rows)
        {
            var folder = (int)position - start;
            if (folder < folders.Count && filter.Passes(Organizes, isForward: false))
            {
                position++;
                reference = new NodeReferenceTarget(Organizes, false, folders[folder]);
                return true;
            }

            position = At(Volatile.Read(ref registry.PortalAt(portal).FirstDevice));
        }

        if (position == End || !filter.Passes(HasComponent, isForward: true)) return false;
        var device = (int)(position - Rows);
        while (device != FleetRegistry.None && Volatile.Read(ref registry.DeviceAt(device).Layout) is null) device = Volatile.Read(ref registry.DeviceAt(device).Next);
        position = device == FleetRegistry.None ? End : At(Volatile.Read(ref registry.DeviceAt(device).Next));
        if (device == FleetRegistry.None) return false;
        reference = new NodeReferenceTarget(HasComponent, true, RootId(FleetKey.OfDevice(device)));
        return true;
    }

    /// <summary>
    /// Steps to the next portal that a folder organises, by rows: so a walk goes on rightly although what its user may see has changed between two pages.
    /// </summary>
    public bool TryNextPortal(in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        if (position == End || !filter.Passes(Organizes, isForward: true)) return false;
        var row = position == 0 ? 0 : (int)(position - Rows);
        var found = filter.Who is { } who && ReachOf(who) is { } reachable ? NextWithin(reachable, row) : Next(row);
        position = found == FleetRegistry.None ? End : Rows + found + 1;
        if (found == FleetRegistry.None) return false;
        reference = new NodeReferenceTarget(Organizes, true, RootId(FleetKey.OfPortal(found)));
        return true;
    }

    private int Next(int row)
    {
        var count = registry.PortalCount;
        while (row < count && Volatile.Read(ref registry.PortalAt(row).Layout) is null) row++;
        return row < count ? row : FleetRegistry.None;
    }

    private int NextWithin(int[] rows, int row)
    {
        var at = Array.BinarySearch(rows, row);
        if (at < 0) at = ~at;
        while (at < rows.Length && Volatile.Read(ref registry.PortalAt(rows[at]).Layout) is null) at++;
        return at < rows.Length ? rows[at] : FleetRegistry.None;
    }

    private static long At(int row) => row == FleetRegistry.None ? End : Rows + row;
}
