namespace OpcPortal.Ua.Server;

/// <summary>UpdateEventDetails. Events are evidence: nobody writes them but who reports them. Part 11 6.9.4.</summary>
internal sealed class EventUpdateRefusal(UpdateEventDetails details) : HistoryChange
{
    private readonly HistoryEventFieldList[] _events = details.EventData ?? [];

    public override int Size => _events.Length;
    public override bool IsOfEvents => true;

    public override ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn) => throw new ServiceException(RefusalOf(turn, details.NodeId));

    public override void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result) =>
        turn.Auditor.EventHistoryUpdated(turn.ActionOf(result.StatusCode), details.NodeId, details.PerformInsertReplace, details.Filter, _events);

    /// <summary>Why: what a user may not browse does not exist for it.</summary>
    public static StatusCode RefusalOf(HistoryUpdateTurn turn, in NodeId nodeId)
    {
        var status = turn.Access.Resolve(turn.Who, nodeId, PermissionType.Browse, out _);
        return status.IsBad ? status : StatusCodes.BadHistoryOperationUnsupported;
    }
}

/// <summary>DeleteEventDetails. Events are evidence: they end by their retention. Part 11 6.9.7.</summary>
internal sealed class EventDeletionRefusal(DeleteEventDetails details) : HistoryChange
{
    private readonly ByteString[] _ids = details.EventIds ?? [];

    public override int Size => _ids.Length;
    public override bool IsOfEvents => true;

    public override ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn) => throw new ServiceException(EventUpdateRefusal.RefusalOf(turn, details.NodeId));

    public override void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result) =>
        turn.Auditor.EventHistoryDeleted(turn.ActionOf(result.StatusCode), details.NodeId, _ids);
}
