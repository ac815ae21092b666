using OpcPortal.Adapters;

namespace OpcPortal.Server;

/// <summary>
/// The portals, devices and points of a fleet as dense numbers: columns, no object for any of them. A device is a row that names its layout and its first point; its points
/// follow that one. Grows while it is read; nothing is taken out. Writing is for one at a time, which a lock sees to.
/// </summary>
public sealed partial class FleetRegistry : IFleetNumbers
{
    /// <summary>Points that each portal and device has by itself, before those mapped: how communication stands, and why.</summary>
    public const int OwnPoints = 2;

    internal const int CommunicationStatePoint = 0;
    internal const int CommunicationReasonPoint = 1;

    /// <summary>No row: what ends a list.</summary>
    internal const int None = -1;

    private readonly Lock _gate = new();
    private readonly TextColumn _texts = new();
    private readonly GrowingColumn<PortalRow> _portals = new();
    private readonly GrowingColumn<DeviceRow> _devices = new();
    private readonly RowIndex _portalIndex = new();
    private readonly RowIndex _deviceIndex = new();
    private readonly List<string> _pending = [];
    private int _portalCount;
    private int _deviceCount;
    private int _pointCount;
    private int _pendingDevice = None;
    private (string? Portal, string? Device) _pendingKey;

    /// <summary>Rows given out; some may not be in service yet.</summary>
    public int DeviceCount => Volatile.Read(ref _deviceCount);

    public int PortalCount => Volatile.Read(ref _portalCount);

    /// <summary>Point numbers given out.</summary>
    public int PointCount => Volatile.Read(ref _pointCount);

    /// <summary>Told of the new <see cref="PointCount"/> before a number is given out, so that stores have room for it.</summary>
    public Action<int>? PointsGrowing { get; set; }

