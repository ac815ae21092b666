using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What ownership needs to know of an entity.</summary>
/// <param name="NamespaceUri">Where the nodes lie that it owns.</param>
/// <param name="IsNaturalPerson">Whether it shares that namespace with the others of its class.</param>
/// <param name="CustomerClass">Null for who is no customer.</param>
internal readonly record struct OwnerFace(string NamespaceUri, bool IsNaturalPerson, string? CustomerClass);

/// <summary>
/// Whose is what in the fleet, now: the owners of namespaces, the occupants of premises, and what stewardships say otherwise, per device and data class. Changes are made by one at a time
/// (<see cref="Settle"/>); everybody reads. Nobody is known until entities are: then roles alone govern.
/// </summary>
internal sealed class FleetOwnership(FleetRegistry registry, PartyTable parties, WordTable words)
{
    /// <summary>The namespace of an owner that the directory does not know.</summary>
    private const int Unknown = -1;

    /// <summary>The namespace of a class of natural persons: what is configured to it is the occupant's.</summary>
    private const int Persons = -2;

    // An owner for whom no other answers or operates stands to it as owner alone: custodians and operators also see what was before their time, owners do not.
    private const int Nobody = -1;

    private readonly Lock _gate = new();

    // Portals with something of an owner whom the directory does not know, or did not when they came.
    private readonly RowSet _ungoverned = new();

    // By namespace index: a party, Persons or Unknown.
    private int[] _owners = [];

    public PartyTable Parties => parties;

    /// <summary>Portals with something that roles alone govern, perhaps more, in rising order.</summary>
    public ReadOnlySpan<int> Ungoverned => _ungoverned.Rows;

    /// <summary>Gives namespaces to owners: makes one that is new. Set before anything is settled.</summary>
    public Func<string, ushort> NamespaceOf { get; set; } = static _ => throw new InvalidOperationException("No namespaces yet.");

    /// <summary>Finds what is known of an entity; null where nothing is.</summary>
    public Func<string, OwnerFace?> FaceOf { get; set; } = static _ => null;

    /// <summary>Finds the number of a data class; -1 where there is none.</summary>
    public Func<string, int> DataClassOf { get; set; } = static _ => -1;

    /// <summary>Finds the number of a flag of premises, 0 to 63; -1 where there is none.</summary>
    public Func<string, int> PremisesFlagOf { get; set; } = static _ => -1;

    /// <summary>Takes note of an entity: from now on its namespace is governed by what is agreed, no longer by roles alone.</summary>
    public void AddEntity(string entity, OwnerFace face)
    {
        var party = parties.Of(entity);
        if (face.CustomerClass is { } customerClass) parties[party].CustomerClass = words.Of(customerClass);
        // The namespace of one more person is known already: a million of them do not wait for a lock.
        var index = NamespaceOf(face.NamespaceUri);
        if (face.IsNaturalPerson && OwnerOf(index) == Persons) return;
        lock (_gate)
        {
            var owners = _owners;
            var grown = new int[Math.Max(owners.Length, index + 1)];
            Array.Fill(grown, Unknown);
            owners.CopyTo(grown, 0);
            if (face.IsNaturalPerson) grown[index] = Persons;
            else if (grown[index] == Unknown) grown[index] = party;
            Volatile.Write(ref _owners, grown);
        }
    }

    /// <summary>How things stand with a data class of a portal or device.</summary>
    /// <param name="dataClass"><see cref="LayoutSlot.Structural"/> for what belongs to none.</param>
    public Standing Of(FleetKey key, byte dataClass)
    {
        ref var stated = ref StewardsOf(key);
        return Volatile.Read(ref stated) is { } stewards ? stewards.For(dataClass) : ByConfiguration(key);
    }

    /// <summary>The namespace of the nodes of a data class.</summary>
    public ushort NamespaceOfNodes(FleetKey key, byte dataClass) =>
        Volatile.Read(ref StewardsOf(key)) is { } stewards ? stewards.For(dataClass).Namespace : ConfiguredNamespace(key);

