namespace OpcPortal.Server;

/// <summary>A stretch in which something stood as it no longer does.</summary>
/// <param name="From">Included, UTC.</param>
/// <param name="Until">Excluded, UTC; not after now.</param>
/// <param name="Standing">How it stood.</param>
/// <param name="NamedOwner">Whose id stood in the NodeIds; null where none did.</param>
internal readonly record struct OwnershipEra(DateTime From, DateTime Until, Standing Standing, string? NamedOwner);

/// <summary>Tells from the directory's records whose parts of the fleet were before. Nothing is kept: it is asked for when history is read.</summary>
internal sealed class PastOwnership(FleetSpace space, PortalDirectory directory, AccessNumbers numbers, TimeProvider time)
{
    /// <summary>The stretches before the present one, oldest first.</summary>
    public IReadOnlyList<OwnershipEra> Of(FleetKey key, byte dataClass)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var tables = directory.Tables;
        var portal = space.Registry.TextAt(space.Registry.PortalAt(space.Ownership.PortalOf(key)).Id);
        var records = new PortalRecords(tables.StewardshipsOf(portal), tables.TenanciesOf(portal));
        var device = key.IsPortal ? null : space.Registry.TextAt(space.Registry.DeviceAt(key.Row).Id);
        var name = numbers.NameOf(dataClass) is { Length: > 0 } known ? known : null;
        var changes = records.Changes(device, name, now);
        var eras = new List<OwnershipEra>(changes.Count);
        var from = DateTime.MinValue;
        foreach (var until in changes)
        {
            if (until == from) continue;
            var standing = space.Ownership.At(key, device, name, records, from);
            var named = standing is { IsPersonal: true, Owner: >= 0 } ? space.Ownership.Parties[standing.Owner].Id : null;
            eras.Add(new OwnershipEra(from, until, standing, named));
            from = until;
        }

        return eras;
    }
}
