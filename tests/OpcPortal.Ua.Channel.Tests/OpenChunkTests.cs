using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel.Tests;

public sealed class OpenChunkTests
{
    public static TheoryData<string, int, int> Keys
    {
        get
        {
            var all = new TheoryData<string, int, int>();
            foreach (var policy in SecurityPolicy.All.Where(p => !p.IsNone))
                foreach (var (own, peer) in (IEnumerable<(int, int)>)[(2048, 2048), (2048, 3072), (3072, 2048), (4096, 4096)])
                    all.Add(policy.Uri, own, peer);
            return all;
        }
    }

    private static OpenChunk Parse(byte[] bytes)
    {
        Assert.True(MessageFramer.TryRead(new ReadOnlySequence<byte>(bytes), 65536, out var frame));
        return OpenChunk.Parse(frame, TransportLimits.Default);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void What_a_sender_makes_its_receiver_reads(string uri, int ownBits, int peerBits)
    {
        SecurityPolicy.TryGet(uri, out var policy);
        using var own = ChannelPair.Certificate(ownBits);
        using var peer = ChannelPair.Certificate(peerBits);
        using var ownKey = PrivateKey.Of(own);
        using var peerKey = PrivateKey.Of(peer);
        for (var length = 100; length < 160; length += 7)
        {
            var body = RandomNumberGenerator.GetBytes(length);
            var chunk = Parse(OpenChunk.Create(3, policy, own.RawData, ownKey, peer.GetCertHash(), peer.GetRSAPublicKey(), 51, 52, body));
            Assert.Equal((3u, uri), (chunk.ChannelId, chunk.PolicyUri));
            Assert.Equal(own.RawData, chunk.SenderCertificate.Bytes);

            chunk.Unprotect(policy, peerKey, own.GetRSAPublicKey());

            Assert.Equal((51u, 52u), (chunk.SequenceNumber, chunk.RequestId));
            Assert.Equal(body, chunk.Body.ToArray());
        }
    }

    [Fact]
    public void A_change_anywhere_is_refused_with_one_and_the_same_status()
    {
        using var own = ChannelPair.Certificate(2048);
        using var ownKey = PrivateKey.Of(own);
        var bytes = OpenChunk.Create(3, SecurityPolicy.Basic256Sha256, own.RawData, ownKey, own.GetCertHash(), own.GetRSAPublicKey(), 1, 1, new byte[50]);
        for (var i = 20; i < bytes.Length; i += 13)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            var refused = Assert.Throws<ChannelException>(() => Parse(changed).Unprotect(SecurityPolicy.Basic256Sha256, ownKey, own.GetRSAPublicKey()));
            Assert.True(refused.Status == StatusCodes.BadSecurityChecksFailed || refused.Status == StatusCodes.BadDecodingError, refused.Status.ToString());
        }
    }

    [Fact]
    public void Without_security_the_body_is_plain()
    {
        var chunk = Parse(OpenChunk.Create(0, SecurityPolicy.None, default, null, default, null, 1, 2, [9, 8]));
        chunk.Unprotect(SecurityPolicy.None, null, null);
        Assert.Equal([9, 8], chunk.Body.ToArray());
        Assert.True(chunk.SenderCertificate.IsNull);
    }

    [Fact]
    public void Headers_cut_anywhere_are_malformed()
    {
        var bytes = OpenChunk.Create(0, SecurityPolicy.None, default, null, default, null, 1, 2, []);
        for (var length = 8; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            MessageFramer.WriteHeader(cut, MessageType.Open, ChunkKind.Final, length);
            Assert.Throws<ChannelException>(() => Parse(cut).Unprotect(SecurityPolicy.None, null, null));
        }
    }
}
