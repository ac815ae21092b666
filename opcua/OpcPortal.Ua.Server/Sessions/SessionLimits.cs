namespace OpcPortal.Ua.Server;

/// <summary>How many sessions there may be and how long one lives without a request. Part 4 5.7.2.</summary>
public sealed record SessionLimits
{
    /// <summary>Default 500: a session with subscriptions takes some 100 kB, and every entity of a utility has a few.</summary>
    public int MaxSessions { get; init; } = 500;

    /// <summary>Default 10 s: below it a pause of the network ends sessions.</summary>
    public TimeSpan MinTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Default 1 h: a client that vanished holds its session no longer than that.</summary>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a session may wait for its first activation. Default 10 s: a handshake takes less than one.</summary>
    public TimeSpan ActivationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Characters of a session's name and of what a client says of itself: shown in diagnostics, kept for the session's life.</summary>
    public int MaxTextLength { get; init; } = 1024;

    /// <summary>Locales that a client may ask for: more are never looked at.</summary>
    public int MaxLocales { get; init; } = 16;
}
