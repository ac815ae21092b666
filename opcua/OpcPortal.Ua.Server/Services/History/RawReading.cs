namespace OpcPortal.Ua.Server;

/// <summary>ReadRawModifiedDetails for raw values, with their bounds where asked for. Part 11 4.6, 6.5.3.2.</summary>
internal sealed class RawReading(HistoryReadValueId item, TimestampsToReturn timestamps, TimeDomain domain, bool returnBounds) : ValueReading(item, timestamps)
{
    // Part 11 4.6 Table 1: a bound that was not found, where no time was given for it, is a second beyond the last value.
    private static readonly TimeSpan BeyondLast = TimeSpan.FromSeconds(1);

    // Nearly always there are none, or a few.
    private const int AnnotationsAtOnce = 100;

    private WalkPager<DataValue> _values = new(domain.Walk, static v => v.SourceTimestamp);
    private Stage _stage = returnBounds ? Stage.FirstBound : Stage.Values;
    private WalkPager<DataValue>? _bound;
    private uint? _left = domain.Total;
    private DateTime _last = domain.Walk.From;

    private enum Stage
    {
        FirstBound,
        Values,
        LastBound,
        Done,
    }

    public override bool HasMore => _stage != Stage.Done;

    protected override void Part() => (_values, _bound) = (_values.Fork(), _bound?.Fork());

    protected override async ValueTask<Page> NextPageAsync(INodeHistory history, HistoryTurn turn)
    {
        var limit = turn.PageOf(Math.Min(domain.PerPage == 0 ? uint.MaxValue : domain.PerPage, _left ?? uint.MaxValue), turn.Limits.MaxHistoryValuesPerNode);
        var values = new List<DataValue>(Math.Min(limit, 256));
        if (_stage == Stage.FirstBound && await FindBoundAsync(history, OppositeWalk, values, domain.Walk.From, turn).ConfigureAwait(false)) Advance(Stage.Values);
        if (_stage == Stage.Values) await FillAsync(history, values, limit, turn).ConfigureAwait(false);
        if (_stage == Stage.LastBound && values.Count < limit && await FindBoundAsync(history, OnwardWalk, values, EndOfDomain, turn).ConfigureAwait(false)) Advance(Stage.Done);
        if (history.Traits.IsAnnotated) await MarkAnnotatedAsync(history, values, turn).ConfigureAwait(false);
        return new Page([.. values]);
    }

    // Part 11 6.5.3.2: of what has annotations, the ExtraData bit says that there is more to be read. A response that has asked its sources often enough says less.
    private async ValueTask MarkAnnotatedAsync(INodeHistory history, List<DataValue> values, HistoryTurn turn)
    {
        if (values.Count == 0) return;
        var last = values[^1].SourceTimestamp;
        var noted = new WalkPager<NodeAnnotation>(new HistoryWalk(values[0].SourceTimestamp, IsForward ? TimeDomain.After(last) : TimeDomain.Moved(last, -TimeSpan.FromTicks(1)), 1), static a => a.Time);
        var next = 0;
        await noted.FillAsync(history.ReadAnnotationsAsync, Mark, AnnotationsAtOnce, turn.Room, turn.Cancellation).ConfigureAwait(false);

        Intake Mark(NodeAnnotation annotation)
        {
            while (next < values.Count && (IsForward ? values[next].SourceTimestamp < annotation.Time : values[next].SourceTimestamp > annotation.Time)) next++;
            if (next < values.Count && values[next].SourceTimestamp == annotation.Time && values[next].StatusCode.CodeBits != StatusCodes.BadBoundNotFound)
                values[next] = values[next] with { StatusCode = values[next].StatusCode.WithAggregateBits(values[next].StatusCode.AggregateBits | AggregateBits.ExtraData) };
            return Intake.Passed;
        }
    }

    private bool IsForward => domain.Walk.IsForward;

    // At the time itself or, where there is none, before it as time flows here.
    private HistoryWalk OppositeWalk => new(domain.Walk.From, IsForward ? TimeDomain.Earliest : TimeDomain.Latest, 1);

    private HistoryWalk OnwardWalk => new(domain.Walk.To, IsForward ? TimeDomain.Latest : TimeDomain.Earliest, 1);

    private DateTime EndOfDomain => domain.End ?? TimeDomain.Moved(_last, IsForward ? BeyondLast : -BeyondLast);

    private async ValueTask FillAsync(INodeHistory history, List<DataValue> values, int limit, HistoryTurn turn)
    {
        await _values.FillAsync(history.ReadAsync, Take, limit - values.Count, turn.Room, turn.Cancellation).ConfigureAwait(false);
        if (_left == 0) _stage = Stage.Done;
        else if (_values.IsDone) Advance(returnBounds ? Stage.LastBound : Stage.Done);

        Intake Take(DataValue value)
        {
            // What the first bound has given already is not given twice.
            if (returnBounds && value.SourceTimestamp == domain.Walk.From) return Intake.Passed;
            if (_left == 0 || values.Count >= limit || !turn.Room.TryTake(HistoryRoom.SizeOf(value), values.Count == 0)) return Intake.Full;
            Add(values, value);
            return Intake.Taken;
        }
    }

    /// <returns>False where the sources were asked often enough for one response: it goes on in the next.</returns>
    private async ValueTask<bool> FindBoundAsync(INodeHistory history, HistoryWalk walk, List<DataValue> values, DateTime missingAt, HistoryTurn turn)
    {
        DataValue? found = null;
        var isNowhere = walk.From == walk.To;
        _bound ??= new WalkPager<DataValue>(walk, static v => v.SourceTimestamp);
        if (!isNowhere) await _bound.FillAsync(history.ReadAsync, Take, 0, turn.Room, turn.Cancellation).ConfigureAwait(false);
        if (found is null && !isNowhere && !_bound.IsDone) return false;
        _bound = null;
        var bound = found ?? new DataValue(default, StatusCodes.BadBoundNotFound, missingAt, missingAt);
        turn.Room.TryTake(HistoryRoom.SizeOf(bound), isFirst: true);
        Add(values, bound);
        return true;

        Intake Take(DataValue value)
        {
            found = value;
            return Intake.Full;
        }
    }

    private void Add(List<DataValue> values, in DataValue value)
    {
        values.Add(value);
        _last = value.SourceTimestamp;
        if (_left > 0) _left--;
    }

    private void Advance(Stage next) => _stage = _left == 0 ? Stage.Done : next;
}