    /// <inheritdoc/>
    public int Device(string portal, string device)
    {
        lock (_gate)
        {
            var portalRow = PortalRowOf(portal);
            var row = FindDevice(portalRow, device);
            if (row != None) return row;
            row = _deviceCount;
            _devices.EnsureRows(row + 1);
            _devices[row] = new DeviceRow { Id = _texts.Add(device), Portal = portalRow, FirstPoint = TakePoints(OwnPoints), Next = None };
            _devices[row].Name = _devices[row].Id;
            _deviceIndex.Add(HashOf(portalRow, device), row, HashOfDevice);
            _pendingDevice = row;
            _pendingKey = (portal, device);
            _pending.Clear();
            Volatile.Write(ref _deviceCount, row + 1);
            return row;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A device's points are asked for right after it, before another device is: so they follow each other.</remarks>
    public int Point(string portal, string device, string point)
    {
        lock (_gate)
        {
            var row = portal == _pendingKey.Portal && device == _pendingKey.Device ? _pendingDevice : FindDevice(FindPortal(portal), device);
            if (row == None) throw new InvalidOperationException($"The device {portal}/{device} has no number yet.");
            if (_devices[row].Layout is { } layout) return layout.PointAt(point) is var known and >= 0 ? _devices[row].FirstPoint + known : throw new InvalidOperationException($"{portal}/{device} has no point {point}.");
            if (row != _pendingDevice) throw new InvalidOperationException($"The points of {portal}/{device} were not asked for together.");
            var index = _pending.IndexOf(point);
            if (index >= 0) return _devices[row].FirstPoint + OwnPoints + index;
            _pending.Add(point);
            return TakePoints(1);
        }
    }

    /// <summary>Describes a portal and puts it into service; what was said of it before is replaced.</summary>
    internal void SetPortal(string id, PortalDetails details) => OpenPortal(PlacePortal(id, details), details.Layout);

    /// <summary>Describes a portal, which is seen once it is opened.</summary>
    /// <returns>Its row.</returns>
    internal int PlacePortal(string id, PortalDetails details)
    {
        lock (_gate)
        {
            var row = PortalRowOf(id);
            ref var portal = ref _portals[row];
            portal.Name = details.Name == id ? portal.Id : _texts.Add(details.Name);
            portal.Namespace = details.Namespace;
            portal.AccessNetworkMedium = details.AccessNetworkMedium;
            portal.Identification = details.Identification;
            return row;
        }
    }

    internal void OpenPortal(int portal, TypeLayout layout) => Volatile.Write(ref _portals[portal].Layout, layout);

    /// <summary>Puts a device into service: from now on it is seen.</summary>
    internal void SetDevice(int device, DeviceDetails details)
    {
        PlaceDevice(device, details);
        OpenDevice(device, details.Layout);
    }

    internal void OpenDevice(int device, TypeLayout layout) => Volatile.Write(ref _devices[device].Layout, layout);

    /// <summary>Gives a device its place below its portal, where it is seen once it is opened.</summary>
    internal void PlaceDevice(int device, DeviceDetails details)
    {
        lock (_gate)
        {
            ref var row = ref _devices[device];
            if (IsPlaced(device)) throw new InvalidOperationException($"The device {device} is in service already.");
            if (details.Name is { } name && !_texts.BytesAt(row.Id).SequenceEqual(System.Text.Encoding.UTF8.GetBytes(name))) row.Name = _texts.Add(name);
            row.Namespace = details.Namespace;
            row.Identification = details.Identification;
            ref var portal = ref _portals[row.Portal];
            if (portal.LastDevice == None) Volatile.Write(ref portal.FirstDevice, device);
            else Volatile.Write(ref _devices[portal.LastDevice].Next, device);
            portal.LastDevice = device;
            portal.DeviceCount++;
        }
    }

    internal ref DeviceRow DeviceAt(int row) => ref _devices[row];
    internal ref PortalRow PortalAt(int row) => ref _portals[row];
    internal string TextAt(uint place) => _texts.Get(place);

    /// <summary>The <c>portal/device</c> of a row.</summary>
    internal string NameOfDevice(int row) => $"{TextAt(PortalAt(DeviceAt(row).Portal).Id)}/{TextAt(DeviceAt(row).Id)}";

    /// <summary>Finds a portal by its id.</summary>
    /// <returns>Its row, or <see cref="None"/>.</returns>
    internal int FindPortal(ReadOnlySpan<char> id) => _portalIndex.Find(HashOf(0, id), new Key(0, id), MatchesPortal);

    /// <summary>Finds a device by its portal's row and its id.</summary>
    /// <returns>Its row, or <see cref="None"/>.</returns>
    internal int FindDevice(int portal, ReadOnlySpan<char> id) => portal == None ? None : _deviceIndex.Find(HashOf(portal, id), new Key(portal, id), MatchesDevice);

    private bool IsPlaced(int device) => _devices[device].Next != None || _portals[_devices[device].Portal].LastDevice == device;

    private int PortalRowOf(string id)
    {
        var row = FindPortal(id);
        if (row != None) return row;
        row = _portalCount;
        _portals.EnsureRows(row + 1);
        var text = _texts.Add(id);
        _portals[row] = new PortalRow { Id = text, Name = text, FirstPoint = TakePoints(OwnPoints), FirstDevice = None, LastDevice = None, Occupant = None, NextOccupied = None, Jurisdiction = None };
        _portalIndex.Add(HashOf(0, id), row, HashOfPortal);
        Volatile.Write(ref _portalCount, row + 1);
        return row;
    }

    private int TakePoints(int count)
    {
        var first = _pointCount;
        PointsGrowing?.Invoke(first + count);
        Volatile.Write(ref _pointCount, first + count);
        return first;
    }

    private bool MatchesPortal(int row, Key key) => _texts.EqualsAscii(_portals[row].Id, key.Id);
    private bool MatchesDevice(int row, Key key) => _devices[row].Portal == key.Portal && _texts.EqualsAscii(_devices[row].Id, key.Id);

    private int HashOfPortal(int row) => HashOfBytes(0, _texts.BytesAt(_portals[row].Id));
    private int HashOfDevice(int row) => HashOfBytes(_devices[row].Portal, _texts.BytesAt(_devices[row].Id));

    // FNV-1a: ids come from configuration, not from peers, who can only look up.
    private static int HashOf(int portal, ReadOnlySpan<char> id)
    {
        var hash = Seed(portal);
        foreach (var c in id) hash = (hash ^ c) * Prime;
        return (int)hash;
    }

    private static int HashOfBytes(int portal, ReadOnlySpan<byte> id)
    {
        var hash = Seed(portal);
        foreach (var b in id) hash = (hash ^ b) * Prime;
        return (int)hash;
    }

    private const uint Prime = 16777619;

    private static uint Seed(int portal) => (2166136261 ^ (uint)portal) * Prime;

    private readonly ref struct Key(int portal, ReadOnlySpan<char> id)
    {
        public readonly int Portal = portal;
        public readonly ReadOnlySpan<char> Id = id;
    }
}
