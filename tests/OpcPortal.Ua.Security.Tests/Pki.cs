using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Ua.Security.Tests;

/// <summary>A trust list in a folder of its own, a clock, and what makes certificates.</summary>
internal sealed class Pki : IDisposable
{
    public const string Uri = "urn:test:Client";

    public Pki()
    {
        Time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Factory = new CertificateFactory(Time);
        Store = new TrustListStore(Directory.CreateTempSubdirectory("opcportal-pki").FullName, Time);
        Validator = new CertificateValidator(Store, Time);
    }

    public FakeTimeProvider Time { get; }
    public CertificateFactory Factory { get; }
    public TrustListStore Store { get; }
    public CertificateValidator Validator { get; }

    public static CertificateSubject Subject(string name = "client", int keySize = 2048) => new() { Name = name, ApplicationUri = Uri, Hosts = ["localhost", "127.0.0.1"], KeySize = keySize };

    public string Judge(X509Certificate2 certificate, params X509Certificate2[] issuers) => Judge(Demands, certificate, issuers);

    public string Judge(CertificateDemands demands, X509Certificate2 certificate, params X509Certificate2[] issuers)
    {
        byte[] chain = [.. certificate.RawData, .. issuers.SelectMany(i => i.RawData)];
        return Validator.Validate(chain, demands).Status.ToString();
    }

    public static CertificateDemands Demands { get; } = new() { Policy = SecurityPolicy.Basic256Sha256, ApplicationUri = Uri };

    public void LetTheStoreLookAgain() => Time.Advance(TrustListStore.RecheckAfter);

    public void Dispose() => Directory.Delete(Store.Root, recursive: true);
}
