namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>
/// The supply switch of a meter: operated within a time after it was armed, it gets there a moment later; it does not close onto voltage. What was not drawn while it was open is not in the registers.
/// </summary>
internal sealed class SimulatedSupplySwitch(LoadCurve load)
{
    /// <summary>How long it stays armed: an operator's two steps, and not a forgotten first one.</summary>
    public static readonly TimeSpan ArmedFor = TimeSpan.FromSeconds(30);

    /// <summary>What a latching relay with its check takes.</summary>
    public static readonly TimeSpan SwitchingTime = TimeSpan.FromSeconds(1);

    // Times without supply that are kept apart: a relay is made for some thousand operations, and a demonstration for far fewer.
    private const int MaxGaps = 256;

    private readonly List<(DateTime From, DateTime To)> _gaps = [];
    private DateTime _armedUntil = DateTime.MinValue;
    private double _forgotten;

    public bool IsCommandedClosed { get; private set; } = true;

    public bool IsClosed(DateTime now) => _gaps.Count == 0 || !_gaps.Exists(gap => gap.From <= now && now < gap.To);

    public bool IsArmed(DateTime now) => now < _armedUntil;

    public void Arm(DateTime now) => _armedUntil = now + ArmedFor;

    /// <param name="isFedBack">There is voltage behind it.</param>
    public void Operate(bool closed, DateTime now, bool isFedBack)
    {
        if (!IsArmed(now)) return;
        _armedUntil = DateTime.MinValue;
        if (closed == IsCommandedClosed || (closed && isFedBack)) return;
        IsCommandedClosed = closed;
        var there = now + SwitchingTime;
        if (closed)
        {
            _gaps[^1] = _gaps[^1] with { To = there };
            return;
        }

        if (_gaps.Count == MaxGaps)
        {
            _forgotten += Withheld(_gaps[0], _gaps[0].To);
            _gaps.RemoveAt(0);
        }

        _gaps.Add((there, DateTime.MaxValue));
    }

    /// <summary>Watts that go through.</summary>
    public double Watts(DateTime now) => IsClosed(now) ? load.At(now) : 0;

    /// <summary>Watt hours that went through until a time.</summary>
    public double Integral(DateTime time)
    {
        var sum = load.Integral(time) - _forgotten;
        foreach (var gap in _gaps)
            if (gap.From < time) sum -= Withheld(gap, time);
        return sum;
    }

    private double Withheld((DateTime From, DateTime To) gap, DateTime until) => load.Integral(gap.To < until ? gap.To : until) - load.Integral(gap.From);
}
