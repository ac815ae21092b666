using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security.Tests;

/// <summary>Nonces and passwords. Part 4 5.7.2.2, 7.40.2.3.</summary>
public sealed class SecretsTests
{
    [Fact]
    public void Nonces_have_their_length_and_none_comes_twice()
    {
        Assert.Empty(Nonce.ForChannel(SecurityPolicy.None));
        foreach (var policy in SecurityPolicy.All.Where(p => !p.IsNone)) Assert.Equal(32, Nonce.ForChannel(policy).Length);
        Assert.InRange(Nonce.ForSession().Length, 32, 128);

        var seen = new HashSet<string>();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(seen.Add(Convert.ToHexString(Nonce.ForSession())));
            Assert.True(seen.Add(Convert.ToHexString(Nonce.ForChannel(SecurityPolicy.Basic256Sha256))));
        }
    }

    // Four bytes of length, which counts the nonce, then the secret, then the nonce.
    [Fact]
    public void A_secret_is_laid_out_as_the_standard_says()
    {
        using var rsa = RSA.Create(2048);
        var nonce = Nonce.ForSession();

        var cipher = EncryptedSecret.Encrypt(SecurityPolicy.Basic256Sha256, rsa, "geheim"u8, nonce);

        byte[] plain = [38, 0, 0, 0, .. "geheim"u8, .. nonce];
        Assert.Equal(plain, rsa.Decrypt(cipher, RSAEncryptionPadding.OaepSHA1));
    }

    // Whatever is wrong, the answer is the same: nothing tells an attacker which part.
    [Fact]
    public void A_secret_that_is_wrong_in_any_way_is_no_secret()
    {
        using var certificate = new CertificateFactory(TimeProvider.System).CreateSelfSigned(Pki.Subject());
        using var key = PrivateKey.Of(certificate);
        using var rsa = certificate.GetRSAPublicKey()!;
        var nonce = Nonce.ForSession();
        bool IsTaken(params byte[] plain) => EncryptedSecret.TryDecrypt(SecurityPolicy.Basic256Sha256, key, rsa.Encrypt(plain, RSAEncryptionPadding.OaepSHA1), nonce, out _);

        Assert.True(IsTaken([34, 0, 0, 0, 1, 2, .. nonce]));
        Assert.False(IsTaken([35, 0, 0, 0, 1, 2, .. nonce]));            // longer than what is there
        Assert.False(IsTaken([33, 0, 0, 0, 1, 2, .. nonce]));            // the nonce is not at its end
        Assert.False(IsTaken([31, 0, 0, 0, .. nonce]));                  // shorter than the nonce
        Assert.False(IsTaken([255, 255, 255, 255, 1, 2, .. nonce]));     // negative
        Assert.False(IsTaken([34, 0, 0, 0, 1, 2, .. Nonce.ForSession()])); // a nonce of before
        Assert.False(IsTaken([1, 0]));
        Assert.False(EncryptedSecret.TryDecrypt(SecurityPolicy.Basic256Sha256, key, new byte[256], nonce, out _));
        Assert.False(EncryptedSecret.TryDecrypt(SecurityPolicy.None, key, rsa.Encrypt([34, 0, 0, 0, 1, 2, .. nonce], RSAEncryptionPadding.OaepSHA1), nonce, out _));
    }

    // CVE-2024-42512: PKCS#1 v1.5 is in no policy, and the compiler refuses it (BannedSymbols.txt).
    [Fact]
    public void No_policy_decrypts_what_PKCS_1_made()
    {
        using var rsa = RSA.Create(2048);
        var cipher = PkcsOne(rsa, [1, 2, 3]);
        Assert.All(SecurityPolicy.All.Where(p => !p.IsNone), policy => Assert.False(policy.TryDecrypt(rsa, cipher, new byte[256], out _)));
    }

    // RFC 8017 7.2.1: 00 02, random bytes that are not 0, 00, the message; then the raw RSA operation.
    private static byte[] PkcsOne(RSA rsa, byte[] message)
    {
        var parameters = rsa.ExportParameters(false);
        byte[] padded = [0, 2, .. Enumerable.Repeat((byte)0x5A, 256 - 3 - message.Length), 0, .. message];
        var number = System.Numerics.BigInteger.ModPow(Number(padded), Number(parameters.Exponent!), Number(parameters.Modulus!));
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[256 - bytes.Length], .. bytes];
    }

    private static System.Numerics.BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
