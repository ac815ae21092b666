namespace OpcPortal.Adapters.Simulation;

/// <summary>A sum of slow and fast waves with phases by seed, between -1 and 1: noise that has an exact integral.</summary>
public sealed class Ripple : ICurve
{
    // Periods that share no multiple within a day, from seconds, so that a display moves, to most of an hour.
    private static readonly double[] Periods = [11 / 3600.0, 47 / 3600.0, 233 / 3600.0, 1013 / 3600.0, 3181 / 3600.0];
    private static readonly double[] Weights = [0.1, 0.15, 0.2, 0.25, 0.3];

    private readonly double[] _phases = new double[Periods.Length];

    public Ripple(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < _phases.Length; i++) _phases[i] = random.NextDouble() * Math.Tau;
    }

    /// <inheritdoc/>
    public double At(DateTime utc)
    {
        var hours = CurveTime.Hours(utc);
        double sum = 0;
        for (var i = 0; i < _phases.Length; i++) sum += Weights[i] * Math.Sin((Math.Tau * hours / Periods[i]) + _phases[i]);
        return sum;
    }

    /// <inheritdoc/>
    public double Integral(DateTime utc)
    {
        var hours = CurveTime.Hours(utc);
        double sum = 0;
        for (var i = 0; i < _phases.Length; i++)
        {
            var rate = Math.Tau / Periods[i];
            sum += Weights[i] * (Math.Cos(_phases[i]) - Math.Cos((rate * hours) + _phases[i])) / rate;
        }

        return sum;
    }
}
