using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A power-quality monitor: float registers in groups with gaps between, and counters of events.</summary>
internal sealed class SimulatedPowerQualityMonitor : SimulatedModbusDevice
{
    private const int Phases = 3;
    private const double MeanWatts = 9000;

    // One a day and one in three days, counted from the epoch of curves on.
    private const double SagsPerHour = 1 / 24.0;
    private const double SwellsPerHour = 1 / 72.0;
    private const double InterruptionsPerHour = 1 / 2000.0;

    private readonly LoadCurve _load;
    private readonly Supply _supply;
    private readonly Ripple _ripple;
    private DateTime _now;

    public SimulatedPowerQualityMonitor(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, time)
    {
        _load = new LoadCurve(seed, MeanWatts, LoadShape.Commercial);
        _supply = new Supply(seed);
        _ripple = new Ripple(seed + 3);
        Add("Frequency", Float(0), () => Of(_supply.Frequency(_now)));
        AddPhases("Voltage", 2, phase => _supply.Voltage(phase, _now, _load.At(_now)));
        AddPhases("Current", 8, phase => _load.At(_now) / 3 / _supply.Voltage(phase, _now));
        AddPhases("VoltageThd", 20, phase => 2.1 + (0.3 * phase) + (0.5 * _ripple.At(_now)));
        AddPhases("CurrentThd", 26, phase => 8 + phase + (2 * _ripple.At(_now)));
        AddPhases("FlickerPst", 40, phase => 0.4 + (0.05 * phase) + (0.1 * _ripple.At(_now)));
        AddPhases("FlickerPlt", 46, phase => 0.35 + (0.05 * phase) + (0.05 * _ripple.At(_now)));
        Add("VoltageUnbalance", Float(60), () => Of(0.6 + (0.2 * _ripple.At(_now))));
        Add("CurrentUnbalance", Float(62), () => Of(4 + _ripple.At(_now)));
        AddCounter("SagCount", 100, SagsPerHour);
        AddCounter("SwellCount", 102, SwellsPerHour);
        AddCounter("InterruptionCount", 104, InterruptionsPerHour);
    }

    public override string Type => "PowerQualityMonitorType";

    protected override void Advance(DateTime now, TimeSpan step) => _now = now;

    private static RegisterMapping Float(int address) => At.Input(address, RegisterFormat.Float32);

    private void AddPhases(string name, int address, Func<int, double> read)
    {
        for (var phase = 0; phase < Phases; phase++)
        {
            var index = phase;
            Add($"{name}L{phase + 1}", Float(address + (2 * phase)), () => Of(read(index)));
        }
    }

    private void AddCounter(string name, int address, double perHour) =>
        Add(name, At.Input(address, RegisterFormat.UInt32), () => Of(Math.Floor(CurveTime.Hours(_now) * perHour)));
}
