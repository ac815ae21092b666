using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The methods of the object SecurityReports: for the Security Manager alone, over an encrypted channel, as NodeSet.xml says.</summary>
internal sealed class ReportMethods(AuditLog log, ServerModel model, Func<DirectoryTables?> tables, Func<IEnumerable<X509Certificate2>> certificates)
{
    /// <summary>Entries of one answer.</summary>
    private const int MaxEntries = 1000;

    private readonly RefusalReport _refusals = new(log.Store);
    private readonly EvidenceType _refusal = EvidenceType.Find(model, "RefusalDataType");
    private readonly EvidenceType _certificate = EvidenceType.Find(model, "ExpiringCertificateDataType");
    private readonly EvidenceType _agreement = EvidenceType.Find(model, "ExpiringAgreementDataType");
    private readonly EvidenceType _dormant = EvidenceType.Find(model, "DormantIdentityDataType");

    public ValueTask<MethodResult> FailedLogins(MethodCall call, CancellationToken cancellation) => Refusals(call, _refusals.FailedLoginsAsync, cancellation);

    public ValueTask<MethodResult> DeniedAccess(MethodCall call, CancellationToken cancellation) => Refusals(call, _refusals.DeniedAccessAsync, cancellation);

    private async ValueTask<MethodResult> Refusals(
        MethodCall call, Func<DateTime?, DateTime?, CancellationToken, Task<(IReadOnlyList<Refusal> Entries, bool IsComplete)>> report, CancellationToken cancellation)
    {
        if (!EvidenceMethods.TryPeriod(call, 0, out var from, out var until)) return EvidenceMethods.Invalid(call, 1);
        await log.FlushAsync(cancellation).ConfigureAwait(false);
        var (refusals, isComplete) = await report(from, until, cancellation).ConfigureAwait(false);
        return Answer(
            [.. refusals.Select(r => _refusal.With(r.User, r.Application, r.Action, r.Target, new Variant(r.Status), r.Count, new Variant(r.First), new Variant(r.Last)))], isComplete);
    }

    public ValueTask<MethodResult> ExpiringCertificates(MethodCall call, CancellationToken cancellation) => Ends(call, (from, until) =>
        IdentityReports.ExpiringCertificates(tables(), certificates(), from, until).Select(c => _certificate.With(c.Entity, c.Identity, c.Subject, c.Thumbprint, new Variant(c.ExpiresAt))));

    public ValueTask<MethodResult> ExpiringAgreements(MethodCall call, CancellationToken cancellation) => Ends(call, (from, until) =>
        IdentityReports.ExpiringAgreements(tables(), from, until)
            .Select(a => _agreement.With(a.Id, a.Terms.Grantor, a.Terms.Grantee, a.Terms.Purpose, a.Status.ToString(), new Variant(a.Terms.Period.Until))));

    public async ValueTask<MethodResult> DormantIdentities(MethodCall call, CancellationToken cancellation)
    {
        await log.FlushAsync(cancellation).ConfigureAwait(false);
        var seen = await log.Store.SeenAsync(cancellation).ConfigureAwait(false);
        return await Ends(call, (from, until) => IdentityReports.Dormant(tables(), seen, from, until)
            .Select(d => _dormant.With(d.Entity, d.Identity, d.Kind, d.Name, new Variant(d.LastSeen ?? default)))).ConfigureAwait(false);
    }

    private static ValueTask<MethodResult> Ends(MethodCall call, Func<DateTime, DateTime, IEnumerable<ExtensionObject>> report)
    {
        if (!EvidenceMethods.TryPeriod(call, 0, out var from, out var until)) return ValueTask.FromResult(EvidenceMethods.Invalid(call, 1));
        ExtensionObject[] entries = [.. report(from ?? DateTime.MinValue, until ?? DateTime.MaxValue).Take(MaxEntries + 1)];
        return ValueTask.FromResult(Answer(entries.Length > MaxEntries ? entries[..MaxEntries] : entries, entries.Length <= MaxEntries));
    }

    private static MethodResult Answer(ExtensionObject[] entries, bool isComplete) => new(StatusCodes.Good, [new Variant(entries), isComplete]);
}
