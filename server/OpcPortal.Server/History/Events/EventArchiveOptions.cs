namespace OpcPortal.Server;

/// <summary>How long past events can be read, and what may wait to be kept.</summary>
public sealed record EventArchiveOptions
{
    /// <summary>How long events are kept. Default 90 days: as long as the security log.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Events that may wait for the database: a minute of a server that is under attack. What comes on top is lost, and counted.</summary>
    public int MaxWaitingEvents { get; init; } = 50_000;

    /// <summary>Bytes of memory that they may take, roughly: what clients write stands in audit events, and may be large.</summary>
    public long MaxWaitingBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Between tries to store what the database did not take.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between looks for events that are too old.</summary>
    public TimeSpan PruneInterval { get; init; } = TimeSpan.FromHours(1);
}
