namespace OpcPortal.Models.Tests.Access;

/// <summary>
/// The decision, word for word from "Agreements" of the domain's description and the docstrings of the records: names, no numbers, no indexes, no short cuts. One operation at a time.
/// "Rules, in this order: a government mandate or legal interlock; operator rules that no tenant can shadow; the owner; agreements; class policy. Default is deny. Deny wins within a layer."
/// </summary>
internal sealed class ReferenceDecision(PolicyDocument policy, DateTime at)
{
    public sealed record Answer(bool IsAllowed, PolicyLayer? Layer, ReadTerms Terms);

    private static readonly ReadTerms Bare = ReadTerms.Unbound;

    public Answer Ask(AccessSubject who, Operations operation, Place place)
    {
        if (who.Entity is null) return new Answer(false, null, Bare);
        foreach (var layer in Enum.GetValues<PolicyLayer>().Order())
        {
            var spoken = Speaking(layer, who, operation, place);
            if (spoken.Denies) return new Answer(false, layer, Bare);
            if (spoken.Terms.Count == 0) continue;
            var terms = spoken.Terms;
            // What its class would be shown without an agreement, an entity is shown with one.
            if (layer == PolicyLayer.Agreement && Speaking(PolicyLayer.Class, who, operation, place) is { Denies: false } @class) terms.AddRange(@class.Terms);
            return new Answer(true, layer, Loosest(operation, terms));
        }

        return new Answer(false, null, Bare);
    }

    private (bool Denies, List<ReadTerms> Terms) Speaking(PolicyLayer layer, AccessSubject who, Operations operation, Place place)
    {
        var rules = policy.Rules.Where(rule => rule.Layer == layer && Fits(rule, who, operation, place)).ToList();
        var terms = rules.Where(rule => rule.Effect == RuleEffect.Allow && rule.Conditions.Floor is null).Select(rule => Terms(rule, who, place)).ToList();
        if (layer == PolicyLayer.Agreement) terms.AddRange(policy.Agreements.Where(agreement => Gives(agreement, who, operation, place)).Select(agreement => Terms(agreement, who, place)));
        return (rules.Exists(rule => rule.Effect == RuleEffect.Deny), terms);
    }

    private bool Fits(AccessRule rule, AccessSubject who, Operations operation, Place place) =>
        rule.Operations.HasFlag(operation) && IsTime(rule.Period, rule.Conditions)
        && Lists(rule.Subjects.Entities, who.Entity) && Lists(rule.Subjects.Kinds, who.Kind)
        && (rule.Subjects.Power == ManagerPower.None || rule.Subjects.Power == who.Power)
        && (rule.Subjects.Relations == Relation.None || Standing(who, place).Any(relation => rule.Subjects.Relations.HasFlag(relation)))
        && !Standing(who, place).Any(relation => rule.Subjects.Without.HasFlag(relation))
        && Fits(rule.Scope, operation, place) && Lists(rule.Scope.Owners, place.Owner)
        && Lists(rule.Jurisdictions, place.Jurisdiction) && Lists(rule.Commodities, place.Commodity)
        && (rule.PremisesFlags.Count == 0 || rule.PremisesFlags.Any(place.Flags.Contains));

    private bool Gives(Agreement agreement, AccessSubject who, Operations operation, Place place)
    {
        var terms = agreement.Terms;
        if (terms.Grantee != who.Entity || (terms.GranteeApplication ?? who.Application) != who.Application || (terms.GranteeIndividual ?? who.Individual) != who.Individual) return false;
        if (who.Purposes.Count > 0 && !who.Purposes.Contains(terms.Purpose)) return false;
        return Chain(agreement) is { } chain && chain[^1].Terms.Grantor == place.Owner
            && chain.All(link => link.Terms.Operations.HasFlag(operation) && Fits(link.Terms.Scope, operation, place) && Lists(link.Terms.Scope.Owners, place.Owner) && link.Terms.Conditions.Floor is null);
    }

    // The agreement and those that it is based on, at most four, each in force; null where one of them does not bear it.
    private List<Agreement>? Chain(Agreement agreement)
    {
        List<Agreement> chain = [agreement];
        while (chain[^1].Terms.BasedOn is { } id)
        {
            var parent = policy.Agreements.FirstOrDefault(a => a.Id == id);
            if (parent is null || chain.Count == 5 || !parent.Terms.MayDelegate || parent.Terms.Grantee != chain[^1].Terms.Grantor || parent.Terms.Purpose != chain[^1].Terms.Purpose) return null;
            chain.Add(parent);
        }

        return chain.All(link => link.Status == AgreementStatus.Active && IsTime(link.Terms.Period, link.Terms.Conditions)) ? chain : null;
    }

