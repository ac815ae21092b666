namespace OpcPortal.Ua.Server;

/// <summary>Which times go with a value. Part 4 7.40 (TimestampsToReturn).</summary>
public static class Timestamps
{
    /// <exception cref="ServiceException">BadTimestampsToReturnInvalid.</exception>
    public static void Check(TimestampsToReturn wanted)
    {
        if (wanted is < TimestampsToReturn.Source or > TimestampsToReturn.Neither) throw new ServiceException(StatusCodes.BadTimestampsToReturnInvalid);
    }

    /// <summary>Gives a value the times that are wanted and takes the others away. The server's time is <paramref name="now"/> where the node gave none.</summary>
    public static DataValue Apply(in DataValue value, TimestampsToReturn wanted, uint attributeId, DateTime now)
    {
        var hasSource = wanted is TimestampsToReturn.Source or TimestampsToReturn.Both && attributeId == AttributeIds.Value;
        var hasServer = wanted is TimestampsToReturn.Server or TimestampsToReturn.Both;
        return value with
        {
            SourceTimestamp = hasSource ? value.SourceTimestamp : default,
            SourcePicoseconds = hasSource ? value.SourcePicoseconds : default,
            ServerTimestamp = !hasServer ? default : value.ServerTimestamp == default ? now : value.ServerTimestamp,
            ServerPicoseconds = hasServer ? value.ServerPicoseconds : default,
        };
    }
}
