using System.Collections.Concurrent;
using System.Text.Json;
using OpcPortal.Adapters;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Takes what configuration files say of portals and devices into the registry: checks each device against its type, gives owners their namespaces, and puts devices into
/// service. Not thread-safe: one loads at a time, while others read.
/// </summary>
public sealed class Fleet
{
    /// <summary>Characters of one text of a nameplate.</summary>
    public const int MaxIdentificationLength = 256;

    private readonly ServerModel _model;
    private readonly LayoutCompiler _compiler;
    private readonly Action<ushort> _ownerAdded;
    private readonly ushort _portal;
    private volatile TypeNames _names;
    // Files are loaded by one, but entities of the directory come when they come.
    private readonly Lock _ownersGate = new();
    private readonly ConcurrentDictionary<string, ushort> _ownerIndexes = new(StringComparer.Ordinal);
    private readonly NodeId _portalType;
    private readonly Dictionary<string, byte> _media;

    /// <param name="ownerAdded">Told of the namespace of each new owner before a node of it can be seen: attaches the source, sets permissions.</param>
    internal Fleet(FleetRegistry registry, ServerModel model, WordTable words, Action<ushort> ownerAdded)
    {
        Registry = registry;
        _model = model;
        _ownerAdded = ownerAdded;
        var portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        Words = words;
        Types = new DeviceTypes(model, portal, words);
        _compiler = new LayoutCompiler(model.Declarations, model.Types, new RolePermissionInterner(model.Roles), portal, words, Types.FactsOf);
        _portal = portal;
        _names = new TypeNames(model.NodeSets, portal);
        _media = MediaOf(model, portal);
        if (!_names.TryGet("PortalType", out _portalType)) throw new NodeSetException(ModelLoader.PortalFile, 0, 0, "The model has no PortalType.");
    }

    public FleetRegistry Registry { get; }

    /// <summary>Numbers for the words of rules and types.</summary>
    internal WordTable Words { get; }

    internal DeviceTypes Types { get; }

    /// <summary>Told of the row of a portal that has come, with its devices, before they are seen.</summary>
    internal Action<int>? PortalAdded { get; set; }

    /// <summary>Methods that the server itself serves: devices have them where their type does.</summary>
    internal IReadOnlyList<string> Served { get; set; } = [];

    /// <summary>The type of a name as configuration files and scopes give it; null where there is none, or more than one.</summary>
    internal NodeId? FindType(string name) => _names is var names && !names.IsAmbiguous(name) && names.TryGet(name, out var type) ? type : null;

    /// <summary>The names of the media of access networks, by their numbers.</summary>
    internal IReadOnlyList<string> Media => [.. _media.OrderBy(static medium => medium.Value).Select(static medium => medium.Key)];

    /// <summary>The names of types now.</summary>
    internal TypeNames Names => _names;

    /// <summary>Takes over the types of a model that was added: from now on configuration files and scopes may name them.</summary>
    internal void TakeTypes()
    {
        Types.Take(_model);
        _names = new TypeNames(_model.NodeSets, _portal);
    }

    /// <summary>Checks a device of a configuration file before it gets a number.</summary>
    /// <exception cref="ConfigurationException">Its type does not exist, does not have what is mapped, or demands what is not.</exception>
    public void Check(PortalConfiguration portal, DeviceConfiguration device)
    {
        if (IsModelNamespace(device.Owner)) throw (device.Settings.Find("owner") ?? device.Settings).Wrong($"'{device.Owner}' is the namespace of a model or of the server itself, not of an owner");
        if (IsModelNamespace(portal.Owner)) throw device.Settings.Wrong($"its portal's owner '{portal.Owner}' is the namespace of a model or of the server itself");
        Compile(device);
        PortalLayout(portal);
    }

    /// <summary>Checks a device that comes while others are in service.</summary>
    /// <exception cref="ConfigurationException">As <see cref="Check"/>; or it is there already, or its portal is, and the file says otherwise of it.</exception>
    internal void CheckComing(PortalConfiguration portal, DeviceConfiguration device)
    {
        Check(portal, device);
        var row = Registry.FindPortal(portal.Id);
        if (row == FleetRegistry.None) return;
        ref var known = ref Registry.PortalAt(row);
        if (known.Layout is not null && (Registry.TextAt(known.Name) != portal.Name || _model.Namespaces[known.Namespace] != portal.Owner || known.AccessNetworkMedium != MediumOf(portal)))
            throw device.Settings.Wrong($"portal '{portal.Id}' is in service with another name, owner or access network");
        var there = Registry.FindDevice(row, device.Id);
        if (there == FleetRegistry.None) return;
        // One that its adapter refused at the start has its numbers for good.
        var reason = Registry.DeviceAt(there).Layout is null ? "was refused by its adapter at the start: it comes with the next start" : "is there already";
        throw device.Settings.Get("id").Wrong($"the device '{device.Id}' of portal '{portal.Id}' {reason}");
    }

    /// <summary>Puts the portal and the devices of a file into service.</summary>
    public void Add(AdapterConfiguration configuration) => Open(Place(configuration));

    /// <summary>Gives the portal and the devices of a file their places, and whose they are by the directory: nobody sees them before <see cref="Open"/>.</summary>
    internal ComingPortal Place(AdapterConfiguration configuration)
    {
        var portal = configuration.Portal;
        var details = new PortalDetails(portal.Name, OwnerNamespace(portal.Owner), PortalLayout(portal), MediumOf(portal));
        var coming = new ComingPortal(Registry.PlacePortal(portal.Id, details), details.Layout, new List<(int, TypeLayout)>(configuration.Devices.Count));
        foreach (var device in configuration.Devices)
        {
            var (layout, identification) = Compile(device);
            Registry.PlaceDevice(device.Number, new DeviceDetails(device.Name, OwnerNamespace(device.Owner), layout, identification));
            coming.Devices.Add((device.Number, layout));
        }

        PortalAdded?.Invoke(coming.Portal);
        return coming;
    }

