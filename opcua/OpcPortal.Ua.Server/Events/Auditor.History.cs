namespace OpcPortal.Ua.Server;

/// <content>What becomes of history. Part 11 5.8.</content>
public sealed partial class Auditor
{
    // Part 5 6.4.24.
    private const string HistoryUpdate = "Attribute/HistoryUpdate";

    public void HistoryUpdated(in AuditedAction action, NodeId nodeId, PerformUpdateType kind, DataValue[] newValues, DataValue[]? oldValues)
    {
        if (!IsHeard) return;
        events.Report(OfHistory(ObjectTypeIds.AuditHistoryValueUpdateEventType, DataTypeIds.UpdateDataDetails, nodeId, action)
            .With("UpdatedNode", nodeId)
            .With("PerformInsertReplace", Variant.FromEnum(kind))
            .With("NewValues", new Variant(newValues))
            .With("OldValues", new Variant(oldValues)));
    }

    public void HistoryAnnotated(in AuditedAction action, NodeId nodeId, PerformUpdateType kind, Annotation[] newValues, Annotation[]? oldValues)
    {
        if (!IsHeard) return;
        events.Report(OfHistory(ObjectTypeIds.AuditHistoryAnnotationUpdateEventType, DataTypeIds.UpdateStructureDataDetails, nodeId, action)
            .With("PerformInsertReplace", Variant.FromEnum(kind))
            .With("NewValues", Variant.From(newValues))
            .With("OldValues", Variant.From(oldValues)));
    }

    public void HistoryDeleted(in AuditedAction action, NodeId nodeId, bool modified, DateTime start, DateTime end, DataValue[]? oldValues)
    {
        if (!IsHeard) return;
        events.Report(OfHistory(ObjectTypeIds.AuditHistoryRawModifyDeleteEventType, DataTypeIds.DeleteRawModifiedDetails, nodeId, action)
            .With("UpdatedNode", nodeId)
            .With("IsDeleteModified", modified)
            .With("StartTime", start)
            .With("EndTime", end)
            .With("OldValues", new Variant(oldValues)));
    }

    public void HistoryDeletedAt(in AuditedAction action, NodeId nodeId, DateTime[] times, DataValue[]? oldValues)
    {
        if (!IsHeard) return;
        events.Report(OfHistory(ObjectTypeIds.AuditHistoryAtTimeDeleteEventType, DataTypeIds.DeleteAtTimeDetails, nodeId, action)
            .With("UpdatedNode", nodeId)
            .With("ReqTimes", new Variant(times))
            .With("OldValues", new Variant(oldValues)));
    }

    public void EventHistoryUpdated(in AuditedAction action, NodeId nodeId, PerformUpdateType kind, EventFilter filter, HistoryEventFieldList[] newValues)
    {
        if (!IsHeard) return;
        events.Report(OfHistory(ObjectTypeIds.AuditHistoryEventUpdateEventType, DataTypeIds.UpdateEventDetails, nodeId, action)
            .With("UpdatedNode", nodeId)
            .With("PerformInsertReplace", Variant.FromEnum(kind))
            .With("Filter", Variant.From(filter))
            .With("NewValues", Variant.From(newValues))
            .With("OldValues", new Variant((ExtensionObject?[]?)null)));
    }

    public void EventHistoryDeleted(in AuditedAction action, NodeId nodeId, ByteString[] eventIds)
    {
        if (!IsHeard) return;
        events.Report(OfHistory(ObjectTypeIds.AuditHistoryEventDeleteEventType, DataTypeIds.DeleteEventDetails, nodeId, action)
            .With("UpdatedNode", nodeId)
            .With("EventIds", new Variant(eventIds))
            .With("OldValues", default));
    }

    private UaEvent OfHistory(uint type, uint details, in NodeId nodeId, in AuditedAction action) =>
        Make(type, nodeId, HistoryUpdate, action).With("ParameterDataTypeId", new NodeId(details));
}
