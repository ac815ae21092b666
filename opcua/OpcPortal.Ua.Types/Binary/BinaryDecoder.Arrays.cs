using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpcPortal.Ua;

// Arrays, Part 6 5.2.5: an Int32 length, below 0 for null, then the elements.
public ref partial struct BinaryDecoder
{
    /// <summary>
    /// Reads a length and refuses it before anything is allocated: it must keep to the limit, fit the bytes left
    /// when each element takes <paramref name="minimumElementBytes"/>, and leave the message's memory budget standing.
    /// </summary>
    private bool TryReadArrayLength<T>(int minimumElementBytes, out int length)
    {
        length = ReadInt32();
        if (length < 0) return false;
        if (length > _context.Limits.MaxArrayLength)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"An array of {length} elements exceeds the limit of {_context.Limits.MaxArrayLength}.");
        if ((long)length * minimumElementBytes > Remaining)
            throw Malformed($"An array of {length} elements does not fit into {Remaining} bytes.");
        _decodedBytes += (long)length * Unsafe.SizeOf<T>();
        if (_decodedBytes > _context.Limits.MaxDecodedBytes)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, "The arrays of the message take too much memory.");
        return true;
    }

    private T[]? ReadNumbers<T>() where T : unmanaged
    {
        if (!TryReadArrayLength<T>(Unsafe.SizeOf<T>(), out var length)) return null;
        if (length == 0) return [];
        var values = GC.AllocateUninitializedArray<T>(length);
        Take(length * Unsafe.SizeOf<T>()).CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public byte[]? ReadByteArray() => ReadNumbers<byte>();
    public sbyte[]? ReadSByteArray() => ReadNumbers<sbyte>();
    public short[]? ReadInt16Array() => ReadNumbers<short>();
    public ushort[]? ReadUInt16Array() => ReadNumbers<ushort>();
    public int[]? ReadInt32Array() => ReadNumbers<int>();
    public uint[]? ReadUInt32Array() => ReadNumbers<uint>();
    public long[]? ReadInt64Array() => ReadNumbers<long>();
    public ulong[]? ReadUInt64Array() => ReadNumbers<ulong>();
    public float[]? ReadFloatArray() => ReadNumbers<float>();
    public double[]? ReadDoubleArray() => ReadNumbers<double>();

    public bool[]? ReadBooleanArray()
    {
        if (!TryReadArrayLength<bool>(1, out var length)) return null;
        var values = new bool[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadBoolean();
        return values;
    }

    public string?[]? ReadStringArray()
    {
        if (!TryReadArrayLength<string?>(4, out var length)) return null;
        var values = new string?[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadString();
        return values;
    }

    public DateTime[]? ReadDateTimeArray()
    {
        if (!TryReadArrayLength<DateTime>(8, out var length)) return null;
        var values = new DateTime[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadDateTime();
        return values;
    }

    public Guid[]? ReadGuidArray()
    {
        if (!TryReadArrayLength<Guid>(16, out var length)) return null;
        var values = new Guid[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadGuid();
        return values;
    }

    public ByteString[]? ReadByteStringArray()
    {
        if (!TryReadArrayLength<ByteString>(4, out var length)) return null;
        var values = new ByteString[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadByteString();
        return values;
    }

    public XmlElement[]? ReadXmlElementArray()
    {
        if (!TryReadArrayLength<XmlElement>(4, out var length)) return null;
        var values = new XmlElement[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadXmlElement();
        return values;
    }

    public NodeId[]? ReadNodeIdArray()
    {
        if (!TryReadArrayLength<NodeId>(2, out var length)) return null;
        var values = new NodeId[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadNodeId();
        return values;
    }

    public ExpandedNodeId[]? ReadExpandedNodeIdArray()
    {
        if (!TryReadArrayLength<ExpandedNodeId>(2, out var length)) return null;
        var values = new ExpandedNodeId[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadExpandedNodeId();
        return values;
    }

    public StatusCode[]? ReadStatusCodeArray()
    {
        if (!TryReadArrayLength<StatusCode>(4, out var length)) return null;
        var values = new StatusCode[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadStatusCode();
        return values;
    }

    public QualifiedName[]? ReadQualifiedNameArray()
    {
        if (!TryReadArrayLength<QualifiedName>(6, out var length)) return null;
        var values = new QualifiedName[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadQualifiedName();
        return values;
    }

    public LocalizedText[]? ReadLocalizedTextArray()
    {
        if (!TryReadArrayLength<LocalizedText>(1, out var length)) return null;
        var values = new LocalizedText[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadLocalizedText();
        return values;
    }

    public ExtensionObject?[]? ReadExtensionObjectArray()
    {
        if (!TryReadArrayLength<ExtensionObject?>(3, out var length)) return null;
        var values = new ExtensionObject?[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadExtensionObject();
        return values;
    }

    public DataValue[]? ReadDataValueArray()
    {
        if (!TryReadArrayLength<DataValue>(1, out var length)) return null;
        var values = new DataValue[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadDataValue();
        return values;
    }

    public Variant[]? ReadVariantArray()
    {
        if (!TryReadArrayLength<Variant>(1, out var length)) return null;
        var values = new Variant[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadVariant();
        return values;
    }

    public DiagnosticInfo?[]? ReadDiagnosticInfoArray()
    {
        if (!TryReadArrayLength<DiagnosticInfo?>(1, out var length)) return null;
        var values = new DiagnosticInfo?[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadDiagnosticInfo();
        return values;
    }

    public T[]? ReadStructureArray<T>() where T : IStructure<T>
    {
        // A structure takes a byte at least: the standard has no array of an empty one.
        if (!TryReadArrayLength<T>(1, out var length)) return null;
        var values = new T[length];
        for (var i = 0; i < values.Length; i++) values[i] = T.Decode(ref this);
        return values;
    }

    public T[]? ReadEnumArray<T>() where T : unmanaged, Enum
    {
        if (!TryReadArrayLength<T>(4, out var length)) return null;
        var values = new T[length];
        for (var i = 0; i < values.Length; i++) values[i] = ReadEnum<T>();
        return values;
    }
}
