using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Security;

namespace OpcPortal.Fuzz.Targets;

/// <summary>Certificates, revocation lists and passwords as a stranger sends them. Each parser says no by its result.</summary>
internal static class SecurityTargets
{
    private static readonly Lazy<X509Certificate2> Authority = new(CreateAuthority);
    // One block of RSA-OAEP with SHA-1 under a key of 2,048 bits.
    private const int MaxPlain = 214;

    private static readonly byte[] ServerNonce = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new FuzzTarget<NoException>("certificate-chain", Chain, static () => [Authority.Value.RawData, [.. Authority.Value.RawData, .. Authority.Value.RawData]]),
        new FuzzTarget<NoException>("revocation-list", Revocations, static () => [Revoked()]),
        new FuzzTarget<NoException>("encrypted-secret", Secret, static () => [Encrypted(), Plain(4 + 8 + 32), Plain(4)]),
    ];

    private static X509Certificate2 CreateAuthority()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=fuzz", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    private static byte[] Revoked()
    {
        var list = new CertificateRevocationListBuilder();
        list.AddEntry([1, 2, 3], DateTimeOffset.UnixEpoch);
        return list.Build(Authority.Value, 1, DateTimeOffset.UnixEpoch.AddYears(60), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, DateTimeOffset.UnixEpoch);
    }

    private static bool Chain(byte[] input)
    {
        if (!CertificateChain.TryParse(input, out var chain)) return false;
        if (chain.Issuers.Count >= CertificateChain.MaxCertificates) throw new FuzzException($"A chain of {chain.Issuers.Count + 1} certificates.");
        CertificateFields.ApplicationUri(chain.Leaf);
        CertificateFields.Hosts(chain.Leaf);
        return true;
    }

    private static bool Revocations(byte[] input)
    {
        if (!RevocationList.TryParse(input, out var list)) return false;
        list.IsIssuedBy(Authority.Value);
        list.Names(Authority.Value);
        return true;
    }

    private static bool Secret(byte[] input)
    {
        using var key = PrivateKey.Of(Authority.Value);
        if (EncryptedSecret.TryDecrypt(SecurityPolicy.Basic256Sha256, key, input, ServerNonce, out _)) return true;
        if (input.Length is 0 or > MaxPlain) return false;
        // As if the sender had encrypted it: what is behind the decryption is reached too.
        using var open = Authority.Value.GetRSAPublicKey()!;
        return EncryptedSecret.TryDecrypt(SecurityPolicy.Basic256Sha256, key, open.Encrypt(input, RSAEncryptionPadding.OaepSHA1), ServerNonce, out _);
    }

    private static byte[] Encrypted()
    {
        using var open = Authority.Value.GetRSAPublicKey()!;
        return EncryptedSecret.Encrypt(SecurityPolicy.Basic256Sha256, open, "password"u8, ServerNonce);
    }

    private static byte[] Plain(int length)
    {
        byte[] plain = [(byte)(length - 4), 0, 0, 0, .. "password"u8, .. ServerNonce];
        return plain[..length];
    }
}
