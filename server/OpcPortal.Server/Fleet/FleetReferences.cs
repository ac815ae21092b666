using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The ids of fleet nodes and the references between them, one at a time: of a list of a million children only the page that is asked for is made.</summary>
/// <param name="registry">The rows.</param>
/// <param name="folders">The nodes of other sources that organise all portals, such as Portals and DeviceSet.</param>
internal sealed class FleetReferences(FleetRegistry registry, IReadOnlyList<NodeId> folders)
{
    // A position below it counts references, one at or above it is a row of the list of children.
    private const long Rows = 1L << 32;
    private const long End = 1L << 33;

    private static readonly NodeId HasComponent = ReferenceTypeIds.HasComponent;
    private static readonly NodeId Organizes = ReferenceTypeIds.Organizes;

    public NodeId IdOf(FleetKey key, string member)
    {
        if (key.IsPortal)
        {
            ref var row = ref registry.PortalAt(key.Row);
            return new NodeId(FleetPath.OfPortal(registry.TextAt(row.Id), member), row.Namespace);
        }

        ref var device = ref registry.DeviceAt(key.Row);
        return new NodeId(FleetPath.OfDevice(registry.TextAt(registry.PortalAt(device.Portal).Id), registry.TextAt(device.Id), member), device.Namespace);
    }

    /// <summary>Steps to the next reference of a portal's or device's node.</summary>
    public bool TryNext(FleetKey key, TypeLayout layout, in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        var slots = layout.Slots[key.Slot].References;
        while (position < slots.Length)
        {
            var next = slots[position++];
            if (!filter.Passes(next.ReferenceTypeId, next.IsForward)) continue;
            reference = new NodeReferenceTarget(next.ReferenceTypeId, next.IsForward, next.Slot < 0 ? next.Target : IdOf(key, layout.Slots[next.Slot].Member));
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
        reference = new NodeReferenceTarget(HasComponent, false, IdOf(FleetKey.OfPortal(registry.DeviceAt(device).Portal), ""));
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
        position = At(Volatile.Read(ref registry.DeviceAt(device).Next));
        reference = new NodeReferenceTarget(HasComponent, true, IdOf(FleetKey.OfDevice(device), ""));
        return true;
    }

    /// <summary>Steps to the next portal that a folder organises.</summary>
    public bool TryNextPortal(in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        if (position == 0) position = At(registry.FirstPortal);
        if (position == End || !filter.Passes(Organizes, isForward: true)) return false;
        var portal = (int)(position - Rows);
        position = At(Volatile.Read(ref registry.PortalAt(portal).Next));
        reference = new NodeReferenceTarget(Organizes, true, IdOf(FleetKey.OfPortal(portal), ""));
        return true;
    }

    private static long At(int row) => row == FleetRegistry.None ? End : Rows + row;
}
