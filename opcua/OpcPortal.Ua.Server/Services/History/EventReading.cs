namespace OpcPortal.Ua.Server;

/// <summary>ReadEventDetails: events of a notifier that were reported, for who may have them, in the order of their Time. Part 11 6.5.2.</summary>
internal sealed class EventReading(HistoryReadValueId item, TimeDomain domain, EventFilter filter, IEventArchive? archive, IEventFilterCompiler filters) : HistoryReading(item)
{
    private WalkPager<UaEvent> _events = new(domain.Walk, static e => e.Time);
    private uint? _left = domain.Total;
    private bool _hasGiven;

    public override bool HasMore => !_events.IsDone && _left != 0;

    protected override void Part() => _events = _events.Fork();

    public override async ValueTask<HistoryReadResult> NextAsync(HistoryTurn turn, QualifiedName encoding)
    {
        var status = Open(turn, out var compiled);
        if (status.IsBad) throw new ServiceException(status);
        var limit = turn.PageOf(Math.Min(domain.PerPage == 0 ? uint.MaxValue : domain.PerPage, _left ?? uint.MaxValue), turn.Limits.MaxHistoryEventsPerNode);
        var events = new List<HistoryEventFieldList>();
        await _events.FillAsync((walk, cancellation) => archive!.ReadAsync(NodeId, walk, cancellation), Take, limit, turn.Room, turn.Cancellation).ConfigureAwait(false);
        _hasGiven |= events.Count > 0;
        return new HistoryReadResult
        {
            StatusCode = _hasGiven || HasMore ? StatusCodes.Good : StatusCodes.GoodNoData,
            HistoryData = new ExtensionObject(new HistoryEvent { Events = [.. events] }),
        };

        Intake Take(UaEvent occurrence)
        {
            if (_left == 0 || events.Count >= limit || !turn.Room.TryExamine()) return Intake.Full;
            // What may be had is asked for each, as if it were reported now.
            if (!compiled!.TrySelect(occurrence, turn.Who, out var fields)) return Intake.Passed;
            if (!turn.Room.TryTake(HistoryRoom.SizeOf(fields), events.Count == 0)) return Intake.Full;
            events.Add(new HistoryEventFieldList { EventFields = fields });
            if (_left > 0) _left--;
            return Intake.Taken;
        }
    }

    // Part 3 8.59 (EventNotifierType): a notifier says that its events are kept.
    private StatusCode Open(HistoryTurn turn, out CompiledEventFilter? compiled)
    {
        compiled = null;
        var status = turn.Access.Resolve(turn.Who, NodeId, PermissionType.Browse, out var seen);
        if (status.IsBad) return status;
        var node = seen.Node;
        var isKept = node.Source.ReadAttribute(node, AttributeIds.EventNotifier, [], out var notifier).IsGood && (notifier.AsByte() & (byte)EventNotifierType.HistoryRead) != 0;
        if (!isKept || archive is null) return StatusCodes.BadHistoryOperationUnsupported;
        status = turn.Access.Authorize(turn.Who, node, PermissionType.ReadHistory | PermissionType.ReceiveEvents, out _);
        return status.IsGood ? filters.TryCompile(filter, turn.Who, out compiled, out _) : status;
    }
}
