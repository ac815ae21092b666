namespace OpcPortal.Ua.Client;

/// <summary>Whether a session can be used.</summary>
public enum SessionState
{
    /// <summary>Requests are answered.</summary>
    Connected,

    /// <summary>The connection is lost and is tried again; requests fail with <see cref="UaConnectionException"/>.</summary>
    Reconnecting,

    /// <summary>It was closed by its user.</summary>
    Closed,
}

/// <summary>A session's state changed, or an attempt to reconnect failed.</summary>
/// <param name="State">The state now.</param>
/// <param name="Reason">Why the connection was lost or could not be made again; null when connected.</param>
/// <param name="Attempt">How many attempts to reconnect have failed since the loss.</param>
/// <param name="IsNewSession">When connected again: whether the server had forgotten the old session.</param>
public sealed record SessionStateChange(SessionState State, UaException? Reason = null, int Attempt = 0, bool IsNewSession = false);
