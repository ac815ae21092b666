namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>The three-phase supply at a place: voltages and frequency that wander a little and sag with the load.</summary>
internal sealed class Supply(int seed)
{
    private const double Nominal = 230;
    private const double Wander = 3;
    private const double SagPerKilowatt = 0.35;
    private const double NominalFrequency = 50;
    private const double FrequencyWander = 0.04;

    private readonly Ripple[] _phases = [new(seed), new(seed + 1), new(seed + 2)];

    // The frequency is the same everywhere.
    private readonly Ripple _frequency = new(50);

    /// <param name="phase">0 to 2.</param>
    /// <param name="now">UTC.</param>
    /// <param name="watts">What is drawn here.</param>
    public double Voltage(int phase, DateTime now, double watts = 0) => Nominal + (Wander * _phases[phase].At(now)) - (SagPerKilowatt * watts / 3000);

    public double Frequency(DateTime now) => NominalFrequency + (FrequencyWander * _frequency.At(now));
}
