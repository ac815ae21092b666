using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel.Tests;

/// <summary>
/// The layout of protected chunks, taken apart by hand and put together by hand. Part 6 6.7.2.5: ExtraPaddingSize is there where the receiver's key is longer than 2,048 bits; every
/// byte of the padding is the low byte of its size.
/// </summary>
public sealed class PaddingTests
{
    private static readonly SecurityPolicy Policy = SecurityPolicy.Basic256Sha256;
    private const int SequenceHeader = 8;

    [Theory]
    [InlineData(2048, 2048, false)]
    [InlineData(3072, 2048, false)]
    [InlineData(2048, 3072, true)]
    [InlineData(2048, 4096, true)]
    public void The_receivers_key_decides_on_the_extra_byte_of_an_asymmetric_padding(int ownBits, int peerBits, bool hasExtra)
    {
        using var own = ChannelPair.Certificate(ownBits);
        using var peer = ChannelPair.Certificate(peerBits);
        using var ownKey = PrivateKey.Of(own);
        using var peerPrivate = peer.GetRSAPrivateKey()!;
        using var peerPublic = peer.GetRSAPublicKey()!;
        foreach (var length in new[] { 0, 1, 33, 132 })
        {
            var body = RandomNumberGenerator.GetBytes(length);
            var chunk = OpenChunk.Create(3, Policy, own.RawData, ownKey, peer.GetCertHash(), peerPublic, 1, 1, body);

            var plain = Decrypt(peerPrivate, chunk.AsSpan(SecuredFrom(own, chunk)));

            Assert.Equal(0, plain.Length % Policy.PlainBlockLength(peerPublic));
            var padding = plain.AsSpan(SequenceHeader + length, plain.Length - SequenceHeader - length - (ownBits / 8));
            var size = padding.Length - 1 - (hasExtra ? 1 : 0);
            Assert.Equal(-1, padding[..(size + 1)].IndexOfAnyExcept((byte)size));
            if (hasExtra) Assert.Equal((byte)(size >> 8), padding[^1]);
        }
    }

    // 6.7.2.3: the leaf's SHA-1 thumbprint says for whom the chunk is.
    [Fact]
    public void The_header_names_the_policy_the_sender_and_the_receiver()
    {
        using var own = ChannelPair.Certificate(2048);
        using var peer = ChannelPair.Certificate(2048);
        using var ownKey = PrivateKey.Of(own);
        var chunk = OpenChunk.Create(3, Policy, own.RawData, ownKey, peer.GetCertHash(), peer.GetRSAPublicKey(), 1, 1, [1]);

        byte[] header =
        [
            .. "OPNF"u8, .. BitConverter.GetBytes(chunk.Length), 3, 0, 0, 0, .. BitConverter.GetBytes(Policy.Uri.Length), .. System.Text.Encoding.ASCII.GetBytes(Policy.Uri),
            .. BitConverter.GetBytes(own.RawData.Length), .. own.RawData, 20, 0, 0, 0, .. SHA1.HashData(peer.RawData),
        ];
        Assert.Equal(header, chunk[..header.Length]);
    }

    // What an attacker who holds no key would learn from different answers to different paddings: nothing.
    [Fact]
    public void A_padding_that_lies_is_refused_like_a_wrong_signature()
    {
        using var own = ChannelPair.Certificate(2048);
        using var key = PrivateKey.Of(own);
        using var rsa = own.GetRSAPublicKey()!;
        var good = Encrypted(own, key, rsa, static padding => padding.Fill((byte)(padding.Length - 1)));
        Parse(good).Unprotect(Policy, key, rsa);

        var lies = new List<byte[]>
        {
            Encrypted(own, key, rsa, static padding => { padding.Fill((byte)(padding.Length - 1)); padding[0] ^= 1; }), // a byte inside
            Encrypted(own, key, rsa, static padding => padding.Fill(0xFF)),                                                // longer than the chunk
            Encrypted(own, key, rsa, static padding => padding.Fill((byte)padding.Length)),                                // over the last byte of the body
        };
        var forged = good.ToArray();
        forged[^1] ^= 1;
        lies.Add(forged);
        foreach (var lie in lies)
            Assert.Equal(StatusCodes.BadSecurityChecksFailed, Assert.Throws<ChannelException>(() => Parse(lie).Unprotect(Policy, key, rsa)).Status);
    }

