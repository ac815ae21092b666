namespace OpcPortal.Ua.NodeSets;

/// <summary>
/// Renumbers the namespaces inside values: of NodeIds, names and types of structures, and within structures' bodies, which are read and
/// written again by their definitions.
/// </summary>
public sealed class ValueRemapper(NamespaceMap map, NamespaceMap toCatalog, DataTypeCatalog catalog, StructureRegistry structures)
{
    private readonly CodecContext _source = new(StructureRegistry.Standard, CodecLimits.Default);
    private readonly CodecContext _target = new(structures, CodecLimits.Default);
    // Of all values together: an array of structures without fields takes no bytes, so the bytes are no bound.
    private int _fieldsLeft = NodeSetLimits.Default.MaxValueFields;
    private int _depth;

    /// <exception cref="CodecException">A namespace index is unknown, or a structure does not fit its definition.</exception>
    public Variant Map(in Variant value)
    {
        _depth = 0;
        return MapVariant(value);
    }

    private Variant MapVariant(in Variant value)
    {
        // A structure of the standard may become typed by the registry even where no index changes.
        var isUntouched = value.Type is not (BuiltInType.NodeId or BuiltInType.ExpandedNodeId or BuiltInType.QualifiedName
            or BuiltInType.ExtensionObject or BuiltInType.DataValue or BuiltInType.Variant);
        if (isUntouched) return value;
        if (value.IsScalar) return MapScalar(value);
        if (value.Elements is not { } elements) return value;
        var mapped = MapElements(elements);
        return value.IsMatrix ? new Variant(new Matrix(mapped, value.Dimensions.ToArray())) : Variant.FromElements(mapped);
    }

    private Variant MapScalar(in Variant value) => value.Type switch
    {
        BuiltInType.NodeId => new Variant(map.Map(value.AsNodeId())),
        BuiltInType.ExpandedNodeId => new Variant(map.Map(value.AsExpandedNodeId())),
        BuiltInType.QualifiedName => new Variant(map.Map(value.AsQualifiedName())),
        BuiltInType.ExtensionObject => new Variant(MapObject(value.AsExtensionObject())),
        _ => new Variant(MapDataValue(value.AsDataValue())),
    };

    private Array MapElements(Array elements) => elements switch
    {
        NodeId[] ids => Array.ConvertAll(ids, id => map.Map(id)),
        ExpandedNodeId[] ids => Array.ConvertAll(ids, id => map.Map(id)),
        QualifiedName[] names => Array.ConvertAll(names, name => map.Map(name)),
        ExtensionObject?[] objects => Array.ConvertAll(objects, MapObject),
        DataValue[] values => Array.ConvertAll(values, MapDataValue),
        Variant[] variants => Array.ConvertAll(variants, v => MapVariant(v)),
        _ => elements,
    };

    private DataValue MapDataValue(DataValue value) => value with { Value = MapVariant(value.Value) };

    private ExtensionObject? MapObject(ExtensionObject? value)
    {
        if (value is null) return null;
        var typeId = map.Map(value.TypeId);
        if (value.Xml is { } xml) return new ExtensionObject(typeId, xml);
        if (value is { Structure: null, Binary: null }) return new ExtensionObject(typeId);
        // Only a type the server was not told of cannot be walked; its body is handed on as it came.
        if (!typeId.IsLocal || !catalog.TryGetByEncoding(toCatalog.Map(value.TypeId.NodeId), out var entry))
            return value.Structure is null ? new ExtensionObject(typeId, value.BinaryBody()) : value;
        // Bodies of unknown types nest as bytes in bytes, past any count a decoder keeps.
        if (++_depth > _source.Limits.MaxDepth) throw Malformed($"structures are nested deeper than {_source.Limits.MaxDepth}");
        var body = map.IsIdentity ? value.BinaryBody() : Copy(value.BinaryBody(), entry);
        _depth--;
        return Typed(typeId.NodeId, body);
    }

