using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Makes what the directory says of owners and occupants hold in the fleet, each at its instant, and tells clients which nodes have another id since. Used by one at a time.
/// </summary>
internal sealed class OwnershipKeeper
{
    private readonly FleetSpace _space;
    private readonly ModelChanges _changes;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    // When each portal is to be looked at again: those that have a date to come.
    private readonly DueTable<int> _due = new(Comparer<int>.Default);
    private volatile DirectoryTables _tables;
    private long _settled;

    public OwnershipKeeper(FleetSpace space, PortalDirectory directory, AccessNumbers numbers, ModelChanges changes, TimeProvider time)
    {
        _space = space;
        _changes = changes;
        _time = time;
        _tables = directory.Tables;
        var ownership = space.Ownership;
        ownership.FaceOf = entity => _tables.Entities.TryGetValue(entity, out var known) ? FaceOf(known) : null;
        ownership.DataClassOf = numbers.DataClass;
        ownership.PremisesFlagOf = numbers.AddPremisesFlag;
        foreach (var entity in _tables.Entities.Values) ownership.AddEntity(entity.Id, FaceOf(entity));
    }

    /// <summary>How often records of a portal were made to hold: where it has not changed, nobody owns or answers for anything else.</summary>
    public long Settled => Interlocked.Read(ref _settled);

    /// <summary>Finds the records of a portal that has come.</summary>
    public void Settle(int portal) => Settle(portal, _time.GetUtcNow().UtcDateTime);

    /// <summary>When something changes by itself; <see cref="DateTime.MaxValue"/>: never.</summary>
    public DateTime NextDue
    {
        get
        {
            lock (_gate) return _due.Next;
        }
    }

    /// <summary>Takes over changes of the directory, and what has become due.</summary>
    /// <returns>What has another id now: to be reported once the new rules are in force.</returns>
    public IReadOnlyList<MovedNodes> Apply(IReadOnlyList<DirectoryChange> changes, DateTime now)
    {
        var portals = new HashSet<int>();
        foreach (var change in changes)
        {
            _tables = change.Tables;
            foreach (var record in change.Changes) Collect(record, portals);
        }

        CollectDue(portals, now);
        var before = portals.ToDictionary(portal => portal, portal => MovedNodes.Faces(_space, portal));
        foreach (var change in changes)
            foreach (var record in change.Changes)
                if (record.After is Entity entity) _space.Ownership.AddEntity(entity.Id, FaceOf(entity));
        var moved = new List<MovedNodes>();
        foreach (var portal in portals)
        {
            Settle(portal, now);
            if (MovedNodes.Since(before[portal], _space, portal) is { } nodes) moved.Add(nodes);
        }

        return moved;
    }

    /// <summary>Tells clients: to whoever may browse what has come.</summary>
    public void Report(IReadOnlyList<MovedNodes> moved)
    {
        foreach (var nodes in moved)
        {
            _space.Versions.Raise(nodes.Portal);
            nodes.Report(_changes);
        }
    }

    private void Collect(RecordChange record, HashSet<int> portals)
    {
        if (record.After is Entity entity)
        {
            // What was configured to its namespace before it was known is its own from now on.
            if (!_space.Ownership.IsGoverned(_space.Fleet.OwnerNamespace(entity.NamespaceUri))) portals.UnionWith(_space.Ownership.Ungoverned.ToArray());
            return;
        }

        foreach (var state in (ReadOnlySpan<object?>)[record.Before, record.After])
        {
            var id = state switch
            {
                Stewardship stewardship => stewardship.Portal,
                Tenancy tenancy => tenancy.Portal,
                Premises premises => premises.Portal,
                _ => null,
            };
            if (id is not null && _space.Registry.FindPortal(id) is >= 0 and var portal) portals.Add(portal);
        }
    }

    private void CollectDue(HashSet<int> portals, DateTime now)
    {
        lock (_gate)
            foreach (var (_, portal) in _due.DueBy(now)) portals.Add(portal);
    }

    private void Settle(int portal, DateTime now)
    {
        Interlocked.Increment(ref _settled);
        var id = _space.Registry.TextAt(_space.Registry.PortalAt(portal).Id);
        var tables = _tables;
        var records = new PortalRecords(tables.StewardshipsOf(id), tables.TenanciesOf(id));
        var next = _space.Ownership.Settle(portal, records, tables.Premises.GetValueOrDefault(id), now);
        lock (_gate) _due.Set(portal, next);
    }

    private OwnerFace FaceOf(Entity entity) => new(entity.NamespaceUri, _tables.Kinds.GetValueOrDefault(entity.Kind) is { IsNaturalPerson: true }, entity.CustomerClass);
}
