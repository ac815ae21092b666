namespace OpcPortal.Ua.Server;

/// <summary>
/// An aggregate that divides its intervals into regions, each from one value to the next or to an edge, with simple bounding values. Part 13 5.4.3.2.1: a region between lines is
/// as good as both its ends, one of a held value as good as that.
/// </summary>
internal abstract class RegionCalculator(AggregateRules rules) : AggregateCalculator(rules)
{
    private AggregatePoint _from;
    private long _good;
    private long _bad;

    public sealed override BoundingValues Bounds => BoundingValues.Simple;

    /// <summary>Whether any region is more than bad: where none is there are no data.</summary>
    protected bool HasMoreThanBad { get; private set; }

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _from = low;
        _good = 0;
        _bad = 0;
        HasMoreThanBad = false;
    }

    public override void Add(in AggregatePoint point)
    {
        Pass(point, point.Ticks);
        _from = point;
    }

    protected sealed override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        Pass(high, facts.End);
        return OnRegionsEnd(high, facts);
    }

    protected abstract DataValue OnRegionsEnd(in AggregatePoint high, in IntervalFacts facts);

    /// <summary>A region of some length.</summary>
    protected virtual void OnRegion(in AggregatePoint from, in AggregatePoint to, long length)
    {
    }

    /// <summary>The status by the shares of time.</summary>
    protected StatusCode StatusOfRegions(in IntervalFacts facts) => Rules.StatusOf(_good, _bad, facts.End - Interval.Low);

    private void Pass(in AggregatePoint to, long end)
    {
        var length = end - Math.Max(_from.Ticks, Interval.Low);
        if (length <= 0) return;
        var quality = _from.IsGood && !Rules.IsStepped && !to.IsGood ? PointQuality.Uncertain : _from.Quality;
        if (quality != PointQuality.Bad) HasMoreThanBad = true;
        if (quality == PointQuality.Good || (quality == PointQuality.Uncertain && !Rules.TreatUncertainAsBad)) _good += length;
        else _bad += length;
        OnRegion(_from, to, length);
    }
}

/// <summary>TimeAverage2 and Total2: the area under the values, and it by its length; what is bad is left out. Part 13 5.4.3.7, 5.4.3.9.</summary>
internal sealed class TimeWeightedCalculator(AggregateRules rules, bool isTotal) : RegionCalculator(rules)
{
    private double _area;
    private long _length;
    private bool _isInvalid;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        base.OnBegin(low, previous);
        _area = 0;
        _length = 0;
        _isInvalid = false;
    }

    protected override void OnRegion(in AggregatePoint from, in AggregatePoint to, long length)
    {
        if (!Rules.IsUsable(from)) return;
        _isInvalid |= !from.HasNumber;
        _length += length;
        _area += (Rules.IsStepped || !Rules.IsUsable(to) ? from.Number : (from.Number + to.Number) / 2) * length;
    }

    protected override DataValue OnRegionsEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_isInvalid) return InvalidInputs();
        if (!HasMoreThanBad) return NoData(AggregateBits.Raw);
        if (_length == 0) return Calculated(default, StatusCodes.Bad);
        // A total is in units times seconds.
        return Calculated(isTotal ? _area / TimeSpan.TicksPerSecond : _area / _length, StatusOfRegions(facts));
    }
}

/// <summary>DurationInStateZero and DurationInStateNonZero, in milliseconds of good values. Part 13 5.4.3.22, 5.4.3.23.</summary>
internal sealed class StateDurationCalculator(AggregateRules rules, bool ofZero) : RegionCalculator(rules)
{
    private long _length;
    private bool _isInvalid;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        base.OnBegin(low, previous);
        _length = 0;
        _isInvalid = false;
    }

    protected override void OnRegion(in AggregatePoint from, in AggregatePoint to, long length)
    {
        if (!from.IsGood) return;
        _isInvalid |= !from.HasNumber;
        if (from.Number == 0 == ofZero) _length += length;
    }

    protected override DataValue OnRegionsEnd(in AggregatePoint high, in IntervalFacts facts) =>
        _isInvalid ? InvalidInputs() : Calculated((double)_length / TimeSpan.TicksPerMillisecond, StatusOfRegions(facts));
}

/// <summary>DurationGood, DurationBad, PercentGood and PercentBad: each region as good as the value that it begins with. Part 13 5.4.3.31 to 5.4.3.34.</summary>
internal sealed class QualityDurationCalculator(AggregateRules rules, bool ofBad, bool isPercent) : RegionCalculator(rules)
{
    private long _length;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        base.OnBegin(low, previous);
        _length = 0;
    }

    protected override void OnRegion(in AggregatePoint from, in AggregatePoint to, long length)
    {
        // An estimated edge that is uncertain is neither good nor bad; a stored value that is uncertain is what the configuration says.
        var isBad = from.IsRaw ? !Rules.IsUsable(from) : from.IsBad;
        if (ofBad ? isBad : from.IsGood) _length += length;
    }

    protected override DataValue OnRegionsEnd(in AggregatePoint high, in IntervalFacts facts) => Calculated(
        isPercent ? 100.0 * _length / (facts.End - Interval.Low) : (double)_length / TimeSpan.TicksPerMillisecond, StatusCodes.Good);
}
