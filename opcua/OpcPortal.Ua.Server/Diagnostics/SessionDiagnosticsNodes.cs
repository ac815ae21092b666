using System.Collections.Concurrent;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// An object for each session below SessionsDiagnosticsSummary, computed when asked for: a session costs no node. The object's id is the SessionId, those
/// below it are <c>guid/path</c>. For the SecurityAdmin alone, over encrypted channels. Part 5 6.3.4, 6.3.5, Part 4 5.7.2.2.
/// </summary>
internal sealed class SessionDiagnosticsNodes : NodeSource
{
    private const int GuidLength = 36;
    private const string SessionDiagnostics = "SessionDiagnostics";
    private const string SecurityDiagnostics = "SessionSecurityDiagnostics";
    private const string SubscriptionArray = "SubscriptionDiagnosticsArray";
    private const string CurrentRoleIds = "CurrentRoleIds";

    private static readonly NodeId Summary = ObjectIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary;

    private readonly ConcurrentDictionary<Guid, Entry> _sessions = new();
    private long _lastNumber;
    private readonly List<Place> _places = [];
    private readonly Dictionary<string, int> _byPath = new(StringComparer.Ordinal);
    private readonly SessionReports _reports;
    private readonly RoleTable _roles;
    private readonly TimeProvider _time;
    private readonly NodeSecurity _security;

    public SessionDiagnosticsNodes(ServerModel model, SessionReports reports, NodeSecurity security, TimeProvider time)
    {
        _reports = reports;
        _roles = model.Roles;
        _time = time;
        _security = security;
        model.Declarations.TryGetNode(ObjectTypeIds.SessionDiagnosticsObjectType, out var type);
        Add(new Place("", type with { NodeClass = NodeClass.Object }, ObjectTypeIds.SessionDiagnosticsObjectType, ReferenceTypeIds.HasComponent, -1));
        AddChildren(0, model.Declarations.Of(ObjectTypeIds.SessionDiagnosticsObjectType));
    }

    /// <summary>Whether the objects are there: they are not while diagnostics are switched off.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>The sessions that have been activated and not closed.</summary>
    public IEnumerable<Session> Sessions => _sessions.Values.OrderBy(static e => e.Number).Select(static e => e.Session);

    public void Add(Session session) => _sessions.TryAdd(session.Id.Guid, new Entry(session, Interlocked.Increment(ref _lastNumber)));

    public void Remove(Session session) => _sessions.TryRemove(session.Id.Guid, out _);

    /// <summary>From SessionsDiagnosticsSummary to each session, in the order of their numbers: one that ends meanwhile makes no other be missed.</summary>
    public bool TryNextOfSummary(in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference)
    {
        reference = default;
        if (!IsEnabled || !filter.Passes(ReferenceTypeIds.HasComponent, isForward: true)) return false;
        Entry? next = null;
        foreach (var (_, entry) in _sessions)
            if (entry.Number > position && (next is null || entry.Number < next.Number)) next = entry;
        if (next is null) return false;
        position = next.Number;
        reference = new NodeReferenceTarget(ReferenceTypeIds.HasComponent, true, next.Session.Id);
        return true;
    }

