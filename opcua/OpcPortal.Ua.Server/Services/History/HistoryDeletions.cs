namespace OpcPortal.Ua.Server;

/// <summary>DeleteRawModifiedDetails: a stretch of history. Part 11 6.9.5.</summary>
internal sealed class StretchDeletion(DeleteRawModifiedDetails details) : HistoryChange
{
    private DataValue[]? _before;

    public override int Size => 1;

    public override async ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn)
    {
        var history = Open(turn, details.NodeId, PermissionType.DeleteHistory, out var node);
        // Part 11 6.9.5: both are given, and in their order; equal ones name the value of that time.
        if (details.StartTime == default || details.EndTime == default || details.EndTime < details.StartTime) throw new ServiceException(StatusCodes.BadInvalidTimestampArgument);
        var end = details.StartTime == details.EndTime ? TimeDomain.After(details.EndTime) : details.EndTime;
        if (!details.IsDeleteModified && turn.BeforeOf(node) is { } before) _before = await before.WithinAsync(details.StartTime, end).ConfigureAwait(false);
        var status = await history.DeleteAsync(details.StartTime, details.EndTime, details.IsDeleteModified, turn.Cancellation).ConfigureAwait(false);
        return new HistoryUpdateResult { StatusCode = status };
    }

    public override void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result) =>
        turn.Auditor.HistoryDeleted(turn.ActionOf(result.StatusCode), details.NodeId, details.IsDeleteModified, details.StartTime, details.EndTime, result.StatusCode.IsNotBad ? _before : null);
}

/// <summary>DeleteAtTimeDetails: the values of given times. Part 11 6.9.6.</summary>
internal sealed class TimesDeletion(DeleteAtTimeDetails details) : HistoryChange
{
    private readonly DateTime[] _times = details.ReqTimes ?? [];
    private DataValue?[]? _before;

    public override int Size => _times.Length;

    public override async ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn)
    {
        var history = Open(turn, details.NodeId, PermissionType.DeleteHistory, out var node);
        if (_times.Length == 0) throw new ServiceException(StatusCodes.BadNothingToDo);
        if (turn.BeforeOf(node) is { } before) _before = await before.AtAsync(_times).ConfigureAwait(false);
        var statuses = await history.DeleteAtAsync(_times, turn.Cancellation).ConfigureAwait(false);
        return new HistoryUpdateResult { StatusCode = StatusCodes.Good, OperationResults = statuses };
    }

    public override void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result)
    {
        foreach (var alike in ByStatus(_times.Length, result))
        {
            var old = alike.Key.IsNotBad && _before is { } before ? alike.Where(i => before[i] is not null).Select(i => before[i]!.Value).ToArray() : null;
            turn.Auditor.HistoryDeletedAt(turn.ActionOf(alike.Key), details.NodeId, Pick(_times, alike), old);
        }

        if (_times.Length == 0) turn.Auditor.HistoryDeletedAt(turn.ActionOf(result.StatusCode), details.NodeId, [], null);
    }
}
