namespace OpcPortal.Adapters.Simulation;

/// <summary>
/// What a photovoltaic plant gives: an arc from sunrise to sunset that is longer and higher in summer, each day with clouds of its own. Deterministic by seed and time, with an exact
/// integral. Thread-safe.
/// </summary>
public sealed class SolarCurve : ICurve
{
    private const double MeanDayHours = 12;
    private const double SeasonHours = 4;
    private const double DaysPerYear = 365.25;
    private const double EquinoxDay = 79;
    private const double Passing = 0.12;
    private const double PassingPeriods = 37;

    private readonly int _seed;
    private readonly double _peak;
    private readonly double _noon;
    private readonly Lock _lock = new();
    private readonly List<double> _before = [0];

    /// <param name="seed">Whose sky.</param>
    /// <param name="peak">The most it gives.</param>
    /// <param name="noonUtcHour">When the sun stands highest, hours of UTC.</param>
    public SolarCurve(int seed, double peak, double noonUtcHour = 12)
    {
        _seed = seed;
        _peak = peak;
        _noon = noonUtcHour;
    }

    /// <inheritdoc/>
    public double At(DateTime utc)
    {
        var (day, hour) = Split(utc);
        var arc = ArcOf(day);
        var x = hour - arc.Rise;
        if (x <= 0 || x >= arc.Length) return 0;
        return arc.Height * Math.Sin(Math.PI * x / arc.Length) * (1 + (Passing * Math.Sin((Math.PI * PassingPeriods * x / arc.Length) + arc.Phase)));
    }

    /// <inheritdoc/>
    public double Integral(DateTime utc)
    {
        var (day, hour) = Split(utc);
        if (day < 0) return 0;
        double before;
        lock (_lock)
        {
            while (_before.Count <= day) _before.Add(_before[^1] + DayIntegral(ArcOf(_before.Count - 1), CurveTime.HoursPerDay));
            before = _before[day];
        }

        return before + DayIntegral(ArcOf(day), hour);
    }

    // Of sin(ax)(1 + m sin(bx + p)), which is sin(ax) + m/2 (cos((a-b)x - p) - cos((a+b)x + p)).
    private static double DayIntegral(Arc arc, double hour)
    {
        var x = Math.Clamp(hour - arc.Rise, 0, arc.Length);
        var a = Math.PI / arc.Length;
        var b = a * PassingPeriods;
        var waves = ((Math.Sin(((a - b) * x) - arc.Phase) + Math.Sin(arc.Phase)) / (a - b)) - ((Math.Sin(((a + b) * x) + arc.Phase) - Math.Sin(arc.Phase)) / (a + b));
        return arc.Height * (((1 - Math.Cos(a * x)) / a) + (Passing / 2 * waves));
    }

    private (int Day, double Hour) Split(DateTime utc)
    {
        // Days of the sun run from midnight to midnight around its noon.
        var hours = CurveTime.Hours(utc) - _noon + (CurveTime.HoursPerDay / 2);
        var day = (int)Math.Floor(hours / CurveTime.HoursPerDay);
        return (day, hours - (day * CurveTime.HoursPerDay));
    }

    private Arc ArcOf(int day)
    {
        var random = new Random(HashCodeOf(_seed, day));
        var season = Math.Sin(Math.Tau * (day % DaysPerYear - EquinoxDay) / DaysPerYear);
        var length = MeanDayHours + (SeasonHours * season);
        var clear = 0.35 + (0.65 * random.NextDouble());
        return new Arc((CurveTime.HoursPerDay - length) / 2, length, _peak / (1 + Passing) * (0.75 + (0.25 * season)) * clear, random.NextDouble() * Math.Tau);
    }

    // HashCode.Combine has a seed by process; this must be the same in all.
    private static int HashCodeOf(int seed, int day) => unchecked((seed * 486_187_739) ^ (day * 16_777_619));

    private readonly record struct Arc(double Rise, double Length, double Height, double Phase);
}