    private ExtensionObject Typed(NodeId typeId, ByteString body)
    {
        if (!_target.Structures.TryGet(typeId, out var type) || type.BinaryEncodingId != typeId) return new ExtensionObject(typeId, body);
        var decoder = new BinaryDecoder(body.Span, _target);
        var structure = type.Factory(ref decoder);
        if (decoder.Remaining != 0) throw Malformed($"the body of {typeId} is too long by {decoder.Remaining} bytes");
        return new ExtensionObject(structure);
    }

    private ByteString Copy(ByteString body, DataTypeEntry type)
    {
        var decoder = new BinaryDecoder(body.Span, _source);
        var encoder = new BinaryEncoder(_source);
        try
        {
            CopyStructure(ref decoder, ref encoder, type, depth: 0);
            if (decoder.Remaining != 0) throw Malformed($"the body of {type.Name} is too long by {decoder.Remaining} bytes");
            return new ByteString(encoder.Written.ToArray());
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private void CopyStructure(ref BinaryDecoder decoder, ref BinaryEncoder encoder, DataTypeEntry type, int depth)
    {
        if (depth > _source.Limits.MaxDepth) throw Malformed($"structures are nested deeper than {_source.Limits.MaxDepth}");
        if (!catalog.TryGetLayout(type, out var definition)) throw Malformed($"the structure {type.Name} has no definition");
        var fields = definition.Fields ?? [];
        if (DataTypeDefinitions.IsUnion(definition))
        {
            var choice = decoder.ReadUInt32();
            if (choice > fields.Length) throw Malformed($"the union {type.Name} has {fields.Length} fields, no field {choice}");
            encoder.WriteUInt32(choice);
            if (choice > 0) CopyField(ref decoder, ref encoder, definition, fields[choice - 1], depth);
            return;
        }

        var hasOptional = definition.StructureType == StructureType.StructureWithOptionalFields;
        var mask = hasOptional ? decoder.ReadUInt32() : 0;
        if (hasOptional) encoder.WriteUInt32(mask);
        var optional = 0;
        foreach (var field in fields)
            if (!hasOptional || !field.IsOptional || (mask & (1u << optional++)) != 0)
                CopyField(ref decoder, ref encoder, definition, field, depth);
    }

    private void CopyField(ref BinaryDecoder decoder, ref BinaryEncoder encoder, StructureDefinition definition, StructureField field, int depth)
    {
        if (!catalog.TryGetEncoding(field.DataType, DataTypeDefinitions.AllowsSubTypes(definition, field), out var encoding))
            throw Malformed($"the DataType {field.DataType} of the field {field.Name} is not known");
        long count = 1;
        if (field.ValueRank == 1)
        {
            count = decoder.ReadInt32();
            encoder.WriteInt32((int)count);
        }
        else if (field.ValueRank > 1)
        {
            var dimensions = decoder.ReadInt32Array();
            encoder.WriteInt32Array(dimensions);
            count = dimensions is null ? 0 : ProductOf(dimensions);
        }

        for (var i = 0L; i < count; i++)
        {
            if (--_fieldsLeft < 0) throw Malformed($"the values have more than {NodeSetLimits.Default.MaxValueFields} fields");
            if (encoding.Structure is { } structure) CopyStructure(ref decoder, ref encoder, structure, depth + 1);
            else encoder.WriteBuiltIn(MapVariant(decoder.ReadBuiltIn(encoding.BuiltInType)), encoding.BuiltInType);
        }
    }

    private static long ProductOf(int[] dimensions)
    {
        var product = 1L;
        foreach (var dimension in dimensions)
        {
            if (dimension < 0) throw Malformed("a dimension is negative");
            product = Math.Min(product * dimension, int.MaxValue);
        }

        return product;
    }

    private static CodecException Malformed(string reason) => new(StatusCodes.BadDecodingError, $"{char.ToUpperInvariant(reason[0])}{reason[1..]}.");
}
