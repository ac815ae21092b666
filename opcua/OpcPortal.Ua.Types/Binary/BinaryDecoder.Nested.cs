namespace OpcPortal.Ua;

public ref partial struct BinaryDecoder
{
    private const byte ArrayFlag = 0x80;
    private const byte DimensionsFlag = 0x40;

    // Part 6 5.2.2.15. A type that the registry lacks is kept as its bytes.
    public ExtensionObject? ReadExtensionObject()
    {
        var typeId = ReadNodeId();
        var encoding = ReadByte();
        switch (encoding)
        {
            case 0:
                return typeId.IsNull ? null : new ExtensionObject(typeId);
            case 1:
                return ReadBinaryBody(typeId);
            case 2:
                return new ExtensionObject(typeId, ReadXmlElement());
            default:
                throw Malformed($"0x{encoding:X2} is no ExtensionObject encoding.");
        }
    }

    private ExtensionObject ReadBinaryBody(in NodeId typeId)
    {
        if (!_context.Structures.TryGet(typeId, out var type) || type.BinaryEncodingId != typeId)
            return new ExtensionObject(typeId, ReadByteString());
        if (!TryReadLength(_context.Limits.MaxByteStringLength, out var length)) return new ExtensionObject(typeId);
        if (length > Remaining) ThrowTruncated(length);

        Enter();
        var end = _position + length;
        var structure = type.Factory(ref this);
        // Part 6 5.2.2.15: the length counts; a body that reads past or stops short of it is not of this type.
        if (_position != end) throw Malformed($"A body of {length} bytes is {_position - end + length} bytes long when decoded.");
        Leave();
        return new ExtensionObject(structure);
    }

    // Part 6 5.2.2.17.
    public DataValue ReadDataValue()
    {
        var mask = ReadByte();
        if (mask > 0x3F) throw Malformed($"0x{mask:X2} is no DataValue mask.");
        Enter();
        var value = (mask & 0x01) != 0 ? ReadVariant() : default;
        Leave();
        var status = (mask & 0x02) != 0 ? ReadStatusCode() : default;
        var sourceTimestamp = (mask & 0x04) != 0 ? ReadDateTime() : default;
        var sourcePicoseconds = (mask & 0x10) != 0 ? ReadUInt16() : (ushort)0;
        var serverTimestamp = (mask & 0x08) != 0 ? ReadDateTime() : default;
        var serverPicoseconds = (mask & 0x20) != 0 ? ReadUInt16() : (ushort)0;
        return new DataValue(value, status, sourceTimestamp, serverTimestamp)
        {
            SourcePicoseconds = sourcePicoseconds,
            ServerPicoseconds = serverPicoseconds,
        };
    }

    // Part 6 5.2.2.12.
    public DiagnosticInfo? ReadDiagnosticInfo()
    {
        var mask = ReadByte();
        if (mask == 0) return null;
        if (mask > 0x7F) throw Malformed($"0x{mask:X2} is no DiagnosticInfo mask.");
        Enter();
        var symbolicId = (mask & 0x01) != 0 ? ReadInt32() : (int?)null;
        var namespaceUri = (mask & 0x02) != 0 ? ReadInt32() : (int?)null;
        var locale = (mask & 0x08) != 0 ? ReadInt32() : (int?)null;
        var localizedText = (mask & 0x04) != 0 ? ReadInt32() : (int?)null;
        var info = new DiagnosticInfo
        {
            SymbolicId = symbolicId,
            NamespaceUri = namespaceUri,
            Locale = locale,
            LocalizedText = localizedText,
            AdditionalInfo = (mask & 0x10) != 0 ? ReadString() : null,
            InnerStatusCode = (mask & 0x20) != 0 ? ReadStatusCode() : null,
            InnerDiagnosticInfo = (mask & 0x40) != 0 ? ReadDiagnosticInfo() : null,
        };
        Leave();
        return info.IsEmpty ? null : info;
    }

    // Part 6 5.2.2.16.
    public Variant ReadVariant()
    {
        var encoding = ReadByte();
        var type = (BuiltInType)(encoding & 0x3F);
        if ((encoding & ArrayFlag) != 0) return ReadArrayVariant(type, (encoding & DimensionsFlag) != 0);
        if ((encoding & DimensionsFlag) != 0) throw Malformed("A scalar Variant has dimensions.");
        return ReadScalar(type);
    }

    /// <summary>A scalar without the type byte of a Variant, or, where <paramref name="type"/> is Variant, with it.</summary>
    public Variant ReadBuiltIn(BuiltInType type) => type == BuiltInType.Variant ? ReadVariant() : ReadScalar(type);

    /// <summary>A one-dimensional array without the type byte of a Variant, as a structure's field has it. Part 6 5.2.5.</summary>
    public Variant ReadBuiltInArray(BuiltInType type) => ReadArrayVariant(type, hasDimensions: false);

    private Variant ReadScalar(BuiltInType type)
    {
        switch (type)
        {
            case BuiltInType.Null: return default;
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
            case BuiltInType.DateTime: return new Variant(ReadDateTime());
            case BuiltInType.StatusCode: return new Variant(ReadStatusCode());
            case BuiltInType.String: return new Variant(ReadString());
            case BuiltInType.Guid: return new Variant(ReadGuid());
            case BuiltInType.ByteString: return new Variant(ReadByteString());
            case BuiltInType.XmlElement: return new Variant(ReadXmlElement());
            case BuiltInType.NodeId: return new Variant(ReadNodeId());
            case BuiltInType.ExpandedNodeId: return new Variant(ReadExpandedNodeId());
            case BuiltInType.QualifiedName: return new Variant(ReadQualifiedName());
            case BuiltInType.LocalizedText: return new Variant(ReadLocalizedText());
            case BuiltInType.ExtensionObject: return new Variant(ReadExtensionObject());
            case BuiltInType.DiagnosticInfo: return new Variant(ReadDiagnosticInfo());
            case BuiltInType.DataValue:
                Enter();
                var value = new Variant(ReadDataValue());
                Leave();
                return value;
            // Part 6 5.1.6: a Variant holds no scalar Variant; 26-31 are reserved and, so far, have no meaning to decode.
            default: throw Malformed($"A Variant of type {(byte)type} cannot be decoded.");
        }
    }

    private Variant ReadArrayVariant(BuiltInType type, bool hasDimensions)
    {
        Enter();
        var elements = ReadElements(type);
        Leave();
        if (!hasDimensions) return elements is null ? Variant.NullArray(type) : Variant.FromElements(elements);

        var dimensions = ReadInt32Array() ?? [];
        if (elements is null) return Variant.NullArray(type);
        // Part 6 5.2.2.16: fewer than two dimensions describe a plain array; the product must hold, without overflow.
        if (!Matrix.IsProduct(dimensions, dimensions.Length == 0 ? 1 : elements.Length))
            throw Malformed($"Dimensions [{string.Join(',', dimensions)}] do not hold {elements.Length} elements.");
        return dimensions.Length < 2 ? Variant.FromElements(elements) : new Variant(new Matrix(elements, dimensions));
    }

    private Array? ReadElements(BuiltInType type) => type switch
    {
        BuiltInType.Boolean => ReadBooleanArray(),
        BuiltInType.SByte => ReadSByteArray(),
        BuiltInType.Byte => ReadByteArray(),
        BuiltInType.Int16 => ReadInt16Array(),
        BuiltInType.UInt16 => ReadUInt16Array(),
        BuiltInType.Int32 => ReadInt32Array(),
        BuiltInType.UInt32 => ReadUInt32Array(),
        BuiltInType.Int64 => ReadInt64Array(),
        BuiltInType.UInt64 => ReadUInt64Array(),
        BuiltInType.Float => ReadFloatArray(),
        BuiltInType.Double => ReadDoubleArray(),
        BuiltInType.String => ReadStringArray(),
        BuiltInType.DateTime => ReadDateTimeArray(),
        BuiltInType.Guid => ReadGuidArray(),
        BuiltInType.ByteString => ReadByteStringArray(),
        BuiltInType.XmlElement => ReadXmlElementArray(),
        BuiltInType.NodeId => ReadNodeIdArray(),
        BuiltInType.ExpandedNodeId => ReadExpandedNodeIdArray(),
        BuiltInType.StatusCode => ReadStatusCodeArray(),
        BuiltInType.QualifiedName => ReadQualifiedNameArray(),
        BuiltInType.LocalizedText => ReadLocalizedTextArray(),
        BuiltInType.ExtensionObject => ReadExtensionObjectArray(),
        BuiltInType.DataValue => ReadDataValueArray(),
        BuiltInType.Variant => ReadVariantArray(),
        BuiltInType.DiagnosticInfo => ReadDiagnosticInfoArray(),
        _ => throw Malformed($"An array of type {(byte)type} cannot be decoded."),
    };
}
