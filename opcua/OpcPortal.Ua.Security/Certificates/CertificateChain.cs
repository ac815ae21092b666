using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>A certificate as it comes in a message: DER, followed by those of its issuers. Part 6 6.7.2.3 (SenderCertificate).</summary>
public sealed class CertificateChain
{
    /// <summary>Certificates in a chain. Default 5: a root, two levels of issuers, one spare. CVE-2022-37013: chains without end.</summary>
    public const int MaxCertificates = 5;

    /// <summary>Bytes of a chain: five certificates with long keys and many names.</summary>
    public const int MaxBytes = 24 * 1024;

    private CertificateChain(X509Certificate2 leaf, X509Certificate2Collection issuers, ByteString bytes)
    {
        Leaf = leaf;
        Issuers = issuers;
        Bytes = bytes;
    }

    public X509Certificate2 Leaf { get; }

    /// <summary>What the sender gave along: hints, not trusted.</summary>
    public X509Certificate2Collection Issuers { get; }

    public ByteString Bytes { get; }

    /// <returns>False where it is no chain of certificates within the limits: BadCertificateInvalid.</returns>
    public static bool TryParse(ByteString bytes, out CertificateChain chain)
    {
        chain = null!;
        if (bytes.Length is 0 or > MaxBytes) return false;
        try
        {
            var all = new X509Certificate2Collection();
            for (var rest = bytes.Span; !rest.IsEmpty;)
            {
                if (all.Count == MaxCertificates) return false;
                AsnDecoder.ReadEncodedValue(rest, AsnEncodingRules.DER, out _, out _, out var length);
                all.Add(X509CertificateLoader.LoadCertificate(rest[..length]));
                rest = rest[length..];
            }

            var leaf = all[0];
            all.RemoveAt(0);
            chain = new CertificateChain(leaf, all, bytes);
            return true;
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The leaf alone, out of a chain's bytes; null bytes where there is none.</summary>
    public static ByteString LeafBytes(ByteString bytes) => TryParse(bytes, out var chain) ? chain.Leaf.RawData : default(ByteString);
}
