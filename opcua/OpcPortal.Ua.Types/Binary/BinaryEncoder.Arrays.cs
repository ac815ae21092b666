using System.Runtime.InteropServices;

namespace OpcPortal.Ua;

// Arrays, Part 6 5.2.5: an Int32 length, -1 for null, then the elements.
public ref partial struct BinaryEncoder
{
    // The wire is little-endian, as is every machine that .NET 10 runs on.
    private void WriteNumbers<T>(T[]? values) where T : unmanaged
    {
        if (values is null)
        {
            WriteInt32(-1);
            return;
        }

        WriteInt32(values.Length);
        WriteRaw(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private void WriteInt32Span(ReadOnlySpan<int> values)
    {
        WriteInt32(values.Length);
        WriteRaw(MemoryMarshal.AsBytes(values));
    }

    public void WriteByteArray(byte[]? values) => WriteBytes(values);
    public void WriteSByteArray(sbyte[]? values) => WriteNumbers(values);
    public void WriteInt16Array(short[]? values) => WriteNumbers(values);
    public void WriteUInt16Array(ushort[]? values) => WriteNumbers(values);
    public void WriteInt32Array(int[]? values) => WriteNumbers(values);
    public void WriteUInt32Array(uint[]? values) => WriteNumbers(values);
    public void WriteInt64Array(long[]? values) => WriteNumbers(values);
    public void WriteUInt64Array(ulong[]? values) => WriteNumbers(values);
    public void WriteFloatArray(float[]? values) => WriteNumbers(values);
    public void WriteDoubleArray(double[]? values) => WriteNumbers(values);

    public void WriteBooleanArray(bool[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteBoolean(value);
    }

    public void WriteStringArray(string?[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteString(value);
    }

    public void WriteDateTimeArray(DateTime[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteDateTime(value);
    }

    public void WriteGuidArray(Guid[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteGuid(value);
    }

    public void WriteByteStringArray(ByteString[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteByteString(value);
    }

    public void WriteXmlElementArray(XmlElement[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteXmlElement(value);
    }

    public void WriteNodeIdArray(NodeId[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (ref readonly var value in values.AsSpan()) WriteNodeId(value);
    }

    public void WriteExpandedNodeIdArray(ExpandedNodeId[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (ref readonly var value in values.AsSpan()) WriteExpandedNodeId(value);
    }

    public void WriteStatusCodeArray(StatusCode[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteStatusCode(value);
    }

    public void WriteQualifiedNameArray(QualifiedName[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (ref readonly var value in values.AsSpan()) WriteQualifiedName(value);
    }

    public void WriteLocalizedTextArray(LocalizedText[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (ref readonly var value in values.AsSpan()) WriteLocalizedText(value);
    }

    public void WriteExtensionObjectArray(ExtensionObject?[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteExtensionObject(value);
    }

    public void WriteDataValueArray(DataValue[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (ref readonly var value in values.AsSpan()) WriteDataValue(value);
    }

    public void WriteVariantArray(Variant[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (ref readonly var value in values.AsSpan()) WriteVariant(value);
    }

    public void WriteDiagnosticInfoArray(DiagnosticInfo?[]? values)
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteDiagnosticInfo(value);
    }

    public void WriteStructureArray<T>(T[]? values) where T : IStructure<T>
    {
        WriteInt32(values?.Length ?? -1);
        for (var i = 0; i < values?.Length; i++) values[i].Encode(ref this);
    }

    public void WriteEnumArray<T>(T[]? values) where T : unmanaged, Enum
    {
        WriteInt32(values?.Length ?? -1);
        foreach (var value in values ?? []) WriteEnum(value);
    }
}
