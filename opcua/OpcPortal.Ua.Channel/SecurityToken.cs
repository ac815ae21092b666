using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel;

/// <summary>The keys of a channel for a while. Part 4 5.6.2.</summary>
public sealed class SecurityToken : IDisposable
{
    // Part 4 5.6.2.1: what was protected with an old token is accepted for a quarter of its lifetime after it ran out.
    private const double Grace = 1.25;

    /// <param name="createdAt">UTC.</param>
    /// <param name="lifetime">The revised lifetime.</param>
    public SecurityToken(uint tokenId, DateTime createdAt, TimeSpan lifetime, IChunkProtector sender, IChunkProtector receiver)
    {
        TokenId = tokenId;
        ExpiresAt = createdAt + lifetime;
        AcceptedUntil = createdAt + (lifetime * Grace);
        Sender = sender;
        Receiver = receiver;
    }

    public uint TokenId { get; }

    /// <summary>UTC.</summary>
    public DateTime ExpiresAt { get; }

    /// <summary>Until when chunks protected with it are taken, UTC.</summary>
    public DateTime AcceptedUntil { get; }

    internal IChunkProtector Sender { get; }
    internal IChunkProtector Receiver { get; }

    /// <summary>Derives a token's protectors from the nonces of both sides. Part 6 6.7.5.</summary>
    /// <exception cref="ChannelException">BadNonceInvalid: the peer's nonce is not as long as the policy says.</exception>
    public static SecurityToken Create(
        uint tokenId, DateTime createdAt, TimeSpan lifetime, SecurityPolicy policy, MessageSecurityMode mode, ReadOnlySpan<byte> ownNonce, ReadOnlySpan<byte> peerNonce)
    {
        if (policy.IsNone) return new SecurityToken(tokenId, createdAt, lifetime, ChunkProtector.None, ChunkProtector.None);
        if (peerNonce.Length != policy.NonceLength) throw new ChannelException(StatusCodes.BadNonceInvalid, $"The peer's nonce has {peerNonce.Length} bytes, not {policy.NonceLength}.");
        return new SecurityToken(
            tokenId, createdAt, lifetime,
            sender: ChunkProtector.Create(mode, ChannelKeys.Derive(policy, secret: peerNonce, seed: ownNonce)),
            receiver: ChunkProtector.Create(mode, ChannelKeys.Derive(policy, secret: ownNonce, seed: peerNonce)));
    }

    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
    }
}
