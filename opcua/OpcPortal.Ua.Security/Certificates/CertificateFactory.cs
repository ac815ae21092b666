using System.Formats.Asn1;
using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>What a new certificate shall say.</summary>
public sealed record CertificateSubject
{
    /// <summary>The common name.</summary>
    public required string Name { get; init; }

    public string? Organization { get; init; }

    /// <summary>The ApplicationUri; null for authorities and users.</summary>
    public string? ApplicationUri { get; init; }

    /// <summary>Host names and IP addresses under which the application is reached.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Bits: 2048, 3072 or 4096.</summary>
    public int KeySize { get; init; } = 2048;

    /// <summary>Default two years: long enough for a device, short enough that renewal is practised.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(730);
}

/// <summary>Makes certificates and revocation lists. Part 6 6.2.2.</summary>
public sealed class CertificateFactory(TimeProvider time)
{
    private const X509KeyUsageFlags ApplicationUsage =
        X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment;

    // A clock that is a little behind the issuer's must not refuse a new certificate.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    /// <summary>An application certificate signed with its own key.</summary>
    public X509Certificate2 CreateSelfSigned(CertificateSubject subject)
    {
        using var key = RSA.Create(subject.KeySize);
        var request = Request(subject, key, ApplicationUsage | X509KeyUsageFlags.KeyCertSign, isAuthority: false);
        var (from, to) = Validity(subject);
        return request.CreateSelfSigned(from, to);
    }

    /// <summary>An authority that issues certificates.</summary>
    public X509Certificate2 CreateAuthority(CertificateSubject subject)
    {
        using var key = RSA.Create(subject.KeySize);
        var (from, to) = Validity(subject);
        return Request(subject, key, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, isAuthority: true).CreateSelfSigned(from, to);
    }

    /// <summary>An authority below another.</summary>
    public X509Certificate2 IssueAuthority(CertificateSubject subject, X509Certificate2 authority) =>
        Issue(subject, authority, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, isAuthority: true);

    /// <summary>An application or user certificate signed by an authority.</summary>
    public X509Certificate2 Issue(CertificateSubject subject, X509Certificate2 authority) => Issue(subject, authority, ApplicationUsage, isAuthority: false);

    /// <summary>A certificate for a person, signed with its own key.</summary>
    public X509Certificate2 CreateUser(CertificateSubject subject)
    {
        using var key = RSA.Create(subject.KeySize);
        var (from, to) = Validity(subject);
        return Request(subject, key, X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, isAuthority: false).CreateSelfSigned(from, to);
    }

    /// <summary>An authority's list of revoked certificates, DER.</summary>
    public byte[] CreateRevocationList(X509Certificate2 authority, IEnumerable<X509Certificate2> revoked, BigInteger number, TimeSpan validFor)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked) builder.AddEntry(certificate, time.GetUtcNow());
        return builder.Build(authority, number, time.GetUtcNow() + validFor, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, time.GetUtcNow() - Backdated);
    }

    private X509Certificate2 Issue(CertificateSubject subject, X509Certificate2 authority, X509KeyUsageFlags usage, bool isAuthority)
    {
        using var key = RSA.Create(subject.KeySize);
        var (from, to) = Validity(subject);
        var request = Request(subject, key, usage, isAuthority);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var until = to < authority.NotAfter.ToUniversalTime() ? to : authority.NotAfter.ToUniversalTime();
        var since = from > authority.NotBefore.ToUniversalTime() ? from : authority.NotBefore.ToUniversalTime();
        using var issued = request.Create(authority, since, until, RandomNumberGenerator.GetBytes(16));
        return issued.CopyWithPrivateKey(key);
    }

    private (DateTimeOffset From, DateTimeOffset To) Validity(CertificateSubject subject) => (time.GetUtcNow() - Backdated, time.GetUtcNow() + subject.Lifetime);

    private static CertificateRequest Request(CertificateSubject subject, RSA key, X509KeyUsageFlags usage, bool isAuthority)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(subject.Name);
        if (subject.Organization is { } organization) name.AddOrganizationName(organization);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (subject.ApplicationUri is { } uri)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
            request.CertificateExtensions.Add(AlternativeName(uri, subject.Hosts));
        }

        return request;
    }

    private static X509Extension AlternativeName(string applicationUri, IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(applicationUri));
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        // The builder normalises a URI ("urn:Host" to "urn:host"); OPC UA compares character by character.
        var built = names.Build();
        return CertificateFields.ApplicationUriOf(built) == applicationUri ? built : new X509Extension(built.Oid!, WithUri(built.RawData, applicationUri), critical: false);
    }

    private static byte[] WithUri(byte[] names, string uri)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, 6);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            var reader = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                if (reader.PeekTag().HasSameClassAndValue(tag))
                {
                    reader.ReadEncodedValue();
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, tag);
                }
                else
                {
                    writer.WriteEncodedValue(reader.ReadEncodedValue().Span);
                }
            }
        }

        return writer.Encode();
    }
}
