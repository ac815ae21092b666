using Microsoft.Extensions.Logging;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>
/// An OPC UA server: the one place where its rooms are put together. It has no sockets: <see cref="Handler"/> serves each connection that it is handed, by Kestrel
/// (<see cref="UaListener"/>) or over pipes.
/// </summary>
public sealed class UaServer : IAsyncDisposable
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    private readonly ConnectionTable _connections;
    private readonly ChannelOpener _opener;
    private readonly TimeProvider _time;
    private readonly SessionAccess _rights;
    private readonly EventFilterCompiler _filters;
    private readonly AccessRenewal _renewal;
    private readonly ConditionMethods _conditionMethods;
    private ITimer? _clock;
    private bool _isStopped;

    public UaServer(UaServerOptions options, UaServerParts parts)
    {
        _time = parts.Time;
        Options = options;
        KeepsEvents = parts.EventArchive is not null;
        Model = new ServerModel(options.Endpoints.ApplicationUri, parts.NodeSets);
        Certificates = new ApplicationCertificates(parts.Certificate);
        Identities = parts.Identities;
        _rights = new SessionAccess(Identities, parts.ManagedUsers, parts.Admission);
        Access = new AccessController(Model.AddressSpace, parts.Policy?.Invoke(Model) ?? Model.Policy, Model.Roles);
        Endpoints = new EndpointCatalog(options.Endpoints, Certificates);
        Events = new EventHub(Model.AddressSpace, Model.Types) { Recorder = parts.Recorder };
        var auditor = new Auditor(Events, _time, options.Endpoints.ApplicationUri);
        Auditor = auditor;
        Sessions = new SessionTable(options.Sessions, Auditor, _time);
        var reader = new AttributeReader(Model.AddressSpace, Access);
        var eventAccess = new EventAccess(Access, Model.Types);
        _filters = new EventFilterCompiler(Model.AddressSpace, Access, Model.Types, eventAccess, _time, options.EventFilters);
        Subscriptions = CreateSubscriptions(reader, eventAccess, parts);
        Sessions.AddObserver(Subscriptions);
        _renewal = new AccessRenewal(_rights, Sessions, Subscriptions);
        Conditions = new ConditionTable(Events, Model.Types, _time, options.Conditions);
        _conditionMethods = new ConditionMethods(Conditions, Model, Access, auditor);
        new ConditionRefresh(Conditions, Subscriptions, Events, _time).BindTo(Model.Nodes);
        Views = new ViewTable(Access);
        Server = new ServerObject(Model, options, FactsOf(parts), _time);
        new HistoryNodesOfServer(Model, options.Operations, _time).Show(parts.Facts.History, parts.EventArchive is not null);
        AggregateNodes.Show(Model);
        ModelChanges = new ModelChanges(Events, Model.Nodes, Model.Types, _time);
        Roles = new RoleSet(Model, Identities, parts.Roles ?? new MemoryRoleStore(), parts.RoleApproval ?? new SinglePersonApproval(), RefreshAccess);
        new RoleSetNodes(Model, Roles, auditor, ModelChanges).Bind();
        var throttle = new LoginThrottle(_time);
        if (parts.ManagedUsers is { } managed) new UserManagementNodes(Model, new UserManagement(managed, throttle, RefreshAccess)).Bind();
        var counters = new RequestCounters();
        Sessions.AddObserver(new ServerDiagnostics(Model, Sessions, counters, Subscriptions.Diagnostics, _time));

        var codec = new CodecContext(StructureRegistry.Standard, options.Codec);
        var applications = new CertificateValidator(parts.Applications, _time);
        var users = parts.Users is null ? applications : new CertificateValidator(parts.Users, _time);
        var verifier = new IdentityTokenVerifier(Endpoints, Certificates, parts.ManagedUsers is { } local ? new UserPasswords(local, parts.Passwords) : parts.Passwords, users, throttle, parts.ManagedUsers);
        Service[] services = [.. DiscoveryServices(), .. SessionServices(verifier), .. NodeServices(reader, parts.EventArchive, parts.Loggers), .. Subscriptions.ServicesWith(options.Operations)];
        var dispatcher = new RequestDispatcher(services, Sessions, Auditor, counters, codec, _time, parts.Loggers.CreateLogger<RequestDispatcher>());
        _opener = new ChannelOpener(Endpoints, Certificates, applications, Auditor, options.Connections, options.Transport, codec, _time);
        _connections = new ConnectionTable(options.Connections);
        var connectionServices = new ConnectionServices(
            dispatcher, _opener, Auditor, options.Connections, options.Transport, new MessageBudget(MessageBudget.DefaultBytes), codec, _time, parts.Loggers.CreateLogger<UaConnectionHandler>());
        Handler = new UaConnectionHandler(connectionServices, _connections);
    }

    public UaServerOptions Options { get; }

    /// <summary>The nodes. Sources of other namespaces attach here.</summary>
    public ServerModel Model { get; }

    public AccessController Access { get; }
    public SessionTable Sessions { get; }
    public SubscriptionEngine Subscriptions { get; }
    public EndpointCatalog Endpoints { get; }
    public ApplicationCertificates Certificates { get; }
    public IdentityMappings Identities { get; }
    public EventHub Events { get; }

    /// <summary>The conditions that there are: alarms above all.</summary>
    public ConditionTable Conditions { get; }

    /// <summary>Whether past events can be read: what a source's notifiers say of themselves. Part 3 8.59.</summary>
    public bool KeepsEvents { get; }

    /// <summary>The Server object: its state, and the objects of namespaces that are added later.</summary>
    public ServerObject Server { get; }

    /// <summary>Who has which role, and how that changes.</summary>
    public RoleSet Roles { get; }

    /// <summary>Where rooms show parts of the address space as Views.</summary>
    public ViewTable Views { get; }

    /// <summary>Where rooms tell that nodes came or went.</summary>
    public ModelChanges ModelChanges { get; }

    public IAuditor Auditor { get; }

    /// <summary>Serves connections.</summary>
    public UaConnectionHandler Handler { get; }

    /// <summary>
    /// Lets the durable subscriptions go on that a process before this one left. Done by <see cref="Start"/>, unless it was done before: by who has sources that bring values, before they do.
    /// </summary>
    /// <exception cref="SubscriptionStoreException">They cannot be read: why, and what to do, in one line.</exception>
    public void RestoreSubscriptions() => Subscriptions.Restore();

    /// <summary>Starts the clock that ends what falls silent, and says that the server runs. Call before the first connection.</summary>
    public void Start()
    {
        RestoreSubscriptions();
        _clock ??= _time.CreateTimer(_ => Check(), null, CheckEvery, CheckEvery);
        Server.Status.Run();
    }

    /// <summary>
    /// Asks anew what every session and subscription may do: to be called when roles, agreements or users changed. Who is no longer admitted loses the session.
    /// </summary>
    public void RefreshAccess() => _renewal.RenewAll();

    /// <summary>Adds a model while clients are served, and tells them: its namespaces have their objects, its nodes are listed in a ModelChangeEvent.</summary>
    /// <param name="model">Not yet renumbered.</param>
    /// <exception cref="NodeSetException">It does not fit: nothing was added.</exception>
    public void AddModel(NodeSet model)
    {
        var added = Model.Add(model);
        Server.Namespaces.Add(added);
        foreach (var space in added.Nodes.GroupBy(node => node.NodeId.NamespaceIndex))
        {
            // Who may see what has no permissions of its own sees all such nodes of the namespace; of others, nobody is told.
            var open = space.Where(node => node.RolePermissions is null && node.AccessRestrictions is null).ToList();
            if (open.Count > 0) ModelChanges.Report(open[0].NodeId, [.. open.Select(node => new ModelChange(node.NodeId, TypeOf(node), ModelChangeVerbs.NodeAdded))]);
        }
    }

    private NodeId TypeOf(NodeRecord node) => Model.Nodes.TryResolve(node.NodeId, out var found) ? Model.Nodes.TypeDefinitionOf(found) : default;

    private void Check()
    {
        _connections.CheckDeadlines(_time.GetUtcNow().UtcDateTime);
        Sessions.CloseSilent();
    }

    /// <summary>Ends all connections and sessions. Durable subscriptions still queue what sources bring, until the server is disposed.</summary>
    public async ValueTask StopAsync()
    {
        if (_isStopped) return;
        _isStopped = true;
        Server.Status.ShutDown(TimeSpan.Zero, new LocalizedText("The server stops.", "en"));
        if (_clock is not null) await _clock.DisposeAsync().ConfigureAwait(false);
        _connections.StopAll();
        foreach (var session in Sessions.All) Sessions.Close(session, deleteSubscriptions: true, SessionEnd.Terminated);
    }

    /// <summary>Stops, and lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        Conditions.Dispose();
        Subscriptions.Dispose();
        _opener.Dispose();
    }

    private static ServerFacts FactsOf(UaServerParts parts)
    {
        var implemented = new HashSet<NodeId>(parts.Facts.Implemented);
        if (parts.ManagedUsers is not null) implemented.Add(ObjectIds.UserManagement);
        var (data, hasEvents) = (parts.Facts.History, parts.EventArchive is not null);
        implemented.UnionWith(HistoryNodesOfServer.Implemented(data, hasEvents));
        if (parts.SubscriptionStore is not null) implemented.Add(MethodIds.Server_SetSubscriptionDurable);
        return parts.Facts with { Implemented = implemented, Profiles = [.. parts.Facts.Profiles, .. HistoryNodesOfServer.Profiles(data, hasEvents)] };
    }

    private IEnumerable<Service> DiscoveryServices() => [new FindServersService(Endpoints), new GetEndpointsService(Endpoints)];

    private IEnumerable<Service> SessionServices(IdentityTokenVerifier verifier) =>
    [
        new CreateSessionService(Sessions, Options.Sessions, Endpoints, Certificates, Options.Transport),
        new ActivateSessionService(Sessions, Options.Sessions, verifier, _rights, _renewal, Model.Roles),
        new CloseSessionService(Sessions),
        new CancelService(),
    ];

    private SubscriptionEngine CreateSubscriptions(AttributeReader reader, EventAccess eventAccess, UaServerParts parts)
    {
        var engine = new SubscriptionEngine(reader, Access, Model.Types, eventAccess, Events, _filters, Options.Subscriptions, _time, parts.Loggers.CreateLogger<SubscriptionEngine>());
        engine.Rights = _rights;
        if (parts.SubscriptionStore is { } store) engine.UseStore(store, Model.Namespaces, Model.DataTypes);
        new SubscriptionNodes(engine).BindTo(Model.Nodes);
        return engine;
    }

    private IEnumerable<Service> NodeServices(AttributeReader reader, IEventArchive? archive, ILoggerFactory loggers)
    {
        var limits = Options.Operations;
        var browser = new ReferenceBrowser(Model.AddressSpace, Access, Model.Types);
        var types = new ValueTypeCheck(Model.Types, Model.DataTypeOfEncoding, new EnumerationValues(Model.AddressSpace).Of);
        return
        [
            new ReadService(reader, limits),
            new WriteService(Access, reader, types, Auditor, limits, loggers.CreateLogger<WriteService>()),
            new HistoryReadService(Access, Model.Types, archive, _filters, limits, loggers.CreateLogger<HistoryReadService>()),
            new HistoryUpdateService(Access, types, Auditor, limits, loggers.CreateLogger<HistoryUpdateService>()),
            new BrowseService(browser, Views, limits),
            new BrowseNextService(limits),
            new TranslateBrowsePathsService(browser, limits),
            new RegisterNodesService(limits),
            new UnregisterNodesService(limits),
            new CallService(Model.AddressSpace, Access, browser, types, Auditor, limits, loggers.CreateLogger<CallService>()) { Conditions = _conditionMethods },
        ];
    }
}
