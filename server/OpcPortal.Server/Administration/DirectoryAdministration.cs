using System.Globalization;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>
/// How managers change the directory. Powers are parted: who writes policy does not approve it, who registers parties does not give them identities. A change of policy (rules, kinds, data
/// classes, customer classes, managers) wants the approval of two managers who did not propose it, one of them of Security; identities want that of a Security Manager who did not propose
/// them; entities, ownership and premises are the System Manager's own.
/// </summary>
internal sealed partial class DirectoryAdministration(PortalDirectory directory, TimeProvider time) : IDisposable
{
    /// <summary>Changes that wait at once: more than a house decides in a month.</summary>
    public const int MaxPending = 1_000;

    /// <summary>After it nobody remembers why: it is to be proposed anew.</summary>
    public static readonly TimeSpan MaxPendingTime = TimeSpan.FromDays(30);

    private const int ApprovalsOfPolicy = 2;

    // One act at a time: two last approvals at once would both apply.
    private readonly SemaphoreSlim _acting = new(1);

    /// <summary>The changes that wait, oldest first.</summary>
    public IReadOnlyList<PendingChange> Pending => [.. directory.Tables.PendingChanges.Values.OrderBy(change => change.ProposedAt).ThenBy(change => change.Id, StringComparer.Ordinal)];

    /// <summary>Proposes a change; what wants no approval is applied at once.</summary>
    /// <returns>The id of the change, and whether it is applied.</returns>
    /// <exception cref="AdministrationException">It is refused.</exception>
    public Task<(string Id, bool IsApplied)> ProposeAsync(Manager manager, string document, string reason, CancellationToken cancellation) => ActAsync(async () =>
    {
        var tables = directory.Tables;
        var proposed = ProposedChange.Read(document, tables);
        if (manager.Power != ManagerPower.System && !(manager.Power == ManagerPower.Security && proposed.IsOfIdentities))
            throw Refused(StatusCodes.BadUserAccessDenied, "The System Manager proposes changes; a Security Manager those of applications and individuals.");
        RequireReason(reason);
        if (tables.PendingChanges.Count >= MaxPending) throw Refused(StatusCodes.BadTooManyOperations, $"{MaxPending} changes wait already.");
        var id = string.Create(CultureInfo.InvariantCulture, $"change-{directory.Version + 1}");
        if (proposed.Weight == ChangeWeight.Ordinary)
        {
            if ((await directory.ApplyAsync(proposed.Records, manager.Individual, reason, cancellation).ConfigureAwait(false)).Changes.Count == 0) throw NothingToDo();
            return (id, true);
        }

        if (!await directory.WouldChangeAsync(proposed.Records, cancellation).ConfigureAwait(false)) throw NothingToDo();
        var pending = new PendingChange
        {
            Id = id,
            Weight = proposed.Weight,
            Document = document,
            Reason = reason,
            ProposedBy = manager.Individual,
            ProposedAt = Now,
            Basis = proposed.Basis(),
        };
        await directory.ApplyAsync([pending], manager.Individual, $"Proposed: {Shortened(reason)}", cancellation).ConfigureAwait(false);
        return (id, false);
    }, cancellation);

    /// <summary>Approves a change; with the last approval wanted it is applied.</summary>
    /// <returns>Whether it is applied.</returns>
    /// <exception cref="AdministrationException">It is refused.</exception>
    public Task<bool> ApproveAsync(Manager manager, string id, CancellationToken cancellation) => ActAsync(async () =>
    {
        var pending = Find(id);
        var proposed = ProposedChange.Read(pending.Document, directory.Tables);
        CheckApprover(manager, pending, proposed);
        if (Now - pending.ProposedAt > MaxPendingTime) throw Refused(StatusCodes.BadInvalidState, $"It has waited for more than {MaxPendingTime.Days} days: reject it, and propose it anew.");
        if (proposed.Basis() != pending.Basis) throw Refused(StatusCodes.BadInvalidState, "What it changes was changed by another meanwhile: reject it, and propose it anew.");
        var approved = pending with { Approvals = [.. pending.Approvals, new ChangeApproval(manager.Individual, manager.Power, Now)] };
        if (!IsComplete(approved))
        {
            await directory.ApplyAsync([approved], manager.Individual, $"Approved: {Shortened(pending.Reason)}", cancellation).ConfigureAwait(false);
            return false;
        }

        var reason = $"Proposed by {pending.ProposedBy}, approved by {string.Join(" and ", approved.Approvals.Select(approval => approval.Manager))}: {Shortened(pending.Reason)}";
        await directory.ApplyAsync([.. proposed.Records, approved with { Status = ChangeStatus.Applied }], manager.Individual, reason, cancellation).ConfigureAwait(false);
        return true;
    }, cancellation);

