namespace OpcPortal.Ua.Server;

/// <summary>UpdateDataDetails: values are inserted, replaced or both. Part 11 6.9.2.</summary>
internal sealed class ValueChange(UpdateDataDetails details) : HistoryChange
{
    private readonly DataValue[] _values = details.UpdateValues ?? [];
    private DataValue?[]? _before;

    public override int Size => _values.Length;

    public override async ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn)
    {
        var history = Open(turn, details.NodeId, PermissionFor(details.PerformInsertReplace, mayRemove: false), out var node);
        if (_values.Length == 0) throw new ServiceException(StatusCodes.BadNothingToDo);
        var statuses = Array.ConvertAll(_values, v => Check(turn, node, v));
        var fitting = Enumerable.Range(0, _values.Length).Where(i => statuses[i].IsGood).ToArray();
        var accepted = new DataValue[fitting.Length];
        for (var i = 0; i < fitting.Length; i++) accepted[i] = Converted(turn, node, _values[fitting[i]]);
        if (turn.BeforeOf(node) is { } before) _before = await before.AtAsync(Array.ConvertAll(_values, static v => v.SourceTimestamp)).ConfigureAwait(false);
        var results = accepted.Length == 0 ? [] : await history.UpdateAsync(details.PerformInsertReplace, accepted, turn.Cancellation).ConfigureAwait(false);
        for (var i = 0; i < fitting.Length; i++) statuses[fitting[i]] = results[i];
        return new HistoryUpdateResult { StatusCode = StatusCodes.Good, OperationResults = statuses };
    }

    public override void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result)
    {
        foreach (var alike in ByStatus(_values.Length, result))
        {
            // In the order of the new ones; what was not there is told by its absence. Who was refused may have had no business with what is there.
            var old = alike.Key.IsNotBad && _before is { } before ? alike.Where(i => before[i] is not null).Select(i => before[i]!.Value).ToArray() : null;
            turn.Auditor.HistoryUpdated(turn.ActionOf(alike.Key), details.NodeId, details.PerformInsertReplace, Pick(_values, alike), old);
        }

        if (_values.Length == 0) turn.Auditor.HistoryUpdated(turn.ActionOf(result.StatusCode), details.NodeId, details.PerformInsertReplace, [], null);
    }

    private static StatusCode Check(HistoryUpdateTurn turn, in NodeRef node, in DataValue value)
    {
        if (value.SourceTimestamp == default) return StatusCodes.BadInvalidTimestamp;
        if (value.SourceTimestamp >= TimeDomain.Latest) return StatusCodes.BadOutOfRange;
        // Part 4 7.11.1: with a bad status there is no value.
        if (value.StatusCode.IsBad && value.Value.IsNull) return StatusCodes.Good;
        var checkedValue = value.Value;
        return turn.Types.Check(node, ref checkedValue);
    }

    private static DataValue Converted(HistoryUpdateTurn turn, in NodeRef node, in DataValue value)
    {
        var converted = value.Value;
        turn.Types.Check(node, ref converted);
        return value with { Value = converted };
    }
}
