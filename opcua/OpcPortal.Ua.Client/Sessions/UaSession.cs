using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Client;

/// <summary>
/// A session with a server. It survives its connection: a lost one is made anew, the session re-activated on it or, where the server has forgotten it, replaced, and
/// its subscriptions go on. Thread-safe. Part 4 5.7, 6.7.
/// </summary>
public sealed partial class UaSession : IAsyncDisposable
{
    private readonly UaClientOptions _options;
    private readonly SubscriptionSet _subscriptions;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _activation = new(1, 1);
    private SessionHandshake _handshake;
    private UserIdentity _user;
    private UaChannel _channel;
    private Task _supervisor = Task.CompletedTask;
    private TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    private UaSession(UaClientOptions options, ConfiguredEndpoint endpoint, UserIdentity user, SessionHandshake handshake, UaChannel channel)
    {
        _options = options;
        Endpoint = endpoint;
        _user = user;
        _handshake = handshake;
        _channel = channel;
        _subscriptions = new SubscriptionSet(this);
        Types = new TypeLoader(this, channel.Options.Codec);
        _connected.SetResult();
    }

    /// <summary>The endpoint that it runs on.</summary>
    public ConfiguredEndpoint Endpoint { get; private set; }

    /// <summary>The client's options.</summary>
    public UaClientOptions Options => _options;

    /// <summary>The id by which the server lists it.</summary>
    public NodeId SessionId => _handshake.SessionId;

    /// <summary>Whether it can be used.</summary>
    public SessionState State { get; private set; }

    /// <summary>The DataTypes of the server, for values whose structure no code was generated for.</summary>
    public TypeLoader Types { get; }

    /// <summary>Called when the state changes and for each failed attempt to reconnect; must return soon.</summary>
    public event Action<UaSession, SessionStateChange>? StateChanged;

    internal UaChannel Channel => Volatile.Read(ref _channel);

    internal static async Task<UaSession> ConnectAsync(UaClientOptions options, ConfiguredEndpoint endpoint, UserIdentity user, CancellationToken cancellation)
    {
        SessionHandshake.CheckServer(options, endpoint);
        var channel = await OpenAsync(options, endpoint, cancellation).ConfigureAwait(false);
        try
        {
            var handshake = new SessionHandshake(options, endpoint);
            await handshake.CreateAsync(channel, options.ApplicationName, cancellation).ConfigureAwait(false);
            await handshake.ActivateAsync(channel, user, cancellation).ConfigureAwait(false);
            var session = new UaSession(options, endpoint, user, handshake, channel);
            await session.ReadFactsAsync(cancellation).ConfigureAwait(false);
            session._supervisor = Task.Run(session.SuperviseAsync, CancellationToken.None);
            return session;
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends any request within the session.</summary>
    /// <inheritdoc cref="UaChannel.InvokeAsync"/>
    public ValueTask<TResponse> InvokeAsync<TResponse>(IServiceRequest request, TimeSpan timeout = default, CancellationToken cancellation = default)
        where TResponse : class, IServiceResponse, IStructure<TResponse>, new()
    {
        ArgumentNullException.ThrowIfNull(request);
        return InvokeAsync<TResponse>(Channel, request, timeout, cancellation);
    }

    internal ValueTask<TResponse> InvokeAsync<TResponse>(UaChannel channel, IServiceRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TResponse : class, IServiceResponse, IStructure<TResponse>, new()
    {
        request.RequestHeader.AuthenticationToken = _handshake.AuthenticationToken;
        return channel.InvokeAsync<TResponse>(request, timeout, cancellation);
    }

    /// <summary>Makes a subscription. Items are added to it afterwards.</summary>
    /// <param name="handler">
    /// Told what comes, one message at a time and in order; it may be slow, for the server waits, and may use the session, but must not wait until it is connected.
    /// </param>
    /// <exception cref="UaException">The server refuses.</exception>
    public Task<UaSubscription> SubscribeAsync(SubscriptionOptions options, Func<SubscriptionMessage, ValueTask> handler, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handler);
        return _subscriptions.CreateAsync(options, handler, cancellation);
    }

    /// <summary>
    /// Takes over a durable subscription that the server has kept, from this client before it was restarted or from another of the same user: what waited comes first. One that the server
    /// has no more is made anew, of which the handler is told first. Part 4 6.8, 5.14.7.
    /// </summary>
    /// <param name="kept">What <see cref="UaSubscription.Keep"/> gave.</param>
    /// <param name="options">As it was made with.</param>
    /// <param name="handler">As for <see cref="SubscribeAsync"/>.</param>
    /// <exception cref="UaException">BadUserAccessDenied: it is another user's.</exception>
    public Task<UaSubscription> TakeOverAsync(KeptSubscription kept, SubscriptionOptions options, Func<SubscriptionMessage, ValueTask> handler, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(kept);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handler);
        return _subscriptions.TakeOverAsync(kept, options, handler, cancellation);
    }

    /// <summary>Goes on as another user; subscriptions stay. Part 4 5.7.3.</summary>
    /// <exception cref="UaException">The server refuses the user; the session stays with the one before.</exception>
    public async Task ChangeUserAsync(UserIdentity user, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        await _activation.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await _handshake.ActivateAsync(Channel, user, cancellation).ConfigureAwait(false);
            _user = user;
        }
        finally
        {
            _activation.Release();
        }
    }

