namespace OpcPortal.Models;

/// <summary>What there is of an interval.</summary>
public enum IntervalState : byte
{
    /// <summary>Nothing came, and nobody noted so.</summary>
    Missing,

    /// <summary>It was noted that nothing came.</summary>
    KnownMissing,

    /// <summary>Something came that is no number to reckon with.</summary>
    Unusable,

    /// <summary>What the device gave.</summary>
    Measured,

    /// <summary>What somebody put in its place. Validation looks at it, and leaves its value alone.</summary>
    Edited,

    /// <summary>What validation estimated.</summary>
    Estimated,
}

/// <summary>An interval as validation finds it.</summary>
/// <param name="End">UTC.</param>
/// <param name="Value">Of <see cref="IntervalState.Measured"/>, <see cref="IntervalState.Edited"/> and <see cref="IntervalState.Estimated"/>.</param>
/// <param name="Quality">The code in force.</param>
public readonly record struct IntervalReading(DateTime End, IntervalState State, double Value = 0, QualityCode Quality = default)
{
    /// <summary>Another value that came for the same time before; null: none did.</summary>
    public double? Former { get; init; }

    /// <summary>Whether its value is a fact, measured or stated by somebody.</summary>
    public bool IsReal => State is IntervalState.Measured or IntervalState.Edited;
}

/// <summary>The intervals of a like day by the wall clock at their ends.</summary>
public sealed record LikeDay(DateOnly Date, IReadOnlyDictionary<TimeOnly, double> Values);

/// <summary>A reading of a register.</summary>
/// <param name="At">UTC.</param>
public readonly record struct RegisterRead(DateTime At, double Value);

/// <summary>Two readings of a register and what was counted between them.</summary>
/// <param name="Consumption">Rolling over, resets and exchanges reckoned in.</param>
/// <param name="Remark">What was reckoned in, for people; empty: nothing.</param>
public sealed record RegisterSpan(RegisterRead From, RegisterRead To, double Consumption, string Remark = "")
{
    /// <summary>The share of an interval that lies between the two, 0 to 1.</summary>
    public double ShareOf(DateTime end, TimeSpan length)
    {
        var from = end - length > From.At ? end - length : From.At;
        var to = end < To.At ? end : To.At;
        return to <= from ? 0 : (to - from) / length;
    }
}

/// <summary>What validation says of an interval: to be appended to its history.</summary>
/// <param name="End">UTC.</param>
/// <param name="Value">Of inserts and replacements; null: known to be missing.</param>
public sealed record IntervalFinding(DateTime End, RevisionKind Kind, double? Value, QualityMeaning Meaning, string Reason);
