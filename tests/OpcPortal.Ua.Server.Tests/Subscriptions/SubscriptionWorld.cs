using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>A subscription engine over a few nodes, with a clock that stands still until it is told to move.</summary>
internal sealed class SubscriptionWorld : IAccessPolicy, IDisposable
{
    private const PermissionType Everything = PermissionType.Browse | PermissionType.Read | PermissionType.Write | PermissionType.ReceiveEvents | PermissionType.Call;

    private readonly Dictionary<NodeId, Service> _services;
    private readonly ConcurrentDictionary<(string? User, NodeId Node), PermissionType> _permissions = [];
    private int _sessions;

    /// <param name="store">Keeps durable subscriptions; null: there are none.</param>
    /// <param name="namespaces">Namespaces beyond the server's own, in order; the nodes of all of them are the world's.</param>
    public SubscriptionWorld(SubscriptionLimits? limits = null, OperationLimits? operations = null, ISubscriptionStore? store = null, params string[] namespaces)
    {
        foreach (var number in new uint[] { DataTypeIds.Double, DataTypeIds.Float, DataTypeIds.Int32, DataTypeIds.Int64 }) Types.Add(number, DataTypeIds.Number);
        Types.Add(ObjectTypeIds.EventQueueOverflowEventType, ObjectTypeIds.BaseEventType);
        Types.Add(ObjectTypeIds.SystemEventType, ObjectTypeIds.BaseEventType);
        var spaces = new NamespaceTable("urn:test:server");
        AddressSpace = new AddressSpace(spaces);
        Nodes = new StaticNodes(Roles, Types);
        AddressSpace.Attach(0, Nodes);
        AddressSpace.Attach(1, Nodes);
        foreach (var uri in namespaces) AddressSpace.Attach(spaces.GetOrAdd(uri), Nodes);
        Nodes.Add(
        [
            new NodeRecord { NodeId = ObjectIds.Server, NodeClass = NodeClass.Object, BrowseName = "Server", EventNotifier = 1 },
            new NodeRecord { NodeId = ObjectTypeIds.BaseEventType, NodeClass = NodeClass.ObjectType, BrowseName = "BaseEventType" },
            new NodeRecord { NodeId = ObjectTypeIds.SystemEventType, NodeClass = NodeClass.ObjectType, BrowseName = "SystemEventType" },
            new NodeRecord { NodeId = ObjectTypeIds.EventQueueOverflowEventType, NodeClass = NodeClass.ObjectType, BrowseName = "EventQueueOverflowEventType" },
            new NodeRecord { NodeId = Machine, NodeClass = NodeClass.Object, BrowseName = "Machine" },
        ]);
        Access = new AccessController(AddressSpace, this, Roles);
        Events = new EventHub(AddressSpace, Types);
        Engine = new SubscriptionEngine(
            new AttributeReader(AddressSpace, Access), Access, Types, new EventAccess(Access, Types), Events, new PlainEventFilters(), limits ?? new SubscriptionLimits(), Time,
            NullLogger<SubscriptionEngine>.Instance);
        if (store is not null) Engine.UseStore(store, spaces, new DataTypeCatalog());
        _services = Engine.ServicesWith(operations ?? new OperationLimits()).ToDictionary(s => s.RequestEncodingId);
    }

    /// <summary>An object that is no notifier.</summary>
    public static NodeId Machine { get; } = new("Machine", 1);

    public WatchedTime Time { get; } = new();
    public RoleTable Roles { get; } = new();
    public TypeTree Types { get; } = new();
    public AddressSpace AddressSpace { get; }
    public StaticNodes Nodes { get; }
    public AccessController Access { get; }
    public EventHub Events { get; }
    public SubscriptionEngine Engine { get; }
    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    /// <summary>Called whenever somebody's rights are asked for.</summary>
    public Action? OnAsked { get; set; }

