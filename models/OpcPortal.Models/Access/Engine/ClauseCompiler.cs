using System.Collections.Concurrent;

namespace OpcPortal.Models;

/// <summary>
/// Makes clauses of rules and agreements, as they stand at one instant. Keeps what it made of rules and scopes, so that an explanation costs little and goes by the same numbers as the
/// decision. Thread-safe.
/// </summary>
internal sealed class ClauseCompiler(IAccessNumbers numbers, DateTime at)
{
    // By reference: a policy does not change, and its records are not compared.
    private readonly ConcurrentDictionary<AccessRule, Clause> _rules = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<AccessScope, CompiledScope> _scopes = new(ReferenceEqualityComparer.Instance);

    /// <summary>The number of whoever asks or grants.</summary>
    public int Party(string entity) => numbers.Party(entity);

    /// <returns>Null where the rule says nothing now.</returns>
    public Clause? Compile(AccessRule rule) =>
        rule.Period.Contains(at) && rule.Conditions.IsOpen(at) && CompileTimeless(rule) is { Scope.IsEmpty: false } clause ? clause : null;

    /// <summary>The rule as if it held now.</summary>
    public Clause CompileTimeless(AccessRule rule) => _rules.GetOrAdd(rule, Make, numbers);

    /// <summary>What an agreement's own scope is about, whoever owns it.</summary>
    public CompiledScope ScopeOf(AgreementTerms terms) => _scopes.GetOrAdd(terms.Scope, CompiledScope.Of, numbers);

    private static Clause Make(AccessRule rule, IAccessNumbers numbers) => new()
    {
        Id = rule.Id,
        Layer = rule.Layer,
        Effect = rule.Effect,
        Operations = rule.Operations,
        Scope = CompiledScope.Of(rule, numbers),
        Relations = rule.Subjects.Relations,
        Without = rule.Subjects.Without,
        MinimumQuality = rule.Conditions.MinimumQuality,
        HistoryDepth = rule.Conditions.HistoryDepth,
        // Only what is given can be given in sums alone; a denial denies.
        Floor = rule.Effect == RuleEffect.Allow ? rule.Conditions.Floor : null,
    };

    /// <returns>Null where the agreement gives nothing now.</returns>
    public Clause? Compile(Agreement agreement, IReadOnlyDictionary<string, Agreement> all)
    {
        var delegation = Delegation.Of(agreement, all, at);
        return delegation.Broken is null && Compile(delegation) is { Scope.IsEmpty: false } clause ? clause : null;
    }

    /// <summary>What is left of an agreement when all that it is based on has been heeded.</summary>
    public Clause Compile(Delegation delegation)
    {
        var own = delegation.Links[0].Terms;
        var scope = ScopeOf(own);
        var operations = own.Operations;
        var bounds = BoundsOf(own.Conditions);
        var floor = own.Conditions.Floor;
        foreach (var link in delegation.Links.Skip(1))
        {
            scope = scope.Intersect(ScopeOf(link.Terms));
            operations &= link.Terms.Operations;
            bounds = Bounds.Tightest(bounds, BoundsOf(link.Terms.Conditions));
            floor = Higher(floor, link.Terms.Conditions.Floor);
        }

        return new Clause
        {
            Id = delegation.Links[0].Id,
            Layer = PolicyLayer.Agreement,
            Effect = RuleEffect.Allow,
            Operations = operations,
            Scope = scope.OwnedBy(numbers.Party(delegation.Grantor)),
            MinimumQuality = bounds.MinimumQuality,
            HistoryDepth = bounds.HistoryDepth == TimeSpan.MaxValue ? null : bounds.HistoryDepth,
            Floor = floor,
            PassedOnBy = [.. delegation.Links.SkipLast(1).Select(link => numbers.Party(link.Terms.Grantor))],
        };
    }

    private static Bounds BoundsOf(AccessConditions conditions) => new(conditions.MinimumQuality, DateTime.MinValue, conditions.HistoryDepth ?? TimeSpan.MaxValue);

    private static AggregationFloor? Higher(AggregationFloor? a, AggregationFloor? b)
    {
        if (a is null || b is null) return a ?? b;
        return new AggregationFloor(Math.Max(a.MinCustomers, b.MinCustomers), Math.Min(a.MaxShare, b.MaxShare));
    }
}
