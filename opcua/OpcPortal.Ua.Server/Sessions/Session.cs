using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>A session from CreateSession to CloseSession or timeout. Part 4 5.7.</summary>
public sealed partial class Session
{
    private readonly ConcurrentDictionary<Type, object> _features = new();

    /// <summary>Public id, shown in diagnostics and audit; not the secret authentication token.</summary>
    public required NodeId Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Who the user is; null until the session is activated.</summary>
    public AccessContext? Access { get; internal set; }

    /// <summary>
    /// What a room of the server keeps for this session (continuation points, registered nodes, publish queue): made when first asked for. Disposed
    /// with the session where it is <see cref="IDisposable"/>.
    /// </summary>
    public T Feature<T>() where T : class, new() => (T)_features.GetOrAdd(typeof(T), static _ => new T());
}

/// <summary>A room of the server that acts when a session ends or changes its user.</summary>
public interface ISessionObserver
{
    /// <param name="session">The session that has just ended.</param>
    /// <param name="deleteSubscriptions">Whether its subscriptions end with it; a timed-out session's do. Part 4 5.7.4.</param>
    void OnClosed(Session session, bool deleteSubscriptions);

    /// <summary>The session was activated, for the first time or with another user or channel.</summary>
    void OnActivated(Session session);
}