    /// <summary>A Variable whose source tells of changes.</summary>
    public NodeId Variable(string name, Variant value, uint dataType = DataTypeIds.Double, int valueRank = -1, double minimumSamplingInterval = 0, ushort space = 1)
    {
        var id = new NodeId(name, space);
        Nodes.Add(
        [
            new NodeRecord
            {
                NodeId = id, NodeClass = NodeClass.Variable, BrowseName = new QualifiedName(name, 1), DataType = dataType, ValueRank = valueRank, Value = value,
                MinimumSamplingInterval = minimumSamplingInterval,
            },
        ]);
        return id;
    }

    /// <summary>A Variable that must be read to see its value.</summary>
    public NodeId PolledVariable(string name, Func<DataValue> read)
    {
        var id = Variable(name, 0.0);
        Nodes.BindValue(id, read);
        return id;
    }

    public void Property(NodeId parent, string name, Variant value)
    {
        var id = new NodeId($"{parent.Text}/{name}", 1);
        Nodes.Add([new NodeRecord { NodeId = id, NodeClass = NodeClass.Variable, BrowseName = name, Value = value }]);
        Nodes.AddReference(parent, ReferenceTypeIds.HasProperty, isForward: true, id);
    }

    public void Set(NodeId node, Variant value, StatusCode status = default) => Nodes.SetValue(node, new DataValue(value, status, Now));

    /// <summary>Moves the clock on in steps short enough that no timer is ever late.</summary>
    public void Advance(double milliseconds)
    {
        const double Step = 10;
        for (var left = milliseconds; left > 0; left -= Step) Time.Advance(TimeSpan.FromMilliseconds(Math.Min(left, Step)));
    }

    /// <summary>Moves the clock on at one go, as when the machine was busy with something else.</summary>
    public void Jump(double milliseconds) => Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>What one user may do with one node, from now on; others may do everything.</summary>
    public void Permit(string? user, NodeId node, PermissionType permissions) => _permissions[(user, node)] = permissions;

    public SubscriptionClient Connect(string? user = "alice", MessageSecurityMode mode = MessageSecurityMode.SignAndEncrypt, string? applicationUri = "urn:test:client", uint maxResponse = 0)
    {
        var number = (uint)Interlocked.Increment(ref _sessions);
        var session = new Session { Id = new NodeId(number, 1), Name = $"session {number}", Access = AccessOf(user, mode, applicationUri), MaxResponseMessageSize = maxResponse };
        return new SubscriptionClient(this, session);
    }

    public AccessContext AccessOf(string? user, MessageSecurityMode mode = MessageSecurityMode.SignAndEncrypt, string? applicationUri = "urn:test:client") => new()
    {
        Roles = 1,
        SecurityMode = mode,
        UserName = user,
        ApplicationUri = applicationUri,
    };

    /// <summary>Runs a service as the dispatcher does; request and response cross the wire.</summary>
    public async Task<TResponse> Send<TResponse>(Session session, IServiceRequest request, CancellationToken cancellation = default)
        where TResponse : IServiceResponse, IStructure<TResponse>
    {
        var service = _services[request.BinaryEncodingId];
        var context = new ServiceContext(Time) { Channel = session.Channel, Session = session, RequestHeader = request.RequestHeader, Now = Now };
        using var registration = cancellation.Register(() => context.Cancel(StatusCodes.BadRequestCancelledByClient));
        var pending = service.InvokeAsync(context, Decode(service, BinaryEncoder.ToBytes(request)));
        return Decode<TResponse>(BinaryEncoder.ToBytes(await pending.AsTask().WaitAsync(TimeSpan.FromMinutes(1))));
    }

    private static IServiceRequest Decode(Service service, byte[] bytes)
    {
        var decoder = new BinaryDecoder(bytes, CodecContext.Default);
        return service.Decode(ref decoder);
    }

    public static T Decode<T>(byte[] bytes) where T : IStructure<T>
    {
        var decoder = new BinaryDecoder(bytes, CodecContext.Default);
        return T.Decode(ref decoder);
    }

    PermissionType IAccessPolicy.PermissionsOf(AccessContext who, in NodeRef node)
    {
        OnAsked?.Invoke();
        return _permissions.GetValueOrDefault((who.UserName, node.NodeId), Everything);
    }

    AccessRestrictionType IAccessPolicy.RestrictionsOf(in NodeRef node) => default;

    RolePermissionSet IAccessPolicy.RolePermissionsOf(in NodeRef node) => new([]);

