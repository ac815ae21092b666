using System.Text.Json;

namespace OpcPortal.Ua;

public ref partial struct JsonDecoder
{
    /// <summary>The fields that make a Variant, in whatever order they come. A value that comes before its type is read when the type is known.</summary>
    private ref struct VariantFields
    {
        public BuiltInType? Type;
        public bool HasValue, IsRead;
        public Utf8JsonReader Value;
        public Variant Scalar;
        public Array? Elements;
        public int[]? Dimensions;
    }

    // Part 6 5.4.2.17.
    public Variant ReadVariant()
    {
        if (IsNull) return default;
        Require(JsonTokenType.StartObject, "Variant");
        var outer = _seen;
        _seen = 0;
        var fields = new VariantFields();
        while (NextField())
            if (!ReadVariantField(ref fields)) throw UnknownField();
        _seen = outer;
        return ToVariant(ref fields);
    }

    // Part 6 5.4.2.18. In the deprecated form Value is a Variant's own object.
    public DataValue ReadDataValue()
    {
        if (IsNull) return default;
        Require(JsonTokenType.StartObject, "DataValue");
        var outer = _seen;
        _seen = 0;
        var fields = new VariantFields();
        var status = default(StatusCode);
        DateTime source = default, server = default;
        ushort sourcePicoseconds = 0, serverPicoseconds = 0;
        Enter();
        while (NextField())
        {
            if (ReadVariantField(ref fields)) continue;
            if (IsField("Status"u8, 3)) status = ReadStatusCode();
            else if (IsField("SourceTimestamp"u8, 4)) source = ReadDateTime();
            else if (IsField("SourcePicoseconds"u8, 5) || IsField("SourcePicoSeconds"u8, 5)) sourcePicoseconds = ReadUInt16();
            else if (IsField("ServerTimestamp"u8, 6)) server = ReadDateTime();
            else if (IsField("ServerPicoseconds"u8, 7) || IsField("ServerPicoSeconds"u8, 7)) serverPicoseconds = ReadUInt16();
            else throw UnknownField();
        }

        _seen = outer;
        var value = fields is { HasValue: true, Type: null } ? ReadNested(fields.Value) : ToVariant(ref fields);
        Leave();
        return new DataValue(value, status, source, server) { SourcePicoseconds = sourcePicoseconds, ServerPicoseconds = serverPicoseconds };
    }

    private Variant ReadNested(Utf8JsonReader at)
    {
        var end = _reader;
        _reader = at;
        var value = ReadVariant();
        _reader = end;
        return value;
    }

    private bool ReadVariantField(ref VariantFields fields)
    {
        if (IsField("UaType"u8, 0) || IsField("Type"u8, 0))
        {
            fields.Type = (BuiltInType)ReadByte();
            if (fields.Type > BuiltInType.DiagnosticInfo) throw Malformed($"{fields.Type} is no built-in type.");
            return true;
        }

        if (IsField("Value"u8, 1) || IsField("Body"u8, 1))
        {
            fields.HasValue = true;
            fields.Value = _reader;
            if (fields.Type is not null) ReadValue(ref fields);
            else Skip();
            return true;
        }

        if (!IsField("Dimensions"u8, 2)) return false;
        fields.Dimensions = ReadInt32Array();
        return true;
    }

    private Variant ToVariant(ref VariantFields fields)
    {
        if (fields is { HasValue: true, IsRead: false })
        {
            if (fields.Type is null) throw Malformed("A value stands without its UaType.");
            var end = _reader;
            _reader = fields.Value;
            ReadValue(ref fields);
            _reader = end;
        }

        if (fields.Elements is null)
        {
            if (fields.Dimensions is { Length: > 0 }) throw Malformed("A scalar Variant has dimensions.");
            return fields.HasValue ? fields.Scalar : Default(fields.Type ?? BuiltInType.Null);
        }

        // As in the binary form, Part 6 5.2.2.16: fewer than two dimensions describe a plain array.
        var dimensions = fields.Dimensions ?? [];
        if (!Matrix.IsProduct(dimensions, dimensions.Length == 0 ? 1 : fields.Elements.Length))
            throw Malformed($"The dimensions do not hold {fields.Elements.Length} elements.");
        return dimensions.Length < 2 ? Variant.FromElements(fields.Elements) : new Variant(new Matrix(fields.Elements, dimensions));
    }

    private void ReadValue(ref VariantFields fields)
    {
        fields.IsRead = true;
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            fields.Scalar = ReadScalar(fields.Type!.Value);
            return;
        }

        Enter();
        fields.Elements = ReadElements(fields.Type!.Value);
        Leave();
    }

    // What a Variant of the type holds where it has no Value.
    private static Variant Default(BuiltInType type) => type switch
    {
        BuiltInType.Null => default,
        BuiltInType.String => new Variant((string?)null),
        BuiltInType.Guid => new Variant(Guid.Empty),
        BuiltInType.ByteString => new Variant(default(ByteString)),
        BuiltInType.XmlElement => new Variant(default(XmlElement)),
        BuiltInType.NodeId => new Variant(default(NodeId)),
        BuiltInType.ExpandedNodeId => new Variant(default(ExpandedNodeId)),
        BuiltInType.QualifiedName => new Variant(default(QualifiedName)),
        BuiltInType.LocalizedText => new Variant(default(LocalizedText)),
        BuiltInType.ExtensionObject => new Variant((ExtensionObject?)null),
        BuiltInType.DataValue => new Variant(default(DataValue)),
        BuiltInType.DiagnosticInfo => new Variant((DiagnosticInfo?)null),
        BuiltInType.Variant => throw Malformed("A Variant holds no scalar Variant."),
        _ => Variant.FromBits(type, 0),
    };

    private Variant ReadScalar(BuiltInType type)
    {
        switch (type)
        {
            case BuiltInType.Null: return IsNull ? default : throw NotA("null");
            case BuiltInType.Boolean: return new Variant(ReadBoolean());
            case BuiltInType.SByte: return new Variant(ReadSByte());
            case BuiltInType.Byte: return new Variant(ReadByte());
            case BuiltInType.Int16: return new Variant(ReadInt16());
            case BuiltInType.UInt16: return new Variant(ReadUInt16());
            case BuiltInType.Int32: return new Variant(ReadInt32());
            case BuiltInType.UInt32: return new Variant(ReadUInt32());
            case BuiltInType.Int64: return new Variant(ReadInt64());
            case BuiltInType.UInt64: return new Variant(ReadUInt64());
            case BuiltInType.Float: return new Variant(ReadFloat());
            case BuiltInType.Double: return new Variant(ReadDouble());
            case BuiltInType.String: return new Variant(ReadString());
            case BuiltInType.DateTime: return new Variant(ReadDateTime());
            case BuiltInType.Guid: return new Variant(ReadGuid());
            case BuiltInType.ByteString: return new Variant(ReadByteString());
            case BuiltInType.XmlElement: return new Variant(ReadXmlElement());
            case BuiltInType.NodeId: return new Variant(ReadNodeId());
            case BuiltInType.ExpandedNodeId: return new Variant(ReadExpandedNodeId());
            case BuiltInType.StatusCode: return new Variant(ReadStatusCode());
            case BuiltInType.QualifiedName: return new Variant(ReadQualifiedName());
            case BuiltInType.LocalizedText: return new Variant(ReadLocalizedText());
            case BuiltInType.ExtensionObject: return new Variant(ReadExtensionObject());
            case BuiltInType.DiagnosticInfo: return new Variant(ReadDiagnosticInfo());
            case BuiltInType.DataValue: return new Variant(ReadDataValue());
            default: throw Malformed($"A Variant of type {(byte)type} cannot be decoded.");
        }
    }
}
