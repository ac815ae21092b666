namespace OpcPortal.Ua.Server;

/// <summary>What aggregates that count values know of those of an interval. Part 13 5.4.3.2.</summary>
internal struct ValueCounts
{
    public int Good;
    public int Uncertain;
    public int Bad;

    public readonly int Total => Good + Uncertain + Bad;

    public void Add(in AggregatePoint point)
    {
        if (point.IsGood) Good++;
        else if (point.IsBad) Bad++;
        else Uncertain++;
    }

    public readonly int Unusable(AggregateRules rules) => rules.TreatUncertainAsBad ? Bad + Uncertain : Bad;

    /// <summary>The status by percentages: an uncertain value is never a good one. Good where there is none.</summary>
    public readonly StatusCode Status(AggregateRules rules) => Total == 0 ? StatusCodes.Good : rules.StatusOf(Good, Unusable(rules), Total);

    /// <summary>Good while all values are. Part 13 5.4.3 ("Custom").</summary>
    public readonly StatusCode StatusOfAll => Total == Good ? StatusCodes.Good : StatusCodes.UncertainDataSubNormal;
}

/// <summary>Average: the mean of the good values. Part 13 5.4.3.5.</summary>
internal sealed class AverageCalculator(AggregateRules rules) : AggregateCalculator(rules)
{
    private ValueCounts _counts;
    private double _sum;
    private bool _isInvalid;

    public override BoundingValues Bounds => BoundingValues.None;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _counts = default;
        _sum = 0;
        _isInvalid = false;
    }

    public override void Add(in AggregatePoint point)
    {
        _counts.Add(point);
        if (!point.IsGood) return;
        _sum += point.Number;
        _isInvalid |= !point.HasNumber;
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_isInvalid) return InvalidInputs();
        // Never partial: the mean of the values that are there is no less one for those that may come.
        return _counts.Good == 0 ? NoData(AggregateBits.Raw) : Result(_sum / _counts.Good, _counts.Status(Rules), AggregateBits.Calculated);
    }
}

/// <summary>StandardDeviationSample, StandardDeviationPopulation, VarianceSample and VariancePopulation of the good values. Part 13 5.4.3.37 to 5.4.3.40.</summary>
internal sealed class DeviationCalculator(AggregateRules rules, bool isSample, bool isVariance) : AggregateCalculator(rules)
{
    private ValueCounts _counts;
    private double _mean;
    private double _squares;
    private bool _isInvalid;

    public override BoundingValues Bounds => BoundingValues.None;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _counts = default;
        _mean = 0;
        _squares = 0;
        _isInvalid = false;
    }

    // Welford: a sum of squares would lose all digits of a large register that hardly moves.
    public override void Add(in AggregatePoint point)
    {
        _counts.Add(point);
        if (!point.IsGood) return;
        _isInvalid |= !point.HasNumber;
        var distance = point.Number - _mean;
        _mean += distance / _counts.Good;
        _squares += distance * (point.Number - _mean);
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_isInvalid) return InvalidInputs();
        if (_counts.Good == 0) return NoData(AggregateBits.Raw);
        var divisor = isSample ? _counts.Good - 1 : _counts.Good;
        var variance = divisor == 0 ? 0 : _squares / divisor;
        return Calculated(isVariance ? variance : Math.Sqrt(variance), _counts.StatusOfAll);
    }
}

/// <summary>Count: how many good values there are. Part 13 5.4.3.21.</summary>
internal sealed class CountCalculator(AggregateRules rules) : AggregateCalculator(rules)
{
    private ValueCounts _counts;

    public override BoundingValues Bounds => BoundingValues.None;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous) => _counts = default;

    public override void Add(in AggregatePoint point) => _counts.Add(point);

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        var status = _counts.Status(Rules);
        return status.IsBad ? Result(default, status, PartialBit) : Calculated(_counts.Good, status);
    }
}

/// <summary>NumberOfTransitions: how often the value became another one, coming from before the interval too. Part 13 5.4.3.24.</summary>
internal sealed class TransitionCalculator(AggregateRules rules) : AggregateCalculator(rules)
{
    private ValueCounts _counts;
    private Variant _previous;
    private int _transitions;
    private bool _isInvalid;

    public override BoundingValues Bounds => BoundingValues.None;

    // A transition is one from the last value that counts.
    public override bool NeedsUsable => true;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _counts = default;
        _transitions = 0;
        _previous = previous.Value;
        _isInvalid = false;
    }

    public override void Add(in AggregatePoint point)
    {
        _counts.Add(point);
        if (!Rules.IsUsable(point)) return;
        _isInvalid |= !point.HasNumber;
        // The very first value of all is one from nothing.
        if (!_previous.Equals(point.Value)) _transitions++;
        _previous = point.Value;
    }

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (_isInvalid) return InvalidInputs();
        var status = _counts.Status(Rules);
        return status.IsBad ? Result(default, status, PartialBit) : Calculated(_transitions, status);
    }
}

/// <summary>WorstQuality, and WorstQuality2 that looks at the simple bounding values too. Part 13 5.4.3.35, 5.4.3.36.</summary>
internal sealed class WorstQualityCalculator(AggregateRules rules, bool withBounds) : AggregateCalculator(rules)
{
    private StatusCode _worst;
    private int _rank;
    private int _count;

    public override BoundingValues Bounds => withBounds ? BoundingValues.Simple : BoundingValues.None;

    protected override void OnBegin(in AggregatePoint low, in AggregatePoint previous)
    {
        _rank = -1;
        _count = 0;
        // One that was stored at an edge that belongs to the interval comes as a value of it.
        if (withBounds && (Rules.IsBackward || !low.IsRaw)) Take(low.Status);
    }

    public override void Add(in AggregatePoint point) => Take(point.Status);

    protected override DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts)
    {
        if (withBounds && (!Rules.IsBackward || !high.IsRaw)) Take(high.Status);
        if (_count == 0) return NoData(AggregateBits.Raw);
        // That several values are good says nothing.
        var bits = _count > 1 && _rank > 0 ? AggregateBits.MultiValue : AggregateBits.Raw;
        return Calculated(new StatusCode(_worst.CodeBits), StatusCodes.Good, bits);
    }

    private void Take(StatusCode status)
    {
        var rank = status.IsBad ? 2 : status.IsUncertain ? 1 : 0;
        if (rank < _rank) return;
        if (rank > _rank)
        {
            _rank = rank;
            _worst = status;
            _count = 0;
        }

        _count++;
    }
}