    public void Dispose() => Engine.Dispose();
}

/// <summary>A clock that tells when it is looked at: what happens then happens in the middle of something.</summary>
internal sealed class WatchedTime() : FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
{
    private long _ticks = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>Called until it says that it has done what it waits for.</summary>
    public Func<bool>? OnLook { get; set; }

    public new void Advance(TimeSpan by)
    {
        Interlocked.Add(ref _ticks, by.Ticks);
        base.Advance(by);
    }

    public override DateTimeOffset GetUtcNow()
    {
        if (OnLook is { } onLook)
        {
            OnLook = null;
            if (!onLook()) OnLook = onLook;
        }

        // A look at the base's clock runs timers, with whatever locks the one who looks holds: no real clock does.
        return new DateTimeOffset(Interlocked.Read(ref _ticks), TimeSpan.Zero);
    }
}

/// <summary>The client's side of one session.</summary>
internal sealed class SubscriptionClient(SubscriptionWorld world, Session session)
{
    public Session Session { get; } = session;

    /// <summary>Publish requests that wait for an answer.</summary>
    public int Parked => SubscriptionEngine.QueueOf(Session).RequestCount;

    public Task<TResponse> Send<TResponse>(IServiceRequest request, CancellationToken cancellation = default)
        where TResponse : IServiceResponse, IStructure<TResponse> => world.Send<TResponse>(Session, request, cancellation);

    public Task<CreateSubscriptionResponse> Create(double interval = 100, uint keepAlive = 10, uint lifetime = 1_000, uint maxNotifications = 0, bool enabled = true, byte priority = 0) =>
        Send<CreateSubscriptionResponse>(new CreateSubscriptionRequest
        {
            RequestedPublishingInterval = interval,
            RequestedMaxKeepAliveCount = keepAlive,
            RequestedLifetimeCount = lifetime,
            MaxNotificationsPerPublish = maxNotifications,
            PublishingEnabled = enabled,
            Priority = priority,
        });

    /// <summary>The id of a new subscription.</summary>
    public async Task<uint> Subscribe(double interval = 100, uint keepAlive = 10, uint lifetime = 1_000, uint maxNotifications = 0, bool enabled = true, byte priority = 0) =>
        (await Create(interval, keepAlive, lifetime, maxNotifications, enabled, priority)).SubscriptionId;

    public async Task<MonitoredItemCreateResult[]> CreateItems(uint subscription, TimestampsToReturn timestamps, params MonitoredItemCreateRequest[] items) =>
        (await Send<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest { SubscriptionId = subscription, TimestampsToReturn = timestamps, ItemsToCreate = items })).Results!;

    /// <summary>The result of creating one item, whose client handle is <paramref name="handle"/>.</summary>
    public async Task<MonitoredItemCreateResult> TryMonitor(uint subscription, MonitoredItemCreateRequest item) => (await CreateItems(subscription, TimestampsToReturn.Both, item))[0];

    /// <summary>The id of a new item.</summary>
    public async Task<uint> Monitor(
        uint subscription, NodeId node, uint handle = 1, uint queueSize = 1, bool discardOldest = true, double sampling = 0, MonitoringMode mode = MonitoringMode.Reporting, IStructure? filter = null)
    {
        var result = await TryMonitor(subscription, Item(node, handle, queueSize, discardOldest, sampling, mode, filter));
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        return result.MonitoredItemId;
    }

    public static MonitoredItemCreateRequest Item(
        NodeId node, uint handle = 1, uint queueSize = 1, bool discardOldest = true, double sampling = 0, MonitoringMode mode = MonitoringMode.Reporting, IStructure? filter = null,
        uint attribute = AttributeIds.Value, string? range = null, QualifiedName encoding = default) => new()
        {
            ItemToMonitor = new ReadValueId { NodeId = node, AttributeId = attribute, IndexRange = range, DataEncoding = encoding },
            MonitoringMode = mode,
            RequestedParameters = new MonitoringParameters
            {
                ClientHandle = handle,
                QueueSize = queueSize,
                DiscardOldest = discardOldest,
                SamplingInterval = sampling,
                Filter = ExtensionObject.From(filter),
            },
        };

    public Task<PublishResponse> Publish(params SubscriptionAcknowledgement[] acknowledgements) =>
        Send<PublishResponse>(new PublishRequest { SubscriptionAcknowledgements = acknowledgements });

    /// <summary>What the next publishing cycle sends. The clock moves by one interval.</summary>
    public async Task<PublishResponse> NextPublish(double interval = 100)
    {
        var pending = Publish();
        world.Advance(interval);
        return await pending;
    }

    /// <summary>Takes the first values away, so that what comes next is of the test's making.</summary>
    public async Task SkipInitialValues(double interval = 100) => Assert.NotEmpty(Received.Values(await NextPublish(interval)));
}

