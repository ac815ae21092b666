using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

/// <summary>
/// Makes the DataTypeDefinition of every DataType of a file from its Definition element, its supertypes and its encodings. Part 6 F.12.
/// The file lists a structure's own fields; the attribute begins with the inherited ones (Part 3 8.48).
/// </summary>
internal sealed class DataTypeDefinitionBuilder
{
    private const uint Structure = 22, Enumeration = 29, OptionSet = 12755, Union = 12756;

    private readonly NodeSetXmlContext _context;
    private readonly DataTypeCatalog _catalog;
    private readonly NodeSetLimits _limits;
    private readonly DataTypeTopology _topology;
    private readonly NamespaceMap _toCatalog;
    private readonly Dictionary<NodeId, NodeElement> _local = [];
    private readonly Dictionary<NodeId, IStructure?> _built = [];

    public DataTypeDefinitionBuilder(
        IReadOnlyList<NodeElement> nodes, NodeRecord[] records, DataTypeCatalog catalog, NodeSetXmlContext context, NodeSetLimits limits)
    {
        _context = context;
        _catalog = catalog;
        _limits = limits;
        _topology = DataTypeTopology.Of(records);
        _toCatalog = NamespaceMap.ToTable(context.NamespaceUris, catalog.Namespaces);
        foreach (var node in nodes)
            if (node.Record.NodeClass == NodeClass.DataType) _local[node.Record.NodeId] = node;
    }

    public void BuildAll()
    {
        foreach (var node in _local.Values)
            if (Build(node, depth: 0) is { } definition) node.Record = node.Record with { DataTypeDefinition = definition };
    }

    private IStructure? Build(NodeElement node, int depth)
    {
        var id = node.Record.NodeId;
        if (_built.TryGetValue(id, out var built)) return built;
        if (depth > _limits.MaxTypeDepth) throw _context.Error(node.Element, $"The DataType {id} has more than {_limits.MaxTypeDepth} supertypes: a loop?");

        var definition = node.Definition is { } element && (IsEnumeration(id) || IsOptionSet(id, element))
            ? BuildEnumeration(element)
            : IsStructure(id) ? BuildStructure(node, depth) : (IStructure?)null;
        _built[id] = definition;
        return definition;
    }

    private bool IsEnumeration(NodeId id) => IsBelow(id, Enumeration);

    // Part 3 8.52: the bits of an OptionSet are told as an enumeration, whether it derives from a number or from the structure OptionSet.
    private bool IsOptionSet(NodeId id, XElement definition) =>
        _context.Boolean(definition, "IsOptionSet") || IsBelow(id, OptionSet) || IsBelow(id, (uint)BuiltInType.Byte) || IsBelow(id, (uint)BuiltInType.UInt16)
        || IsBelow(id, (uint)BuiltInType.UInt32) || IsBelow(id, (uint)BuiltInType.UInt64);

    private bool IsStructure(NodeId id) => !id.IsStandard(Structure) && IsBelow(id, Structure);

    private bool IsBelow(NodeId id, uint root) => _catalog.IsSubtypeOf(_toCatalog.Map(id), new NodeId(root));

    private EnumDefinition BuildEnumeration(XElement definition)
    {
        var fields = new List<EnumField>();
        long next = 0;
        foreach (var element in definition.Elements(definition.Name.Namespace + "Field"))
        {
            // A field without Value counts on from the one before it.
            var value = element.Attribute("Value") is null ? next : _context.Number(element, "Value", 0L);
            next = value + 1;
            var name = _context.Required(element, "Name");
            var displayNames = _context.LocalizedTexts(element, "DisplayName");
            fields.Add(new EnumField
            {
                Value = value,
                DisplayName = displayNames.Length > 0 ? displayNames[0] : new LocalizedText(name),
                Description = _context.LocalizedTexts(element, "Description").FirstOrDefault(),
                Name = name,
            });
        }

        return new EnumDefinition { Fields = [.. fields] };
    }

