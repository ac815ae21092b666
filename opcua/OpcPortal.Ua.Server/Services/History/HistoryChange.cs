namespace OpcPortal.Ua.Server;

/// <summary>One of the details of a HistoryUpdate: what is to be changed of one node. Part 11 6.9.</summary>
internal abstract class HistoryChange
{
    /// <summary>Values, times or events that it names.</summary>
    public abstract int Size { get; }

    public virtual bool IsOfEvents => false;

    /// <summary>Does it, as far as it may be done.</summary>
    /// <exception cref="ServiceException">The status of the result: nothing was changed.</exception>
    public abstract ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn);

    /// <summary>Tells auditors what was done and what was refused.</summary>
    /// <param name="result">What the client is told.</param>
    public abstract void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result);

    /// <summary>The change that details ask for; null where there is no such one.</summary>
    public static HistoryChange? Of(ExtensionObject? details) => details?.Structure switch
    {
        UpdateDataDetails update => new ValueChange(update),
        UpdateStructureDataDetails update => new AnnotationChange(update),
        DeleteRawModifiedDetails delete => new StretchDeletion(delete),
        DeleteAtTimeDetails delete => new TimesDeletion(delete),
        UpdateEventDetails update => new EventUpdateRefusal(update),
        DeleteEventDetails delete => new EventDeletionRefusal(delete),
        _ => null,
    };

    /// <summary>Part 11 6.9.2: an update inserts and replaces, so who does it may do both. Part 3 8.55.</summary>
    /// <exception cref="ServiceException">BadInvalidArgument: it is none of these.</exception>
    protected static PermissionType PermissionFor(PerformUpdateType kind, bool mayRemove) => kind switch
    {
        PerformUpdateType.Insert => PermissionType.InsertHistory,
        PerformUpdateType.Replace => PermissionType.ModifyHistory,
        PerformUpdateType.Update => PermissionType.InsertHistory | PermissionType.ModifyHistory,
        PerformUpdateType.Remove when mayRemove => PermissionType.DeleteHistory,
        _ => throw new ServiceException(StatusCodes.BadInvalidArgument),
    };

    /// <exception cref="ServiceException">The node's history may not be changed so.</exception>
    protected static INodeHistory Open(HistoryUpdateTurn turn, in NodeId nodeId, PermissionType wanted, out NodeRef node)
    {
        var status = HistoryNodes.TryOpen(turn.Access, turn.Who, nodeId, wanted, out var grant, out var history);
        node = grant.Node;
        return status.IsGood ? history! : throw new ServiceException(status);
    }

    /// <summary>The indexes of the items by how they ended; all by the status of the whole where there is none for each.</summary>
    protected static IEnumerable<IGrouping<StatusCode, int>> ByStatus(int count, HistoryUpdateResult result) =>
        Enumerable.Range(0, count).GroupBy(i => result.OperationResults is { } each ? (each[i].IsBad ? each[i] : StatusCodes.Good) : result.StatusCode);

    protected static T[] Pick<T>(T[] items, IEnumerable<int> indexes) => [.. indexes.Select(i => items[i])];
}

/// <summary>The request in which history is changed.</summary>
internal sealed record HistoryUpdateTurn(ServiceContext Context, AccessController Access, ValueTypeCheck Types, IAuditor Auditor, OperationLimits Limits)
{
    // The user of when the request began: a change of user in its midst is another's.
    // Why the client changes something stands in its request: sources may keep it with the change.
    public AccessContext Who { get; } = Context.Access with { ClientAuditEntryId = Context.RequestHeader.AuditEntryId };

    public CancellationToken Cancellation { get; } = Context.Cancellation;

    public AuditedAction ActionOf(StatusCode status) => AuditedAction.Of(Context, status);

    /// <summary>What is there now, for auditors; null where nobody listens.</summary>
    public HistoryBefore? BeforeOf(in NodeRef node) =>
        Auditor.IsHeard && node.Source.HistoryOf(Access.ForServer(node, PermissionType.ReadHistory)) is { } history ? new HistoryBefore(history, Limits.MaxHistoryChangesPerRequest, Cancellation) : null;
}
