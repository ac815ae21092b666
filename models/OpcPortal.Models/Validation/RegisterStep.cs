namespace OpcPortal.Models;

/// <summary>What happened to a register between two readings of it.</summary>
public enum RegisterStepKind
{
    /// <summary>It counted on, or stood still.</summary>
    Forward,

    /// <summary>It went past its last digit and began anew.</summary>
    RollOver,

    /// <summary>It began anew from nothing; what it had counted since the reading before is not known.</summary>
    Reset,

    /// <summary>It went down, and nothing explains why.</summary>
    Decrease,
}

/// <summary>A meter was exchanged for another: the old one's register ended, the new one's began.</summary>
/// <param name="At">UTC.</param>
/// <param name="Final">What the old register had last.</param>
/// <param name="First">What the new register began with.</param>
public sealed record MeterExchange(DateTime At, double Final, double First, string OldSerial, string NewSerial)
{
    /// <summary>For people, in chains of quality and annotations.</summary>
    public string Remark => $"meter {OldSerial} was exchanged for {NewSerial} at {StretchFacts.Number(Final)}, beginning with {StretchFacts.Number(First)}";
}

/// <summary>What a register counted between two readings.</summary>
/// <param name="Consumption">0 where it is not known.</param>
public readonly record struct RegisterStep(RegisterStepKind Kind, double Consumption)
{
    // A register that rolls over comes from its last tenth and is found in its first.
    private const double Edge = 0.1;

    // What is left of a reset register is next to nothing of what it was.
    private const double Remnant = 0.01;

    /// <summary>Whether the consumption is known.</summary>
    public bool IsKnown => Kind is RegisterStepKind.Forward or RegisterStepKind.RollOver;

    public static RegisterStep Between(double before, double after, RegisterRule rule)
    {
        if (after >= before) return new RegisterStep(RegisterStepKind.Forward, after - before);
        var range = rule.Digits > 0 ? Math.Pow(10, rule.Digits) : 0;
        if (range > 0 && before >= range * (1 - Edge) && before < range && after <= range * Edge) return new RegisterStep(RegisterStepKind.RollOver, range - before + after);
        return rule.AllowsReset && after >= 0 && after <= before * Remnant ? new RegisterStep(RegisterStepKind.Reset, 0) : new RegisterStep(RegisterStepKind.Decrease, 0);
    }

    /// <summary>What was counted between two readings, with the exchanges of the meter in between.</summary>
    /// <param name="exchanges">In order of time.</param>
    /// <returns>Null where a part of it is not known.</returns>
    public static RegisterSpan? Span(RegisterRead from, RegisterRead to, RegisterRule rule, IReadOnlyList<MeterExchange> exchanges)
    {
        var (consumption, value, remark) = (0.0, from.Value, "");
        foreach (var exchange in exchanges)
        {
            if (exchange.At <= from.At || exchange.At > to.At) continue;
            if (!Count(exchange.Final)) return null;
            value = exchange.First;
            remark += $"; {exchange.Remark}";
        }

        return Count(to.Value) ? new RegisterSpan(from, to, consumption, remark) : null;

        bool Count(double next)
        {
            var step = Between(value, next, rule);
            consumption += step.Consumption;
            if (step.Kind == RegisterStepKind.RollOver) remark += $"; it rolled over from {StretchFacts.Number(value)} to {StretchFacts.Number(next)}";
            return step.IsKnown;
        }
    }
}
