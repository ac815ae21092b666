namespace OpcPortal.Adapters;

/// <summary>
/// Reads configuration files into <see cref="AdapterConfiguration"/>s. One reader sees all the files of a fleet, so that a name used twice is found. What is wrong is refused as
/// narrowly as can be: a device alone where the fault lies in it, else the file. Not thread-safe.
/// </summary>
/// <param name="numbers">Gives the numbers of the fleet.</param>
/// <param name="factories">The protocols known.</param>
/// <param name="check">What the server has to say of a device, such as whether its type exists; throws <see cref="ConfigurationException"/>.</param>
public sealed class AdapterConfigurationReader(IFleetNumbers numbers, IEnumerable<IAdapterFactory> factories, Action<PortalConfiguration, DeviceConfiguration>? check = null)
{
    /// <summary>Devices of a file: a concentrator serves a few thousand meters at most.</summary>
    public const int MaxDevices = 10_000;

    /// <summary>Points of a device: the largest power-quality monitors have some hundreds.</summary>
    public const int MaxPoints = 2_000;

    /// <summary>Commands of a device.</summary>
    public const int MaxCommands = 100;

    private const int Unnumbered = -1;

    private static readonly string[] AccessNetworks = ["Cellular", "PLC", "RFMesh", "Fibre", "DSL", "Satellite", "Ethernet"];

    private readonly Dictionary<string, IAdapterFactory> _factories = factories.ToDictionary(factory => factory.Protocol, StringComparer.Ordinal);
    private readonly Dictionary<string, (PortalConfiguration Portal, string File)> _portals = new(StringComparer.Ordinal);
    private readonly HashSet<(string Portal, string Device)> _devices = [];

    /// <summary>The factory of a configuration that this reader has read.</summary>
    public IAdapterFactory FactoryOf(AdapterConfiguration configuration) => _factories[configuration.Connection.Get("protocol").Text()];

    /// <summary>Reads a file.</summary>
    /// <param name="file">The name that messages give.</param>
    /// <param name="utf8">Its text.</param>
    /// <param name="refused">Gets what was refused, and why.</param>
    /// <returns>What of the file can run; null where nothing can.</returns>
    public AdapterConfiguration? Read(string file, ReadOnlySpan<byte> utf8, ICollection<ConfigurationException> refused)
    {
        try
        {
            var root = ConfigElement.Parse(file, utf8);
            root.Find("$schema");
            var portal = ReadPortal(file, root.Get("portal"));
            var connection = root.Get("connection");
            var factory = FactoryFor(connection);
            factory.CheckConnection(connection);
            var devices = ReadDevices(root.Get("devices"), portal, connection, factory, refused);
            root.RefuseUnread();
            if (devices.Count == 0) return null;
            _portals.TryAdd(portal.Id, (portal, file));
            return new AdapterConfiguration { File = file, Portal = portal, Connection = connection, Devices = Number(portal, devices) };
        }
        catch (ConfigurationException wrong)
        {
            refused.Add(wrong);
            return null;
        }
    }

    private PortalConfiguration ReadPortal(string file, ConfigElement settings)
    {
        var id = ReadId(settings);
        var portal = new PortalConfiguration
        {
            Id = id,
            Name = settings.Find("name")?.Text() ?? id,
            Owner = ReadUri(settings.Get("owner")),
            AccessNetwork = settings.Find("accessNetwork") is { } network ? ReadAccessNetwork(network) : null,
        };
        settings.RefuseUnread();

        // A portal may be reached by several connections, each with its file: then they must say the same of it.
        if (_portals.TryGetValue(id, out var known) && known.Portal != portal)
            throw settings.Wrong($"portal '{id}' stands in {Path.GetFileName(known.File)} too, with another name, owner or access network");
        return portal;
    }

    private IAdapterFactory FactoryFor(ConfigElement connection)
    {
        var protocol = connection.Get("protocol");
        return _factories.GetValueOrDefault(protocol.Text())
            ?? throw protocol.Wrong($"protocol '{protocol.Text()}' is not known; known are {string.Join(", ", _factories.Keys.Order(StringComparer.Ordinal))}");
    }

