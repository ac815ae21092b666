namespace OpcPortal.Server;

/// <summary>A device as the registry keeps it.</summary>
internal struct DeviceRow
{
    public uint Id;
    public uint Name;
    public int Portal;
    public int FirstPoint;

    /// <summary>The next device of the same portal.</summary>
    public int Next;

    /// <summary>The namespace of the owner that its configuration names.</summary>
    public ushort Namespace;

    /// <summary>What stewardships say otherwise; null: nothing.</summary>
    public StandingSet? Stewards;

    /// <summary>Null until the device is in service.</summary>
    public TypeLayout? Layout;

    /// <summary>The texts of the layout's identification, in its order; null where it has none.</summary>
    public string[]? Identification;
}

/// <summary>A portal as the registry keeps it.</summary>
internal struct PortalRow
{
    public uint Id;
    public uint Name;
    public int FirstPoint;
    public int FirstDevice;
    public int LastDevice;
    public int DeviceCount;
    public int OnlineCount;
    public int OfflineCount;

    /// <summary>The party that lives or works there; -1: nobody that is known.</summary>
    public int Occupant;

    /// <summary>Since when, ticks UTC.</summary>
    public long OccupantSince;

    /// <summary>The next portal of the same occupant.</summary>
    public int NextOccupied;

    /// <summary>A word; -1: not known.</summary>
    public int Jurisdiction;

    /// <summary>A bit for each flag of the premises.</summary>
    public ulong Flags;

    /// <summary>The namespace of the owner that its configuration names.</summary>
    public ushort Namespace;

    /// <summary>What stewardships say otherwise of the portal itself; null: nothing.</summary>
    public StandingSet? Stewards;

    /// <summary>A value of AccessNetworkMediumEnumeration.</summary>
    public byte AccessNetworkMedium;

    public TypeLayout? Layout;
    public string[]? Identification;
}

/// <summary>What is said of a device that goes into service.</summary>
internal readonly record struct DeviceDetails(string? Name, ushort Namespace, TypeLayout Layout, string[]? Identification = null);

/// <summary>A portal and devices that have their places and are not seen yet.</summary>
/// <param name="Portal">The row.</param>
internal readonly record struct ComingPortal(int Portal, TypeLayout Layout, List<(int Device, TypeLayout Layout)> Devices);

/// <summary>What is said of a portal.</summary>
internal readonly record struct PortalDetails(string Name, ushort Namespace, TypeLayout Layout, byte AccessNetworkMedium = 0, string[]? Identification = null);
