using System.Buffers.Binary;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel.Tests;

/// <summary>Tokens and sequence numbers over a renewal. Part 4 5.6.2.1, Part 6 6.7.2.4.</summary>
public sealed class RenewalTests
{
    private static uint TokenOf(byte[] chunk) => BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(12));

    // In the clear, so that the numbers can be read off.
    private static uint NumberOf(byte[] chunk) => BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(16));

    [Fact]
    public void A_renewal_does_not_reset_the_sequence_numbers()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign);
        Assert.Equal(1u, NumberOf(ChannelPair.Send(pair.Client, [1])));
        Assert.Equal(2u, NumberOf(ChannelPair.Send(pair.Client, [1])));

        pair.Renew(2);

        var third = ChannelPair.Send(pair.Client, [1]);
        Assert.Equal((2u, 3u), (TokenOf(third), NumberOf(third)));
    }

    // An OpenSecureChannel chunk counts like any other.
    [Fact]
    public void A_renewals_own_chunk_has_the_next_number()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign);
        ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [1]));
        var open = pair.Client.NextSequenceNumber();
        Assert.Equal(2u, open);

        pair.Server.AcceptOpen(open);
        Assert.Equal([2], ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [2])));
        Assert.Equal(StatusCodes.BadSecurityChecksFailed, Assert.Throws<ChannelException>(() => pair.Server.AcceptOpen(open)).Status);
    }

    [Fact]
    public void What_was_sent_with_the_old_token_is_still_taken_after_the_new_one_was_used()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt);
        var installAtClient = pair.RenewServer(2);
        var underWay = ChannelPair.Send(pair.Server, [1]);
        installAtClient();
        var answer = ChannelPair.Send(pair.Client, [2]);

        Assert.Equal([1], ChannelPair.Receive(pair.Client, underWay));
        Assert.Equal([2], ChannelPair.Receive(pair.Server, answer));
    }

    [Fact]
    public void The_old_token_ends_a_quarter_after_its_lifetime_though_the_new_one_goes_on()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign);
        pair.Time.Advance(ChannelPair.Lifetime * 0.75);
        pair.RenewServer(2); // the client never hears of it and goes on with the old one
        pair.Time.Advance(ChannelPair.Lifetime * 0.45);
        Assert.Equal([1], ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [1])));
        pair.Time.Advance(ChannelPair.Lifetime * 0.06);

        Assert.Equal(StatusCodes.BadSecureChannelTokenUnknown, Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, ChannelPair.Send(pair.Client, [2]))).Status);
    }

    [Fact]
    public void A_server_whose_client_stays_silent_goes_over_to_the_new_token_when_the_old_one_runs_out()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign);
        pair.Time.Advance(ChannelPair.Lifetime * 0.75);
        pair.Renew(2);
        Assert.Equal(1u, TokenOf(ChannelPair.Send(pair.Server, [1])));

        pair.Time.Advance(ChannelPair.Lifetime * 0.25);

        Assert.Equal(2u, TokenOf(ChannelPair.Send(pair.Server, [1])));
    }

    [Fact]
    public void A_token_that_was_never_given_is_refused()
    {
        using var pair = new ChannelPair(SecurityPolicy.None, MessageSecurityMode.None);
        var chunk = ChannelPair.Send(pair.Client, [1]);
        chunk[12] = 2;

        Assert.Equal(StatusCodes.BadSecureChannelTokenUnknown, Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, chunk)).Status);
    }

    // Part 7: a nonce is as long as the policy says; anything else is BadNonceInvalid.
    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_nonce_of_another_length_than_the_policys_is_refused(int length)
    {
        var own = Nonce.ForChannel(SecurityPolicy.Basic256Sha256);

        var refused = Assert.Throws<ChannelException>(() =>
            SecurityToken.Create(1, default, ChannelPair.Lifetime, SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, own, new byte[length]));

        Assert.Equal(StatusCodes.BadNonceInvalid, refused.Status);
        SecurityToken.Create(1, default, ChannelPair.Lifetime, SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, own, new byte[32]).Dispose();
    }

    // A chunk of one token does not verify under the keys of another, whatever its header says.
    [Fact]
    public void A_chunk_cannot_be_moved_to_another_token()
    {
        using var pair = new ChannelPair(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign);
        pair.RenewServer(2);
        var chunk = ChannelPair.Send(pair.Client, [1]);
        chunk[12] = 2;

        Assert.Equal(StatusCodes.BadSecurityChecksFailed, Assert.Throws<ChannelException>(() => ChannelPair.Receive(pair.Server, chunk)).Status);
    }
}
