using OpcPortal.Ua.Security;

namespace OpcPortal.DevCertificates;

/// <summary>
/// A certificate authority for development, and folders of certificates for a server and a client that trust what it issued. The authority's private key is never written: what is
/// on the disk can issue nothing, and worth nothing is lost with it.
/// </summary>
public static class DevelopmentPki
{
    /// <summary>Long enough for a development machine, short enough that nobody builds on it.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>Makes everything anew; what was there is replaced.</summary>
    /// <param name="root">The folder; each application gets one below it, in the layout of <see cref="TrustListStore"/>.</param>
    /// <param name="applications">Name of the folder and ApplicationUri of each application.</param>
    /// <param name="hosts">Host names and addresses that every certificate names.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Make(string root, IReadOnlyDictionary<string, string> applications, IReadOnlyList<string> hosts, TimeProvider time)
    {
        if (Directory.Exists(root)) Directory.Delete(root, recursive: true);
        var factory = new CertificateFactory(time);
        using var authority = factory.CreateAuthority(new CertificateSubject { Name = "OpcPortal development authority, not for production", Lifetime = Lifetime });
        var revocations = factory.CreateRevocationList(authority, [], 1, Lifetime);
        foreach (var (name, uri) in applications)
        {
            var store = new TrustListStore(Path.Combine(root, name), time);
            using var certificate = factory.Issue(new CertificateSubject { Name = $"OpcPortal development {name}", ApplicationUri = uri, Hosts = hosts, Lifetime = Lifetime }, authority);
            store.SaveOwn(certificate).Dispose();
            store.Trust(authority);
            store.AddRevocationList(revocations);
        }
    }
}
