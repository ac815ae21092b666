namespace OpcPortal.Adapters.Simulation;

/// <summary>
/// A quantity over time that is a function of a seed and the time alone: the same in every process, after every restart. Its integral is exact, so that a register of energy or volume
/// always fits the power or flow beside it.
/// </summary>
public interface ICurve
{
    /// <summary>The value at a time.</summary>
    double At(DateTime utc);

    /// <summary>The integral from <see cref="CurveTime.Epoch"/> on, in the value's unit times hours: of watts watt hours.</summary>
    double Integral(DateTime utc);
}

/// <summary>The time base of curves.</summary>
public static class CurveTime
{
    public const double HoursPerDay = 24;
    public const double HoursPerWeek = 7 * HoursPerDay;

    /// <summary>Where integrals start: a Monday, so that weeks are counted from it.</summary>
    public static readonly DateTime Epoch = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static double Hours(DateTime utc) => (utc - Epoch).TotalHours;
}
