namespace OpcPortal.Adapters.Simulation;

/// <summary>The shape of a consumer's week.</summary>
public enum LoadShape
{
    /// <summary>Morning and evening peaks; later mornings and fuller days at the weekend.</summary>
    Household,

    /// <summary>Office hours; little at the weekend.</summary>
    Commercial,

    /// <summary>Short draws in the morning and evening, next to nothing at night.</summary>
    Water,

    /// <summary>Heating: high at night's end, never off.</summary>
    Heating,
}

/// <summary>
/// What a consumer draws: a weekly shape of hours, appliances that switch on and off, and noise; never negative. Deterministic by seed and time, with an exact integral.
/// </summary>
public sealed class LoadCurve : ICurve
{
    private const int Knots = (int)CurveTime.HoursPerWeek;

    // Shares of the mean: the shape's lowest hour stays above the noise, so that the sum never falls below 0.
    private const double NoiseShare = 0.08;
    private const double ShapeFloor = 0.15;
    private const int Appliances = 4;

    private readonly double[] _knots = new double[Knots + 1];
    private readonly double[] _before = new double[Knots + 1];
    private readonly Appliance[] _appliances;
    private readonly Ripple _noise;
    private readonly double _mean;

    /// <param name="seed">Whose load.</param>
    /// <param name="mean">About what it draws on average.</param>
    /// <param name="shape">Over the week.</param>
    public LoadCurve(int seed, double mean, LoadShape shape = LoadShape.Household)
    {
        _mean = mean;
        _noise = new Ripple(seed);
        var random = new Random(seed);
        for (var i = 0; i < Knots; i++) _knots[i] = mean * Math.Max(ShapeFloor, ShapeAt(shape, i / 24, i % 24) * (0.85 + (0.3 * random.NextDouble())));
        _knots[Knots] = _knots[0];
        for (var i = 0; i < Knots; i++) _before[i + 1] = _before[i] + ((_knots[i] + _knots[i + 1]) / 2);
        _appliances = new Appliance[Appliances];
        for (var i = 0; i < Appliances; i++)
        {
            var period = 0.1 + (random.NextDouble() * 1.4);
            _appliances[i] = new Appliance(mean * (0.1 + (0.3 * random.NextDouble())), period, 0.1 + (0.4 * random.NextDouble()), random.NextDouble() * period);
        }
    }

    /// <inheritdoc/>
    public double At(DateTime utc)
    {
        var hours = CurveTime.Hours(utc);
        var (_, inWeek) = Split(hours, CurveTime.HoursPerWeek);
        var hour = (int)inWeek;
        var value = _knots[hour] + ((_knots[hour + 1] - _knots[hour]) * (inWeek - hour)) + (_mean * NoiseShare * (1 + _noise.At(utc)));
        foreach (var appliance in _appliances) value += appliance.At(hours);
        return value;
    }

    /// <inheritdoc/>
    public double Integral(DateTime utc)
    {
        var hours = CurveTime.Hours(utc);
        var (weeks, inWeek) = Split(hours, CurveTime.HoursPerWeek);
        var hour = (int)inWeek;
        var part = inWeek - hour;
        var end = _knots[hour] + ((_knots[hour + 1] - _knots[hour]) * part);
        var sum = (weeks * _before[Knots]) + _before[hour] + ((_knots[hour] + end) / 2 * part) + (_mean * NoiseShare * (hours + _noise.Integral(utc)));
        foreach (var appliance in _appliances) sum += appliance.Integral(hours);
        return sum;
    }

    private static double ShapeAt(LoadShape shape, int day, int hour)
    {
        var weekend = day >= 5;
        return shape switch
        {
            LoadShape.Household => 0.35 + Bump(hour, weekend ? 10 : 7.5, 2) + (1.5 * Bump(hour, 19.5, 3)) + (weekend ? 0.5 * Bump(hour, 14, 4) : 0),
            LoadShape.Commercial => 0.3 + (weekend ? 0.1 : 1.6 * Bump(hour, 13, 6)),
            LoadShape.Water => (2 * Bump(hour, weekend ? 9.5 : 7, 1.5)) + (1.4 * Bump(hour, 19, 2)),
            _ => 0.6 + (1.2 * Bump(hour, 6.5, 4)) + (0.6 * Bump(hour, 20, 3)),
        };
    }

    private static double Bump(double hour, double at, double width) => Math.Exp(-Math.Pow((hour - at) / width, 2));

    private static (double Whole, double Into) Split(double hours, double period)
    {
        var whole = Math.Floor(hours / period);
        return (whole, Math.Clamp(hours - (whole * period), 0, Math.BitDecrement(period)));
    }

    // On for a share of each period, again and again.
    private readonly record struct Appliance(double Power, double Period, double Duty, double Shift)
    {
        public double At(double hours) => Split(hours + Shift, Period).Into < Duty * Period ? Power : 0;

        public double Integral(double hours) => Power * (OnHours(hours + Shift) - OnHours(Shift));

        private double OnHours(double hours)
        {
            var (whole, rest) = Split(hours, Period);
            return (whole * Duty * Period) + Math.Min(rest, Duty * Period);
        }
    }
}
