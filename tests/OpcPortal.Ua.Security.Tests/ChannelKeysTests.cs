using System.Text;

namespace OpcPortal.Ua.Security.Tests;

public sealed class ChannelKeysTests
{
    // The P_SHA256 vector published with TLS 1.2 (secret, label "test label" before the seed, 100 bytes of output).
    [Fact]
    public void The_expansion_gives_the_published_vector()
    {
        var secret = Convert.FromHexString("9BBE436BA940F017B17652849A71DB35");
        byte[] seed = [.. Encoding.ASCII.GetBytes("test label"), .. Convert.FromHexString("A0BA9F936CDA311827A6F796FFD5198C")];
        var output = new byte[100];

        ChannelKeys.Expand(secret, seed, output);

        Assert.Equal(
            "E3F229BA727BE17B8D122620557CD453C2AAB21D07C3D495329B52D4E61EDB5A6B301791E90D35C9C9A46B4E14BAF9AF0FA022F7077DEF17ABFD3797C0564BAB4FBC91666E9DEF9B97FCE34F796789BAA48082D122EE42C5A72E5A5110FFF70187347B66",
            Convert.ToHexString(output));
    }

    [Theory]
    [InlineData(MessageSecurityMode.Sign)]
    [InlineData(MessageSecurityMode.SignAndEncrypt)]
    public void What_one_side_protects_the_other_side_reads(MessageSecurityMode mode)
    {
        var (client, server) = (Nonce.ForChannel(SecurityPolicy.Basic256Sha256), Nonce.ForChannel(SecurityPolicy.Basic256Sha256));
        using var sender = ChunkProtector.Create(mode, ChannelKeys.Derive(SecurityPolicy.Basic256Sha256, server, client));
        using var receiver = ChunkProtector.Create(mode, ChannelKeys.Derive(SecurityPolicy.Basic256Sha256, server, client));
        var data = Enumerable.Range(0, 64).Select(i => (byte)i).ToArray();
        var chunk = data.ToArray();
        var signature = new byte[sender.SignatureLength];
        sender.Sign(chunk, signature);
        sender.EncryptInPlace(chunk);
        Assert.Equal(mode == MessageSecurityMode.Sign, chunk.SequenceEqual(data));

        Assert.True(receiver.TryDecryptInPlace(chunk));
        Assert.Equal(data, chunk);
        Assert.True(receiver.Verify(chunk, signature));
        chunk[5] ^= 1;
        Assert.False(receiver.Verify(chunk, signature));
        Assert.Equal(mode == MessageSecurityMode.Sign, receiver.TryDecryptInPlace(chunk.AsSpan(1)));
    }
}
