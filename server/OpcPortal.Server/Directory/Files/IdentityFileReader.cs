using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua.Security;

namespace OpcPortal.Server;

/// <summary>Applications and individuals, with their certificates.</summary>
internal sealed class IdentityFileReader(bool mayReadFiles)
{
    /// <summary>Bytes of a certificate's file: one of 4096 bits, in PEM with all its extensions, has a tenth.</summary>
    private const int MaxCertificateBytes = 32 * 1024;

    public EntityApplication Application(ConfigElement item)
    {
        using var certificate = CertificateOf(item) ?? throw item.Wrong(mayReadFiles ? "'certificateFile' or 'certificate' is missing" : "'certificate' is missing");
        return new EntityApplication
        {
            Id = item.Get("id").Id(),
            Entity = item.Get("entity").Text(),
            ApplicationUri = CertificateFields.ApplicationUri(certificate) ?? throw item.Wrong("its certificate names no ApplicationUri: it is not that of an application"),
            Certificate = Convert.ToBase64String(certificate.RawDataMemory.Span),
            Thumbprint = ThumbprintOf(certificate),
            Purposes = item.Words("purposes"),
            Active = item.Period(),
        };
    }

    public Individual Individual(ConfigElement item)
    {
        using var certificate = CertificateOf(item);
        var hash = item.Find("passwordHash");
        // The text itself is not repeated: it may be a password that somebody took for a hash.
        if (hash is not null && !PasswordHash.TryParse(hash.Text(), out _)) throw hash.Wrong("this is no password hash; make one with: dotnet run --project server/OpcPortal.Host -- hash-password");
        return new Individual
        {
            Id = item.Get("id").Id(),
            Entity = item.Get("entity").Text(),
            Name = item.Get("name").Text(256),
            UserName = item.Optional("userName"),
            PasswordHash = hash?.Text(),
            Certificate = certificate is null ? null : Convert.ToBase64String(certificate.RawDataMemory.Span),
            Thumbprint = certificate is null ? null : ThumbprintOf(certificate),
            Power = item.Find("power")?.OneOf<ManagerPower>() ?? ManagerPower.None,
            Active = item.Period(),
        };
    }

    private static string ThumbprintOf(X509Certificate2 certificate) => Convert.ToHexString(SHA256.HashData(certificate.RawDataMemory.Span));

    private X509Certificate2? CertificateOf(ConfigElement item)
    {
        var inline = item.Find("certificate");
        var path = mayReadFiles ? item.Find("certificateFile") : null;
        if (inline is not null && path is not null) throw item.Wrong("a certificate is given by 'certificate' or by 'certificateFile', not by both");
        try
        {
            if (inline is not null) return Inline(inline.Text(2 * MaxCertificateBytes));
            return path is null ? null : FromFile(path);
        }
        catch (Exception malformed) when (malformed is CryptographicException or FormatException)
        {
            throw (inline ?? path)!.Wrong("this is no certificate: PEM or DER is wanted");
        }
    }

    private static X509Certificate2 Inline(string text) =>
        text.StartsWith("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) ? X509Certificate2.CreateFromPem(text) : X509CertificateLoader.LoadCertificate(Convert.FromBase64String(text));

    private static X509Certificate2 FromFile(ConfigElement path)
    {
        var file = Path.GetFullPath(path.Text(), Path.GetDirectoryName(Path.GetFullPath(path.File))!);
        try
        {
            if (new FileInfo(file).Length > MaxCertificateBytes) throw path.Wrong($"{file} has more than {MaxCertificateBytes} bytes: it is no certificate");
            return X509CertificateLoader.LoadCertificate(File.ReadAllBytes(file));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw path.Wrong($"the certificate cannot be read: {unreadable.Message}");
        }
    }
}
