namespace OpcPortal.Ua;

/// <summary>How one type stands as an element of a JSON array. Resolved when compiled, so that an array costs no call through an interface.</summary>
internal interface IJsonValue<T>
{
    static abstract void Write(ref JsonEncoder encoder, T value);
    static abstract T Read(ref JsonDecoder decoder);
}

internal readonly struct BooleanJson : IJsonValue<bool>
{
    public static void Write(ref JsonEncoder encoder, bool value) => encoder.Value(value);
    public static bool Read(ref JsonDecoder decoder) => decoder.ReadBoolean();
}

internal readonly struct SByteJson : IJsonValue<sbyte>
{
    public static void Write(ref JsonEncoder encoder, sbyte value) => encoder.Value(value);
    public static sbyte Read(ref JsonDecoder decoder) => decoder.ReadSByte();
}

internal readonly struct ByteJson : IJsonValue<byte>
{
    public static void Write(ref JsonEncoder encoder, byte value) => encoder.Value(value);
    public static byte Read(ref JsonDecoder decoder) => decoder.ReadByte();
}

internal readonly struct Int16Json : IJsonValue<short>
{
    public static void Write(ref JsonEncoder encoder, short value) => encoder.Value(value);
    public static short Read(ref JsonDecoder decoder) => decoder.ReadInt16();
}

internal readonly struct UInt16Json : IJsonValue<ushort>
{
    public static void Write(ref JsonEncoder encoder, ushort value) => encoder.Value(value);
    public static ushort Read(ref JsonDecoder decoder) => decoder.ReadUInt16();
}

internal readonly struct Int32Json : IJsonValue<int>
{
    public static void Write(ref JsonEncoder encoder, int value) => encoder.Value(value);
    public static int Read(ref JsonDecoder decoder) => decoder.ReadInt32();
}

internal readonly struct UInt32Json : IJsonValue<uint>
{
    public static void Write(ref JsonEncoder encoder, uint value) => encoder.Value(value);
    public static uint Read(ref JsonDecoder decoder) => decoder.ReadUInt32();
}

internal readonly struct Int64Json : IJsonValue<long>
{
    public static void Write(ref JsonEncoder encoder, long value) => encoder.Value(value);
    public static long Read(ref JsonDecoder decoder) => decoder.ReadInt64();
}

internal readonly struct UInt64Json : IJsonValue<ulong>
{
    public static void Write(ref JsonEncoder encoder, ulong value) => encoder.Value(value);
    public static ulong Read(ref JsonDecoder decoder) => decoder.ReadUInt64();
}

internal readonly struct FloatJson : IJsonValue<float>
{
    public static void Write(ref JsonEncoder encoder, float value) => encoder.Value(value);
    public static float Read(ref JsonDecoder decoder) => decoder.ReadFloat();
}

internal readonly struct DoubleJson : IJsonValue<double>
{
    public static void Write(ref JsonEncoder encoder, double value) => encoder.Value(value);
    public static double Read(ref JsonDecoder decoder) => decoder.ReadDouble();
}

internal readonly struct StringJson : IJsonValue<string?>
{
    public static void Write(ref JsonEncoder encoder, string? value) => encoder.Value(value);
    public static string? Read(ref JsonDecoder decoder) => decoder.ReadString();
}

internal readonly struct DateTimeJson : IJsonValue<DateTime>
{
    public static void Write(ref JsonEncoder encoder, DateTime value) => encoder.Value(value);
    public static DateTime Read(ref JsonDecoder decoder) => decoder.ReadDateTime();
}

internal readonly struct GuidJson : IJsonValue<Guid>
{
    public static void Write(ref JsonEncoder encoder, Guid value) => encoder.Value(value);
    public static Guid Read(ref JsonDecoder decoder) => decoder.ReadGuid();
}

internal readonly struct ByteStringJson : IJsonValue<ByteString>
{
    public static void Write(ref JsonEncoder encoder, ByteString value) => encoder.Value(value);
    public static ByteString Read(ref JsonDecoder decoder) => decoder.ReadByteString();
}

internal readonly struct XmlElementJson : IJsonValue<XmlElement>
{
    public static void Write(ref JsonEncoder encoder, XmlElement value) => encoder.Value(value);
    public static XmlElement Read(ref JsonDecoder decoder) => decoder.ReadXmlElement();
}

internal readonly struct NodeIdJson : IJsonValue<NodeId>
{
    public static void Write(ref JsonEncoder encoder, NodeId value) => encoder.Value(value);
    public static NodeId Read(ref JsonDecoder decoder) => decoder.ReadNodeId();
}

internal readonly struct ExpandedNodeIdJson : IJsonValue<ExpandedNodeId>
{
    public static void Write(ref JsonEncoder encoder, ExpandedNodeId value) => encoder.Value(value);
    public static ExpandedNodeId Read(ref JsonDecoder decoder) => decoder.ReadExpandedNodeId();
}

internal readonly struct StatusCodeJson : IJsonValue<StatusCode>
{
    public static void Write(ref JsonEncoder encoder, StatusCode value) => encoder.Value(value);
    public static StatusCode Read(ref JsonDecoder decoder) => decoder.ReadStatusCode();
}

internal readonly struct QualifiedNameJson : IJsonValue<QualifiedName>
{
    public static void Write(ref JsonEncoder encoder, QualifiedName value) => encoder.Value(value);
    public static QualifiedName Read(ref JsonDecoder decoder) => decoder.ReadQualifiedName();
}

internal readonly struct LocalizedTextJson : IJsonValue<LocalizedText>
{
    public static void Write(ref JsonEncoder encoder, LocalizedText value) => encoder.Value(value);
    public static LocalizedText Read(ref JsonDecoder decoder) => decoder.ReadLocalizedText();
}

internal readonly struct ExtensionObjectJson : IJsonValue<ExtensionObject?>
{
    public static void Write(ref JsonEncoder encoder, ExtensionObject? value) => encoder.Value(value);
    public static ExtensionObject? Read(ref JsonDecoder decoder) => decoder.ReadExtensionObject();
}

internal readonly struct DataValueJson : IJsonValue<DataValue>
{
    public static void Write(ref JsonEncoder encoder, DataValue value) => encoder.Value(value);
    public static DataValue Read(ref JsonDecoder decoder) => decoder.ReadDataValue();
}

internal readonly struct VariantJson : IJsonValue<Variant>
{
    public static void Write(ref JsonEncoder encoder, Variant value) => encoder.Value(value);
    public static Variant Read(ref JsonDecoder decoder) => decoder.ReadVariant();
}

internal readonly struct DiagnosticInfoJson : IJsonValue<DiagnosticInfo?>
{
    public static void Write(ref JsonEncoder encoder, DiagnosticInfo? value) => encoder.Value(value);
    public static DiagnosticInfo? Read(ref JsonDecoder decoder) => decoder.ReadDiagnosticInfo();
}

internal readonly struct StructureJson<T> : IJsonValue<T>
    where T : IStructure<T>, new()
{
    public static void Write(ref JsonEncoder encoder, T value) => encoder.Object(value);
    public static T Read(ref JsonDecoder decoder) => decoder.ReadStructure<T>();
}

internal readonly struct EnumJson<T> : IJsonValue<T>
    where T : unmanaged, Enum
{
    public static void Write(ref JsonEncoder encoder, T value) => encoder.EnumValue(value);
    public static T Read(ref JsonDecoder decoder) => decoder.ReadEnum<T>();
}
