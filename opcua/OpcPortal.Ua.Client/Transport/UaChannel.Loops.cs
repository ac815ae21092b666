using System.Buffers;
using System.IO.Pipelines;
using OpcPortal.Ua.Channel;
using ChannelFrame = OpcPortal.Ua.Channel.Frame;

namespace OpcPortal.Ua.Client;

// One loop reads, one writes; the writer alone assigns sequence numbers.
public sealed partial class UaChannel
{
    // What is gathered before a flush: enough that system calls do not count, not so much that the first request waits for the last.
    private const long FlushAt = 64 * 1024;

    // A token is renewed at three quarters of its life. Part 4 5.6.2.1.
    private const double RenewAt = 0.75;

    private readonly record struct Outgoing(MessageType Type, uint RequestId, ArraySegment<byte> Body);

    private void Start()
    {
        _writing = Task.Run(WriteAsync);
        _reading = Task.Run(ReadAsync);
        _overdue = _options.Time.CreateTimer(static state => ((UaChannel)state!).FailOverdue(), this, OverdueCheck, OverdueCheck);
        _renewal = _options.Time.CreateTimer(static state => ((UaChannel)state!).Renew(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        ScheduleRenewal();
    }

    private void ScheduleRenewal() => _renewal?.Change(_opening.Lifetime * RenewAt, Timeout.InfiniteTimeSpan);

    private void FailOverdue()
    {
        _pending.FailOverdue(_options.Time.GetTimestamp());
        if (_secure.AcceptedUntil <= _options.Time.GetUtcNow().UtcDateTime)
            Abort(new UaConnectionException(StatusCodes.BadSecureChannelTokenUnknown, "The token ran out and the server did not renew it."));
    }

    private void Renew() => _outgoing.Writer.TryWrite(new Outgoing(MessageType.Open, _pending.NextId(), default));

    private ArraySegment<byte> Encode(IServiceRequest request, uint id, TimeSpan timeout)
    {
        var header = request.RequestHeader;
        header.RequestHandle = id;
        header.Timestamp = _options.Time.GetUtcNow().UtcDateTime;
        header.TimeoutHint = timeout == Timeout.InfiniteTimeSpan ? 0 : (uint)Math.Clamp(timeout.TotalMilliseconds, 1, uint.MaxValue);
        var encoder = new BinaryEncoder(_options.Codec);
        try
        {
            encoder.WriteNodeId(request.BinaryEncodingId);
            request.Encode(ref encoder);
            if (!_secure.Fits(encoder.Position)) throw new UaException(StatusCodes.BadRequestTooLarge, $"A request of {encoder.Position} bytes is more than the server takes.");
            return encoder.Detach();
        }
        catch (CodecException unfit)
        {
            throw new UaException(unfit.Status, $"The request cannot be encoded: {unfit.Message}", unfit);
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static void Return(ArraySegment<byte> body)
    {
        if (body.Array is { Length: > 0 } rented) ArrayPool<byte>.Shared.Return(rented);
    }

    private async Task WriteAsync()
    {
        var queue = _outgoing.Reader;
        var output = _transport.Output;
        try
        {
            while (await queue.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                while (queue.TryRead(out var message))
                {
                    Write(output, message);
                    if (output.UnflushedBytes >= FlushAt && !await FlushAsync(output).ConfigureAwait(false)) return;
                }

                if (!await FlushAsync(output).ConfigureAwait(false)) return;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The channel ended; the reason is known.
        }
        catch (Exception failed)
        {
            // Whatever it was: without this loop nobody would ever get an answer.
            Abort(AsConnectionFailure(failed) ?? new UaConnectionException(StatusCodes.BadUnexpectedError, failed.Message, failed));
        }
        finally
        {
            while (queue.TryRead(out var unsent)) Return(unsent.Body);
        }
    }

    private void Write(PipeWriter output, in Outgoing message)
    {
        if (message.Type == MessageType.Open)
        {
            output.Write(_opening.CreateRequest(SecurityTokenRequestType.Renew, message.RequestId));
            return;
        }

        _secure.Send(output, message.Type, message.RequestId, message.Body);
        Return(message.Body);
    }

    private async ValueTask<bool> FlushAsync(PipeWriter output)
    {
        var flushed = await output.FlushAsync(_stop.Token).ConfigureAwait(false);
        if (!flushed.IsCompleted) return true;
        Abort(new UaConnectionException(StatusCodes.BadConnectionClosed, "The server closed the connection."));
        return false;
    }

    private async Task ReadAsync()
    {
        using var assembler = new MessageAssembler(_secure.Limits, new MessageBudget(MessageBudget.DefaultBytes));
        var input = _transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(_stop.Token).ConfigureAwait(false);
                var rest = read.Buffer;
                while (MessageFramer.TryRead(rest, _secure.Limits.ReceiveBufferSize, out var frame))
                {
                    rest = rest.Slice(frame.Bytes.End);
                    Take(frame, assembler);
                }

                input.AdvanceTo(rest.Start, rest.End);
                if (!read.IsCompleted) continue;
                Abort(new UaConnectionException(StatusCodes.BadConnectionClosed, "The server closed the connection."));
                return;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The channel ended; the reason is known.
        }
        catch (Exception failed)
        {
            // Whatever it was: without this loop nobody would ever get an answer.
            Abort(AsConnectionFailure(failed) ?? new UaConnectionException(StatusCodes.BadUnexpectedError, failed.Message, failed));
        }
    }

    private void Take(in ChannelFrame frame, MessageAssembler assembler)
    {
        switch (frame.Type)
        {
            case MessageType.Message:
                TakeChunk(_secure.Receive(frame), assembler);
                break;
            case MessageType.Open:
                _opening.ReadResponse(frame);
                ScheduleRenewal();
                break;
            case MessageType.Error:
                var (status, reason) = ErrorMessage.Read(frame);
                throw new ChannelException(status, $"The server closed the channel: {status} {reason}");
            default:
                throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"The server sent a {frame.Type} on an open channel.");
        }
    }

    private void TakeChunk(in ReceivedChunk chunk, MessageAssembler assembler)
    {
        var isWhole = assembler.TryAdd(chunk.Kind, chunk.RequestId, chunk.Body, out var message);
        if (isWhole)
        {
            // One that nobody waits for any more was cancelled or overdue.
            if (_pending.TryTake(chunk.RequestId, out var request)) request.Complete(message.Span, _options.Codec);
            assembler.Release();
        }
        else if (chunk.Kind == ChunkKind.Abort && _pending.TryTake(chunk.RequestId, out var aborted))
        {
            var (status, reason) = MessageAssembler.ReadAbort(chunk.Body.Span);
            aborted.Fail(new UaException(status, $"The server gave up its answer: {status} {reason}"));
        }
    }
}
