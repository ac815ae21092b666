namespace OpcPortal.Ua.Server;

/// <summary>HistoryRead with ReadProcessedDetails: aggregates of nodes over intervals. Part 11 6.5.4, Part 13 5.</summary>
internal static class ProcessedHistory
{
    /// <summary>Checks what concerns the whole request.</summary>
    /// <exception cref="ServiceException">BadAggregateListMismatch: there is not one aggregate for each node. BadInvalidTimestampArgument: start or end is missing. Part 11 6.5.4.2.</exception>
    public static void Check(ReadProcessedDetails details, int nodeCount)
    {
        if (details.AggregateType?.Length != nodeCount) throw new ServiceException(StatusCodes.BadAggregateListMismatch);
        if (details.StartTime == default || details.EndTime == default) throw new ServiceException(StatusCodes.BadInvalidTimestampArgument);
    }

    /// <summary>Begins the read of the node at <paramref name="index"/> among those of the request.</summary>
    /// <param name="traits">Of the node's history: how its values behave between readings, and its aggregate configuration, which counts where the client leaves it to the server.</param>
    /// <returns>Good; BadAggregateNotSupported, BadAggregateConfigurationRejected, BadInvalidArgument, BadTooManyOperations where there would be too many intervals.</returns>
    public static StatusCode TryStart(ReadProcessedDetails details, int index, HistoryTraits traits, out HistoryCalculation? calculation)
    {
        calculation = null;
        return StatusCodes.BadAggregateNotSupported;
    }
}
