using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A gas meter with a volume of swapped words and a temperature that its hardware may lack.</summary>
internal sealed class SimulatedGasMeter : SimulatedModbusDevice
{
    private const double MeanFlow = 0.4;
    private const ulong NoTemperature = 0x8000;

    private readonly LoadCurve _flow;
    private readonly Ripple _ripple;
    private DateTime _now;

    public SimulatedGasMeter(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, time)
    {
        _flow = new LoadCurve(seed, MeanFlow, LoadShape.Heating);
        _ripple = new Ripple(seed);
        Add("Volume", At.Holding(0, RegisterFormat.UInt32, 0.001) with { WordOrder = RegisterOrder.Little }, () => Of(_flow.Integral(_now)));
        Add(new SimulatedProfile(ModbusTable.Holding, 1000, TimeSpan.FromHours(1), HourlyProfile.TwoDays, new SimulatedProfileColumn("IntervalVolume", HourlyProfile.Litres(_flow), 0.001)));
        Add("FlowRate", At.Holding(2, RegisterFormat.UInt16, 0.001), () => Of(_flow.At(_now)));
        Add("GasTemperature", At.Holding(3, RegisterFormat.Int16, 0.1) with { NotAvailable = NoTemperature }, () => Of(12 + (3 * _ripple.At(_now))));
        Add("GasPressure", At.Holding(4, RegisterFormat.UInt16, 0.1), () => Of(22 + _ripple.At(_now)));
        Add("ValveState", At.Bit(5, 0), () => Of(true));
        Add("TamperDetected", At.Bit(5, 1), () => Of(false));
        Add("BatteryLevel", At.Holding(5, RegisterFormat.UInt16) with { Mask = 0xFF00 }, () => Of(87));
    }

    public override string Type => "GasMeterType";

    protected override void Advance(DateTime now, TimeSpan step) => _now = now;
}

/// <summary>A water meter whose volume is decimal digits; it sees a leak where water never stops flowing.</summary>
internal sealed class SimulatedWaterMeter : SimulatedModbusDevice
{
    private const double MeanFlow = 0.015;

    private readonly LoadCurve _flow;
    private readonly Ripple _ripple;
    private DateTime _now;

    public SimulatedWaterMeter(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, time)
    {
        _flow = new LoadCurve(seed, MeanFlow, LoadShape.Water);
        _ripple = new Ripple(seed);
        Add("Volume", At.Input(0, RegisterFormat.Bcd32, 0.001), () => Of(_flow.Integral(_now)));
        Add(new SimulatedProfile(ModbusTable.Input, 1000, TimeSpan.FromHours(1), HourlyProfile.TwoDays, new SimulatedProfileColumn("IntervalVolume", HourlyProfile.Litres(_flow), 0.001)));
        Add("FlowRate", At.Input(2, RegisterFormat.Float32), () => Of(_flow.At(_now)));
        Add("WaterTemperature", At.Input(4, RegisterFormat.Int16, 0.1), () => Of(11 + _ripple.At(_now)));
        Add("BatteryLevel", At.Input(5, RegisterFormat.UInt16), () => Of(93));
        Add("ValveState", At.Discrete(0), () => Of(true));
        Add("LeakDetected", At.Discrete(1), () => Of(false));
        Add("TamperDetected", At.Discrete(2), () => Of(false));
    }

    public override string Type => "WaterMeterType";

    protected override void Advance(DateTime now, TimeSpan step) => _now = now;
}

/// <summary>The load profile of meters of fluids: hours of the last two days, in litres.</summary>
internal static class HourlyProfile
{
    public const int TwoDays = 48;

    public static Func<DateTime, double> Litres(LoadCurve flow) => time => flow.Integral(time) * 1000;
}