    /// <summary>Whose id stands in the NodeIds of a data class; null where none does.</summary>
    public string? NamedOwner(FleetKey key, byte dataClass)
    {
        var stewards = Volatile.Read(ref StewardsOf(key));
        if (stewards is null && OwnerOf(ConfiguredNamespace(key)) != Persons) return null;
        var standing = stewards?.For(dataClass) ?? ByConfiguration(key);
        return standing is { IsPersonal: true, Owner: >= 0 } ? parties[standing.Owner].Id : null;
    }

    /// <summary>Whether the directory knows whose the namespace is.</summary>
    public bool IsGoverned(ushort namespaceIndex) => OwnerOf(namespaceIndex) != Unknown;

    /// <summary>The portal of a key's row, or the row itself.</summary>
    public int PortalOf(FleetKey key) => key.IsPortal ? key.Row : registry.DeviceAt(key.Row).Portal;

    /// <summary>
    /// Makes what the records say of a portal hold. Nothing is kept of the records themselves: what is not said stays with the configuration, and costs nothing.
    /// </summary>
    /// <returns>When it has to be done again; <see cref="DateTime.MaxValue"/>: never by itself.</returns>
    public DateTime Settle(int portal, PortalRecords records, Premises? premises, DateTime now)
    {
        lock (_gate)
        {
            ref var row = ref registry.PortalAt(portal);
            Occupy(portal, ref row, records.TenancyAt(now));
            row.Jurisdiction = premises?.Jurisdiction is { } jurisdiction ? words.Of(jurisdiction) : -1;
            row.Flags = FlagsOf(premises);
            Volatile.Write(ref row.Stewards, Stewards(FleetKey.OfPortal(portal), null, records, now));
            Hold(portal, FleetKey.OfPortal(portal));
            for (var device = row.FirstDevice; device != FleetRegistry.None; device = registry.DeviceAt(device).Next)
            {
                var key = FleetKey.OfDevice(device);
                var stewards = records.HasStewardships ? Stewards(key, registry.TextAt(registry.DeviceAt(device).Id), records, now) : null;
                Volatile.Write(ref registry.DeviceAt(device).Stewards, stewards);
                Hold(portal, key);
            }
        }

        return records.NextChange(now);
    }

    /// <summary>How things stood with a data class at another time, by the records of that time and the configuration as it is.</summary>
    /// <param name="device">Null: the portal itself.</param>
    public Standing At(FleetKey key, string? device, string? dataClass, PortalRecords records, DateTime at)
    {
        var stated = Stated(key, device, dataClass, records, at);
        var stewardship = records.StewardshipAt(device, dataClass, at);
        if (stewardship?.Owner is not null || !ByConfiguration(key).IsPersonal) return stated;
        var occupant = records.TenancyAt(at) is { } tenancy ? parties.Of(tenancy.Customer) : FleetRegistry.None;
        return stated with { Owner = occupant, Custodian = PartyOf(stewardship?.Custodian), Operator = PartyOf(stewardship?.Operator) };
    }

    private ulong FlagsOf(Premises? premises)
    {
        var flags = 0UL;
        foreach (var flag in premises?.Flags ?? [])
            if (PremisesFlagOf(flag) is >= 0 and < 64 and var number) flags |= 1UL << number;
        return flags;
    }

    private StandingSet? Stewards(FleetKey key, string? device, PortalRecords records, DateTime now)
    {
        if (!records.HasStewardships || !records.Mentions(device)) return null;
        var classes = new List<byte>();
        var standings = new List<Standing>();
        foreach (var name in records.ClassesOf(device))
        {
            if (DataClassOf(name) is not (>= 0 and var number)) continue;
            classes.Add((byte)number);
            standings.Add(Stated(key, device, name, records, now));
        }

        return new StandingSet(Stated(key, device, null, records, now), [.. standings], [.. classes]);
    }

