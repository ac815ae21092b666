using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OpcPortal.Ua.Server;

/// <summary>All sessions: found by their secret token, bounded in number, ended when they fall silent. Thread-safe. Part 4 5.7.</summary>
public sealed class SessionTable
{
    // Part 4 7.36: the token cannot be guessed.
    private const int TokenLength = 32;

    private readonly ConcurrentDictionary<NodeId, Session> _sessions = new();
    private readonly Lock _gate = new();
    private readonly SessionLimits _limits;
    private readonly IAuditor _auditor;
    private readonly TimeProvider _time;
    private ISessionObserver[] _observers = [];

    public SessionTable(SessionLimits limits, IAuditor auditor, TimeProvider time)
    {
        _limits = limits;
        _auditor = auditor;
        _time = time;
    }

    public int Count => _sessions.Count;

    /// <summary>All sessions at this moment.</summary>
    public IEnumerable<Session> All => _sessions.Values;

    /// <summary>Sessions created since the start; those refused for want of room; those that fell silent; those ended by the server.</summary>
    public (long Created, long Rejected, long TimedOut, long Terminated) Totals =>
        (Interlocked.Read(ref _created), Interlocked.Read(ref _rejected), Interlocked.Read(ref _timedOut), Interlocked.Read(ref _terminated));

    private long _created;
    private long _rejected;
    private long _timedOut;
    private long _terminated;

    /// <summary>Observers are told in the order in which they came.</summary>
    public void AddObserver(ISessionObserver observer)
    {
        lock (_gate) _observers = [.. _observers, observer];
    }

    public bool TryGet(in NodeId authenticationToken, [NotNullWhen(true)] out Session? session) => _sessions.TryGetValue(authenticationToken, out session);

    /// <summary>A token for a new session.</summary>
    internal static NodeId NewToken() => new(RandomNumberGenerator.GetBytes(TokenLength), 0);

    /// <summary>Takes a new session in. Where all places are taken the oldest session that was never activated makes room.</summary>
    /// <exception cref="ServiceException">BadTooManySessions.</exception>
    internal void Add(Session session)
    {
        Session? evicted = null;
        lock (_gate)
        {
            if (_sessions.Count >= _limits.MaxSessions)
            {
                evicted = _sessions.Values.Where(s => s.Access is null).MinBy(s => s.CreatedAt);
                if (evicted is null)
                {
                    Interlocked.Increment(ref _rejected);
                    throw new ServiceException(StatusCodes.BadTooManySessions);
                }

                _sessions.TryRemove(evicted.AuthenticationToken, out _);
            }

            session.Touch(session.CreatedAt);
            _sessions[session.AuthenticationToken] = session;
            Interlocked.Increment(ref _created);
        }

        session.Channel.CountSession(1);
        if (evicted is not null) End(evicted, deleteSubscriptions: true, SessionEnd.Terminated);
    }

    /// <summary>Moves an activated session to the channel on which it was activated, and tells the observers.</summary>
    /// <exception cref="ServiceException">BadSessionClosed: it ended meanwhile.</exception>
    internal void Activate(Session session, IServerChannel channel, AccessContext access)
    {
        lock (_gate)
        {
            if (session.IsClosed) throw new ServiceException(StatusCodes.BadSessionClosed);
            if (!ReferenceEquals(session.Channel, channel))
            {
                session.Channel.CountSession(-1);
                channel.CountSession(1);
                session.Channel = channel;
            }

            session.Access = access;
        }

        channel.OnSessionActivated();
        foreach (var observer in Volatile.Read(ref _observers)) observer.OnActivated(session);
    }

    /// <summary>Ends a session.</summary>
    /// <returns>False where it had ended already.</returns>
    public bool Close(Session session, bool deleteSubscriptions, SessionEnd end)
    {
        if (!_sessions.TryRemove(session.AuthenticationToken, out _)) return false;
        End(session, deleteSubscriptions, end);
        return true;
    }

    /// <summary>Ends the sessions that have been silent for longer than their timeout.</summary>
    internal void CloseSilent()
    {
        var now = _time.GetUtcNow().UtcDateTime;
        foreach (var session in _sessions.Values)
            if (session.HasTimedOut(now, _limits.ActivationTimeout) && Close(session, deleteSubscriptions: true, SessionEnd.TimedOut)) Interlocked.Increment(ref _timedOut);
    }

    private void End(Session session, bool deleteSubscriptions, SessionEnd end)
    {
        lock (_gate)
        {
            session.IsClosed = true;
            session.End = end;
            session.Channel.CountSession(-1);
        }

        // CloseSession itself is audited with its request.
        if (end != SessionEnd.Closed)
        {
            var action = new AuditedAction { Status = StatusCodes.Good, ActionTime = _time.GetUtcNow().UtcDateTime, ClientUserId = session.Access?.UserName, ClientApplicationUri = session.Access?.ApplicationUri };
            _auditor.SessionClosed(action, session.Id, end);
            if (end == SessionEnd.Terminated) Interlocked.Increment(ref _terminated);
        }

        foreach (var observer in Volatile.Read(ref _observers)) observer.OnClosed(session, deleteSubscriptions);
        session.DisposeFeatures();
        CryptographicOperations.ZeroMemory(session.ServerNonce);
    }
}
