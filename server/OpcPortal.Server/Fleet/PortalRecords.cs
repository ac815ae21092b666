using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// What the directory's records say of one portal: who lives there, who owns what of it, when. Pure. The most specific stewardship in force holds: of a data class of a device, of a device, of a
/// data class of the portal, of the portal.
/// </summary>
internal sealed class PortalRecords(IReadOnlyList<Stewardship> stewardships, IReadOnlyList<Tenancy> tenancies)
{
    public static PortalRecords None { get; } = new([], []);

    public bool HasStewardships => stewardships.Count > 0;

    public Tenancy? TenancyAt(DateTime at)
    {
        foreach (var tenancy in tenancies)
            if (tenancy.Period.Contains(at)) return tenancy;
        return null;
    }

    /// <param name="device">Null: the portal itself.</param>
    /// <param name="dataClass">Null: what belongs to no class.</param>
    public Stewardship? StewardshipAt(string? device, string? dataClass, DateTime at)
    {
        Stewardship? found = null;
        var foundRank = -1;
        foreach (var stewardship in stewardships)
        {
            if (!stewardship.Period.Contains(at) || !Concerns(stewardship, device, dataClass)) continue;
            var rank = (stewardship.Device is null ? 0 : 2) + (stewardship.DataClass is null ? 0 : 1);
            if (rank > foundRank) (found, foundRank) = (stewardship, rank);
        }

        return found;
    }

    /// <summary>Whether something is said of the device beyond its configuration, now or at another time.</summary>
    public bool Mentions(string? device)
    {
        foreach (var stewardship in stewardships)
            if (stewardship.Device is null || stewardship.Device == device) return true;
        return false;
    }

    /// <summary>The data classes of which something of their own is said.</summary>
    public IEnumerable<string> ClassesOf(string? device) =>
        stewardships.Where(s => s.DataClass is not null && (s.Device is null || s.Device == device)).Select(s => s.DataClass!).Distinct(StringComparer.Ordinal);

    /// <summary>Since when its owner has owned it without a break.</summary>
    /// <param name="configured">The owner by configuration; null: the occupant, or nobody.</param>
    /// <param name="isOccupants">Whether the configuration leaves it to the occupant.</param>
    public DateTime OwnedSince(string? device, string? dataClass, string? configured, bool isOccupants, DateTime at)
    {
        var owner = OwnerAt(device, dataClass, configured, isOccupants, at);
        var changes = Changes(device, dataClass, at);
        for (var i = changes.Count - 1; i >= 0; i--)
            if (OwnerAt(device, dataClass, configured, isOccupants, changes[i].AddTicks(-1)) != owner) return changes[i];
        return DateTime.MinValue;
    }

    /// <summary>The instants up to <paramref name="at"/> at which it may have become another's, oldest first.</summary>
    public IReadOnlyList<DateTime> Changes(string? device, string? dataClass, DateTime at)
    {
        var changes = new List<DateTime>();
        foreach (var stewardship in stewardships)
            if (Concerns(stewardship, device, dataClass)) Note(changes, stewardship.Period, at);
        foreach (var tenancy in tenancies) Note(changes, tenancy.Period, at);
        changes.Sort();
        return changes;
    }

    /// <summary>The next instant at which any of it changes.</summary>
    public DateTime NextChange(DateTime at)
    {
        var next = DateTime.MaxValue;
        foreach (var stewardship in stewardships) next = Earlier(next, stewardship.Period.NextChange(at));
        foreach (var tenancy in tenancies) next = Earlier(next, tenancy.Period.NextChange(at));
        return next;
    }

    private string? OwnerAt(string? device, string? dataClass, string? configured, bool isOccupants, DateTime at) =>
        StewardshipAt(device, dataClass, at)?.Owner ?? (isOccupants ? TenancyAt(at)?.Customer : configured);

    private static bool Concerns(Stewardship stewardship, string? device, string? dataClass) =>
        (stewardship.Device is null || stewardship.Device == device) && (stewardship.DataClass is null || stewardship.DataClass == dataClass);

    private static void Note(List<DateTime> changes, ActivePeriod period, DateTime at)
    {
        // What has always been has no instant before it.
        if (period.From <= at && period.From > DateTime.MinValue) changes.Add(period.From);
        if (period.Until <= at && period.Until > DateTime.MinValue) changes.Add(period.Until);
    }

    private static DateTime Earlier(DateTime one, DateTime other) => one < other ? one : other;
}
