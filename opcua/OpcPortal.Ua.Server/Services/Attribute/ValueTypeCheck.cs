namespace OpcPortal.Ua.Server;

/// <summary>Whether a value fits a Variable's DataType, ValueRank and ArrayDimensions, or an argument's. Part 3 5.6.2, Part 4 5.11.4.</summary>
/// <param name="dataTypeOf">The DataType of an encoding, for structures that are known by their id alone; null where it is unknown too.</param>
/// <param name="valuesOf">The values of an enumeration; null where it defines none: then any Int32 will do.</param>
public sealed class ValueTypeCheck(TypeTree types, Func<NodeId, NodeId?>? dataTypeOf = null, Func<NodeId, IReadOnlySet<long>?>? valuesOf = null)
{
    /// <summary>Checks a value against a Variable, turning a ByteString for a Byte[] into the array. Part 4 5.11.4.1.</summary>
    /// <returns>Good, BadTypeMismatch, BadOutOfRange for what an enumeration does not define or, where an attribute is unreadable, why.</returns>
    public StatusCode Check(in NodeRef node, ref Variant value)
    {
        var status = node.Source.ReadAttribute(node, AttributeIds.DataType, [], out var dataType);
        if (status.IsBad) return status;
        status = node.Source.ReadAttribute(node, AttributeIds.ValueRank, [], out var valueRank);
        if (status.IsBad) return status;
        var dimensions = node.Source.ReadAttribute(node, AttributeIds.ArrayDimensions, [], out var declared).IsGood ? declared.AsArray<uint>() : null;
        status = Check(dataType.AsNodeId(), valueRank.AsInt32(), dimensions, ref value);
        // Part 3 8.58 (NoSubDataTypes): the type itself. Only of a structure does the value tell which of several it is.
        var isExact = (node.Source.AccessLevelOf(node) & AccessLevelExType.NoSubDataTypes) != 0;
        return status.IsGood && isExact && !IsStructureOf(dataType.AsNodeId(), value) ? StatusCodes.BadTypeMismatch : status;
    }

    /// <inheritdoc cref="Check(in NodeRef, ref Variant)"/>
    public StatusCode Check(in NodeId dataType, int valueRank, uint[]? dimensions, ref Variant value)
    {
        var expected = types.BuiltInTypeOf(dataType);
        if (expected == BuiltInType.Null) return StatusCodes.BadTypeMismatch;
        if (expected == BuiltInType.Byte && value is { Type: BuiltInType.ByteString, IsScalar: true } && MayBeArray(valueRank))
            value = new Variant(value.AsByteString().Bytes ?? []);
        // Part 6 5.1.11: any array may be null, and a scalar whose type has a null.
        if (value.IsNull) return MayBeNull(expected) || valueRank >= 0 ? StatusCodes.Good : StatusCodes.BadTypeMismatch;
        if (!FitsType(expected, dataType, value)) return StatusCodes.BadTypeMismatch;
        if (!FitsRank(valueRank, value) || !FitsDimensions(dimensions, value)) return StatusCodes.BadTypeMismatch;
        return expected != BuiltInType.Int32 || IsDefined(dataType, value) ? StatusCodes.Good : StatusCodes.BadOutOfRange;
    }

    // Part 4 7.38.2 (BadOutOfRange): the type fits, the value does not.
    private bool IsDefined(in NodeId dataType, in Variant value)
    {
        if (dataType.IsStandard((uint)BuiltInType.Int32) || valuesOf?.Invoke(dataType) is not { } values) return true;
        return value.IsScalar ? values.Contains(value.AsInt32()) : Array.TrueForAll(value.AsArray<int>() ?? [], v => values.Contains(v));
    }

    private bool FitsType(BuiltInType expected, in NodeId dataType, in Variant value)
    {
        if (expected != BuiltInType.Variant)
            return value.Type == expected && (expected != BuiltInType.ExtensionObject || FitsStructure(dataType, value));
        if (dataType.IsStandard(DataTypeIds.BaseDataType) || dataType.IsStandard((uint)BuiltInType.Variant)) return true;
        // Number, Integer, UInteger: the built-in types below them, or an array of Variants of such.
        if (value.Type != BuiltInType.Variant) return types.IsSubtypeOf((uint)value.Type, dataType);
        var family = dataType;
        return Array.TrueForAll(value.AsArray<Variant>() ?? [], v => types.IsSubtypeOf((uint)v.Type, family));
    }

    private bool FitsStructure(in NodeId dataType, in Variant value)
    {
        var wanted = dataType;
        return value.IsScalar ? Fits(value.AsExtensionObject()) : Array.TrueForAll(value.AsArray<ExtensionObject?>() ?? [], Fits);

        bool Fits(ExtensionObject? structure) => structure is null || DataTypeOf(structure) is not { } actual || types.IsSubtypeOf(actual, wanted);
    }

    private bool IsStructureOf(NodeId dataType, in Variant value)
    {
        if (value.Type != BuiltInType.ExtensionObject) return true;
        return value.IsScalar ? Is(value.AsExtensionObject()) : Array.TrueForAll(value.AsArray<ExtensionObject?>() ?? [], Is);

        bool Is(ExtensionObject? structure) => structure is null || DataTypeOf(structure) is not { } actual || actual == dataType;
    }

    // One that stayed opaque, of a type that no model names: the node may know it.
    private NodeId? DataTypeOf(ExtensionObject structure)
    {
        if (structure.Structure is { } known) return known.DataTypeId;
        return structure.TypeId.IsLocal ? dataTypeOf?.Invoke(structure.TypeId.NodeId) : null;
    }

    private static bool MayBeArray(int valueRank) => valueRank is 1 or 0 or -2 or -3;

    private static bool FitsRank(int valueRank, in Variant value) => valueRank switch
    {
        -3 => value.ValueRank is -1 or 1,
        -2 => true,
        -1 => value.IsScalar,
        0 => !value.IsScalar,
        _ => value.ValueRank == valueRank,
    };

    // A declared length is a maximum, 0 any. Part 3 5.6.2 (ArrayDimensions).
    private static bool FitsDimensions(uint[]? declared, in Variant value)
    {
        if (declared is null || value.IsScalar) return true;
        ReadOnlySpan<int> actual = value.IsMatrix ? value.Dimensions : [value.Elements?.Length ?? 0];
        if (declared.Length != actual.Length) return declared.Length == 0;
        for (var i = 0; i < declared.Length; i++)
            if (declared[i] != 0 && actual[i] > declared[i]) return false;
        return true;
    }

    // Types whose wire form has a null of its own.
    private static bool MayBeNull(BuiltInType type) => type is BuiltInType.String or BuiltInType.ByteString or BuiltInType.XmlElement or BuiltInType.ExtensionObject
        or BuiltInType.LocalizedText or BuiltInType.QualifiedName or BuiltInType.NodeId or BuiltInType.ExpandedNodeId or BuiltInType.Variant;
}
