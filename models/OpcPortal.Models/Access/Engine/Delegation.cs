namespace OpcPortal.Models;

/// <summary>
/// The agreements that one rests on: who is no owner passes on what was given to it, never more, never for another purpose and never longer. The links run from the agreement itself to that of
/// the owner.
/// </summary>
internal sealed class Delegation
{
    /// <summary>How often something may be passed on: further from its owner nobody can answer for it.</summary>
    public const int MaxLinks = 4;

    private readonly List<Agreement> _links = [];

    private Delegation()
    {
    }

    public IReadOnlyList<Agreement> Links => _links;

    /// <summary>Why it cannot be used now; null: it can.</summary>
    public string? Broken { get; private set; }

    /// <summary>When that may change by itself, UTC.</summary>
    public DateTime Until { get; private set; } = DateTime.MaxValue;

    /// <summary>The owner, in the end.</summary>
    public string Grantor => _links[^1].Terms.Grantor;

    public static Delegation Of(Agreement agreement, IReadOnlyDictionary<string, Agreement> all, DateTime at)
    {
        var chain = new Delegation();
        chain._links.Add(agreement);
        chain.Broken = chain.Unusable(agreement, at) ?? chain.Follow(agreement, all, at);
        return chain;
    }

    private string? Follow(Agreement agreement, IReadOnlyDictionary<string, Agreement> all, DateTime at)
    {
        for (var child = agreement; child.Terms.BasedOn is { } id; child = _links[^1])
        {
            if (_links.Exists(link => link.Id == id)) return $"is based on itself by way of agreement {id}";
            if (_links.Count > MaxLinks) return $"is passed on more than {MaxLinks} times";
            if (!all.TryGetValue(id, out var parent)) return $"is based on agreement {id}, which does not exist";
            if (Unusable(parent, at) is { } why) return $"is based on agreement {id}, which {why}";
            if (NotPassedOn(child, parent) is { } refusal) return refusal;
            _links.Add(parent);
        }

        return null;
    }

    private static string? NotPassedOn(Agreement child, Agreement parent)
    {
        if (!parent.Terms.MayDelegate) return $"is based on agreement {parent.Id}, which may not be passed on";
        if (parent.Terms.Grantee != child.Terms.Grantor) return $"is based on agreement {parent.Id}, which gives nothing to {child.Terms.Grantor}";
        // Given for one purpose is not given for another.
        return parent.Terms.Purpose == child.Terms.Purpose ? null : $"is based on agreement {parent.Id}, which is for {parent.Terms.Purpose}";
    }

    private string? Unusable(Agreement agreement, DateTime at)
    {
        if (agreement.Status != AgreementStatus.Active) return $"is {agreement.Status}";
        if (AccessRules.NextChange(agreement.Terms.Period, agreement.Terms.Conditions, at) is var change && change < Until) Until = change;
        if (at < agreement.Terms.Period.From) return $"is in force from {Instant.Text(agreement.Terms.Period.From)}";
        if (!agreement.IsInForce(at)) return $"ended {Instant.Text(agreement.Terms.Period.Until)}";
        return agreement.Terms.Conditions.IsOpen(at) ? null : "does not hold at this hour";
    }
}
