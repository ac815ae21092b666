using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The server's access policy: what owners, agreements and mandates say of the fleet; what a source says of its own nodes (<see cref="IGovernedNodes"/>); roles alone for the rest, and for
/// owners whom the directory does not know. Decisions are looked up per subject and node, and made where they are not known; a change of policy swaps all of them at once.
/// </summary>
public sealed class PortalAccessPolicy : IAccessPolicy
{
    private const ulong SecurityAdmin = 1UL << RoleTable.SecurityAdmin;

    private readonly RolePermissionPolicy _byRoles;
    private Governance? _governance;

    /// <param name="byRoles">The standard's policy: the face that RolePermissions show.</param>
    public PortalAccessPolicy(RolePermissionPolicy byRoles) => _byRoles = byRoles;

    internal Governance? Current => Volatile.Read(ref _governance);

    /// <summary>From now on decisions go by this. Seen whole by the next item that is asked for.</summary>
    internal void Swap(Governance governance) => Volatile.Write(ref _governance, governance);

    public NodeAccess AccessTo(AccessContext who, in NodeRef node)
    {
        if (node.Source is FleetNodes)
        {
            if (Decide(who, node) is { IsGoverned: true } decision) return new NodeAccess(Shown(who, decision, node), decision.Restrictions, decision.Terms);
        }
        else if (node.Source is IGovernedNodes governed)
        {
            return governed.AccessTo(who, node, _byRoles.AccessTo(who, node));
        }

        return _byRoles.AccessTo(who, node);
    }

    public PermissionType PermissionsOf(AccessContext who, in NodeRef node) => AccessTo(who, node).Permissions;

    public AccessRestrictionType RestrictionsOf(in NodeRef node) => _byRoles.RestrictionsOf(node);

    /// <summary>The standard face: what roles may do by the namespace's defaults, before anything was agreed.</summary>
    public RolePermissionSet RolePermissionsOf(in NodeRef node) => _byRoles.RolePermissionsOf(node);

    /// <summary>What was agreed, shown for each role of the session: it acts as all of them. Part 3 5.2.10.</summary>
    public RolePermissionSet UserRolePermissionsOf(AccessContext who, in NodeRef node)
    {
        if (node.Source is not (FleetNodes or IGovernedNodes)) return _byRoles.RolePermissionsOf(node);
        var permissions = PermissionsOf(who, node);
        var ofRoles = new List<KeyValuePair<int, PermissionType>>();
        for (var rest = who.Roles; rest != 0; rest &= rest - 1) ofRoles.Add(new(System.Numerics.BitOperations.TrailingZeroCount(rest), permissions));
        return new RolePermissionSet(ofRoles);
    }

    public bool MayObserve(AccessContext who, in NodeRef node)
    {
        if (node.Source is FleetNodes) return Decide(who, node) is not { IsGoverned: true, MayObserve: false };
        return node.Source is not IGovernedNodes governed || governed.MayObserve(who, node);
    }

    public void OnGranted(AccessContext who, in NodeGrant grant)
    {
        if (grant.Node.Source is FleetNodes && Current is { Disclosures: { } disclosures } governance) disclosures.OnGranted(governance, who, grant);
    }

    public void OnRefused(AccessContext who, in NodeRef node, PermissionType wanted)
    {
        if (node.Source is FleetNodes && Current is { Disclosures: { } disclosures } governance) disclosures.OnRefused(governance, who, node, wanted);
    }

    /// <summary>Whether a subject may browse a node of the fleet by rules and agreements; false for what roles alone govern.</summary>
    internal bool MayBrowse(AccessSubject subject, in NodeRef node) => Decide(subject, node) is { IsGoverned: true } decision && (decision.Permissions & PermissionType.Browse) != 0;

    private NodeDecision? Decide(AccessContext who, in NodeRef node) => Decide(who.Subject, node);

    private NodeDecision? Decide(object? subject, in NodeRef node)
    {
        if (Current is not { } governance) return null;
        var view = governance.Snapshot.Of(subject);
        if (view.Find(node.Key, node.State) is { } known) return known;
        var decision = governance.Decisions.Decide(view, node);
        view.Keep(decision);
        return decision;
    }

    // Who looks after security sees the permissions of what it may see; they are no data.
    private PermissionType Shown(AccessContext who, NodeDecision decision, in NodeRef node)
    {
        if ((who.Roles & SecurityAdmin) == 0 || (decision.Permissions & PermissionType.Browse) == 0) return decision.Permissions;
        return decision.Permissions | (_byRoles.PermissionsOf(who, node) & PermissionType.ReadRolePermissions);
    }
}

/// <summary>What decisions go by at one time.</summary>
/// <param name="Disclosures">Null: nobody keeps what was disclosed.</param>
internal sealed record Governance(AccessSnapshot Snapshot, FleetDecisions Decisions, Disclosures? Disclosures);