/// <summary>What a Publish response holds.</summary>
internal static class Received
{
    public static MonitoredItemNotification[] Values(PublishResponse response) => Values(response.NotificationMessage);

    public static MonitoredItemNotification[] Values(NotificationMessage message) =>
        [.. Data(message).OfType<DataChangeNotification>().SelectMany(d => d.MonitoredItems!)];

    public static EventFieldList[] Events(PublishResponse response) => [.. Data(response.NotificationMessage).OfType<EventNotificationList>().SelectMany(e => e.Events!)];

    public static StatusCode? Status(PublishResponse response) => Data(response.NotificationMessage).OfType<StatusChangeNotification>().SingleOrDefault()?.Status;

    /// <summary>The numbers sent for one item.</summary>
    public static IReadOnlyList<double> Numbers(PublishResponse response, uint handle = 1) =>
        [.. Values(response).Where(v => v.ClientHandle == handle).Select(v => v.Value.Value.AsDouble())];

    /// <summary>The sequence numbers that the response says can be had again.</summary>
    public static IReadOnlyList<uint> Available(PublishResponse response) => response.AvailableSequenceNumbers!;

    public static bool IsKeepAlive(PublishResponse response) => response.NotificationMessage.NotificationData is { Length: 0 };

    private static IEnumerable<IStructure?> Data(NotificationMessage message) => message.NotificationData!.Select(d => d?.Structure);
}

/// <summary>Filters whose select clauses are names of fields; a where clause, if there is one, lets nothing pass but what has the severity that it names.</summary>
internal sealed class PlainEventFilters : IEventFilterCompiler
{
    public StatusCode TryCompile(EventFilter filter, AccessContext who, out CompiledEventFilter? compiled, out EventFilterResult? result)
    {
        compiled = null;
        result = null;
        if (filter.SelectClauses is not { Length: > 0 } clauses) return StatusCodes.BadEventFilterInvalid;
        var least = filter.WhereClause?.Elements is { Length: > 0 } ? 500 : 0;
        compiled = new Plain(Array.ConvertAll(clauses, c => c.BrowsePath![0].Name!), least);
        return StatusCodes.Good;
    }

    /// <summary>A filter on these fields, of urgent events only where asked for.</summary>
    public static EventFilter Select(bool urgentOnly, params string[] fields) => new()
    {
        SelectClauses = Array.ConvertAll(fields, f => new SimpleAttributeOperand { TypeDefinitionId = ObjectTypeIds.BaseEventType, BrowsePath = [f], AttributeId = AttributeIds.Value }),
        WhereClause = urgentOnly ? new ContentFilter { Elements = [new ContentFilterElement { FilterOperator = FilterOperator.GreaterThanOrEqual }] } : new ContentFilter(),
    };

    private sealed class Plain(string[] fields, int leastSeverity) : CompiledEventFilter
    {
        public override EventFilterResult? Result => null;

        public override bool TrySelect(UaEvent occurrence, AccessContext who, out Variant[] selected)
        {
            selected = Array.ConvertAll(fields, Variant (f) => f switch
            {
                "Severity" => occurrence.Severity,
                "SourceName" => occurrence.SourceName,
                "EventType" => occurrence.EventType,
                "Message" => occurrence.Message,
                _ => default,
            });
            return occurrence.Severity >= leastSeverity || occurrence.EventType.IsStandard(ObjectTypeIds.EventQueueOverflowEventType);
        }
    }
}
