using System.Security.Cryptography;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel.Tests;

public sealed class SecureChannelTests
{
    public static TheoryData<string, MessageSecurityMode> Protections
    {
        get
        {
            var all = new TheoryData<string, MessageSecurityMode> { { SecurityPolicy.None.Uri, MessageSecurityMode.None } };
            foreach (var policy in SecurityPolicy.All.Where(p => !p.IsNone))
            {
                all.Add(policy.Uri, MessageSecurityMode.Sign);
                all.Add(policy.Uri, MessageSecurityMode.SignAndEncrypt);
            }

            return all;
        }
    }

    private static ChannelPair Pair(string uri, MessageSecurityMode mode)
    {
        SecurityPolicy.TryGet(uri, out var policy);
        return new ChannelPair(policy, mode);
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void Messages_of_every_length_around_a_chunk_arrive_as_they_were(string uri, MessageSecurityMode mode)
    {
        using var pair = Pair(uri, mode);
        var perChunk = pair.Client.BodyPerChunk;
        foreach (var length in (int[])[0, 1, 7, 8, 9, 15, 16, 17, 100, perChunk - 1, perChunk, perChunk + 1, (perChunk * 2) - 1, perChunk * 2, (perChunk * 2) + 1, perChunk * 5])
        {
            var body = RandomNumberGenerator.GetBytes(length);
            Assert.Equal(body, ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, body)));
            Assert.Equal(body, ChannelPair.Receive(pair.Client, ChannelPair.Send(pair.Server, body)));
        }
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void No_chunk_is_larger_than_the_peer_takes(string uri, MessageSecurityMode mode)
    {
        using var pair = Pair(uri, mode);
        var one = ChannelPair.Send(pair.Client, new byte[pair.Client.BodyPerChunk]);
        Assert.InRange(one.Length, (int)ChannelPair.Limits.SendBufferSize - 31, (int)ChannelPair.Limits.SendBufferSize);
        Assert.True(ChannelPair.Send(pair.Client, new byte[pair.Client.BodyPerChunk + 1]).Length > ChannelPair.Limits.SendBufferSize);
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void A_chunk_that_comes_twice_is_refused(string uri, MessageSecurityMode mode)
    {
        using var pair = Pair(uri, mode);
        var bytes = ChannelPair.Send(pair.Client, [1, 2, 3]);
        ChannelPair.Receive(pair.Server, [.. bytes]);

        var refused = Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, bytes));
        Assert.Equal(StatusCodes.BadSecurityChecksFailed, refused.Status);
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void A_chunk_that_was_left_out_is_noticed(string uri, MessageSecurityMode mode)
    {
        using var pair = Pair(uri, mode);
        ChannelPair.Send(pair.Client, [1]);

        Assert.Equal([2], ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [2])));
        ChannelPair.Send(pair.Client, [3]);
        Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [4])));
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void A_change_of_any_byte_of_a_secured_chunk_is_noticed(string uri, MessageSecurityMode mode)
    {
        if (mode == MessageSecurityMode.None) return;
        var body = new byte[40];
        for (var i = 0; ; i++)
        {
            using var pair = Pair(uri, mode);
            var bytes = ChannelPair.Send(pair.Client, body);
            if (i == bytes.Length) break;
            if (i is >= 4 and < 8) continue; // the size: a framing matter
            bytes[i] ^= 0x40;
            Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, bytes));
        }
    }

    [Fact]
    public void A_server_sends_with_the_old_token_until_the_client_uses_the_new_one()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt);
        var installAtClient = pair.RenewServer(2);
        Assert.Equal([1], ChannelPair.Receive(pair.Client, ChannelPair.Send(pair.Server, [1])));
        Assert.Equal([2], ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [2])));

        installAtClient();
        Assert.Equal([3], ChannelPair.Receive(pair.Client, ChannelPair.Send(pair.Server, [3])));
        Assert.Equal([4], ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [4])));
        Assert.Equal(2, ChannelPair.Send(pair.Server, [5])[12]);
    }

    [Fact]
    public void A_token_holds_for_a_quarter_longer_than_its_lifetime_and_no_more()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign);
        pair.Time.Advance(ChannelPair.Lifetime * 1.24);
        ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [1]));
        pair.Time.Advance(ChannelPair.Lifetime * 0.02);

        var refused = Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [2])));
        Assert.Equal(StatusCodes.BadSecureChannelTokenUnknown, refused.Status);
    }

    [Fact]
    public void A_chunk_of_another_channel_is_refused()
    {
        using var pair = new ChannelPair(SecurityPolicy.None, MessageSecurityMode.None);
        pair.Client.Adopt(8);
        var refused = Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [1])));
        Assert.Equal(StatusCodes.BadTcpSecureChannelUnknown, refused.Status);
    }

    [Fact]
    public void Sequence_numbers_start_again_below_1024_when_they_run_out()
    {
        var sent = new SequenceNumbers(4_294_966_270);
        var received = new SequenceNumbers(4_294_966_270);
        Assert.Equal(4_294_966_271u, sent.Next());
        Assert.Equal(1u, sent.Next());

        Assert.True(received.TryAccept(4_294_966_271));
        Assert.True(received.TryAccept(1_023));
        Assert.False(received.TryAccept(1_023));
        Assert.False(new SequenceNumbers(4_294_966_000).TryAccept(1));
        Assert.False(new SequenceNumbers(uint.MaxValue).TryAccept(1_024));
        Assert.True(new SequenceNumbers(uint.MaxValue).TryAccept(0));
    }
}
