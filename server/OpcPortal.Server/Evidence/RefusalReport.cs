using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>What was refused to somebody in the same way, counted.</summary>
internal sealed record Refusal(string? User, string? Application, string Action, string? Target, StatusCode Status)
{
    public uint Count { get; init; }
    public DateTime First { get; init; }
    public DateTime Last { get; init; }
}

/// <summary>Counts refusals of the log by who, what and why.</summary>
internal sealed class RefusalReport(IEvidenceStore store)
{
    // What an attacker can grow: each new name is another group. Those that come too late only make the report incomplete.
    private const int MaxGroups = 10_000;

    // Rows looked at for one report: some seconds.
    private const int MaxRows = 500_000;

    /// <summary>Entries of an answer: the most frequent.</summary>
    private const int MaxEntries = 500;

    private static readonly HashSet<string> LoginTypes = new(StringComparer.Ordinal) { "AuditActivateSessionEventType", "AuditCreateSessionEventType", "AuditOpenSecureChannelEventType" };

    // What may not be browsed does not exist for who asks: BadNodeIdUnknown is a denial too, if not always one.
    private static bool IsDenial(StatusCode status) => status.CodeBits is StatusCodes.BadUserAccessDenied or StatusCodes.BadSecurityModeInsufficient
        or StatusCodes.BadNodeIdUnknown or StatusCodes.BadMethodInvalid or StatusCodes.BadRequestNotAllowed;

    public Task<(IReadOnlyList<Refusal> Entries, bool IsComplete)> FailedLoginsAsync(DateTime? from, DateTime? until, CancellationToken cancellation) =>
        CountAsync(EvidenceClass.Security, from, until, row => LoginTypes.Contains(row.Type), static (row, fields, status) => new Refusal(
            fields.TextWithin("UserIdentityToken", "UserName") ?? fields.Text("ClientUserId"), fields.Text("ClientApplicationUri") ?? fields.Text("ClientAuditEntryId"), row.Type, null, status), cancellation);

    /// <summary>Writes, calls and changes, each counted; and reading, told about once an hour for the same subject and class of a device.</summary>
    public async Task<(IReadOnlyList<Refusal> Entries, bool IsComplete)> DeniedAccessAsync(DateTime? from, DateTime? until, CancellationToken cancellation)
    {
        var acts = await CountAsync(EvidenceClass.Change, from, until, static _ => true, static (row, fields, status) => IsDenial(status) ? new Refusal(
            fields.Text("ClientUserId"), fields.Text("ClientApplicationUri"), row.Type, fields.Text("MethodId") ?? fields.Text("SourceNode"), status) : null, cancellation).ConfigureAwait(false);
        var reads = await CountAsync(EvidenceClass.Disclosure, from, until, static row => row.Type == DisclosureEntry.RefusalTypeName, static (row, _, _) => ReadOf(row), cancellation).ConfigureAwait(false);
        return (MostFrequent(acts.Entries.Concat(reads.Entries)), acts.IsComplete && reads.IsComplete && acts.Entries.Count + reads.Entries.Count <= MaxEntries);
    }

    // Writes and calls are told by their own events.
    private static Refusal? ReadOf(EvidenceRow row) =>
        DisclosureEntry.TryRead(row, out var entry) && entry is { Operation: Operations.Read or Operations.ReadHistory, Who: var who }
            ? new Refusal(who.Individual ?? who.Entity, who.Application, entry.Operation.ToString(), $"{entry.Portal}{(entry.Device is { } device ? $"/{device}" : "")} ({entry.DataClass})", StatusCodes.BadUserAccessDenied)
            : null;

    private async Task<(IReadOnlyList<Refusal> Entries, bool IsComplete)> CountAsync(
        EvidenceClass @class, DateTime? from, DateTime? until, Func<EvidenceRow, bool> wanted, Func<EvidenceRow, EvidenceFields, StatusCode, Refusal?> groupOf, CancellationToken cancellation)
    {
        var groups = new Dictionary<Refusal, Refusal>();
        var (isComplete, seen) = (true, 0);
        var query = new EvidenceQuery { Class = @class, From = from, Until = until, Kind = EvidenceKind.Refused, Limit = MaxRows };
        await foreach (var row in store.ReadAsync(query, cancellation).ConfigureAwait(false))
        {
            isComplete &= ++seen < MaxRows;
            if (wanted(row)) isComplete &= Count(groups, row, groupOf);
        }

        var entries = MostFrequent(groups.Values);
        return (entries, isComplete && entries.Length == groups.Count);
    }

    private static Refusal[] MostFrequent(IEnumerable<Refusal> refusals) => [.. refusals.OrderByDescending(refusal => refusal.Count).ThenByDescending(refusal => refusal.Last).Take(MaxEntries)];

    private static bool Count(Dictionary<Refusal, Refusal> groups, EvidenceRow row, Func<EvidenceRow, EvidenceFields, StatusCode, Refusal?> groupOf)
    {
        using var body = JsonDocument.Parse(row.Body);
        var fields = new EvidenceFields(body.RootElement);
        if (groupOf(row, fields, fields.Status("Outcome")) is not { } group) return true;
        if (!groups.TryGetValue(group, out var known))
        {
            if (groups.Count == MaxGroups) return false;
            known = group with { First = row.Time };
        }

        groups[group] = known with { Count = known.Count + 1, Last = row.Time };
        return true;
    }
}
