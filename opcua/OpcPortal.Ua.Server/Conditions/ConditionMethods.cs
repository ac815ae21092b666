namespace OpcPortal.Ua.Server;

/// <summary>
/// The methods of conditions, which are called on the ConditionId with the method of the type, whether or not the condition is a node. Part 9 5.5.2 (ConditionId), 5.5.4 to 5.5.8, 5.7.3, 5.7.4,
/// 5.8.17.
/// </summary>
internal sealed class ConditionMethods
{
    private readonly ConditionTable _conditions;
    private readonly AccessController _access;
    private readonly TypeTree _types;
    private readonly Dictionary<NodeId, NodeId> _typesOfMethods = [];

    public ConditionMethods(ConditionTable conditions, ServerModel model, AccessController access, Auditor auditor)
    {
        (_conditions, _access, _types) = (conditions, access, model.Types);
        Bind(model, auditor, MethodIds.ConditionType_Enable, ObjectTypeIds.ConditionType, ObjectTypeIds.AuditConditionEnableEventType, "Enable", call => Enable(call, true));
        Bind(model, auditor, MethodIds.ConditionType_Disable, ObjectTypeIds.ConditionType, ObjectTypeIds.AuditConditionEnableEventType, "Disable", call => Enable(call, false));
        Bind(model, auditor, MethodIds.ConditionType_AddComment, ObjectTypeIds.ConditionType, ObjectTypeIds.AuditConditionCommentEventType, "AddComment", AddComment, "ConditionEventId", "Comment");
        Bind(model, auditor, MethodIds.AcknowledgeableConditionType_Acknowledge, ObjectTypeIds.AcknowledgeableConditionType, ObjectTypeIds.AuditConditionAcknowledgeEventType, "Acknowledge", Acknowledge, "ConditionEventId", "Comment");
        Bind(model, auditor, MethodIds.AcknowledgeableConditionType_Confirm, ObjectTypeIds.AcknowledgeableConditionType, ObjectTypeIds.AuditConditionConfirmEventType, "Confirm", Confirm, "ConditionEventId", "Comment");
        // Part 9 5.8.17.4: the method may be that of the state machine's type or that of the alarm type's ShelvingState.
        foreach (uint method in (uint[])[MethodIds.ShelvedStateMachineType_TimedShelve, MethodIds.AlarmConditionType_ShelvingState_TimedShelve, MethodIds.ShelvedStateMachineType_TimedShelve2, MethodIds.AlarmConditionType_ShelvingState_TimedShelve2])
            Bind(model, auditor, method, ObjectTypeIds.AlarmConditionType, ObjectTypeIds.AuditConditionShelvingEventType, "TimedShelve", TimedShelve, "ShelvingTime", "Comment");
        foreach (uint method in (uint[])[MethodIds.ShelvedStateMachineType_OneShotShelve, MethodIds.AlarmConditionType_ShelvingState_OneShotShelve, MethodIds.ShelvedStateMachineType_OneShotShelve2, MethodIds.AlarmConditionType_ShelvingState_OneShotShelve2])
            Bind(model, auditor, method, ObjectTypeIds.AlarmConditionType, ObjectTypeIds.AuditConditionShelvingEventType, "OneShotShelve", OneShotShelve, "Comment");
        foreach (uint method in (uint[])[MethodIds.ShelvedStateMachineType_Unshelve, MethodIds.AlarmConditionType_ShelvingState_Unshelve, MethodIds.ShelvedStateMachineType_Unshelve2, MethodIds.AlarmConditionType_ShelvingState_Unshelve2])
            Bind(model, auditor, method, ObjectTypeIds.AlarmConditionType, ObjectTypeIds.AuditConditionShelvingEventType, "Unshelve", Unshelve, "Comment");
    }

    /// <summary>Whether a call is one on a condition, and whether it may be made: to see the condition is to see its source, and its source must allow calls. Part 3 8.55.</summary>
    /// <param name="source">What the condition is one of.</param>
    /// <param name="status">Good with a grant for the method; BadNodeIdUnknown, BadMethodInvalid, BadUserAccessDenied and the like.</param>
    public bool TryResolve(AccessContext who, CallMethodRequest request, out NodeGrant method, out NodeId source, out StatusCode status)
    {
        (method, source, status) = (default, default, StatusCodes.Good);
        if (!_typesOfMethods.TryGetValue(request.MethodId, out var type) || !_conditions.TryFind(request.ObjectId, out var condition, out _)) return false;
        source = condition.SourceNode;
        if (condition.Audience?.Invoke(who) == false) status = StatusCodes.BadNodeIdUnknown;
        if (status.IsGood) status = _access.Resolve(who, condition.SourceNode, PermissionType.ReceiveEvents, out _).IsGood ? StatusCodes.Good : StatusCodes.BadNodeIdUnknown;
        if (status.IsGood && !_types.IsSubtypeOf(condition.TypeId, type)) status = StatusCodes.BadMethodInvalid;
        if (status.IsGood) status = _access.Resolve(who, condition.SourceNode, PermissionType.Call, out _);
        if (status.IsGood) status = _access.Resolve(who, request.MethodId, PermissionType.Call, out method);
        return true;
    }

