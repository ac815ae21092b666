namespace OpcPortal.Ua.Server;

/// <summary>
/// Which fields event types declare. An index by name answers most questions, so that filters full of unknown names cost no walk over all types; it is made
/// anew when types were added. Part 4 7.22.3, Part 3 6.2 (InstanceDeclaration).
/// </summary>
internal sealed class EventTypeFields(AddressSpace addressSpace, TypeTree types)
{
    /// <summary>Names of one path. No event type nests deeper than some six.</summary>
    public const int MaxPathLength = 20;

    // Declarations that one look-up may pass on its way down: the largest type of the standard has some 40 below one node.
    private const int MaxSteps = 2_000;

    private static readonly NodeId BaseEventType = ObjectTypeIds.BaseEventType;

    private Index? _index;

    /// <summary>
    /// Finds the node that declares a field of a type, of one of its supertypes, or of a subtype: an event of the type may be of that, and else has a null there.
    /// </summary>
    public bool TryFind(in NodeId type, QualifiedName[] path, out NodeRef declaration)
    {
        declaration = default;
        var index = Current();
        if (!index.ByName.TryGetValue(path[0], out var candidates)) return false;
        var steps = MaxSteps;
        foreach (var candidate in candidates)
        {
            if (!types.IsSubtypeOf(type, candidate.DeclaringType) && !types.IsSubtypeOf(candidate.DeclaringType, type)) continue;
            if (TryRest(index.Children, candidate.Node, path, 1, ref steps, out declaration)) return true;
        }

        return false;
    }

    // The set of subtypes is another object as soon as a type was added: it tells the age of the index.
    private Index Current()
    {
        var eventTypes = types.SubtypesOf(BaseEventType);
        var index = Volatile.Read(ref _index);
        if (index is not null && ReferenceEquals(index.EventTypes, eventTypes)) return index;
        index = Build(eventTypes);
        Volatile.Write(ref _index, index);
        return index;
    }

    private Index Build(IReadOnlySet<NodeId> eventTypes)
    {
        // Downwards to instances: not to subtypes.
        var children = new HashSet<NodeId>(types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences));
        children.ExceptWith(types.SubtypesOf(ReferenceTypeIds.HasSubtype));
        var filter = new ReferenceFilter(BrowseDirection.Forward, children);
        var byName = new Dictionary<QualifiedName, List<Candidate>>();
        foreach (var type in eventTypes)
        {
            if (!addressSpace.TryResolve(type, out var node)) continue;
            var cursor = default(ReferenceCursor);
            while (TryNextChild(filter, node, ref cursor, out var child))
            {
                var name = child.Source.BrowseNameOf(child);
                if (!byName.TryGetValue(name, out var candidates)) byName[name] = candidates = [];
                candidates.Add(new Candidate(type, child));
            }
        }

        return new Index(eventTypes, filter, byName);
    }

    // What stands below a declaration is said there, or by the type of the declaring node.
    private bool TryRest(in ReferenceFilter children, in NodeRef found, QualifiedName[] path, int next, ref int steps, out NodeRef declaration)
    {
        declaration = found;
        if (next == path.Length) return true;
        if (TryBelow(children, found, path, next, ref steps, out declaration)) return true;
        for (var type = found.Source.TypeDefinitionOf(found); !type.IsNull; type = types.BaseOf(type))
            if (addressSpace.TryResolve(type, out var node) && TryBelow(children, node, path, next, ref steps, out declaration)) return true;
        return false;
    }

    private bool TryBelow(in ReferenceFilter children, in NodeRef node, QualifiedName[] path, int next, ref int steps, out NodeRef declaration)
    {
        var cursor = default(ReferenceCursor);
        while (--steps > 0 && TryNextChild(children, node, ref cursor, out var child))
            if (child.Source.BrowseNameOf(child) == path[next] && TryRest(children, child, path, next + 1, ref steps, out declaration)) return true;
        declaration = default;
        return false;
    }

    private bool TryNextChild(in ReferenceFilter children, in NodeRef node, ref ReferenceCursor cursor, out NodeRef child)
    {
        while (node.Source.TryNextReference(node, children, ref cursor, out var reference))
            if (reference.Target.IsLocal && addressSpace.TryResolve(reference.Target.NodeId, out child) && child.NodeClass is NodeClass.Object or NodeClass.Variable) return true;
        child = default;
        return false;
    }

    private readonly record struct Candidate(NodeId DeclaringType, NodeRef Node);

    private sealed record Index(IReadOnlySet<NodeId> EventTypes, ReferenceFilter Children, Dictionary<QualifiedName, List<Candidate>> ByName);
}
