using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using OpcPortal.Ua.Channel;

namespace OpcPortal.Ua.Server;

/// <summary>What a connection needs of the server around it.</summary>
internal sealed record ConnectionServices(
    RequestDispatcher Dispatcher, ChannelOpener Opener, IAuditor Auditor, ConnectionLimits Limits, TransportLimits Transport, MessageBudget Budget, CodecContext Codec, TimeProvider Time, ILogger Logger);

/// <summary>
/// One connection from Hello to its end: a loop that reads chunks and serves the requests in them, in order. A request that waits for something is set aside and
/// answered when it is ready. Part 6 7.1.
/// </summary>
internal sealed partial class UaConnection : IDisposable
{
    // How long the last words to a peer may take before the connection is cut.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly IDuplexPipe _transport;
    private readonly Action _cut;
    private readonly ConnectionServices _services;
    private readonly ResponseWriter _writer;
    private readonly Lock _gate = new();
    private readonly HashSet<PendingRequest> _pending = [];
    private MessageAssembler? _assembler;
    private NegotiatedLimits? _limits;
    private ServerChannel? _channel;
    private ChannelException? _aborted;
    private long _deadline;
    private bool _isClosing;
    private volatile bool _isDraining;

    /// <param name="cut">Ends the transport at once.</param>
    public UaConnection(IDuplexPipe transport, Action cut, string remoteAddress, ConnectionServices services)
    {
        _cut = cut;
        _transport = transport;
        _services = services;
        _writer = new ResponseWriter(transport.Output, services.Codec, services.Time);
        RemoteAddress = remoteAddress;
        SetDeadline(services.Limits.HandshakeTimeout);
    }

    public string RemoteAddress { get; }
    public string? EndpointUrl { get; private set; }
    public bool HasSession => Volatile.Read(ref _channel)?.HasSession ?? false;
    public bool IsAborted => Volatile.Read(ref _aborted) is not null;

    /// <summary>Serves the connection until it ends. Whatever the peer does, it does not throw.</summary>
    public async Task RunAsync()
    {
        ChannelException? failure = null;
        try
        {
            await ReadAsync().ConfigureAwait(false);
            failure = _aborted;
        }
        catch (ChannelException refused)
        {
            failure = refused;
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or Microsoft.AspNetCore.Connections.ConnectionAbortedException or ObjectDisposedException)
        {
            LogBroken(_services.Logger, RemoteAddress, broken.Message);
        }

        if (failure is not null) LogRefused(_services.Logger, RemoteAddress, failure.Status, failure.Message);
        await EndAsync(failure is null ? null : ErrorMessage.Create(failure.Status)).ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        while (!_isClosing && !IsAborted)
        {
            var result = await _transport.Input.ReadAsync().ConfigureAwait(false);
            var buffer = result.Buffer;
            try
            {
                while (!_isClosing && MessageFramer.TryRead(buffer, MaxFrameSize, out var frame))
                {
                    buffer = buffer.Slice(frame.Bytes.End);
                    await TakeAsync(frame).ConfigureAwait(false);
                }
            }
            finally
            {
                _transport.Input.AdvanceTo(buffer.Start, buffer.End);
                await _writer.FlushAsync().ConfigureAwait(false);
            }

            if (result.IsCompleted) return;
        }
    }

    private uint MaxFrameSize => _limits is not { } limits ? HelloHandshake.MaxHelloLength
        : _channel is null ? Math.Min(_services.Transport.MaxOpenSize, limits.ReceiveBufferSize)
        : limits.ReceiveBufferSize;

