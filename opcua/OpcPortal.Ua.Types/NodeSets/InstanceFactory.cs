namespace OpcPortal.Ua.NodeSets;

/// <summary>A place below the root of a new instance: its names from the root on, and what the type declares for it.</summary>
public readonly record struct InstancePlace(IReadOnlyList<QualifiedName> Path, InstanceDeclaration Declaration);

/// <summary>An instance that is wanted.</summary>
public sealed record InstanceRequest
{
    /// <summary>An ObjectType or VariableType that is not abstract.</summary>
    public required NodeId TypeId { get; init; }

    /// <summary>The id of the instance's root.</summary>
    public required NodeId NodeId { get; init; }

    public required QualifiedName BrowseName { get; init; }

    /// <summary>Empty: the text of the BrowseName.</summary>
    public LocalizedText[] DisplayNames { get; init; } = [];

    /// <summary>The node that the instance hangs below; null: the root gets no reference upwards.</summary>
    public NodeId? ParentId { get; init; }

    /// <summary>The reference from the parent.</summary>
    public NodeId ReferenceTypeId { get; init; } = new(ReferenceTypeIds.HasComponent);

    /// <summary>The ids of the nodes below the root; it must give each place another.</summary>
    public required Func<InstancePlace, NodeId> NodeIds { get; init; }

    /// <summary>Which optional nodes the instance has. Absent: none. A node whose parent is left out is not asked for.</summary>
    public Func<InstancePlace, bool>? Includes { get; init; }
}

/// <summary>The nodes of a new instance, the root first, with the path of each.</summary>
public sealed record Instance(NodeRecord[] Nodes, IReadOnlyList<IReadOnlyList<QualifiedName>> Paths)
{
    public NodeRecord Root => Nodes[0];

    /// <summary>The node at a path below the root; null where the instance has none.</summary>
    public NodeRecord? Find(params ReadOnlySpan<QualifiedName> path)
    {
        for (var i = 0; i < Nodes.Length; i++)
            if (Paths[i].Count == path.Length && Matches(Paths[i], path)) return Nodes[i];
        return null;
    }

    private static bool Matches(IReadOnlyList<QualifiedName> left, ReadOnlySpan<QualifiedName> right)
    {
        for (var i = 0; i < right.Length; i++)
            if (left[i] != right[i]) return false;
        return true;
    }
}

/// <summary>
/// Makes the nodes of a new instance of a type: all that is mandatory, of the optional what is asked for, and below each node what its own
/// type demands. Placeholders are left to the caller, who knows their names. Part 3 6.4.
/// </summary>
public sealed class InstanceFactory(InstanceDeclarations types)
{
    /// <summary>Nodes of one instance. Default 10,000: a type that demands itself would never end.</summary>
    public int MaxNodes { get; init; } = 10_000;

    /// <exception cref="ArgumentException">The type is unknown or abstract, or two places got the same NodeId.</exception>
    /// <exception cref="NodeSetException">The instance would exceed <see cref="MaxNodes"/>, or the types exceed a bound.</exception>
    public Instance Create(InstanceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var declarations = types.FullyInherited(request.TypeId, depth: 0);
        types.TryGetNode(request.TypeId, out var type);
        if (type.IsAbstract) throw new ArgumentException($"The type {type.NodeId} ({type.BrowseName}) is abstract.", nameof(request));
        return new Build(types, request, MaxNodes).Create(type, declarations);
    }

    private sealed class Build(InstanceDeclarations types, InstanceRequest request, int maxNodes)
    {
        private readonly List<NodeRecord> _nodes = [];
        private readonly List<IReadOnlyList<QualifiedName>> _paths = [];
        private readonly List<NodeId> _sources = [];
        private readonly HashSet<NodeId> _ids = [];
        private readonly Dictionary<NodeId, List<NodeReference>> _references = [];

        // The instance of each declaring node: one that a type reaches on two ways is one node of the instance too. Part 3 6.4.2.
        private readonly Dictionary<NodeId, NodeId> _instances = [];

        public Instance Create(NodeRecord type, InstanceDeclaration[] declarations)
        {
            AddNode(RootOf(type), [], type.NodeId);
            AddReference(request.NodeId, new NodeReference(new NodeId(ReferenceTypeIds.HasTypeDefinition), true, type.NodeId));
            if (request.ParentId is { } parent) AddReference(request.NodeId, new NodeReference(request.ReferenceTypeId, false, parent));
            AddChildren(request.NodeId, [], declarations);
            AddOtherReferences(first: 1, _ => true);
            var nodes = _nodes.Select(n => n with { References = [.. _references[n.NodeId]] }).ToArray();
            return new Instance(nodes, _paths);
        }

        private NodeRecord RootOf(NodeRecord type)
        {
            var root = new NodeRecord
            {
                NodeId = request.NodeId,
                NodeClass = type.NodeClass == NodeClass.ObjectType ? NodeClass.Object : NodeClass.Variable,
                BrowseName = request.BrowseName,
                DisplayNames = request.DisplayNames,
                ParentNodeId = request.ParentId,
            };
            // Part 3 6.4.3: an instance begins with the type's values.
            return type.NodeClass == NodeClass.ObjectType
                ? root
                : root with { DataType = type.DataType, ValueRank = type.ValueRank, ArrayDimensions = type.ArrayDimensions, Value = type.Value };
        }

