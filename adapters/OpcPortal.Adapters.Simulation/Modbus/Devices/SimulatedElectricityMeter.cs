using System.Text.Json.Nodes;
using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A three-phase meter of a household: holding registers, 32-bit numbers high word first, energies in watt hours that are the exact integral of the power shown. Its supply switch is armed by one coil and operated by another.</summary>
internal sealed class SimulatedElectricityMeter : SimulatedModbusDevice
{
    private const double MeanWatts = 650;

    // Records of its load profile: two days of quarter hours.
    private const int TwoDays = 192;
    private static readonly TimeSpan QuarterHour = TimeSpan.FromMinutes(15);

    // tan of the angle between active and apparent power: a power factor of 0.97.
    private const double ReactiveShare = 0.25;
    private static readonly double PowerFactor = 1 / Math.Sqrt(1 + (ReactiveShare * ReactiveShare));
    private static readonly double[] PhaseShares = [0.42, 0.35, 0.23];

    private readonly SimulatedSupplySwitch _switch;
    private readonly Supply _supply;
    private DateTime _now;
    private double _lastEvent;

    public SimulatedElectricityMeter(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, time)
    {
        _switch = new SimulatedSupplySwitch(new LoadCurve(seed, MeanWatts));
        _supply = new Supply(seed);
        for (var phase = 0; phase < PhaseShares.Length; phase++)
        {
            var index = phase;
            Add($"VoltageL{phase + 1}", At.Holding(phase, RegisterFormat.UInt16, 0.1), () => Of(_supply.Voltage(index, _now, Watts)));
            Add($"CurrentL{phase + 1}", At.Holding(3 + phase, RegisterFormat.UInt16, 0.01), () => Of(Watts * PhaseShares[index] / (_supply.Voltage(index, _now, Watts) * PowerFactor)));
        }

        Add("Frequency", At.Holding(6, RegisterFormat.UInt16, 0.01), () => Of(_supply.Frequency(_now)));
        Add("PowerFactor", At.Holding(7, RegisterFormat.Int16, 0.001), () => Of(PowerFactor));
        Add("ActivePower", At.Holding(8, RegisterFormat.Int32), () => Of(Watts));
        Add("ReactivePower", At.Holding(10, RegisterFormat.Int32), () => Of(Watts * ReactiveShare));
        Add("ApparentPower", At.Holding(12, RegisterFormat.UInt32), () => Of(Watts / PowerFactor));
        Add("ActivePowerImport", At.Holding(14, RegisterFormat.UInt32), () => Of(Watts));
        Add("ActivePowerExport", At.Holding(16, RegisterFormat.UInt32), () => Of(0));
        Add("ActiveEnergyImport", At.Holding(20, RegisterFormat.UInt32, 0.001), () => Of(_switch.Integral(_now) / 1000));
        Add("ActiveEnergyExport", At.Holding(22, RegisterFormat.UInt32, 0.001), () => Of(0));
        Add("ReactiveEnergyImport", At.Holding(24, RegisterFormat.UInt32, 0.001), () => Of(_switch.Integral(_now) * ReactiveShare / 1000));
        Add("ReactiveEnergyExport", At.Holding(26, RegisterFormat.UInt32, 0.001), () => Of(0));
        Add(new SimulatedProfile(
            ModbusTable.Holding, 1000, QuarterHour, TwoDays,
            new SimulatedProfileColumn("IntervalEnergyImport", _switch.Integral, 0.001), new SimulatedProfileColumn("IntervalEnergyExport", _ => 0, 0.001)));
        Add("TamperDetected", At.Bit(30, 0), () => Of(false));
        Add("SupplySwitchState", At.Bit(30, 1), () => Of(_switch.IsClosed(_now)));
        AddSupplySwitch();
    }

    public override string Type => "ElectricityMeterType";

    private bool IsFedBack => Conduct == DeviceConduct.FedBack;

    private double Watts => _switch.Watts(_now);

    // Which command it carried out last it keeps in a register: a command that comes twice operates nothing.
    private void AddSupplySwitch()
    {
        Add("LoadSideVoltage", At.Holding(18, RegisterFormat.UInt16, 0.1), () => Of(_switch.IsClosed(_now) || IsFedBack ? _supply.Voltage(0, _now, Watts) : 0));
        AddHidden(At.Coil(0) with { Writable = true }, () => Of(_switch.IsCommandedClosed), value => _switch.Operate(value.AsBoolean(), _now, IsFedBack));
        AddHidden(At.Coil(1) with { Writable = true }, () => Of(_switch.IsArmed(_now)), value => Arm(value.AsBoolean()));
        AddHidden(At.Holding(32, RegisterFormat.UInt32) with { Writable = true }, () => Of(_lastEvent), value => _lastEvent = NumberOf(value));
        AddCommand("Disconnect", Operating(false));
        AddCommand("Connect", Operating(true));
    }

    private void Arm(bool armed)
    {
        if (armed) _switch.Arm(_now);
    }

    private static JsonObject Operating(bool closed) => new()
    {
        ["write"] = new JsonArray(
            new JsonObject { ["table"] = "coil", ["address"] = 1, ["value"] = true },
            new JsonObject { ["table"] = "coil", ["address"] = 0, ["value"] = closed }),
        ["confirm"] = new JsonObject { ["point"] = "SupplySwitchState", ["value"] = closed, ["timeout"] = "5 s" },
        ["event"] = new JsonObject { ["table"] = "holding", ["address"] = 32, ["format"] = "uint32" },
    };

    protected override void Advance(DateTime now, TimeSpan step) => _now = now;
}
