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
    private readonly Dictionary<string, NodeId> _typeIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ambiguous = new(StringComparer.Ordinal);
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
        CollectTypes(portal);
        _media = MediaOf(model, portal);
        _portalType = _typeIds.GetValueOrDefault("PortalType");
        if (_portalType.IsNull) throw new NodeSetException(ModelLoader.PortalFile, 0, 0, "The model has no PortalType.");
    }

    public FleetRegistry Registry { get; }

    /// <summary>Numbers for the words of rules and types.</summary>
    internal WordTable Words { get; }

    internal DeviceTypes Types { get; }

    /// <summary>Told of the row of a portal whose devices were put into service.</summary>
    internal Action<int>? PortalAdded { get; set; }

    /// <summary>The type of a name as configuration files and scopes give it; null where there is none, or more than one.</summary>
    internal NodeId? FindType(string name) => !_ambiguous.Contains(name) && _typeIds.TryGetValue(name, out var type) ? type : null;

    // Types of the portal's own model come first; of those that two other models call alike, neither can be named.
    private void CollectTypes(ushort portal)
    {
        foreach (var node in _model.NodeSets.SelectMany(set => set.Nodes))
        {
            if (node.NodeClass != NodeClass.ObjectType || node.NodeId.NamespaceIndex == 0) continue;
            var name = node.BrowseName.Name!;
            if (_typeIds.TryGetValue(name, out var known) && known.NamespaceIndex != portal && node.NodeId.NamespaceIndex != portal) _ambiguous.Add(name);
            if (known.IsNull || known.NamespaceIndex != portal) _typeIds[name] = node.NodeId;
            if (node.NodeId.NamespaceIndex == portal) _ambiguous.Remove(name);
        }
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

    /// <summary>Puts the portal and the devices of a file into service.</summary>
    public void Add(AdapterConfiguration configuration)
    {
        var portal = configuration.Portal;
        Registry.SetPortal(portal.Id, new PortalDetails(portal.Name, OwnerNamespace(portal.Owner), PortalLayout(portal), MediumOf(portal)));
        foreach (var device in configuration.Devices)
        {
            var (layout, identification) = Compile(device);
            Registry.SetDevice(device.Number, new DeviceDetails(device.Name, OwnerNamespace(device.Owner), layout, identification));
        }

        PortalAdded?.Invoke(Registry.FindPortal(portal.Id));
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
        _compiler.Compile(new LayoutRequest(_typeIds[type], points, commands, [], []));

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
        if (_ambiguous.Contains(device.Type)) throw type.Wrong($"more than one loaded model has a type '{device.Type}'");
        if (!_typeIds.TryGetValue(device.Type, out var typeId)) throw type.Wrong($"there is no type '{device.Type}'; known are {string.Join(", ", DeviceTypes())}");
        var identification = Identification(settings);
        var points = device.Points.Select(point => new LayoutPoint(point.Name, IsWritable(point.Mapping))).ToList();
        try
        {
            var layout = _compiler.Compile(new LayoutRequest(typeId, points, [.. device.Commands.Select(c => c.Name).Order(StringComparer.Ordinal)], [.. identification.Select(i => i.Name)], []));
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

    private IEnumerable<string> DeviceTypes() => _typeIds
        .Where(type => !type.Value.IsNull && _model.Declarations.TryGetNode(type.Value, out var node) && !node.IsAbstract && IsFieldDevice(type.Value))
        .Select(type => type.Key).Order(StringComparer.Ordinal);

    private bool IsFieldDevice(NodeId type) => _typeIds.TryGetValue("FieldDeviceType", out var device) && _model.Declarations.IsSubtypeOf(type, device);
}
