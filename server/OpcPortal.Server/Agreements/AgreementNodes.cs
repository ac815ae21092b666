using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The agreements as objects of AgreementType, computed from the directory when asked for: none is held. An agreement's node is its id, a property <c>id/Name</c>; methods are the type's own,
/// which all agreements share (Part 3 5.7). Its parties see it, and the System Manager, who can only read; for everybody else it does not exist.
/// </summary>
public sealed class AgreementNodes : NodeSource, IGovernedNodes
{
    /// <summary>What everybody may do by roles: nothing.</summary>
    internal static readonly RolePermissionSet Nobody = new([]);

    /// <summary>What customers and firms agree on is theirs: encrypted, as their data.</summary>
    internal const AccessRestrictionType Restrictions = AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired;

    private const PermissionType OfManager = PermissionType.Browse | PermissionType.Read | PermissionType.ReceiveEvents | PermissionType.ReadHistory;
    private const PermissionType OfParty = OfManager | PermissionType.Call;

    private static readonly NodeId HasProperty = ReferenceTypeIds.HasProperty;
    private static readonly NodeId HasComponent = ReferenceTypeIds.HasComponent;
    private static readonly NodeId Organizes = ReferenceTypeIds.Organizes;
    private static readonly NodeId HasEventSource = ReferenceTypeIds.HasEventSource;

    private readonly PortalDirectory _directory;
    private readonly AgreementIndex _index;
    private readonly AgreementModel _model;
    private readonly ushort _namespace;
    private readonly Property[] _properties;
    private readonly NodeReferenceTarget[] _ofObject;
    private readonly SumNodes _sums;
    private readonly byte _notifies;

    /// <param name="keepsEvents">Whether past events can be read.</param>
    internal AgreementNodes(PortalDirectory directory, AgreementIndex index, AgreementModel model, SumNodes sums, ushort namespaceIndex, bool keepsEvents)
    {
        _notifies = (byte)(EventNotifierType.SubscribeToEvents | (keepsEvents ? EventNotifierType.HistoryRead : 0));
        _sums = sums;
        _directory = directory;
        _index = index;
        _model = model;
        _namespace = namespaceIndex;
        var values = new AgreementValues(new AgreementStructures(model));
        _properties =
        [
            .. from member in model.Members
               where member.Node.NodeClass == NodeClass.Variable
               select new Property(member.Node with { AccessLevelEx = CurrentRead }, member.BrowseName.Name!, member.TypeDefinitionId,
                   values.ReaderOf(member.BrowseName.Name!) ?? throw new NodeSetException(ModelLoader.PortalFile, 0, 0, $"Nothing is known of the property {member.BrowseName} of agreements.")),
        ];
        _ofObject =
        [
            new(ReferenceTypeIds.HasTypeDefinition, true, model.AgreementType),
            new(Organizes, false, model.Registry),
            new(HasEventSource, false, model.Registry),
            .. from member in model.Members where member.Node.NodeClass == NodeClass.Method select new NodeReferenceTarget(HasComponent, true, member.Node.NodeId),
        ];
    }

    // Part 3 8.57, CurrentRead.
    private const byte CurrentRead = 1;

    /// <summary>The node of an agreement, whether there is one or not.</summary>
    public NodeId IdOf(string agreement) => new(agreement, _namespace);

    /// <summary>The agreement that a node of this source is or belongs to; null where it is none.</summary>
    public Agreement? AgreementAt(in NodeId nodeId) => nodeId.NamespaceIndex == _namespace && TryResolve(nodeId, out var node) ? AgreementOf(node) : null;

