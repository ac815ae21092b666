using System.Runtime.InteropServices;

namespace OpcPortal.Models;

/// <summary>The clauses of one layer that concern one subject, found by what of the target names them: portal, customer or owner.</summary>
internal sealed class ClauseIndex
{
    private readonly Clause[] _everywhere;
    private readonly Dictionary<int, Clause[]>? _byPortal;
    private readonly Dictionary<int, Clause[]>? _byCustomer;
    private readonly Dictionary<int, Clause[]>? _byOwner;

    public ClauseIndex(PolicyLayer layer, IEnumerable<Clause> clauses)
    {
        Layer = layer;
        var everywhere = new List<Clause>();
        var byPortal = new Dictionary<int, List<Clause>>();
        var byCustomer = new Dictionary<int, List<Clause>>();
        var byOwner = new Dictionary<int, List<Clause>>();
        foreach (var clause in clauses)
        {
            // Whichever names the fewest parts of the fleet, as a rule: the portal, else its customer, else the owner.
            if (!clause.Scope.Portals.IsEverything) Add(byPortal, clause.Scope.Portals, clause);
            else if (!clause.Scope.Customers.IsEverything) Add(byCustomer, clause.Scope.Customers, clause);
            else if (!clause.Scope.Owners.IsEverything) Add(byOwner, clause.Scope.Owners, clause);
            else everywhere.Add(clause);
        }

        _everywhere = [.. everywhere];
        _byPortal = Frozen(byPortal);
        _byCustomer = Frozen(byCustomer);
        _byOwner = Frozen(byOwner);
    }

    public PolicyLayer Layer { get; }

    /// <summary>Lets the verdict hear all that can fit the target.</summary>
    public void Speak(ref Verdict verdict, in AccessTarget target, Relation standing)
    {
        verdict.Hear(_everywhere, target, standing);
        if (_byPortal is not null && _byPortal.TryGetValue(target.Portal, out var ofPortal)) verdict.Hear(ofPortal, target, standing);
        if (_byCustomer is not null && _byCustomer.TryGetValue(target.Customer, out var ofCustomer)) verdict.Hear(ofCustomer, target, standing);
        if (_byOwner is not null && _byOwner.TryGetValue(target.Owner, out var ofOwner)) verdict.Hear(ofOwner, target, standing);
    }

    private static void Add(Dictionary<int, List<Clause>> index, NumberSet keys, Clause clause)
    {
        foreach (var key in keys.Numbers)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(index, key, out _);
            (list ??= new List<Clause>(1)).Add(clause);
        }
    }

    private static Dictionary<int, Clause[]>? Frozen(Dictionary<int, List<Clause>> index) =>
        index.Count == 0 ? null : index.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray());
}
