namespace OpcPortal.Ua.Server;

/// <summary>What peers may cost before they have shown who they are, and how many there may be.</summary>
public sealed record ConnectionLimits
{
    /// <summary>Default 1,000: with the default number of sessions, one spare channel each for renewal and discovery. CVE-2023-32787.</summary>
    public int MaxConnections { get; init; } = 1_000;

    /// <summary>From connecting to the Hello, and from there to the open channel. Default 10 s: who is slower is no client.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first chunk of a message to its last. Default 30 s: 4 MiB over a slow radio link. CVE-2022-29864.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of a message before a session is active on the channel. Default 64 KiB: CreateSession with its certificates takes less than 30.</summary>
    public uint MaxMessageSizeBeforeSession { get; init; } = 64 * 1024;

    /// <summary>Requests of one connection that wait for something. Default 400: the parked Publish requests of some sessions and what else a client may have under way.</summary>
    public int MaxPendingRequests { get; init; } = 400;

    /// <summary>Default 1 min: a renewal costs a private-key operation.</summary>
    public TimeSpan MinTokenLifetime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Default 1 h: what one set of keys protects is bounded.</summary>
    public TimeSpan MaxTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Handshakes worked on at once: the others wait, so that a flood of them leaves a core to those who have a session. CVE-2022-29862.</summary>
    public int MaxConcurrentHandshakes { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);
}