        private void AddNode(NodeRecord node, IReadOnlyList<QualifiedName> path, NodeId source)
        {
            if (_nodes.Count >= maxNodes)
                throw new NodeSetException("NodeSet", 0, 0, $"An instance of {request.TypeId} would have more than {maxNodes} nodes: does a type demand itself?");
            if (node.NodeId.IsNull || !_ids.Add(node.NodeId)) throw new ArgumentException($"The id {node.NodeId} of {string.Join('/', path)} is null or taken.", nameof(request));
            _nodes.Add(node);
            _paths.Add(path);
            _sources.Add(source);
            _references[node.NodeId] = [];
        }

        private void AddReference(NodeId from, in NodeReference reference) => _references[from].Add(reference);

        private void AddChildren(NodeId parent, QualifiedName[] parentPath, InstanceDeclaration[] declarations)
        {
            foreach (var declaration in declarations)
            {
                if (declaration.IsPlaceholder) continue;
                QualifiedName[] path = [.. parentPath, declaration.BrowseName];
                var place = new InstancePlace(path, declaration);
                if (declaration.Rule == ModellingRule.Optional && !(request.Includes?.Invoke(place) ?? false)) continue;
                AddChild(parent, place, path);
            }
        }

        private void AddChild(NodeId parent, in InstancePlace place, QualifiedName[] path)
        {
            var declaration = place.Declaration;
            if (_instances.TryGetValue(declaration.Node.NodeId, out var shared))
            {
                foreach (var referenceType in declaration.ReferenceTypeIds) AddReference(shared, new NodeReference(referenceType, false, parent));
                return;
            }

            var id = request.NodeIds(place);
            AddNode(InstanceOf(declaration, id, parent), path, declaration.Node.NodeId);
            _instances[declaration.Node.NodeId] = id;
            foreach (var referenceType in declaration.ReferenceTypeIds) AddReference(id, new NodeReference(referenceType, false, parent));
            if (!declaration.TypeDefinitionId.IsNull) AddReference(id, new NodeReference(new NodeId(ReferenceTypeIds.HasTypeDefinition), true, declaration.TypeDefinitionId));

            // The node is an instance of its own type as well.
            var isTyped = !declaration.TypeDefinitionId.IsNull && types.TryGetNode(declaration.TypeDefinitionId, out _);
            var ofType = isTyped ? types.FullyInherited(declaration.TypeDefinitionId, depth: 0) : [];
            if (ofType.Length == 0) AddChildren(id, path, declaration.Children);
            else AddTyped(id, path, ofType, declaration.Children);
        }

        // Two nodes of one type have children of their own, not shared ones: what the type gave elsewhere in the instance is set aside meanwhile.
        private void AddTyped(NodeId id, QualifiedName[] path, InstanceDeclaration[] ofType, InstanceDeclaration[] own)
        {
            var first = _nodes.Count;
            var typeNodes = NodesOf(ofType);
            var elsewhere = new Dictionary<NodeId, NodeId>();
            foreach (var node in typeNodes)
                if (_instances.Remove(node, out var instance)) elsewhere[node] = instance;
            AddChildren(id, path, ofType.OverriddenBy(own));
            AddOtherReferences(first, typeNodes.Contains);
            foreach (var (node, instance) in elsewhere) _instances[node] = instance;
        }

        private static HashSet<NodeId> NodesOf(InstanceDeclaration[] declarations)
        {
            var nodes = new HashSet<NodeId>();
            var waiting = new Stack<InstanceDeclaration>(declarations);
            while (waiting.TryPop(out var declaration))
            {
                nodes.Add(declaration.Node.NodeId);
                foreach (var child in declaration.Children) waiting.Push(child);
            }

            return nodes;
        }

        private static NodeRecord InstanceOf(InstanceDeclaration declaration, NodeId id, NodeId parent) => declaration.Node with
        {
            NodeId = id,
            ParentNodeId = parent,
            SymbolicName = null,
            MethodDeclarationId = declaration.Node.NodeClass == NodeClass.Method ? declaration.Node.NodeId : null,
        };

        // Part 3 6.4.2: other references are kept, between nodes of the instance as between those of the type; a modelling rule is for types.
        private void AddOtherReferences(int first, Func<NodeId, bool> isOfScope)
        {
            for (var i = first; i < _nodes.Count; i++)
            {
                if (_sources[i].IsNull || !isOfScope(_sources[i])) continue;
                foreach (var reference in types.ReferencesOf(_sources[i]))
                {
                    if (types.IsHierarchical(reference.ReferenceTypeId) || reference.ReferenceTypeId is
                        { NamespaceIndex: 0, Numeric: ReferenceTypeIds.HasTypeDefinition or ReferenceTypeIds.HasModellingRule or ReferenceTypeIds.HasSubtype }) continue;
                    var target = _instances.TryGetValue(reference.Target.NodeId, out var instance) ? instance : reference.Target;
                    AddReference(_nodes[i].NodeId, reference with { Target = target });
                }

                _sources[i] = default;
            }
        }
    }
}