    private List<DeviceConfiguration> ReadDevices(
        ConfigElement list, PortalConfiguration portal, ConfigElement connection, IAdapterFactory factory, ICollection<ConfigurationException> refused)
    {
        if (list.Items.Count is 0 or > MaxDevices) throw list.Wrong($"1 to {MaxDevices} devices are wanted here");
        var devices = new List<DeviceConfiguration>(list.Items.Count);
        foreach (var settings in list.Items)
        {
            try
            {
                var device = ReadDevice(settings, portal);
                factory.CheckDevice(connection, device);
                check?.Invoke(portal, device);
                if (!_devices.Add((portal.Id, device.Id))) throw settings.Get("id").Wrong($"portal '{portal.Id}' has a device '{device.Id}' already");
                devices.Add(device);
            }
            catch (ConfigurationException wrong)
            {
                refused.Add(wrong);
            }
        }

        return devices;
    }

    private static DeviceConfiguration ReadDevice(ConfigElement settings, PortalConfiguration portal)
    {
        var id = ReadId(settings);
        // The nameplate is the server's to read, whatever the protocol.
        settings.Find("identification");
        return new DeviceConfiguration
        {
            Id = id,
            Name = settings.Find("name")?.Text() ?? id,
            Type = settings.Get("type").Text(),
            Owner = settings.Find("owner") is { } owner ? ReadUri(owner) : portal.Owner,
            Number = Unnumbered,
            Settings = settings,
            Points = ReadPoints(settings.Get("points")),
            Commands = settings.Find("commands") is { } commands ? ReadCommands(commands) : [],
        };
    }

    private static List<PointConfiguration> ReadPoints(ConfigElement mappings)
    {
        if (mappings.Members.Count is 0 or > MaxPoints) throw mappings.Wrong($"1 to {MaxPoints} points are wanted here");
        var points = new List<PointConfiguration>(mappings.Members.Count);
        foreach (var (name, mapping) in mappings.Members)
        {
            if (!FleetNames.IsPoint(name)) throw mapping.Wrong($"'{name}' is no point: BrowseNames of letters, digits, '-', '_', '.' joined with '/' are wanted");
            points.Add(new PointConfiguration(name, Unnumbered, mapping));
        }

        return points;
    }

    private static List<CommandConfiguration> ReadCommands(ConfigElement mappings)
    {
        if (mappings.Members.Count > MaxCommands) throw mappings.Wrong($"at most {MaxCommands} commands are wanted here");
        var commands = new List<CommandConfiguration>(mappings.Members.Count);
        foreach (var (name, mapping) in mappings.Members)
        {
            if (!FleetNames.IsPoint(name)) throw mapping.Wrong($"'{name}' is no command: a BrowseName of letters, digits, '-', '_', '.' is wanted");
            commands.Add(new CommandConfiguration(name, mapping));
        }

        return commands;
    }

    private List<DeviceConfiguration> Number(PortalConfiguration portal, List<DeviceConfiguration> devices) => devices.ConvertAll(device => device with
    {
        Number = numbers.Device(portal.Id, device.Id),
        Points = [.. device.Points.Select(point => point with { Number = numbers.Point(portal.Id, device.Id, point.Name) })],
    });

    private static string ReadId(ConfigElement settings)
    {
        var id = settings.Get("id");
        return FleetNames.IsId(id.Text()) ? id.Text()
            : throw id.Wrong($"'{id.Text()}' is no id: letters, digits, '-', '_', '.', at most {FleetNames.MaxIdLength}, starting with a letter or digit");
    }

    private static string ReadUri(ConfigElement owner) => Uri.TryCreate(owner.Text(), UriKind.Absolute, out _) ? owner.Text()
        : throw owner.Wrong($"'{owner.Text()}' is no URI; the URI of the owner's namespace is wanted, such as \"urn:example:utility\"");

    private static string ReadAccessNetwork(ConfigElement network) => AccessNetworks.FirstOrDefault(known => known.Equals(network.Text(), StringComparison.OrdinalIgnoreCase))
        ?? throw network.Wrong($"one of {string.Join(", ", AccessNetworks)} is wanted here");
}
