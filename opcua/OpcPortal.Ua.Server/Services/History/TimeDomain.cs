namespace OpcPortal.Ua.Server;

/// <summary>The stretch that a read of history names by two or three of start, end and number of values. Part 11 4.6, 6.5.3.2.</summary>
internal readonly record struct TimeDomain
{
    private TimeDomain(HistoryWalk walk, DateTime? end, uint perPage, uint? total)
    {
        Walk = walk;
        End = end;
        PerPage = perPage;
        Total = total;
    }

    /// <summary>From the first time, included, to the last, excluded; backwards where the end is before the start or alone.</summary>
    public HistoryWalk Walk { get; }

    /// <summary>Where it ends, as the client said; null where it was asked for so many values from one time on.</summary>
    public DateTime? End { get; }

    /// <summary>Values that the client wants in one response; 0: it sets no limit.</summary>
    public uint PerPage { get; }

    /// <summary>Values wanted in all, where but one time was given; null: all of the stretch.</summary>
    public uint? Total { get; }

    /// <summary>The domain of a request; the null time of the wire stands for a time that was not given.</summary>
    /// <exception cref="ServiceException">BadInvalidTimestampArgument: fewer than two of the three were given.</exception>
    public static TimeDomain Of(DateTime start, DateTime end, uint count)
    {
        var hasStart = start != default;
        var hasEnd = end != default;
        if ((!hasStart && !hasEnd) || (count == 0 && !(hasStart && hasEnd))) throw new ServiceException(StatusCodes.BadInvalidTimestampArgument);
        if (!hasEnd) return new TimeDomain(new HistoryWalk(start, Latest, 1), null, 0, count);
        // The end alone: time flows backwards from it.
        if (!hasStart) return new TimeDomain(new HistoryWalk(end, Earliest, 1), null, 0, count);
        // Equal times ask for the value of that instant; time is presumed to flow forward.
        return new TimeDomain(new HistoryWalk(start, start == end ? After(end) : end, 1), end, count, null);
    }

    /// <summary>The next instant that a time of the wire can tell.</summary>
    public static DateTime After(DateTime time) => time >= Latest ? Latest : time.AddTicks(1);

    /// <summary>A time moved by so much, within what can be told.</summary>
    public static DateTime Moved(DateTime time, TimeSpan by)
    {
        var ticks = time.Ticks + by.Ticks;
        return ticks <= Earliest.Ticks ? Earliest : ticks >= Latest.Ticks ? Latest : new DateTime(ticks, DateTimeKind.Utc);
    }

    /// <summary>Before all history.</summary>
    public static DateTime Earliest { get; } = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    /// <summary>After all history.</summary>
    public static DateTime Latest { get; } = DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);
}
