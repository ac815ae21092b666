namespace OpcPortal.Ua.Server;

/// <summary>
/// The Server object: brings the standard's instances to life and takes out those that this server does not have. What it says of limits is what is
/// enforced: it is made of the same records. Subscriptions and diagnostics bind their own nodes. Part 5 6.3.1, 8.3.2.
/// </summary>
public sealed class ServerObject
{
    /// <summary>What holds of this stack as it is. Part 7: a profile is claimed only where all of it is there.</summary>
    public static readonly IReadOnlyList<string> DefaultProfiles =
    [
        "http://opcfoundation.org/UA-Profile/Server/MicroEmbeddedDevice2017",
        "http://opcfoundation.org/UA-Profile/Server/EnhancedDataChangeSubscription2017",
        "http://opcfoundation.org/UA-Profile/Server/AggregateSubscription",
        "http://opcfoundation.org/UA-Profile/Server/StandardEventSubscription",
        "http://opcfoundation.org/UA-Profile/Server/Methods",
        "http://opcfoundation.org/UA-Profile/Server/Auditing",
        "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary",
    ];

    private readonly ServerModel _model;
    private readonly TimeProvider _time;
    private string[] _namespaces = [];

    /// <param name="options">Whose limits and names are shown.</param>
    /// <param name="facts">What else is shown.</param>
    public ServerObject(ServerModel model, UaServerOptions options, ServerFacts facts, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(facts);
        _model = model;
        _time = time;
        // What is described here is what everybody finds: it has the model's whole content, the absent taken out.
        StandardNodes.Prune(model.Nodes, model.Types, facts.Implemented);
        Status = new ServerStatusNodes(model.Nodes, facts.Build.ToBuildInfo(options.Endpoints.ProductUri), time);
        Namespaces = new NamespaceObjects(model, facts.Build);
        ShowServer(options.Endpoints.ApplicationUri);
        ShowCapabilities(options, facts);
        ShowOperationLimits(options.Operations);
        Namespaces.Refresh();
        ShowTopology();
    }

    public ServerStatusNodes Status { get; }
    public NamespaceObjects Namespaces { get; }

    private void ShowServer(string applicationUri)
    {
        _model.Nodes.BindValue(VariableIds.Server_NamespaceArray, NamespaceArray);
        Show(VariableIds.Server_ServerArray, new Variant(new[] { applicationUri }));
        Show(VariableIds.Server_Auditing, true);
        Show(VariableIds.Server_ServerRedundancy_RedundancySupport, Variant.FromEnum(RedundancySupport.None));
        _model.Nodes.BindValue(VariableIds.Server_LocalTime, () => new DataValue(Variant.From(LocalTimes.At(_time.GetUtcNow().UtcDateTime, _time.LocalTimeZone))));
    }

    // Made anew where a namespace was added: many reads of one request share it.
    private DataValue NamespaceArray()
    {
        var known = Volatile.Read(ref _namespaces);
        if (known.Length != _model.Namespaces.Count) Volatile.Write(ref _namespaces, known = _model.Namespaces.ToArray());
        return new DataValue(new Variant(known));
    }

    private void ShowCapabilities(UaServerOptions options, ServerFacts facts)
    {
        Show(VariableIds.Server_ServerCapabilities_ServerProfileArray, new Variant(facts.Profiles.ToArray()));
        Show(VariableIds.Server_ServerCapabilities_LocaleIdArray, new Variant(facts.LocaleIds.ToArray()));
        // Part 5 6.3.2: those of the application are history; none are held.
        Show(VariableIds.Server_ServerCapabilities_SoftwareCertificates, new Variant(Array.Empty<ExtensionObject?>()));
        Show(VariableIds.Server_ServerCapabilities_MaxBrowseContinuationPoints, options.Operations.MaxBrowseContinuationPoints);
        // The service set is not offered: there can be no continuation point.
        Show(VariableIds.Server_ServerCapabilities_MaxQueryContinuationPoints, (ushort)0);
        Show(VariableIds.Server_ServerCapabilities_MaxHistoryContinuationPoints, options.Operations.MaxHistoryContinuationPoints);
        Show(VariableIds.Server_ServerCapabilities_MaxArrayLength, (uint)options.Codec.MaxArrayLength);
        Show(VariableIds.Server_ServerCapabilities_MaxStringLength, (uint)options.Codec.MaxStringLength);
        Show(VariableIds.Server_ServerCapabilities_MaxByteStringLength, (uint)options.Codec.MaxByteStringLength);
        Show(VariableIds.Server_ServerCapabilities_MaxSessions, (uint)options.Sessions.MaxSessions);
        Show(VariableIds.Server_ServerCapabilities_MaxSelectClauseParameters, options.EventFilters.MaxSelectClauseParameters);
        Show(VariableIds.Server_ServerCapabilities_MaxWhereClauseParameters, options.EventFilters.MaxWhereClauseParameters);
    }

    private void ShowOperationLimits(OperationLimits limits)
    {
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead, limits.MaxNodesPerRead);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite, limits.MaxNodesPerWrite);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData, limits.MaxNodesPerHistoryReadData);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadEvents, limits.MaxNodesPerHistoryReadEvents);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryUpdateData, limits.MaxNodesPerHistoryUpdateData);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryUpdateEvents, limits.MaxNodesPerHistoryUpdateEvents);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerMethodCall, limits.MaxNodesPerMethodCall);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse, limits.MaxNodesPerBrowse);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRegisterNodes, limits.MaxNodesPerRegisterNodes);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds, limits.MaxNodesPerTranslateBrowsePathsToNodeIds);
        Show(VariableIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall, limits.MaxMonitoredItemsPerCall);
    }

    // OPC 10000-100 5.9: the topology is empty, and nothing of it can be reached, until somebody fills it and says otherwise.
    private void ShowTopology()
    {
        var topology = StaticWalk.Child(_model.Nodes, _model.Types, ObjectIds.ObjectsFolder, "DeviceTopology");
        if (topology.IsNull) return;
        var access = StaticWalk.Child(_model.Nodes, _model.Types, topology, "OnlineAccess");
        if (!access.IsNull) _model.Nodes.SetValue(access, new DataValue(false, StatusCodes.Good, _time.GetUtcNow().UtcDateTime));
    }

    private void Show(uint nodeId, Variant value) => _model.Nodes.SetValue(nodeId, new DataValue(value, StatusCodes.Good, _time.GetUtcNow().UtcDateTime));
}

/// <summary>What the Server object says beyond limits.</summary>
public sealed record ServerFacts
{
    public ServerBuild Build { get; init; } = new();

    /// <summary>URIs for ServerProfileArray.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = ServerObject.DefaultProfiles;

    /// <summary>The languages that texts come in.</summary>
    public IReadOnlyList<string> LocaleIds { get; init; } = ["en"];

    /// <summary>What can be done with the history of Variables; null: none is kept.</summary>
    public HistoryFacts? History { get; init; }

    /// <summary>
    /// Instances of the standard that are left out by default and that a room of the server fills with life, such as HistoryServerCapabilities: they stay,
    /// and the room sees to their values and methods.
    /// </summary>
    public IReadOnlySet<NodeId> Implemented { get; init; } = new HashSet<NodeId>();
}
