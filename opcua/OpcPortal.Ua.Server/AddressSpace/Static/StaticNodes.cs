using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Nodes held in memory: the standard's, those of loaded NodeSets, and objects that rooms of the server add. Reading never locks; nodes are added whole,
/// with their references in both directions.
/// </summary>
public sealed class StaticNodes : NodeSource
{
    // Every id of the standard is below 2^16: an array look-up for the nodes that every client asks for.
    private const int StandardIds = 1 << 16;

    private readonly StaticNode?[] _standard = new StaticNode?[StandardIds];
    private readonly ConcurrentDictionary<NodeId, StaticNode> _others = new();
    private readonly RolePermissionInterner _permissions;
    private readonly TypeTree _types;
    private readonly Lock _writing = new();
    private NodeSource[] _computed = [];

    public StaticNodes(RoleTable roles, TypeTree types)
    {
        _permissions = new RolePermissionInterner(roles);
        _types = types;
    }

    /// <summary>Adds nodes; what they refer to may be among them, here already, or in another source.</summary>
    /// <exception cref="InvalidOperationException">A node of that id is here already, or stands there twice; nothing was added.</exception>
    public void Add(IReadOnlyCollection<NodeRecord> records)
    {
        lock (_writing)
        {
            var fresh = new Dictionary<NodeId, StaticNode>(records.Count);
            var references = new Dictionary<NodeId, List<NodeReferenceTarget>>(records.Count);
            foreach (var record in records)
            {
                if (TryGet(record.NodeId, out _) || !fresh.TryAdd(record.NodeId, new StaticNode(record with { References = [] }, _permissions.SecurityOf(record))))
                    throw new InvalidOperationException($"There is a node {record.NodeId} already.");
                CollectReferences(record, references);
            }

            // Whole before it is seen, and seen before anything leads to it.
            foreach (var (id, node) in fresh)
                if (references.Remove(id, out var own)) Connect(node, own);
            // From the end: what a node has below it is listed after it, and so is there when the node is.
            foreach (var node in fresh.Values.Reverse()) Put(node);
            Connect(references);
        }
    }

    /// <summary>Adds a reference, and its inverse where the target is here too.</summary>
    public void AddReference(in NodeId source, in NodeId referenceType, bool isForward, in ExpandedNodeId target)
    {
        var references = new Dictionary<NodeId, List<NodeReferenceTarget>>();
        Collect(references, source, new NodeReferenceTarget(referenceType, isForward, target));
        if (target.IsLocal) Collect(references, target.NodeId, new NodeReferenceTarget(referenceType, !isForward, source));
        lock (_writing) Connect(references);
    }

    /// <summary>Takes nodes out, and every reference to them from nodes that they refer to.</summary>
    public void Remove(IReadOnlyCollection<NodeId> nodeIds)
    {
        var gone = nodeIds.ToHashSet();
        lock (_writing)
        {
            foreach (var id in gone)
            {
                if (!TryGet(id, out var node)) continue;
                foreach (var reference in node.References)
                    if (reference.Target.IsLocal && !gone.Contains(reference.Target.NodeId) && TryGet(reference.Target.NodeId, out var other))
                        other.RemoveReferences(r => r.Target.IsLocal && r.Target.NodeId == id);
                if (id is { NamespaceIndex: 0, IdType: IdType.Numeric, Numeric: < StandardIds }) Volatile.Write(ref _standard[id.Numeric], null);
                else _others.TryRemove(id, out _);
                _types.Remove(id);
            }
        }
    }

    /// <summary>Sets the value of a Variable and tells who watches it.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void SetValue(in NodeId nodeId, in DataValue value) => Get(nodeId).Value = value;

    /// <summary>Lets a Variable's value be computed at each read.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void BindValue(in NodeId nodeId, Func<DataValue> reader) => Get(nodeId).Reader = reader;

    /// <summary>Lets writes of a Variable's value go elsewhere; without it they are stored here.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void BindWrite(in NodeId nodeId, Func<NodeGrant, DataValue, CancellationToken, ValueTask<StatusCode>> writer) => Get(nodeId).Writer = writer;

    /// <summary>Says what runs when a Method is called.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void BindMethod(in NodeId nodeId, Func<MethodCall, CancellationToken, ValueTask<MethodResult>> handler) => Get(nodeId).Handler = handler;

    /// <summary>Says where the history of a Variable's values is; its AccessLevel says what may be done with it.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void BindHistory(in NodeId nodeId, Func<NodeGrant, INodeHistory?> history) => Get(nodeId).History = history;

    /// <summary>Gives a node references that are computed when asked for, behind those held here: of a folder that another source fills.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void BindReferences(in NodeId nodeId, ReferenceSource references) => Get(nodeId).FurtherReferences = references;

    /// <summary>Asks another source for the nodes of these namespaces that are not held here.</summary>
    public void AddComputed(NodeSource source)
    {
        lock (_writing) Volatile.Write(ref _computed, [.. _computed, source]);
    }

    /// <summary>Takes a role out of the permissions of all nodes.</summary>
    internal void ForgetRole(int role) => _permissions.Forget(role);

    public bool Contains(in NodeId nodeId) => TryGet(nodeId, out _);

    public override bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        if (TryGet(nodeId, out var found))
        {
            node = new NodeRef(this, found);
            return true;
        }

