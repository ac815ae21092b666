namespace OpcPortal.Ua.Server;

/// <summary>AnnotationCount: how many annotations values of an interval have. Part 13 5.4.3.20. Where data begin and end, the raw values say.</summary>
internal sealed class AnnotationCounter(INodeHistory history, AggregateRules rules, CancellationToken cancellation)
{
    // Annotations are few: one page nearly always holds them all.
    private const int PageSize = 1_000;

    private HistoryWalk? _rest;
    private IReadOnlyList<NodeAnnotation> _page = [];
    private int _index;

    // The first value that matters and the last one; the greatest ticks and the smallest where there is none.
    private long _first = long.MaxValue;
    private long _last = long.MinValue;

    public async ValueTask StartAsync(long low, long high)
    {
        var shift = rules.IsBackward ? 1 : 0;
        var from = new DateTime(low + shift, DateTimeKind.Utc);
        var to = new DateTime(Math.Min(high + shift, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
        _rest = new HistoryWalk(from, to, PageSize);
        // A value before all intervals, else the first one; one after them, else the last one.
        _first = await TryFindAsync(from.AddTicks(-1), DateTime.MinValue).ConfigureAwait(false) ?? await TryFindAsync(from, DateTime.MaxValue).ConfigureAwait(false) ?? _first;
        _last = await TryFindAsync(to, DateTime.MaxValue).ConfigureAwait(false) ?? await TryFindAsync(to.AddTicks(-1), DateTime.MinValue).ConfigureAwait(false) ?? _last;
    }

    /// <summary>The result of the next interval, in the order of time.</summary>
    public async ValueTask<DataValue> NextAsync(AggregateInterval interval)
    {
        var count = 0;
        while (true)
        {
            while (_index < _page.Count && IsBefore(_page[_index].Time.Ticks, interval.High))
            {
                count++;
                _index++;
            }

            if (_index < _page.Count || _rest is not { } walk) break;
            var page = await history.ReadAnnotationsAsync(walk, cancellation).ConfigureAwait(false);
            _page = page.Items;
            _index = 0;
            _rest = page.Next is { } place ? walk.Resume(place) : null;
        }

        var time = new DateTime(rules.IsBackward ? interval.High : interval.Low, DateTimeKind.Utc);
        if (!IsBefore(_first, interval.High) || IsBefore(_last, interval.Low)) return new DataValue(default, StatusCodes.BadNoData, time, time);
        var bits = _first > interval.Low || _last < interval.High ? AggregateBits.Calculated | AggregateBits.Partial : AggregateBits.Calculated;
        return new DataValue(count, new StatusCode(StatusCodes.Good).WithAggregateBits(bits), time, time);
    }

    private bool IsBefore(long ticks, long edge) => rules.IsBackward ? ticks <= edge : ticks < edge;

    private async ValueTask<long?> TryFindAsync(DateTime from, DateTime to)
    {
        HistoryWalk? rest = new HistoryWalk(from, to, 1);
        while (rest is { } walk)
        {
            var page = await history.ReadAsync(walk, cancellation).ConfigureAwait(false);
            if (page.Items.Count > 0) return page.Items[0].SourceTimestamp.Ticks;
            rest = page.Next is { } place ? walk.Resume(place) : null;
        }

        return null;
    }
}
