namespace OpcPortal.Ua.Client;

/// <summary>What a DataType's values are made of.</summary>
public sealed record DataTypeInfo
{
    /// <summary>The DataType.</summary>
    public required NodeId DataTypeId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The built-in type of its values; Variant where any type will do, ExtensionObject for structures.</summary>
    public required BuiltInType BuiltInType { get; init; }

    /// <summary>The names of an enumeration's values or an option set's bits; null for other types.</summary>
    public EnumDefinition? Enumeration { get; init; }

    /// <summary>The layout of a structure that no code was generated for; null for other types.</summary>
    public StructureLayout? Layout { get; init; }

    /// <summary>The structure of the standard, where it is one.</summary>
    internal StructureEntry? Standard { get; init; }

    internal bool IsConcreteStructure => Layout is not null || Standard is not null;

    internal IStructure DecodeStructure(ref BinaryDecoder decoder) => Layout is not null ? Layout.Decode(ref decoder) : Standard!.Factory(ref decoder);

    internal IStructure CreateDefault()
    {
        if (Layout is not null) return new StructureValue(Layout);
        throw new CodecException(StatusCodes.BadEncodingError, $"A field of type {Name} has no value.");
    }
}
