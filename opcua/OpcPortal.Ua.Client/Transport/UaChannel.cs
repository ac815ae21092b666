using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>
/// A secure channel to a server: any number of requests at once, each matched to its answer; tokens are renewed in time. It ends with the connection and is
/// not opened again: <see cref="UaSession"/> does that. Thread-safe. Part 4 5.6, Part 6 6.7 and 7.
/// </summary>
public sealed partial class UaChannel : IAsyncDisposable
{
    // How late an overdue request may be noticed: little against any timeout, and one timer serves all requests.
    private static readonly TimeSpan OverdueCheck = TimeSpan.FromMilliseconds(100);

    private readonly UaChannelOptions _options;
    private readonly IDuplexPipe _transport;
    private readonly ChannelOpening _opening;
    private readonly SecureChannel _secure;
    private readonly PendingRequests _pending;
    private readonly System.Threading.Channels.Channel<Outgoing> _outgoing;
    private readonly TaskCompletionSource<UaException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private ITimer? _overdue;
    private ITimer? _renewal;
    private Task _reading = Task.CompletedTask;
    private Task _writing = Task.CompletedTask;
    private int _disposed;

    private UaChannel(UaChannelOptions options, IDuplexPipe transport, NegotiatedLimits limits)
    {
        _options = options;
        _transport = transport;
        _secure = new SecureChannel(0, options.Policy, options.Mode, limits, options.Time, isClient: true);
        _opening = new ChannelOpening(options, _secure);
        _pending = new PendingRequests(options.MaxOutstandingRequests);
        // Bounded by the requests that may be outstanding: each waits in the table before it waits here.
        _outgoing = System.Threading.Channels.Channel.CreateUnbounded<Outgoing>(new() { SingleReader = true });
    }

    /// <summary>How it was opened.</summary>
    public UaChannelOptions Options => _options;

    /// <summary>The id that the server gave it.</summary>
    public uint ChannelId => _secure.ChannelId;

    /// <summary>Whether requests can be sent.</summary>
    public bool IsOpen => !_closed.Task.IsCompleted;

    /// <summary>Ends when the channel does, with the reason.</summary>
    public Task<UaException> Closed => _closed.Task;

    /// <summary>Connects and opens a channel.</summary>
    /// <exception cref="UaConnectionException">The server cannot be reached, does not answer, or refuses the channel.</exception>
    /// <exception cref="ArgumentException">A policy other than None without certificates, or a mode that does not fit the policy.</exception>
    public static async Task<UaChannel> OpenAsync(UaChannelOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ChannelOpening.Check(options);
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        IDuplexPipe? transport = null;
        try
        {
            transport = await options.Connector(options.EndpointUrl, either.Token).ConfigureAwait(false);
            var limits = await ChannelOpening.GreetAsync(options, transport, either.Token).ConfigureAwait(false);
            var channel = new UaChannel(options, transport, limits);
            await channel._opening.OpenAsync(transport, channel._pending.NextId(), either.Token).ConfigureAwait(false);
            channel.Start();
            return channel;
        }
        catch (Exception failed)
        {
            if (transport is not null) await CloseTransportAsync(transport).ConfigureAwait(false);
            if (failed is OperationCanceledException && !cancellation.IsCancellationRequested)
                throw new UaConnectionException(StatusCodes.BadTimeout, $"{options.EndpointUrl} did not open a channel within {options.ConnectTimeout.TotalSeconds:0.#} s.", failed);
            if (AsConnectionFailure(failed) is { } translated) throw translated;
            throw;
        }
    }

