namespace OpcPortal.Ua.Server;

/// <summary>HistoryRead with ReadProcessedDetails: aggregates of nodes over intervals. Part 11 6.5.4, Part 13 5.</summary>
internal static class ProcessedHistory
{
    /// <summary>
    /// Intervals of one read, over all its pages: ten years of minutes and more. A range of centuries in milliseconds, as a slip of a unit makes it, is refused at once instead
    /// of being answered in pages without end.
    /// </summary>
    public const long MaxIntervals = 10_000_000;

    /// <summary>Checks what concerns the whole request.</summary>
    /// <exception cref="ServiceException">BadAggregateListMismatch: there is not one aggregate for each node. BadInvalidTimestampArgument: start or end is missing. Part 11 6.5.4.2.</exception>
    public static void Check(ReadProcessedDetails details, int nodeCount)
    {
        if (details.AggregateType?.Length != nodeCount) throw new ServiceException(StatusCodes.BadAggregateListMismatch);
        if (details.StartTime == default || details.EndTime == default) throw new ServiceException(StatusCodes.BadInvalidTimestampArgument);
    }

    /// <summary>Begins the read of the node at <paramref name="index"/> among those of the request.</summary>
    /// <param name="traits">Of the node's history: how its values behave between readings, and its aggregate configuration, which counts where the client leaves it to the server.</param>
    /// <returns>
    /// Good; BadInvalidArgument where start is end, or the interval is no length; BadAggregateNotSupported; BadAggregateInvalidInputs for percentages that are none;
    /// BadTooManyOperations beyond <see cref="MaxIntervals"/>.
    /// </returns>
    public static StatusCode TryStart(ReadProcessedDetails details, int index, HistoryTraits traits, out HistoryCalculation? calculation)
    {
        calculation = null;
        var start = details.StartTime.Ticks;
        var end = details.EndTime.Ticks;
        // Part 13 5.4.2.2: no interval, whatever its length.
        if (start == end || !(details.ProcessingInterval >= 0)) return StatusCodes.BadInvalidArgument;
        var aggregate = details.AggregateType![index];
        if (!AggregateCatalog.IsSupported(aggregate)) return StatusCodes.BadAggregateNotSupported;
        var status = AggregateRules.TryMake(details.AggregateConfiguration, traits, start > end, out var rules);
        if (status.IsBad) return status;
        var step = StepOf(details.ProcessingInterval, Math.Abs(end - start));
        if (AggregateCalculation.CountOf(start, end, step) > MaxIntervals) return StatusCodes.BadTooManyOperations;
        calculation = new AggregateCalculation(aggregate, rules!, start, end, step);
        return StatusCodes.Good;
    }

    // 0, and what reaches over the whole range, is one interval. Part 13 5.4.2.2.
    private static long StepOf(double milliseconds, long range)
    {
        var ticks = milliseconds * TimeSpan.TicksPerMillisecond;
        return milliseconds == 0 || ticks >= range ? range : Math.Max((long)ticks, 1);
    }
}
