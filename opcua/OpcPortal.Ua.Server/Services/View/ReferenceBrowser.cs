using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Follows a node's references for one user: what Browse, BrowseNext and TranslateBrowsePathsToNodeIds share. A target that the user may not browse is
/// passed over, as if there were no such reference.
/// </summary>
public sealed class ReferenceBrowser(AddressSpace addressSpace, AccessController access, TypeTree types)
{
    // One set for each reference type asked for without its subtypes: as many as there are reference types.
    private readonly ConcurrentDictionary<NodeId, IReadOnlySet<NodeId>> _alone = new();

    /// <summary>The filter for a reference type.</summary>
    /// <param name="referenceTypeId">Null for every type.</param>
    /// <returns>Good, BadReferenceTypeIdInvalid or BadBrowseDirectionInvalid.</returns>
    public StatusCode TryFilter(BrowseDirection direction, in NodeId referenceTypeId, bool includeSubtypes, out ReferenceFilter filter)
    {
        filter = default;
        if (direction is < BrowseDirection.Forward or > BrowseDirection.Both) return StatusCodes.BadBrowseDirectionInvalid;
        if (referenceTypeId.IsNull)
        {
            filter = new ReferenceFilter(direction, null);
            return StatusCodes.Good;
        }

        if (!addressSpace.TryResolve(referenceTypeId, out var node) || node.NodeClass != NodeClass.ReferenceType) return StatusCodes.BadReferenceTypeIdInvalid;
        filter = new ReferenceFilter(direction, includeSubtypes ? types.SubtypesOf(referenceTypeId) : _alone.GetOrAdd(referenceTypeId, static id => new HashSet<NodeId> { id }));
        return StatusCodes.Good;
    }

    /// <summary>The base of a type; null for a root.</summary>
    internal NodeId BaseOf(in NodeId type) => types.BaseOf(type);

    /// <summary>Finds the node to browse from.</summary>
    /// <returns>Good, or BadNodeIdUnknown where there is none for this user.</returns>
    public StatusCode TryStart(AccessContext who, in NodeId nodeId, out NodeRef node)
    {
        node = default;
        if (nodeId.IsNull) return StatusCodes.BadNodeIdInvalid;
        var status = access.Resolve(who, nodeId, PermissionType.Browse, out var grant);
        node = grant.Node;
        return status;
    }

    /// <summary>Steps to the next reference whose target the user may browse.</summary>
    /// <param name="budget">Lessened by each reference followed.</param>
    /// <param name="target">The node referred to; none where it is on another server.</param>
    /// <returns>False after the last, and where the budget is spent.</returns>
    public bool TryNext(
        AccessContext who, in NodeRef node, in ReferenceFilter filter, ReferenceBudget budget, ref ReferenceCursor cursor, out NodeReferenceTarget reference, out NodeRef target)
    {
        reference = default;
        var ofUser = filter with { Who = who };
        while (budget.TryTake() && node.Source.TryNextReference(node, ofUser, ref cursor, out reference))
            if (TryReach(who, reference, out target)) return true;
        target = default;
        return false;
    }

    /// <summary>Finds the node that a reference leads to.</summary>
    /// <param name="target">None where it is on another server.</param>
    /// <returns>False where it leads nowhere that this user may browse.</returns>
    public bool TryReach(AccessContext who, in NodeReferenceTarget reference, out NodeRef target)
    {
        target = default;
        if (!reference.Target.IsLocal) return true;
        return addressSpace.TryResolve(reference.Target.NodeId, out target) && access.Authorize(who, target, PermissionType.Browse, out _).IsGood;
    }
}
