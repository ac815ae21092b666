using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security.Tests;

public sealed class CertificateValidatorTests : IDisposable
{
    private readonly Pki _pki = new();

    public void Dispose() => _pki.Dispose();

    [Fact]
    public void A_certificate_is_good_from_the_moment_it_is_trusted_and_until_it_no_longer_is()
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        Assert.Equal("BadCertificateUntrusted", _pki.Judge(certificate));
        Assert.Single(_pki.Store.Rejected());

        _pki.Store.Trust(certificate);
        Assert.Equal("Good", _pki.Judge(certificate));
        Assert.Empty(_pki.Store.Rejected());

        Assert.True(_pki.Store.Distrust(certificate));
        Assert.Equal("BadCertificateUntrusted", _pki.Judge(certificate));
    }

    [Fact]
    public void A_file_put_into_the_folder_by_hand_counts_without_a_restart()
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        Assert.Equal("BadCertificateUntrusted", _pki.Judge(certificate));
        File.WriteAllText(Path.Combine(_pki.Store.Root, "trusted", "certs", "my notes.txt"), "not a certificate");
        File.WriteAllText(Path.Combine(_pki.Store.Root, "trusted", "certs", "client.pem"), certificate.ExportCertificatePem());
        _pki.LetTheStoreLookAgain();
        Assert.Equal("Good", _pki.Judge(certificate));
    }

    [Fact]
    public void Its_time_is_checked_at_both_ends()
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject() with { Lifetime = TimeSpan.FromDays(10) });
        _pki.Store.Trust(certificate);
        _pki.Time.Advance(TimeSpan.FromDays(9.9));
        Assert.Equal("Good", _pki.Judge(certificate));
        _pki.Time.Advance(TimeSpan.FromDays(0.2));
        Assert.Equal("BadCertificateTimeInvalid", _pki.Judge(certificate));

        using var early = new CertificateFactory(new Microsoft.Extensions.Time.Testing.FakeTimeProvider(_pki.Time.GetUtcNow().AddDays(2))).CreateSelfSigned(Pki.Subject());
        _pki.Store.Trust(early);
        Assert.Equal("BadCertificateTimeInvalid", _pki.Judge(early));
    }

    [Theory]
    [InlineData("urn:test:Client", "Good")]
    [InlineData("urn:test:client", "BadCertificateUriInvalid")]
    [InlineData("urn:test:Client2", "BadCertificateUriInvalid")]
    public void The_application_uri_is_compared_character_by_character(string uri, string expected)
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        Assert.Equal(Pki.Uri, CertificateFields.ApplicationUri(certificate));
        _pki.Store.Trust(certificate);
        Assert.Equal(expected, _pki.Judge(Pki.Demands with { ApplicationUri = uri }, certificate));
    }

    [Theory]
    [InlineData("LOCALHOST", "Good")]
    [InlineData("127.0.0.1", "Good")]
    [InlineData("example.org", "BadCertificateHostNameInvalid")]
    public void The_host_is_checked_where_one_was_meant(string host, string expected)
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        _pki.Store.Trust(certificate);
        Assert.Equal(expected, _pki.Judge(Pki.Demands with { Host = host }, certificate));
    }

    [Fact]
    public void A_short_key_and_an_old_signature_are_refused_though_trusted()
    {
        using var shortKey = _pki.Factory.CreateSelfSigned(Pki.Subject(keySize: 1024));
        _pki.Store.Trust(shortKey);
        Assert.Equal("BadCertificatePolicyCheckFailed", _pki.Judge(shortKey));

        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=old", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var sha1 = request.Create(request.SubjectName, new Sha1Signature(rsa), _pki.Time.GetUtcNow(), _pki.Time.GetUtcNow().AddDays(1), [1]);
        _pki.Store.Trust(sha1);
        Assert.Equal("BadCertificatePolicyCheckFailed", _pki.Judge(Pki.Demands with { ApplicationUri = null }, sha1));
    }

    [Fact]
    public void A_certificate_without_the_usages_of_an_application_is_refused_as_one()
    {
        using var user = _pki.Factory.CreateUser(new CertificateSubject { Name = "user" });
        _pki.Store.Trust(user);
        var demands = new CertificateDemands { Policy = SecurityPolicy.Basic256Sha256 };
        Assert.Equal("BadCertificateUseNotAllowed", _pki.Judge(demands, user));
        Assert.Equal("Good", _pki.Judge(demands with { IsUser = true }, user));
    }

    [Fact]
    public void An_issued_certificate_needs_its_chain_a_trusted_member_and_a_current_revocation_list()
    {
        using var root = _pki.Factory.CreateAuthority(new CertificateSubject { Name = "root" });
        using var middle = _pki.Factory.IssueAuthority(new CertificateSubject { Name = "middle" }, root);
        using var certificate = _pki.Factory.Issue(Pki.Subject(), middle);
        Assert.Equal("BadCertificateChainIncomplete", _pki.Judge(certificate));
        Assert.Equal("BadCertificateChainIncomplete", _pki.Judge(certificate, middle));

        _pki.Store.AddIssuer(root);
        Assert.Equal("BadCertificateUntrusted", _pki.Judge(certificate, middle));
        _pki.Store.Trust(middle);
        Assert.Equal("BadCertificateRevocationUnknown", _pki.Judge(certificate));

        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(middle, [], 1, TimeSpan.FromDays(7)));
        Assert.Equal("BadCertificateIssuerRevocationUnknown", _pki.Judge(certificate));
        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(root, [], 1, TimeSpan.FromDays(30)), forTrusted: false);
        Assert.Equal("Good", _pki.Judge(certificate));

        _pki.Time.Advance(TimeSpan.FromDays(8));
        Assert.Equal("BadCertificateRevocationUnknown", _pki.Judge(certificate));
        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(middle, [certificate], 2, TimeSpan.FromDays(7)));
        Assert.Equal("BadCertificateRevoked", _pki.Judge(certificate));
        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(middle, [], 3, TimeSpan.FromDays(7)));
        Assert.Equal("BadCertificateRevoked", _pki.Judge(certificate));
    }

    [Fact]
    public void A_revoked_issuer_takes_what_it_issued_with_it()
    {
        using var root = _pki.Factory.CreateAuthority(new CertificateSubject { Name = "root" });
        using var middle = _pki.Factory.IssueAuthority(new CertificateSubject { Name = "middle" }, root);
        using var certificate = _pki.Factory.Issue(Pki.Subject(), middle);
        _pki.Store.Trust(root);
        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(root, [middle], 1, TimeSpan.FromDays(7)));
        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(middle, [], 1, TimeSpan.FromDays(7)));
        Assert.Equal("BadCertificateIssuerRevoked", _pki.Judge(certificate, middle));
    }

    [Fact]
    public void A_stranger_with_the_name_of_a_trusted_authority_issues_nothing()
    {
        using var root = _pki.Factory.CreateAuthority(new CertificateSubject { Name = "root" });
        using var forged = _pki.Factory.CreateAuthority(new CertificateSubject { Name = "root" });
        using var certificate = _pki.Factory.Issue(Pki.Subject(), forged);
        _pki.Store.Trust(root);
        _pki.Store.AddRevocationList(_pki.Factory.CreateRevocationList(root, [], 1, TimeSpan.FromDays(7)));
        Assert.NotEqual("Good", _pki.Judge(certificate));
        Assert.NotEqual("Good", _pki.Judge(certificate, forged));
        Assert.NotEqual("Good", _pki.Judge(certificate, root));
    }

    [Fact]
    public void What_is_no_authority_issues_nothing()
    {
        using var application = _pki.Factory.CreateSelfSigned(Pki.Subject("trusted"));
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=child", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var issuerKey = application.GetRSAPrivateKey()!;
        using var child = request.Create(application.SubjectName, X509SignatureGenerator.CreateForRSA(issuerKey, RSASignaturePadding.Pkcs1), application.NotBefore, application.NotAfter, [1, 2, 3]);
        _pki.Store.Trust(application);
        Assert.Equal("BadCertificateIssuerUseNotAllowed", _pki.Judge(Pki.Demands with { ApplicationUri = null }, child, application));
    }

    [Fact]
    public void Bytes_that_are_no_chain_are_refused_without_harm()
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        var raw = certificate.RawData;
        for (var length = 0; length < raw.Length; length += 37) Assert.False(CertificateChain.TryParse(raw[..length], out _));
        Assert.False(CertificateChain.TryParse((byte[])[.. raw, 0x30], out _));
        byte[] tooMany = [.. Enumerable.Repeat(raw, CertificateChain.MaxCertificates + 1).SelectMany(r => r)];
        Assert.False(CertificateChain.TryParse(tooMany, out _));
        Assert.True(CertificateChain.TryParse((byte[])[.. raw, .. raw], out var chain));
        Assert.Single(chain.Issuers);

        var random = new Random(4711);
        for (var i = 0; i < 500; i++)
        {
            var mutated = raw.ToArray();
            for (var n = 0; n < 3; n++) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            _pki.Validator.Validate(mutated, Pki.Demands);
        }

        Assert.InRange(_pki.Store.Rejected().Count, 0, TrustListStore.MaxRejected);
    }

    [Fact]
    public void The_own_certificate_comes_back_with_its_key_which_only_its_owner_reads()
    {
        Assert.Null(_pki.Store.LoadOwn());
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        _pki.Store.SaveOwn(certificate).Dispose();

        using var own = _pki.Store.LoadOwn();

        Assert.NotNull(own);
        Assert.Equal(Pki.Uri, own.ApplicationUri);
        var key = Assert.Single(Directory.GetFiles(Path.Combine(_pki.Store.Root, "own", "private")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
    }

    [Fact]
    public void A_password_reaches_the_holder_of_the_key_with_the_right_nonce_alone()
    {
        using var certificate = _pki.Factory.CreateSelfSigned(Pki.Subject());
        using var key = PrivateKey.Of(certificate);
        using var publicKey = certificate.GetRSAPublicKey()!;
        var nonce = Nonce.ForSession();
        foreach (var policy in SecurityPolicy.All.Where(p => !p.IsNone))
        {
            foreach (var length in (int[])[0, 1, 40, 300, EncryptedSecret.MaxLength])
            {
                var secret = RandomNumberGenerator.GetBytes(length);
                var cipher = EncryptedSecret.Encrypt(policy, publicKey, secret, nonce);
                Assert.True(EncryptedSecret.TryDecrypt(policy, key, cipher, nonce, out var read));
                Assert.Equal(secret, read);
                Assert.False(EncryptedSecret.TryDecrypt(policy, key, cipher, Nonce.ForSession(), out _));
                cipher[^1] ^= 1;
                Assert.False(EncryptedSecret.TryDecrypt(policy, key, cipher, nonce, out _));
            }

            Assert.False(EncryptedSecret.TryDecrypt(policy, key, EncryptedSecret.Encrypt(policy, publicKey, new byte[EncryptedSecret.MaxLength + 1], nonce), nonce, out _));
        }
    }

    // What .NET itself no longer makes.
    private sealed class Sha1Signature(RSA key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString("300D06092A864886F70D0101050500");
        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);
        protected override PublicKey BuildPublicKey() => CreateForRSA(key, RSASignaturePadding.Pkcs1).PublicKey;
    }
}
