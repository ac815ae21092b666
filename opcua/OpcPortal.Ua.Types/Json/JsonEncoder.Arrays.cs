namespace OpcPortal.Ua;

// Arrays, Part 6 5.4.5: JSON arrays; a null array is left out, or null in the verbose form.
public ref partial struct JsonEncoder
{
    private void Array<T, TJson>(T[] values) where TJson : IJsonValue<T>
    {
        _writer.WriteStartArray();
        foreach (var value in values)
        {
            TJson.Write(ref this, value);
            Room(0);
        }

        _writer.WriteEndArray();
    }

    private void Array<T, TJson>(ReadOnlySpan<byte> name, T[]? values) where TJson : IJsonValue<T>
    {
        if (BeginNullable(name, values is null)) Array<T, TJson>(values!);
    }

    public void WriteBooleanArray(ReadOnlySpan<byte> name, bool[]? values) => Array<bool, BooleanJson>(name, values);
    public void WriteSByteArray(ReadOnlySpan<byte> name, sbyte[]? values) => Array<sbyte, SByteJson>(name, values);
    public void WriteByteArray(ReadOnlySpan<byte> name, byte[]? values) => Array<byte, ByteJson>(name, values);
    public void WriteInt16Array(ReadOnlySpan<byte> name, short[]? values) => Array<short, Int16Json>(name, values);
    public void WriteUInt16Array(ReadOnlySpan<byte> name, ushort[]? values) => Array<ushort, UInt16Json>(name, values);
    public void WriteInt32Array(ReadOnlySpan<byte> name, int[]? values) => Array<int, Int32Json>(name, values);
    public void WriteUInt32Array(ReadOnlySpan<byte> name, uint[]? values) => Array<uint, UInt32Json>(name, values);
    public void WriteInt64Array(ReadOnlySpan<byte> name, long[]? values) => Array<long, Int64Json>(name, values);
    public void WriteUInt64Array(ReadOnlySpan<byte> name, ulong[]? values) => Array<ulong, UInt64Json>(name, values);
    public void WriteFloatArray(ReadOnlySpan<byte> name, float[]? values) => Array<float, FloatJson>(name, values);
    public void WriteDoubleArray(ReadOnlySpan<byte> name, double[]? values) => Array<double, DoubleJson>(name, values);
    public void WriteStringArray(ReadOnlySpan<byte> name, string?[]? values) => Array<string?, StringJson>(name, values);
    public void WriteDateTimeArray(ReadOnlySpan<byte> name, DateTime[]? values) => Array<DateTime, DateTimeJson>(name, values);
    public void WriteGuidArray(ReadOnlySpan<byte> name, Guid[]? values) => Array<Guid, GuidJson>(name, values);
    public void WriteByteStringArray(ReadOnlySpan<byte> name, ByteString[]? values) => Array<ByteString, ByteStringJson>(name, values);
    public void WriteXmlElementArray(ReadOnlySpan<byte> name, XmlElement[]? values) => Array<XmlElement, XmlElementJson>(name, values);
    public void WriteNodeIdArray(ReadOnlySpan<byte> name, NodeId[]? values) => Array<NodeId, NodeIdJson>(name, values);
    public void WriteExpandedNodeIdArray(ReadOnlySpan<byte> name, ExpandedNodeId[]? values) => Array<ExpandedNodeId, ExpandedNodeIdJson>(name, values);
    public void WriteStatusCodeArray(ReadOnlySpan<byte> name, StatusCode[]? values) => Array<StatusCode, StatusCodeJson>(name, values);
    public void WriteQualifiedNameArray(ReadOnlySpan<byte> name, QualifiedName[]? values) => Array<QualifiedName, QualifiedNameJson>(name, values);
    public void WriteLocalizedTextArray(ReadOnlySpan<byte> name, LocalizedText[]? values) => Array<LocalizedText, LocalizedTextJson>(name, values);
    public void WriteExtensionObjectArray(ReadOnlySpan<byte> name, ExtensionObject?[]? values) => Array<ExtensionObject?, ExtensionObjectJson>(name, values);
    public void WriteDataValueArray(ReadOnlySpan<byte> name, DataValue[]? values) => Array<DataValue, DataValueJson>(name, values);
    public void WriteVariantArray(ReadOnlySpan<byte> name, Variant[]? values) => Array<Variant, VariantJson>(name, values);
    public void WriteDiagnosticInfoArray(ReadOnlySpan<byte> name, DiagnosticInfo?[]? values) => Array<DiagnosticInfo?, DiagnosticInfoJson>(name, values);
    public void WriteStructureArray<T>(ReadOnlySpan<byte> name, T[]? values) where T : IStructure<T>, new() => Array<T, StructureJson<T>>(name, values);
    public void WriteEnumArray<T>(ReadOnlySpan<byte> name, T[]? values) where T : unmanaged, Enum => Array<T, EnumJson<T>>(name, values);

    // Of a Variant. Part 6 5.1.11: a null array and an empty one mean the same; only [] says that it is an array.
    private void Elements(BuiltInType type, Array? elements)
    {
        switch (type)
        {
            case BuiltInType.Boolean: Array<bool, BooleanJson>((bool[]?)elements ?? []); break;
            case BuiltInType.SByte: Array<sbyte, SByteJson>((sbyte[]?)elements ?? []); break;
            case BuiltInType.Byte: Array<byte, ByteJson>((byte[]?)elements ?? []); break;
            case BuiltInType.Int16: Array<short, Int16Json>((short[]?)elements ?? []); break;
            case BuiltInType.UInt16: Array<ushort, UInt16Json>((ushort[]?)elements ?? []); break;
            case BuiltInType.Int32: Array<int, Int32Json>((int[]?)elements ?? []); break;
            case BuiltInType.UInt32: Array<uint, UInt32Json>((uint[]?)elements ?? []); break;
            case BuiltInType.Int64: Array<long, Int64Json>((long[]?)elements ?? []); break;
            case BuiltInType.UInt64: Array<ulong, UInt64Json>((ulong[]?)elements ?? []); break;
            case BuiltInType.Float: Array<float, FloatJson>((float[]?)elements ?? []); break;
            case BuiltInType.Double: Array<double, DoubleJson>((double[]?)elements ?? []); break;
            case BuiltInType.String: Array<string?, StringJson>((string?[]?)elements ?? []); break;
            case BuiltInType.DateTime: Array<DateTime, DateTimeJson>((DateTime[]?)elements ?? []); break;
            case BuiltInType.Guid: Array<Guid, GuidJson>((Guid[]?)elements ?? []); break;
            case BuiltInType.ByteString: Array<ByteString, ByteStringJson>((ByteString[]?)elements ?? []); break;
            case BuiltInType.XmlElement: Array<XmlElement, XmlElementJson>((XmlElement[]?)elements ?? []); break;
            case BuiltInType.NodeId: Array<NodeId, NodeIdJson>((NodeId[]?)elements ?? []); break;
            case BuiltInType.ExpandedNodeId: Array<ExpandedNodeId, ExpandedNodeIdJson>((ExpandedNodeId[]?)elements ?? []); break;
            case BuiltInType.StatusCode: Array<StatusCode, StatusCodeJson>((StatusCode[]?)elements ?? []); break;
            case BuiltInType.QualifiedName: Array<QualifiedName, QualifiedNameJson>((QualifiedName[]?)elements ?? []); break;
            case BuiltInType.LocalizedText: Array<LocalizedText, LocalizedTextJson>((LocalizedText[]?)elements ?? []); break;
            case BuiltInType.ExtensionObject: Array<ExtensionObject?, ExtensionObjectJson>((ExtensionObject?[]?)elements ?? []); break;
            case BuiltInType.DataValue: Array<DataValue, DataValueJson>((DataValue[]?)elements ?? []); break;
            case BuiltInType.Variant: Array<Variant, VariantJson>((Variant[]?)elements ?? []); break;
            case BuiltInType.DiagnosticInfo: Array<DiagnosticInfo?, DiagnosticInfoJson>((DiagnosticInfo?[]?)elements ?? []); break;
            default: throw new CodecException(StatusCodes.BadEncodingError, $"No array of {type} can be encoded.");
        }
    }
}
