using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;
using OpcPortal.Ua.Security;

namespace OpcPortal.Server.Tests;

/// <summary>An entity with an application and its key. To make a key takes longer than all else that a test does, so each entity has one for all tests.</summary>
internal sealed class TestParty
{
    private static readonly ConcurrentDictionary<(string Entity, DateTime Day), TestParty> Known = new();

    private readonly RSA _key;

    private TestParty(string entity, TimeProvider time)
    {
        Entity = entity;
        Own = new CertificateFactory(time).CreateSelfSigned(new CertificateSubject { Name = entity, ApplicationUri = ApplicationUri, Hosts = ["localhost"] });
        _key = Own.GetRSAPrivateKey()!;
        Certificate = Convert.ToBase64String(Own.RawData);
        Thumbprint = Convert.ToHexString(SHA256.HashData(Own.RawData));
    }

    public static TestParty Of(string entity, TimeProvider time) => Known.GetOrAdd((entity, time.GetUtcNow().UtcDateTime.Date), _ => new TestParty(entity, time));

    /// <summary>With its key.</summary>
    public X509Certificate2 Own { get; }

    public string Entity { get; }
    public string ApplicationUri => $"urn:test:{Entity}";
    public string Certificate { get; }
    public string Thumbprint { get; }

    /// <summary>The id of its application, which signs.</summary>
    public string Signer => $"{Entity}-app";

    public EntityApplication Application => new() { Id = Signer, Entity = Entity, ApplicationUri = ApplicationUri, Certificate = Certificate, Thumbprint = Thumbprint };

    /// <summary>An act on an agreement as it is, signed.</summary>
    /// <param name="change">What is otherwise, before it is signed.</param>
    public SignedAct Sign(string id, Agreement? agreement, AgreementAct act, DateTime at, AgreementTerms? terms = null, Func<SignedAct, SignedAct>? change = null)
    {
        var unsigned = new SignedAct { Act = act, Party = Entity, Signer = Signer, At = at, Nonce = AgreementSignature.NewNonce(), Certificate = Certificate, Signature = "" };
        return AgreementSignature.Sign(change?.Invoke(unsigned) ?? unsigned, AgreementLifecycle.StatementOf(id, agreement, act, terms)!, _key);
    }
}
