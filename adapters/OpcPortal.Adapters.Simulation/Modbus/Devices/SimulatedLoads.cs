using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A load-control switch before a household's interruptible load, with a limit of power.</summary>
internal sealed class SimulatedSwitch : SimulatedLoad
{
    private const double MeanWatts = 900;
    private const double MaxLimit = 25_000;

    private readonly LoadCurve _load;
    private readonly Supply _supply;
    private double _limit = 11_000;

    public SimulatedSwitch(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, seed, time)
    {
        _load = new LoadCurve(seed, MeanWatts);
        _supply = new Supply(seed);
        Add("CommandedState", At.Coil(0), () => Of(IsCommandedClosed));
        Add("LoadSideVoltage", At.Input(4, RegisterFormat.UInt16, 0.1), () => Of(IsClosed || Conduct == DeviceConduct.FedBack ? _supply.Voltage(0, Now, Watts) : 0));
        var limit = At.Holding(0, RegisterFormat.UInt16) with { Min = 0, Max = MaxLimit };
        Add("PowerLimit", limit, () => Of(_limit), value => _limit = NumberOf(value));
        AddSetpointCommand(limit);
    }

    public override string Type => "SwitchType";

    protected override double Demand(DateTime now) => Math.Min(_load.At(now) * (1 + Pickup), _limit);
}

/// <summary>A thermostat with an electric heater in a room that loses heat.</summary>
internal sealed class SimulatedThermostat : SimulatedLoad
{
    private const double HeaterWatts = 1800;
    private const double Outside = 6;

    // A room that cools to the outside within about 40 hours and is heated by 1 K in about 20 minutes.
    private const double LossPerHour = 0.025;
    private const double KelvinPerKilowattHour = 2;
    private const double Hysteresis = 0.2;
    private const double Heat = 1;
    private const double Auto = 3;

    private readonly Ripple _ripple;
    private double _room;
    private double _setpoint = 20.5;
    private double _mode = Heat;
    private bool _heating;

    public SimulatedThermostat(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, seed, time)
    {
        _ripple = new Ripple(seed);
        _room = 19.5 + new Random(seed).NextDouble();
        Add("RoomTemperature", At.Input(4, RegisterFormat.Int16, 0.01), () => Of(_room));
        Add("Humidity", At.Input(5, RegisterFormat.UInt16, 0.1), () => Of(45 + (5 * _ripple.At(Now))));
        Add("OperatingState", At.Input(6, RegisterFormat.UInt16), () => Of(_heating && IsClosed ? 1 : 0));
        var setpoint = At.Holding(0, RegisterFormat.Int16, 0.1) with { Min = 5, Max = 30 };
        Add("TemperatureSetpoint", setpoint, () => Of(_setpoint), value => _setpoint = NumberOf(value));
        Add("OperatingMode", At.Holding(1, RegisterFormat.UInt16) with { Min = 0, Max = Auto }, () => Of(_mode), value => _mode = NumberOf(value));
        AddSetpointCommand(setpoint);
    }

    public override string Type => "ThermostatType";

    protected override void AdvanceLoad(TimeSpan step)
    {
        _room += (KelvinPerKilowattHour * Watts / 1000 * step.TotalHours) - ((_room - Outside) * (1 - Math.Exp(-LossPerHour * step.TotalHours)));
        if (_mode is not (Heat or Auto)) _heating = false;
        else if (_room < _setpoint - Hysteresis) _heating = true;
        else if (_room > _setpoint + Hysteresis) _heating = false;
    }

    protected override double Demand(DateTime now) => _heating ? HeaterWatts : 0;
}

/// <summary>A water heater: a tank that is drawn from as a household does.</summary>
internal sealed class SimulatedWaterHeater : SimulatedLoad
{
    private const double HeaterWatts = 2400;
    private const double Inlet = 10;

    // 200 litres: 1 kWh heats them by 4.3 K; a cubic metre drawn an hour takes five tanks of heat with it.
    private const double KelvinPerKilowattHour = 4.3;
    private const double TanksPerCubicMetre = 5;
    private const double MeanDraw = 0.006;
    private const double Hysteresis = 2;

    private readonly LoadCurve _draw;
    private double _water = 52;
    private double _setpoint = 55;
    private bool _heating;

    public SimulatedWaterHeater(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, seed, time)
    {
        _draw = new LoadCurve(seed, MeanDraw, LoadShape.Water);
        Add("WaterTemperature", At.Input(4, RegisterFormat.Int16, 0.01), () => Of(_water));
        Add("HeatingState", At.Discrete(1), () => Of(_heating && IsClosed));
        var setpoint = At.Holding(0, RegisterFormat.UInt16, 0.1) with { Min = 30, Max = 75 };
        Add("TemperatureSetpoint", setpoint, () => Of(_setpoint), value => _setpoint = NumberOf(value));
        AddSetpointCommand(setpoint);
    }

    public override string Type => "WaterHeaterType";

    protected override void AdvanceLoad(TimeSpan step)
    {
        var drawn = (_draw.Integral(Now) - _draw.Integral(Now - step)) * TanksPerCubicMetre;
        _water += (KelvinPerKilowattHour * Watts / 1000 * step.TotalHours) - ((_water - Inlet) * (1 - Math.Exp(-drawn)));
        if (_water < _setpoint - Hysteresis) _heating = true;
        else if (_water >= _setpoint) _heating = false;
    }

    protected override double Demand(DateTime now) => _heating ? HeaterWatts : 0;
}

/// <summary>A three-phase charger with a car that comes in the evening; IEC 61851 allows 6 to 32 A.</summary>
internal sealed class SimulatedEvCharger : SimulatedLoad
{
    private const double Volts = 230;
    private const double Available = 0;
    private const double Charging = 2;
    private const double SuspendedByCharger = 4;
    private const double Full = 22_000;
    private const double MinAmperes = 6;
    private const double MaxAmperes = 32;

    private double _limit = 16;
    private double _session;

    public SimulatedEvCharger(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, seed, time)
    {
        _session = new Random(seed).NextDouble() * Full / 4;
        Add("ChargerState", At.Input(4, RegisterFormat.UInt16), () => Of(!IsClosed ? SuspendedByCharger : _session < Full ? Charging : Available));
        Add("SessionEnergy", At.Input(5, RegisterFormat.UInt32, 0.001), () => Of(_session / 1000));
        for (var phase = 0; phase < 3; phase++) Add($"CurrentL{phase + 1}", At.Input(7 + phase, RegisterFormat.UInt16, 0.1), () => Of(Watts / 3 / Volts));
        var limit = At.Holding(0, RegisterFormat.UInt16, 0.1) with { Min = MinAmperes, Max = MaxAmperes };
        Add("CurrentLimit", limit, () => Of(_limit), value => _limit = NumberOf(value));
        AddSetpointCommand(limit);
    }

    public override string Type => "EvChargerType";

    // The next car comes at five in the afternoon.
    protected override void AdvanceLoad(TimeSpan step)
    {
        _session += Watts * step.TotalHours;
        if (_session >= Full && Now.Hour is 17 && Now.Minute == 0) _session = 0;
    }

    protected override double Demand(DateTime now) => _session < Full ? _limit * Volts * 3 : 0;
}
