using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Certificates that all tests share: making keys takes long. Nothing trusts them but the tests' own folders.</summary>
internal static class TestPki
{
    public const string ServerUri = "urn:test:Server";
    public const string ClientUri = "urn:test:Client";

    private static readonly CertificateFactory Factory = new(TimeProvider.System);

    public static X509Certificate2 Server { get; } = Factory.CreateSelfSigned(Subject("server", ServerUri));
    public static X509Certificate2 Client { get; } = Factory.CreateSelfSigned(Subject("client", ClientUri));
    public static X509Certificate2 OtherClient { get; } = Factory.CreateSelfSigned(Subject("other", "urn:test:Other"));
    public static X509Certificate2 Stranger { get; } = Factory.CreateSelfSigned(Subject("stranger", "urn:test:Stranger"));
    public static X509Certificate2 User { get; } = Factory.CreateUser(new CertificateSubject { Name = "alice" });
    public static X509Certificate2 UntrustedUser { get; } = Factory.CreateUser(new CertificateSubject { Name = "mallory" });

    private static CertificateSubject Subject(string name, string uri) => new() { Name = name, ApplicationUri = uri, Hosts = ["localhost", "127.0.0.1"] };
}
