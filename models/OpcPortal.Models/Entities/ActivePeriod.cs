namespace OpcPortal.Models;

/// <summary>From when and until when something holds, UTC; the end is the first instant at which it no longer does.</summary>
public readonly record struct ActivePeriod(DateTime From, DateTime Until)
{
    /// <summary>Holds now and until somebody ends it.</summary>
    public static ActivePeriod Always { get; } = new(DateTime.MinValue, DateTime.MaxValue);

    public static ActivePeriod Since(DateTime from) => new(from, DateTime.MaxValue);

    public bool IsEmpty => From >= Until;

    public bool Contains(DateTime at) => at >= From && at < Until;

    public bool Overlaps(ActivePeriod other) => From < other.Until && other.From < Until;

    /// <summary>The next instant after <paramref name="at"/> at which it begins or ends; <see cref="DateTime.MaxValue"/> where there is none.</summary>
    public DateTime NextChange(DateTime at) => From > at ? From : Until > at ? Until : DateTime.MaxValue;
}
