using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpcPortal.Ua.Channel;

/// <summary>
/// Puts the chunks of a message together. A message in one chunk is handed on without a copy. Chunks of two messages are never mixed. Part 6 6.7.2.
/// </summary>
public sealed class MessageAssembler(NegotiatedLimits limits, MessageBudget budget) : IDisposable
{
    private byte[]? _buffer;
    private int _length;
    private int _budgeted;
    private uint _chunks;
    private uint _requestId;

    /// <summary>Bytes of the largest body taken: small until a session is active, so that a stranger ties up little.</summary>
    public uint MaxMessageSize { get; set; } = limits.MaxReceiveMessageSize;

    /// <summary>Whether a message has begun that has not ended: its sender has some time to finish it.</summary>
    public bool IsPartial => _chunks > 0;

    /// <summary>Adds a chunk.</summary>
    /// <param name="body">The chunk's body; it need stay as it is until the message is used.</param>
    /// <param name="message">The whole message; valid until the next call.</param>
    /// <returns>True where the message is whole; false where more is to come, or where its sender abandoned it.</returns>
    /// <exception cref="ChannelException">BadTcpMessageTooLarge, or chunks of different messages are mixed.</exception>
    public bool TryAdd(ChunkKind kind, uint requestId, ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> message)
    {
        message = default;
        if (_chunks > 0 && requestId != _requestId) throw new ChannelException(StatusCodes.BadTcpInternalError, $"A chunk of request {requestId} came within request {_requestId}.");
        if (kind == ChunkKind.Abort)
        {
            Reset();
            return false;
        }

        if (_length + (long)body.Length > MaxMessageSize) throw new ChannelException(StatusCodes.BadTcpMessageTooLarge, $"A message is longer than {MaxMessageSize} bytes.");
        if (limits.MaxReceiveChunkCount != 0 && _chunks >= limits.MaxReceiveChunkCount) throw new ChannelException(StatusCodes.BadTcpMessageTooLarge, $"A message has more than {limits.MaxReceiveChunkCount} chunks.");
        if (kind == ChunkKind.Final && _chunks == 0)
        {
            message = body;
            return true;
        }

        Append(requestId, body.Span);
        if (kind != ChunkKind.Final) return false;
        message = _buffer.AsMemory(0, _length);
        _chunks = 0;
        _length = 0;
        return true;
    }

    /// <summary>Gives back what the last message of several chunks took. Call when it has been used.</summary>
    public void Release()
    {
        if (_chunks == 0 && _buffer is not null) Reset();
    }

    /// <summary>What the sender says in an abort chunk. Part 6 6.7.3.</summary>
    public static (StatusCode Status, string? Reason) ReadAbort(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8) return (StatusCodes.BadCommunicationError, null);
        var status = new StatusCode(BinaryPrimitives.ReadUInt32LittleEndian(body));
        return (status, body.Length == 8 ? null : Encoding.UTF8.GetString(body[8..Math.Min(body.Length, 8 + TransportLimits.MaxReasonLength)]));
    }

    private void Append(uint requestId, ReadOnlySpan<byte> body)
    {
        _requestId = requestId;
        _chunks++;
        Reserve(_length + body.Length);
        body.CopyTo(_buffer.AsSpan(_length));
        _length += body.Length;
    }

    private void Reserve(int length)
    {
        if (_buffer is not null && length <= _buffer.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, (_buffer?.Length ?? 0) * 2));
        if (!budget.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw new ChannelException(StatusCodes.BadTcpNotEnoughResources, "The messages under way of all connections take all the memory set aside for them.");
        }

        _buffer.AsSpan(0, _length).CopyTo(larger);
        GiveBack();
        _buffer = larger;
        _budgeted = larger.Length;
    }

    private void Reset()
    {
        GiveBack();
        _chunks = 0;
        _length = 0;
    }

    private void GiveBack()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        budget.Return(_budgeted);
        _buffer = null;
        _budgeted = 0;
    }

    public void Dispose() => Reset();
}

/// <summary>Bytes that all connections together may spend on messages that have not yet come whole. Thread-safe.</summary>
public sealed class MessageBudget(long maxBytes)
{
    /// <summary>Default 256 MiB: 64 of the largest messages at once.</summary>
    public const long DefaultBytes = 256L * 1024 * 1024;

    private long _taken;

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= maxBytes) return true;
        Return(bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
