using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;

namespace OpcPortal.Server;

internal sealed record ExpiringCertificate(string? Entity, string? Identity, string Subject, string Thumbprint, DateTime ExpiresAt);

internal sealed record DormantIdentity(string Entity, string Identity, string Kind, string Name, DateTime? LastSeen);

/// <summary>What of the directory is about to end, and who of it is not there any more.</summary>
internal static class IdentityReports
{
    /// <param name="others">Certificates beside those of the directory: the server's own, those that are trusted without being registered.</param>
    public static IEnumerable<ExpiringCertificate> ExpiringCertificates(DirectoryTables? tables, IEnumerable<X509Certificate2> others, DateTime from, DateTime until)
    {
        var found = new Dictionary<string, ExpiringCertificate>(StringComparer.Ordinal);
        foreach (var application in tables?.Applications.Values ?? []) Add(found, application.Entity, application.Id, application.Certificate);
        foreach (var individual in tables?.Individuals.Values ?? []) Add(found, individual.Entity, individual.Id, individual.Certificate);
        // Those of the directory say more of a certificate that is also trusted.
        foreach (var other in others)
        {
            var certificate = Describe(null, null, other);
            found.TryAdd(certificate.Thumbprint, certificate);
        }

        return found.Values.Where(certificate => certificate.ExpiresAt >= from && certificate.ExpiresAt < until).OrderBy(certificate => certificate.ExpiresAt);
    }

    private static void Add(Dictionary<string, ExpiringCertificate> found, string entity, string identity, string? der)
    {
        if (der is null) return;
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(der));
            var described = Describe(entity, identity, certificate);
            found[described.Thumbprint] = described;
        }
        catch (Exception unreadable) when (unreadable is FormatException or CryptographicException)
        {
            // The directory takes none such; one that no longer parses identifies nobody, and so cannot expire.
        }
    }

    private static ExpiringCertificate Describe(string? entity, string? identity, X509Certificate2 certificate) =>
        new(entity, identity, certificate.Subject, Convert.ToHexString(SHA256.HashData(certificate.RawDataMemory.Span)), certificate.NotAfter.ToUniversalTime());

    public static IEnumerable<Agreement> ExpiringAgreements(DirectoryTables? tables, DateTime from, DateTime until) => (tables?.Agreements.Values ?? [])
        .Where(agreement => agreement.Status is AgreementStatus.Active or AgreementStatus.Suspended && agreement.Terms.Period.Until >= from && agreement.Terms.Period.Until < until)
        .OrderBy(agreement => agreement.Terms.Period.Until);

    /// <summary>Identities that were active between two instants and were not let in since the first of them.</summary>
    public static IEnumerable<DormantIdentity> Dormant(DirectoryTables? tables, IReadOnlyDictionary<string, DateTime> seen, DateTime from, DateTime until)
    {
        var period = new ActivePeriod(from, until);
        var applications = (tables?.Applications.Values ?? []).Where(application => application.Active.Overlaps(period))
            .Select(application => new DormantIdentity(application.Entity, application.Id, "application", application.ApplicationUri, LastSeen(seen, AuditRecorder.IdentityOfApplication(application.Id))));
        var individuals = (tables?.Individuals.Values ?? []).Where(individual => individual.Active.Overlaps(period))
            .Select(individual => new DormantIdentity(individual.Entity, individual.Id, "individual", individual.Name, LastSeen(seen, AuditRecorder.IdentityOfIndividual(individual.Id))));
        return applications.Concat(individuals).Where(identity => identity.LastSeen is not { } last || last < from)
            .OrderBy(identity => identity.LastSeen ?? DateTime.MinValue).ThenBy(identity => identity.Identity, StringComparer.Ordinal);
    }

    private static DateTime? LastSeen(IReadOnlyDictionary<string, DateTime> seen, string identity) => seen.TryGetValue(identity, out var at) ? at : null;
}
