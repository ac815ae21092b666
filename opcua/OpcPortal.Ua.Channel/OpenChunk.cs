using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel;

/// <summary>
/// An OpenSecureChannel chunk: the one that is protected with certificates. It is read in two steps, so that the certificate is judged before a private key
/// is used. Part 6 6.7.2.3, 6.7.4.
/// </summary>
public sealed class OpenChunk
{
    private const int MaxPolicyUriLength = 255;
    private const int ThumbprintLength = 20;
    private const int SequenceHeaderLength = 8;
    private const int LongKeyBits = 2048;

    private readonly byte[] _bytes;
    private readonly int _securedFrom;

    private OpenChunk(byte[] bytes, uint channelId, string policyUri, byte[]? senderCertificate, byte[]? receiverThumbprint, int securedFrom)
    {
        _bytes = bytes;
        _securedFrom = securedFrom;
        ChannelId = channelId;
        PolicyUri = policyUri;
        SenderCertificate = senderCertificate;
        ReceiverThumbprint = receiverThumbprint;
    }

    /// <summary>0 when a client opens a new channel.</summary>
    public uint ChannelId { get; }

    public string PolicyUri { get; }

    /// <summary>DER, the leaf first; null under None. Not yet judged.</summary>
    public ByteString SenderCertificate { get; }

    /// <summary>SHA-1 of the receiver's certificate; null under None.</summary>
    public ByteString ReceiverThumbprint { get; }

    public uint SequenceNumber { get; private set; }
    public uint RequestId { get; private set; }

    /// <summary>The encoded request or response; empty before <see cref="Unprotect"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Reads the headers.</summary>
    /// <exception cref="ChannelException">Malformed or too large.</exception>
    public static OpenChunk Parse(in Frame frame, TransportLimits limits)
    {
        if (frame.Bytes.Length > limits.MaxOpenSize) throw new ChannelException(StatusCodes.BadTcpMessageTooLarge, $"An OpenSecureChannel chunk has {frame.Bytes.Length} bytes.");
        var bytes = frame.Bytes.ToArray();
        var position = MessageFramer.HeaderLength;
        var channelId = ReadUInt32(bytes, ref position);
        var uri = ReadField(bytes, ref position, MaxPolicyUriLength) ?? [];
        var certificate = ReadField(bytes, ref position, bytes.Length);
        var thumbprint = ReadField(bytes, ref position, ThumbprintLength);
        return new OpenChunk(bytes, channelId, Encoding.ASCII.GetString(uri), certificate, thumbprint, position);
    }