    private void Bind(ServerModel model, Auditor auditor, NodeId method, NodeId type, uint audit, string name, Func<MethodCall, StatusCode> handler, params string[] arguments)
    {
        if (!model.Nodes.Contains(method)) return;
        _typesOfMethods[method] = type;
        auditor.ReportCondition(method, audit, $"Method/{name}", arguments);
        model.Nodes.BindMethod(method, (call, _) => ValueTask.FromResult(new MethodResult(handler(call), [])));
    }

    private StatusCode Enable(MethodCall call, bool enable) =>
        Change(call, (ConditionDefinition _, ConditionState state, out ConditionState next) => state.TryEnable(enable, _conditions.Now, out next));

    private StatusCode Acknowledge(MethodCall call) =>
        Remark(call, static (ConditionDefinition definition, ConditionState state, in ConditionRemark remark, out ConditionState next) => state.TryAcknowledge(remark, definition.IsConfirmable, out next));

    private StatusCode AddComment(MethodCall call) =>
        Remark(call, static (ConditionDefinition _, ConditionState state, in ConditionRemark remark, out ConditionState next) => state.TryComment(remark, out next));

    private StatusCode Confirm(MethodCall call) =>
        Remark(call, static (ConditionDefinition definition, ConditionState state, in ConditionRemark remark, out ConditionState next) =>
        {
            next = state;
            return definition.IsConfirmable ? state.TryConfirm(remark, out next) : StatusCodes.BadNotSupported;
        });

    private StatusCode TimedShelve(MethodCall call)
    {
        var milliseconds = call.InputArguments[0].ToObject() as double? ?? 0;
        // Part 9 5.8.17.4; a NaN is neither.
        if (!(milliseconds > 0) || milliseconds > _conditions.Limits.MaxTimeShelved.TotalMilliseconds) return StatusCodes.BadShelvingTimeOutOfRange;
        return Shelve(call, ConditionShelving.Timed, TimeSpan.FromMilliseconds(milliseconds), 1);
    }

    // Part 9 5.8.2: MaxTimeShelved holds for both.
    private StatusCode OneShotShelve(MethodCall call) => Shelve(call, ConditionShelving.OneShot, _conditions.Limits.MaxTimeShelved, 0);

    private StatusCode Shelve(MethodCall call, ConditionShelving how, TimeSpan time, int commentAt)
    {
        if (CommentOf(call, commentAt, out var comment) is { IsBad: true } refused) return refused;
        var now = _conditions.Now;
        return Change(call, (ConditionDefinition _, ConditionState state, out ConditionState next) => Commented(state.TryShelve(how, now + time, now, out next), call, comment, ref next));
    }

    private StatusCode Unshelve(MethodCall call)
    {
        if (CommentOf(call, 0, out var comment) is { IsBad: true } refused) return refused;
        return Change(call, (ConditionDefinition _, ConditionState state, out ConditionState next) => Commented(state.TryUnshelve(_conditions.Now, out next), call, comment, ref next));
    }

    private StatusCode Commented(StatusCode status, MethodCall call, LocalizedText comment, ref ConditionState next)
    {
        if (status.IsGood && !comment.IsNull) next = next with { Comment = comment, CommentTime = _conditions.Now, ClientUserId = call.Context.UserName };
        return status;
    }

    private StatusCode Remark(MethodCall call, Remarking remarking)
    {
        if (CommentOf(call, 1, out var comment) is { IsBad: true } refused) return refused;
        var remark = new ConditionRemark(call.InputArguments[0].ToObject() as ByteString? ?? default, comment, call.Context.UserName, _conditions.Now);
        return Change(call, (ConditionDefinition definition, ConditionState state, out ConditionState next) => remarking(definition, state, remark, out next));
    }

    private StatusCode CommentOf(MethodCall call, int argument, out LocalizedText comment)
    {
        comment = call.InputArguments.Length > argument ? call.InputArguments[argument].ToObject() as LocalizedText? ?? default : default;
        return comment.Text?.Length > _conditions.Limits.MaxCommentLength || comment.Locale?.Length > _conditions.Limits.MaxCommentLength ? StatusCodes.BadOutOfRange : StatusCodes.Good;
    }

    // Called on the type itself, there is no condition.
    private StatusCode Change(MethodCall call, ConditionChange change) =>
        _types.IsSubtypeOf(call.ObjectId, ObjectTypeIds.BaseObjectType) ? StatusCodes.BadNodeIdInvalid : _conditions.Change(call.ObjectId, change);

    private delegate StatusCode Remarking(ConditionDefinition definition, ConditionState state, in ConditionRemark remark, out ConditionState next);
}
