using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Certificates that are refused: the peer hears one thing, the operator finds the certificate in <c>rejected</c>. Part 4 6.1.3, 5.6.2.3.</summary>
public sealed class CertificateRefusalTests
{
    private static readonly CertificateFactory Factory = new(TimeProvider.System);
    private static readonly X509Certificate2 Authority = Factory.CreateAuthority(new CertificateSubject { Name = "authority" });
    private static readonly X509Certificate2 Issued = Factory.Issue(Subject("issued"), Authority);

    private const X509KeyUsageFlags AllUsages = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment;

    private static CertificateSubject Subject(string name, int keySize = 2048) => new() { Name = name, ApplicationUri = TestPki.ClientUri, Hosts = ["localhost"], KeySize = keySize };

    private static byte[] RevocationList(params X509Certificate2[] revoked) => Factory.CreateRevocationList(Authority, revoked, 1, TimeSpan.FromDays(7));

    // What each is, and what makes it so; the neighbour that is let in stands in the last test.
    public static TheoryData<string> Refusals => ["expired", "not yet", "revoked", "revocation unknown", "issuer not trusted", "SHA-1", "short key", "no application's"];

    private static X509Certificate2 Prepare(string what, TrustListStore trust)
    {
        switch (what)
        {
            case "expired": return Trusted(new CertificateFactory(new Clock(-800)).CreateSelfSigned(Subject(what)));
            case "not yet": return Trusted(new CertificateFactory(new Clock(2)).CreateSelfSigned(Subject(what)));
            case "SHA-1": return Trusted(Unusual(what, AllUsages, isSha1: true));
            case "short key": return Trusted(Factory.CreateSelfSigned(Subject(what, 1024)));
            case "no application's": return Trusted(Unusual(what, X509KeyUsageFlags.DigitalSignature, isSha1: false));
            case "issuer not trusted":
                trust.AddIssuer(Authority);
                trust.AddRevocationList(RevocationList(), forTrusted: false);
                return Issued;
            case "revocation unknown":
                trust.Trust(Authority);
                return Issued;
            default:
                trust.Trust(Authority);
                trust.AddRevocationList(RevocationList(Issued));
                return Issued;
        }

        X509Certificate2 Trusted(X509Certificate2 certificate)
        {
            trust.Trust(certificate);
            return certificate;
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task The_peer_hears_that_checks_failed_and_the_certificate_is_kept_for_the_operator(string what)
    {
        await using var server = new TestServer();
        var steady = server.Connect();
        await steady.ReadyAsync();
        var certificate = Prepare(what, server.Trust);
        var client = server.Connect();
        await client.HelloAsync();
        var refused = await Assert.ThrowsAsync<ChannelException>(() => client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, certificate));
        Assert.Equal("BadSecurityChecksFailed", refused.Status.ToString());
        Assert.Contains(server.Trust.Rejected(), c => c.Thumbprint == certificate.Thumbprint);
        Assert.True((await steady.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    // Part 4 6.1.3: issuers in `issuer` complete the chain, they give no trust; with the leaf trusted it is let in.
    [Fact]
    public async Task A_chain_is_completed_by_the_issuers_known_here()
    {
        await using var server = new TestServer();
        server.Trust.AddIssuer(Authority);
        server.Trust.AddRevocationList(RevocationList(), forTrusted: false);
        server.Trust.Trust(Issued);
        await server.Connect().ReadyAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, Issued);
    }

    [Fact]
    public async Task Whoever_a_trusted_authority_has_issued_is_let_in_until_revoked()
    {
        await using var server = new TestServer();
        server.Trust.Trust(Authority);
        server.Trust.AddRevocationList(RevocationList());
        await server.Connect().ReadyAsync(SecurityPolicy.Aes128Sha256RsaOaep, MessageSecurityMode.Sign, Issued);
        server.Trust.AddRevocationList(Factory.CreateRevocationList(Authority, [Issued], 2, TimeSpan.FromDays(7)));
        var client = server.Connect();
        await client.HelloAsync();
        await Assert.ThrowsAsync<ChannelException>(() => client.OpenAsync(SecurityPolicy.Aes128Sha256RsaOaep, MessageSecurityMode.Sign, Issued));
    }

    // Part 4 5.7.2.2: the ApplicationUri of the session is that of the certificate, character by character.
    [Theory]
    [InlineData("urn:test:client")]
    [InlineData("urn:test:Client/")]
    [InlineData("")]
    [InlineData(null)]
    public async Task An_application_that_calls_itself_otherwise_than_its_certificate_gets_no_session(string? uri)
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        var refused = await Assert.ThrowsAsync<ServiceException>(() => client.CreateSessionAsync(r => r.ClientDescription.ApplicationUri = uri));
        Assert.Equal("BadCertificateUriInvalid", refused.Status.ToString());
        await client.CreateSessionAsync();
        await client.ActivateAsync();
    }

    // What the factory does not make.
    private static X509Certificate2 Unusual(string name, X509KeyUsageFlags usage, bool isSha1)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("urn:test:client"));
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var generator = isSha1 ? new Sha1Signature(key) : X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(request.SubjectName, generator, now.AddDays(-1), now.AddDays(1), [1]);
        return certificate.CopyWithPrivateKey(key);
    }

    private sealed class Sha1Signature(RSA key) : X509SignatureGenerator
    {
        // RFC 3279 2.2.1: sha1WithRSAEncryption, 1.2.840.113549.1.1.5, with its NULL.
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString("300D06092A864886F70D0101050500");

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => CreateForRSA(key, RSASignaturePadding.Pkcs1).PublicKey;
    }

    private sealed class Clock(int days) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(days);
    }
}