    public override bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        node = default;
        if (nodeId.Text is not { } text) return false;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!_directory.Agreements.TryGetValue(slash < 0 ? text : text[..slash], out var agreement)) return false;
        long key = slash < 0 ? 0 : 1 + Array.FindIndex(_properties, property => text.AsSpan(slash + 1).SequenceEqual(property.Name));
        if (slash >= 0 && key == 0 && !_sums.TryResolve(agreement, text.AsSpan(slash + 1), out key)) return false;
        node = new NodeRef(this, agreement.Id, key);
        return true;
    }

    /// <inheritdoc/>
    public NodeAccess AccessTo(AccessContext who, in NodeRef node, NodeAccess byRoles)
    {
        if (who.Subject is not AccessSubject subject || AgreementOf(node) is not { } agreement) return new NodeAccess(default, Restrictions);
        if (IsSum(node)) return new NodeAccess(_sums.PermissionsOf(who, agreement), Restrictions);
        if (subject.Entity is { } entity && AgreementLifecycle.OtherParty(agreement.Terms, entity) is not null) return new NodeAccess(OfParty, Restrictions);
        return new NodeAccess(subject.Power == ManagerPower.System ? OfManager : default, Restrictions);
    }

    /// <inheritdoc/>
    public bool MayObserve(AccessContext who, in NodeRef node) => !IsSum(node) || (AgreementOf(node) is { } agreement && _sums.MayObserve(who, agreement));

    public override NodeId NodeIdOf(in NodeRef node) => IsSum(node) ? _sums.IdOf(IdAt(node), node.Key) : IsObject(node) ? IdOf(IdAt(node)) : new NodeId($"{IdAt(node)}/{PropertyAt(node).Name}", _namespace);
    public override ushort NamespaceIndexOf(in NodeRef node) => _namespace;
    public override NodeClass NodeClassOf(in NodeRef node) => IsSum(node) ? _sums.NodeClassAt(node.Key) : IsObject(node) ? NodeClass.Object : NodeClass.Variable;
    public override QualifiedName BrowseNameOf(in NodeRef node) => IsSum(node) ? _sums.BrowseNameAt(node.Key) : IsObject(node) ? new QualifiedName(IdAt(node), _namespace) : PropertyAt(node).Record.BrowseName;
    public override NodeId TypeDefinitionOf(in NodeRef node) => IsSum(node) ? _sums.TypeDefinitionAt(node.Key) : IsObject(node) ? _model.AgreementType : PropertyAt(node).TypeDefinition;
    public override NodeSecurity SecurityOf(in NodeRef node) => new(Nobody, Restrictions);
    public override AccessLevelExType AccessLevelOf(in NodeRef node) => IsSum(node) ? _sums.AccessLevelAt(node.Key) : IsObject(node) ? default : (AccessLevelExType)CurrentRead;

    public override LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales) =>
        IsSum(node) ? StaticAttributes.DisplayName(_sums.RecordAt(IdAt(node), node.Key), locales) : IsObject(node) ? new LocalizedText(IdAt(node)) : StaticAttributes.DisplayName(PropertyAt(node).Record, locales);

    public override StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value)
    {
        var record = IsSum(node) ? _sums.RecordAt(IdAt(node), node.Key) : IsObject(node)
            ? new NodeRecord { NodeId = NodeIdOf(node), NodeClass = NodeClass.Object, BrowseName = BrowseNameOf(node), EventNotifier = _notifies }
            : PropertyAt(node).Record with { NodeId = NodeIdOf(node) };
        return StaticAttributes.Read(record, attributeId, locales, out value);
    }

    public override DataValue ReadValue(in NodeGrant grant)
    {
        if (AgreementOf(grant.Node) is not { } agreement) return DataValue.FromStatus(StatusCodes.BadNodeIdUnknown);
        return IsSum(grant.Node) ? _sums.ReadValue(agreement, grant.Node.Key) : new DataValue(PropertyAt(grant.Node).Read(agreement));
    }

    public override bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference)
    {
        while (TryReferenceAt(node, cursor.Position, out var next))
        {
            cursor.Position++;
            if (next is not { } found || !filter.Passes(found.ReferenceTypeId, found.IsForward)) continue;
            reference = found;
            return true;
        }

        reference = default;
        return false;
    }

    private bool TryReferenceAt(in NodeRef node, long place, out NodeReferenceTarget? reference)
    {
        var id = IdAt(node);
        if (IsSum(node)) return _sums.TryReferenceAt(id, node.Key, place, out reference);
        if (!IsObject(node))
        {
            reference = place == 0 ? new(ReferenceTypeIds.HasTypeDefinition, true, PropertyAt(node).TypeDefinition) : new(HasProperty, false, IdOf(id));
            return place < 2;
        }

        var sums = _ofObject.Length + _properties.Length;
        reference = place < sums ? ReferenceOfObject(id, (int)place) : _sums.OfAgreement(id);
        return place <= sums;
    }

    private NodeReferenceTarget ReferenceOfObject(string id, int at) =>
        at < _ofObject.Length ? _ofObject[at] : new(HasProperty, true, new NodeId($"{id}/{_properties[at - _ofObject.Length].Name}", _namespace));

    /// <summary>Steps to the next agreement that the registry organises: of a user only their own, in the order in which they came.</summary>
    internal bool TryNextAgreement(in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        // Part 3 5.3.2: both directions are recommended so that all can be found by browsing, which Organizes sees to; with HasEventSource as well a client would find each agreement twice.
        if (!filter.Passes(Organizes, isForward: true)) return false;
        var ids = filter.Who is { } who ? ListOf(who.Subject as AccessSubject) : _index.All;
        if (position >= ids.Count) return false;
        reference = new NodeReferenceTarget(Organizes, true, IdOf(ids[(int)position++]));
        return true;
    }

    private IdList ListOf(AccessSubject? subject) =>
        subject is null ? IdList.Empty : subject.Power == ManagerPower.System ? _index.All : subject.Entity is { } entity ? _index.Of(entity) : IdList.Empty;

    private Agreement? AgreementOf(in NodeRef node) => _directory.Agreements.GetValueOrDefault(IdAt(node));

    private Property PropertyAt(in NodeRef node) => _properties[node.Key - 1];

    private static bool IsSum(in NodeRef node) => node.Key >= SumNodes.FirstKey;

    private static bool IsObject(in NodeRef node) => node.Key == 0;

    private static string IdAt(in NodeRef node) => (string)node.State!;

    private sealed record Property(NodeRecord Record, string Name, NodeId TypeDefinition, Func<Agreement, Variant> Read);
}
