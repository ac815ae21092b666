using System.Collections.Frozen;

namespace OpcPortal.Ua.Server;

/// <summary>The services that session diagnostics count one by one. Part 5 12.12 (SessionDiagnosticsDataType).</summary>
internal static class CountedServices
{
    private static readonly (NodeId Request, string Field, Action<SessionDiagnosticsDataType, ServiceCounterDataType> Show)[] Services =
    [
        Of<ReadRequest>("ReadCount", static (d, c) => d.ReadCount = c),
        Of<HistoryReadRequest>("HistoryReadCount", static (d, c) => d.HistoryReadCount = c),
        Of<WriteRequest>("WriteCount", static (d, c) => d.WriteCount = c),
        Of<HistoryUpdateRequest>("HistoryUpdateCount", static (d, c) => d.HistoryUpdateCount = c),
        Of<CallRequest>("CallCount", static (d, c) => d.CallCount = c),
        Of<CreateMonitoredItemsRequest>("CreateMonitoredItemsCount", static (d, c) => d.CreateMonitoredItemsCount = c),
        Of<ModifyMonitoredItemsRequest>("ModifyMonitoredItemsCount", static (d, c) => d.ModifyMonitoredItemsCount = c),
        Of<SetMonitoringModeRequest>("SetMonitoringModeCount", static (d, c) => d.SetMonitoringModeCount = c),
        Of<SetTriggeringRequest>("SetTriggeringCount", static (d, c) => d.SetTriggeringCount = c),
        Of<DeleteMonitoredItemsRequest>("DeleteMonitoredItemsCount", static (d, c) => d.DeleteMonitoredItemsCount = c),
        Of<CreateSubscriptionRequest>("CreateSubscriptionCount", static (d, c) => d.CreateSubscriptionCount = c),
        Of<ModifySubscriptionRequest>("ModifySubscriptionCount", static (d, c) => d.ModifySubscriptionCount = c),
        Of<SetPublishingModeRequest>("SetPublishingModeCount", static (d, c) => d.SetPublishingModeCount = c),
        Of<PublishRequest>("PublishCount", static (d, c) => d.PublishCount = c),
        Of<RepublishRequest>("RepublishCount", static (d, c) => d.RepublishCount = c),
        Of<TransferSubscriptionsRequest>("TransferSubscriptionsCount", static (d, c) => d.TransferSubscriptionsCount = c),
        Of<DeleteSubscriptionsRequest>("DeleteSubscriptionsCount", static (d, c) => d.DeleteSubscriptionsCount = c),
        Of<AddNodesRequest>("AddNodesCount", static (d, c) => d.AddNodesCount = c),
        Of<AddReferencesRequest>("AddReferencesCount", static (d, c) => d.AddReferencesCount = c),
        Of<DeleteNodesRequest>("DeleteNodesCount", static (d, c) => d.DeleteNodesCount = c),
        Of<DeleteReferencesRequest>("DeleteReferencesCount", static (d, c) => d.DeleteReferencesCount = c),
        Of<BrowseRequest>("BrowseCount", static (d, c) => d.BrowseCount = c),
        Of<BrowseNextRequest>("BrowseNextCount", static (d, c) => d.BrowseNextCount = c),
        Of<TranslateBrowsePathsToNodeIdsRequest>("TranslateBrowsePathsToNodeIdsCount", static (d, c) => d.TranslateBrowsePathsToNodeIdsCount = c),
        Of<QueryFirstRequest>("QueryFirstCount", static (d, c) => d.QueryFirstCount = c),
        Of<QueryNextRequest>("QueryNextCount", static (d, c) => d.QueryNextCount = c),
        Of<RegisterNodesRequest>("RegisterNodesCount", static (d, c) => d.RegisterNodesCount = c),
        Of<UnregisterNodesRequest>("UnregisterNodesCount", static (d, c) => d.UnregisterNodesCount = c),
    ];

    private static readonly FrozenDictionary<NodeId, int> Slots = Services.Select(static (s, i) => (s.Request, i)).ToFrozenDictionary(static p => p.Request, static p => p.i);
    private static readonly FrozenDictionary<string, int> SlotsByField = Services.Select(static (s, i) => (s.Field, i)).ToFrozenDictionary(static p => p.Field, static p => p.i);

    /// <summary>How many services are counted one by one.</summary>
    public static int Count => Services.Length;

    /// <summary>The number of a service by the id of its request's encoding; -1 where it is counted in the total alone.</summary>
    public static int SlotOf(in NodeId requestEncodingId) => Slots.GetValueOrDefault(requestEncodingId, -1);

    /// <summary>The number of the service that a field of SessionDiagnosticsDataType counts; -1 for other fields.</summary>
    public static int SlotOf(string field) => SlotsByField.GetValueOrDefault(field, -1);

    public static void Show(SessionCounters counters, SessionDiagnosticsDataType diagnostics)
    {
        for (var slot = 0; slot < Services.Length; slot++) Services[slot].Show(diagnostics, counters.Of(slot));
    }

    private static (NodeId, string, Action<SessionDiagnosticsDataType, ServiceCounterDataType>) Of<TRequest>(string field, Action<SessionDiagnosticsDataType, ServiceCounterDataType> show)
        where TRequest : IServiceRequest, new() => (new TRequest().BinaryEncodingId, field, show);
}
