using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Ownership as the fleet has it now.</summary>
internal sealed class FleetOwnershipView(FleetSpace space, IAccessNumbers numbers) : IOwnershipView
{
    /// <inheritdoc/>
    public bool OwnsAny(string entity, AccessScope scope)
    {
        var party = space.Ownership.Parties.Find(entity);
        if (party < 0) return false;
        var classes = scope.DataClasses.Select(numbers.DataClass).ToHashSet();
        var customers = scope.Customers.Select(space.Ownership.Parties.Find).ToHashSet();
        foreach (var portal in Candidates(party, scope))
        {
            if (portal < 0 || (customers.Count > 0 && !customers.Contains(space.Registry.PortalAt(portal).Occupant))) continue;
            if (OwnsAnyAt(portal, party, classes)) return true;
        }

        return false;
    }

    // The shortest list in which all must be that it can own there.
    private List<int> Candidates(int party, AccessScope scope)
    {
        if (scope.Portals.Count > 0) return [.. scope.Portals.Select(numbers.Portal)];
        var portals = new List<int>();
        if (scope.Customers.Count == 0) space.Ownership.CollectPortals(party, holdings: true, premises: true, portals);
        foreach (var customer in scope.Customers) space.Ownership.CollectPortals(space.Ownership.Parties.Find(customer), holdings: false, premises: true, portals);
        return portals;
    }

    private bool OwnsAnyAt(int portal, int party, HashSet<int> classes)
    {
        ref var row = ref space.Registry.PortalAt(portal);
        if (Owns(FleetKey.OfPortal(portal), row.Layout, party, classes)) return true;
        for (var device = row.FirstDevice; device != FleetRegistry.None; device = space.Registry.DeviceAt(device).Next)
            if (Owns(FleetKey.OfDevice(device), space.Registry.DeviceAt(device).Layout, party, classes)) return true;
        return false;
    }

    private bool Owns(FleetKey key, TypeLayout? layout, int party, HashSet<int> classes)
    {
        if (layout is null) return false;
        foreach (ref readonly var facet in layout.Facets.AsSpan())
            if ((classes.Count == 0 || classes.Contains(facet.DataClass)) && space.Ownership.Of(key, facet.DataClass).Owner == party) return true;
        return false;
    }
}
