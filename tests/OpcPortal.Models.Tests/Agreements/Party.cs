using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Models.Tests;

/// <summary>An entity with one application and its key.</summary>
internal sealed class Party
{
    // To make a key takes longer than all else that a test does.
    private static readonly ConcurrentDictionary<(string Entity, int Bits), RSA> Keys = new();

    public static readonly DateTime Now = new(2030, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    public Party(string entity, int keyBits = 2048)
    {
        Entity = entity;
        Key = Keys.GetOrAdd((entity, keyBits), static wanted => RSA.Create(wanted.Bits));
        var request = new CertificateRequest($"CN={entity}", Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(1));
        Certificate = Convert.ToBase64String(certificate.RawData);
    }

    public string Entity { get; }
    public RSA Key { get; }
    public string Certificate { get; }

    public SignedAct Unsigned(AgreementAct act, AgreementTerms? terms = null) => new()
    {
        Act = act,
        Party = Entity,
        Signer = Entity + "-app",
        At = Now,
        Nonce = AgreementSignature.NewNonce(),
        Certificate = Certificate,
        Signature = "",
        Terms = act is AgreementAct.Propose or AgreementAct.Renew ? terms : null,
    };

    /// <summary>An act on an agreement as it is, signed.</summary>
    public SignedAct Sign(string agreementId, Agreement? agreement, AgreementAct act, AgreementTerms? terms = null) =>
        AgreementSignature.Sign(Unsigned(act, terms), AgreementLifecycle.StatementOf(agreementId, agreement, act, terms)!, Key);
}

internal static class Terms
{
    /// <summary>Every member says something.</summary>
    public static AgreementTerms Full { get; } = new()
    {
        Grantor = "customer-1",
        Grantee = "retailer",
        GranteeApplication = "billing-app",
        GranteeIndividual = "ann",
        Purpose = "billing",
        Scope = new AccessScope { Customers = ["customer-1", "c2"], CustomerClasses = ["residential"], Portals = ["p1", "p2"], DeviceTypes = ["ElectricityMeterType"], DataClasses = ["Energy"], FunctionGroups = ["LoadControl"], Points = ["ActivePower"] },
        Operations = Operations.Browse | Operations.Read | Operations.ReadHistory,
        Conditions = new AccessConditions
        {
            MinimumQuality = QualityLevel.Valid,
            HistoryDepth = TimeSpan.FromDays(400),
            Windows = [new WeeklyWindow(0b0011_1110, TimeSpan.FromHours(8), TimeSpan.FromHours(18))],
            Floor = new AggregationFloor(15, 0.15),
        },
        Period = new ActivePeriod(Party.Now, Party.Now.AddYears(1)),
        BasedOn = "parent",
        MayDelegate = true,
        FinishesCommands = true,
    };

    /// <summary>No more than must be.</summary>
    public static AgreementTerms Plain { get; } = new()
    {
        Grantor = "customer-1",
        Grantee = "retailer",
        Purpose = "billing",
        Scope = new AccessScope { DataClasses = ["Energy"] },
        Operations = Operations.Browse | Operations.Read,
        Period = new ActivePeriod(Party.Now.AddDays(-1), Party.Now.AddDays(30)),
    };
}
