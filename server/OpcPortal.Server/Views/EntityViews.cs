using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// A View for each entity of the directory with just its part of the fleet: what the entity may browse, by whichever of its applications and without an individual. Its nodes, <c>Views/id</c> in
/// the server's own namespace, are computed. Seen by the entity itself and by System Managers, who see of its content no more than they may anyway. Part 3 5.4; portal-model.md, Agreements.
/// </summary>
internal sealed class EntityViews : NodeSource, IGovernedNodes, IViewCatalog
{
    private const string Prefix = "Views/";

    // Nobody by roles: what can be seen of it is said by the policy.
    private static readonly NodeSecurity ByRoles = new(new RolePermissionSet([]), null);

    private static readonly NodeId ViewsFolder = ObjectIds.ViewsFolder;
    private static readonly NodeId Organizes = ReferenceTypeIds.Organizes;

    private readonly PortalDirectory _directory;
    private readonly FleetReferences _fleet;
    private readonly PortalAccessPolicy _policy;
    private readonly EntityList _entities;

    private EntityViews(PortalDirectory directory, FleetReferences fleet, PortalAccessPolicy policy)
    {
        _directory = directory;
        _fleet = fleet;
        _policy = policy;
        _entities = new EntityList(directory);
    }

    /// <summary>Hangs the views below the server's Views folder.</summary>
    public static void Attach(UaServer server, PortalDirectory directory, FleetReferences fleet, PortalAccessPolicy policy)
    {
        var views = new EntityViews(directory, fleet, policy);
        server.Model.Nodes.AddComputed(views);
        server.Model.Nodes.BindReferences(ViewsFolder, views.TryNextView);
        server.Views.Add(views);
    }

    public static NodeId IdOf(string entity) => new(Prefix + entity, 1);

    // That a view came or went is told to nobody: who may see the folder must not learn who there is. A walk shows each its own.
    private bool TryNextView(in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        if (!filter.Passes(Organizes, isForward: true) || !TryNextEntity(filter.Who, ref position, out var entity)) return false;
        reference = new NodeReferenceTarget(Organizes, true, IdOf(entity));
        return true;
    }

    private bool TryNextEntity(AccessContext? who, ref long position, out string entity)
    {
        if (who is null || MayInspect(who)) return _entities.TryGet(position++, out entity);
        entity = (who.Subject as AccessSubject)?.Entity ?? "";
        return position++ == 0 && entity.Length > 0;
    }

    private static bool MayInspect(AccessContext who) => who.Subject is AccessSubject { Power: ManagerPower.System };

    /// <inheritdoc/>
    public NodeAccess AccessTo(AccessContext who, in NodeRef node, NodeAccess byRoles) =>
        byRoles with { Permissions = MayInspect(who) || (who.Subject is AccessSubject { Entity: { } entity } && entity == EntityOf(node).Id) ? PermissionType.Browse : default };

    /// <inheritdoc/>
    public bool TryGet(in NodeId viewId, out ViewVersion version)
    {
        // No version is counted; what the rules say now began with them.
        version = new ViewVersion(0, _policy.Current?.Snapshot.Rules.At ?? DateTime.MaxValue);
        return TryFind(viewId, out _);
    }

    /// <inheritdoc/>
    public bool Contains(in NodeId viewId, in NodeRef node)
    {
        if (node.Source is FleetNodes) return TryFind(viewId, out var entity) && _policy.MayBrowse(SubjectOf(entity), node);
        // Types describe what is in the view, and reveal nothing of anybody.
        return node.NodeClass is NodeClass.ObjectType or NodeClass.VariableType or NodeClass.DataType or NodeClass.ReferenceType;
    }

    public override bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        node = TryFind(nodeId, out var entity) ? new NodeRef(this, entity) : default;
        return !node.IsNone;
    }

    public override NodeId NodeIdOf(in NodeRef node) => IdOf(EntityOf(node).Id);
    public override NodeClass NodeClassOf(in NodeRef node) => NodeClass.View;
    public override QualifiedName BrowseNameOf(in NodeRef node) => new(EntityOf(node).Id, 1);
    public override LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales) => new(EntityOf(node).Name);
    public override NodeId TypeDefinitionOf(in NodeRef node) => default;
    public override NodeSecurity SecurityOf(in NodeRef node) => ByRoles;
    public override AccessLevelExType AccessLevelOf(in NodeRef node) => default;

    public override StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value)
    {
        var entity = EntityOf(node);
        var record = new NodeRecord
        {
            NodeId = IdOf(entity.Id),
            NodeClass = NodeClass.View,
            BrowseName = new QualifiedName(entity.Id, 1),
            DisplayNames = [new LocalizedText(entity.Name)],
            // From the view over portals to devices and what they have: no way leads back up.
            ContainsNoLoops = true,
        };
        return StaticAttributes.Read(record, attributeId, locales, out value);
    }

    // Part 3 5.6.5: a View has no value.
    public override DataValue ReadValue(in NodeGrant grant) => DataValue.FromStatus(StatusCodes.BadAttributeIdInvalid);

    /// <summary>The folder, then the portals where the entity may see anything, perhaps more: each is asked for as it is reached.</summary>
    public override bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference)
    {
        if (cursor.State is null)
        {
            cursor.State = new AccessContext { Roles = 0, SecurityMode = MessageSecurityMode.Invalid, Subject = SubjectOf(EntityOf(node)) };
            if (filter.Passes(Organizes, isForward: false))
            {
                reference = new NodeReferenceTarget(Organizes, false, ViewsFolder);
                return true;
            }
        }

        return _fleet.TryNextPortal(filter with { Who = (AccessContext)cursor.State }, ref cursor.Position, out reference);
    }

    private bool TryFind(in NodeId id, out Entity entity)
    {
        entity = null!;
        return id is { NamespaceIndex: 1, Text: { } text } && text.StartsWith(Prefix, StringComparison.Ordinal) && _directory.Entities.TryGetValue(text[Prefix.Length..], out entity!);
    }

    private static AccessSubject SubjectOf(Entity entity) => new(entity.Id, entity.Kind);

    private static Entity EntityOf(in NodeRef node) => (Entity)node.State!;
}
