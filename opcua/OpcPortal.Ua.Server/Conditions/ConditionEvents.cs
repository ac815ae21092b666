namespace OpcPortal.Ua.Server;

/// <summary>Makes the events of conditions: with all that their types make mandatory, and the same event again for who asks what there is. Part 9 5.5.2, 5.7.2, 5.8.2.</summary>
internal static class ConditionEvents
{
    private static readonly NodeId OffNormal = ObjectTypeIds.OffNormalAlarmType;

    /// <param name="now">Now, UTC: until when it is shelved is told as a time from now.</param>
    public static UaEvent Of(ConditionDefinition definition, ConditionState state, ConditionLimits limits, TypeTree types, DateTime now)
    {
        var occurrence = new UaEvent
        {
            EventType = definition.TypeId,
            SourceNode = definition.SourceNode,
            SourceName = definition.SourceName,
            Time = state.Time,
            ReceiveTime = state.Time,
            Message = state.Message,
            Severity = state.Severity,
            EventId = state.EventIds[^1],
            ConditionId = definition.Id,
            Audience = definition.Audience,
            IsArchived = definition.IsArchived,
        };
        foreach (var (path, value) in definition.Fields) occurrence.With(path, value);
        AddCondition(occurrence, definition, state);
        AddAlarm(occurrence, definition, state, limits, now);
        // Part 9 5.8.11: the NormalState is a Variable's value; here there is none.
        if (types.IsSubtypeOf(definition.TypeId, OffNormal)) occurrence.With("NormalState", NodeId.Null);
        return occurrence;
    }

    private static void AddCondition(UaEvent occurrence, ConditionDefinition definition, ConditionState state)
    {
        occurrence
            .With("ConditionClassId", definition.ClassId)
            .With("ConditionClassName", new LocalizedText(definition.ClassName, "en"))
            .With("ConditionName", definition.Name)
            .With("BranchId", NodeId.Null)
            .With("Retain", state.IsRetained)
            .With("Quality", state.Quality)
            .With("Quality/SourceTimestamp", state.QualityTime)
            .With("LastSeverity", state.LastSeverity)
            .With("LastSeverity/SourceTimestamp", state.SeverityTime)
            .With("Comment", state.Comment)
            .With("Comment/SourceTimestamp", state.CommentTime)
            .With("ClientUserId", state.ClientUserId);
        Add(occurrence, "EnabledState", state.IsEnabled, "Enabled", "Disabled");
        Add(occurrence, "AckedState", state.IsAcked, "Acknowledged", "Unacknowledged");
        if (definition.IsConfirmable) Add(occurrence, "ConfirmedState", state.IsConfirmed, "Confirmed", "Unconfirmed");
    }

    private static void AddAlarm(UaEvent occurrence, ConditionDefinition definition, ConditionState state, ConditionLimits limits, DateTime now)
    {
        Add(occurrence, "ActiveState", state.IsActive, "Active", "Inactive");
        if (state.ActiveSince != default) occurrence.With("ActiveState/TransitionTime", state.ActiveSince);
        Add(occurrence, "SuppressedState", state.IsSuppressed, "Suppressed", "Unsuppressed");
        var (shelf, text) = state.Shelving switch
        {
            ConditionShelving.Timed => (ObjectIds.ShelvedStateMachineType_TimedShelved, "Timed Shelved"),
            ConditionShelving.OneShot => (ObjectIds.ShelvedStateMachineType_OneShotShelved, "One Shot Shelved"),
            _ => (ObjectIds.ShelvedStateMachineType_Unshelved, "Unshelved"),
        };
        var isShelved = state.Shelving != ConditionShelving.Unshelved;
        occurrence
            .With("InputNode", definition.InputNode)
            .With("ShelvingState/CurrentState", new LocalizedText(text, "en"))
            .With("ShelvingState/CurrentState/Id", new NodeId(shelf))
            .With("ShelvingState/UnshelveTime", isShelved ? Math.Max(0, (state.ShelvedUntil - now).TotalMilliseconds) : 0.0)
            .With("SuppressedOrShelved", isShelved || state.IsSuppressed)
            .With("MaxTimeShelved", limits.MaxTimeShelved.TotalMilliseconds);
    }

    // Part 9 5.2 (TwoStateVariableType): the text is the value, the truth its Id.
    private static void Add(UaEvent occurrence, string state, bool isTrue, string whenTrue, string whenFalse) =>
        occurrence.With(state, new LocalizedText(isTrue ? whenTrue : whenFalse, "en")).With($"{state}/Id", isTrue);
}
