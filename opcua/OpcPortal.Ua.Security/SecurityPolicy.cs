using System.Security.Cryptography;

namespace OpcPortal.Ua.Security;

/// <summary>
/// A SecurityPolicy: which algorithms, which lengths. Obsolete policies (Basic128Rsa15, Basic256) are not offered at all. Part 7 6.6, OPC 10000-7.
/// </summary>
public sealed class SecurityPolicy
{
    private const string Prefix = "http://opcfoundation.org/UA/SecurityPolicy#";

    private readonly RSASignaturePadding _signaturePadding = RSASignaturePadding.Pkcs1;
    private readonly RSAEncryptionPadding _encryptionPadding = RSAEncryptionPadding.OaepSHA1;

    private SecurityPolicy(string name, int encryptionKeyLength, int nonceLength)
    {
        Name = name;
        Uri = Prefix + name;
        EncryptionKeyLength = encryptionKeyLength;
        NonceLength = nonceLength;
    }

    private SecurityPolicy(string name, int encryptionKeyLength, RSASignaturePadding signature, RSAEncryptionPadding encryption)
        : this(name, encryptionKeyLength, nonceLength: 32)
    {
        _signaturePadding = signature;
        _encryptionPadding = encryption;
    }

    public static SecurityPolicy None { get; } = new("None", encryptionKeyLength: 0, nonceLength: 0);

    public static SecurityPolicy Basic256Sha256 { get; } =
        new("Basic256Sha256", encryptionKeyLength: 32, RSASignaturePadding.Pkcs1, RSAEncryptionPadding.OaepSHA1);

    public static SecurityPolicy Aes128Sha256RsaOaep { get; } =
        new("Aes128_Sha256_RsaOaep", encryptionKeyLength: 16, RSASignaturePadding.Pkcs1, RSAEncryptionPadding.OaepSHA1);

    public static SecurityPolicy Aes256Sha256RsaPss { get; } =
        new("Aes256_Sha256_RsaPss", encryptionKeyLength: 32, RSASignaturePadding.Pss, RSAEncryptionPadding.OaepSHA256);

    /// <summary>All policies, the strongest last.</summary>
    public static IReadOnlyList<SecurityPolicy> All { get; } = [None, Aes128Sha256RsaOaep, Basic256Sha256, Aes256Sha256RsaPss];

    public static bool TryGet(string? uri, out SecurityPolicy policy)
    {
        foreach (var known in All)
        {
            if (known.Uri != uri) continue;
            policy = known;
            return true;
        }

        policy = None;
        return false;
    }

    /// <summary>The part of the URI behind '#'.</summary>
    public string Name { get; }

    public string Uri { get; }
    public bool IsNone => NonceLength == 0;

    /// <summary>Bytes of a channel's nonces (SecureChannelNonceLength).</summary>
    public int NonceLength { get; }

    /// <summary>Bytes of the key that signs chunks (DerivedSignatureKeyLength).</summary>
    public int SigningKeyLength => IsNone ? 0 : 32;

    /// <summary>Bytes of the key that encrypts chunks.</summary>
    public int EncryptionKeyLength { get; }

    /// <summary>Bytes of the block, and so of the initialisation vector, of the cipher that encrypts chunks.</summary>
    public int BlockLength => IsNone ? 0 : 16;

    /// <summary>Bytes of a chunk's signature.</summary>
    public int SignatureLength => IsNone ? 0 : 32;

    /// <summary>Bits of the shortest RSA key (MinAsymmetricKeyLength).</summary>
    public int MinKeyLength => IsNone ? 0 : 2048;

    /// <summary>Bits of the longest RSA key (MaxAsymmetricKeyLength); also what bounds the cost of a private-key operation.</summary>
    public int MaxKeyLength => IsNone ? 0 : 4096;

    /// <summary>What SignatureData.Algorithm says for this policy; null for None.</summary>
    public string? SignatureAlgorithm => IsNone ? null
        : _signaturePadding == RSASignaturePadding.Pss ? "http://opcfoundation.org/UA/security/rsa-pss-sha2-256" : "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

    /// <summary>What UserNameIdentityToken.EncryptionAlgorithm says for this policy; null for None.</summary>
    public string? EncryptionAlgorithm => IsNone ? null
        : _encryptionPadding == RSAEncryptionPadding.OaepSHA256 ? "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256" : "http://www.w3.org/2001/04/xmlenc#rsa-oaep";

    // OAEP takes two hashes and two bytes of each block. RFC 8017 7.1.1.
    private int EncryptionOverhead => _encryptionPadding == RSAEncryptionPadding.OaepSHA256 ? 66 : 42;

    /// <summary>Bytes of plain text that one RSA operation encrypts.</summary>
    public int PlainBlockLength(RSA key) => (key.KeySize / 8) - EncryptionOverhead;

    /// <summary>Signs with the private key.</summary>
    /// <returns>The signature's length, that of the key's modulus.</returns>
    public int Sign(RSA privateKey, ReadOnlySpan<byte> data, Span<byte> signature) =>
        privateKey.SignData(data, signature, HashAlgorithmName.SHA256, _signaturePadding);

    public bool Verify(RSA publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == publicKey.KeySize / 8 && publicKey.VerifyData(data, signature, HashAlgorithmName.SHA256, _signaturePadding);

    /// <summary>Encrypts block by block; <paramref name="plain"/> is a whole number of plain blocks but for the last, which may be shorter.</summary>
    /// <returns>The bytes written.</returns>
    public int Encrypt(RSA publicKey, ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        var block = PlainBlockLength(publicKey);
        var written = 0;
        while (!plain.IsEmpty)
        {
            var part = plain[..Math.Min(block, plain.Length)];
            written += publicKey.Encrypt(part, cipher[written..], _encryptionPadding);
            plain = plain[part.Length..];
        }

        return written;
    }

    /// <summary>Decrypts block by block.</summary>
    /// <returns>False, whatever is wrong: the reason would help an attacker.</returns>
    public bool TryDecrypt(RSA privateKey, ReadOnlySpan<byte> cipher, Span<byte> plain, out int length)
    {
        length = 0;
        var block = privateKey.KeySize / 8;
        if (cipher.IsEmpty || cipher.Length % block != 0) return false;
        try
        {
            for (; !cipher.IsEmpty; cipher = cipher[block..])
                length += privateKey.Decrypt(cipher[..block], plain[length..], _encryptionPadding);
            return true;
        }
        catch (CryptographicException)
        {
            length = 0;
            return false;
        }
    }

    public override string ToString() => Name;
}
