using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security.Tests;

/// <summary>The trust list's folders against what strangers put into certificates.</summary>
public sealed class TrustListStoreTests : IDisposable
{
    private readonly Pki _pki = new();

    public void Dispose() => _pki.Dispose();

    // A file is named by the thumbprint alone: no name of the certificate's reaches the file system.
    [Theory]
    [InlineData("../../evil")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\..\\evil")]
    [InlineData("a\0b")]
    [InlineData("CON")]
    public void A_certificates_name_never_becomes_a_path(string name)
    {
        using var key = RSA.Create(2048);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        using var certificate = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(_pki.Time.GetUtcNow(), _pki.Time.GetUtcNow().AddDays(1));

        _pki.Store.Reject(certificate);
        _pki.Store.Trust(certificate);
        _pki.Store.AddIssuer(certificate);

        var files = Directory.GetFiles(_pki.Store.Root, "*", SearchOption.AllDirectories).Select(Path.GetFileName);
        Assert.All(files, file => Assert.Equal(certificate.Thumbprint + ".der", file));
    }

    [Fact]
    public void Strangers_do_not_fill_the_folder_of_the_rejected()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        for (var i = 0; i < TrustListStore.MaxRejected + 20; i++)
        {
            using var certificate = request.CreateSelfSigned(_pki.Time.GetUtcNow().AddSeconds(i), _pki.Time.GetUtcNow().AddDays(1));
            _pki.Store.Reject(certificate);
            _pki.Store.Reject(certificate);
        }

        Assert.Equal(TrustListStore.MaxRejected, Directory.GetFiles(_pki.Store.RejectedFolder).Length);
    }

    // CVE-2022-37013: authorities that issue each other lead nowhere, and come to an end.
    [Fact]
    public void A_chain_that_runs_in_a_circle_is_refused()
    {
        using var first = RSA.Create(2048);
        using var second = RSA.Create(2048);
        using var a = Authority("CN=a", "CN=b", first, second);
        using var b = Authority("CN=b", "CN=a", second, first);
        using var leaf = _pki.Factory.Issue(Pki.Subject(), a.CopyWithPrivateKey(first));

        Assert.NotEqual("Good", _pki.Judge(leaf, a, b, a, b));
        _pki.Store.AddIssuer(a);
        _pki.Store.Trust(b);
        Assert.NotEqual("Good", _pki.Judge(leaf, a, b));
    }

    [Fact]
    public void A_chain_longer_than_the_limit_is_refused()
    {
        using var root = _pki.Factory.CreateAuthority(new CertificateSubject { Name = "root" });
        _pki.Store.Trust(root);
        var issuer = root;
        var issuers = new List<X509Certificate2>();
        for (var i = 0; i < CertificateChain.MaxCertificates; i++)
        {
            _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(issuer, [], 1, TimeSpan.FromDays(7)));
            issuer = _pki.Factory.IssueAuthority(new CertificateSubject { Name = $"level {i}" }, issuer);
            _pki.Store.AddIssuer(issuer);
            issuers.Add(issuer);
        }

        using var leaf = _pki.Factory.Issue(Pki.Subject(), issuer);
        Assert.NotEqual("Good", _pki.Judge(leaf));
        foreach (var certificate in issuers) certificate.Dispose();
    }

    private X509Certificate2 Authority(string subject, string issuer, RSA key, RSA issuerKey)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = _pki.Time.GetUtcNow();
        return request.Create(new X500DistinguishedName(issuer), X509SignatureGenerator.CreateForRSA(issuerKey, RSASignaturePadding.Pkcs1), now.AddDays(-1), now.AddDays(100), [1, 2, 3]);
    }
}
