namespace OpcPortal.Server;

/// <summary>From the number of a point back to its device or portal: numbers are given out in the order of rows, so that nothing has to be remembered.</summary>
internal sealed class FleetPoints(FleetRegistry registry) : IPointNames
{
    public bool TryName(int point, out PointName name)
    {
        name = default;
        if (point < 0 || point >= registry.PointCount) return false;
        // A portal's points come before those of its first device: the row that begins last before the point is the one it is of.
        var device = LastBefore(point, registry.DeviceCount, row => registry.DeviceAt(row).FirstPoint);
        var portal = LastBefore(point, registry.PortalCount, row => registry.PortalAt(row).FirstPoint);
        var isPortal = portal >= 0 && (device < 0 || registry.PortalAt(portal).FirstPoint > registry.DeviceAt(device).FirstPoint);
        return isPortal ? TryNameOfPortal(portal, point, out name) : device >= 0 && TryNameOfDevice(device, point, out name);
    }

    /// <summary>The device that a point is of.</summary>
    /// <returns>False for points of portals, and numbers of none.</returns>
    public static bool TryDevice(FleetRegistry registry, int point, out int device)
    {
        device = -1;
        if (point < 0 || point >= registry.PointCount) return false;
        device = LastBefore(point, registry.DeviceCount, row => registry.DeviceAt(row).FirstPoint);
        var portal = LastBefore(point, registry.PortalCount, row => registry.PortalAt(row).FirstPoint);
        return device >= 0 && (portal < 0 || registry.PortalAt(portal).FirstPoint < registry.DeviceAt(device).FirstPoint);
    }

    private bool TryNameOfPortal(int row, int point, out PointName name)
    {
        ref var portal = ref registry.PortalAt(row);
        var slot = SlotOf(Volatile.Read(ref portal.Layout), point - portal.FirstPoint);
        name = slot is null ? default : new PointName(FleetPath.OfPortal(null, registry.TextAt(portal.Id), slot.Member), slot.DataClass);
        return slot is not null;
    }

    private bool TryNameOfDevice(int row, int point, out PointName name)
    {
        ref var device = ref registry.DeviceAt(row);
        var slot = SlotOf(Volatile.Read(ref device.Layout), point - device.FirstPoint);
        name = slot is null ? default : new PointName(FleetPath.OfDevice(null, registry.TextAt(registry.PortalAt(device.Portal).Id), registry.TextAt(device.Id), slot.Member), slot.DataClass);
        return slot is not null;
    }

    private static LayoutSlot? SlotOf(TypeLayout? layout, int index)
    {
        if (layout is null) return null;
        foreach (var slot in layout.Slots)
            if (slot.Source == SlotSource.Point && slot.Index == index) return slot;
        return null;
    }

    /// <returns>The last row that begins at the point or before it; -1: none.</returns>
    private static int LastBefore(int point, int count, Func<int, int> firstOf)
    {
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (firstOf(middle) <= point) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }
}
