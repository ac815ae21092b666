using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Whether whoever signed an act may sign for the party: the certificate is the one that the directory has of an application or individual of that entity, and all three are active and the
/// certificate valid when the act comes in. Certificates that the directory does not have prove nothing, whoever issued them.
/// </summary>
internal static class SignerCheck
{
    /// <exception cref="AgreementException">They may not.</exception>
    public static void Check(DirectoryTables tables, SignedAct act, DateTime now)
    {
        if (!tables.Entities.TryGetValue(act.Party, out var entity) || !entity.Active.Contains(now)) throw Refused($"{act.Party} is no entity that is active now.");
        var der = Decode(act.Certificate);
        var thumbprint = Convert.ToHexString(SHA256.HashData(der));
        if (!IsOf(tables, act, thumbprint, now)) throw Refused($"The certificate is not that of {act.Signer}, an application or individual of {act.Party} that is active now.");
        using var certificate = Load(der);
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime()) throw Refused($"The certificate of {act.Signer} is not valid now.");
    }

    private static bool IsOf(DirectoryTables tables, SignedAct act, string thumbprint, DateTime now)
    {
        if (tables.Applications.TryGetValue(act.Signer, out var application) && application.Entity == act.Party && application.Thumbprint == thumbprint) return application.Active.Contains(now);
        return tables.Individuals.TryGetValue(act.Signer, out var individual) && individual.Entity == act.Party && individual.Thumbprint == thumbprint && individual.Active.Contains(now);
    }

    private static byte[] Decode(string base64)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw Refused("The certificate is no Base64.");
        }
    }

    private static X509Certificate2 Load(byte[] der)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            throw Refused("The certificate cannot be read.");
        }
    }

    private static AgreementException Refused(string reason) => new(AgreementRefusal.Signature, reason);
}
