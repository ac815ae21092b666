using System.Collections.Concurrent;

namespace OpcPortal.Ua.NodeSets;

/// <summary>
/// The fully inherited instance declarations of each type of some NodeSets: what stands below the type, its supertypes and its interfaces with a
/// modelling rule, overridden by BrowsePath. Part 3 6.3.3. Grows while it is read. Thread-safe.
/// </summary>
public sealed class InstanceDeclarations
{
    // Nodes reached on several ways count once for each: a file could make them double at every step.
    private const int MaxDeclarationsPerType = 20_000;

    private const int MaxDepth = 100;

    private readonly ConcurrentDictionary<NodeId, InstanceDeclaration[]> _byType = new();
    private readonly Lock _adding = new();
    private Tables _tables;

    /// <param name="nodeSets">All NodeSets that the types need, remapped to one table: their NamespaceUris are not looked at.</param>
    public InstanceDeclarations(params ReadOnlySpan<NodeSet> nodeSets)
    {
        _tables = new Tables([], [], []);
        foreach (var nodeSet in nodeSets)
            foreach (var node in nodeSet.Nodes)
                _tables.Nodes[node.NodeId] = node;
        foreach (var node in _tables.Nodes.Values)
            foreach (var reference in node.References)
                _tables.AddReference(node.NodeId, reference);
    }

    /// <summary>Adds the types of a NodeSet to those there are, which stay what they are: it must not declare anything below them.</summary>
    /// <param name="nodeSet">Remapped to the same table.</param>
    public void Add(NodeSet nodeSet)
    {
        ArgumentNullException.ThrowIfNull(nodeSet);
        lock (_adding)
        {
            var grown = _tables.Copy();
            foreach (var node in nodeSet.Nodes) grown.Nodes[node.NodeId] = node;
            foreach (var node in nodeSet.Nodes)
                foreach (var reference in node.References)
                    grown.AddReference(node.NodeId, reference);
            // Whole before it is seen.
            Volatile.Write(ref _tables, grown);
        }
    }

    private Tables Known => Volatile.Read(ref _tables);

    public bool TryGetNode(NodeId nodeId, out NodeRecord node) => Known.Nodes.TryGetValue(nodeId, out node!);

    /// <summary>The forward references of a node within the NodeSets, whichever end states them.</summary>
    internal IReadOnlyList<NodeReference> ReferencesOf(NodeId nodeId) => Known.References.GetValueOrDefault(nodeId) ?? [];

    /// <summary>The direct supertype; a null NodeId where there is none.</summary>
    public NodeId BaseTypeOf(NodeId typeId) => Known.BaseTypes.GetValueOrDefault(typeId);

    /// <summary>Whether a type is another or below it.</summary>
    public bool IsSubtypeOf(NodeId typeId, NodeId baseTypeId)
    {
        var id = typeId;
        for (var depth = 0; depth <= MaxDepth && !id.IsNull; depth++, id = BaseTypeOf(id))
            if (id == baseTypeId) return true;
        return false;
    }

    /// <summary>What an instance of the type has or may have directly below it, and so on down.</summary>
    /// <exception cref="ArgumentException">There is no ObjectType or VariableType of that id.</exception>
    /// <exception cref="NodeSetException">The types loop or multiply beyond a bound.</exception>
    public IReadOnlyList<InstanceDeclaration> Of(NodeId typeId) => FullyInherited(typeId, depth: 0);