    public override bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        node = default;
        if (!IsEnabled || nodeId.NamespaceIndex != 1) return false;
        if (nodeId.IdType == IdType.Guid) return TryFind(nodeId.Guid, "", out node);
        return nodeId.Text is { Length: > GuidLength } text && text[GuidLength] == '/' && Guid.TryParseExact(text.AsSpan(0, GuidLength), "D", out var id)
            && TryFind(id, text[(GuidLength + 1)..], out node);
    }

    public override NodeId NodeIdOf(in NodeRef node) => IdOf(Of(node), (int)node.Key);
    public override NodeClass NodeClassOf(in NodeRef node) => PlaceOf(node).Record.NodeClass;

    // Part 5 6.3.4: the object has the name of its session.
    public override QualifiedName BrowseNameOf(in NodeRef node) => node.Key == 0 ? new QualifiedName(Of(node).Name, 1) : PlaceOf(node).Record.BrowseName;

    public override LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales) => new(BrowseNameOf(node).Name);
    public override NodeId TypeDefinitionOf(in NodeRef node) => PlaceOf(node).TypeDefinition;
    public override NodeSecurity SecurityOf(in NodeRef node) => _security;
    public override AccessLevelExType AccessLevelOf(in NodeRef node) => NodeClassOf(node) == NodeClass.Variable ? AccessLevelExType.CurrentRead : default;

    public override StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value) =>
        StaticAttributes.Read(PlaceOf(node).Record with { NodeId = NodeIdOf(node), BrowseName = BrowseNameOf(node), DisplayNames = [] }, attributeId, locales, out value);

    public override DataValue ReadValue(in NodeGrant grant) =>
        new(ValueOf(Of(grant.Node), PlaceOf(grant.Node).Path), StatusCodes.Good, _time.GetUtcNow().UtcDateTime);

    public override bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference)
    {
        var references = (NodeReferenceTarget[])(cursor.State ??= ReferencesOf(node));
        while (cursor.Position < references.Length)
        {
            reference = references[cursor.Position++];
            if (filter.Passes(reference.ReferenceTypeId, reference.IsForward)) return true;
        }

        reference = default;
        return false;
    }

    private NodeReferenceTarget[] ReferencesOf(in NodeRef node)
    {
        var (session, place) = (Of(node), PlaceOf(node));
        var references = new List<NodeReferenceTarget>
        {
            new(ReferenceTypeIds.HasTypeDefinition, true, place.TypeDefinition),
            new(place.ReferenceType, false, place.Parent < 0 ? Summary : IdOf(session, place.Parent)),
        };
        for (var i = 1; i < _places.Count; i++)
            if (_places[i].Parent == node.Key) references.Add(new NodeReferenceTarget(_places[i].ReferenceType, true, IdOf(session, i)));
        return [.. references];
    }

    private Variant ValueOf(Session session, string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0) return path.StartsWith(SecurityDiagnostics, StringComparison.Ordinal) ? SessionReports.SecurityField(session, path[(slash + 1)..]) : _reports.Field(session, path[(slash + 1)..]);
        return path switch
        {
            SessionDiagnostics => Variant.From(_reports.Of(session)),
            SecurityDiagnostics => Variant.From(SessionReports.SecurityOf(session)),
            SubscriptionArray => Variant.From(_reports.SubscriptionsOf(session).ToArray()),
            CurrentRoleIds => new Variant(_roles.RolesOf(session.Access?.Roles ?? 0).ToArray()),
            _ => default,
        };
    }

    private void AddChildren(int parent, IEnumerable<InstanceDeclaration> declarations)
    {
        foreach (var declaration in declarations)
        {
            // A Variable for each element of the array is not made: the array says it all.
            if (declaration.IsPlaceholder) continue;
            var name = declaration.BrowseName.Name!;
            var index = _places.Count;
            Add(new Place(parent == 0 ? name : $"{_places[parent].Path}/{name}", declaration.Node, declaration.TypeDefinitionId, declaration.ReferenceTypeIds[0], parent));
            AddChildren(index, declaration.Children);
        }
    }

    private void Add(Place place)
    {
        _byPath[place.Path] = _places.Count;
        _places.Add(place);
    }

    private bool TryFind(Guid id, string path, out NodeRef node)
    {
        node = default;
        if (!_byPath.TryGetValue(path, out var index) || !_sessions.TryGetValue(id, out var entry)) return false;
        node = new NodeRef(this, entry.Session, index);
        return true;
    }

    private NodeId IdOf(Session session, int place) => place == 0 ? session.Id : new NodeId($"{session.Id.Guid}/{_places[place].Path}", 1);

    private Place PlaceOf(in NodeRef node) => _places[(int)node.Key];

    private static Session Of(in NodeRef node) => (Session)node.State!;

    private sealed record Entry(Session Session, long Number);

    private sealed record Place(string Path, NodeRecord Record, NodeId TypeDefinition, NodeId ReferenceType, int Parent);
}
