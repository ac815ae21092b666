using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>An address space with the standard's nodes and, in namespace 1, a plant: an area with two meters of different owners and an event type.</summary>
public sealed class StandardSpace
{
    public const string ApplicationUri = "urn:test:server";
    public const int OwnerA = 9;
    public const int OwnerB = 10;

    private static readonly Lazy<NodeSet> Standard = new(StandardModel.LoadUa);

    public StandardSpace()
    {
        Roles.IndexOf(new NodeId("OwnerA", 1));
        Roles.IndexOf(new NodeId("OwnerB", 1));
        Nodes = new StaticNodes(Roles, Types);
        Nodes.Add(Standard.Value.Nodes);
        Space = new AddressSpace(new NamespaceTable(ApplicationUri));
        Space.Attach(0, Nodes);
        Space.Attach(1, Nodes);
        // What holds for nodes of the standard that state nothing: all may look, read and hear.
        Policy.SetDefaults(0, Everybody(PermissionType.Browse | PermissionType.Read | PermissionType.ReceiveEvents | PermissionType.Call));
        Policy.SetDefaults(1, Everybody(PermissionType.Browse | PermissionType.Read | PermissionType.ReceiveEvents));
        Access = new AccessController(Space, Policy, Roles);
        EventAccess = new EventAccess(Access, Types);
        Nodes.Add(Plant());
    }

    public static NodeSet StandardNodeSet => Standard.Value;

    public static NodeId MeterEventType { get; } = new("MeterEventType", 1);
    public static NodeId Area { get; } = new("Area", 1);
    public static NodeId MeterOfA { get; } = new("MeterOfA", 1);
    public static NodeId MeterOfB { get; } = new("MeterOfB", 1);

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));
    public RoleTable Roles { get; } = new();
    public TypeTree Types { get; } = new();
    public RolePermissionPolicy Policy { get; } = new();
    public StaticNodes Nodes { get; }
    public AddressSpace Space { get; }
    public AccessController Access { get; }
    public EventAccess EventAccess { get; }

    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    public static AccessContext User(MessageSecurityMode mode, params ReadOnlySpan<int> roles)
    {
        // Part 3 4.9.2: everybody has Anonymous.
        var bits = 1UL << RoleTable.Anonymous;
        foreach (var role in roles) bits |= 1UL << role;
        return new AccessContext { Roles = bits, SecurityMode = mode };
    }

    public static AccessContext Anybody { get; } = User(MessageSecurityMode.SignAndEncrypt, RoleTable.AuthenticatedUser);
    public static AccessContext Admin { get; } = User(MessageSecurityMode.SignAndEncrypt, RoleTable.AuthenticatedUser, RoleTable.ConfigureAdmin, RoleTable.SecurityAdmin);

    public static RolePermissionSet Everybody(PermissionType permissions) => new([new(RoleTable.Anonymous, permissions)]);

    public NodeRef Resolve(NodeId nodeId) => Space.TryResolve(nodeId, out var node) ? node : throw new KeyNotFoundException(nodeId.ToString());

    public UaEvent MeterEvent(NodeId? source = null) => new()
    {
        EventType = MeterEventType,
        SourceNode = source ?? MeterOfA,
        SourceName = "Meter",
        Time = Now,
        Message = new LocalizedText("Voltage sag on phase L2", "en"),
        Severity = 700,
    };

    public void AddEventType(string name, string field) => Nodes.Add([Type(new NodeId(name, 1), name), Property(field, new NodeId(name, 1), DataTypeIds.Double)]);

    private static NodeRecord[] Plant() =>
    [
        Type(MeterEventType, "MeterEventType"),
        Property("Reading", MeterEventType, DataTypeIds.Double),
        Property("Tags", MeterEventType, DataTypeIds.String),
        Property("Place", MeterEventType, DataTypeIds.String),
        Property("Room", new NodeId("Place", 1), DataTypeIds.Int32),
        Property("Condition", MeterEventType, DataTypeIds.StatusCode),
        Node(Area, "Area", null, (ReferenceTypeIds.HasNotifier, ObjectIds.Server)),
        Node(MeterOfA, "MeterOfA", OwnerA, (ReferenceTypeIds.HasEventSource, Area)),
        Node(MeterOfB, "MeterOfB", OwnerB, (ReferenceTypeIds.HasEventSource, Area)),
    ];

    private static NodeRecord Type(NodeId id, string name) => new()
    {
        NodeId = id,
        NodeClass = NodeClass.ObjectType,
        BrowseName = new QualifiedName(name, 1),
        References = [new NodeSets.NodeReference(ReferenceTypeIds.HasSubtype, false, new NodeId(ObjectTypeIds.BaseEventType))],
    };

    private static NodeRecord Property(string name, NodeId parent, uint dataType) => new()
    {
        NodeId = new NodeId(name, 1),
        NodeClass = NodeClass.Variable,
        BrowseName = new QualifiedName(name, 1),
        DataType = dataType,
        References = [new NodeSets.NodeReference(ReferenceTypeIds.HasProperty, false, parent)],
    };

    private static NodeRecord Node(NodeId id, string name, int? owner, (uint Type, NodeId Above) reference) => new()
    {
        NodeId = id,
        NodeClass = NodeClass.Object,
        BrowseName = new QualifiedName(name, 1),
        EventNotifier = 1,
        RolePermissions = owner is null ? null : [new RolePermission(new NodeId(owner == OwnerA ? "OwnerA" : "OwnerB", 1), (uint)(PermissionType.Browse | PermissionType.ReceiveEvents))],
        References = [new NodeSets.NodeReference(reference.Type, false, reference.Above)],
    };
}

internal static class Users
{
    /// <summary>The same user with one more role.</summary>
    public static AccessContext With(this AccessContext who, int role) => new() { Roles = who.Roles | (1UL << role), SecurityMode = who.SecurityMode };

    /// <summary>The same user over another kind of channel.</summary>
    public static AccessContext Over(this AccessContext who, MessageSecurityMode mode) => new() { Roles = who.Roles, SecurityMode = mode };
}
