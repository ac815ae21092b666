using System.Text;
using OpcPortal.Models;

namespace OpcPortal.Fuzz.Targets;

/// <summary>Documents and acts of agreements, which any party may hand over. What was read is written and read once more: it must say the same, or what is kept is not what was signed.</summary>
internal static class AgreementTargets
{
    private const string Document = """
        { "id": "17", "terms": { "grantor": "a", "grantee": "b", "granteeApplication": "b-app", "purpose": "billing", "scope": { "customers": ["c"], "portals": ["p1", "p2"], "dataClasses": ["Energy"] },
          "operations": ["browse", "read", "call"], "conditions": { "minimumQuality": "valid", "historyDepth": "400.00:00:00", "windows": [{ "days": ["monday"], "from": "08:00:00", "until": "18:00:00" }],
          "floor": { "minCustomers": 15, "maxShare": 0.15 } }, "period": { "from": "2030-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z" }, "basedOn": "16", "mayDelegate": true } }
        """;

    private const string Act = """
        { "act": "suspend", "party": "a", "signer": "a-app", "at": "2030-01-01T12:00:00.1234567Z", "nonce": "00112233445566778899aabbccddeeff", "reason": "holidays", "certificate": "AAEC", "signature": "AAEC" }
        """;

    private const string Rules = """
        { "rules": [{ "id": "r", "layer": "mandate", "effect": "deny", "operations": ["call"], "citation": "PUC", "subjects": { "kinds": ["retailer"], "relations": ["owner"] }, "scope": { "functionGroups": ["Supply"] },
          "conditions": { "minimumQuality": "any" }, "period": { "from": "2030-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z" } }] }
        """;

    private static readonly byte[][] Pieces =
        [.. new[] { "null", "[]", "{}", "\"\"", "\\ud800", "\\u0000", "\\u202e", "1e999", "-1", "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00Z\"", "\"10675199.02:48:05.4775807\"", "\"period\":", "\"terms\":", "\"windows\":", "[[[[[[[[[[[[[" }.Select(Encoding.UTF8.GetBytes)];

    // The serializer learns its types at the first of them.
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        Target("agreement-document", ReadDocument, Document),
        Target("agreement-act", ReadAct, Act),
        Target("policy-proposal", ReadProposal, Document, Rules),
    ];

    private static FuzzTarget<AgreementFormatException> Target(string name, Func<string, bool> run, params string[] seeds)
    {
        foreach (var seed in seeds) run(seed);
        return new(name, input => run(Encoding.UTF8.GetString(input)), () => seeds.Select(Encoding.UTF8.GetBytes)) { Pieces = Pieces };
    }

    private static bool ReadDocument(string text)
    {
        var document = AgreementDocument.Read(text);
        var again = AgreementDocument.Read(document.Write());
        return document.Id == again.Id && AgreementCanonical.AreSame(document.Terms, again.Terms) ? true : throw new FuzzException($"Not read as written: {text}");
    }

    private static bool ReadAct(string text)
    {
        var act = AgreementDocument.ReadAct(text);
        var again = AgreementDocument.ReadAct(AgreementDocument.Write(act));
        var statement = new ActStatement("17", 1, new AgreementTerms { Grantor = "a", Grantee = "b", Purpose = "p", Scope = new AccessScope(), Operations = Operations.Read, Period = ActivePeriod.Always });
        // Whatever it says, it has a verdict.
        if (AgreementSignature.Verify(act, statement) != AgreementSignature.Verify(again, statement) || act with { Terms = null } != again with { Terms = null }) throw new FuzzException($"Not read as written: {text}");
        return true;
    }

    private static bool ReadProposal(string text)
    {
        var proposal = PolicyProposal.Read(text);
        return (proposal.Agreement is null) == (proposal.Rules.Count > 0) ? true : throw new FuzzException($"Neither an agreement nor rules: {text}");
    }
}
