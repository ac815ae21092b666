using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>The types of the address space by their base. Grows as NodeSets are loaded; thread-safe.</summary>
public sealed class TypeTree : ITypeTree
{
    // A chain in the standard has some ten types; a loop in a bad NodeSet must end.
    private const int MaxDepth = 100;

    private readonly ConcurrentDictionary<NodeId, NodeId> _bases = new();
    private ConcurrentDictionary<NodeId, IReadOnlySet<NodeId>> _subtypes = new();

    public void Add(in NodeId type, in NodeId baseType)
    {
        _bases[type] = baseType;
        Volatile.Write(ref _subtypes, new());
    }

    /// <summary>Forgets a type; those below it keep their ids and lead nowhere.</summary>
    public void Remove(in NodeId type)
    {
        if (_bases.TryRemove(type, out _)) Volatile.Write(ref _subtypes, new());
    }

    /// <summary>The base of a type; null for a root and for what is no type.</summary>
    public NodeId BaseOf(in NodeId type) => _bases.GetValueOrDefault(type);

    public bool IsSubtypeOf(NodeId type, NodeId baseType)
    {
        for (var depth = 0; depth < MaxDepth && !type.IsNull; depth++)
        {
            if (type == baseType) return true;
            if (!_bases.TryGetValue(type, out type)) return false;
        }

        return false;
    }

    /// <summary>The type and all its subtypes.</summary>
    public IReadOnlySet<NodeId> SubtypesOf(in NodeId type) => Volatile.Read(ref _subtypes).GetOrAdd(type, Collect);

    /// <summary>The built-in type that values of a DataType have on the wire; Variant for the abstract families. Part 6 5.1.5.</summary>
    public BuiltInType BuiltInTypeOf(NodeId dataType)
    {
        for (var depth = 0; depth < MaxDepth && !dataType.IsNull; depth++)
        {
            if (dataType is { NamespaceIndex: 0, IdType: IdType.Numeric })
            {
                if (dataType.Numeric == DataTypeIds.Enumeration) return BuiltInType.Int32;
                if (dataType.Numeric is DataTypeIds.BaseDataType or DataTypeIds.Number or DataTypeIds.Integer or DataTypeIds.UInteger) return BuiltInType.Variant;
                if (dataType.Numeric <= (uint)BuiltInType.DiagnosticInfo) return (BuiltInType)dataType.Numeric;
            }

            if (!_bases.TryGetValue(dataType, out dataType)) break;
        }

        return BuiltInType.Null;
    }

    private IReadOnlySet<NodeId> Collect(NodeId type)
    {
        var subtypes = new HashSet<NodeId> { type };
        foreach (var candidate in _bases.Keys)
            if (IsSubtypeOf(candidate, type)) subtypes.Add(candidate);
        return subtypes;
    }
}
