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

    /// <summary>The namespace of its owner.</summary>
    public ushort Namespace;

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

    /// <summary>The next portal in service.</summary>
    public int Next;

    public int DeviceCount;
    public int OnlineCount;
    public int OfflineCount;
    public ushort Namespace;

    /// <summary>A value of AccessNetworkMediumEnumeration.</summary>
    public byte AccessNetworkMedium;

    public TypeLayout? Layout;
    public string[]? Identification;
}

/// <summary>What is said of a device that goes into service.</summary>
internal readonly record struct DeviceDetails(string? Name, ushort Namespace, TypeLayout Layout, string[]? Identification = null);

/// <summary>What is said of a portal.</summary>
internal readonly record struct PortalDetails(string Name, ushort Namespace, TypeLayout Layout, byte AccessNetworkMedium = 0, string[]? Identification = null);
