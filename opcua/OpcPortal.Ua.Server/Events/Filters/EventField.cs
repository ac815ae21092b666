namespace OpcPortal.Ua.Server;

/// <summary>A SimpleAttributeOperand that was found good: reads one field of an event. Immutable. Part 4 7.7.4.5.</summary>
internal sealed class EventField(NodeId type, string browsePath, Func<UaEvent, Variant>? known, NumericRange? range, TypeTree types)
{
    // Where the type is BaseEventType the path alone counts. Part 4 7.22.3.
    private readonly bool _isOfAnyType = type.IsNull || type.IsStandard(ObjectTypeIds.BaseEventType);

    /// <summary>Whether a StatusCode is what the field is meant to hold.</summary>
    public bool HoldsStatusCode { get; init; }

    /// <returns>The field; null where the event has none; a bad StatusCode where the index range lies outside it.</returns>
    public Variant Read(UaEvent occurrence)
    {
        if (!_isOfAnyType && !types.IsSubtypeOf(occurrence.EventType, type)) return default;
        var value = known is not null ? known(occurrence) : occurrence.Fields.GetValueOrDefault(browsePath);
        if (range is null || value.IsNull) return value;
        var status = range.TrySlice(value, out var slice);
        return status.IsBad ? status : slice;
    }
}

/// <summary>The fields that every event has without their being set one by one. Part 5 6.4.2 (BaseEventType).</summary>
internal sealed class BaseEventFields
{
    private readonly Dictionary<string, Func<UaEvent, Variant>> _byName;

    /// <param name="time">Whose zone LocalTime shows for events that state none.</param>
    public BaseEventFields(TimeProvider time)
    {
        _byName = new(StringComparer.Ordinal)
        {
            ["EventId"] = static e => new Variant(e.EventId),
            ["EventType"] = static e => e.EventTypeValue,
            ["SourceNode"] = static e => e.SourceNodeValue,
            ["SourceName"] = static e => e.SourceName,
            ["Time"] = static e => e.Time,
            ["ReceiveTime"] = static e => e.ReceiveTime == default ? e.Time : e.ReceiveTime,
            ["LocalTime"] = e => e.Fields.TryGetValue("LocalTime", out var own) ? own : Variant.From(LocalTimes.At(e.Time, time.LocalTimeZone)),
            ["Message"] = static e => e.MessageValue,
            ["Severity"] = static e => e.Severity,
        };
    }

    public Func<UaEvent, Variant>? Find(string browsePath) => _byName.GetValueOrDefault(browsePath);

    /// <summary>The NodeId of the event itself: a Condition's, for only those are nodes. Part 9 5.5.2 (ConditionId).</summary>
    public static Variant ConditionId(UaEvent occurrence) => occurrence.ConditionId.IsNull ? default : occurrence.ConditionId;
}

/// <summary>The difference between a time and the clock on the wall. Part 3 8.38 (TimeZoneDataType).</summary>
internal static class LocalTimes
{
    /// <param name="time">UTC.</param>
    public static TimeZoneDataType At(DateTime time, TimeZoneInfo zone) => new()
    {
        Offset = (short)zone.GetUtcOffset(time).TotalMinutes,
        DaylightSavingInOffset = zone.IsDaylightSavingTime(time),
    };
}
