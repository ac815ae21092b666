using System.Text.Json.Nodes;
using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>
/// A load that can be switched: a coil commands its contactor, a discrete input tells where the contactor really is, a moment later. Input registers have power and energy.
/// </summary>
internal abstract class SimulatedLoad : SimulatedModbusDevice
{
    /// <summary>What a contactor with its check takes: long enough to be seen.</summary>
    private static readonly TimeSpan SwitchingTime = TimeSpan.FromSeconds(1);

    /// <summary>Off so long, all of what is behind it wants power at once: thermostats of cold rooms and tanks.</summary>
    private static readonly TimeSpan FullPickup = TimeSpan.FromHours(1);

    private static readonly TimeSpan PickupFades = TimeSpan.FromMinutes(20);

    private readonly double _energyAtStart;
    private double _wattHours;
    private DateTime _commandedAt = DateTime.MinValue;
    private DateTime _overriddenUntil = DateTime.MinValue;
    private DateTime _changedAt = DateTime.MinValue;
    private TimeSpan _offFor;
    private bool _before = true;
    private bool _wasClosed = true;

    protected SimulatedLoad(ModbusFieldDevice device, int seed, TimeProvider time)
        : base(device, time)
    {
        _energyAtStart = 1_000_000 + (new Random(seed).NextDouble() * 1_000_000);
        AddHidden(At.Coil(0) with { Writable = true }, () => Of(IsCommandedClosed), value => Command(value.AsBoolean()));
        Add("SwitchState", At.Discrete(0), () => Of(Conduct == DeviceConduct.Lies ? IsCommandedClosed : IsClosed));
        Add("ActivePower", At.Input(0, RegisterFormat.Int32), () => Of(Watts));
        Add("ActiveEnergyImport", At.Input(2, RegisterFormat.UInt32, 0.001), () => Of((_energyAtStart + _wattHours) / 1000));
        AddCommand("Open", Switching(false));
        AddCommand("Close", Switching(true));
    }

    protected DateTime Now { get; private set; }

    protected bool IsCommandedClosed { get; private set; } = true;

    protected bool IsClosed => Now < _overriddenUntil || Conduct == DeviceConduct.Lies || (Now - _commandedAt >= SwitchingTime ? IsCommandedClosed : _before);

    /// <summary>The share that it draws more than usual since it is on again: 1 right after a long time off, fading.</summary>
    protected double Pickup => IsClosed ? Math.Min(1, _offFor / FullPickup) * Math.Exp(-((Now - _changedAt) / PickupFades)) : 0;

    /// <summary>What it draws now.</summary>
    protected double Watts { get; private set; }

    protected override void Advance(DateTime now, TimeSpan step)
    {
        // What was shown last was drawn since.
        _wattHours += Watts * step.TotalHours;
        Now = now;
        AdvanceLoad(step);
        NoteSwitching();
        Watts = IsClosed ? Demand(now) : 0;
    }

    /// <summary>Brings temperatures and the like to now; <see cref="Watts"/> was drawn meanwhile.</summary>
    protected virtual void AdvanceLoad(TimeSpan step)
    {
    }

    /// <summary>Watts that it would draw.</summary>
    protected abstract double Demand(DateTime now);

    /// <summary>The method SetSetpoint, onto a register.</summary>
    protected void AddSetpointCommand(RegisterMapping mapping)
    {
        var write = MappingJson.Of(mapping with { Writable = false });
        write["value"] = "$0";
        AddCommand("SetSetpoint", new JsonObject { ["write"] = new JsonArray(write) });
    }

    /// <inheritdoc/>
    protected override void Override(DateTime until) => _overriddenUntil = until;

    private void NoteSwitching()
    {
        var closed = IsClosed;
        if (closed == _wasClosed) return;
        _offFor = closed ? Now - _changedAt : TimeSpan.Zero;
        (_wasClosed, _changedAt) = (closed, Now);
    }

    private void Command(bool closed)
    {
        if (closed == IsCommandedClosed) return;
        _before = IsClosed;
        IsCommandedClosed = closed;
        _commandedAt = Now;
    }

    private static JsonObject Switching(bool closed) => new()
    {
        ["write"] = new JsonArray(new JsonObject { ["table"] = "coil", ["address"] = 0, ["value"] = closed }),
        ["confirm"] = new JsonObject { ["point"] = "SwitchState", ["value"] = closed, ["timeout"] = "5 s" },
    };
}
