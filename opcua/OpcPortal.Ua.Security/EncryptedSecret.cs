using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OpcPortal.Ua.Security;

/// <summary>A password on its way to the server: its length, itself and the server's last nonce under the server's key. Part 4 7.40.2.3 (legacy format).</summary>
public static class EncryptedSecret
{
    /// <summary>Bytes of a secret: no password is longer, and each block costs a private-key operation.</summary>
    public const int MaxLength = 1024;

    public static byte[] Encrypt(SecurityPolicy policy, RSA serverKey, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> serverNonce)
    {
        var plain = new byte[4 + secret.Length + serverNonce.Length];
        BinaryPrimitives.WriteInt32LittleEndian(plain, secret.Length + serverNonce.Length);
        secret.CopyTo(plain.AsSpan(4));
        serverNonce.CopyTo(plain.AsSpan(4 + secret.Length));
        var block = policy.PlainBlockLength(serverKey);
        var cipher = new byte[(plain.Length + block - 1) / block * (serverKey.KeySize / 8)];
        policy.Encrypt(serverKey, plain, cipher);
        CryptographicOperations.ZeroMemory(plain);
        return cipher;
    }

    /// <param name="serverNonce">The last nonce that the server gave to this session.</param>
    /// <returns>False, whatever is wrong with it.</returns>
    public static bool TryDecrypt(SecurityPolicy policy, PrivateKey key, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> serverNonce, out byte[] secret)
    {
        secret = [];
        if (policy.IsNone || cipher.Length > MaxLength + (4 * key.KeySize / 8)) return false;
        var plain = new byte[cipher.Length];
        try
        {
            if (!key.TryDecrypt(policy, cipher, plain, out var length) || length < 4) return false;
            var total = BinaryPrimitives.ReadUInt32LittleEndian(plain);
            if (total > length - 4 || total < serverNonce.Length || total - serverNonce.Length > MaxLength) return false;
            var secretLength = (int)total - serverNonce.Length;
            if (!CryptographicOperations.FixedTimeEquals(plain.AsSpan(4 + secretLength, serverNonce.Length), serverNonce)) return false;
            secret = plain.AsSpan(4, secretLength).ToArray();
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