    private ValueTask TakeAsync(in Channel.Frame frame)
    {
        switch (frame.Type)
        {
            case MessageType.Message when _channel is not null:
                TakeMessage(_channel, frame);
                return default;
            case MessageType.Open when _limits is not null:
                return OpenAsync(OpenChunk.Parse(frame, _services.Transport));
            case MessageType.Close when _channel is not null:
                _channel.Secure.Receive(frame);
                _services.Auditor.ChannelClosed(new AuditedAction { Status = StatusCodes.Good, ActionTime = _services.Time.GetUtcNow().UtcDateTime, ClientAuditEntryId = RemoteAddress }, _channel.ChannelId);
                _isClosing = true;
                return default;
            case MessageType.Hello when _limits is null:
                TakeHello(frame);
                return default;
            default:
                throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"{frame.Type} does not belong here.");
        }
    }

    private void TakeHello(in Channel.Frame frame)
    {
        var limits = HelloHandshake.Accept(frame, _services.Transport, out var url, out var acknowledge);
        EndpointUrl = url;
        _assembler = new MessageAssembler(limits, _services.Budget) { MaxMessageSize = Math.Min(_services.Limits.MaxMessageSizeBeforeSession, limits.MaxReceiveMessageSize) };
        _limits = limits;
        _writer.WriteRaw(acknowledge);
        SetDeadline(_services.Limits.HandshakeTimeout);
    }

    private async ValueTask OpenAsync(OpenChunk chunk)
    {
        var channel = await _services.Opener.OpenAsync(this, _channel, chunk, _limits!, _writer, CancellationToken.None).ConfigureAwait(false);
        Volatile.Write(ref _channel, channel);
        Volatile.Write(ref _deadline, channel.Secure.AcceptedUntil.Ticks);
    }

    private void TakeMessage(ServerChannel channel, in Channel.Frame frame)
    {
        var chunk = channel.Secure.Receive(frame);
        var wasPartial = _assembler!.IsPartial;
        if (!_assembler.TryAdd(chunk.Kind, chunk.RequestId, chunk.Body, out var message))
        {
            if (!wasPartial && _assembler.IsPartial) SetDeadline(_services.Limits.MessageTimeout);
            else if (!_assembler.IsPartial) Volatile.Write(ref _deadline, channel.Secure.AcceptedUntil.Ticks);
            return;
        }

        if (wasPartial) Volatile.Write(ref _deadline, channel.Secure.AcceptedUntil.Ticks);
        var pending = _services.Dispatcher.Dispatch(channel, _writer, chunk.RequestId, message.Span);
        _assembler.Release();
        if (pending is not null) SetAside(pending);
    }

    private void SetAside(PendingRequest pending)
    {
        lock (_gate)
        {
            if (!pending.Completion.IsCompleted) _pending.Add(pending);
            if (_pending.Count > _services.Limits.MaxPendingRequests) _pending.RemoveWhere(p => p.Completion.IsCompleted);
            if (_pending.Count > _services.Limits.MaxPendingRequests) throw new ChannelException(StatusCodes.BadTcpServerTooBusy, $"More than {_services.Limits.MaxPendingRequests} requests of one connection wait.");
        }
    }

    /// <summary>Lets messages have their full size.</summary>
    public void AllowFullMessages() => _assembler!.MaxMessageSize = _limits!.MaxReceiveMessageSize;

    /// <inheritdoc cref="IServerChannel.CancelRequests"/>
    public int CancelRequests(Session session, uint requestHandle)
    {
        PendingRequest[] found;
        lock (_gate) found = [.. _pending.Where(p => ReferenceEquals(p.Context.Session, session) && p.Context.RequestHeader.RequestHandle == requestHandle && !p.Completion.IsCompleted)];
        return found.Count(p => p.Context.Cancel(StatusCodes.BadRequestCancelledByClient));
    }

    /// <summary>Ends the connection from outside: the loop tells the peer.</summary>
    public void Abort(StatusCode status, string detail)
    {
        if (Interlocked.CompareExchange(ref _aborted, new ChannelException(status, detail), null) is not null) return;
        _transport.Input.CancelPendingRead();
        _transport.Output.CancelPendingFlush();
    }

    /// <summary>Takes no more requests, answers those under way, and tells the peer that the server stops.</summary>
    public void Stop()
    {
        _isDraining = true;
        Abort(StatusCodes.BadShutdown, "The server stops.");
    }

    /// <summary>Ends the connection where the peer is late: with its handshake, the rest of a message, the renewal of its token.</summary>
    public void CheckDeadline(DateTime now)
    {
        if (Volatile.Read(ref _deadline) <= now.Ticks) Abort(StatusCodes.BadTimeout, "The peer is late.");
    }

    private void SetDeadline(TimeSpan after) => Volatile.Write(ref _deadline, (_services.Time.GetUtcNow().UtcDateTime + after).Ticks);

    private async Task EndAsync(byte[]? error)
    {
        PendingRequest[] pending;
        lock (_gate) pending = [.. _pending];
        if (_isDraining) await DrainAsync(pending).ConfigureAwait(false);
        // What is parked is let go; what a device is working on comes to its end, and nobody hears of it.
        foreach (var request in pending) request.Context.Cancel(StatusCodes.BadSecureChannelClosed);
        try
        {
            await _writer.CloseAsync(error).WaitAsync(Farewell, _services.Time).ConfigureAwait(false);
            await _transport.Input.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or InvalidOperationException or TimeoutException)
        {
            LogBroken(_services.Logger, RemoteAddress, broken.Message);
            _cut();
        }

        await Task.WhenAll(pending.Select(p => p.Completion)).ConfigureAwait(false);
    }

    // Stopping drains: what is under way is answered, in good time, before the peer is told that the server stops.
    private async Task DrainAsync(PendingRequest[] pending)
    {
        foreach (var request in pending)
            if (request.IsParked) request.Context.Cancel(StatusCodes.BadShutdown);
        try
        {
            await Task.WhenAll(pending.Select(p => p.Completion)).WaitAsync(Farewell, _services.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogBroken(_services.Logger, RemoteAddress, "Requests were still under way when the server stopped.");
        }
    }

    public void Dispose()
    {
        _channel?.Dispose();
        _assembler?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Address} ended with {Status}: {Detail}")]
    private static partial void LogRefused(ILogger logger, string address, StatusCode status, string detail);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Address} broke: {Detail}")]
    private static partial void LogBroken(ILogger logger, string address, string detail);
}
