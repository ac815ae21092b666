using System.IO.Pipelines;
using OpcPortal.Ua.Channel;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The one writer of a connection: encodes outside its gate, protects and numbers chunks inside it, so that sequence numbers leave in order. What is written
/// goes out with the next flush: once for all that a look at the input has answered.
/// </summary>
internal sealed class ResponseWriter(PipeWriter output, CodecContext codec, TimeProvider time) : IResponder
{
    private readonly Lock _gate = new();
    private SecureChannel? _channel;
    private Task _flushing = Task.CompletedTask;
    private bool _isFlushWanted;
    private bool _isWritten;
    private bool _isClosed;

    /// <summary>Writes the answer to an OpenSecureChannel request; from now on responses go through its channel.</summary>
    /// <param name="createAnswer">Numbers and protects the answer: called where no other chunk can come between.</param>
    public void Open(SecureChannel channel, Func<byte[]> createAnswer)
    {
        lock (_gate)
        {
            _channel = channel;
            WriteUnderGate(createAnswer());
        }
    }

    /// <summary>Writes a chunk that is ready and has no number: Acknowledge.</summary>
    public void WriteRaw(ReadOnlySpan<byte> chunk)
    {
        lock (_gate) WriteUnderGate(chunk);
    }

    public void Respond(uint requestId, IServiceResponse response)
    {
        var encoder = new BinaryEncoder(codec);
        try
        {
            if (!TryEncode(ref encoder, response)) Replace(ref encoder, response, StatusCodes.BadEncodingLimitsExceeded);
            lock (_gate)
            {
                if (_isClosed) return;
                // Part 4 5.3: a response that the client cannot take is replaced by a fault.
                if (!_channel!.Fits(encoder.Position)) Replace(ref encoder, response, StatusCodes.BadResponseTooLarge);
                _channel.Send(output, MessageType.Message, requestId, encoder.Written);
                _isWritten = true;
            }
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static bool TryEncode(ref BinaryEncoder encoder, IServiceResponse response)
    {
        try
        {
            encoder.WriteNodeId(response.BinaryEncodingId);
            response.Encode(ref encoder);
            return true;
        }
        catch (CodecException)
        {
            return false;
        }
    }

    private void Replace(ref BinaryEncoder encoder, IServiceResponse response, StatusCode status)
    {
        encoder.Rewind(0);
        var fault = new ServiceFault { ResponseHeader = new ResponseHeader { RequestHandle = response.ResponseHeader.RequestHandle, ServiceResult = status, Timestamp = time.GetUtcNow().UtcDateTime } };
        encoder.WriteNodeId(fault.BinaryEncodingId);
        fault.Encode(ref encoder);
    }

    void IResponder.Flush() => _ = FlushAsync();

    /// <summary>Pushes out what was written. Waits while the peer does not read.</summary>
    public ValueTask FlushAsync()
    {
        lock (_gate)
        {
            if (!_isWritten || _isClosed) return default;
            if (!_flushing.IsCompleted)
            {
                _isFlushWanted = true;
                return new ValueTask(_flushing);
            }

            _isWritten = false;
            var flush = output.FlushAsync();
            if (flush.IsCompletedSuccessfully)
            {
                _ = flush.Result;
                return default;
            }

            _flushing = FinishAsync(flush);
            return new ValueTask(_flushing);
        }
    }

    private async Task FinishAsync(ValueTask<FlushResult> flush)
    {
        while (true)
        {
            var result = await flush.ConfigureAwait(false);
            lock (_gate)
            {
                if (result.IsCompleted || !_isFlushWanted || _isClosed) return;
                _isFlushWanted = _isWritten = false;
                flush = output.FlushAsync();
            }
        }
    }

    /// <summary>Writes nothing more, pushes out the rest, and ends the stream.</summary>
    /// <param name="error">A last chunk that says why; null where nobody did wrong.</param>
    public async Task CloseAsync(byte[]? error)
    {
        Task flushing;
        lock (_gate)
        {
            if (error is not null) WriteUnderGate(error);
            _isClosed = true;
            flushing = _flushing;
        }

        await flushing.ConfigureAwait(false);
        await output.FlushAsync().ConfigureAwait(false);
        await output.CompleteAsync().ConfigureAwait(false);
    }

    private void WriteUnderGate(ReadOnlySpan<byte> chunk)
    {
        if (_isClosed) return;
        chunk.CopyTo(output.GetSpan(chunk.Length));
        output.Advance(chunk.Length);
        _isWritten = true;
    }
}
