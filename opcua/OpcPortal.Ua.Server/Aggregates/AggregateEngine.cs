namespace OpcPortal.Ua.Server;

/// <summary>What comes after the values that an engine has been given.</summary>
internal struct AggregateLookahead
{
    /// <summary>The next raw value; where there is none, data end.</summary>
    public AggregatePoint Next;

    public bool HasNext;

    /// <summary>The next that can be used.</summary>
    public AggregatePoint Usable;

    public bool HasUsable;
}

/// <summary>
/// Leads raw values, in the order of time, through intervals that follow on each other: finds the bounding values of their edges and what is known of each, and lets a
/// calculator work. It keeps some neighbours of the edge and nothing else. Not thread-safe. Part 13 5.4.
/// </summary>
internal sealed class AggregateEngine(AggregateCalculator calculator, AggregateRules rules)
{
    // Part 13 5.4.2.4: the time resolution of the server. The last value of all is known for so long and no longer.
    private const long Resolution = TimeSpan.TicksPerMillisecond;

    private AggregatePoint _last;
    private AggregatePoint _usable;
    private AggregatePoint _olderUsable;
    private AggregatePoint _bound;
    private AggregateInterval _interval;
    private long _first;
    private bool _isBegun;
    private bool _hasLast;
    private bool _hasUsable;
    private bool _hasOlderUsable;

    // Whether something that cannot be used came after what could.
    private bool _hasSkipped;

    /// <summary>Gives a value before the first interval; in the order of time.</summary>
    public void Lead(in AggregatePoint point) => Pass(point);

    /// <summary>Begins the first interval, or the next after one that was closed.</summary>
    public void Open(in AggregateInterval interval, in AggregateLookahead next)
    {
        if (!_isBegun || _interval.High != interval.Low) _bound = BoundAt(interval.Low, next);
        _interval = interval;
        _isBegun = true;
        calculator.Begin(interval, _bound, _hasUsable ? _usable : default);
    }

    /// <summary>Gives the next value of the open interval.</summary>
    public void Add(in AggregatePoint point)
    {
        calculator.Add(point);
        Pass(point);
    }

    /// <summary>Ends the open interval.</summary>
    public DataValue Close(in AggregateLookahead next)
    {
        _bound = BoundAt(_interval.High, next);
        var facts = FactsOf(next);
        // Beyond the last value a simple bound is none: the data end with that value. Part 13 3.1.9.
        var high = facts.End < _interval.High && !_bound.IsRaw && _bound.IsBad ? AggregatePoint.Missing(facts.End) : _bound;
        return calculator.End(high, facts);
    }

    private void Pass(in AggregatePoint point)
    {
        if (!_hasLast) _first = point.Ticks;
        _last = point;
        _hasLast = true;
        if (!rules.IsUsable(point))
        {
            _hasSkipped = true;
            return;
        }

        _olderUsable = _usable;
        _hasOlderUsable = _hasUsable;
        _usable = point;
        _hasUsable = true;
        _hasSkipped = false;
    }

    private IntervalFacts FactsOf(in AggregateLookahead next)
    {
        var isKnownToEnd = next.HasNext || (_hasLast && _last.Ticks >= _interval.High);
        var reachesIn = next.HasNext || (_hasLast && (rules.IsBackward ? _last.Ticks > _interval.Low : _last.Ticks >= _interval.Low));
        var isPartial = !isKnownToEnd || !_hasLast || _first > _interval.Low;
        var end = isKnownToEnd || !_hasLast ? _interval.High : Math.Clamp(_last.Ticks + Resolution, _interval.Low, _interval.High);
        return new IntervalFacts(_hasLast && reachesIn, isPartial, end);
    }

    private AggregatePoint BoundAt(long ticks, in AggregateLookahead next) => calculator.Bounds switch
    {
        BoundingValues.None => default,
        BoundingValues.Simple => SimpleBoundAt(ticks, next),
        BoundingValues.Interpolated => rules.IsStepped ? HeldBoundAt(ticks, next) : InterpolatedBoundAt(ticks, next),
        _ => InterpolatedBoundAt(ticks, next),
    };

    // Part 13 3.1.9.
    private AggregatePoint SimpleBoundAt(long ticks, in AggregateLookahead next)
    {
        if (TryGetRawAt(ticks, next, out var raw)) return raw.IsBad ? AggregatePoint.Missing(ticks) : raw;
        if (!next.HasNext || !_hasLast || _last.IsBad) return AggregatePoint.Missing(ticks);
        var before = _last;
        if (rules.IsStepped) return before.HeldAt(ticks, before.IsGood);
        if (!rules.IsUsable(before)) return AggregatePoint.Missing(ticks);
        var after = next.Next;
        return rules.IsUsable(after) ? before.OnLineTo(after, ticks, before.IsGood && after.IsGood) : before.HeldAt(ticks, isCertain: false);
    }

    // Part 13 3.1.8, sloped.
    private AggregatePoint InterpolatedBoundAt(long ticks, in AggregateLookahead next)
    {
        if (TryGetRawAt(ticks, next, out var raw) && rules.IsUsable(raw)) return raw;
        if (!_hasUsable) return AggregatePoint.Missing(ticks);
        var before = _usable;
        if (next.HasUsable)
        {
            var hasSkipped = _hasSkipped || next.Next.Ticks != next.Usable.Ticks;
            return before.OnLineTo(next.Usable, ticks, !hasSkipped && before.IsGood && next.Usable.IsGood);
        }

        // Part 13 4.2.1.2 (UseSlopedExtrapolation): with one value alone there is no slope.
        return rules.UseSlopedExtrapolation && _hasOlderUsable ? _olderUsable.OnLineTo(before, ticks, isCertain: false) : before.HeldAt(ticks, isCertain: false);
    }

    // Part 13 3.1.8, stepped.
    private AggregatePoint HeldBoundAt(long ticks, in AggregateLookahead next)
    {
        var hasRaw = TryGetRawAt(ticks, next, out var raw);
        if (hasRaw && rules.IsUsable(raw)) return raw;
        if (!_hasUsable) return AggregatePoint.Missing(ticks);
        return _usable.HeldAt(ticks, !hasRaw && !_hasSkipped && _usable.IsGood && next.HasNext);
    }

    private bool TryGetRawAt(long ticks, in AggregateLookahead next, out AggregatePoint raw)
    {
        if (next.HasNext && next.Next.Ticks == ticks)
        {
            raw = next.Next;
            return true;
        }

        raw = _last;
        return _hasLast && _last.Ticks == ticks;
    }
}
