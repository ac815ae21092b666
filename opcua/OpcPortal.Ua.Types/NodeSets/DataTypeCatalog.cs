using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.NodeSets;

/// <summary>One DataType as the catalog knows it; every NodeId counts by <see cref="DataTypeCatalog.Namespaces"/>.</summary>
public sealed record DataTypeEntry
{
    public required NodeId DataTypeId { get; init; }

    /// <summary>The direct supertype; null NodeId for BaseDataType and where the NodeSet does not say.</summary>
    public required NodeId BaseTypeId { get; init; }

    public required string Name { get; init; }
    public bool IsAbstract { get; init; }
    public NodeId BinaryEncodingId { get; init; }
    public NodeId XmlEncodingId { get; init; }
    public NodeId JsonEncodingId { get; init; }

    /// <summary>A StructureDefinition, an EnumDefinition or null.</summary>
    public IStructure? Definition { get; init; }
}

/// <summary>How a field of some DataType stands on the wire: as a built-in type, or in line as the structure <paramref name="Structure"/>.</summary>
public readonly record struct FieldEncoding(BuiltInType BuiltInType, DataTypeEntry? Structure = null, bool IsEnumeration = false);

/// <summary>
/// The DataTypes of several NodeSets with their definitions: what is needed to read values of types that no code was generated for.
/// It has a namespace table of its own, so it can be filled before a server has one. Thread-safe.
/// </summary>
public sealed class DataTypeCatalog
{
    private readonly DataTypeCatalog? _parent;
    private readonly int _maxTypeDepth;
    private readonly ConcurrentDictionary<NodeId, DataTypeEntry> _types = new();
    private readonly ConcurrentDictionary<NodeId, DataTypeEntry> _encodings = new();

    /// <param name="maxTypeDepth">Steps up the type tree; see <see cref="NodeSetLimits.MaxTypeDepth"/>.</param>
    public DataTypeCatalog(int maxTypeDepth = 100)
    {
        Namespaces = new NamespaceTable("urn:opcportal:catalog");
        _maxTypeDepth = maxTypeDepth;
    }

    private DataTypeCatalog(DataTypeCatalog parent)
    {
        _parent = parent;
        _maxTypeDepth = parent._maxTypeDepth;
        Namespaces = parent.Namespaces;
    }

    /// <summary>The table that all ids of the catalog count by. Index 1 is the catalog's own and holds no types.</summary>
    public NamespaceTable Namespaces { get; }

    /// <summary>A catalog that shows this one's types and takes new ones for itself alone.</summary>
    public DataTypeCatalog CreateOverlay() => new(this);

    /// <summary>Adds or replaces all DataTypes of a NodeSet.</summary>
    /// <exception cref="CodecException">An id has a namespace index that the NodeSet does not have.</exception>
    public void Add(NodeSet nodeSet)
    {
        ArgumentNullException.ThrowIfNull(nodeSet);
        Add(nodeSet.NamespaceUris, nodeSet.Nodes);
    }

    internal void Add(IReadOnlyList<string> namespaceUris, IReadOnlyList<NodeRecord> nodes)
    {
        var map = NamespaceMap.ToTable(namespaceUris, Namespaces);
        var topology = DataTypeTopology.Of(nodes);
        foreach (var node in nodes)
        {
            if (node.NodeClass != NodeClass.DataType) continue;
            var encodings = topology.EncodingsOf(node.NodeId);
            Add(new DataTypeEntry
            {
                DataTypeId = map.Map(node.NodeId),
                BaseTypeId = map.Map(topology.BaseTypeOf(node.NodeId)),
                Name = node.BrowseName.Name ?? "",
                IsAbstract = node.IsAbstract,
                BinaryEncodingId = map.Map(encodings.Binary),
                XmlEncodingId = map.Map(encodings.Xml),
                JsonEncodingId = map.Map(encodings.Json),
                Definition = DataTypeDefinitions.Map(node.DataTypeDefinition, map),
            });
        }
    }