    internal InstanceDeclaration[] FullyInherited(NodeId typeId, int depth)
    {
        if (_byType.TryGetValue(typeId, out var known)) return known;
        if (!TryGetNode(typeId, out var type) || type.NodeClass is not (NodeClass.ObjectType or NodeClass.VariableType))
            throw new ArgumentException($"There is no ObjectType or VariableType {typeId}.", nameof(typeId));
        if (depth > MaxDepth) throw Refused(type, $"has more than {MaxDepth} supertypes and interfaces: a loop?");

        InstanceDeclaration[] declarations = [];
        // Part 3 4.10: what an interface says holds for every type that has it, which may say more.
        foreach (var reference in ReferencesOf(typeId))
            if (reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasInterface))
                declarations = declarations.OverriddenBy(FullyInherited(reference.Target.NodeId, depth + 1));
        var baseType = BaseTypeOf(typeId);
        if (!baseType.IsNull) declarations = declarations.OverriddenBy(FullyInherited(baseType, depth + 1));
        declarations = declarations.OverriddenBy(new Walk(this, type).Children(typeId));
        return _byType.GetOrAdd(typeId, declarations);
    }

    internal bool IsHierarchical(NodeId referenceTypeId) =>
        !referenceTypeId.IsStandard(ReferenceTypeIds.HasSubtype) && IsSubtypeOf(referenceTypeId, new NodeId(ReferenceTypeIds.HierarchicalReferences));

    private static NodeSetException Refused(NodeRecord type, string reason) => new("NodeSet", 0, 0, $"The type {type.NodeId} ({type.BrowseName}) {reason}");

    /// <summary>Whether a node is part of what a type declares for its instances. Part 3 6.3.3.</summary>
    public bool IsDeclaration(NodeId nodeId) => RuleOf(nodeId) is not null;

    private ModellingRule? RuleOf(NodeId nodeId)
    {
        foreach (var reference in ReferencesOf(nodeId))
        {
            if (!reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasModellingRule) || reference.Target.NodeId is not { NamespaceIndex: 0, IdType: IdType.Numeric } id) continue;
            switch (id.Numeric)
            {
                case ObjectIds.ModellingRule_Mandatory: return ModellingRule.Mandatory;
                case ObjectIds.ModellingRule_Optional: return ModellingRule.Optional;
                case ObjectIds.ModellingRule_OptionalPlaceholder: return ModellingRule.OptionalPlaceholder;
                case ObjectIds.ModellingRule_MandatoryPlaceholder: return ModellingRule.MandatoryPlaceholder;
                case ObjectIds.ModellingRule_ExposesItsArray: return ModellingRule.ExposesItsArray;
            }
        }

        return null;
    }

    internal NodeId TypeDefinitionOf(NodeId nodeId)
    {
        foreach (var reference in ReferencesOf(nodeId))
            if (reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasTypeDefinition)) return reference.Target.NodeId;
        return default;
    }

    /// <summary>What is known: replaced as a whole, for it is read without a lock.</summary>
    private sealed record Tables(Dictionary<NodeId, NodeRecord> Nodes, Dictionary<NodeId, NodeReference[]> References, Dictionary<NodeId, NodeId> BaseTypes)
    {
        public Tables Copy() => new(new(Nodes), new(References), new(BaseTypes));

        // A file may state a reference at either end, or at both.
        public void AddReference(NodeId from, in NodeReference reference)
        {
            if (!reference.Target.IsLocal) return;
            var (source, target) = reference.IsForward ? (from, reference.Target.NodeId) : (reference.Target.NodeId, from);
            if (reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasSubtype)) BaseTypes[target] = source;
            var list = References.GetValueOrDefault(source) ?? [];
            var forward = new NodeReference(reference.ReferenceTypeId, true, target);
            if (Array.IndexOf(list, forward) < 0) References[source] = [.. list, forward];
        }
    }

    /// <summary>Follows the references of one type, without what it inherits.</summary>
    private sealed class Walk(InstanceDeclarations all, NodeRecord type)
    {
        // The nodes on the way from the type to where the walk is.
        private readonly HashSet<NodeId> _way = [];
        private int _count;

        public InstanceDeclaration[] Children(NodeId parent)
        {
            if (_way.Count > MaxDepth) throw Refused(type, $"has declarations below each other deeper than {MaxDepth}.");
            // A node that contains itself is named where it comes again, and not gone into.
            if (!_way.Add(parent)) return [];
            var children = new List<InstanceDeclaration>();
            foreach (var reference in all.ReferencesOf(parent))
                if (all.IsHierarchical(reference.ReferenceTypeId)) Add(children, reference);
            _way.Remove(parent);
            return [.. children];
        }

        private void Add(List<InstanceDeclaration> children, in NodeReference reference)
        {
            var id = reference.Target.NodeId;
            if (!all.TryGetNode(id, out var node) || node.NodeClass is not (NodeClass.Object or NodeClass.Variable or NodeClass.Method)) return;
            // Part 3 6.2.4: without a modelling rule a node belongs to the type alone.
            if (all.RuleOf(id) is not { } rule) return;
            var known = children.FindIndex(c => c.BrowseName == node.BrowseName);
            if (known >= 0)
            {
                // Part 3 6.2.7: a name stands once below a node; two ways to one node are two references.
                if (children[known].Node.NodeId == id) children[known] = children[known] with { ReferenceTypeIds = [.. children[known].ReferenceTypeIds, reference.ReferenceTypeId] };
                return;
            }

            if (++_count > MaxDeclarationsPerType) throw Refused(type, $"has more than {MaxDeclarationsPerType} instance declarations.");
            children.Add(new InstanceDeclaration
            {
                Node = node,
                Rule = rule,
                ReferenceTypeIds = [reference.ReferenceTypeId],
                DeclaringTypeId = type.NodeId,
                TypeDefinitionId = all.TypeDefinitionOf(id),
                Children = Children(id),
            });
        }
    }
}
