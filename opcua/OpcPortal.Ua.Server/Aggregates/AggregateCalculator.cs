namespace OpcPortal.Ua.Server;

/// <summary>Which values an aggregate needs at the edges of its intervals. Part 13 3.1.7.</summary>
internal enum BoundingValues : byte
{
    None,

    /// <summary>Made of the very neighbours of the edge, bad ones too. Part 13 3.1.9.</summary>
    Simple,

    /// <summary>Made of the nearest values that can be used. Part 13 3.1.8.</summary>
    Interpolated,

    /// <summary>The same, on a line whatever the variable's Stepped says. Part 13 5.4.3.6.</summary>
    InterpolatedOnLines,
}

/// <summary>
/// One aggregate of one node: fed interval after interval with the raw values of each in the order of time, it keeps sums and no values, however long the interval. Not
/// thread-safe. Part 13 5.4.3.
/// </summary>
internal abstract class AggregateCalculator(AggregateRules rules)
{
    private IntervalFacts _facts;

    public abstract BoundingValues Bounds { get; }

    /// <summary>Whether it matters which values around an interval can be used, and not just which there are.</summary>
    public virtual bool NeedsUsable => Bounds >= BoundingValues.Interpolated;

    protected AggregateRules Rules { get; } = rules;
    protected AggregateInterval Interval { get; private set; }

    /// <summary>Where the interval starts for the client: time may run backward.</summary>
    protected long StartTicks => Rules.IsBackward ? Interval.High : Interval.Low;

    /// <summary>Begins an interval.</summary>
    /// <param name="low">The bounding value of its earlier edge.</param>
    /// <param name="previous">The last usable value before it; default where there is none.</param>
    public void Begin(in AggregateInterval interval, in AggregatePoint low, in AggregatePoint previous)
    {
        Interval = interval;
        OnBegin(low, previous);
    }

    /// <summary>Takes the next raw value of the interval.</summary>
    public abstract void Add(in AggregatePoint point);

    /// <summary>Ends the interval.</summary>
    /// <param name="high">The bounding value of its later edge.</param>
    public DataValue End(in AggregatePoint high, in IntervalFacts facts)
    {
        _facts = facts;
        return facts.HasData || ReachesBeyondData ? OnEnd(high, facts) : NoData(AggregateBits.Raw);
    }

    /// <summary>Whether there are results for intervals after the data end, or before they begin.</summary>
    protected virtual bool ReachesBeyondData => false;

    protected abstract void OnBegin(in AggregatePoint low, in AggregatePoint previous);
    protected abstract DataValue OnEnd(in AggregatePoint high, in IntervalFacts facts);

    protected AggregateBits PartialBit => _facts.IsPartial ? AggregateBits.Partial : AggregateBits.Raw;

    /// <summary>A result at the start of the interval.</summary>
    protected DataValue Result(in Variant value, StatusCode status, AggregateBits bits) => ResultAt(StartTicks, value, status, bits);

    /// <summary>A calculated result at the start of the interval: no value where its status is bad.</summary>
    protected DataValue Calculated(in Variant value, StatusCode status, AggregateBits bits = AggregateBits.Raw) => Result(value, status, bits | AggregateBits.Calculated | PartialBit);

    /// <summary>No data to calculate with.</summary>
    protected DataValue NoData(AggregateBits bits) => Result(default, StatusCodes.BadNoData, bits);

    /// <summary>Values of a kind that this aggregate does not work with. Part 13 5.3.2.</summary>
    protected DataValue InvalidInputs() => Result(default, StatusCodes.BadAggregateInvalidInputs, AggregateBits.Raw);

    /// <summary>A value as it was stored, at its own time.</summary>
    protected static DataValue AsStored(in AggregatePoint point, AggregateBits bits)
    {
        var value = ResultAt(point.Ticks, point.Value, point.Status, bits);
        return point.ServerTicks == 0 ? value : value with { ServerTimestamp = new DateTime(point.ServerTicks, DateTimeKind.Utc) };
    }

    protected static DataValue ResultAt(long ticks, in Variant value, StatusCode status, AggregateBits bits)
    {
        var time = new DateTime(ticks, DateTimeKind.Utc);
        // Flags of a raw value's own, such as the overflow of a queue, say nothing of an aggregate.
        return new DataValue(status.IsBad ? default : value, new StatusCode(status.CodeBits).WithAggregateBits(bits), time, time);
    }
}