    /// <summary>Sends a request and gives the answer.</summary>
    /// <param name="request">Encoded before the method returns: it may be used again at once. Its header's time, handle and hint are filled in.</param>
    /// <param name="timeout">Default <see cref="UaChannelOptions.RequestTimeout"/>; <see cref="Timeout.InfiniteTimeSpan"/> for none, as a Publish wants.</param>
    /// <returns>To be awaited once, like any ValueTask.</returns>
    /// <exception cref="UaException">The service failed: a bad ServiceResult or a fault; BadRequestTimeout; or the answer is not what was asked for.</exception>
    /// <exception cref="UaConnectionException">The channel ended.</exception>
    public ValueTask<TResponse> InvokeAsync<TResponse>(IServiceRequest request, TimeSpan timeout = default, CancellationToken cancellation = default)
        where TResponse : class, IServiceResponse, IStructure<TResponse>, new()
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<TResponse>(cancellation);
        if (timeout == default) timeout = _options.RequestTimeout;
        var id = _pending.NextId();
        ArraySegment<byte> body;
        try
        {
            body = Encode(request, id, timeout);
        }
        catch (UaException tooLarge)
        {
            return ValueTask.FromException<TResponse>(tooLarge);
        }

        var pending = PendingRequest<TResponse>.Rent();
        pending.RequestHandle = id;
        pending.Deadline = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : _options.Time.GetTimestamp() + (long)(timeout.TotalSeconds * _options.Time.TimestampFrequency);
        var task = pending.Task;
        if (_pending.TryAdd(id, pending) is { } refused)
        {
            Return(body);
            return ValueTask.FromException<TResponse>(refused);
        }

        if (cancellation.CanBeCanceled) pending.Cancellation = cancellation.UnsafeRegister(new Cancellation(_pending, id).Fire, null);
        if (!_outgoing.Writer.TryWrite(new Outgoing(MessageType.Message, id, body))) Return(body);
        return task;
    }

    /// <summary>Ends the channel at once, as if the connection were lost.</summary>
    public void Abort(UaException reason)
    {
        if (!_closed.TrySetResult(reason)) return;
        LogClosed(_options.Logger, _options.EndpointUrl, reason.Message);
        _outgoing.Writer.TryComplete();
        _stop.Cancel();
        _pending.Close(reason);
    }

    /// <summary>Tells the server and closes the connection. Requests without an answer fail with BadConnectionClosed. Part 4 5.6.3.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        var reason = new UaConnectionException(StatusCodes.BadConnectionClosed, "The channel was closed by this client.");
        if (IsOpen) await SayGoodbyeAsync().ConfigureAwait(false);
        Abort(reason);
        await CloseTransportAsync(_transport).ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        if (_overdue is not null) await _overdue.DisposeAsync().ConfigureAwait(false);
        if (_renewal is not null) await _renewal.DisposeAsync().ConfigureAwait(false);
        _opening.Dispose();
        _secure.Dispose();
        _stop.Dispose();
    }

    // The writer sends what is queued before it, and a server that does not read must not keep the client.
    private async Task SayGoodbyeAsync()
    {
        var id = _pending.NextId();
        _outgoing.Writer.TryWrite(new Outgoing(MessageType.Close, id, Encode(new CloseSecureChannelRequest(), id, _options.RequestTimeout)));
        _outgoing.Writer.TryComplete();
        using var patience = new CancellationTokenSource(GoodbyePatience, _options.Time);
        await _writing.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Bytes that lie in the send buffer leave at once or not at all.
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(1);

    private static async ValueTask CloseTransportAsync(IDuplexPipe transport)
    {
        if (transport is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync().ConfigureAwait(false);
            return;
        }

        await transport.Output.CompleteAsync().ConfigureAwait(false);
        await transport.Input.CompleteAsync().ConfigureAwait(false);
    }

    internal static UaConnectionException? AsConnectionFailure(Exception failed) => failed switch
    {
        ChannelException channel => new UaConnectionException(channel.Status, channel.Message, channel),
        IOException io => new UaConnectionException(StatusCodes.BadConnectionClosed, $"The connection is lost: {io.Message}", io),
        ObjectDisposedException or InvalidOperationException => new UaConnectionException(StatusCodes.BadConnectionClosed, "The connection is closed.", failed),
        _ => null,
    };

    private sealed class Cancellation(PendingRequests pending, uint id)
    {
        public void Fire(object? state, CancellationToken token)
        {
            if (pending.TryTake(id, out var request)) request.Fail(new OperationCanceledException(token));
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The channel to {Url} is closed: {Reason}")]
    private static partial void LogClosed(ILogger logger, Uri url, string reason);
}