    private Standing Stated(FleetKey key, string? device, string? dataClass, PortalRecords records, DateTime now)
    {
        var configured = ByConfiguration(key);
        var stewardship = records.StewardshipAt(device, dataClass, now);
        var (owner, index, isPersonal) = (configured.Owner, configured.Namespace, configured.IsPersonal);
        if (stewardship?.Owner is { } named && FaceOf(named) is { } face) (owner, index, isPersonal) = (parties.Of(named), NamespaceOf(face.NamespaceUri), face.IsNaturalPerson);
        var since = records.OwnedSince(device, dataClass, configured.Owner < 0 || configured.IsPersonal ? null : parties[configured.Owner].Id, configured.IsPersonal, now);
        return new Standing(owner, PartyOf(stewardship?.Custodian), PartyOf(stewardship?.Operator), index, isPersonal, since);
    }

    private int PartyOf(string? entity) => entity is null ? Nobody : parties.Of(entity);

    private Standing ByConfiguration(FleetKey key)
    {
        var index = ConfiguredNamespace(key);
        var owner = OwnerOf(index);
        if (owner != Persons) return new Standing(owner, Nobody, Nobody, index, false, DateTime.MinValue);
        ref var portal = ref registry.PortalAt(PortalOf(key));
        return new Standing(portal.Occupant, Nobody, Nobody, index, true, new DateTime(portal.OccupantSince, DateTimeKind.Utc));
    }

    private void Occupy(int portal, ref PortalRow row, Tenancy? tenancy)
    {
        var occupant = tenancy is null ? FleetRegistry.None : parties.Of(tenancy.Customer);
        row.OccupantSince = tenancy?.Period.From.Ticks ?? 0;
        if (row.Occupant == occupant) return;
        if (row.Occupant != FleetRegistry.None) Leave(portal, ref row);
        row.Occupant = occupant;
        if (occupant == FleetRegistry.None) return;
        row.NextOccupied = parties[occupant].FirstOccupied;
        Volatile.Write(ref parties[occupant].FirstOccupied, portal);
    }

    private void Leave(int portal, ref PortalRow row)
    {
        ref var link = ref parties[row.Occupant].FirstOccupied;
        while (link != portal) link = ref registry.PortalAt(link).NextOccupied;
        Volatile.Write(ref link, row.NextOccupied);
        row.NextOccupied = FleetRegistry.None;
    }

    // Never taken back: the list only says where to look. Occupants are found by their own links.
    private void Hold(int portal, FleetKey key)
    {
        if (Volatile.Read(ref StewardsOf(key)) is not { } stewards)
        {
            var owner = OwnerOf(ConfiguredNamespace(key));
            if (owner == Unknown) _ungoverned.Add(portal);
            else Hold(portal, owner);
            return;
        }

        foreach (var standing in stewards.All)
        {
            if (OwnerOf(standing.Namespace) == Unknown) _ungoverned.Add(portal);
            Hold(portal, standing.Owner);
            Hold(portal, standing.Custodian);
            Hold(portal, standing.Operator);
        }
    }

    private void Hold(int portal, int party)
    {
        if (party >= 0) (parties[party].Holdings ??= new RowSet()).Add(portal);
    }

    /// <summary>Adds the portals where a party owns, answers for or operates something, or lives, to a list; some may come twice.</summary>
    public void CollectPortals(int party, bool holdings, bool premises, List<int> portals)
    {
        if ((uint)party >= (uint)parties.Count) return;
        if (holdings && parties[party].Holdings is { } held) portals.AddRange(held.Rows);
        if (!premises) return;
        // The links are changed under the lock alone.
        lock (_gate)
            for (var portal = parties[party].FirstOccupied; portal != FleetRegistry.None; portal = registry.PortalAt(portal).NextOccupied) portals.Add(portal);
    }

    private ref StandingSet? StewardsOf(FleetKey key)
    {
        if (key.IsPortal) return ref registry.PortalAt(key.Row).Stewards;
        return ref registry.DeviceAt(key.Row).Stewards;
    }

    private ushort ConfiguredNamespace(FleetKey key) => key.IsPortal ? registry.PortalAt(key.Row).Namespace : registry.DeviceAt(key.Row).Namespace;

    private int OwnerOf(ushort namespaceIndex)
    {
        var owners = Volatile.Read(ref _owners);
        return namespaceIndex < owners.Length ? owners[namespaceIndex] : Unknown;
    }
}
