using System.Globalization;

namespace OpcPortal.Models.Tests;

/// <summary>Chains of rows made by hand.</summary>
internal static class EvidenceChains
{
    public static readonly DateTime Noon = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

    public static List<EvidenceRow> Of(int count, EvidenceClass @class = EvidenceClass.Security)
    {
        var rows = new List<EvidenceRow>(count);
        var head = EvidenceAnchor.Start(@class);
        for (var i = 0; i < count; i++)
        {
            rows.Add(EvidenceRow.After(head, Noon.AddSeconds(i), EvidenceKind.Done, "AuditSessionEventType", "", string.Create(CultureInfo.InvariantCulture, $$"""{"Number":{{i}}}""")));
            head = rows[^1].Anchor;
        }

        return rows;
    }

    /// <summary>The chain goes on.</summary>
    public static List<EvidenceRow> And(this List<EvidenceRow> rows, EvidenceKind kind, string type, string body)
    {
        rows.Add(EvidenceRow.After(rows[^1].Anchor, rows[^1].Time.AddSeconds(1), kind, type, "", body));
        return rows;
    }

    public static EvidenceFault? Check(IEnumerable<EvidenceRow> rows, params EvidenceAnchor[] anchors)
    {
        var verifier = new EvidenceVerifier(EvidenceClass.Security, anchors);
        foreach (var row in rows)
            if (!verifier.Add(row)) break;
        return verifier.Complete();
    }

    /// <summary>A row with its hash made to fit: what somebody does who writes rows anew.</summary>
    public static EvidenceRow Rehashed(this EvidenceRow row) => row with { Hash = EvidenceDigest.Of(row) };
}
