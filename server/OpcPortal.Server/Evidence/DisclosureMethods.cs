using System.Globalization;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The method of the object DisclosureLog. Rows are looked up by the entity of the caller's session, whatever is asked: a continuation is a place in the log, and shows nobody more.
/// </summary>
internal sealed class DisclosureMethods(AuditLog log, DisclosureRecorder recorder, EvidenceType entryType)
{
    /// <summary>Entries of one answer: some 300 bytes each.</summary>
    private const int MaxEntries = 1000;

    public async ValueTask<MethodResult> ReadDisclosures(MethodCall call, CancellationToken cancellation)
    {
        if (call.Context.Subject is not AccessSubject { Entity: { } entity }) return new MethodResult(StatusCodes.BadUserAccessDenied);
        var arguments = call.InputArguments;
        if (!EvidenceMethods.TryPeriod(call, 0, out var from, out var until)) return EvidenceMethods.Invalid(call, 1);
        var after = 0L;
        if (arguments[3].AsString() is { Length: > 0 } continuation && (!long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out after) || after < 0)) return EvidenceMethods.Invalid(call, 3);
        await recorder.FlushAsync(cancellation).ConfigureAwait(false);
        var most = EvidenceMethods.Limit(arguments[2], MaxEntries);
        var query = new EvidenceQuery { Class = EvidenceClass.Disclosure, Party = entity, From = from, Until = until, After = after, Limit = most + 1 };
        var (entries, last, more) = (new List<ExtensionObject>(), 0L, false);
        await foreach (var row in log.Store.ReadAsync(query, cancellation).ConfigureAwait(false))
        {
            more = entries.Count == most;
            if (more) break;
            if (row.Type == DisclosureEntry.TypeName && DisclosureEntry.TryRead(row, out var entry)) entries.Add(Entry(entry!));
            last = row.Sequence;
        }

        return new MethodResult(StatusCodes.Good, [new Variant(entries.ToArray()), new Variant(more ? last.ToString(CultureInfo.InvariantCulture) : null)]);
    }

    private ExtensionObject Entry(DisclosureEntry entry) => entryType.With(
        new Variant(entry.At), entry.Who.Entity, entry.Who.Application, entry.Who.Individual, entry.Owner, entry.Customer, entry.Portal, entry.Device, entry.DataClass,
        entry.Operation.ToString(), entry.Layer?.ToString(), entry.AllowedBy, new Variant(entry.From ?? default), new Variant(entry.Until ?? default));
}
