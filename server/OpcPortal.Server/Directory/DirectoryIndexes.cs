using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Whose a namespace is: an organisation's, or that of all natural persons of a class.</summary>
internal sealed record NamespaceUse(string? Organisation, string? CustomerClass);

/// <summary>Records by something else than their id.</summary>
internal sealed record DirectoryIndexes
{
    public static DirectoryIndexes Empty { get; } = new();

    public LayeredTable<EntityApplication> ApplicationsByThumbprint { get; private init; } = LayeredTable<EntityApplication>.Empty;
    public LayeredTable<Individual> IndividualsByThumbprint { get; private init; } = LayeredTable<Individual>.Empty;
    public LayeredTable<Individual> IndividualsByUserName { get; private init; } = LayeredTable<Individual>.Empty;
    public LayeredTable<Tenancy[]> TenanciesByPortal { get; private init; } = LayeredTable<Tenancy[]>.Empty;
    public LayeredTable<Stewardship[]> StewardshipsByPortal { get; private init; } = LayeredTable<Stewardship[]>.Empty;
    public LayeredTable<NamespaceUse> NamespaceUses { get; private init; } = LayeredTable<NamespaceUse>.Empty;

    /// <param name="kinds">Those there are with the changes.</param>
    public DirectoryIndexes With(IReadOnlyList<RecordChange> changes, IReadOnlyDictionary<string, EntityKind> kinds) => new()
    {
        ApplicationsByThumbprint = Unique<EntityApplication>(ApplicationsByThumbprint, changes, application => application.Thumbprint),
        IndividualsByThumbprint = Unique<Individual>(IndividualsByThumbprint, changes, individual => individual.Thumbprint),
        IndividualsByUserName = Unique<Individual>(IndividualsByUserName, changes, individual => individual.UserName),
        TenanciesByPortal = Grouped<Tenancy>(TenanciesByPortal, changes, tenancy => tenancy.Portal, (a, b) => a.Id == b.Id),
        StewardshipsByPortal = Grouped<Stewardship>(StewardshipsByPortal, changes, stewardship => stewardship.Portal, (a, b) => a.Id == b.Id),
        NamespaceUses = WithUses(changes, kinds),
    };

    private static LayeredTable<T> Unique<T>(LayeredTable<T> index, IReadOnlyList<RecordChange> changes, Func<T, string?> keyOf) where T : class
    {
        var changed = new Dictionary<string, T?>(StringComparer.Ordinal);
        // First what goes: a key may pass from one record to another in one change.
        foreach (var change in changes)
            if (change.Before is T before && keyOf(before) is { } old) changed[old] = null;
        foreach (var change in changes)
            if (change.After is T after && keyOf(after) is { } key) changed[key] = after;
        return index.With(changed);
    }

    private static LayeredTable<T[]> Grouped<T>(LayeredTable<T[]> index, IReadOnlyList<RecordChange> changes, Func<T, string> keyOf, Func<T, T, bool> isSame) where T : class
    {
        var changed = new Dictionary<string, T[]?>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.Before is T before) Put(keyOf(before), [.. Of(keyOf(before)).Where(other => !isSame(other, before))]);
            if (change.After is T after) Put(keyOf(after), [.. Of(keyOf(after)), after]);
        }

        return index.With(changed);

        T[] Of(string key) => (changed.TryGetValue(key, out var group) ? group : index.GetValueOrDefault(key)) ?? [];
        void Put(string key, T[] group) => changed[key] = group.Length == 0 ? null : group;
    }

    // A namespace once used is never another's: ids of its nodes are known to clients.
    private LayeredTable<NamespaceUse> WithUses(IReadOnlyList<RecordChange> changes, IReadOnlyDictionary<string, EntityKind> kinds)
    {
        var changed = new Dictionary<string, NamespaceUse?>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.After is not Entity entity || NamespaceUses.ContainsKey(entity.NamespaceUri) || changed.ContainsKey(entity.NamespaceUri)) continue;
            changed[entity.NamespaceUri] = kinds.GetValueOrDefault(entity.Kind) is { IsNaturalPerson: true } ? new NamespaceUse(null, entity.CustomerClass) : new NamespaceUse(entity.Id, null);
        }

        return NamespaceUses.With(changed);
    }
}
