using System.Buffers;
using System.Buffers.Binary;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel;

/// <summary>A chunk whose protection was checked and taken off.</summary>
/// <param name="Body">Valid until the channel receives the next chunk.</param>
public readonly record struct ReceivedChunk(ChunkKind Kind, uint RequestId, ReadOnlyMemory<byte> Body);

/// <summary>
/// A secure channel after its opening: which tokens hold, which sequence number comes next, and the protection of each chunk. The same for client and server
/// but for the moment at which a new token is first used for sending. One thread receives, one at a time sends. Part 6 6.7.
/// </summary>
public sealed class SecureChannel : IDisposable
{
    /// <summary>Header, channel id, token id, sequence number, request id.</summary>
    internal const int PrefixLength = SecuredFrom + 8;

    // What is encrypted begins behind the security header. Part 6 6.7.2.
    private const int SecuredFrom = MessageFramer.HeaderLength + 8;

    private readonly NegotiatedLimits _limits;
    private readonly TimeProvider _time;
    private readonly bool _isClient;
    private readonly Lock _tokens = new();
    private SequenceNumbers _sent;
    private SequenceNumbers _received;
    private SecurityToken? _current;
    private SecurityToken? _next;
    private SecurityToken? _previous;
    private byte[]? _scratch;

    public SecureChannel(uint channelId, SecurityPolicy policy, MessageSecurityMode mode, NegotiatedLimits limits, TimeProvider time, bool isClient)
    {
        ChannelId = channelId;
        Policy = policy;
        Mode = mode;
        _limits = limits;
        _time = time;
        _isClient = isClient;
    }

    public uint ChannelId { get; private set; }
    public SecurityPolicy Policy { get; }
    public MessageSecurityMode Mode { get; }
    public NegotiatedLimits Limits => _limits;

    /// <summary>When the newest token runs out, UTC; the channel is dead a quarter of its lifetime later.</summary>
    public DateTime ExpiresAt => (_next ?? _current)?.ExpiresAt ?? default;

    /// <summary>Until when anything is accepted at all, UTC.</summary>
    public DateTime AcceptedUntil => (_next ?? _current)?.AcceptedUntil ?? default;

    /// <summary>The client learns its channel's id from the first answer.</summary>
    public void Adopt(uint channelId) => ChannelId = channelId;

    /// <summary>Takes note of the number of a received OpenSecureChannel chunk; it counts like any other.</summary>
    /// <exception cref="ChannelException">BadSecurityChecksFailed: replayed or lost.</exception>
    public void AcceptOpen(uint sequenceNumber) => Accept(sequenceNumber);

    /// <summary>The number for an OpenSecureChannel chunk about to be sent.</summary>
    public uint NextSequenceNumber() => _sent.Next();

    /// <summary>
    /// Makes a token known. The first is used at once. A later one is used for sending at once by a client, by a server when the client has used it or the
    /// old one has run out. Part 4 5.6.2.1.
    /// </summary>
    public void Install(SecurityToken token)
    {
        lock (_tokens)
        {
            if (_current is null)
            {
                _current = token;
                return;
            }

            _next?.Dispose();
            _next = token;
            if (_isClient) Promote();
        }
    }

