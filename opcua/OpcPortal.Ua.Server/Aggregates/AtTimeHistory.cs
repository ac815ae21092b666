namespace OpcPortal.Ua.Server;

/// <summary>HistoryRead with ReadAtTimeDetails: the values of given times, interpolated where there is none. Part 11 6.5.5.</summary>
internal static class AtTimeHistory
{
    /// <summary>The most times in one request: each may need the values around it, so one request asks for no more than one response holds of raw values.</summary>
    public const int MaxTimes = 10_000;

    /// <summary>Checks what concerns the whole request.</summary>
    /// <exception cref="ServiceException">BadNothingToDo: no time was given. BadTooManyOperations: more than <see cref="MaxTimes"/>.</exception>
    public static void Check(ReadAtTimeDetails details) => OperationLimits.Check(details.ReqTimes, MaxTimes);

    /// <summary>Begins the read of one node.</summary>
    /// <returns>Good, or the status of the node's result.</returns>
    public static StatusCode TryStart(ReadAtTimeDetails details, HistoryTraits traits, out HistoryCalculation? calculation)
    {
        calculation = null;
        return StatusCodes.BadHistoryOperationUnsupported;
    }
}
