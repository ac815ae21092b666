using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Describes parts of the fleet to decisions.</summary>
internal sealed class FleetTargets(FleetSpace space)
{
    private readonly FleetRegistry _registry = space.Registry;
    private readonly FleetOwnership _ownership = space.Ownership;

    public AccessTarget Of(FleetKey key, TypeLayout layout, in AccessFacet facet) => Of(key, layout, facet, _ownership.Of(key, facet.DataClass));

    public AccessTarget Of(FleetKey key, TypeLayout layout, in AccessFacet facet, in Standing standing)
    {
        var row = _ownership.PortalOf(key);
        ref var portal = ref _registry.PortalAt(row);
        var customer = portal.Occupant;
        return new AccessTarget
        {
            Portal = row,
            DeviceType = layout.Type.Number,
            DataClass = facet.DataClass,
            FunctionGroup = facet.FunctionGroup,
            Point = facet.Point,
            Owner = standing.Owner,
            Custodian = standing.Custodian,
            Operator = standing.Operator,
            OwnedSince = standing.Since,
            Customer = customer,
            CustomerClass = customer < 0 ? -1 : _ownership.Parties[customer].CustomerClass,
            CustomerSince = new DateTime(portal.OccupantSince, DateTimeKind.Utc),
            Jurisdiction = portal.Jurisdiction,
            Commodity = layout.Type.Commodity,
            Flags = portal.Flags,
        };
    }
}