    /// <summary>Rejects a change, or takes back one's own.</summary>
    /// <exception cref="AdministrationException">It is refused.</exception>
    public Task RejectAsync(Manager manager, string id, string reason, CancellationToken cancellation) => ActAsync(async () =>
    {
        RequireReason(reason);
        var pending = Find(id);
        // Who could not have approved it does not stop it either, but whoever proposed it may think again.
        if (pending.Weight == ChangeWeight.Identity && manager.Power != ManagerPower.Security && manager.Individual != pending.ProposedBy)
            throw Refused(StatusCodes.BadUserAccessDenied, "A Security Manager decides on applications and individuals.");
        var rejected = pending with { Status = ChangeStatus.Rejected, RejectedBy = manager.Individual, Rejection = reason };
        await directory.ApplyAsync([rejected], manager.Individual, $"Rejected: {Shortened(reason)}", cancellation).ConfigureAwait(false);
        return true;
    }, cancellation);

    private static void CheckApprover(Manager manager, PendingChange pending, ProposedChange proposed)
    {
        if (manager.Individual == pending.ProposedBy) throw Refused(StatusCodes.BadUserAccessDenied, "Who proposed a change does not approve it.");
        if (proposed.Concerns(manager.Individual)) throw Refused(StatusCodes.BadUserAccessDenied, "Whose own record it changes does not approve it.");
        if (pending.Approvals.Any(approval => approval.Manager == manager.Individual)) throw Refused(StatusCodes.BadInvalidState, "You have approved it already.");
        if (pending.Weight == ChangeWeight.Identity && manager.Power != ManagerPower.Security) throw Refused(StatusCodes.BadUserAccessDenied, "A Security Manager approves applications and individuals.");
        // Else two approvals could be there of which none counts.
        var mustBeSecurity = pending.Approvals.Count == ApprovalsOfPolicy - 1 && pending.Approvals.All(approval => approval.Power != ManagerPower.Security);
        if (pending.Weight == ChangeWeight.Policy && mustBeSecurity && manager.Power != ManagerPower.Security) throw Refused(StatusCodes.BadUserAccessDenied, "One of the two who approve a change of policy is of Security.");
    }

    private static bool IsComplete(PendingChange change) => change.Approvals.Any(approval => approval.Power == ManagerPower.Security)
        && change.Approvals.Count >= (change.Weight == ChangeWeight.Policy ? ApprovalsOfPolicy : 1);

    private PendingChange Find(string id) => directory.Tables.PendingChanges.TryGetValue(id, out var pending) ? pending : throw Refused(StatusCodes.BadNotFound, $"No change '{id}' waits.");

    private async Task<T> ActAsync<T>(Func<Task<T>> act, CancellationToken cancellation)
    {
        await _acting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (DirectoryException wrong)
        {
            throw Refused(wrong.InnerException is StorageException or RecordConflictException ? StatusCodes.BadResourceUnavailable : StatusCodes.BadInvalidArgument, wrong.Message);
        }
        finally
        {
            _acting.Release();
        }
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private static void RequireReason(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > PortalDirectory.MaxReasonLength) throw Refused(StatusCodes.BadInvalidArgument, $"A reason of 1 to {PortalDirectory.MaxReasonLength} characters is wanted.");
    }

    private static string Shortened(string reason) => reason.Length <= PortalDirectory.MaxReasonLength / 2 ? reason : reason[..(PortalDirectory.MaxReasonLength / 2)];

    private static AdministrationException NothingToDo() => Refused(StatusCodes.BadNothingToDo, "It is so already.");

    private static AdministrationException Refused(StatusCode status, string reason) => new(status, reason);

    public void Dispose() => _acting.Dispose();
}