    // 6.7.2: in mode Sign a symmetric chunk has no padding: body and signature follow the headers.
    [Fact]
    public void A_signed_chunk_has_no_padding_and_an_encrypted_one_ends_at_a_block()
    {
        using var signed = new ChannelPair(Policy, MessageSecurityMode.Sign);
        using var encrypted = new ChannelPair(Policy, MessageSecurityMode.SignAndEncrypt);
        for (var length = 0; length < 40; length++)
        {
            Assert.Equal(24 + length + Policy.SignatureLength, ChannelPair.Send(signed.Client, new byte[length]).Length);
            var chunk = ChannelPair.Send(encrypted.Client, new byte[length]);
            Assert.Equal(0, (chunk.Length - 16) % 16);
            Assert.InRange(chunk.Length, 24 + length + 1 + Policy.SignatureLength, 24 + length + 1 + Policy.SignatureLength + 15);
        }
    }

    [Fact]
    public void A_symmetric_padding_that_lies_is_refused_though_its_signature_fits()
    {
        foreach (var (padding, isGood) in new[] { ((byte[])[6, 6, 6, 6, 6, 6, 6], true), ([6, 6, 6, 5, 6, 6, 6], false), ([200, 200, 200, 200, 200, 200, 200], false) })
        {
            using var pair = new ChannelPair(Policy, MessageSecurityMode.SignAndEncrypt);
            var (client, server) = (Nonce.ForChannel(Policy), Nonce.ForChannel(Policy));
            pair.Server.Install(SecurityToken.Create(9, pair.Time.GetUtcNow().UtcDateTime, ChannelPair.Lifetime, Policy, MessageSecurityMode.SignAndEncrypt, server, client));
            using var protector = ChunkProtector.Create(MessageSecurityMode.SignAndEncrypt, ChannelKeys.Derive(Policy, secret: server, seed: client));
            var chunk = new byte[16 + 8 + 1 + padding.Length + Policy.SignatureLength];
            MessageFramer.WriteHeader(chunk, MessageType.Message, ChunkKind.Final, chunk.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(8), 7);
            BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(12), 9);
            BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(16), 1);
            padding.CopyTo(chunk.AsSpan(25));
            var signed = chunk.Length - Policy.SignatureLength;
            protector.Sign(chunk.AsSpan(0, signed), chunk.AsSpan(signed));
            protector.EncryptInPlace(chunk.AsSpan(16));

            if (isGood) Assert.Equal([0], ChannelPair.Receive(pair.Server, chunk));
            else Assert.Equal(StatusCodes.BadSecurityChecksFailed, Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, chunk)).Status);
        }
    }

    private static OpenChunk Parse(byte[] bytes)
    {
        Assert.True(MessageFramer.TryRead(new ReadOnlySequence<byte>(bytes), 65536, out var frame));
        return OpenChunk.Parse(frame, TransportLimits.Default);
    }

    private static int SecuredFrom(X509Certificate2 own, byte[] chunk)
    {
        var from = 12 + 4 + Policy.Uri.Length + 4 + own.RawData.Length + 4 + 20;
        Assert.True(from < chunk.Length);
        return from;
    }

    private static byte[] Decrypt(RSA key, ReadOnlySpan<byte> cipher)
    {
        var plain = new List<byte>();
        for (; !cipher.IsEmpty; cipher = cipher[(key.KeySize / 8)..]) plain.AddRange(key.Decrypt(cipher[..(key.KeySize / 8)], RSAEncryptionPadding.OaepSHA1));
        return [.. plain];
    }

    private delegate void Pad(Span<byte> padding);

    // A chunk of one byte of body, well signed and encrypted, whose padding the caller fills.
    private static byte[] Encrypted(X509Certificate2 own, PrivateKey key, RSA rsa, Pad pad)
    {
        var template = OpenChunk.Create(3, Policy, own.RawData, key, own.GetCertHash(), rsa, 1, 1, [42]);
        var from = SecuredFrom(own, template);
        var plain = new byte[from + ((template.Length - from) / 256 * Policy.PlainBlockLength(rsa))];
        template.AsSpan(0, from).CopyTo(plain);
        plain[from] = plain[from + 4] = 1;
        plain[from + SequenceHeader] = 42;
        var signed = plain.Length - 256;
        pad(plain.AsSpan(from + SequenceHeader + 1, signed - from - SequenceHeader - 1));
        key.Sign(Policy, plain.AsSpan(0, signed), plain.AsSpan(signed));
        Policy.Encrypt(rsa, plain.AsSpan(from), template.AsSpan(from));
        return template;
    }
}
