namespace OpcPortal.Ua.NodeSets;

/// <summary>Turns the namespace indexes of one table into those of another.</summary>
public sealed class NamespaceMap
{
    private readonly ushort[] _indexes;

    private NamespaceMap(ushort[] indexes)
    {
        _indexes = indexes;
        IsIdentity = true;
        for (var i = 0; i < indexes.Length; i++) IsIdentity &= indexes[i] == i;
    }

    /// <summary>From the indexes of a NodeSet to those of a table, which gets the URIs that it lacks.</summary>
    public static NamespaceMap ToTable(IReadOnlyList<string> namespaceUris, NamespaceTable table)
    {
        var indexes = new ushort[namespaceUris.Count + 1];
        for (var i = 0; i < namespaceUris.Count; i++) indexes[i + 1] = table.GetOrAdd(namespaceUris[i]);
        return new NamespaceMap(indexes);
    }

    /// <summary>Whether every index stays what it is.</summary>
    public bool IsIdentity { get; }

    /// <exception cref="CodecException">The index is not in the first table: BadDecodingError.</exception>
    public ushort Map(ushort index)
    {
        if (index >= _indexes.Length) throw new CodecException(StatusCodes.BadDecodingError, $"Namespace index {index} is beyond the {_indexes.Length} namespaces of the node set.");
        return _indexes[index];
    }

    /// <inheritdoc cref="Map(ushort)"/>
    public NodeId Map(in NodeId id) => id.NamespaceIndex == 0 ? id : id.WithNamespace(Map(id.NamespaceIndex));

    /// <summary>An id that names its namespace by URI, or a node of another server, stays as it is.</summary>
    /// <inheritdoc cref="Map(ushort)"/>
    public ExpandedNodeId Map(in ExpandedNodeId id) => id.IsLocal ? id with { NodeId = Map(id.NodeId) } : id;

    /// <inheritdoc cref="Map(ushort)"/>
    public QualifiedName Map(in QualifiedName name) => name.NamespaceIndex == 0 ? name : name with { NamespaceIndex = Map(name.NamespaceIndex) };
}
