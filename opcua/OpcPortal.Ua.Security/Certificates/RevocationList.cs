using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>A certificate revocation list: who issued it, until when it holds, which serial numbers it names. RFC 5280 5.</summary>
public sealed class RevocationList
{
    private readonly byte[] _signedPart;
    private readonly byte[] _signature;
    private readonly string _algorithm;
    private readonly byte[] _issuer;
    private readonly HashSet<string> _serials;

    private RevocationList(byte[] signedPart, byte[] signature, string algorithm, byte[] issuer, DateTimeOffset? nextUpdate, HashSet<string> serials)
    {
        _signedPart = signedPart;
        _signature = signature;
        _algorithm = algorithm;
        _issuer = issuer;
        _serials = serials;
        NextUpdate = nextUpdate;
    }

    /// <summary>When a newer list is due; null where none was promised.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <returns>False where the bytes are no list, or one signed in a way that is not accepted.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> der, out RevocationList list)
    {
        list = null!;
        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            var signedPart = outer.PeekEncodedValue().ToArray();
            var body = outer.ReadSequence();
            var algorithm = outer.ReadSequence().ReadObjectIdentifier();
            var signature = outer.ReadBitString(out _);
            if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) body.ReadInteger();
            body.ReadSequence();
            var issuer = body.ReadEncodedValue().ToArray();
            ReadTime(body);
            var nextUpdate = IsTime(body) ? ReadTime(body) : (DateTimeOffset?)null;
            list = new RevocationList(signedPart, signature, algorithm, issuer, nextUpdate, ReadSerials(body));
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    /// <summary>Whether the list is this authority's, name and signature.</summary>
    public bool IsIssuedBy(X509Certificate2 authority)
    {
        if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(_issuer)) return false;
        using var key = authority.GetRSAPublicKey();
        return key is not null && Hash(_algorithm) is { } hash && key.VerifyData(_signedPart, _signature, hash, RSASignaturePadding.Pkcs1);
    }

    public bool Names(X509Certificate2 certificate) => _serials.Contains(Convert.ToHexString(certificate.SerialNumberBytes.Span));

    private static HashSet<string> ReadSerials(AsnReader body)
    {
        var serials = new HashSet<string>(StringComparer.Ordinal);
        if (!body.HasData || !body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) return serials;
        for (var entries = body.ReadSequence(); entries.HasData;)
            serials.Add(Convert.ToHexString(entries.ReadSequence().ReadIntegerBytes().Span));
        return serials;
    }

    private static bool IsTime(AsnReader reader) => reader.HasData
        && (reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || reader.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime));

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static HashAlgorithmName? Hash(string algorithm) => algorithm switch
    {
        "1.2.840.113549.1.1.11" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
