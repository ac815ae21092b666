namespace OpcPortal.Ua.Client;

/// <summary>How the values of a structured DataType lie on the wire, as its definition says. Part 3 8.49, Part 6 5.2.6 to 5.2.8.</summary>
public sealed class StructureLayout
{
    // Structures in structures being decoded on this thread: decoding never leaves it.
    [ThreadStatic]
    private static int _depth;

    private StructureLayoutField[] _fields = [];

    internal StructureLayout(string name, NodeId dataTypeId, NodeId binaryEncodingId, StructureType kind)
    {
        Name = name;
        DataTypeId = dataTypeId;
        BinaryEncodingId = binaryEncodingId;
        Kind = kind;
    }

    /// <summary>The name of the DataType.</summary>
    public string Name { get; }

    /// <summary>The DataType.</summary>
    public NodeId DataTypeId { get; }

    /// <summary>Its binary encoding.</summary>
    public NodeId BinaryEncodingId { get; }

    /// <summary>Whether it has optional fields or is a union.</summary>
    public StructureType Kind { get; }

    /// <summary>The fields in their order, those of the supertypes first.</summary>
    public IReadOnlyList<StructureLayoutField> Fields => _fields;

    /// <summary>Whether a value holds one of its fields alone.</summary>
    public bool IsUnion => Kind is StructureType.Union or StructureType.UnionWithSubtypedValues;

    // Set once, after the layouts of the fields are known: a type may hold itself.
    internal void Complete(StructureLayoutField[] fields) => _fields = fields;

    /// <summary>The position of a field, or -1.</summary>
    public int IndexOf(string name) => Array.FindIndex(_fields, f => f.Name == name);

    internal StructureValue Decode(ref BinaryDecoder decoder)
    {
        // A type may hold itself: what a server nests must not use up the stack.
        if (_depth >= decoder.Context.Limits.MaxDepth) throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"{Name} is nested deeper than {decoder.Context.Limits.MaxDepth}.");
        _depth++;
        try
        {
            var values = new Variant[_fields.Length];
            return IsUnion ? DecodeUnion(ref decoder, values) : DecodeFields(ref decoder, values);
        }
        finally
        {
            _depth--;
        }
    }

    private StructureValue DecodeFields(ref BinaryDecoder decoder, Variant[] values)
    {
        var mask = Kind == StructureType.StructureWithOptionalFields ? decoder.ReadUInt32() : 0;
        var isPresent = new bool[_fields.Length];
        var optional = 0;
        for (var i = 0; i < _fields.Length; i++)
        {
            isPresent[i] = !IsOptional(_fields[i]) || (mask & (1u << optional++)) != 0;
            if (isPresent[i]) values[i] = _fields[i].Decode(ref decoder);
        }

        return new StructureValue(this, values, isPresent);
    }

    private StructureValue DecodeUnion(ref BinaryDecoder decoder, Variant[] values)
    {
        // Part 6 5.2.8: the number of the field from 1, 0 for none.
        var selected = decoder.ReadUInt32();
        if (selected > _fields.Length) throw new CodecException(StatusCodes.BadDecodingError, $"{Name} has no field {selected}.");
        var isPresent = new bool[_fields.Length];
        if (selected == 0) return new StructureValue(this, values, isPresent);
        isPresent[selected - 1] = true;
        values[selected - 1] = _fields[selected - 1].Decode(ref decoder);
        return new StructureValue(this, values, isPresent);
    }

    internal void Encode(ref BinaryEncoder encoder, StructureValue value)
    {
        if (IsUnion)
        {
            var selected = Array.FindIndex(value.Present, p => p);
            encoder.WriteUInt32((uint)(selected + 1));
            if (selected >= 0) _fields[selected].Encode(ref encoder, value.Values[selected]);
            return;
        }

        if (Kind == StructureType.StructureWithOptionalFields) encoder.WriteUInt32(Mask(value));
        for (var i = 0; i < _fields.Length; i++)
            if (value.Present[i]) _fields[i].Encode(ref encoder, value.Values[i]);
    }

    // Part 6 5.2.7: a bit for each optional field, in their order.
    private uint Mask(StructureValue value)
    {
        uint mask = 0;
        var optional = 0;
        for (var i = 0; i < _fields.Length; i++)
        {
            if (!IsOptional(_fields[i])) continue;
            if (value.Present[i]) mask |= 1u << optional;
            optional++;
        }

        return mask;
    }

    // Part 3 8.51: in the other kinds the flag means that subtypes are allowed.
    internal bool IsOptional(StructureLayoutField field) => Kind == StructureType.StructureWithOptionalFields && field.IsOptional;
}