    /// <summary>From now on they are seen.</summary>
    internal void Open(ComingPortal coming)
    {
        foreach (var (device, layout) in coming.Devices) Registry.OpenDevice(device, layout);
        Registry.OpenPortal(coming.Portal, coming.Layout);
    }

    private bool IsModelNamespace(string owner) => !_ownerIndexes.ContainsKey(owner) && _model.Namespaces.TryGetIndex(owner, out _);

    /// <summary>The namespace of an owner, made if it is new.</summary>
    internal ushort OwnerNamespace(string owner)
    {
        if (_ownerIndexes.TryGetValue(owner, out var known)) return known;
        lock (_ownersGate)
        {
            if (_ownerIndexes.TryGetValue(owner, out var added)) return added;
            var index = _model.Namespaces.GetOrAdd(owner);
            _ownerAdded(index);
            _ownerIndexes[owner] = index;
            return index;
        }
    }

    /// <summary>The layout of a type by its name, for callers that have no configuration.</summary>
    internal TypeLayout LayoutOf(string type, IReadOnlyList<LayoutPoint> points, IReadOnlyList<string> commands) =>
        _compiler.Compile(new LayoutRequest(FindType(type) ?? throw new ArgumentException($"There is no type '{type}'.", nameof(type)), points, commands, [], []));

    private TypeLayout PortalLayout(PortalConfiguration portal) =>
        _compiler.Compile(new LayoutRequest(_portalType, [], [], [], MediumOf(portal) == 0 ? [] : ["AccessNetworkMedium"]));

    private byte MediumOf(PortalConfiguration portal) => portal.AccessNetwork is { } medium ? _media.GetValueOrDefault(medium) : (byte)0;

    private static Dictionary<string, byte> MediaOf(ServerModel model, ushort portal)
    {
        var type = model.NodeSets.SelectMany(set => set.Nodes).FirstOrDefault(node => node.NodeClass == NodeClass.DataType && node.BrowseName == new QualifiedName("AccessNetworkMediumEnumeration", portal));
        return (type?.DataTypeDefinition as EnumDefinition)?.Fields?.ToDictionary(field => field.Name!, field => (byte)field.Value, StringComparer.OrdinalIgnoreCase) ?? [];
    }

    private (TypeLayout Layout, string[]? Identification) Compile(DeviceConfiguration device)
    {
        var settings = device.Settings;
        var type = settings.Get("type");
        var names = _names;
        if (names.IsAmbiguous(device.Type)) throw type.Wrong($"more than one loaded model has a type '{device.Type}'");
        if (!names.TryGet(device.Type, out var typeId)) throw type.Wrong($"there is no type '{device.Type}'; known are {string.Join(", ", DeviceTypes())}");
        var identification = Identification(settings);
        var points = device.Points.Select(point => new LayoutPoint(point.Name, IsWritable(point.Mapping))).ToList();
        try
        {
            var layout = _compiler.Compile(new LayoutRequest(typeId, points, [.. device.Commands.Select(c => c.Name).Order(StringComparer.Ordinal)], [.. identification.Select(i => i.Name)], Served));
            CheckIdentification(settings, layout, identification);
            return (layout, identification.Count == 0 ? null : [.. identification.Select(i => string.Intern(i.Text))]);
        }
        catch (LayoutException wrong)
        {
            throw PlaceOf(device, wrong.Member).Wrong($"{device.Type}: {wrong.Message}");
        }
    }

    // Every protocol calls it so: true, or an object that says how.
    private static bool IsWritable(ConfigElement mapping) => mapping.Kind == JsonTokenType.StartObject && mapping.Find("writable") is { Kind: not JsonTokenType.False };

    private static List<(string Name, string Text)> Identification(ConfigElement settings)
    {
        if (settings.Find("identification") is not { } texts) return [];
        return [.. texts.Members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => (member.Key, member.Value.Text(MaxIdentificationLength)))];
    }

    private static void CheckIdentification(ConfigElement settings, TypeLayout layout, List<(string Name, string Text)> identification)
    {
        foreach (var (name, text) in identification)
        {
            layout.TryFind(name, out var slot);
            if (!IdentificationTexts.Fits(layout.Slots[slot].Record, text)) throw settings.Get("identification").Get(name).Wrong($"'{text}' is no value of {name}");
        }
    }

    private static ConfigElement PlaceOf(DeviceConfiguration device, string? member)
    {
        foreach (var point in device.Points)
            if (point.Name == member) return point.Mapping;
        foreach (var command in device.Commands)
            if (command.Name == member) return command.Mapping;
        return device.Settings.Find("identification")?.Members.GetValueOrDefault(member ?? "") ?? device.Settings.Get("type");
    }

    private IEnumerable<string> DeviceTypes() => _names.All
        .Where(type => !type.Value.IsNull && _model.Declarations.TryGetNode(type.Value, out var node) && !node.IsAbstract && IsFieldDevice(type.Value))
        .Select(type => type.Key).Order(StringComparer.Ordinal);

    private bool IsFieldDevice(NodeId type) => _names.TryGet("FieldDeviceType", out var device) && _model.Declarations.IsSubtypeOf(type, device);
}
