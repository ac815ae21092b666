namespace OpcPortal.Ua.Server;

/// <summary>What an aggregate of extremes gives.</summary>
internal enum ExtremeResult : byte
{
    Minimum,
    Maximum,
    Range,
}

/// <summary>The greatest or the smallest of some values, the first of those that are equal, and whether there are several.</summary>
internal struct Extreme
{
    public AggregatePoint Point;
    public int Count;

    public void Take(in AggregatePoint point, int direction)
    {
        var order = Count == 0 ? 1 : point.Number.CompareTo(Point.Number) * direction;
        if (order < 0) return;
        if (order > 0)
        {
            Point = point;
            Count = 0;
        }

        Count++;
    }

    public readonly AggregateBits MultiBit => Count > 1 ? AggregateBits.MultiValue : AggregateBits.Raw;
}

/// <summary>Minimum, Maximum, MinimumActualTime, MaximumActualTime and Range of the good raw values. Part 13 5.4.3.10 to 5.4.3.14.</summary>
internal sealed class ExtremeCalculator(AggregateRules rules, ExtremeResult kind, bool atActualTime) : AggregateCalculator(rules)
{
    private Extreme _least;
    private Extreme _greatest;
    private ValueCounts _counts;
    private bool _isInvalid;

    public override BoundingValues Bounds => BoundingValues.None;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _least = default;
        _greatest = default;
        _counts = default;
        _isInvalid = false;
    }

    public override void Add(in AggregatePoint point)
    {
        _counts.Add(point);
        if (!point.IsGood) return;
        _isInvalid |= !point.HasNumber;
        if (kind != ExtremeResult.Maximum) _least.Take(point, -1);
        if (kind != ExtremeResult.Minimum) _greatest.Take(point, 1);
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_isInvalid) return InvalidInputs();
        if (_counts.Good == 0) return NoData(AggregateBits.Raw);
        var status = _counts.Unusable(Rules) > 0 ? StatusCodes.UncertainDataSubNormal : StatusCodes.Good;
        if (kind == ExtremeResult.Range) return Calculated(AggregateNumbers.Difference(_greatest.Point.Value.Type, _greatest.Point.Number - _least.Point.Number), status);
        ref readonly var found = ref kind == ExtremeResult.Minimum ? ref _least : ref _greatest;
        var bits = found.MultiBit | PartialBit;
        if (atActualTime) return ResultAt(found.Point.Ticks, found.Point.Value, status, bits);
        return Result(found.Point.Value, status, found.Point.Ticks == StartTicks ? bits : bits | AggregateBits.Calculated);
    }
}

/// <summary>
/// Minimum2, Maximum2, MinimumActualTime2, MaximumActualTime2 and Range2: with the simple bounding values, and a status by the time that is good or bad. Part 13 5.4.3.15 to 5.4.3.19.
/// </summary>
internal sealed class BoundedExtremeCalculator(AggregateRules rules, ExtremeResult kind, bool atActualTime) : RegionCalculator(rules)
{
    private Extreme _least;
    private Extreme _greatest;
    private bool _isInvalid;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        base.OnBegin(low, previous);
        _least = default;
        _greatest = default;
        _isInvalid = false;
        // A value that was stored at an edge that belongs to the interval comes as a value of it.
        if (Rules.IsBackward || !low.IsRaw) Take(low);
    }

    public override void Add(in AggregatePoint point)
    {
        base.Add(point);
        Take(point);
    }

    protected override DataValue OnRegionsEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        // Where values hold, the one that comes at the end was not there before it. Lines lead up to it.
        if (!Rules.IsStepped && (!Rules.IsBackward || !high.IsRaw)) Take(high);
        if (_isInvalid) return InvalidInputs();
        if (_least.Count + _greatest.Count == 0) return HasMoreThanBad ? Calculated(default, StatusCodes.Bad) : NoData(AggregateBits.Raw);
        var status = StatusOfRegions(facts);
        if (kind == ExtremeResult.Range) return Calculated(AggregateNumbers.Difference(_greatest.Point.Value.Type, _greatest.Point.Number - _least.Point.Number), status);
        return ResultOf(kind == ExtremeResult.Minimum ? _least : _greatest, status);
    }

    private DataValue ResultOf(in Extreme found, StatusCode status)
    {
        var bits = found.MultiBit | PartialBit;
        var point = found.Point;
        if (!point.IsRaw) bits |= AggregateBits.Interpolated;
        var isAtEnd = point.Ticks == (Rules.IsBackward ? Interval.Low : Interval.High);
        if (!atActualTime) return Result(point.Value, status, point.IsRaw && point.Ticks != StartTicks ? bits | AggregateBits.Calculated : bits);
        // Part 13 3.1.3 (EffectiveEndTime): the end is no part of the interval, so its value stands just before it.
        return isAtEnd
            ? ResultAt(point.Ticks + (Rules.IsBackward ? TimeSpan.TicksPerMillisecond : -TimeSpan.TicksPerMillisecond), point.Value, status, bits | AggregateBits.Interpolated)
            : ResultAt(point.Ticks, point.Value, status, bits);
    }

    private void Take(in AggregatePoint point)
    {
        if (!Rules.IsUsable(point)) return;
        _isInvalid |= !point.HasNumber;
        if (kind != ExtremeResult.Maximum) _least.Take(point, -1);
        if (kind != ExtremeResult.Minimum) _greatest.Take(point, 1);
    }
}
