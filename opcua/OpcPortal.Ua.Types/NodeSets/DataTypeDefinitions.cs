namespace OpcPortal.Ua.NodeSets;

/// <summary>What is common to reading and renumbering definitions of DataTypes. Part 3 8.48 to 8.52.</summary>
internal static class DataTypeDefinitions
{
    /// <summary>The definition with its NodeIds in another table.</summary>
    public static IStructure? Map(IStructure? definition, NamespaceMap map) =>
        definition is StructureDefinition structure && !map.IsIdentity ? Map(structure, id => map.Map(id)) : definition;

    public static StructureDefinition Map(StructureDefinition definition, Func<NodeId, NodeId> map) => new()
    {
        DefaultEncodingId = map(definition.DefaultEncodingId),
        BaseDataType = map(definition.BaseDataType),
        StructureType = definition.StructureType,
        Fields = Array.ConvertAll(definition.Fields ?? [], field => Map(field, map)),
    };

    private static StructureField Map(StructureField field, Func<NodeId, NodeId> map) => new()
    {
        Name = field.Name,
        Description = field.Description,
        DataType = map(field.DataType),
        ValueRank = field.ValueRank,
        ArrayDimensions = field.ArrayDimensions,
        MaxStringLength = field.MaxStringLength,
        IsOptional = field.IsOptional,
    };

    /// <summary>Part 3 8.51: in a structure or union with subtyped values IsOptional says that the field allows subtypes.</summary>
    public static bool AllowsSubTypes(StructureDefinition definition, StructureField field) => field.IsOptional
        && definition.StructureType is StructureType.StructureWithSubtypedValues or StructureType.UnionWithSubtypedValues;

    public static bool IsUnion(StructureDefinition definition) =>
        definition.StructureType is StructureType.Union or StructureType.UnionWithSubtypedValues;
}
