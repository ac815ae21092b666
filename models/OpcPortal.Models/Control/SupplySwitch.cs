namespace OpcPortal.Models;

/// <summary>What a supply switch is to be, or is.</summary>
public enum SupplyState : byte
{
    Unknown,
    Connected,
    Disconnected,

    /// <summary>Closed by a hand at the meter once it is allowed: some jurisdictions want that.</summary>
    ReadyToConnect,
}

/// <summary>Rules of a supply switch.</summary>
public sealed record SupplySwitchRules
{
    /// <summary>How long it stays armed: long enough to look at what is to be done, too short to be forgotten.</summary>
    public TimeSpan ArmedFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Volts on the load side above which it is not closed: somebody feeds back.</summary>
    public double MaxLoadSideVoltage { get; init; } = 10;

    /// <summary>What was read longer ago says nothing of the voltage now.</summary>
    public TimeSpan MaxVoltageAge { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether a switch whose load side nobody measures stays open: without it such meters could never be connected from afar.</summary>
    public bool RequiresVoltage { get; init; } = true;
}

/// <summary>A supply switch as it is remembered: armed by whom until when, and what it is to be. Pure.</summary>
/// <param name="Intended">What it is to be.</param>
/// <param name="ArmedBy">The entity; null: it is not armed.</param>
/// <param name="ArmedFor">What it is armed for.</param>
/// <param name="ArmedUntil">UTC.</param>
public readonly record struct SupplySwitch(SupplyState Intended, string? ArmedBy = null, ControlAction ArmedFor = default, DateTime ArmedUntil = default)
{
    public bool IsArmed(DateTime now) => ArmedBy is not null && now < ArmedUntil;

    /// <summary>Makes it ready for an action. Who arms it anew, or for something else, starts anew.</summary>
    public SupplySwitch Arm(string entity, ControlAction action, SupplySwitchRules rules, DateTime now) => this with { ArmedBy = entity, ArmedFor = action, ArmedUntil = now + rules.ArmedFor };

    public SupplySwitch Disarm() => this with { ArmedBy = null };

    /// <summary>Operates it: it is not armed any more, whatever becomes of it.</summary>
    /// <returns>Null: it may be. Else why not.</returns>
    public ControlRefusal? Find(string entity, ControlAction action, DateTime now)
    {
        if (!IsArmed(now)) return new ControlRefusal(ControlRefusalKind.Denied, "The switch is not armed: arm it, then operate it.");
        if (ArmedBy != entity) return new ControlRefusal(ControlRefusalKind.Denied, "The switch is armed by another entity.");
        return ArmedFor == action ? null : new ControlRefusal(ControlRefusalKind.Denied, $"The switch is armed for {ArmedFor}.");
    }

    /// <summary>Whether it may be closed by the voltage that the meter sees on its load side.</summary>
    /// <param name="volts">Null: the meter does not measure it, or nothing was read lately.</param>
    public static ControlRefusal? FindBackFeed(SupplySwitchRules rules, double? volts) => volts switch
    {
        null when !rules.RequiresVoltage => null,
        null => new ControlRefusal(ControlRefusalKind.Interlocked, "The voltage on the load side is not known: the switch is not closed on what may be fed back.", "load-side-voltage"),
        { } seen when double.IsNaN(seen) || seen > rules.MaxLoadSideVoltage => new ControlRefusal(ControlRefusalKind.Interlocked, $"There are {seen:0} V on the load side: somebody feeds back.", "load-side-voltage"),
        _ => null,
    };

    /// <summary>What an action makes of it.</summary>
    public static SupplyState IntendedBy(ControlAction action) => action == ControlAction.DisconnectSupply ? SupplyState.Disconnected : SupplyState.Connected;
}
