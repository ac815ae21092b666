using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Describes parts of the fleet to decisions as they stood at another time: whose they were, and who lived there.</summary>
internal sealed class PastTargets(FleetSpace space, AccessNumbers numbers)
{
    /// <param name="present">The target as it is: what the device is does not change.</param>
    public AccessTarget Of(in AccessTarget present, FleetKey key, DirectoryTables tables, DateTime at)
    {
        var portal = space.Registry.TextAt(space.Registry.PortalAt(present.Portal).Id);
        var device = key.IsPortal ? null : space.Registry.TextAt(space.Registry.DeviceAt(key.Row).Id);
        var records = new PortalRecords(tables.StewardshipsOf(portal), tables.TenanciesOf(portal));
        var dataClass = numbers.NameOf(present.DataClass);
        var standing = space.Ownership.At(key, device, dataClass.Length == 0 ? null : dataClass, records, at);
        var tenancy = records.TenancyAt(at);
        var premises = tables.Premises.GetValueOrDefault(portal);
        return present with
        {
            Owner = standing.Owner,
            Custodian = standing.Custodian,
            Operator = standing.Operator,
            OwnedSince = standing.Since,
            Customer = tenancy is null ? -1 : numbers.Party(tenancy.Customer),
            CustomerClass = tenancy is not null && tables.Entities.GetValueOrDefault(tenancy.Customer)?.CustomerClass is { } known ? space.Fleet.Words.Of(known) : -1,
            CustomerSince = tenancy?.Period.From ?? default,
            Jurisdiction = premises?.Jurisdiction is { } jurisdiction ? space.Fleet.Words.Of(jurisdiction) : -1,
            Flags = FlagsOf(premises),
        };
    }

    private ulong FlagsOf(Premises? premises)
    {
        var flags = 0UL;
        foreach (var flag in premises?.Flags ?? [])
            if (numbers.PremisesFlag(flag) is >= 0 and var number) flags |= 1UL << number;
        return flags;
    }
}
