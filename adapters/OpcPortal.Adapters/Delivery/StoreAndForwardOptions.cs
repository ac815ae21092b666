namespace OpcPortal.Adapters;

/// <summary>How readings are kept that the server cannot take, and how they are delivered after.</summary>
public sealed record StoreAndForwardOptions
{
    /// <summary>The folder of what is kept, a folder in it for each configuration file; null: nothing is kept, and adapters wait.</summary>
    public string? Folder { get; init; }

    /// <summary>Bytes of one adapter's backlog. Default 256 MiB: about a day of a hundred readings a second.</summary>
    public long MaxBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Bytes of one of its files: what is read at once when it is delivered.</summary>
    public int SegmentBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>How long the server may take to accept a batch before it is kept: longer, and devices would not be polled in time.</summary>
    public TimeSpan PublishPatience { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the server may take to confirm what it has before that is kept: its journal writes within a fraction of a second.</summary>
    public TimeSpan CommitPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the server is asked to confirm, where nobody waits for it.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Readings that may await their confirmation in memory, of one adapter: some seconds of the busiest, in 15 MB.</summary>
    public int MaxUnconfirmed { get; init; } = 262_144;

    /// <summary>Readings a second, of all adapters together, that backlogs are delivered at: a fifth of what the server takes, so that live ones pass beside them.</summary>
    public int DrainPerSecond { get; init; } = 20_000;
}

/// <summary>
/// Readings that were published could neither be confirmed by the server nor be kept: whoever can ask the device for them again must do so, and must not let it forget them.
/// </summary>
public sealed class ReadingsLostException(string message) : Exception(message);
