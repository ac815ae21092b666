using System.Security.Cryptography;

namespace OpcPortal.Ua.Security;

/// <summary>The keys with which one side of a channel protects what it sends. Part 6 6.7.5.</summary>
public sealed class ChannelKeys : IDisposable
{
    private ChannelKeys(byte[] signing, byte[] encryption, byte[] initializationVector)
    {
        Signing = signing;
        Encryption = encryption;
        InitializationVector = initializationVector;
    }

    internal byte[] Signing { get; }
    internal byte[] Encryption { get; }
    internal byte[] InitializationVector { get; }

    /// <summary>Derives keys from the nonces of an OpenSecureChannel exchange. Part 6 Table 67.</summary>
    /// <param name="secret">The other side's nonce.</param>
    /// <param name="seed">The nonce of the side whose keys these are.</param>
    public static ChannelKeys Derive(SecurityPolicy policy, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> seed)
    {
        var material = new byte[policy.SigningKeyLength + policy.EncryptionKeyLength + policy.BlockLength];
        Expand(secret, seed, material);
        var keys = new ChannelKeys(
            material[..policy.SigningKeyLength],
            material.AsSpan(policy.SigningKeyLength, policy.EncryptionKeyLength).ToArray(),
            material.AsSpan(policy.SigningKeyLength + policy.EncryptionKeyLength).ToArray());
        CryptographicOperations.ZeroMemory(material);
        return keys;
    }

    // P_SHA256 of RFC 5246 5 without a label: A(i) = HMAC(secret, A(i-1)), output = HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + ...
    internal static void Expand(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> seed, Span<byte> output)
    {
        const int Hash = HMACSHA256.HashSizeInBytes;
        Span<byte> input = stackalloc byte[Hash + seed.Length];
        Span<byte> block = stackalloc byte[Hash];
        seed.CopyTo(input[Hash..]);
        HMACSHA256.HashData(secret, seed, input[..Hash]);
        while (!output.IsEmpty)
        {
            HMACSHA256.HashData(secret, input, block);
            var part = Math.Min(Hash, output.Length);
            block[..part].CopyTo(output);
            output = output[part..];
            HMACSHA256.HashData(secret, input[..Hash], block);
            block.CopyTo(input);
        }

        CryptographicOperations.ZeroMemory(input);
        CryptographicOperations.ZeroMemory(block);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Signing);
        CryptographicOperations.ZeroMemory(Encryption);
        CryptographicOperations.ZeroMemory(InitializationVector);
    }
}
