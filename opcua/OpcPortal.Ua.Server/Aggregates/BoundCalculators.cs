namespace OpcPortal.Ua.Server;

/// <summary>Interpolative: the interpolated bounding value at the start of the interval. Part 13 5.4.3.4.</summary>
internal sealed class InterpolativeCalculator(AggregateRules rules) : AggregateCalculator(rules)
{
    private AggregatePoint _low;

    public override BoundingValues Bounds => BoundingValues.Interpolated;

    // After the last value it is extrapolated.
    protected override bool ReachesBeyondData => true;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous) => _low = low;

    public override void Add(in AggregatePoint point)
    {
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts) => Of(Rules.IsBackward ? high : _low);

    private DataValue Of(in AggregatePoint bound) => Result(bound.Value, bound.Status, bound.IsRaw || bound.IsBad ? AggregateBits.Raw : AggregateBits.Interpolated);
}

/// <summary>
/// TimeAverage and Total: the area under lines between all values that can be used, from edge to edge, and it by its length. Where data begin within the interval it is that of the
/// part that has some. Part 13 5.4.3.6, 5.4.3.8.
/// </summary>
internal sealed class InterpolatedAreaCalculator(AggregateRules rules, bool isTotal) : AggregateCalculator(rules)
{
    private AggregatePoint _from;
    private bool _hasFrom;
    private bool _isCertain;
    private bool _isInvalid;
    private double _area;
    private long _length;

    // The text of 5.4.3.8 has lines for Total too; the examples of its Annex A, and sense, have steps where values hold.
    public override BoundingValues Bounds => isTotal ? BoundingValues.Interpolated : BoundingValues.InterpolatedOnLines;

    private bool HasSteps => isTotal && Rules.IsStepped;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _area = 0;
        _length = 0;
        _isInvalid = !low.IsBad && !low.HasNumber;
        _isCertain = low.IsGood;
        _hasFrom = !low.IsBad;
        _from = low;
    }

    public override void Add(in AggregatePoint point)
    {
        if (!point.IsGood) _isCertain = false;
        if (Rules.IsUsable(point)) Pass(point);
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (!high.IsBad) Pass(high);
        if (_isInvalid) return InvalidInputs();
        if (_length == 0) return NoData(AggregateBits.Raw);
        return Calculated(
            isTotal ? _area / TimeSpan.TicksPerSecond : _area / _length, _isCertain && high.IsGood ? StatusCodes.Good : StatusCodes.UncertainDataSubNormal);
    }

    private void Pass(in AggregatePoint to)
    {
        _isInvalid |= !to.HasNumber;
        if (_hasFrom)
        {
            var length = to.Ticks - _from.Ticks;
            _length += length;
            _area += (HasSteps ? _from.Number : (_from.Number + to.Number) / 2) * length;
        }

        _from = to;
        _hasFrom = true;
    }
}

/// <summary>Start, End and Delta of the raw values. Part 13 5.4.3.25 to 5.4.3.27.</summary>
internal sealed class EndpointCalculator(AggregateRules rules, EndpointResult kind) : AggregateCalculator(rules)
{
    private AggregatePoint _first;
    private AggregatePoint _last;
    private ValueCounts _counts;
    private int _taken;
    private bool _isInvalid;

    public override BoundingValues Bounds => BoundingValues.None;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _counts = default;
        _taken = 0;
        _isInvalid = false;
    }

    public override void Add(in AggregatePoint point)
    {
        _counts.Add(point);
        // A difference is one of good values.
        if (kind == EndpointResult.Delta && !point.IsGood) return;
        _isInvalid |= kind == EndpointResult.Delta && !point.HasNumber;
        if (_taken++ == 0) _first = point;
        _last = point;
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_isInvalid) return InvalidInputs();
        if (_taken == 0) return NoData(AggregateBits.Raw);
        var start = Rules.IsBackward ? _last : _first;
        var end = Rules.IsBackward ? _first : _last;
        if (kind == EndpointResult.Delta) return Calculated(AggregateNumbers.Difference(end.Value.Type, end.Number - start.Number), _counts.StatusOfAll);
        return AsStored(kind == EndpointResult.Start ? start : end, PartialBit);
    }
}

/// <summary>What an aggregate of the ends of intervals gives.</summary>
internal enum EndpointResult : byte
{
    Start,
    End,
    Delta,
}

/// <summary>
/// The value at the start of an interval as an at-time read has it: one that was stored there, whatever its quality, else a bounding value. Part 11 6.5.5.2.
/// </summary>
internal sealed class AtTimeCalculator(AggregateRules rules, bool useSimpleBounds) : AggregateCalculator(rules)
{
    private AggregatePoint _low;

    public override BoundingValues Bounds => useSimpleBounds ? BoundingValues.Simple : BoundingValues.Interpolated;

    protected override bool ReachesBeyondData => true;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous) => _low = low;

    public override void Add(in AggregatePoint point) => _low = point;

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_low.IsRaw) return AsStored(_low, AggregateBits.Raw);
        return _low.IsBad ? NoData(AggregateBits.Raw) : Result(_low.Value, _low.Status, AggregateBits.Interpolated);
    }
}

/// <summary>StartBound, EndBound and DeltaBounds: the simple bounding values. Part 13 5.4.3.28 to 5.4.3.30.</summary>
internal sealed class BoundCalculator(AggregateRules rules, EndpointResult kind) : AggregateCalculator(rules)
{
    private AggregatePoint _low;

    public override BoundingValues Bounds => BoundingValues.Simple;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous) => _low = low;

    public override void Add(in AggregatePoint point)
    {
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts) => Rules.IsBackward ? Of(high, _low) : Of(_low, high);

    private DataValue Of(in AggregatePoint start, in AggregatePoint end) => kind switch
    {
        EndpointResult.Start when Rules.IsUsable(start) => Result(start.Value, start.Status, PartialBit | (start.IsRaw ? AggregateBits.Raw : AggregateBits.Interpolated)),
        EndpointResult.End when Rules.IsUsable(end) => Calculated(end.Value, end.Status),
        EndpointResult.Delta when Rules.IsUsable(start) && Rules.IsUsable(end) => Difference(start, end),
        _ => NoData(PartialBit),
    };

    private DataValue Difference(in AggregatePoint start, in AggregatePoint end) => start.HasNumber && end.HasNumber
        ? Calculated(AggregateNumbers.Difference(end.Value.Type, end.Number - start.Number), start.IsGood && end.IsGood ? StatusCodes.Good : StatusCodes.UncertainDataSubNormal)
        : InvalidInputs();
}