        foreach (var computed in Volatile.Read(ref _computed))
            if (computed.TryResolve(nodeId, out node)) return true;
        node = default;
        return false;
    }

    public override NodeId NodeIdOf(in NodeRef node) => Of(node).Record.NodeId;
    public override NodeClass NodeClassOf(in NodeRef node) => Of(node).Record.NodeClass;
    public override QualifiedName BrowseNameOf(in NodeRef node) => Of(node).Record.BrowseName;
    public override LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales) => StaticAttributes.DisplayName(Of(node).Record, locales);
    public override NodeId TypeDefinitionOf(in NodeRef node) => Of(node).TypeDefinition;
    public override NodeSecurity SecurityOf(in NodeRef node) => Of(node).Security;
    public override AccessLevelExType AccessLevelOf(in NodeRef node) => Of(node).Record is { NodeClass: NodeClass.Variable } variable ? (AccessLevelExType)variable.AccessLevelEx : default;
    public override DataValue ReadValue(in NodeGrant grant) => Of(grant.Node).Value;

    public override StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value) =>
        StaticAttributes.Read(Of(node).Record, attributeId, locales, out value);

    public override ValueTask<StatusCode> WriteValueAsync(NodeGrant grant, DataValue value, CancellationToken cancellation)
    {
        var node = Of(grant.Node);
        if (node.Writer is { } writer) return writer(grant, value, cancellation);
        node.Value = value;
        return ValueTask.FromResult<StatusCode>(StatusCodes.Good);
    }

    public override INodeHistory? HistoryOf(in NodeGrant grant) => Of(grant.Node).History?.Invoke(grant);

    public override ValueTask<StatusCode> WriteAttributeAsync(NodeGrant grant, uint attributeId, Variant value, CancellationToken cancellation)
    {
        var node = Of(grant.Node);
        lock (_writing)
        {
            var status = StaticAttributes.Write(node.Record, attributeId, value, out var changed);
            if (status.IsGood) node.Record = changed;
            return ValueTask.FromResult(status);
        }
    }

    public override bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference)
    {
        // The array is kept in the cursor: references added meanwhile neither shift nor repeat what is still to come.
        var references = (NodeReferenceTarget[])(cursor.State ??= Of(node).References);
        while (cursor.Position < references.Length)
        {
            reference = references[cursor.Position++];
            if (filter.Passes(reference.ReferenceTypeId, reference.IsForward)) return true;
        }

        reference = default;
        if (Of(node).FurtherReferences is not { } further) return false;
        var position = cursor.Position - references.Length;
        var isFound = further(filter, ref position, out reference);
        cursor.Position = position + references.Length;
        return isFound;
    }

    public override IDisposable? Observe(in NodeGrant grant, IValueObserver observer)
    {
        var node = Of(grant.Node);
        return node.Reader is null ? node.Observe(observer) : null;
    }

    public override ValueTask<MethodResult> CallAsync(NodeGrant grant, MethodCall call, CancellationToken cancellation) =>
        Of(grant.Node).Handler is { } handler ? handler(call, cancellation) : base.CallAsync(grant, call, cancellation);

    private static StaticNode Of(in NodeRef node) => (StaticNode)node.State!;

    private StaticNode Get(in NodeId nodeId) => TryGet(nodeId, out var node) ? node : throw new KeyNotFoundException($"There is no node {nodeId}.");

    private bool TryGet(in NodeId nodeId, [NotNullWhen(true)] out StaticNode? node)
    {
        if (nodeId is { NamespaceIndex: 0, IdType: IdType.Numeric, Numeric: < StandardIds }) node = Volatile.Read(ref _standard[nodeId.Numeric]);
        else _others.TryGetValue(nodeId, out node);
        return node is not null;
    }

    private void Put(StaticNode node)
    {
        var id = node.Record.NodeId;
        if (id is { NamespaceIndex: 0, IdType: IdType.Numeric, Numeric: < StandardIds }) Volatile.Write(ref _standard[id.Numeric], node);
        else _others[id] = node;
    }

    private static void CollectReferences(NodeRecord record, Dictionary<NodeId, List<NodeReferenceTarget>> references)
    {
        foreach (var reference in record.References)
        {
            Collect(references, record.NodeId, new NodeReferenceTarget(reference.ReferenceTypeId, reference.IsForward, reference.Target));
            if (reference.Target.IsLocal && !IsOneWay(reference.ReferenceTypeId))
                Collect(references, reference.Target.NodeId, new NodeReferenceTarget(reference.ReferenceTypeId, !reference.IsForward, record.NodeId));
        }
    }

    // From a type to all its instances, and from a rule to all that it governs, nobody walks; the lists would be long. Part 3 7.12, 7.13: asymmetric, inverse optional.
    private static bool IsOneWay(in NodeId referenceType) =>
        referenceType.IsStandard(ReferenceTypeIds.HasTypeDefinition) || referenceType.IsStandard(ReferenceTypeIds.HasModellingRule);

    private static void Collect(Dictionary<NodeId, List<NodeReferenceTarget>> references, in NodeId source, in NodeReferenceTarget reference)
    {
        if (!references.TryGetValue(source, out var list)) references[source] = list = [];
        list.Add(reference);
    }

    private void Connect(Dictionary<NodeId, List<NodeReferenceTarget>> references)
    {
        foreach (var (id, added) in references)
            if (TryGet(id, out var node)) Connect(node, added);
    }

    private void Connect(StaticNode node, List<NodeReferenceTarget> added)
    {
        // Files often state a reference on both of its ends.
        var known = new HashSet<NodeReferenceTarget>(node.References);
        var fresh = added.Where(known.Add).ToArray();
        node.AddReferences(fresh);
        foreach (var reference in fresh)
        {
            if (reference.IsForward && reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasTypeDefinition)) node.TypeDefinition = reference.Target.NodeId;
            if (!reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasSubtype)) continue;
            if (reference.IsForward) _types.Add(reference.Target.NodeId, node.Record.NodeId);
            else _types.Add(node.Record.NodeId, reference.Target.NodeId);
        }
    }
}
