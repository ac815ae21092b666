namespace OpcPortal.Ua.Server;

/// <summary>HistoryRead with ReadAtTimeDetails: the values of given times, interpolated where there is none. Part 11 6.5.5.</summary>
internal static class AtTimeHistory
{
    /// <summary>The most times in one request: each may need the values around it, so one request asks for no more than one response holds of raw values.</summary>
    public const int MaxTimes = 10_000;

    /// <summary>Checks what concerns the whole request.</summary>
    /// <exception cref="ServiceException">BadNothingToDo: no time was given. BadTooManyOperations: more than <see cref="MaxTimes"/>.</exception>
    public static void Check(ReadAtTimeDetails details) => OperationLimits.Check(details.ReqTimes, MaxTimes);

    /// <summary>Begins the read of one node.</summary>
    /// <returns>Good, or the status of the node's result.</returns>
    public static StatusCode TryStart(ReadAtTimeDetails details, HistoryTraits traits, out HistoryCalculation? calculation)
    {
        calculation = null;
        var status = AggregateRules.TryMake(traits.Aggregates, traits, isBackward: false, out var rules);
        if (status.IsGood) calculation = new AtTimeCalculation(details.ReqTimes!, rules!, details.UseSimpleBounds);
        return status;
    }
}

/// <summary>The values of one node at given times, in whatever order: those of a page are gone through in the order of time, so that times close together share what is read.</summary>
internal sealed class AtTimeCalculation(DateTime[] times, AggregateRules rules, bool useSimpleBounds) : HistoryCalculation
{
    /// <summary>Values that are read beyond a time where the next one asked for is far away, and where it is always near.</summary>
    private const int LeastLook = 16;

    private const int MostLook = 1_024;

    private int _next;

    public override async ValueTask<DataValue[]> NextAsync(INodeHistory history, int limit, CancellationToken cancellation)
    {
        var count = Math.Min(Math.Max(limit, 1), times.Length - _next);
        var wanted = new long[count];
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            wanted[i] = times[_next + i].Ticks;
            order[i] = i;
        }

        Array.Sort(wanted, order);
        var results = new DataValue[count];
        var sweep = new Sweep(history, rules, useSimpleBounds, wanted[^1], cancellation);
        for (var i = 0; i < count; i++) results[order[i]] = await sweep.ValueAtAsync(wanted[i]).ConfigureAwait(false);
        _next += count;
        HasMore = _next < times.Length;
        return results;
    }

    /// <summary>Goes from time to time, each at or after the one before.</summary>
    private sealed class Sweep(INodeHistory history, AggregateRules rules, bool useSimpleBounds, long last, CancellationToken cancellation)
    {
        private AggregateEngine? _engine;
        private AggregateCursor? _cursor;
        private AggregateLookahead _ahead;
        private int _look = LeastLook / 2;
        private int _answered = 2;
        private DataValue _value;
        private long _ticks = -1;

        public async ValueTask<DataValue> ValueAtAsync(long ticks)
        {
            cancellation.ThrowIfCancellationRequested();
            if (ticks == _ticks) return _value;
            _ticks = ticks;
            var isReached = _cursor is not null && Pass(ticks);
            if (!isReached) await BeginAsync(ticks).ConfigureAwait(false);
            _answered++;
            _ahead = await _cursor!.LookAsync(needsUsable: !useSimpleBounds).ConfigureAwait(false);
            _engine!.Open(new AggregateInterval(ticks, ticks), _ahead);
            // One that was stored at the very time.
            if (_ahead.HasNext && _ahead.Next.Ticks == ticks && _cursor.TryTake(ticks + 1, out var stored))
            {
                _engine.Add(stored);
                _ahead = await _cursor.LookAsync(needsUsable: !useSimpleBounds).ConfigureAwait(false);
            }

            return _value = _engine.Close(_ahead);
        }

        // Whether what has been read reaches there: else it may be far, and is better looked up.
        private bool Pass(long ticks)
        {
            while (_cursor!.TryTake(ticks, out var point)) _engine!.Lead(point);
            return !_cursor.IsEmpty || !_ahead.HasNext;
        }

        private async ValueTask BeginAsync(long ticks)
        {
            // Where one look served several times, a longer one will do so more.
            _look = _answered > 1 ? Math.Min(_look * 2, MostLook) : LeastLook;
            _answered = 0;
            _engine = new AggregateEngine(new AtTimeCalculator(rules, useSimpleBounds), rules);
            _cursor = new AggregateCursor(history, rules, cancellation);
            foreach (var point in await _cursor.ReadLeadAsync(ticks, needsUsable: !useSimpleBounds).ConfigureAwait(false)) _engine.Lead(point);
            _cursor.StartLooking(ticks, last + 1, _look);
        }
    }
}
