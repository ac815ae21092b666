namespace OpcPortal.Ua.Server;

/// <summary>
/// The aggregate of one node over a range, interval by interval. It knows only at which interval it stands: each page begins anew from the history, so that a continuation point
/// costs nothing and shows what the history holds by then. Part 11 6.5.4, Part 13 5.4.2.2.
/// </summary>
internal sealed class AggregateCalculation : HistoryCalculation
{
    private readonly AggregateRules _rules;
    private readonly NodeId _aggregate;
    private readonly long _start;
    private readonly long _end;
    private readonly long _step;
    private readonly long _count;
    private long _next;

    /// <param name="start">Ticks; later than <paramref name="end"/> where time runs backward.</param>
    /// <param name="step">The length of an interval in ticks; the last one may be shorter.</param>
    public AggregateCalculation(in NodeId aggregate, AggregateRules rules, long start, long end, long step)
    {
        _aggregate = aggregate;
        _rules = rules;
        _start = start;
        _end = end;
        _step = step;
        _count = CountOf(start, end, step);
    }

    /// <summary>How many intervals there are.</summary>
    public static long CountOf(long start, long end, long step) => (Math.Abs(end - start) + step - 1) / step;

    public override async ValueTask<DataValue[]> NextAsync(INodeHistory history, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(history);
        var results = new DataValue[Math.Min(Math.Max(limit, 1), _count - _next)];
        if (_aggregate == AggregateCatalog.AnnotationCount) await CountAnnotationsAsync(history, results, cancellation).ConfigureAwait(false);
        else await CalculateAsync(history, results, cancellation).ConfigureAwait(false);
        if (_rules.IsBackward) Array.Reverse(results);
        _next += results.Length;
        HasMore = _next < _count;
        return results;
    }

    // In the order of time, whatever the client's.
    private async ValueTask CalculateAsync(INodeHistory history, DataValue[] results, CancellationToken cancellation)
    {
        var calculator = AggregateCatalog.TryCreate(_aggregate, _rules) ?? throw new ServiceException(StatusCodes.BadAggregateNotSupported);
        var engine = new AggregateEngine(calculator, _rules);
        var cursor = new AggregateCursor(history, _rules, cancellation);
        var needsUsable = calculator.NeedsUsable;
        var low = IntervalAt(0, results.Length).Low;
        foreach (var point in await cursor.ReadLeadAsync(low, needsUsable).ConfigureAwait(false)) engine.Lead(point);
        cursor.Start(low, IntervalAt(results.Length - 1, results.Length).High);
        var ahead = await cursor.LookAsync(needsUsable).ConfigureAwait(false);
        for (var i = 0; i < results.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var interval = IntervalAt(i, results.Length);
            engine.Open(interval, ahead);
            do
            {
                while (cursor.TryTake(interval.High, out var point)) engine.Add(point);
            }
            while (cursor.IsEmpty && await cursor.ReadOnAsync().ConfigureAwait(false));
            ahead = await cursor.LookAsync(needsUsable).ConfigureAwait(false);
            results[i] = engine.Close(ahead);
        }
    }

    private async ValueTask CountAnnotationsAsync(INodeHistory history, DataValue[] results, CancellationToken cancellation)
    {
        var counter = new AnnotationCounter(history, _rules, cancellation);
        await counter.StartAsync(IntervalAt(0, results.Length).Low, IntervalAt(results.Length - 1, results.Length).High).ConfigureAwait(false);
        for (var i = 0; i < results.Length; i++) results[i] = await counter.NextAsync(IntervalAt(i, results.Length)).ConfigureAwait(false);
    }

    /// <summary>An interval of the page that begins at the next one; counted in the order of time.</summary>
    private AggregateInterval IntervalAt(int index, int count)
    {
        if (!_rules.IsBackward)
        {
            var from = _start + ((_next + index) * _step);
            return new AggregateInterval(from, Math.Min(from + _step, _end));
        }

        var to = _start - ((_next + count - 1 - index) * _step);
        return new AggregateInterval(Math.Max(to - _step, _end), to);
    }
}
