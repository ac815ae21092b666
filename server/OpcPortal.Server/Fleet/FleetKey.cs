namespace OpcPortal.Server;

/// <summary>Which node of which row: a NodeRef's key. The lowest 16 bits are the slot of the layout, then the row; one bit tells portals from devices.</summary>
internal readonly record struct FleetKey(long Value)
{
    private const int SlotBits = 16;
    private const long PortalBit = 1L << 62;

    public static FleetKey OfPortal(int row) => new(PortalBit | ((long)row << SlotBits));
    public static FleetKey OfDevice(int row) => new((long)row << SlotBits);

    public bool IsPortal => (Value & PortalBit) != 0;
    public int Row => (int)((Value & ~PortalBit) >> SlotBits);
    public int Slot => (int)(Value & ((1 << SlotBits) - 1));

    /// <summary>The key of another node of the same row.</summary>
    public long At(int slot) => (Value & ~((1L << SlotBits) - 1)) | (uint)slot;
}
