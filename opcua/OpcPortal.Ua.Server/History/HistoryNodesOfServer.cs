using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>The standard's nodes that tell what of history this server has: HistoryServerCapabilities, the default configurations, the Server as a notifier of the past. Part 11 5.7.</summary>
internal sealed class HistoryNodesOfServer(ServerModel model, OperationLimits limits, TimeProvider time)
{
    // What of the default configuration is not the same for all nodes: each says it for itself, or it is not known.
    private static readonly uint[] NotDefault =
    [
        VariableIds.DefaultHAConfiguration_Definition, VariableIds.DefaultHAConfiguration_MaxTimeInterval, VariableIds.DefaultHAConfiguration_MinTimeInterval,
        VariableIds.DefaultHAConfiguration_ExceptionDeviation, VariableIds.DefaultHAConfiguration_ExceptionDeviationFormat, VariableIds.DefaultHAConfiguration_StartOfArchive,
        VariableIds.DefaultHAConfiguration_StartOfOnlineArchive, VariableIds.DefaultHAConfiguration_MaxTimeStoredValues, VariableIds.DefaultHAConfiguration_MaxCountStoredValues,
        VariableIds.DefaultHEConfiguration_StartOfArchive, VariableIds.DefaultHEConfiguration_StartOfOnlineArchive,
    ];

    /// <summary>The nodes that are there, of those that the server leaves out where they have no life.</summary>
    public static IEnumerable<NodeId> Implemented(HistoryFacts? data, bool hasEvents)
    {
        if (data is not null || hasEvents) yield return ObjectIds.HistoryServerCapabilities;
        if (data is not null) yield return ObjectIds.DefaultHAConfiguration;
        if (hasEvents) yield return ObjectIds.DefaultHEConfiguration;
    }

    /// <summary>The facets of Part 7 of which all is there.</summary>
    public static IEnumerable<string> Profiles(HistoryFacts? data, bool hasEvents)
    {
        const string Facet = "http://opcfoundation.org/UA-Profile/Server/";
        if (hasEvents) yield return Facet + "BaseHistoricalEvent";
        if (data is null) yield break;
        foreach (var always in (string[])["HistoricalRawData", "HistoricalDataAtTime", "HistoricalModifiedData", "AggregateHistorical"]) yield return Facet + always;
        if (data.InsertAnnotation) yield return Facet + "HistoricalAnnotation";
        if (data.InsertData) yield return Facet + "HistoricalDataInsert";
        if (data.ReplaceData) yield return Facet + "HistoricalDataReplace";
        if (data.UpdateData) yield return Facet + "HistoricalDataUpdate";
        if (data is { DeleteRaw: true, DeleteAtTime: true }) yield return Facet + "HistoricalDataDelete";
    }

    public void Show(HistoryFacts? data, bool hasEvents)
    {
        if (data is null && !hasEvents) return;
        model.Nodes.Remove([.. NotDefault.Select(static id => new NodeId(id)).Where(id => model.Nodes.Contains(id))]);
        ShowCapabilities(data, hasEvents);
        if (data is not null) ShowDefaults(new HistoryTraits(), data);
        if (hasEvents) ShowEvents();
    }

    private void ShowCapabilities(HistoryFacts? data, bool hasEvents)
    {
        var can = data ?? new HistoryFacts();
        Show(VariableIds.HistoryServerCapabilities_AccessHistoryDataCapability, data is not null);
        Show(VariableIds.HistoryServerCapabilities_AccessHistoryEventsCapability, hasEvents);
        Show(VariableIds.HistoryServerCapabilities_MaxReturnDataValues, limits.MaxHistoryValuesPerNode);
        Show(VariableIds.HistoryServerCapabilities_MaxReturnEventValues, limits.MaxHistoryEventsPerNode);
        Show(VariableIds.HistoryServerCapabilities_InsertDataCapability, can.InsertData);
        Show(VariableIds.HistoryServerCapabilities_ReplaceDataCapability, can.ReplaceData);
        Show(VariableIds.HistoryServerCapabilities_UpdateDataCapability, can.UpdateData);
        Show(VariableIds.HistoryServerCapabilities_DeleteRawCapability, can.DeleteRaw);
        Show(VariableIds.HistoryServerCapabilities_DeleteAtTimeCapability, can.DeleteAtTime);
        Show(VariableIds.HistoryServerCapabilities_InsertAnnotationCapability, can.InsertAnnotation);
        Show(VariableIds.HistoryServerCapabilities_ServerTimestampSupported, can.ServerTimestamps);
        // Events are evidence: they are reported, and not edited.
        Show(VariableIds.HistoryServerCapabilities_InsertEventCapability, false);
        Show(VariableIds.HistoryServerCapabilities_ReplaceEventCapability, false);
        Show(VariableIds.HistoryServerCapabilities_UpdateEventCapability, false);
        Show(VariableIds.HistoryServerCapabilities_DeleteEventCapability, false);
    }

    private void ShowDefaults(HistoryTraits traits, HistoryFacts data)
    {
        Show(VariableIds.DefaultHAConfiguration_Stepped, traits.IsStepped);
        Show(VariableIds.DefaultHAConfiguration_ServerTimestampSupported, data.ServerTimestamps);
        Show(VariableIds.DefaultHAConfiguration_AggregateConfiguration_TreatUncertainAsBad, traits.Aggregates.TreatUncertainAsBad);
        Show(VariableIds.DefaultHAConfiguration_AggregateConfiguration_PercentDataBad, traits.Aggregates.PercentDataBad);
        Show(VariableIds.DefaultHAConfiguration_AggregateConfiguration_PercentDataGood, traits.Aggregates.PercentDataGood);
        Show(VariableIds.DefaultHAConfiguration_AggregateConfiguration_UseSlopedExtrapolation, traits.Aggregates.UseSlopedExtrapolation);
    }

    // Part 3 8.59, Part 11 5.3.2: whatever is reported can be read again, at the Server, by who may listen there: each event is asked for by itself, past or present.
    private void ShowEvents()
    {
        StaticWalk.Replace(model.Nodes, ObjectIds.Server, static server => server with
        {
            EventNotifier = (byte)(server.EventNotifier | (byte)EventNotifierType.HistoryRead),
            RolePermissions = server.RolePermissions is { } stated ? Array.ConvertAll(stated, WithPast) : null,
        });
        model.Nodes.AddReference(ObjectIds.Server, ReferenceTypeIds.HasHistoricalConfiguration, isForward: true, new NodeId(ObjectIds.DefaultHEConfiguration));
        model.Nodes.AddReference(ObjectIds.DefaultHEConfiguration_EventTypes, ReferenceTypeIds.Organizes, isForward: true, new NodeId(ObjectTypeIds.BaseEventType));
    }

    private static RolePermission WithPast(RolePermission stated) =>
        (stated.Permissions & (uint)PermissionType.ReceiveEvents) == 0 ? stated : stated with { Permissions = stated.Permissions | (uint)PermissionType.ReadHistory };

    // Newer models may leave some out.
    private void Show(uint nodeId, Variant value)
    {
        if (model.Nodes.Contains(nodeId)) model.Nodes.SetValue(nodeId, new DataValue(value, StatusCodes.Good, time.GetUtcNow().UtcDateTime));
    }
}
