namespace OpcPortal.Ua.Server;

/// <summary>ReadAnnotationDataDetails: what people noted of the values of given times, in the order of the times. Part 11 6.5.6.</summary>
internal sealed class AnnotationReading(HistoryReadValueId item, TimestampsToReturn timestamps, DateTime[] times) : ValueReading(item, timestamps)
{
    /// <summary>The most times in one request: as many as a read at given times may name.</summary>
    public const int MaxTimes = AtTimeHistory.MaxTimes;

    private int _next;
    private WalkPager<NodeAnnotation>? _ofTime;

    public override bool HasMore => _next < times.Length;

    protected override void Part() => _ofTime = _ofTime?.Fork();

    protected override async ValueTask<Page> NextPageAsync(INodeHistory history, HistoryTurn turn)
    {
        var limit = turn.PageOf(0, turn.Limits.MaxHistoryValuesPerNode);
        var values = new List<DataValue>();
        while (_next < times.Length)
        {
            var time = times[_next];
            _ofTime ??= new WalkPager<NodeAnnotation>(new HistoryWalk(time, TimeDomain.After(time), 1), static a => a.Time);
            await _ofTime.FillAsync(history.ReadAnnotationsAsync, Take, limit - values.Count, turn.Room, turn.Cancellation).ConfigureAwait(false);
            if (!_ofTime.IsDone) break;
            _ofTime = null;
            _next++;
        }

        return new Page([.. values]);

        Intake Take(NodeAnnotation noted)
        {
            var value = AnnotationValues.ToValue(noted);
            if (values.Count >= limit || !turn.Room.TryTake(HistoryRoom.SizeOf(value), values.Count == 0)) return Intake.Full;
            values.Add(value);
            return Intake.Taken;
        }
    }
}
