using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>A node by the id that it had while it was another's.</summary>
/// <param name="Owner">Whose id stands in the NodeId; null where none does.</param>
internal sealed record FormerNode(TypeLayout Layout, ushort Namespace, string? Owner);

/// <summary>
/// Points by the ids that they had before they passed on to another owner: history before that stays with the former one, who finds it there and nothing else. Decided as things stood then.
/// </summary>
internal sealed class FormerNodes(FleetNodes present, FleetReferences references, PastOwnership past, HistoryRights rights) : NodeSource, IGovernedNodes
{
    public override bool IsPast => true;

    /// <param name="named">The owner in the id; empty where none is.</param>
    public bool TryFind(long key, TypeLayout layout, ushort namespaceIndex, ReadOnlySpan<char> named, out NodeRef node)
    {
        node = default;
        var slot = layout.Slots[new FleetKey(key).Slot];
        if (slot.Source is not (SlotSource.Point or SlotSource.Quality or SlotSource.Annotations)) return false;
        foreach (var era in past.Of(new FleetKey(key), slot.DataClass))
        {
            if (era.Standing.Namespace != namespaceIndex || !named.SequenceEqual(era.NamedOwner)) continue;
            node = new NodeRef(this, new FormerNode(layout, namespaceIndex, era.NamedOwner), key);
            return true;
        }

        return false;
    }

    public NodeAccess AccessTo(AccessContext who, in NodeRef node, NodeAccess byRoles) =>
        rights.WindowsOf(who, node).Length > 0 ? new NodeAccess(PermissionType.ReadHistory, byRoles.Restrictions) : new NodeAccess(default, byRoles.Restrictions);

    public bool MayObserve(AccessContext who, in NodeRef node) => false;

    public override INodeHistory? HistoryOf(in NodeGrant grant) => present.HistoryOf(grant);

    // Found by their ids alone.
    public override bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        node = default;
        return false;
    }

    public override NodeId NodeIdOf(in NodeRef node) => references.IdOf(new FleetKey(node.Key), Slot(node).Member, Former(node).Namespace, Former(node).Owner);
    public override ushort NamespaceIndexOf(in NodeRef node) => Former(node).Namespace;
    public override NodeClass NodeClassOf(in NodeRef node) => NodeClass.Variable;
    public override QualifiedName BrowseNameOf(in NodeRef node) => Slot(node).Record.BrowseName;
    public override LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales) => StaticAttributes.DisplayName(Slot(node).Record, locales);
    public override NodeId TypeDefinitionOf(in NodeRef node) => Slot(node).TypeDefinition;
    public override NodeSecurity SecurityOf(in NodeRef node) => Slot(node).Security;
    public override AccessLevelExType AccessLevelOf(in NodeRef node) => AccessLevelExType.HistoryRead;
    public override DataValue ReadValue(in NodeGrant grant) => DataValue.FromStatus(StatusCodes.BadNotReadable);

    public override StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value)
    {
        value = default;
        return StatusCodes.BadAttributeIdInvalid;
    }

    public override bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference)
    {
        reference = default;
        return false;
    }

    private static FormerNode Former(in NodeRef node) => (FormerNode)node.State!;
    private static LayoutSlot Slot(in NodeRef node) => FleetNodes.SlotOf(node);
}
