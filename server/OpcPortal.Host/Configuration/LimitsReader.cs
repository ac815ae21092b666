using OpcPortal.Adapters;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>The limits of a configuration: each setting is one limit of a part of the server, whose default and reason stand where it is declared.</summary>
internal sealed class LimitsReader
{
    private const int Million = 1_000_000;

    private readonly ConfigElement? _limits;

    private LimitsReader(ConfigElement? limits) => _limits = limits;

    public CommandOptions Commands { get; private set; } = new();

    /// <summary>Readings under way from adapters.</summary>
    public int IngestCapacity { get; private set; } = ReadingChannel.DefaultCapacity;

    private TransportLimits Transport { get; set; } = TransportLimits.Default;
    private ConnectionLimits Connections { get; set; } = new();
    private SessionLimits Sessions { get; set; } = new();
    private OperationLimits Operations { get; set; } = new();
    private SubscriptionLimits Subscriptions { get; set; } = new();

    /// <param name="limits">Null: the defaults.</param>
    public static LimitsReader Read(ConfigElement? limits)
    {
        var reader = new LimitsReader(limits);
        if (limits is null) return reader;
        reader.ReadConnections();
        reader.ReadSessions();
        reader.ReadOperations();
        reader.ReadSubscriptions();
        reader.ReadCommands();
        limits.RefuseUnread();
        reader.CheckOrder(limits);
        return reader;
    }

    /// <summary>The server's options with these limits.</summary>
    public UaServerOptions OptionsOf(EndpointOptions endpoints) =>
        new() { Endpoints = endpoints, Transport = Transport, Connections = Connections, Sessions = Sessions, Operations = Operations, Subscriptions = Subscriptions };

    private void ReadConnections()
    {
        Transport = Transport with { MaxMessageSize = (uint)Whole("maxMessageSize", 64 * 1024, 1024 * Million, Transport.MaxMessageSize) };
        Connections = Connections with
        {
            MaxConnections = (int)Whole("maxConnections", 2, 100_000, Connections.MaxConnections),
            HandshakeTimeout = Time("handshakeTimeout", 1, 300, Connections.HandshakeTimeout),
            MessageTimeout = Time("messageTimeout", 1, 600, Connections.MessageTimeout),
            MinTokenLifetime = Time("minTokenLifetime", 1, 3600, Connections.MinTokenLifetime),
            MaxTokenLifetime = Time("maxTokenLifetime", 60, 86_400, Connections.MaxTokenLifetime),
        };
    }

    private void ReadSessions() => Sessions = Sessions with
    {
        MaxSessions = (int)Whole("maxSessions", 1, 100_000, Sessions.MaxSessions),
        MinTimeout = Time("minSessionTimeout", 1, 3600, Sessions.MinTimeout),
        MaxTimeout = Time("maxSessionTimeout", 10, 86_400, Sessions.MaxTimeout),
    };

    private void ReadOperations() => Operations = Operations with
    {
        MaxNodesPerRead = (uint)Whole("maxNodesPerRead", 1, Million, Operations.MaxNodesPerRead),
        MaxNodesPerWrite = (uint)Whole("maxNodesPerWrite", 1, Million, Operations.MaxNodesPerWrite),
        MaxNodesPerBrowse = (uint)Whole("maxNodesPerBrowse", 1, Million, Operations.MaxNodesPerBrowse),
        MaxNodesPerMethodCall = (uint)Whole("maxNodesPerMethodCall", 1, 100_000, Operations.MaxNodesPerMethodCall),
        MaxMonitoredItemsPerCall = (uint)Whole("maxMonitoredItemsPerCall", 1, Million, Operations.MaxMonitoredItemsPerCall),
        MaxNodesPerHistoryReadData = (uint)Whole("maxNodesPerHistoryRead", 1, 100_000, Operations.MaxNodesPerHistoryReadData),
        MaxNodesPerHistoryUpdateData = (uint)Whole("maxNodesPerHistoryUpdate", 1, 100_000, Operations.MaxNodesPerHistoryUpdateData),
        MaxHistoryValuesPerNode = (uint)Whole("maxHistoryValuesPerNode", 1, Million, Operations.MaxHistoryValuesPerNode),
        MaxHistoryEventsPerNode = (uint)Whole("maxHistoryEventsPerNode", 1, Million, Operations.MaxHistoryEventsPerNode),
        MaxHistoryValuesPerResponse = (int)Whole("maxHistoryValuesPerResponse", 1, Million, Operations.MaxHistoryValuesPerResponse),
        MaxHistoryChangesPerRequest = (int)Whole("maxHistoryChangesPerRequest", 1, Million, Operations.MaxHistoryChangesPerRequest),
        MaxHistoryContinuationPoints = (ushort)Whole("maxHistoryContinuationPoints", 1, 10_000, Operations.MaxHistoryContinuationPoints),
        MaxBrowseContinuationPoints = (ushort)Whole("maxBrowseContinuationPoints", 1, 10_000, Operations.MaxBrowseContinuationPoints),
    };

