namespace OpcPortal.Models;

/// <summary>
/// Where there can be anything that a subject may browse: a superset, so that what lies outside need not be looked at. Something lies within where any one of these holds.
/// </summary>
/// <param name="IsUnbounded">It can be anywhere.</param>
/// <param name="Portals">It can be at these portals.</param>
/// <param name="Customers">It can be at the premises of these parties.</param>
/// <param name="Owners">It can be whatever these parties own.</param>
/// <param name="Party">The subject's own number; -1: none.</param>
/// <param name="Own">It can be whatever <paramref name="Party"/> stands to in any of these relations.</param>
public sealed record Reach(bool IsUnbounded, IReadOnlySet<int> Portals, IReadOnlySet<int> Customers, IReadOnlySet<int> Owners, int Party, Relation Own)
{
    /// <summary>There is nothing that it may browse.</summary>
    public bool IsEmpty => !IsUnbounded && Portals.Count == 0 && Customers.Count == 0 && Owners.Count == 0 && Own == Relation.None;

    /// <summary>Whether the target lies within.</summary>
    public bool Includes(in AccessTarget target) => IsUnbounded || Portals.Contains(target.Portal) || Customers.Contains(target.Customer) || Owners.Contains(target.Owner)
        || (Own & SubjectRules.Standing(Party, target)) != 0;

    /// <summary>Of all that allows to browse single points.</summary>
    internal static Reach Of(int party, IEnumerable<Clause> clauses)
    {
        var reach = new Builder(party);
        foreach (var clause in clauses)
        {
            if (clause.Effect == RuleEffect.Allow && clause.Floor is null && (clause.Operations & Operations.Browse) != 0) reach.Add(clause);
        }

        return reach.ToReach();
    }

    /// <summary>Of one clause, whatever it allows.</summary>
    internal static Reach Of(int party, Clause clause)
    {
        var reach = new Builder(party);
        reach.Add(clause);
        return reach.ToReach();
    }

    private sealed class Builder(int party)
    {
        private readonly HashSet<int> _portals = [];
        private readonly HashSet<int> _customers = [];
        private readonly HashSet<int> _owners = [];
        private Relation _own;
        private bool _isUnbounded;

        // Each clause needs one bound alone: the one that is narrowest, as a rule.
        public void Add(Clause clause)
        {
            if (!clause.Scope.Portals.IsEverything) Add(_portals, clause.Scope.Portals);
            else if (!clause.Scope.Customers.IsEverything) Add(_customers, clause.Scope.Customers);
            else if (clause.Relations != Relation.None) _own |= clause.Relations;
            else if (!clause.Scope.Owners.IsEverything) Add(_owners, clause.Scope.Owners);
            else _isUnbounded = true;
        }

        public Reach ToReach() => new(_isUnbounded, _portals, _customers, _owners, party, _own);

        private static void Add(HashSet<int> set, NumberSet numbers)
        {
            foreach (var number in numbers.Numbers) set.Add(number);
        }
    }
}
