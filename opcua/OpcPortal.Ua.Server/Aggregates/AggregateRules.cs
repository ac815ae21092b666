namespace OpcPortal.Ua.Server;

/// <summary>How aggregates of one node are calculated. Part 13 4.2.1.2, Part 11 5.2.2 (Stepped).</summary>
internal sealed class AggregateRules
{
    private const byte AllOfIt = 100;

    private AggregateRules(AggregateConfiguration configuration, bool isStepped, bool isBackward)
    {
        TreatUncertainAsBad = configuration.TreatUncertainAsBad;
        PercentDataBad = configuration.PercentDataBad;
        PercentDataGood = configuration.PercentDataGood;
        UseSlopedExtrapolation = configuration.UseSlopedExtrapolation;
        IsStepped = isStepped;
        IsBackward = isBackward;
    }

    public bool TreatUncertainAsBad { get; }

    /// <summary>The share of bad data, in percent, from which on a result is bad.</summary>
    public byte PercentDataBad { get; }

    /// <summary>The share of good data, in percent, from which on a result is good.</summary>
    public byte PercentDataGood { get; }

    public bool UseSlopedExtrapolation { get; }

    /// <summary>Values hold until the next one; else they are joined by lines.</summary>
    public bool IsStepped { get; }

    /// <summary>Intervals are given from the latest to the earliest, and each contains its later edge instead of its earlier one. Part 13 5.4.2.2.</summary>
    public bool IsBackward { get; }

    /// <param name="wanted">What the client gave.</param>
    /// <param name="traits">What the server has for the node, and takes where the client leaves it to it.</param>
    /// <returns>Good; BadAggregateInvalidInputs for percentages that contradict each other or are none. Part 13 4.2.1.2.</returns>
    public static StatusCode TryMake(AggregateConfiguration wanted, HistoryTraits traits, bool isBackward, out AggregateRules? rules)
    {
        var configuration = wanted.UseServerCapabilitiesDefaults ? traits.Aggregates : wanted;
        rules = null;
        if (configuration.PercentDataBad > AllOfIt || configuration.PercentDataGood > AllOfIt) return StatusCodes.BadAggregateInvalidInputs;
        if (configuration.PercentDataGood < AllOfIt - configuration.PercentDataBad) return StatusCodes.BadAggregateInvalidInputs;
        rules = new AggregateRules(configuration, traits.IsStepped, isBackward);
        return StatusCodes.Good;
    }

    /// <summary>The status of a result by the shares of good and bad data in its interval, counted or timed alike. Part 13 5.4.3.2.</summary>
    public StatusCode StatusOf(double good, double bad, double total)
    {
        var isGood = good / total * 100 >= PercentDataGood;
        // Part 13 4.2.1.2: where both limits are the same point, the one for good data decides.
        if (PercentDataGood == AllOfIt - PercentDataBad) return isGood ? StatusCodes.Good : StatusCodes.UncertainDataSubNormal;
        if (bad / total * 100 >= PercentDataBad) return StatusCodes.Bad;
        return isGood ? StatusCodes.Good : StatusCodes.UncertainDataSubNormal;
    }

    public bool IsUsable(in AggregatePoint point) => point.IsUsable(TreatUncertainAsBad);
}

/// <summary>One interval, by its edges in the order of time.</summary>
/// <param name="Low">The earlier edge, ticks.</param>
/// <param name="High">The later edge, ticks.</param>
internal readonly record struct AggregateInterval(long Low, long High);

/// <summary>What is known of an interval once it has been gone through.</summary>
/// <param name="HasData">Whether it lies within the data, at least in part. Part 13 5.4.3: before and after it there is Bad_NoData.</param>
/// <param name="IsPartial">Whether data begin or end within it. Part 13 5.3.3.2.</param>
/// <param name="End">The later edge, or where data end before it; ticks.</param>
internal readonly record struct IntervalFacts(bool HasData, bool IsPartial, long End);
