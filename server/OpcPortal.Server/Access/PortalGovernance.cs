using Microsoft.Extensions.Logging;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// What a directory makes of the server: whose is what, and who may do what with it, always by the directory as it is and by the clock. Where the parts of access to the fleet are put together.
/// </summary>
public sealed class PortalGovernance : IAsyncDisposable
{
    private readonly PortalAccessPolicy _policy;
    private readonly AccessRefresh _refresh;
    private readonly FleetDecisions _decisions;
    private readonly Disclosures? _disclosures;
    private readonly PastTargets _past;
    private readonly OwnershipKeeper? _keeper;
    private long _settled;

    internal PortalGovernance(PortalDirectory directory, FleetSpace space, UaServer ua, PortalAccessPolicy policy, IDisclosureSink? sink, TimeProvider time, ILoggerFactory loggers)
    {
        _policy = policy;
        var numbers = new AccessNumbers(space, directory);
        Numbers = numbers;
        _decisions = new FleetDecisions(space, ua.Model.Policy);
        _past = new PastTargets(space, numbers);
        _disclosures = sink is null ? null : new Disclosures(space, numbers, sink, time);
        var keeper = new OwnershipKeeper(space, directory, numbers, ua.ModelChanges, time);
        _keeper = keeper;
        _refresh = new AccessRefresh(directory, keeper, numbers, Swap, ua.RefreshAccess, time, loggers.CreateLogger<PortalGovernance>());
        var eras = new PastOwnership(space, directory, numbers, time);
        var rights = new HistoryRights(space, policy, eras, _past, directory, time);
        space.Nodes.Rights = rights;
        space.Nodes.Former = new FormerNodes(space.Nodes, space.References, eras, rights);
        var reach = new PortalReach(space.Ownership);
        space.References.ReachOf = who => policy.Current?.Snapshot.Of(who.Subject).Portals(reach.Of);
        // Portals come in their own time, before connections do; each finds its records then, and rules that name it find its number.
        space.Fleet.PortalAdded = portal =>
        {
            keeper.Settle(portal);
            _refresh.Recompile();
        };
    }

    /// <summary>Told when who owns what, or answers for it, may have changed and is in force: returns at once, never throws.</summary>
    internal event Action? OwnershipChanged;

    /// <summary>Told when other rules have come into force: returns at once, never throws.</summary>
    internal event Action? RulesChanged;

    /// <summary>The rules in force.</summary>
    public AccessRules Rules => _policy.Current!.Snapshot.Rules;

    /// <summary>The numbers in targets, for rules of another time.</summary>
    public IAccessNumbers Numbers { get; }

    /// <summary>What concerns a subject by the rules in force, kept as long as they are.</summary>
    internal SubjectRules RulesOf(object? subject) => _policy.Current!.Snapshot.Of(subject).Rules;

    /// <summary>The policy of a directory at some time: its rules with those of the house that it does not replace, and its agreements.</summary>
    public static PolicyDocument PolicyOf(DirectoryTables tables) => AccessRefresh.PolicyOf(tables);

    /// <summary>What decisions see of a node of the fleet.</summary>
    /// <returns>False for nodes of others, and for what belongs to no data class: that can be seen by whoever can see anything of the same device.</returns>
    public bool TryDescribe(in NodeRef node, out AccessTarget target)
    {
        target = default;
        if (node.Source is not FleetNodes || FleetNodes.SlotOf(node).DataClass == LayoutSlot.Structural) return false;
        target = _decisions.TargetOf(new FleetKey(node.Key), (TypeLayout)node.State!);
        return true;
    }

    /// <summary>The same as things stood at another time.</summary>
    /// <param name="tables">What was recorded then.</param>
    public bool TryDescribe(in NodeRef node, DirectoryTables tables, DateTime at, out AccessTarget target)
    {
        if (!TryDescribe(node, out target)) return false;
        target = _past.Of(target, new FleetKey(node.Key), tables, at);
        return true;
    }

    /// <summary>Whether a user may be told of changes of a node that they may read.</summary>
    public bool MayObserve(AccessContext who, in NodeRef node) => _policy.MayObserve(who, node);

    /// <summary>Completes when all that the directory says at the time of the call is in force, for live sessions too.</summary>
    public Task CurrentAsync() => _refresh.CurrentAsync();

    /// <summary>Lets the rules be made anew: what they name may be there now.</summary>
    internal void Recompile() => _refresh.Recompile();

    internal void Start() => _refresh.Start();

    private void Swap(AccessSnapshot snapshot)
    {
        _policy.Swap(new Governance(snapshot, _decisions, _disclosures));
        RulesChanged?.Invoke();
        // The first rules are made while the rest of this is.
        if (_keeper?.Settled is not { } settled || Interlocked.Exchange(ref _settled, settled) == settled) return;
        OwnershipChanged?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        await _refresh.DisposeAsync().ConfigureAwait(false);
        _disclosures?.Dispose();
    }
}