    private void Add(DataTypeEntry entry)
    {
        _types[entry.DataTypeId] = entry;
        foreach (var encoding in (ReadOnlySpan<NodeId>)[entry.BinaryEncodingId, entry.XmlEncodingId, entry.JsonEncodingId])
            if (!encoding.IsNull) _encodings[encoding] = entry;
    }

    public bool TryGet(NodeId dataTypeId, [NotNullWhen(true)] out DataTypeEntry? entry) =>
        _types.TryGetValue(dataTypeId, out entry) || (_parent?.TryGet(dataTypeId, out entry) ?? false);

    /// <summary>Finds a type by one of its encodings or by itself: what an ExtensionObject's TypeId may be.</summary>
    public bool TryGetByEncoding(NodeId id, [NotNullWhen(true)] out DataTypeEntry? entry) =>
        _encodings.TryGetValue(id, out entry) || (_parent?.TryGetByEncoding(id, out entry) ?? false) || TryGet(id, out entry);

    /// <summary>
    /// The definition that a structure's body is laid out by: its own, or for a structure that is told as an enumeration
    /// (a subtype of OptionSet) that of the nearest supertype which has one.
    /// </summary>
    public bool TryGetLayout(DataTypeEntry type, [NotNullWhen(true)] out StructureDefinition? definition)
    {
        definition = null;
        for (var depth = 0; depth <= _maxTypeDepth; depth++)
        {
            definition = type.Definition as StructureDefinition;
            if (definition is not null) return true;
            if (!TryGet(type.BaseTypeId, out var baseType)) return false;
            type = baseType;
        }

        return false;
    }

    /// <summary>Whether a type is another or below it. False also where the way up is unknown.</summary>
    public bool IsSubtypeOf(NodeId dataTypeId, NodeId baseTypeId)
    {
        var id = dataTypeId;
        for (var depth = 0; depth <= _maxTypeDepth; depth++)
        {
            if (id == baseTypeId) return true;
            if (!TryGet(id, out var entry) || entry.BaseTypeId.IsNull) return false;
            id = entry.BaseTypeId;
        }

        return false;
    }

    /// <summary>How a field is encoded. Part 6 5.2.2, 5.2.6; Part 3 8.49 for subtypes.</summary>
    /// <param name="allowSubTypes">The field says that values of subtypes are allowed.</param>
    /// <returns>False where the type's way up to a built-in type is unknown.</returns>
    public bool TryGetEncoding(NodeId dataTypeId, bool allowSubTypes, out FieldEncoding encoding)
    {
        encoding = default;
        var id = dataTypeId;
        for (var depth = 0; depth <= _maxTypeDepth; depth++)
        {
            if (id is { NamespaceIndex: 0, IdType: IdType.Numeric } && TryGetRoot(dataTypeId, id.Numeric, allowSubTypes, out encoding)) return true;
            if (!TryGet(id, out var entry) || entry.BaseTypeId.IsNull) return false;
            id = entry.BaseTypeId;
        }

        return false;
    }

    private bool TryGetRoot(NodeId dataTypeId, uint root, bool allowSubTypes, out FieldEncoding encoding)
    {
        const uint Structure = 22, BaseDataType = 24, Number = 26, Integer = 27, UInteger = 28, Enumeration = 29, Decimal = 50;
        switch (root)
        {
            case Structure:
                DataTypeEntry? entry = null;
                // A value whose type only the sender knows carries it along.
                var isInLine = !allowSubTypes && !dataTypeId.IsStandard(Structure) && TryGet(dataTypeId, out entry) && !entry.IsAbstract;
                encoding = new FieldEncoding(BuiltInType.ExtensionObject, isInLine ? entry : null);
                return true;
            case Decimal:
                encoding = new FieldEncoding(BuiltInType.ExtensionObject);
                return true;
            case BaseDataType or Number or Integer or UInteger:
                encoding = new FieldEncoding(BuiltInType.Variant);
                return true;
            case Enumeration:
                encoding = new FieldEncoding(BuiltInType.Int32, IsEnumeration: true);
                return true;
            case >= (uint)BuiltInType.Boolean and <= (uint)BuiltInType.DiagnosticInfo:
                encoding = new FieldEncoding((BuiltInType)root);
                return true;
            default:
                encoding = default;
                return false;
        }
    }
}