/// <summary>A field of a <see cref="StructureLayout"/>.</summary>
public sealed record StructureLayoutField
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of value it has.</summary>
    public required DataTypeInfo DataType { get; init; }

    /// <summary>-1 for a scalar, else how many dimensions.</summary>
    public int ValueRank { get; init; } = -1;

    /// <summary>Whether it may be missing.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether it may hold a subtype, and so names its type on the wire.</summary>
    public bool AllowsSubtypes { get; init; }

    // Part 6 5.2.6: a field that allows subtypes is an ExtensionObject where it is a structure, else a Variant.
    private BuiltInType WireType => !AllowsSubtypes || DataType.BuiltInType == BuiltInType.ExtensionObject ? DataType.BuiltInType : BuiltInType.Variant;

    private bool IsInline => !AllowsSubtypes && DataType.IsConcreteStructure;

    internal Variant Decode(ref BinaryDecoder decoder)
    {
        if (ValueRank < 0) return IsInline ? Variant.From(DataType.DecodeStructure(ref decoder)) : decoder.ReadBuiltIn(WireType);
        if (ValueRank > 1) return DecodeMatrix(ref decoder);
        if (!IsInline) return decoder.ReadBuiltInArray(WireType);
        var length = decoder.ReadInt32();
        return length < 0 ? new Variant((ExtensionObject?[]?)null) : new Variant(DecodeStructures(ref decoder, length));
    }

    private ExtensionObject?[] DecodeStructures(ref BinaryDecoder decoder, int length)
    {
        CheckLength(decoder, length);
        var elements = new ExtensionObject?[length];
        for (var i = 0; i < length; i++) elements[i] = new ExtensionObject(DataType.DecodeStructure(ref decoder));
        return elements;
    }

    // Part 6 5.2.5: the dimensions, then the elements without a length of their own.
    private Variant DecodeMatrix(ref BinaryDecoder decoder)
    {
        var dimensions = decoder.ReadInt32Array() ?? [];
        long product = dimensions.Length < 2 ? 0 : 1;
        foreach (var dimension in dimensions) product = dimension <= 0 ? 0 : Math.Min(product * dimension, int.MaxValue);
        var length = (int)product;
        if (length == 0) return new Variant((ExtensionObject?[]?)null);
        CheckLength(decoder, length);
        if (IsInline) return new Variant(new Matrix(DecodeStructures(ref decoder, length), dimensions));
        var first = decoder.ReadBuiltIn(WireType);
        var elements = BuiltInValues.CreateArray(WireType, length);
        BuiltInValues.Set(elements, 0, first, WireType);
        for (var i = 1; i < length; i++) BuiltInValues.Set(elements, i, decoder.ReadBuiltIn(WireType), WireType);
        return new Variant(new Matrix(elements, dimensions));
    }

    // Nothing that is worth an element takes less than a byte; so a length on the wire cannot take more memory than the message has bytes.
    private void CheckLength(in BinaryDecoder decoder, int length)
    {
        if (length > decoder.Remaining) throw new CodecException(StatusCodes.BadDecodingError, $"{length} elements of {Name} do not fit into {decoder.Remaining} bytes.");
    }

    internal void Encode(ref BinaryEncoder encoder, in Variant value)
    {
        // What is written must be read as what the definition says: a value of another type would shift all that follows.
        if (!value.IsNull && WireType != BuiltInType.Variant && (value.Type != WireType || value.IsScalar != (ValueRank < 0)))
            throw new CodecException(StatusCodes.BadEncodingError, $"Field {Name} is {WireType}{(ValueRank < 0 ? "" : "[]")}; the value is {value.Type}{(value.IsScalar ? "" : "[]")}.");
        if (ValueRank < 0)
        {
            if (IsInline) EncodeStructure(ref encoder, value.IsNull ? null : value.AsExtensionObject());
            else encoder.WriteBuiltIn(WireType == BuiltInType.Variant || !value.IsNull ? value : BuiltInValues.Default(WireType), WireType);
            return;
        }

        if (ValueRank > 1) EncodeMatrix(ref encoder, value);
        else if (!IsInline) encoder.WriteBuiltInArray(value, WireType);
        else EncodeStructures(ref encoder, value.AsArray<ExtensionObject?>());
    }

    private void EncodeStructures(ref BinaryEncoder encoder, ExtensionObject?[]? elements)
    {
        encoder.WriteInt32(elements?.Length ?? -1);
        foreach (var element in elements ?? []) EncodeStructure(ref encoder, element);
    }

    private void EncodeMatrix(ref BinaryEncoder encoder, in Variant value)
    {
        var dimensions = value.Dimensions;
        encoder.WriteInt32Array(dimensions.IsEmpty ? new int[Math.Max(2, ValueRank)] : dimensions.ToArray());
        foreach (var element in value.Elements ?? Array.Empty<object>())
        {
            if (IsInline) EncodeStructure(ref encoder, (ExtensionObject?)element);
            else encoder.WriteBuiltIn(BuiltInValues.FromElement(element, WireType), WireType);
        }
    }

    private void EncodeStructure(ref BinaryEncoder encoder, ExtensionObject? value)
    {
        var structure = value?.Structure ?? DataType.CreateDefault();
        structure.Encode(ref encoder);
    }
}