    private void ReadSubscriptions() => Subscriptions = Subscriptions with
    {
        MaxSubscriptions = (int)Whole("maxSubscriptions", 1, Million, Subscriptions.MaxSubscriptions),
        MaxSubscriptionsPerSession = (int)Whole("maxSubscriptionsPerSession", 1, 10_000, Subscriptions.MaxSubscriptionsPerSession),
        MaxMonitoredItems = (int)Whole("maxMonitoredItems", 1, 100 * Million, Subscriptions.MaxMonitoredItems),
        MaxMonitoredItemsPerSubscription = (int)Whole("maxMonitoredItemsPerSubscription", 1, 10 * Million, Subscriptions.MaxMonitoredItemsPerSubscription),
        MaxPublishRequestsPerSession = (int)Whole("maxPublishRequestsPerSession", 1, 10_000, Subscriptions.MaxPublishRequestsPerSession),
        MaxQueuedValues = Whole("maxQueuedValues", 1_000, 1000 * Million, Subscriptions.MaxQueuedValues),
        MaxDurableSubscriptions = (int)Whole("maxDurableSubscriptions", 1, 100_000, Subscriptions.MaxDurableSubscriptions),
        MaxDurableSubscriptionsPerUser = (int)Whole("maxDurableSubscriptionsPerUser", 1, 100_000, Subscriptions.MaxDurableSubscriptionsPerUser),
        MaxDurableLifetime = Time("maxDurableLifetime", 3600, 365 * 86_400, Subscriptions.MaxDurableLifetime),
        MaxDurableQueueSize = (uint)Whole("maxDurableQueueSize", 1_000, 100 * Million, Subscriptions.MaxDurableQueueSize),
        MaxDurableQueuedValues = Whole("maxDurableQueuedValues", 1_000, 1000 * Million, Subscriptions.MaxDurableQueuedValues),
        MinPublishingInterval = Interval("minPublishingInterval", Subscriptions.MinPublishingInterval),
        MinSamplingInterval = Interval("minSamplingInterval", Subscriptions.MinSamplingInterval),
    };

    private void ReadCommands()
    {
        Commands = Commands with
        {
            Deadline = Time("commandDeadline", 1, 600, Commands.Deadline),
            MaxUnderWay = (int)Whole("maxCommandsUnderWay", 1, Million, Commands.MaxUnderWay),
            MaxPerDevice = (int)Whole("maxCommandsPerDevice", 1, 1_000, Commands.MaxPerDevice),
        };
        IngestCapacity = (int)Whole("readingsUnderWay", 1_024, 16 * Million, IngestCapacity);
    }

    private void CheckOrder(ConfigElement limits)
    {
        if (Sessions.MinTimeout > Sessions.MaxTimeout) throw limits.Wrong("minSessionTimeout is longer than maxSessionTimeout");
        if (Connections.MinTokenLifetime > Connections.MaxTokenLifetime) throw limits.Wrong("minTokenLifetime is longer than maxTokenLifetime");
    }

    private long Whole(string name, int min, int max, long otherwise) => _limits!.Find(name)?.Integer(min, max) ?? otherwise;

    private TimeSpan Time(string name, int minSeconds, int maxSeconds, TimeSpan otherwise) =>
        _limits!.Find(name)?.Duration(TimeSpan.FromSeconds(minSeconds), TimeSpan.FromSeconds(maxSeconds)) ?? otherwise;

    private TimeSpan Interval(string name, TimeSpan otherwise) => _limits!.Find(name)?.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)) ?? otherwise;
}
