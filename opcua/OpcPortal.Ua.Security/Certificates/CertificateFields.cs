using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>What OPC UA reads in a certificate. Part 6 6.2.2.</summary>
public static class CertificateFields
{
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>The ApplicationUri: the URI of the subject alternative name; null without exactly one.</summary>
    public static string? ApplicationUri(X509Certificate2 certificate)
    {
        return certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names ? ApplicationUriOf(names) : null;
    }

    internal static string? ApplicationUriOf(X509Extension names)
    {
        try
        {
            var reader = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
            string? uri = null;
            while (reader.HasData)
            {
                if (!reader.PeekTag().HasSameClassAndValue(UriTag)) reader.ReadEncodedValue();
                else if (uri is null) uri = reader.ReadCharacterString(UniversalTagNumber.IA5String, UriTag);
                else return null;
            }

            return uri;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>The host names and addresses of the subject alternative name.</summary>
    public static IReadOnlyList<string> Hosts(X509Certificate2 certificate)
    {
        if (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is not { } names) return [];
        try
        {
            return [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(a => a.ToString())];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    public static bool IsSelfIssued(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    /// <summary>SHA-1 of the certificate: its name in messages and in file names. Not a means of protection.</summary>
    public static ByteString Thumbprint(X509Certificate2 certificate) => certificate.GetCertHash();
}
