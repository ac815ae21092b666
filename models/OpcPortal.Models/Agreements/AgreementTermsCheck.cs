namespace OpcPortal.Models;

/// <summary>Whether terms say something that an agreement can say, whoever the parties are. What exists and who owns it is asked elsewhere.</summary>
public static class AgreementTermsCheck
{
    private const byte AllDays = 0b111_1111;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <returns>What is wrong, beginning with the member, for people; null where nothing is.</returns>
    public static string? FlawOf(AgreementTerms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (!AgreementDocument.IsId(terms.Grantor) || !AgreementDocument.IsId(terms.Grantee)) return "grantor, grantee: the ids of two entities.";
        if (terms.Grantor == terms.Grantee) return "grantee: an agreement has two sides.";
        if (!IsNameOrNull(terms.GranteeApplication) || !IsNameOrNull(terms.GranteeIndividual)) return "granteeApplication, granteeIndividual: an id.";
        if (!AgreementDocument.IsName(terms.Purpose)) return "purpose: what it is for, in a word or two.";
        if (terms.Operations == Operations.None) return "operations: one at least.";
        if (terms.Period.IsEmpty) return "period: it ends before it begins.";
        if (terms.BasedOn is { } basis && !AgreementDocument.IsId(basis)) return "basedOn: the id of an agreement.";
        return FlawOf(terms.Scope) ?? FlawOf(terms.Conditions);
    }

    private static string? FlawOf(AccessScope scope)
    {
        if (scope.Owners.Count > 0) return "scope.owners: an agreement is about what its grantor owns; leave it out.";
        return FlawOf(scope.Customers, "customers") ?? FlawOf(scope.CustomerClasses, "customerClasses") ?? FlawOf(scope.Portals, "portals") ?? FlawOf(scope.DeviceTypes, "deviceTypes")
            ?? FlawOf(scope.DataClasses, "dataClasses") ?? FlawOf(scope.FunctionGroups, "functionGroups") ?? FlawOf(scope.Points, "points");
    }

    private static string? FlawOf(IReadOnlyList<string> list, string name)
    {
        if (list.Count > AgreementLimits.MaxListLength) return $"scope.{name}: more than {AgreementLimits.MaxListLength}.";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in list)
        {
            if (!AgreementDocument.IsName(entry)) return $"scope.{name}: a name of {AgreementLimits.MaxNameLength} characters at most is wanted.";
            if (!seen.Add(entry)) return $"scope.{name}: {entry} comes twice.";
        }

        return null;
    }

    internal static string? FlawOf(AccessConditions conditions)
    {
        if (!Enum.IsDefined(conditions.MinimumQuality)) return "conditions.minimumQuality: there is none such.";
        if (conditions.HistoryDepth is { } depth && depth <= TimeSpan.Zero) return "conditions.historyDepth: more than nothing.";
        if (conditions.Windows.Count > AgreementLimits.MaxWindows) return $"conditions.windows: more than {AgreementLimits.MaxWindows}.";
        foreach (var window in conditions.Windows)
        {
            if (window.Days is 0 or > AllDays) return "conditions.windows: a day at least.";
            if (window.From < TimeSpan.Zero || window.From >= Day || window.Until < TimeSpan.Zero || window.Until > Day) return "conditions.windows: from 00:00:00 to 1.00:00:00.";
        }

        return conditions.Floor is not { } floor || floor is { MinCustomers: >= 1, MaxShare: > 0 and <= 1 } ? null : "conditions.floor: a customer at least, and a share above 0 and up to 1.";
    }

    private static bool IsNameOrNull(string? text) => text is null || AgreementDocument.IsName(text);
}
