using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Makes the sums of one agreement: walks over the portals within its reach and adds up each point that the agreement allows within a sum, by its terms. Takes as long as the reach is wide, so
/// that no request waits for it.
/// </summary>
internal sealed class SumWalk(PortalDirectory directory, PortalGovernance governance, FleetSpace space, SummablePoints points)
{
    private readonly FleetRegistry _registry = space.Registry;
    private readonly FleetTargets _targets = new(space);
    private readonly PortalReach _reach = new(space.Ownership);

    /// <returns>By the numbers of points; null where the agreement gives no sums now.</returns>
    public IReadOnlyDictionary<int, CustomerSum>? Make(Agreement agreement, DateTime at, CancellationToken stopping)
    {
        if (PermitOf(agreement) is not { } permit || (permit.Operations & Operations.Read) == 0) return null;
        var tallies = new List<(SummablePoint Point, CustomerTally Tally)>();
        foreach (var point in points.All)
            if (points.AreOf(agreement.Terms, point)) tallies.Add((point, new CustomerTally(permit.Floor)));
        // Who knows its own part takes it off: it does not count among those who hide each other.
        var grantee = governance.Numbers.Party(agreement.Terms.Grantee);
        if (_reach.Of(permit.Reach) is { } within)
        {
            foreach (var portal in within) AddPortal(portal);
        }
        else
        {
            for (var portal = 0; portal < _registry.PortalCount; portal++) AddPortal(portal);
        }

        return tallies.ToDictionary(entry => entry.Point.Number, entry => entry.Tally.ToSum(at));

        void AddPortal(int portal)
        {
            stopping.ThrowIfCancellationRequested();
            var occupant = _registry.PortalAt(portal).Occupant;
            // Where nobody is known to live there is no customer to count.
            if (occupant < 0 || occupant == grantee) return;
            for (var device = Volatile.Read(ref _registry.PortalAt(portal).FirstDevice); device != FleetRegistry.None; device = Volatile.Read(ref _registry.DeviceAt(device).Next))
                AddDevice(permit, device, grantee, tallies);
        }
    }

    // As the grantee itself, whoever of it asks: managers, whom rules narrow by their power, are given no sums.
    private AggregatePermit? PermitOf(Agreement agreement)
    {
        var terms = agreement.Terms;
        if (!directory.Entities.TryGetValue(terms.Grantee, out var grantee)) return null;
        return governance.RulesOf(new AccessSubject(grantee.Id, grantee.Kind, terms.GranteeApplication, terms.GranteeIndividual)).AggregateOf(agreement.Id);
    }

    private void AddDevice(AggregatePermit permit, int device, int grantee, List<(SummablePoint Point, CustomerTally Tally)> tallies)
    {
        ref var row = ref _registry.DeviceAt(device);
        if (Volatile.Read(ref row.Layout) is not { } layout) return;
        var key = FleetKey.OfDevice(device);
        foreach (var (point, tally) in tallies)
        {
            if (!layout.TryFind(point.Name, out var index) || layout.Slots[index] is not { Source: SlotSource.Point, Conversion: { } conversion } slot) continue;
            var target = _targets.Of(key, layout, new AccessFacet(slot.DataClass, slot.FunctionGroup, slot.Point));
            // A tenant who came or went meanwhile.
            if (target.Customer < 0 || target.Customer == grantee) continue;
            var given = permit.PermitWithin(target);
            if ((given.Allowed & Operations.Read) == 0) continue;
            if (point.HasUnitOf(layout)) tally.Add(target.Customer, space.Store.Read(row.FirstPoint + slot.Index), conversion, given.Terms?.For(Operations.Read));
            else tally.LeaveOut();
        }
    }
}
