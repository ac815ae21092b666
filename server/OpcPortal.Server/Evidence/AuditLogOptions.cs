using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>How evidence is kept.</summary>
public sealed record AuditLogOptions
{
    /// <summary>How long rows of class Security stay.</summary>
    public TimeSpan SecurityRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long rows of class Change stay.</summary>
    public TimeSpan ChangeRetention { get; init; } = TimeSpan.FromDays(3 * 365);

    /// <summary>How long rows of class Disclosure stay.</summary>
    public TimeSpan DisclosureRetention { get; init; } = TimeSpan.FromDays(3 * 365);

    /// <summary>The file that keeps the newest anchors, elsewhere than the rows; null: they stand in the process log alone.</summary>
    public string? AnchorFile { get; init; }

    /// <summary>How often anchors are written while rows come in: what is cut off after the newest anchor does not show.</summary>
    public TimeSpan AnchorInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Rows that wait to be written: two seconds of them at 10,000 a second.</summary>
    public int MaxWaitingRows { get; init; } = 20_000;

    /// <summary>The memory of rows that wait; a row takes 1 to 2 KiB, at most <see cref="AuditRecorder.MaxBodyBytes"/>.</summary>
    public long MaxWaitingBytes { get; init; } = 64 << 20;

    /// <summary>
    /// How long whoever causes an event waits for room before the event is lost. Short, for it holds up a session; once it was in vain nobody waits again until half of the room is free.
    /// </summary>
    public TimeSpan BackPressure { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a store that fails is left alone before the next try.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    internal TimeSpan RetentionOf(EvidenceClass @class) => @class switch
    {
        EvidenceClass.Security => SecurityRetention,
        EvidenceClass.Change => ChangeRetention,
        _ => DisclosureRetention,
    };
}
