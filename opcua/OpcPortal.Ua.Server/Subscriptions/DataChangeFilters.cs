namespace OpcPortal.Ua.Server;

/// <summary>Checks the filter that a client gives a data item. Part 4 7.22, Part 8 7.2.</summary>
internal static class DataChangeFilters
{
    /// <returns>
    /// Good; BadMonitoredItemFilterUnsupported for what is not known; BadFilterNotAllowed for an event filter, for a deadband on what is no number and for an aggregate of what is
    /// no value; BadAggregateNotSupported and BadAggregateInvalidInputs for aggregates that there are not;
    /// BadDeadbandFilterInvalid for a deadband that makes no sense, or percent without EURange; BadMonitoredItemFilterInvalid for an unknown trigger.
    /// </returns>
    public static StatusCode TryMake(ExtensionObject? filter, AccessContext who, in NodeId nodeId, uint attributeId, SubscriptionServices services, out DataChangeCheck check)
    {
        check = DataChangeCheck.Default;
        // The null ExtensionObject, or one without type and body, is no filter.
        if (filter is null || (filter.Structure is null && filter.TypeId.IsNull)) return StatusCodes.Good;
        switch (filter.Structure)
        {
            case DataChangeFilter wanted: return TryMake(wanted, who, nodeId, attributeId, services, out check);
            case AggregateFilter wanted: return TryMake(wanted, attributeId, services, out check);
            case EventFilter: return StatusCodes.BadFilterNotAllowed;
            default: return StatusCodes.BadMonitoredItemFilterUnsupported;
        }
    }

    private static StatusCode TryMake(DataChangeFilter filter, AccessContext who, in NodeId nodeId, uint attributeId, SubscriptionServices services, out DataChangeCheck check)
    {
        check = DataChangeCheck.Default;
        if (filter.Trigger is < DataChangeTrigger.Status or > DataChangeTrigger.StatusValueTimestamp) return StatusCodes.BadMonitoredItemFilterInvalid;
        if (filter.DeadbandType == (uint)DeadbandType.None)
        {
            if (filter.Trigger != DataChangeTrigger.StatusValue) check = new DataChangeCheck(filter.Trigger);
            return StatusCodes.Good;
        }

        if (filter.DeadbandType > (uint)DeadbandType.Percent || !(filter.DeadbandValue >= 0)) return StatusCodes.BadDeadbandFilterInvalid;
        var status = services.Access.Resolve(who, nodeId, PermissionType.Browse, out var grant);
        if (status.IsBad) return status;
        if (attributeId != AttributeIds.Value || !IsNumber(grant.Node, services.Types)) return StatusCodes.BadFilterNotAllowed;
        if (filter.DeadbandType == (uint)DeadbandType.Absolute)
        {
            check = new DataChangeCheck(filter.Trigger, filter.DeadbandValue);
            return StatusCodes.Good;
        }

        // Part 8 Table 30: outside 0 to 100, or no EURange.
        if (filter.DeadbandValue > 100 || EuRange.Find(grant.Node, services.Reader.AddressSpace, services.Access) is not { } range) return StatusCodes.BadDeadbandFilterInvalid;
        check = new DataChangeCheck(filter.Trigger, filter.DeadbandValue, range);
        return StatusCodes.Good;
    }

    private static StatusCode TryMake(AggregateFilter filter, uint attributeId, SubscriptionServices services, out DataChangeCheck check)
    {
        check = DataChangeCheck.Default;
        if (attributeId != AttributeIds.Value) return StatusCodes.BadFilterNotAllowed;
        var status = LiveAggregate.TryMake(filter, services.Limits, services.Now, out var live);
        if (status.IsGood) check = new DataChangeCheck(DataChangeTrigger.StatusValue) { Aggregate = live };
        return status;
    }

    private static bool IsNumber(in NodeRef node, TypeTree types) =>
        node.Source.ReadAttribute(node, AttributeIds.DataType, [], out var dataType).IsGood && types.IsSubtypeOf(dataType.AsNodeId(), DataTypeIds.Number);
}
