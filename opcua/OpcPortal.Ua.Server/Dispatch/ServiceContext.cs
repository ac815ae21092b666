namespace OpcPortal.Ua.Server;

/// <summary>What surrounds one request: made by the dispatcher, handed to the service.</summary>
public sealed class ServiceContext : IDisposable
{
    private readonly TimeProvider _time;
    private CancellationTokenSource? _cancellation;
    private StatusCode _reason;

    /// <param name="time">Counts the timeoutHint; the system's where absent.</param>
    public ServiceContext(TimeProvider? time = null) => _time = time ?? TimeProvider.System;

    /// <summary>The channel on which the request came.</summary>
    public required IServerChannel Channel { get; init; }

    /// <summary>The session; null only in services that require <see cref="SessionState.None"/>.</summary>
    public Session? Session { get; init; }

    /// <summary>Who asks. Services that require an activated session always have it.</summary>
    /// <exception cref="ServiceException">BadSessionNotActivated: there is no user yet.</exception>
    public AccessContext Access => Session?.Access ?? throw new ServiceException(StatusCodes.BadSessionNotActivated);

    public required RequestHeader RequestHeader { get; init; }

    /// <summary>When the request was taken up, UTC.</summary>
    public required DateTime Now { get; init; }

    /// <summary>Cancelled by timeoutHint, by Cancel, and when the channel closes. Made when first asked for: most services finish at once.</summary>
    public CancellationToken Cancellation
    {
        get
        {
            if (Volatile.Read(ref _cancellation) is { } known) return known.Token;
            // Part 4 7.32: a timeoutHint of 0 is no timeout; neither is the greatest, 49 days, which a timer cannot hold.
            var hint = RequestHeader.TimeoutHint;
            var made = hint is 0 or uint.MaxValue ? new CancellationTokenSource() : new CancellationTokenSource(TimeSpan.FromMilliseconds(hint), _time);
            var winner = Interlocked.CompareExchange(ref _cancellation, made, null);
            if (winner is null) return made.Token;
            made.Dispose();
            return winner.Token;
        }
    }

    /// <summary>Why the request was cancelled: BadTimeout unless somebody cancelled it.</summary>
    internal StatusCode CancellationReason => _reason.IsGood ? StatusCodes.BadTimeout : _reason;

    /// <summary>Asks the service to stop.</summary>
    /// <returns>False where the service cannot be stopped or was already.</returns>
    internal bool Cancel(StatusCode reason)
    {
        if (Volatile.Read(ref _cancellation) is not { IsCancellationRequested: false } source) return false;
        _reason = reason;
        try
        {
            source.Cancel();
            return true;
        }
        catch (ObjectDisposedException)
        {
            // It has just finished.
            return false;
        }
    }

    public void Dispose() => _cancellation?.Dispose();
}

/// <summary>What services may know of the channel that carries a request.</summary>
public interface IServerChannel
{
    uint ChannelId { get; }
    string SecurityPolicyUri { get; }
    MessageSecurityMode SecurityMode { get; }

    /// <summary>The client's certificate, DER, the leaf alone; null on a None channel.</summary>
    ByteString ClientCertificate { get; }

    /// <summary>The server's certificate on this channel: it keeps the one it began with. Null on a None channel.</summary>
    Security.ApplicationCertificate? ServerCertificate => null;

    /// <summary>The URL in the client's Hello, at most 4,096 bytes; never dialled.</summary>
    string? EndpointUrl { get; }

    /// <summary>The peer's address for logs and brute-force protection.</summary>
    string RemoteAddress { get; }

    /// <summary>A session belongs to this channel from now on, or no longer: a channel without one is the first to go when there are too many.</summary>
    /// <param name="change">1 or -1.</param>
    void CountSession(int change) { }

    /// <summary>A user was recognised on this channel: messages may have their full size.</summary>
    void OnSessionActivated() { }

    /// <summary>Cancels the session's pending requests with this handle. Part 4 5.7.5.</summary>
    /// <returns>How many.</returns>
    int CancelRequests(Session session, uint requestHandle) => 0;
}
