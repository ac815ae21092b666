namespace OpcPortal.Models;

/// <summary>One decision about one operation, told: the way of <see cref="SubjectRules.Permit"/> gone slowly, with what became of each rule and agreement on it.</summary>
internal sealed class Explanation(IReadOnlyList<AccessRule> rules, IReadOnlyDictionary<string, Agreement> agreements, ClauseCompiler compiler, DateTime at)
{
    // An explanation is read by people: of ten thousand agreements that do not fit nobody wants to see all.
    private const int MaxMisfits = 1_000;

    private readonly List<Consideration> _considered = [];
    private DateTime _until = DateTime.MaxValue;
    private int _misfits;

    public Decision Decide(AccessSubject subject, Operations operation, in AccessTarget target)
    {
        if (subject.Entity is not { } entity) return Told(false, null, null, "refused: who asks belongs to no known entity");
        var asked = new Question(subject, operation, target, SubjectRules.Standing(compiler.Party(entity), target));
        for (var layer = PolicyLayer.Mandate; layer <= PolicyLayer.Class; layer++)
        {
            if (Decide(layer, asked) is { } decision) return decision;
        }

        return Told(false, null, null, $"refused: no rule and no agreement allows {operation}");
    }

    private Decision? Decide(PolicyLayer layer, in Question asked)
    {
        AccessRule? denying = null, allowing = null;
        foreach (var rule in rules)
        {
            if (rule.Layer != layer || !SubjectTable<AccessRule>.IsFor(rule.Subjects, asked.Subject)) continue;
            if (Misfit(rule, asked) is { } misfit) NoteMisfit(layer, rule.Id, misfit);
            else if (rule.Effect == RuleEffect.Deny) Note(ref denying, rule, "denies");
            else Note(ref allowing, rule, "allows");
        }

        var agreement = layer == PolicyLayer.Agreement ? AllowingAgreement(asked) : null;
        if (denying is not null) return Told(false, layer, denying.Id, $"refused by rule {denying.Id} ({denying.Citation})");
        if (allowing is not null) return Told(true, layer, allowing.Id, $"allowed by rule {allowing.Id} ({allowing.Citation}){UntilText(allowing.Period.Until)}");
        return agreement is null ? null : Told(true, layer, agreement.Id, $"allowed by agreement {agreement.Id}{UntilText(agreement.Terms.Period.Until)}");
    }

    // The first that speaks is cited.
    private void Note(ref AccessRule? first, AccessRule rule, string outcome)
    {
        first ??= rule;
        _considered.Add(new Consideration(rule.Layer, rule.Id, outcome));
    }

    private void NoteMisfit(PolicyLayer layer, string id, string misfit)
    {
        if (_misfits++ < MaxMisfits) _considered.Add(new Consideration(layer, id, misfit));
    }

    private string? Misfit(AccessRule rule, in Question asked)
    {
        var clause = compiler.CompileTimeless(rule);
        if (Misfit(clause, asked) is { } misfit) return misfit;
        Changes(AccessRules.NextChange(rule.Period, rule.Conditions, at));
        if (at < rule.Period.From) return $"is in force from {Instant.Text(rule.Period.From)}";
        if (!rule.Period.Contains(at)) return $"ended {Instant.Text(rule.Period.Until)}";
        if (!rule.Conditions.IsOpen(at)) return "does not hold at this hour";
        return clause.Floor is null ? null : "gives sums alone";
    }

    private static string? Misfit(Clause clause, in Question asked)
    {
        if ((clause.Operations & asked.Operation) == 0) return $"is not about {asked.Operation}";
        if (!clause.Stands(asked.Standing)) return "does not fit: relation";
        if (clause.Scope.Misfit(asked.Target) is var dimension && dimension != Dimension.None) return $"does not fit: {Name(dimension)}";
        return clause.Scope.Narrow(asked.Operation, asked.Target) == Operations.None ? "does not fit: function group" : null;
    }

    /// <summary>The one that lasts longest of those that allow it.</summary>
    private Agreement? AllowingAgreement(in Question asked)
    {
        Agreement? longest = null;
        foreach (var agreement in agreements.Values)
        {
            if (agreement.Terms.Grantee != asked.Subject.Entity) continue;
            if (Misfit(agreement, asked) is { } misfit)
            {
                NoteMisfit(PolicyLayer.Agreement, agreement.Id, misfit);
                continue;
            }

            _considered.Add(new Consideration(PolicyLayer.Agreement, agreement.Id, "allows"));
            if (longest is null || agreement.Terms.Period.Until > longest.Terms.Period.Until) longest = agreement;
        }

        return longest;
    }

    private string? Misfit(Agreement agreement, in Question asked)
    {
        if (SubjectMisfit(agreement.Terms, asked.Subject) is { } misfit) return misfit;
        if ((agreement.Terms.Operations & asked.Operation) == 0) return $"is not about {asked.Operation}";
        if (compiler.ScopeOf(agreement.Terms).Misfit(asked.Target) is var dimension && dimension != Dimension.None) return $"does not fit: {Name(dimension)}";
        var delegation = Delegation.Of(agreement, agreements, at);
        Changes(delegation.Until);
        if (delegation.Broken is { } broken) return broken;
        var clause = compiler.Compile(delegation);
        return Misfit(clause, asked) ?? (clause.Floor is null ? null : "gives sums alone");
    }

    private static string? SubjectMisfit(AgreementTerms terms, AccessSubject subject)
    {
        if (AccessRules.IsFor(terms, subject)) return null;
        if (terms.GranteeApplication is { } application && application != subject.Application) return "does not fit: application";
        return terms.GranteeIndividual is { } individual && individual != subject.Individual ? "does not fit: individual" : $"does not fit: purpose {terms.Purpose}";
    }

    private void Changes(DateTime at)
    {
        if (at < _until) _until = at;
    }

    private Decision Told(bool isAllowed, PolicyLayer? layer, string? rule, string reason) => new(isAllowed, layer, rule, reason, _until, _considered);

    private static string UntilText(DateTime until) => until == DateTime.MaxValue ? "" : $" until {Instant.Text(until)}";

    private static string Name(Dimension dimension) => dimension switch
    {
        Dimension.Owner => "owner",
        Dimension.Portal => "portal",
        Dimension.Customer => "customer",
        Dimension.DataClass => "data class",
        Dimension.DeviceType => "device type",
        Dimension.CustomerClass => "customer class",
        Dimension.Point => "point",
        Dimension.Jurisdiction => "jurisdiction",
        Dimension.Commodity => "commodity",
        _ => "premises flag",
    };

    private readonly record struct Question(AccessSubject Subject, Operations Operation, AccessTarget Target, Relation Standing);
}
