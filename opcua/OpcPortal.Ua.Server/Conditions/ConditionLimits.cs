namespace OpcPortal.Ua.Server;

/// <summary>Limits of conditions.</summary>
public sealed record ConditionLimits
{
    /// <summary>Conditions that are held at once: retained, shelved or disabled. Some 700 bytes each; a fleet of a million devices in its worst hour is not shown one by one to anybody.</summary>
    public int MaxConditions { get; init; } = 250_000;

    /// <summary>How long an alarm may be shelved: what is put aside for longer is forgotten by people. Part 9 5.8.2 (MaxTimeShelved).</summary>
    public TimeSpan MaxTimeShelved { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Characters of a comment: a remark, not a document, for it goes with every later event of the condition.</summary>
    public int MaxCommentLength { get; init; } = 1_000;
}
