using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>Which fields event types declare: looked up in the types of the address space, remembered once found. Part 4 7.22.3, Part 3 6.2 (InstanceDeclaration).</summary>
internal sealed class EventTypeFields(AddressSpace addressSpace, TypeTree types)
{
    /// <summary>Names of one path. No event type nests deeper than some six.</summary>
    public const int MaxPathLength = 20;

    // Declared paths remembered: more than all event types of the standard have. Beyond it each look-up walks the types.
    private const int MaxRemembered = 10_000;

    // Types whose declarations one look-up may pass through.
    private const int MaxSteps = 100_000;

    private static readonly NodeId BaseEventType = ObjectTypeIds.BaseEventType;

    private readonly ConcurrentDictionary<(NodeId Type, string Path), NodeRef> _found = new();

    /// <summary>Finds the node that declares a field of a type or of one of its supertypes; of any event type, where the type is BaseEventType.</summary>
    public bool TryFind(in NodeId type, QualifiedName[] path, string browsePath, out NodeRef declaration)
    {
        if (_found.TryGetValue((type, browsePath), out declaration)) return true;
        var steps = MaxSteps;
        var isFound = TryInherited(type, path, 0, ref steps, out declaration) || (type == BaseEventType && TryAnywhere(path, ref steps, out declaration));
        if (isFound && _found.Count < MaxRemembered) _found.TryAdd((type, browsePath), declaration);
        return isFound;
    }

    private bool TryAnywhere(QualifiedName[] path, ref int steps, out NodeRef declaration)
    {
        foreach (var type in types.SubtypesOf(BaseEventType))
            if (addressSpace.TryResolve(type, out var node) && TryBelow(node, path, 0, ref steps, out declaration)) return true;
        declaration = default;
        return false;
    }

    private bool TryInherited(NodeId type, QualifiedName[] path, int index, ref int steps, out NodeRef declaration)
    {
        for (; !type.IsNull; type = types.BaseOf(type))
            if (addressSpace.TryResolve(type, out var node) && TryBelow(node, path, index, ref steps, out declaration)) return true;
        declaration = default;
        return false;
    }

    private bool TryBelow(in NodeRef node, QualifiedName[] path, int index, ref int steps, out NodeRef declaration)
    {
        var filter = new ReferenceFilter(BrowseDirection.Forward, types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences));
        var cursor = default(ReferenceCursor);
        while (node.Source.TryNextReference(node, filter, ref cursor, out var reference) && --steps > 0)
        {
            if (!reference.Target.IsLocal || types.IsSubtypeOf(reference.ReferenceTypeId, ReferenceTypeIds.HasSubtype)) continue;
            if (!addressSpace.TryResolve(reference.Target.NodeId, out var child) || child.NodeClass is not (NodeClass.Object or NodeClass.Variable)) continue;
            if (child.Source.BrowseNameOf(child) != path[index]) continue;
            declaration = child;
            if (index == path.Length - 1) return true;
            // What stands below a declaration is said there, or by the type of the declaring node.
            if (TryBelow(child, path, index + 1, ref steps, out declaration)) return true;
            if (TryInherited(child.Source.TypeDefinitionOf(child), path, index + 1, ref steps, out declaration)) return true;
        }

        declaration = default;
        return false;
    }
}
