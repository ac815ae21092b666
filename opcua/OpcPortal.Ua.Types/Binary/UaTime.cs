namespace OpcPortal.Ua;

/// <summary>DateTime on the wire: ticks of 100 ns since 1601-01-01 UTC, clamped at both ends. Part 6 5.2.2.5.</summary>
public static class UaTime
{
    private static readonly long Epoch = new DateTime(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private static readonly long End = new DateTime(9999, 12, 31, 23, 59, 59, DateTimeKind.Utc).Ticks;

    /// <summary>At or before 1601 becomes 0; at or after 9999-12-31T23:59:59 becomes Int64.MaxValue. A local time is converted.</summary>
    public static long ToWire(DateTime time)
    {
        var ticks = (time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time).Ticks;
        return ticks <= Epoch ? 0 : ticks >= End ? long.MaxValue : ticks - Epoch;
    }

    /// <summary>0 and below becomes <see cref="DateTime.MinValue"/>; the far end becomes <see cref="DateTime.MaxValue"/>; both UTC.</summary>
    public static DateTime FromWire(long wire) => new(TicksFromWire(wire), DateTimeKind.Utc);

    internal static long TicksFromWire(long wire) =>
        wire <= 0 ? 0 : wire >= End - Epoch ? DateTime.MaxValue.Ticks : wire + Epoch;
}
