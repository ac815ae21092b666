using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>Transfers, changes of tenancy and lock-outs: what one manager does by himself, at once or from a date on.</summary>
internal sealed partial class DirectoryAdministration
{
    /// <summary>A device, or one data class of it, has another owner from an instant on; custodian and operator stay.</summary>
    /// <param name="device">Null: the portal and what of it nothing else is said of.</param>
    /// <param name="dataClass">Null: all.</param>
    /// <param name="at">UTC; null: now.</param>
    /// <exception cref="AdministrationException">It is refused.</exception>
    public Task TransferAsync(Manager manager, string portal, string? device, string? dataClass, string newOwner, DateTime? at, CancellationToken cancellation) => ActAsync(async () =>
    {
        Require(manager, ManagerPower.System, "The System Manager transfers ownership.");
        var from = FutureOf(at);
        var same = directory.Tables.StewardshipsOf(portal).Where(stewardship => stewardship.Device == device && stewardship.DataClass == dataClass).ToList();
        var current = same.Find(stewardship => stewardship.Period.Contains(from));
        if (current?.Owner == newOwner) throw NothingToDo();
        var period = new ActivePeriod(from, EndOf(same.Select(stewardship => stewardship.Period), from));
        var next = (current ?? new Stewardship { Id = "", Portal = portal, Device = device, DataClass = dataClass, Period = period }) with { Id = NewId("s"), Owner = newOwner, Period = period };
        // One that begins at the same instant never held: it is the same one with another owner.
        IReadOnlyList<object> upserts = current is null ? [next]
            : current.Period.From == from ? [current with { Owner = newOwner }]
            : [current with { Period = current.Period with { Until = from } }, next];
        await directory.ApplyAsync(upserts, manager.Individual, $"Ownership of {portal}/{device}/{dataClass} passes to {newOwner}.", cancellation).ConfigureAwait(false);
        return true;
    }, cancellation);

    /// <summary>The premises of a portal have another occupant from an instant on.</summary>
    /// <param name="customer">Null: nobody.</param>
    /// <param name="at">UTC; null: now.</param>
    /// <exception cref="AdministrationException">It is refused.</exception>
    public Task ChangeTenancyAsync(Manager manager, string portal, string? customer, DateTime? at, CancellationToken cancellation) => ActAsync(async () =>
    {
        Require(manager, ManagerPower.System, "The System Manager changes tenancies.");
        var from = FutureOf(at);
        var tenancies = directory.Tables.TenanciesOf(portal);
        var current = tenancies.FirstOrDefault(tenancy => tenancy.Period.Contains(from));
        if (current?.Customer == customer) throw NothingToDo();
        var upserts = new List<object>();
        if (current is not null) upserts.Add(current.Period.From == from ? new DirectoryRemoval(RecordKinds.Tenancy.Name, current.Id) : current with { Period = current.Period with { Until = from } });
        if (customer is not null) upserts.Add(new Tenancy { Id = NewId("t"), Portal = portal, Customer = customer, Period = new ActivePeriod(from, EndOf(tenancies.Select(tenancy => tenancy.Period), from)) });
        await directory.ApplyAsync(upserts, manager.Individual, customer is null ? $"The premises of {portal} are vacant." : $"The premises of {portal} are those of {customer}.", cancellation).ConfigureAwait(false);
        return true;
    }, cancellation);

    /// <summary>Ends an application or individual at once.</summary>
    /// <exception cref="AdministrationException">It is refused.</exception>
    public Task LockOutAsync(Manager manager, string identity, string reason, CancellationToken cancellation) => ActAsync(async () =>
    {
        Require(manager, ManagerPower.Security, "A Security Manager locks out.");
        RequireReason(reason);
        var tables = directory.Tables;
        var upserts = new List<object>();
        if (tables.Individuals.TryGetValue(identity, out var individual)) upserts.Add(individual with { Active = EndedNow(individual.Active) });
        if (tables.Applications.TryGetValue(identity, out var application)) upserts.Add(application with { Active = EndedNow(application.Active) });
        if (upserts.Count == 0) throw Refused(StatusCodes.BadNotFound, $"There is no application and no individual '{identity}'.");
        if ((await directory.ApplyAsync(upserts, manager.Individual, $"Locked out: {Shortened(reason)}", cancellation).ConfigureAwait(false)).Changes.Count == 0) throw NothingToDo();
        return true;
    }, cancellation);

    private ActivePeriod EndedNow(ActivePeriod active)
    {
        var now = Now;
        if (active.Until <= now) return active;
        // What has not begun yet never begins.
        return new ActivePeriod(active.From < now ? active.From : DateTime.MinValue, now);
    }

    private static void Require(Manager manager, ManagerPower power, string reason)
    {
        if (manager.Power != power) throw Refused(StatusCodes.BadUserAccessDenied, reason);
    }

    // What was recorded of the past stays: a date before now would give the new one what was the former one's.
    private DateTime FutureOf(DateTime? at)
    {
        var now = Now;
        if (at is null) return now;
        return at >= now ? at.Value : throw Refused(StatusCodes.BadInvalidArgument, "The instant is in the past.");
    }

    // What was settled for later stays: it begins where this one ends.
    private static DateTime EndOf(IEnumerable<ActivePeriod> periods, DateTime from)
    {
        var end = DateTime.MaxValue;
        foreach (var period in periods)
        {
            if (period.Contains(from) && period.Until < end) end = period.Until;
            else if (period.From > from && period.From < end) end = period.From;
        }

        return end;
    }

    private static string NewId(string prefix) => $"{prefix}-{Guid.NewGuid():N}";
}
