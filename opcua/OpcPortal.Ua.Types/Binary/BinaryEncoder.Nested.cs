namespace OpcPortal.Ua;

public ref partial struct BinaryEncoder
{
    private const byte ArrayFlag = 0x80;
    private const byte DimensionsFlag = 0x40;

    // Part 6 5.2.2.15.
    public void WriteExtensionObject(ExtensionObject? value)
    {
        if (value is null)
        {
            WriteNodeId(default);
            WriteByte(0);
            return;
        }

        WriteNodeId(value.TypeId.NodeId);
        switch (value)
        {
            case { Structure: { } structure }:
                WriteByte(1);
                var lengthAt = _position;
                WriteUInt32(0);
                Enter();
                structure.Encode(ref this);
                Leave();
                PatchUInt32(lengthAt, (uint)(_position - lengthAt - 4));
                break;
            case { Binary: { } bytes }:
                WriteByte(1);
                WriteByteString(bytes);
                break;
            case { Xml: { } xml }:
                WriteByte(2);
                WriteXmlElement(xml);
                break;
            case { Json: not null }:
                throw new CodecException(StatusCodes.BadEncodingError, $"A structure of unknown type {value.TypeId} came as JSON and has no binary form.");
            default:
                WriteByte(0);
                break;
        }
    }

    // Part 6 5.2.2.17: a bit for each field that is there.
    public void WriteDataValue(in DataValue value)
    {
        var mask = (value.Value.IsNull ? 0 : 0x01)
            | (value.StatusCode.Code == 0 ? 0 : 0x02)
            | (value.SourceTimestamp.Ticks == 0 ? 0 : 0x04)
            | (value.ServerTimestamp.Ticks == 0 ? 0 : 0x08)
            | (value.SourcePicoseconds == 0 || value.SourceTimestamp.Ticks == 0 ? 0 : 0x10)
            | (value.ServerPicoseconds == 0 || value.ServerTimestamp.Ticks == 0 ? 0 : 0x20);
        WriteByte((byte)mask);
        if ((mask & 0x01) != 0) WriteVariant(value.Value);
        if ((mask & 0x02) != 0) WriteUInt32(value.StatusCode.Code);
        if ((mask & 0x04) != 0) WriteDateTime(value.SourceTimestamp);
        if ((mask & 0x10) != 0) WriteUInt16(value.SourcePicoseconds);
        if ((mask & 0x08) != 0) WriteDateTime(value.ServerTimestamp);
        if ((mask & 0x20) != 0) WriteUInt16(value.ServerPicoseconds);
    }

    // Part 6 5.2.2.12.
    public void WriteDiagnosticInfo(DiagnosticInfo? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        Enter();
        var mask = (value.SymbolicId is null ? 0 : 0x01)
            | (value.NamespaceUri is null ? 0 : 0x02)
            | (value.LocalizedText is null ? 0 : 0x04)
            | (value.Locale is null ? 0 : 0x08)
            | (value.AdditionalInfo is null ? 0 : 0x10)
            | (value.InnerStatusCode is null ? 0 : 0x20)
            | (value.InnerDiagnosticInfo is null ? 0 : 0x40);
        WriteByte((byte)mask);
        if (value.SymbolicId is { } symbolicId) WriteInt32(symbolicId);
        if (value.NamespaceUri is { } namespaceUri) WriteInt32(namespaceUri);
        if (value.Locale is { } locale) WriteInt32(locale);
        if (value.LocalizedText is { } localizedText) WriteInt32(localizedText);
        if (value.AdditionalInfo is { } additionalInfo) WriteString(additionalInfo);
        if (value.InnerStatusCode is { } innerStatus) WriteStatusCode(innerStatus);
        if (value.InnerDiagnosticInfo is { } inner) WriteDiagnosticInfo(inner);
        Leave();
    }

    // Part 6 5.2.2.16.
    public void WriteVariant(in Variant value)
    {
        if (value.IsScalar)
        {
            WriteByte((byte)value.Type);
            WriteScalar(value);
            return;
        }

        WriteByte((byte)((byte)value.Type | ArrayFlag | (value.IsMatrix ? DimensionsFlag : 0)));
        Enter();
        WriteElements(value.Type, value.Elements);
        Leave();
        if (value.IsMatrix) WriteInt32Span(value.Dimensions);
    }

    /// <summary>A scalar without the type byte of a Variant, or, where <paramref name="type"/> is Variant, with it.</summary>
    public void WriteBuiltIn(in Variant value, BuiltInType type)
    {
        if (type == BuiltInType.Variant) WriteVariant(value);
        else WriteScalar(value);
    }

    /// <summary>A one-dimensional array without the type byte of a Variant, as a structure's field has it. Part 6 5.2.5.</summary>
    public void WriteBuiltInArray(in Variant value, BuiltInType type)
    {
        Enter();
        WriteElements(type, value.Elements);
        Leave();
    }

    private void WriteScalar(in Variant value)
    {
        var bits = value.RawBits;
        switch (value.Type)
        {
            case BuiltInType.Null: break;
            case BuiltInType.Boolean or BuiltInType.SByte or BuiltInType.Byte: WriteByte((byte)bits); break;
            case BuiltInType.Int16 or BuiltInType.UInt16: WriteUInt16((ushort)bits); break;
            case BuiltInType.Int32 or BuiltInType.UInt32 or BuiltInType.Float or BuiltInType.StatusCode: WriteUInt32((uint)bits); break;
            case BuiltInType.Int64 or BuiltInType.UInt64 or BuiltInType.Double: WriteInt64(bits); break;
            case BuiltInType.DateTime: WriteDateTime(value.AsDateTime()); break;
            default: WriteReference(value); break;
        }
    }

    private void WriteReference(in Variant value)
    {
        var reference = value.RawReference;
        switch (value.Type)
        {
            case BuiltInType.String or BuiltInType.XmlElement: WriteString((string?)reference); break;
            case BuiltInType.ByteString: WriteBytes((byte[]?)reference); break;
            case BuiltInType.Guid: WriteGuid((Guid)reference!); break;
            case BuiltInType.NodeId: WriteNodeId((NodeId)reference!); break;
            case BuiltInType.ExpandedNodeId: WriteExpandedNodeId((ExpandedNodeId)reference!); break;
            case BuiltInType.QualifiedName: WriteQualifiedName((QualifiedName)reference!); break;
            case BuiltInType.LocalizedText: WriteLocalizedText((LocalizedText)reference!); break;
            case BuiltInType.ExtensionObject: WriteExtensionObject((ExtensionObject?)reference); break;
            case BuiltInType.DiagnosticInfo: WriteDiagnosticInfo((DiagnosticInfo?)reference); break;
            default:
                Enter();
                WriteDataValue((DataValue)reference!);
                Leave();
                break;
        }
    }

    private void WriteElements(BuiltInType type, Array? elements)
    {
        switch (type)
        {
            case BuiltInType.Boolean: WriteBooleanArray((bool[]?)elements); break;
            case BuiltInType.SByte: WriteSByteArray((sbyte[]?)elements); break;
            case BuiltInType.Byte: WriteByteArray((byte[]?)elements); break;
            case BuiltInType.Int16: WriteInt16Array((short[]?)elements); break;
            case BuiltInType.UInt16: WriteUInt16Array((ushort[]?)elements); break;
            case BuiltInType.Int32: WriteInt32Array((int[]?)elements); break;
            case BuiltInType.UInt32: WriteUInt32Array((uint[]?)elements); break;
            case BuiltInType.Int64: WriteInt64Array((long[]?)elements); break;
            case BuiltInType.UInt64: WriteUInt64Array((ulong[]?)elements); break;
            case BuiltInType.Float: WriteFloatArray((float[]?)elements); break;
            case BuiltInType.Double: WriteDoubleArray((double[]?)elements); break;
            case BuiltInType.String: WriteStringArray((string?[]?)elements); break;
            case BuiltInType.DateTime: WriteDateTimeArray((DateTime[]?)elements); break;
            case BuiltInType.Guid: WriteGuidArray((Guid[]?)elements); break;
            case BuiltInType.ByteString: WriteByteStringArray((ByteString[]?)elements); break;
            case BuiltInType.XmlElement: WriteXmlElementArray((XmlElement[]?)elements); break;
            case BuiltInType.NodeId: WriteNodeIdArray((NodeId[]?)elements); break;
            case BuiltInType.ExpandedNodeId: WriteExpandedNodeIdArray((ExpandedNodeId[]?)elements); break;
            case BuiltInType.StatusCode: WriteStatusCodeArray((StatusCode[]?)elements); break;
            case BuiltInType.QualifiedName: WriteQualifiedNameArray((QualifiedName[]?)elements); break;
            case BuiltInType.LocalizedText: WriteLocalizedTextArray((LocalizedText[]?)elements); break;
            case BuiltInType.ExtensionObject: WriteExtensionObjectArray((ExtensionObject?[]?)elements); break;
            case BuiltInType.DataValue: WriteDataValueArray((DataValue[]?)elements); break;
            case BuiltInType.Variant: WriteVariantArray((Variant[]?)elements); break;
            case BuiltInType.DiagnosticInfo: WriteDiagnosticInfoArray((DiagnosticInfo?[]?)elements); break;
            default: throw new CodecException(StatusCodes.BadEncodingError, $"No array of {type} can be encoded.");
        }
    }

    /// <summary>Null is encoded as a default instance: a structure field is never absent on the wire.</summary>
    public void WriteStructure<T>(T? value) where T : class, IStructure<T>, new() => (value ?? new T()).Encode(ref this);

    public void WriteStructureValue<T>(in T value) where T : struct, IStructure<T> => value.Encode(ref this);
}
