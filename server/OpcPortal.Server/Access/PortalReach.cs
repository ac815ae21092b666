using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Turns what a subject can reach into rows of portals, so that a customer among a million is not looked for at each of them.</summary>
internal sealed class PortalReach(FleetOwnership ownership)
{
    // Of owners whom nobody knows each portal is looked at. More of them than that, and all are.
    private const int MaxUngoverned = 10_000;

    /// <returns>Rows in rising order, perhaps more than there is anything to see at; null: all have to be looked at.</returns>
    public int[]? Of(Reach reach)
    {
        if (reach.IsUnbounded || ownership.Ungoverned.Length > MaxUngoverned) return null;
        var portals = new List<int>();
        portals.AddRange(ownership.Ungoverned);
        foreach (var portal in reach.Portals)
            if (portal >= 0) portals.Add(portal);
        foreach (var customer in reach.Customers) ownership.CollectPortals(customer, holdings: false, premises: true, portals);
        // A natural person owns what was configured to its class where it lives.
        foreach (var owner in reach.Owners) ownership.CollectPortals(owner, holdings: true, premises: true, portals);
        if (reach.Own != Relation.None) ownership.CollectPortals(reach.Party, holdings: (reach.Own & ~Relation.Customer) != 0, premises: true, portals);
        portals.Sort();
        return [.. portals.Distinct()];
    }
}
