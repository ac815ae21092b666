using System.Collections.Concurrent;
using System.Security.Cryptography;
using OpcPortal.Models;
using OpcPortal.Ua.Security;

namespace OpcPortal.Server.Tests;

/// <summary>Records for tests: a few parties with certificates, made once.</summary>
internal static class Parties
{
    public static readonly DateTime Start = new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc);

    private static readonly ConcurrentDictionary<string, byte[]> Certificates = new();

    public static Entity Utility { get; } = new() { Id = "river", Kind = EntityKind.DistributionCompany, Name = "River Power", NamespaceUri = "urn:river" };
    public static Entity Retailer { get; } = new() { Id = "bright", Kind = EntityKind.Retailer, Name = "Bright Retail", NamespaceUri = "urn:bright" };
    public static Entity House { get; } = new() { Id = "house", Kind = EntityKind.House, Name = "The house", NamespaceUri = "urn:house" };
    public static Entity Ann { get; } = Customer("ann");
    public static Entity Bob { get; } = Customer("bob");

    public static Entity Customer(string id) => new() { Id = id, Kind = EntityKind.Customer, Name = id, NamespaceUri = "urn:residential", CustomerClass = "residential" };

    /// <param name="key">Whose certificate: the same gives the same.</param>
    public static EntityApplication Application(string id, string entity, string? key = null)
    {
        var certificate = CertificateOf(key ?? id);
        return new EntityApplication
        {
            Id = id,
            Entity = entity,
            ApplicationUri = $"urn:test:{key ?? id}",
            Certificate = Convert.ToBase64String(certificate),
            Thumbprint = Convert.ToHexString(SHA256.HashData(certificate)),
        };
    }

    public static Individual Certified(string id, string entity, string? key = null)
    {
        var certificate = CertificateOf(key ?? id);
        return new Individual { Id = id, Entity = entity, Name = id, Certificate = Convert.ToBase64String(certificate), Thumbprint = Convert.ToHexString(SHA256.HashData(certificate)) };
    }

    public static Individual Named(string id, string entity, ManagerPower power = ManagerPower.None) => new() { Id = id, Entity = entity, Name = id, UserName = id, Power = power };

    public static Tenancy Tenancy(string id, string portal, string customer, DateTime? from = null, DateTime? until = null) =>
        new() { Id = id, Portal = portal, Customer = customer, Period = new ActivePeriod(from ?? DateTime.MinValue, until ?? DateTime.MaxValue) };

    public static AccessRule Rule(string id) => new() { Id = id, Layer = PolicyLayer.Mandate, Effect = RuleEffect.Allow, Operations = Operations.Read, Citation = "PUC order 12-345" };

    public static byte[] CertificateOf(string key) => Certificates.GetOrAdd(key, static name =>
    {
        using var certificate = new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = name, ApplicationUri = $"urn:test:{name}" });
        return certificate.RawData;
    });
}
