using System.Text.Json.Nodes;
using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A source behind an inverter, with registers laid out as SunSpec does: holding registers from 40069 on; whether it is connected is a bit of a control register.</summary>
internal abstract class SimulatedResource : SimulatedModbusDevice
{
    /// <summary>The first register of the inverter block, after the common block of SunSpec.</summary>
    protected const int Base = 40_069;

    protected const int Controls = 40_200;
    private const int ConnectionBit = 0;
    private const ulong NoValue = 0x8000;
    private const double Efficiency = 0.97;
    private const double DcVolts = 410;

    private readonly Supply _supply;
    private readonly Ripple _ripple;

    protected SimulatedResource(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, time)
    {
        _supply = new Supply(seed);
        _ripple = new Ripple(seed);
        for (var phase = 0; phase < 3; phase++)
        {
            var index = phase;
            Add($"CurrentL{phase + 1}", At.Holding(Base + phase, RegisterFormat.UInt16, 0.01), () => Of(Math.Abs(Watts) / 3 / _supply.Voltage(index, Now)));
            Add($"VoltageL{phase + 1}", At.Holding(Base + 3 + phase, RegisterFormat.UInt16, 0.1), () => Of(_supply.Voltage(index, Now, -Watts)));
        }

        Add("ActivePower", At.Holding(Base + 6, RegisterFormat.Int16) with { NotAvailable = NoValue }, () => Of(Watts));
        Add("Frequency", At.Holding(Base + 7, RegisterFormat.UInt16, 0.01), () => Of(_supply.Frequency(Now)));
        Add("ApparentPower", At.Holding(Base + 8, RegisterFormat.Int16) with { NotAvailable = NoValue }, () => Of(Math.Abs(Watts)));
        Add("ReactivePower", At.Holding(Base + 9, RegisterFormat.Int16) with { NotAvailable = NoValue }, () => Of(0));
        Add("PowerFactor", At.Holding(Base + 10, RegisterFormat.Int16, 0.001) with { NotAvailable = NoValue }, () => Of(1));
        Add("DcVoltage", At.Holding(Base + 11, RegisterFormat.UInt16, 0.1), () => Of(DcVolts + (8 * _ripple.At(Now))));
        Add("DcPower", At.Holding(Base + 12, RegisterFormat.Int16), () => Of(Watts / Efficiency));
        Add("Temperature", At.Holding(Base + 13, RegisterFormat.Int16, 0.1) with { NotAvailable = NoValue }, () => Of(24 + (Math.Abs(Watts) / 250) + _ripple.At(Now)));
        Add("ConnectionState", At.Bit(Controls, ConnectionBit), () => Of(IsConnected), value => IsConnected = value.AsBoolean());
        AddCommand("Connect", Connecting(true));
        AddCommand("Disconnect", Connecting(false));
    }

    protected DateTime Now { get; private set; }
    protected bool IsConnected { get; private set; } = true;

    /// <summary>To the grid; negative from it.</summary>
    protected double Watts { get; private set; }

    protected override void Advance(DateTime now, TimeSpan step)
    {
        Integrate(Watts, step);
        Now = now;
        Watts = IsConnected ? Output(now) : 0;
    }

    /// <summary>What was shown last was given since.</summary>
    protected abstract void Integrate(double watts, TimeSpan step);

    /// <summary>Watts that it would give.</summary>
    protected abstract double Output(DateTime now);

    protected void AddSetpointCommand(RegisterMapping mapping)
    {
        var write = MappingJson.Of(mapping with { Writable = false });
        write["value"] = "$0";
        AddCommand("SetSetpoint", new JsonObject { ["write"] = new JsonArray(write) });
    }

    private static JsonObject Connecting(bool connected) => new()
    {
        ["write"] = new JsonArray(new JsonObject { ["table"] = "holding", ["address"] = Controls, ["bit"] = ConnectionBit, ["value"] = connected }),
        ["confirm"] = new JsonObject { ["point"] = "ConnectionState", ["value"] = connected, ["timeout"] = "5 s" },
    };
}

/// <summary>A photovoltaic inverter whose output can be limited.</summary>
internal sealed class SimulatedInverter : SimulatedResource
{
    private const double PeakWatts = 6_000;

    // SunSpec model 103, point St.
    private const double Sleeping = 2;
    private const double Off = 1;
    private const double Producing = 4;
    private const double Throttled = 5;

