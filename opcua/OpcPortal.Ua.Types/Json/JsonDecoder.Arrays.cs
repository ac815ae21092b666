namespace OpcPortal.Ua;

// Arrays, Part 6 5.4.5: JSON arrays, or null.
public ref partial struct JsonDecoder
{
    public bool[]? ReadBooleanArray() => Array<bool, BooleanJson>();
    public sbyte[]? ReadSByteArray() => Array<sbyte, SByteJson>();
    public byte[]? ReadByteArray() => Array<byte, ByteJson>();
    public short[]? ReadInt16Array() => Array<short, Int16Json>();
    public ushort[]? ReadUInt16Array() => Array<ushort, UInt16Json>();
    public int[]? ReadInt32Array() => Array<int, Int32Json>();
    public uint[]? ReadUInt32Array() => Array<uint, UInt32Json>();
    public long[]? ReadInt64Array() => Array<long, Int64Json>();
    public ulong[]? ReadUInt64Array() => Array<ulong, UInt64Json>();
    public float[]? ReadFloatArray() => Array<float, FloatJson>();
    public double[]? ReadDoubleArray() => Array<double, DoubleJson>();
    public string?[]? ReadStringArray() => Array<string?, StringJson>();
    public DateTime[]? ReadDateTimeArray() => Array<DateTime, DateTimeJson>();
    public Guid[]? ReadGuidArray() => Array<Guid, GuidJson>();
    public ByteString[]? ReadByteStringArray() => Array<ByteString, ByteStringJson>();
    public XmlElement[]? ReadXmlElementArray() => Array<XmlElement, XmlElementJson>();
    public NodeId[]? ReadNodeIdArray() => Array<NodeId, NodeIdJson>();
    public ExpandedNodeId[]? ReadExpandedNodeIdArray() => Array<ExpandedNodeId, ExpandedNodeIdJson>();
    public StatusCode[]? ReadStatusCodeArray() => Array<StatusCode, StatusCodeJson>();
    public QualifiedName[]? ReadQualifiedNameArray() => Array<QualifiedName, QualifiedNameJson>();
    public LocalizedText[]? ReadLocalizedTextArray() => Array<LocalizedText, LocalizedTextJson>();
    public ExtensionObject?[]? ReadExtensionObjectArray() => Array<ExtensionObject?, ExtensionObjectJson>();
    public DataValue[]? ReadDataValueArray() => Array<DataValue, DataValueJson>();
    public Variant[]? ReadVariantArray() => Array<Variant, VariantJson>();
    public DiagnosticInfo?[]? ReadDiagnosticInfoArray() => Array<DiagnosticInfo?, DiagnosticInfoJson>();
    public T[]? ReadStructureArray<T>() where T : IStructure<T>, new() => Array<T, StructureJson<T>>();
    public T[]? ReadEnumArray<T>() where T : unmanaged, Enum => Array<T, EnumJson<T>>();

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
