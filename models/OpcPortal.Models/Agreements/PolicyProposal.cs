namespace OpcPortal.Models;

/// <summary>A policy to be tried out dry, as JSON: an agreement (<c>id</c> and <c>terms</c>, as <see cref="AgreementDocument"/>), or <c>rules</c>.</summary>
public sealed record PolicyProposal
{
    /// <summary>Rules of one proposal: a policy is changed by a few at a time.</summary>
    public const int MaxRules = 1_000;

    /// <summary>The agreement that would be in force; null where rules are proposed.</summary>
    public AgreementDocument? Agreement { get; private init; }

    /// <summary>Rules that would be added, or take the place of those with the same id; empty where an agreement is proposed.</summary>
    public IReadOnlyList<AccessRule> Rules { get; private init; } = [];

    /// <exception cref="AgreementFormatException">It is neither, or both.</exception>
    public static PolicyProposal Read(string json)
    {
        var form = AgreementDocument.Deserialize<Form>(json);
        if ((form.Rules is null) == (form.Id is null && form.Terms is null)) throw new AgreementFormatException("An agreement (id and terms) or rules are wanted, one of them.");
        if (form.Rules is null) return new PolicyProposal { Agreement = AgreementDocument.Read(json) };
        if (form.Rules.Count is 0 or > MaxRules) throw new AgreementFormatException($"rules: 1 to {MaxRules}.");
        foreach (var rule in form.Rules) Check(rule);
        return new PolicyProposal { Rules = form.Rules };
    }

    private static void Check(AccessRule rule)
    {
        if (rule is null || !AgreementDocument.IsId(rule.Id)) throw new AgreementFormatException("rules: each has an id.");
        if (rule.Layer is not (PolicyLayer.Mandate or PolicyLayer.Operator or PolicyLayer.Owner or PolicyLayer.Class)) throw new AgreementFormatException($"rules: {rule.Id} is of the layer mandate, operator, owner or class.");
        if (rule.Operations == Operations.None || rule.Period.IsEmpty) throw new AgreementFormatException($"rules: {rule.Id} is about nothing.");
        foreach (var list in (ReadOnlySpan<IReadOnlyList<string>>)[rule.Subjects.Entities, rule.Subjects.Kinds, rule.Scope.Customers, rule.Scope.CustomerClasses, rule.Scope.Portals, rule.Scope.DeviceTypes, rule.Scope.DataClasses,
            rule.Scope.FunctionGroups, rule.Scope.Points, rule.Scope.Owners, rule.Jurisdictions, rule.Commodities, rule.PremisesFlags])
            if (list.Count > AgreementLimits.MaxListLength || list.Any(static name => !AgreementDocument.IsName(name))) throw new AgreementFormatException($"rules: {rule.Id} has a list that is too long, or a name that is none.");
        if (AgreementTermsCheck.FlawOf(rule.Conditions) is { } flaw) throw new AgreementFormatException($"rules: {rule.Id}: {flaw}");
    }

    private sealed record Form
    {
        public string? Id { get; init; }
        public AgreementTerms? Terms { get; init; }
        public IReadOnlyList<AccessRule>? Rules { get; init; }
    }
}
