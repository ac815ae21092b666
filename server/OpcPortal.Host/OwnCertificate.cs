using System.Security.Cryptography;
using OpcPortal.Ua.Security;

namespace OpcPortal.Host;

/// <summary>The server's own certificate: the one in the folder, or a self-signed one made for it. Part 6 6.2.2.</summary>
internal static class OwnCertificate
{
    /// <exception cref="StartupException">The folder cannot be written, or the certificate there cannot serve.</exception>
    public static (TrustListStore Store, ApplicationCertificate Certificate) Load(string pki, string applicationUri, string applicationName, IReadOnlyList<string> hosts, TimeProvider time)
    {
        TrustListStore? store = null;
        try
        {
            store = new TrustListStore(pki, time);
            var certificate = store.LoadOwn() ?? store.SaveOwn(new CertificateFactory(time).CreateSelfSigned(new CertificateSubject { Name = applicationName, ApplicationUri = applicationUri, Hosts = hosts }));
            Check(certificate, pki, applicationUri, time);
            return (store, certificate);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The certificate folder {pki} cannot be used ({unwritable.Message}): make it writable, or name another by \"pki\".", unwritable);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            throw new StartupException($"The server's certificate in {Path.Combine(pki, "own")} cannot be used ({unreadable.Message}): replace certificate and key, or empty own/certs and own/private to have new ones made.", unreadable);
        }
    }

    /// <summary>The certificates of users.</summary>
    /// <exception cref="StartupException">The folder cannot be written.</exception>
    public static TrustListStore LoadUsers(string userPki, TimeProvider time)
    {
        try
        {
            return new TrustListStore(userPki, time);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The folder of users' certificates, {userPki}, cannot be used ({unwritable.Message}): make it writable, or name another by \"userPki\".", unwritable);
        }
    }

    private static void Check(ApplicationCertificate certificate, string pki, string applicationUri, TimeProvider time)
    {
        var own = Path.Combine(pki, "own", "certs");
        if (certificate.Certificate.NotAfter.ToUniversalTime() <= time.GetUtcNow().UtcDateTime)
            throw new StartupException($"The server's certificate in {own} has expired on {certificate.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}: replace it, or delete it to have a new one made.");
        // Clients compare the two. Part 4 5.5.4.
        if (certificate.ApplicationUri != applicationUri)
            throw new StartupException($"The server's certificate in {own} is for {certificate.ApplicationUri}, not {applicationUri}: set \"application.uri\" to that, or delete the certificate to have a new one made.");
    }
}