    private StructureDefinition BuildStructure(NodeElement node, int depth)
    {
        var id = node.Record.NodeId;
        var baseType = _topology.BaseTypeOf(id);
        var inherited = InheritedDefinition(baseType, depth);
        var own = new List<XElement>();
        if (node.Definition is { } definition) own.AddRange(definition.Elements(definition.Name.Namespace + "Field"));
        var isUnion = IsBelow(id, Union) || (node.Definition is { } d && _context.Boolean(d, "IsUnion"));
        var type = StructureTypeOf(node, own, inherited, isUnion);
        var hasSubtypedValues = type is StructureType.StructureWithSubtypedValues or StructureType.UnionWithSubtypedValues;

        var fields = new List<StructureField>(inherited?.Fields ?? []);
        if (fields.Count + own.Count > MaxFields) throw _context.Error(node.Element, $"The structure has more than {MaxFields} fields.");
        foreach (var element in own) fields.Add(BuildField(element, hasSubtypedValues ? "AllowSubTypes" : "IsOptional"));
        return new StructureDefinition
        {
            // Part 3 8.48: null where no value of exactly this type exists.
            DefaultEncodingId = node.Record.IsAbstract ? default : _topology.EncodingsOf(id).Binary,
            BaseDataType = baseType,
            StructureType = type,
            Fields = [.. fields],
        };
    }

    // Fields are copied to every subtype; a chain of types with many fields must not multiply.
    private const int MaxFields = 10_000;

    private StructureType StructureTypeOf(NodeElement node, List<XElement> own, StructureDefinition? inherited, bool isUnion)
    {
        var isOptional = inherited?.StructureType == StructureType.StructureWithOptionalFields;
        var isSubtyped = inherited?.StructureType is StructureType.StructureWithSubtypedValues or StructureType.UnionWithSubtypedValues;
        foreach (var element in own)
        {
            isOptional |= _context.Boolean(element, "IsOptional");
            isSubtyped |= _context.Boolean(element, "AllowSubTypes");
        }

        if (isUnion) return isSubtyped ? StructureType.UnionWithSubtypedValues : StructureType.Union;
        if (isOptional && isSubtyped) throw _context.Error(node.Element, "A structure has either optional fields or fields that allow subtypes, not both (Part 3 8.49).");
        return isOptional ? StructureType.StructureWithOptionalFields : isSubtyped ? StructureType.StructureWithSubtypedValues : StructureType.Structure;
    }

    private StructureField BuildField(XElement element, string optionalAttribute)
    {
        var rank = _context.Number(element, "ValueRank", -1);
        if (rank is not (-1 or >= 1)) throw _context.Error(element, $"A field has ValueRank {rank}; it is -1 or the number of dimensions (Part 3 8.51).");
        return new StructureField
        {
            Name = _context.Required(element, "Name"),
            Description = _context.LocalizedTexts(element, "Description").FirstOrDefault(),
            DataType = _context.NodeId(element, "DataType") ?? new NodeId(24u),
            ValueRank = rank,
            ArrayDimensions = _context.ArrayDimensions(element),
            MaxStringLength = _context.Number(element, "MaxStringLength", 0u),
            IsOptional = _context.Boolean(element, optionalAttribute),
        };
    }

    private StructureDefinition? InheritedDefinition(NodeId baseType, int depth)
    {
        if (_local.TryGetValue(baseType, out var node)) return Build(node, depth + 1) as StructureDefinition;
        return _catalog.TryGet(_toCatalog.Map(baseType), out var entry) && entry.Definition is StructureDefinition definition
            ? DataTypeDefinitions.Map(definition, ToLocal)
            : null;
    }

    /// <summary>From the catalog's table to the file's, which gains the namespaces that inherited fields come from.</summary>
    private NodeId ToLocal(NodeId id)
    {
        if (id.NamespaceIndex == 0) return id;
        var uri = _catalog.Namespaces[id.NamespaceIndex];
        var at = _context.NamespaceUris.IndexOf(uri);
        if (at < 0)
        {
            at = _context.NamespaceUris.Count;
            _context.NamespaceUris.Add(uri);
        }

        return id.WithNamespace((ushort)(at + 1));
    }
}
