using System.Collections.Concurrent;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>A session from CreateSession to CloseSession or timeout. Part 4 5.7.</summary>
public sealed partial class Session
{
    private readonly ConcurrentDictionary<Type, object> _features = new();
    private long _lastContact;
    private AccessContext? _access;

    /// <summary>Public id, shown in diagnostics and audit; not the secret authentication token.</summary>
    public required NodeId Id { get; init; }

    public required string Name { get; init; }

    /// <summary>What the client says of itself.</summary>
    public ApplicationDescription Client { get; init; } = new();

    /// <summary>The URL that the client used in CreateSession.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>The ServerUri that the client named.</summary>
    public string? ServerUri { get; init; }

    /// <summary>How long it lives without a request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of the largest response that the client takes; 0 where it sets no limit.</summary>
    public uint MaxResponseMessageSize { get; init; }

    /// <summary>When it was created, UTC.</summary>
    public DateTime CreatedAt { get; init; }

    /// <summary>When the last request came, UTC.</summary>
    public DateTime LastContact => new(Volatile.Read(ref _lastContact), DateTimeKind.Utc);

    /// <summary>Who the user is; null until the session is activated.</summary>
    public AccessContext? Access
    {
        get => Volatile.Read(ref _access);
        internal set => Volatile.Write(ref _access, value);
    }

    /// <summary>The user as recognised at the last activation.</summary>
    public UserIdentity? User => Access?.Identity;

    /// <summary>Replaces the context by one made of the same proof.</summary>
    /// <returns>False where it is another's by now.</returns>
    internal bool TryRenew(AccessContext current, AccessContext renewed) => ReferenceEquals(Interlocked.CompareExchange(ref _access, renewed, current), current);

    /// <summary>The channel that it belongs to.</summary>
    public IServerChannel Channel { get; internal set; } = NoChannel.Instance;

    /// <summary>The secret by which requests name it.</summary>
    internal NodeId AuthenticationToken { get; init; }

    /// <summary>The nonce that the next ActivateSession must be signed with; a fresh one after each.</summary>
    internal byte[] ServerNonce { get; set; } = [];

    /// <summary>Held while the session is activated: one activation at a time.</summary>
    internal SemaphoreSlim Activation { get; } = new(1, 1);

    internal bool IsClosed { get; set; }

    /// <summary>Why it ended; null while it lives.</summary>
    internal SessionEnd? End { get; set; }

    /// <summary>
    /// What a room of the server keeps for this session (continuation points, registered nodes, publish queue): made when first asked for. Disposed
    /// with the session where it is <see cref="IDisposable"/>.
    /// </summary>
    public T Feature<T>() where T : class, new() => (T)_features.GetOrAdd(typeof(T), static _ => new T());

    internal void Touch(DateTime now) => Volatile.Write(ref _lastContact, now.Ticks);

    internal bool HasTimedOut(DateTime now, TimeSpan activationTimeout) => now - LastContact > (Access is null && activationTimeout < Timeout ? activationTimeout : Timeout);

    internal void DisposeFeatures()
    {
        foreach (var feature in _features.Values) (feature as IDisposable)?.Dispose();
        _features.Clear();
    }

    private sealed class NoChannel : IServerChannel
    {
        public static readonly NoChannel Instance = new();
        public uint ChannelId => 0;
        public string SecurityPolicyUri => SecurityPolicy.None.Uri;
        public MessageSecurityMode SecurityMode => MessageSecurityMode.Invalid;
        public ByteString ClientCertificate => default;
        public string? EndpointUrl => null;
        public string RemoteAddress => "";
    }
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
