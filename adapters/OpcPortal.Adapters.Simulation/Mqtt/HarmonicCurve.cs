namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>
/// A load over time: a base, a daily and a half-daily swing, and quicker ones that show within seconds, with phases from a seed. Its integral is exact, so that a simulated
/// register always fits the power it counts. Never negative.
/// </summary>
public sealed class HarmonicCurve
{
    private static readonly TimeSpan[] Periods = [TimeSpan.FromDays(1), TimeSpan.FromHours(12), TimeSpan.FromMinutes(97), TimeSpan.FromMinutes(7), TimeSpan.FromSeconds(41)];
    private static readonly double[] Shares = [0.35, 0.25, 0.2, 0.12, 0.08];

    private readonly double _floor;
    private readonly double _swing;
    private readonly double[] _phases;

    /// <param name="seed">The same seed gives the same curve.</param>
    /// <param name="min">The least it ever is.</param>
    /// <param name="max">The most it ever is.</param>
    public HarmonicCurve(int seed, double min, double max)
    {
        var random = new Random(seed);
        _floor = min;
        _swing = (max - min) / 2;
        _phases = [.. Periods.Select(_ => random.NextDouble() * 2 * Math.PI)];
    }

    /// <summary>The value at a time.</summary>
    public double At(DateTime utc)
    {
        var value = _floor + _swing;
        for (var i = 0; i < Periods.Length; i++) value += _swing * Shares[i] * Math.Sin(Angle(utc, i));
        return value;
    }

    /// <summary>Its integral from 2020-01-01 to a time, in hours times its unit.</summary>
    public double IntegralAt(DateTime utc)
    {
        var since = Epoch(utc);
        var integral = (_floor + _swing) * since.TotalHours;
        for (var i = 0; i < Periods.Length; i++)
            integral += _swing * Shares[i] * Periods[i].TotalHours / (2 * Math.PI) * (Math.Cos(_phases[i]) - Math.Cos(Angle(utc, i)));
        return integral;
    }

    private double Angle(DateTime utc, int i) => (2 * Math.PI * (Epoch(utc) / Periods[i])) + _phases[i];

    private static TimeSpan Epoch(DateTime utc) => utc - new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
}