    /// <summary>Decrypts, verifies, and takes off the padding.</summary>
    /// <param name="own">The private key of the receiver; null under None.</param>
    /// <param name="peer">The public key in the sender's certificate, which was judged before; null under None.</param>
    /// <exception cref="ChannelException">BadSecurityChecksFailed whatever is wrong.</exception>
    public void Unprotect(SecurityPolicy policy, PrivateKey? own, RSA? peer)
    {
        var end = policy.IsNone ? _bytes.Length : RemoveProtection(policy, own!, peer!);
        if (end - _securedFrom < SequenceHeaderLength) throw Failed("It is shorter than its headers.");
        SequenceNumber = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(_securedFrom));
        RequestId = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(_securedFrom + 4));
        Body = _bytes.AsMemory(_securedFrom + SequenceHeaderLength, end - _securedFrom - SequenceHeaderLength);
    }

    private int RemoveProtection(SecurityPolicy policy, PrivateKey own, RSA peer)
    {
        var plain = new byte[_bytes.Length - _securedFrom];
        if (!own.TryDecrypt(policy, _bytes.AsSpan(_securedFrom), plain, out var length)) throw Failed("It does not decrypt.");
        plain.AsSpan(0, length).CopyTo(_bytes.AsSpan(_securedFrom));
        var signed = _securedFrom + length - (peer.KeySize / 8);
        if (signed <= _securedFrom + SequenceHeaderLength || !policy.Verify(peer, _bytes.AsSpan(0, signed), _bytes.AsSpan(signed, peer.KeySize / 8)))
            throw Failed("Its signature does not fit.");
        return RemovePadding(signed, hasExtraByte: own.KeySize > LongKeyBits);
    }

    // Part 6 6.7.2.5: PaddingSize, the padding, and for long keys the high byte of the size.
    private int RemovePadding(int signed, bool hasExtraByte)
    {
        var high = hasExtraByte ? _bytes[signed - 1] : 0;
        var low = _bytes[signed - (hasExtraByte ? 2 : 1)];
        var end = signed - (hasExtraByte ? 1 : 0) - (high * 256) - low - 1;
        if (end < _securedFrom + SequenceHeaderLength || _bytes.AsSpan(end, (high * 256) + low + 1).ContainsAnyExcept(low)) throw Failed("Its padding is malformed.");
        return end;
    }

    /// <summary>Makes a protected chunk.</summary>
    /// <param name="ownCertificate">DER, the leaf first; null under None.</param>
    /// <param name="own">The sender's private key; null under None.</param>
    /// <param name="peerThumbprint">SHA-1 of the receiver's certificate; null under None.</param>
    /// <param name="peer">The receiver's public key; null under None.</param>
    public static byte[] Create(
        uint channelId, SecurityPolicy policy, ByteString ownCertificate, PrivateKey? own, ByteString peerThumbprint, RSA? peer,
        uint sequenceNumber, uint requestId, ReadOnlySpan<byte> body)
    {
        if (policy.IsNone) ownCertificate = peerThumbprint = default;
        var uri = Encoding.ASCII.GetBytes(policy.Uri);
        var securedFrom = MessageFramer.HeaderLength + 4 + 4 + uri.Length + 4 + ownCertificate.Length + 4 + peerThumbprint.Length;
        var layout = Layout.Of(policy, own, peer, SequenceHeaderLength + body.Length);
        var chunk = new byte[securedFrom + layout.CipherLength];
        MessageFramer.WriteHeader(chunk, MessageType.Open, ChunkKind.Final, chunk.Length);
        var position = MessageFramer.HeaderLength;
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(position), channelId);
        position += 4;
        WriteField(chunk, ref position, uri);
        WriteField(chunk, ref position, ownCertificate);
        WriteField(chunk, ref position, peerThumbprint);

        var plain = new byte[securedFrom + layout.PlainLength];
        chunk.AsSpan(0, securedFrom).CopyTo(plain);
        BinaryPrimitives.WriteUInt32LittleEndian(plain.AsSpan(position), sequenceNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(plain.AsSpan(position + 4), requestId);
        body.CopyTo(plain.AsSpan(position + SequenceHeaderLength));
        if (policy.IsNone) return plain;

        var padded = position + SequenceHeaderLength + body.Length;
        plain.AsSpan(padded, layout.Padding + 1).Fill((byte)layout.Padding);
        if (layout.HasExtraByte) plain[padded + layout.Padding + 1] = (byte)(layout.Padding >> 8);
        var signed = plain.Length - (own!.KeySize / 8);
        own.Sign(policy, plain.AsSpan(0, signed), plain.AsSpan(signed));
        policy.Encrypt(peer!, plain.AsSpan(position), chunk.AsSpan(position));
        return chunk;
    }

    private readonly record struct Layout(int Padding, bool HasExtraByte, int PlainLength, int CipherLength)
    {
        public static Layout Of(SecurityPolicy policy, PrivateKey? own, RSA? peer, int length)
        {
            if (policy.IsNone) return new(0, false, length, length);
            var hasExtraByte = peer!.KeySize > LongKeyBits;
            var block = policy.PlainBlockLength(peer);
            var unpadded = length + 1 + (hasExtraByte ? 1 : 0) + (own!.KeySize / 8);
            var padding = (block - (unpadded % block)) % block;
            return new(padding, hasExtraByte, unpadded + padding, (unpadded + padding) / block * (peer.KeySize / 8));
        }
    }

    private static uint ReadUInt32(byte[] bytes, ref int position)
    {
        if (bytes.Length - position < 4) throw Malformed();
        position += 4;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position - 4));
    }

    private static byte[]? ReadField(byte[] bytes, ref int position, int maxLength)
    {
        var length = (int)ReadUInt32(bytes, ref position);
        if (length <= 0) return length >= -1 ? null : throw Malformed();
        if (length > maxLength || length > bytes.Length - position) throw Malformed();
        position += length;
        return bytes.AsSpan(position - length, length).ToArray();
    }

    private static void WriteField(byte[] chunk, ref int position, ByteString field)
    {
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(position), field.IsNull ? -1 : field.Length);
        position += 4;
        field.Span.CopyTo(chunk.AsSpan(position));
        position += field.Length;
    }

    private static ChannelException Malformed() => new(StatusCodes.BadDecodingError, "The headers of an OpenSecureChannel chunk are malformed.");
    private static ChannelException Failed(string why) => new(StatusCodes.BadSecurityChecksFailed, $"An OpenSecureChannel chunk is refused. {why}");
}
