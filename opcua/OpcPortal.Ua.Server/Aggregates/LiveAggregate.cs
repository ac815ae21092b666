namespace OpcPortal.Ua.Server;

/// <summary>
/// An aggregate over values as they come, interval after interval. It keeps what its calculator keeps, however many values come. What came last holds until something else comes,
/// so it is the first value of each interval, and the bounding value at the end of the one before: sources tell of changes, and a value that does not change is known all the
/// same. Not thread-safe. Part 4 7.22.4, Part 13 4.3.2.
/// </summary>
internal sealed class LiveAggregate
{
    private readonly NodeId _aggregate;
    private readonly AggregateRules _rules;
    private readonly long _step;

    private AggregateEngine _engine = null!;
    private AggregateInterval _interval;
    private DataValue _last;
    private long _lastTicks;
    private bool _hasLast;
    private bool _isOpen;

    private LiveAggregate(in NodeId aggregate, AggregateRules rules, long start, long step, AggregateFilterResult revised)
    {
        _aggregate = aggregate;
        _rules = rules;
        _step = step;
        Revised = revised;
        Restart(start);
    }

    /// <summary>What the filter became.</summary>
    public AggregateFilterResult Revised { get; }

    /// <summary>When the running interval ends, UTC.</summary>
    public DateTime NextEnd => new(_interval.High, DateTimeKind.Utc);

    /// <returns>Good; BadAggregateNotSupported; BadAggregateInvalidInputs for percentages that are none.</returns>
    public static StatusCode TryMake(AggregateFilter filter, SubscriptionLimits limits, DateTime now, out LiveAggregate? live)
    {
        live = null;
        // A value that is just now current has no annotations.
        if (filter.AggregateType == AggregateCatalog.AnnotationCount || !AggregateCatalog.IsSupported(filter.AggregateType)) return StatusCodes.BadAggregateNotSupported;
        // Values that come hold until the next one, whatever is made of them later between those that are kept.
        var traits = new HistoryTraits { IsStepped = true };
        var status = AggregateRules.TryMake(filter.AggregateConfiguration, traits, isBackward: false, out var rules);
        if (status.IsBad) return status;
        var step = SubscriptionLimits.Clamp(filter.ProcessingInterval, limits.MinProcessingInterval, limits.MaxProcessingInterval);
        var start = Revise(filter.StartTime, step, now);
        var revised = new AggregateFilterResult
        {
            RevisedStartTime = start,
            RevisedProcessingInterval = step.TotalMilliseconds,
            RevisedAggregateConfiguration = new AggregateConfiguration
            {
                TreatUncertainAsBad = rules!.TreatUncertainAsBad,
                PercentDataBad = rules.PercentDataBad,
                PercentDataGood = rules.PercentDataGood,
                UseSlopedExtrapolation = rules.UseSlopedExtrapolation,
            },
        };
        live = new LiveAggregate(filter.AggregateType, rules, start.Ticks, step.Ticks, revised);
        return StatusCodes.Good;
    }

    /// <summary>Forgets all values, and goes on with the interval that runs.</summary>
    public void Restart(DateTime now) => Restart(Revise(Revised.RevisedStartTime, TimeSpan.FromTicks(_step), now).Ticks);

    /// <summary>Ends the interval that runs, if its time is over.</summary>
    /// <param name="most">Results that are of use: where more intervals have passed, those before are skipped.</param>
    /// <returns>False where it is not over.</returns>
    public bool TryClose(DateTime now, int most, out DataValue result)
    {
        result = default;
        if (now.Ticks < _interval.High) return false;
        var passed = ((now.Ticks - _interval.High) / _step) + 1;
        if (passed > most) SkipTo(_interval.Low + ((passed - most) * _step));
        if (!_isOpen && _hasLast) Begin(Held(_interval.Low));
        else if (!_isOpen) Open(default);
        var ahead = Held(_interval.High);
        result = _engine.Close(ahead);
        _interval = new AggregateInterval(_interval.High, _interval.High + _step);
        _isOpen = false;
        if (_hasLast) Begin(ahead);
        return true;
    }

    /// <summary>Takes a value. All intervals that are over have been closed.</summary>
    public void Take(in DataValue value, DateTime now)
    {
        // Read again, it is the same value still, and no other one.
        if (_hasLast && value.SourceTimestamp == _last.SourceTimestamp && value.StatusCode == _last.StatusCode && value.Value.Equals(_last.Value)) return;
        var stated = value.SourceTimestamp == default ? now.Ticks : Math.Min(value.SourceTimestamp.Ticks, now.Ticks);
        // In the order in which they come: one that is late counts from now on, as does one from the future.
        var ticks = _hasLast ? Math.Max(stated, _lastTicks + 1) : stated;
        var point = AggregatePoint.Raw(value, ticks);
        if (ticks < _interval.Low)
        {
            // It holds when the interval begins.
            _engine.Lead(point);
        }
        else
        {
            if (!_isOpen && _hasLast && ticks > _interval.Low) Begin(Held(_interval.Low));
            else if (!_isOpen) Open(Ahead(point));
            if (ticks < _interval.High) _engine.Add(point);
        }

        _last = value;
        _lastTicks = ticks;
        _hasLast = true;
    }

    private void Restart(long start)
    {
        _engine = NewEngine();
        _interval = new AggregateInterval(start, start + _step);
        _isOpen = false;
        _hasLast = false;
    }

    private AggregateEngine NewEngine() =>
        new(AggregateCatalog.TryCreate(_aggregate, _rules) ?? throw new InvalidOperationException("The aggregate was checked when the filter was made."), _rules);

    private void SkipTo(long low)
    {
        _engine = NewEngine();
        _interval = new AggregateInterval(low, low + _step);
        _isOpen = false;
        if (_hasLast) Begin(Held(low));
    }

    private void Open(in AggregateLookahead ahead)
    {
        _engine.Open(_interval, ahead);
        _isOpen = true;
    }

    private void Begin(in AggregateLookahead held)
    {
        Open(held);
        _engine.Add(held.Next);
        _lastTicks = held.Next.Ticks;
    }

    private AggregateLookahead Held(long ticks) => _hasLast ? Ahead(AggregatePoint.Raw(_last, ticks)) : default;

    private AggregateLookahead Ahead(in AggregatePoint point) => new() { Next = point, HasNext = true, Usable = point, HasUsable = _rules.IsUsable(point) };

    // Part 4 7.22.4: the start stays on the grid of the one that was asked for. What is past is read from history, not watched.
    private static DateTime Revise(DateTime wanted, TimeSpan step, DateTime now)
    {
        var isNear = wanted > now && wanted - now <= MaxWait;
        if (isNear) return wanted;
        var steps = (now.Ticks - wanted.Ticks) / step.Ticks;
        var revised = wanted.Ticks + (steps * step.Ticks);
        return new DateTime(revised > now.Ticks ? revised - step.Ticks : revised, DateTimeKind.Utc);
    }

    // Who asks for a later start than within a year has mistaken a number.
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(366);
}
