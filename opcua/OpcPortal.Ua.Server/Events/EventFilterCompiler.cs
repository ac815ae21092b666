namespace OpcPortal.Ua.Server;

/// <summary>
/// Makes EventFilters ready for use: each clause is checked against the event types and resolved once. A bad select clause gives a null field and its own
/// status; a bad where clause refuses the item. Part 4 7.22.3.
/// </summary>
public sealed class EventFilterCompiler : IEventFilterCompiler
{
    private readonly EventFieldCompiler _fields;
    private readonly EventAccess _access;
    private readonly TypeTree _types;
    private readonly EventFilterLimits _limits;

    public EventFilterCompiler(AddressSpace addressSpace, AccessController access, TypeTree types, EventAccess eventAccess, TimeProvider time, EventFilterLimits limits)
    {
        _fields = new EventFieldCompiler(access, types, new EventTypeFields(addressSpace, types), new BaseEventFields(time));
        _access = eventAccess;
        _types = types;
        _limits = limits;
    }

    public StatusCode TryCompile(EventFilter filter, AccessContext who, out CompiledEventFilter? compiled, out EventFilterResult? result)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(who);
        compiled = null;
        result = null;
        var clauses = filter.SelectClauses ?? [];
        if (clauses.Length == 0 || clauses.Length > _limits.MaxSelectClauseParameters) return StatusCodes.BadEventFilterInvalid;
        var fields = new EventField?[clauses.Length];
        var statuses = new StatusCode[clauses.Length];
        for (var i = 0; i < clauses.Length; i++) statuses[i] = _fields.TryCompile(clauses[i], who, out fields[i]);

        var where = new WhereClauseCompiler(_fields, _types, _limits, who);
        var isWhereGood = where.TryCompile(filter.WhereClause ?? new ContentFilter(), out var condition, out var whereResult);
        if (!isWhereGood || !Array.TrueForAll(statuses, static s => s.IsGood))
            result = new EventFilterResult { SelectClauseResults = statuses, WhereClauseResult = whereResult ?? new ContentFilterResult() };
        // Nothing but nulls is no use to anybody.
        if (!isWhereGood || Array.TrueForAll(fields, static f => f is null)) return StatusCodes.BadEventFilterInvalid;
        compiled = new SelectingFilter(fields, condition, where.SharedCount, _access, result);
        return StatusCodes.Good;
    }

    private sealed class SelectingFilter(EventField?[] fields, FilterExpression? condition, int sharedCount, EventAccess access, EventFilterResult? result) : CompiledEventFilter
    {
        public override EventFilterResult? Result => result;

        public override bool TrySelect(UaEvent occurrence, AccessContext who, out Variant[] selected)
        {
            selected = [];
            // Part 4 7.22.3, Part 9 4.5: what tells that events were lost, or of a refresh, is held back by no where clause, and tells of nobody's.
            if (!IsOfTheServer(occurrence.EventType) && (!Passes(occurrence) || !access.MayReceive(who, occurrence))) return false;
            selected = new Variant[fields.Length];
            for (var i = 0; i < fields.Length; i++) selected[i] = fields[i]?.Read(occurrence) ?? default;
            return true;
        }

        private static bool IsOfTheServer(in NodeId type) => type.IsStandard(ObjectTypeIds.EventQueueOverflowEventType) || type.IsStandard(ObjectTypeIds.RefreshStartEventType)
            || type.IsStandard(ObjectTypeIds.RefreshEndEventType) || type.IsStandard(ObjectTypeIds.RefreshRequiredEventType);

        private bool Passes(UaEvent occurrence)
        {
            if (condition is null) return true;
            var scope = new FilterScope(occurrence, sharedCount == 0 ? null : new Variant?[sharedCount]);
            return condition.Truth(ref scope) == true;
        }
    }
}
