using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Adapters.Mqtt.Tests;

/// <summary>An authority and what it issues, in PEM files of a temporary folder.</summary>
public sealed class Certificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("opcportal-mqtt-");

    public Certificates()
    {
        Authority = CreateAuthority("Field CA");
        Write("ca.pem", Authority.ExportCertificatePem());
        using var stranger = CreateAuthority("Another CA");
        Write("stranger-ca.pem", stranger.ExportCertificatePem());
        Broker = Issue("broker", Authority, "1.3.6.1.5.5.7.3.1", san => san.AddIpAddress(IPAddress.Loopback));
        Elsewhere = Issue("elsewhere", Authority, "1.3.6.1.5.5.7.3.1", san => san.AddDnsName("elsewhere.example"));
        using var client = Issue("client", Authority, "1.3.6.1.5.5.7.3.2", san => san.AddDnsName("portal.example"));
        Write("client.pem", client.ExportCertificatePem());
        Write("client.key", client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Write("broker.pem", Broker.ExportCertificatePem());
        Write("broker.key", Broker.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public X509Certificate2 Authority { get; }

    /// <summary>For 127.0.0.1.</summary>
    public X509Certificate2 Broker { get; }

    /// <summary>From the same authority, for another host.</summary>
    public X509Certificate2 Elsewhere { get; }

    public string Folder => _folder.FullName;

    /// <summary>The path of a file as JSON.</summary>
    public string Json(string file) => System.Text.Json.JsonSerializer.Serialize(Path.Combine(Folder, file));

    public void Dispose()
    {
        Authority.Dispose();
        Broker.Dispose();
        Elsewhere.Dispose();
        _folder.Delete(recursive: true);
    }

    private static X509Certificate2 CreateAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        var (from, to) = Validity();
        return request.CreateSelfSigned(from, to);
    }

    private static X509Certificate2 Issue(string name, X509Certificate2 authority, string usage, Action<SubjectAlternativeNameBuilder> names)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var san = new SubjectAlternativeNameBuilder();
        names(san);
        request.CertificateExtensions.Add(san.Build());
        var (from, to) = Validity();
        using var issued = request.Create(authority, from, to.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        // The TLS of some platforms takes no key that lives in memory alone.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private static (DateTimeOffset From, DateTimeOffset To) Validity()
    {
        var now = TimeProvider.System.GetUtcNow();
        return (now.AddDays(-1), now.AddDays(30));
    }

    private void Write(string file, string pem) => File.WriteAllText(Path.Combine(Folder, file), pem);
}
