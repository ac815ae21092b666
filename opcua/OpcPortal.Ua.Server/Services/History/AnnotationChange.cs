namespace OpcPortal.Ua.Server;

/// <summary>UpdateStructureDataDetails: annotations are inserted, replaced or removed. Other structures are kept of no node. Part 11 6.9.3.</summary>
internal sealed class AnnotationChange(UpdateStructureDataDetails details) : HistoryChange
{
    private readonly DataValue[] _values = details.UpdateValues ?? [];
    private Annotation[]?[]? _before;

    public override int Size => _values.Length;

    public override async ValueTask<HistoryUpdateResult> ApplyAsync(HistoryUpdateTurn turn)
    {
        var history = Open(turn, details.NodeId, PermissionFor(details.PerformInsertReplace, mayRemove: true), out var node);
        if (_values.Length == 0) throw new ServiceException(StatusCodes.BadNothingToDo);
        var statuses = new StatusCode[_values.Length];
        var accepted = new List<NodeAnnotation>(_values.Length);
        var places = new List<int>(_values.Length);
        for (var i = 0; i < _values.Length; i++)
        {
            statuses[i] = Check(_values[i], out var noted);
            if (statuses[i].IsBad) continue;
            accepted.Add(noted);
            places.Add(i);
        }

        await LookAsync(turn.BeforeOf(node), places).ConfigureAwait(false);
        var results = accepted.Count == 0 ? [] : await history.AnnotateAsync(details.PerformInsertReplace, accepted, turn.Cancellation).ConfigureAwait(false);
        for (var i = 0; i < places.Count; i++) statuses[places[i]] = results[i];
        return new HistoryUpdateResult { StatusCode = StatusCodes.Good, OperationResults = statuses };
    }

    public override void Audit(HistoryUpdateTurn turn, HistoryUpdateResult result)
    {
        foreach (var alike in ByStatus(_values.Length, result))
        {
            // Part 11 5.8.4: of what is removed, there is no new value.
            var written = details.PerformInsertReplace == PerformUpdateType.Remove ? [] : alike.Select(i => AnnotationValues.TryRead(_values[i], out var noted) ? noted.Annotation : null);
            var old = alike.Key.IsNotBad && _before is { } before ? alike.SelectMany(i => before[i] ?? []).ToArray() : null;
            turn.Auditor.HistoryAnnotated(turn.ActionOf(alike.Key), details.NodeId, details.PerformInsertReplace, [.. written.OfType<Annotation>()], old);
        }

        if (_values.Length == 0) turn.Auditor.HistoryAnnotated(turn.ActionOf(result.StatusCode), details.NodeId, details.PerformInsertReplace, [], null);
    }

    private async ValueTask LookAsync(HistoryBefore? before, List<int> places)
    {
        if (before is null) return;
        _before = new Annotation[]?[_values.Length];
        foreach (var place in places) _before[place] = await before.NotedAtAsync(_values[place].SourceTimestamp).ConfigureAwait(false);
    }

    private static StatusCode Check(in DataValue value, out NodeAnnotation noted)
    {
        if (!AnnotationValues.TryRead(value, out noted)) return StatusCodes.BadTypeMismatch;
        if (value.SourceTimestamp == default) return StatusCodes.BadInvalidTimestamp;
        return value.SourceTimestamp >= TimeDomain.Latest ? StatusCodes.BadOutOfRange : StatusCodes.Good;
    }
}
