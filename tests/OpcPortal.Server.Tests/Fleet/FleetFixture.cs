using System.Text;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>An adapter protocol that takes any settings and remembers commands.</summary>
internal sealed class NoProtocol : IAdapterFactory
{
    public string Protocol => "none";

    public IAdapter Create(AdapterConfiguration configuration, AdapterContext context) => throw new NotSupportedException();
}

/// <summary>An adapter protocol whose adapters run, and read nothing.</summary>
internal sealed class IdleProtocol : IAdapterFactory
{
    public string Protocol => "idle";

    public IAdapter Create(AdapterConfiguration configuration, AdapterContext context) =>
        configuration.Connection.Find("refuses") is { } refused ? throw refused.Wrong("the adapter refuses it") : new Idle();

    private sealed class Idle : IAdapter
    {
        public Task RunAsync(CancellationToken cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        public ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => ValueTask.FromResult(ReadingStatus.Good);
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>A fleet with its address space, in which everybody may do everything.</summary>
internal sealed class FleetFixture
{
    // Files do not change while tests run: read once.
    private static readonly Lazy<IReadOnlyList<NodeSet>> PortalSets = new(() => ModelLoader.Read(ModelLoader.PortalFile));

    private readonly List<DeviceCommand> _commands = [];

    public FleetFixture(TimeProvider? time = null, params string[] nodeSets)
    {
        Model = new ServerModel("urn:test", nodeSets.Length == 0 ? PortalSets.Value : ModelLoader.Read([ModelLoader.PortalFile, .. nodeSets]));
        Commands = new CommandService(Execute, time ?? TimeProvider.System, new CommandOptions());
        Service = FleetSpace.Create(Model, Commands, Own);
        Access = new AccessController(Model.AddressSpace, Model.Policy, Model.Roles);
        Reader = new AttributeReader(Model.AddressSpace, Access);
        Portal = Model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
    }

    public ServerModel Model { get; }
    public AddressSpace Space => Model.AddressSpace;
    public TypeTree Types => Model.Types;
    public FleetSpace Service { get; }
    public CommandService Commands { get; }
    public AccessController Access { get; }
    public AttributeReader Reader { get; }
    public ushort Portal { get; }
    public IReadOnlyList<DeviceCommand> Sent => _commands;
    public ReadingStatus Answer { get; set; } = ReadingStatus.Good;

    public AccessContext Everybody { get; } = new() { Roles = 1, SecurityMode = MessageSecurityMode.None };

    /// <summary>Loads a configuration file; what was refused comes back.</summary>
    public IReadOnlyList<ConfigurationException> Load(string json, string file = "test.json")
    {
        var refused = new List<ConfigurationException>();
        var reader = new AdapterConfigurationReader(Service.Registry, [new NoProtocol()], Service.Fleet.Check);
        if (reader.Read(file, Encoding.UTF8.GetBytes(json), refused) is { } configuration) Service.Fleet.Add(configuration);
        return refused;
    }

    public NodeId Node(string text, string owner = "urn:owner") => new(text, Model.Namespaces.GetOrAdd(owner));

    public DataValue ReadValue(NodeId id) => Reader.Read(Everybody, id, AttributeIds.Value, null, default);

    public Variant ReadAttribute(NodeId id, uint attribute) => Reader.Read(Everybody, id, attribute, null, default).Value;

    /// <summary>All references of a node, as a set that can be compared.</summary>
    public SortedSet<string> References(NodeId id, BrowseDirection direction = BrowseDirection.Both)
    {
        Assert.True(Space.TryResolve(id, out var node), $"{id}");
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var cursor = default(ReferenceCursor);
        while (node.Source.TryNextReference(node, new ReferenceFilter(direction, null), ref cursor, out var reference))
            Assert.True(found.Add($"{reference.ReferenceTypeId} {(reference.IsForward ? ">" : "<")} {reference.Target}"), $"{id} has a reference twice: {reference}");
        return found;
    }

    private void Own(ushort index)
    {
        Model.AddressSpace.Attach(index, Service.Nodes);
        Model.Policy.SetDefaults(index, new RolePermissionSet([new(RoleTable.Anonymous, (PermissionType)0x1FFFF)]));
    }

    private ValueTask<ReadingStatus> Execute(DeviceCommand command, CancellationToken cancellation)
    {
        _commands.Add(command);
        return ValueTask.FromResult(Answer);
    }
}