    private static bool Fits(AccessScope scope, Operations operation, Place place) =>
        Lists(scope.Customers, place.Customer) && Lists(scope.CustomerClasses, place.CustomerClass) && Lists(scope.Portals, place.Portal)
        && (scope.DeviceTypes.Count == 0 || scope.DeviceTypes.Any(type => place.DeviceType is not null && World.TypesOf(type).Contains(place.DeviceType)))
        && Lists(scope.DataClasses, place.DataClass) && Lists(scope.Points, place.Point)
        && (operation != Operations.Call || Lists(scope.FunctionGroups, place.FunctionGroup));

    private static bool Lists(IReadOnlyList<string> list, string? name) => list.Count == 0 || (name is not null && list.Contains(name));

    private bool IsTime(ActivePeriod period, AccessConditions conditions) =>
        period.From <= at && at < period.Until && (conditions.Windows.Count == 0 || conditions.Windows.Any(IsWithin));

    // Minute by minute of the two days in which it can have begun.
    private bool IsWithin(WeeklyWindow window)
    {
        var days = new[] { at.Date, at.Date.AddDays(-1) }.Where(day => (window.Days & (1 << (int)day.DayOfWeek)) != 0);
        return days.Any(day => day + window.From <= at && at < (window.Until > window.From ? day + window.Until : day.AddDays(1) + window.Until));
    }

    private static Relation[] Standing(AccessSubject who, Place place) =>
    [
        .. place.Owner == who.Entity ? [Relation.Owner] : Array.Empty<Relation>(),
        .. place.Custodian == who.Entity ? [Relation.Custodian] : Array.Empty<Relation>(),
        .. place.Operator == who.Entity ? [Relation.Operator] : Array.Empty<Relation>(),
        .. place.Customer == who.Entity ? [Relation.Customer] : Array.Empty<Relation>(),
    ];

    private static ReadTerms Terms(AccessRule rule, AccessSubject who, Place place)
    {
        var relations = Standing(who, place).Where(relation => rule.Subjects.Relations.HasFlag(relation)).ToList();
        // "Ownership: history before the date stays with the former owner. A new occupant never sees the former occupant's data."
        var sinces = relations.Select(relation => relation switch { Relation.Owner => place.OwnedSince, Relation.Customer => place.CustomerSince, _ => DateTime.MinValue });
        return Terms([rule.Scope], [rule.Conditions], sinces.DefaultIfEmpty(DateTime.MinValue).Min(), rule.Layer, who, place);
    }

    private ReadTerms Terms(Agreement agreement, AccessSubject who, Place place)
    {
        var chain = Chain(agreement)!;
        var terms = Terms([.. chain.Select(link => link.Terms.Scope)], [.. chain.Select(link => link.Terms.Conditions)], place.OwnedSince, PolicyLayer.Agreement, who, place);
        // Nobody passes on what it may not see itself: neither does a new occupant what was the former one's.
        var byOccupant = chain.SkipLast(1).Any(link => Standing(new AccessSubject(link.Terms.Grantor), place) is [Relation.Customer]);
        return byOccupant && place.CustomerSince > terms.NotBefore ? terms with { NotBefore = place.CustomerSince } : terms;
    }

    private static ReadTerms Terms(AccessScope[] scopes, AccessConditions[] conditions, DateTime since, PolicyLayer layer, AccessSubject who, Place place)
    {
        List<DateTime> notBefore = [since];
        if (scopes.Any(scope => scope.Owners.Count > 0)) notBefore.Add(place.OwnedSince);
        if (scopes.Any(scope => scope.Customers.Count > 0 || scope.CustomerClasses.Count > 0)) notBefore.Add(place.CustomerSince);
        if (layer >= PolicyLayer.Owner && Standing(who, place) is [Relation.Customer]) notBefore.Add(place.CustomerSince);
        return new ReadTerms(conditions.Max(c => c.MinimumQuality), notBefore.Max(), conditions.Min(c => c.HistoryDepth));
    }

    private static ReadTerms Loosest(Operations operation, List<ReadTerms> terms)
    {
        if (operation is not (Operations.Read or Operations.Subscribe or Operations.ReadHistory)) return Bare;
        var depth = operation != Operations.ReadHistory || terms.Exists(t => t.HistoryDepth is null) ? null : terms.Max(t => t.HistoryDepth);
        return new ReadTerms(terms.Min(t => t.MinimumQuality), terms.Min(t => t.NotBefore), depth);
    }
}