    /// <summary>Checks a Message or Close chunk and takes its protection off.</summary>
    /// <exception cref="ChannelException">The chunk is not this channel's, not intact, repeated, or of a token that no longer holds.</exception>
    public ReceivedChunk Receive(in Frame frame)
    {
        if (frame.Bytes.Length < PrefixLength) throw new ChannelException(StatusCodes.BadDecodingError, "A chunk is shorter than its headers.");
        var copy = Contiguous(frame.Bytes);
        var bytes = copy.Span;
        var channelId = BinaryPrimitives.ReadUInt32LittleEndian(bytes[MessageFramer.HeaderLength..]);
        if (channelId != ChannelId) throw new ChannelException(StatusCodes.BadTcpSecureChannelUnknown, $"A chunk names channel {channelId} on channel {ChannelId}.");
        var token = TokenForReceiving(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(MessageFramer.HeaderLength + 4)..]));
        var bodyLength = Unprotect(token.Receiver, copy);
        bytes = copy.Span;
        Accept(BinaryPrimitives.ReadUInt32LittleEndian(bytes[SecuredFrom..]));
        UseWhenNew(token);
        return new ReceivedChunk(frame.Kind, BinaryPrimitives.ReadUInt32LittleEndian(bytes[(SecuredFrom + 4)..]), copy.Slice(PrefixLength, bodyLength));
    }

    /// <summary>Bytes of body that a chunk can hold.</summary>
    public int BodyPerChunk
    {
        get
        {
            var protector = TokenForSending().Sender;
            if (!protector.Encrypts) return (int)_limits.SendBufferSize - PrefixLength - protector.SignatureLength;
            var secured = ((int)_limits.SendBufferSize - SecuredFrom) / protector.BlockLength * protector.BlockLength;
            return secured - 8 - 1 - protector.SignatureLength;
        }
    }

    /// <summary>Whether the peer takes a message of this size.</summary>
    public bool Fits(int bodyLength)
    {
        if (_limits.MaxSendMessageSize != 0 && bodyLength > _limits.MaxSendMessageSize) return false;
        return _limits.MaxSendChunkCount == 0 || (bodyLength + BodyPerChunk - 1) / BodyPerChunk <= _limits.MaxSendChunkCount;
    }

    /// <summary>Writes a message in as many chunks as it takes, protected. The caller flushes.</summary>
    /// <param name="type">Message or Close.</param>
    public void Send(IBufferWriter<byte> output, MessageType type, uint requestId, ReadOnlySpan<byte> body)
    {
        var token = TokenForSending();
        var perChunk = BodyPerChunk;
        while (body.Length > perChunk)
        {
            SendChunk(output, token, type, ChunkKind.Intermediate, requestId, body[..perChunk]);
            body = body[perChunk..];
        }

        SendChunk(output, token, type, ChunkKind.Final, requestId, body);
    }

    private void SendChunk(IBufferWriter<byte> output, SecurityToken token, MessageType type, ChunkKind kind, uint requestId, ReadOnlySpan<byte> body)
    {
        var protector = token.Sender;
        var padding = protector.Encrypts ? PaddingOf(protector, 8 + body.Length + 1 + protector.SignatureLength) + 1 : 0;
        var size = PrefixLength + body.Length + padding + protector.SignatureLength;
        var chunk = output.GetSpan(size)[..size];
        MessageFramer.WriteHeader(chunk, type, kind, size);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[MessageFramer.HeaderLength..], ChannelId);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[(MessageFramer.HeaderLength + 4)..], token.TokenId);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[SecuredFrom..], _sent.Next());
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[(SecuredFrom + 4)..], requestId);
        body.CopyTo(chunk[PrefixLength..]);
        // Part 6 6.7.2.5: every byte of the padding, its size first, is the number of bytes that follow the size.
        if (padding > 0) chunk.Slice(PrefixLength + body.Length, padding).Fill((byte)(padding - 1));
        if (protector.SignatureLength > 0)
        {
            var signed = size - protector.SignatureLength;
            protector.Sign(chunk[..signed], chunk[signed..]);
            protector.EncryptInPlace(chunk[SecuredFrom..]);
        }

        output.Advance(size);
    }

    private static int PaddingOf(IChunkProtector protector, int length) => (protector.BlockLength - (length % protector.BlockLength)) % protector.BlockLength;

    // Decryption works in place, and what is scattered must be put together: then on a copy.
    private Memory<byte> Contiguous(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment && Mode != MessageSecurityMode.SignAndEncrypt)
            return System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes.First);
        _scratch ??= ArrayPool<byte>.Shared.Rent((int)_limits.ReceiveBufferSize);
        bytes.CopyTo(_scratch);
        return _scratch.AsMemory(0, (int)bytes.Length);
    }

    private static int Unprotect(IChunkProtector protector, Memory<byte> chunk)
    {
        var bytes = chunk.Span;
        if (protector.SignatureLength == 0) return bytes.Length - PrefixLength;
        var signed = bytes.Length - protector.SignatureLength;
        if (signed < PrefixLength || !protector.TryDecryptInPlace(bytes[SecuredFrom..]) || !protector.Verify(bytes[..signed], bytes[signed..]))
            throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "A chunk's signature does not fit.");
        if (!protector.Encrypts) return signed - PrefixLength;
        var padding = bytes[signed - 1] + 1;
        if (signed - PrefixLength < padding || bytes[(signed - padding)..signed].ContainsAnyExcept((byte)(padding - 1)))
            throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "A chunk's padding is malformed.");
        return signed - PrefixLength - padding;
    }

    private void Accept(uint sequenceNumber)
    {
        if (!_received.TryAccept(sequenceNumber)) throw new ChannelException(StatusCodes.BadSecurityChecksFailed, $"Sequence number {sequenceNumber} is not the next.");
    }

    private SecurityToken TokenForSending()
    {
        lock (_tokens)
        {
            if (_next is not null && _current!.ExpiresAt <= _time.GetUtcNow().UtcDateTime) Promote();
            return _current ?? throw new InvalidOperationException("The channel has no token yet.");
        }
    }

    private SecurityToken TokenForReceiving(uint tokenId)
    {
        lock (_tokens)
        {
            var token = _current?.TokenId == tokenId ? _current : _next?.TokenId == tokenId ? _next : _previous?.TokenId == tokenId ? _previous : null;
            if (token is null || token.AcceptedUntil <= _time.GetUtcNow().UtcDateTime)
                throw new ChannelException(StatusCodes.BadSecureChannelTokenUnknown, $"Token {tokenId} is unknown or has run out.");
            return token;
        }
    }

    private void UseWhenNew(SecurityToken token)
    {
        if (!ReferenceEquals(token, _next)) return;
        lock (_tokens)
            if (ReferenceEquals(token, _next)) Promote();
    }

    private void Promote()
    {
        _previous?.Dispose();
        _previous = _current;
        _current = _next;
        _next = null;
    }

    public void Dispose()
    {
        lock (_tokens)
        {
            _current?.Dispose();
            _next?.Dispose();
            _previous?.Dispose();
            if (_scratch is not null) ArrayPool<byte>.Shared.Return(_scratch, clearArray: true);
            _scratch = null;
        }
    }
}
