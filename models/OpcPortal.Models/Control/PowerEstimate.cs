namespace OpcPortal.Models;

/// <summary>What is known of a device's power when a request is taken. Watts; of what generates the sign is not heeded.</summary>
/// <param name="Present">As it was read lately; null: not known.</param>
/// <param name="Nameplate">The most it takes or gives; null: not known.</param>
public readonly record struct DevicePower(double? Present, double? Nameplate);

/// <summary>Estimates what a request moves at a device, for caps and rehearsals: rather too much than too little. Pure.</summary>
public static class PowerEstimate
{
    /// <param name="isNow">Whether it begins now: what a device takes now says nothing of what it takes tomorrow.</param>
    /// <param name="otherwise">Watts of a device of which nothing is known.</param>
    /// <returns>Watts, 0 or more, and finite.</returns>
    public static double WattsOf(ControlAction action, LoadMeasure measure, DevicePower power, bool isNow, double otherwise)
    {
        var (present, nameplate) = (Known(power.Present), Known(power.Nameplate));
        // What comes back with the supply is not what is taken while it is off.
        var all = isNow && action != ControlAction.ConnectSupply ? present ?? nameplate ?? otherwise : Greater(nameplate, present) ?? otherwise;
        if (action is ControlAction.DisconnectSupply or ControlAction.ConnectSupply) return all;
        return measure.Kind switch
        {
            LoadMeasureKind.DutyCycle => all * (1 - (Math.Clamp(measure.Value, 0, 100) / 100)),
            LoadMeasureKind.PowerLimit => Math.Max(0, all - measure.Value),
            // A shifted or fixed set-point may well stop all of it for a while.
            _ => all,
        };
    }

    private static double? Known(double? watts) => watts is { } number && double.IsFinite(number) ? Math.Abs(number) : null;

    private static double? Greater(double? one, double? other) => one is { } a && other is { } b ? Math.Max(a, b) : one ?? other;
}
