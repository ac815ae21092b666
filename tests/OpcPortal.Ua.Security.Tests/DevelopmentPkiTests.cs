using System.Security.Cryptography.X509Certificates;
using OpcPortal.DevCertificates;

namespace OpcPortal.Ua.Security.Tests;

/// <summary>certs-dev: what it makes is good on both sides, and nothing in it can issue certificates.</summary>
public sealed class DevelopmentPkiTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("opcportal-devcerts").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Server_and_client_trust_each_other_through_the_authority()
    {
        Make();
        foreach (var (judge, judged, uri) in new[] { ("server", "client", "urn:c"), ("client", "server", "urn:s") })
        {
            var validator = new CertificateValidator(new TrustListStore(Path.Combine(_root, judge), TimeProvider.System), TimeProvider.System);
            using var certificate = new TrustListStore(Path.Combine(_root, judged), TimeProvider.System).LoadOwn()!;
            var demands = new CertificateDemands { Policy = SecurityPolicy.Basic256Sha256, ApplicationUri = uri, Host = "localhost" };

            Assert.Equal(StatusCodes.Good, validator.Validate(certificate.Certificate.RawData, demands).Status.Code);
            Assert.Equal(StatusCodes.BadCertificateUriInvalid, validator.Validate(certificate.Certificate.RawData, demands with { ApplicationUri = "urn:x" }).Status.Code);
        }
    }

    [Fact]
    public void The_authoritys_private_key_is_nowhere_and_a_second_run_replaces_all()
    {
        Make();
        var first = Files();
        Make();

        Assert.DoesNotContain(first.Intersect(Files()), f => f.EndsWith(".pem", StringComparison.Ordinal));
        var keys = Directory.GetFiles(_root, "*.pem", SearchOption.AllDirectories);
        Assert.Equal(2, keys.Length);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Directory.GetFiles(Path.Combine(_root, "server", "trusted", "certs")).Single());
        foreach (var file in keys)
        {
            using var key = System.Security.Cryptography.RSA.Create();
            key.ImportFromPem(File.ReadAllText(file));
            Assert.False(authority.GetRSAPublicKey()!.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()));
        }
    }

    private void Make() => DevelopmentPki.Make(_root, new Dictionary<string, string> { ["server"] = "urn:s", ["client"] = "urn:c" }, ["localhost"], TimeProvider.System);

    private string[] Files() => Directory.GetFiles(_root, "*", SearchOption.AllDirectories);
}