    /// <summary>Waits until the session can be used.</summary>
    /// <exception cref="UaException">BadSessionClosed: it was closed.</exception>
    public Task WaitUntilConnectedAsync(CancellationToken cancellation = default) => Volatile.Read(ref _connected).Task.WaitAsync(cancellation);

    /// <summary>Ends the session with its subscriptions, but for durable ones, which the server keeps. Not to be called from a subscription's handler, which it waits for. Part 4 5.7.4.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (State == SessionState.Connected) await CloseAtServerAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await Channel.DisposeAsync().ConfigureAwait(false);
        await _supervisor.ConfigureAwait(false);
        await _subscriptions.DisposeAsync().ConfigureAwait(false);
        // What the supervisor may have opened while the session was being closed.
        await Channel.DisposeAsync().ConfigureAwait(false);
        Announce(new SessionStateChange(SessionState.Closed));
        _stop.Dispose();
        _activation.Dispose();
    }

    private async Task CloseAtServerAsync()
    {
        _subscriptions.Pause();
        try
        {
            // Part 4 5.7.4.2: all of them or none.
            var stays = _subscriptions.ExpectsToStay;
            if (stays && _subscriptions.Perishable() is { Length: > 0 } perishable)
                await InvokeAsync<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = perishable }, _options.ConnectTimeout).ConfigureAwait(false);
            await InvokeAsync<CloseSessionResponse>(new CloseSessionRequest { DeleteSubscriptions = !stays }, _options.ConnectTimeout).ConfigureAwait(false);
        }
        catch (UaException failed)
        {
            LogNotClosed(_options.Logger, failed.Message);
        }
    }

    private static Task<UaChannel> OpenAsync(UaClientOptions options, ConfiguredEndpoint endpoint, CancellationToken cancellation) => UaChannel.OpenAsync(
        new UaChannelOptions
        {
            EndpointUrl = endpoint.ConnectUrl,
            Policy = endpoint.Policy,
            Mode = endpoint.Description.SecurityMode,
            Certificate = options.Certificate,
            ServerCertificate = endpoint.Description.ServerCertificate,
            Limits = options.Limits,
            // A registry of its own: the structures of one server are not those of another, nor, perhaps, those that it has after a restart.
            Codec = new CodecContext(StructureRegistry.CreateStandard(), options.CodecLimits),
            TokenLifetime = options.TokenLifetime,
            ConnectTimeout = options.ConnectTimeout,
            RequestTimeout = options.RequestTimeout,
            Connector = options.Connector,
            Time = options.Time,
            Logger = options.Logger,
        },
        cancellation);

    private void Announce(SessionStateChange change)
    {
        State = change.State;
        switch (change.State)
        {
            case SessionState.Connected:
                _connected.TrySetResult();
                break;
            case SessionState.Reconnecting when _connected.Task.IsCompleted:
                Volatile.Write(ref _connected, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                break;
            case SessionState.Closed:
                if (!_connected.TrySetException(new UaException(StatusCodes.BadSessionClosed, "The session was closed."))) Volatile.Write(ref _connected, ClosedSource());
                break;
        }

        LogState(_options.Logger, Endpoint.Url, change.State, change.Reason?.Message);
        try
        {
            StateChanged?.Invoke(this, change);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The subscriber is not ours; its mistake must not end the watch over the connection.
            LogSubscriberFailed(_options.Logger, failure);
        }
    }

    private static TaskCompletionSource ClosedSource()
    {
        var closed = new TaskCompletionSource();
        closed.SetException(new UaException(StatusCodes.BadSessionClosed, "The session was closed."));
        return closed;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The session with {Url} is {State} {Reason}")]
    private static partial void LogState(ILogger logger, Uri url, SessionState state, string? reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A subscriber of StateChanged failed")]
    private static partial void LogSubscriberFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The server did not close the session: {Reason}")]
    private static partial void LogNotClosed(ILogger logger, string reason);
}
