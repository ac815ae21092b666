using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>A server's nodes with everything bound that a running server binds.</summary>
public sealed class LiveServerObject : IDisposable
{
    public LiveServerObject()
    {
        Options = new UaServerOptions
        {
            Endpoints = new EndpointOptions { Urls = ["opc.tcp://localhost:4840"], ApplicationUri = StandardSpace.ApplicationUri },
            // No two alike, so that a mix-up shows.
            Operations = new OperationLimits
            {
                MaxNodesPerRead = 101,
                MaxNodesPerWrite = 102,
                MaxNodesPerBrowse = 103,
                MaxNodesPerRegisterNodes = 104,
                MaxNodesPerTranslateBrowsePathsToNodeIds = 105,
                MaxNodesPerMethodCall = 106,
                MaxMonitoredItemsPerCall = 107,
                MaxBrowseContinuationPoints = 108,
            },
            Codec = new CodecLimits { MaxArrayLength = 201, MaxStringLength = 202, MaxByteStringLength = 203 },
            Sessions = new SessionLimits { MaxSessions = 301 },
            EventFilters = new EventFilterLimits { MaxSelectClauseParameters = 401, MaxWhereClauseParameters = 402 },
        };
        Model = new ServerModel(StandardSpace.ApplicationUri, []);
        Access = new AccessController(Model.AddressSpace, Model.Policy, Model.Roles);
        Reader = new AttributeReader(Model.AddressSpace, Access);
        Events = new EventHub(Model.AddressSpace, Model.Types);
        var eventAccess = new EventAccess(Access, Model.Types);
        var compiler = new EventFilterCompiler(Model.AddressSpace, Access, Model.Types, eventAccess, Time, Options.EventFilters);
        Engine = new SubscriptionEngine(Reader, Access, Model.Types, eventAccess, Events, compiler, new SubscriptionLimits(), Time, NullLogger<SubscriptionEngine>.Instance);
        Server = new ServerObject(Model, Options, new ServerFacts(), Time);
        Roles = new RoleSet(Model, Identities, new MemoryRoleStore(), new SinglePersonApproval(), static () => { });
        var auditor = new Auditor(Events, Time, StandardSpace.ApplicationUri);
        new RoleSetNodes(Model, Roles, auditor, new ModelChanges(Events, Model.Nodes, Model.Types, Time)).Bind();
        new SubscriptionNodes(Engine).BindTo(Model.Nodes);
        Sessions = new SessionTable(Options.Sessions, auditor, Time);
        Diagnostics = new ServerDiagnostics(Model, Sessions, Requests, Engine.Diagnostics, Time);
        Sessions.AddObserver(Engine);
        Sessions.AddObserver(Diagnostics);
        Server.Status.Run();
    }

    public UaServerOptions Options { get; }
    public IdentityMappings Identities { get; } = new([new(RoleTable.Operator, IdentityCriteriaType.UserName, "bob")]);
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));
    public ServerModel Model { get; }
    public AccessController Access { get; }
    public AttributeReader Reader { get; }
    public EventHub Events { get; }
    public SubscriptionEngine Engine { get; }
    public ServerObject Server { get; }
    public RoleSet Roles { get; }
    public SessionTable Sessions { get; }
    public RequestCounters Requests { get; } = new();
    public ServerDiagnostics Diagnostics { get; }

    public DataValue Read(NodeId nodeId, AccessContext? who = null) => Reader.Read(who ?? StandardSpace.Admin, nodeId, AttributeIds.Value, null, default);

    /// <summary>A Good value.</summary>
    public Variant Value(NodeId nodeId)
    {
        var value = Read(nodeId);
        Assert.True(value.StatusCode.IsGood, $"{nodeId}: {value.StatusCode}");
        return value.Value;
    }

    /// <summary>All instances below a node, it included.</summary>
    public IEnumerable<NodeId> Below(NodeId root)
    {
        var seen = new HashSet<NodeId>();
        StandardNodes.AddSubtree(Model.Nodes, Model.Types, root, seen);
        return seen;
    }

    public NodeId Child(NodeId parent, params string[] path) => path.Aggregate(parent, (at, name) => StaticWalk.Child(Model.Nodes, Model.Types, at, name));

    public NodeRef Resolve(NodeId nodeId) => Model.AddressSpace.TryResolve(nodeId, out var node) ? node : throw new KeyNotFoundException(nodeId.ToString());

    public void Dispose() => Engine.Dispose();
}