    private readonly SolarCurve _sun;
    private double _limit = 100;
    private double _lost;

    public SimulatedInverter(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, seed, time)
    {
        _sun = new SolarCurve(seed, PeakWatts);
        Add("ActiveEnergyExport", At.Holding(Base + 20, RegisterFormat.UInt32, 0.001), () => Of((_sun.Integral(Now) - _lost) / 1000));
        Add("OperatingState", At.Holding(Base + 22, RegisterFormat.UInt16), () => Of(State));
        var limit = At.Holding(Controls + 1, RegisterFormat.UInt16, 0.1) with { Min = 0, Max = 100 };
        Add("PowerLimit", limit, () => Of(_limit), value => _limit = NumberOf(value));
        AddSetpointCommand(limit);
    }

    public override string Type => "InverterType";

    private double State => !IsConnected ? Off : Watts <= 0 ? Sleeping : Watts < _sun.At(Now) ? Throttled : Producing;

    // Energy is the sun's exact integral, less what was not taken while limited or disconnected.
    protected override void Integrate(double watts, TimeSpan step)
    {
        if (Now == default) return;
        var unused = _sun.At(Now) - watts;
        if (unused <= 0) return;
        var given = _sun.Integral(Now + step) - _sun.Integral(Now);
        _lost += Math.Min(given, unused * step.TotalHours);
    }

    protected override double Output(DateTime now) => Math.Min(_sun.At(now), PeakWatts * _limit / 100);
}

/// <summary>A battery: the set-point is what it gives (positive) or takes (negative), as far as its charge allows.</summary>
internal sealed class SimulatedBattery : SimulatedResource
{
    private const double CapacityWattHours = 10_000;
    private const double MaxWatts = 5_000;
    private const double RoundTrip = 0.92;

    // SunSpec model 124, point ChaSt.
    private const double Off = 1;
    private const double Empty = 2;
    private const double Discharging = 3;
    private const double Charging = 4;
    private const double Full = 5;
    private const double Holding = 6;

    private double _charge;
    private double _setpoint;
    private double _exported;
    private double _imported;

    public SimulatedBattery(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, seed, time)
    {
        var random = new Random(seed);
        _charge = CapacityWattHours * (0.4 + (0.4 * random.NextDouble()));
        _exported = 500_000 + (100_000 * random.NextDouble());
        _imported = _exported / RoundTrip;
        _setpoint = random.Next(2) == 0 ? 800 : -1200;
        Add("ActiveEnergyExport", At.Holding(Base + 20, RegisterFormat.UInt32, 0.001), () => Of(_exported / 1000));
        Add("ActiveEnergyImport", At.Holding(Base + 22, RegisterFormat.UInt32, 0.001), () => Of(_imported / 1000));
        Add("StateOfCharge", At.Holding(Base + 24, RegisterFormat.UInt16, 0.01), () => Of(100 * _charge / CapacityWattHours));
        Add("StateOfHealth", At.Holding(Base + 25, RegisterFormat.UInt16, 0.1), () => Of(97.4));
        Add("Capacity", At.Holding(Base + 26, RegisterFormat.UInt16, 0.1), () => Of(CapacityWattHours / 1000));
        Add("ChargeState", At.Holding(Base + 27, RegisterFormat.UInt16), () => Of(State));
        var setpoint = At.Holding(Controls + 1, RegisterFormat.Int32) with { Min = -MaxWatts, Max = MaxWatts };
        Add("PowerSetpoint", setpoint, () => Of(_setpoint), value => _setpoint = NumberOf(value));
        AddSetpointCommand(setpoint);
    }

    public override string Type => "BatteryType";

    private double State => !IsConnected ? Off
        : Watts > 0 ? Discharging
        : Watts < 0 ? Charging
        : _charge <= 0 ? Empty
        : _charge >= CapacityWattHours ? Full : Holding;

    protected override void Integrate(double watts, TimeSpan step)
    {
        var wattHours = watts * step.TotalHours;
        if (wattHours > 0) _exported += wattHours;
        else _imported -= wattHours;
        _charge = Math.Clamp(_charge - (wattHours > 0 ? wattHours : wattHours * RoundTrip), 0, CapacityWattHours);
    }

    protected override double Output(DateTime now) => (_setpoint > 0 && _charge <= 0) || (_setpoint < 0 && _charge >= CapacityWattHours) ? 0 : _setpoint;
}
