using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.Security;

namespace Interop.NodeOpcuaClient;

/// <summary>Certificates of clients, good and bad ones, as PEM files that node-opcua reads, and what a server must trust for the good ones.</summary>
internal sealed class PeerCertificates
{
    public const string ClientUri = "urn:opcportal:interop:node-client";

    private readonly string _folder;
    private readonly CertificateFactory _factory = new(TimeProvider.System);

    public PeerCertificates(string folder, TrustListStore trust)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        using var trusted = Write("trusted", _factory.CreateSelfSigned(Subject("trusted")));
        trust.Trust(trusted);
        Untrusted = Write("untrusted", _factory.CreateSelfSigned(Subject("untrusted"))).Thumbprint;
        using var elsewhere = Write("wrong-uri", _factory.CreateSelfSigned(Subject("wrong uri") with { ApplicationUri = "urn:opcportal:interop:somebody-else" }));
        trust.Trust(elsewhere);

        // Made by a clock that is a year behind, for a month.
        var past = new CertificateFactory(new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddYears(-1)));
        using var expired = Write("expired", past.CreateSelfSigned(Subject("expired") with { Lifetime = TimeSpan.FromDays(30) }));
        Expired = expired.Thumbprint;
        trust.Trust(expired);

        using var authority = _factory.CreateAuthority(new CertificateSubject { Name = "Interop CA" });
        trust.Trust(authority);
        Write("issued", _factory.Issue(Subject("issued"), authority)).Dispose();
        using var revoked = Write("revoked", _factory.Issue(Subject("revoked"), authority));
        Revoked = revoked.Thumbprint;
        trust.AddRevocationList(_factory.CreateRevocationList(authority, [revoked], 1, TimeSpan.FromDays(30)));

        using var user = Write("user", _factory.CreateUser(new CertificateSubject { Name = "Interop user" }));
        UserThumbprint = user.Thumbprint;
        trust.Trust(user);
        Write("unknown-user", _factory.CreateUser(new CertificateSubject { Name = "Nobody" })).Dispose();
    }

    public string Untrusted { get; }
    public string Expired { get; }
    public string Revoked { get; }
    public string UserThumbprint { get; }

    private static CertificateSubject Subject(string name) => new() { Name = $"Interop {name}", ApplicationUri = ClientUri, Hosts = ["localhost"] };

    private X509Certificate2 Write(string name, X509Certificate2 certificate)
    {
        File.WriteAllText(Path.Combine(_folder, $"{name}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, $"{name}.key"), certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
