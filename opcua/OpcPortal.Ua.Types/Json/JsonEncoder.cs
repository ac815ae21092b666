using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpcPortal.Ua;

/// <summary>Writes OPC UA JSON, compact or verbose, through a <see cref="Utf8JsonWriter"/>. Part 6 5.4.</summary>
/// <param name="writer">Where it goes; made with <see cref="WriterOptions"/> so that it nests as deep as the limits allow. The caller flushes it.</param>
/// <param name="context">Form, namespaces, limits.</param>
public ref partial struct JsonEncoder(Utf8JsonWriter writer, JsonContext context)
{
    private readonly Utf8JsonWriter _writer = writer;
    private readonly JsonContext _context = context;
    private readonly bool _isCompact = context.Form == JsonForm.Compact;
    private int _depth;

    public readonly JsonContext Context => _context;

    /// <summary>Text beyond ASCII stays as it is: the output is UTF-8 by RFC 8259 and not meant to stand in HTML.</summary>
    public static JsonWriterOptions WriterOptions(JsonContext context) =>
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = context.MaxLevels };

    /// <summary>The fields of a structure as one object, without its type.</summary>
    /// <exception cref="CodecException">A limit is exceeded, or a value has no JSON form.</exception>
    public static byte[] ToUtf8(IStructure structure, JsonContext context) =>
        ToUtf8(structure, context, static (ref JsonEncoder encoder, IStructure value) => encoder.Object(value));

    /// <summary>A structure with its type in UaTypeId: also the form of a service's message. Part 6 5.4.9.</summary>
    public static byte[] ToUtf8(ExtensionObject? value, JsonContext context) =>
        ToUtf8(value, context, static (ref JsonEncoder encoder, ExtensionObject? value) => encoder.Value(value));

    public static byte[] ToUtf8(in Variant value, JsonContext context) =>
        ToUtf8(value, context, static (ref JsonEncoder encoder, Variant value) => encoder.Value(value));

    public static byte[] ToUtf8(in DataValue value, JsonContext context) =>
        ToUtf8(value, context, static (ref JsonEncoder encoder, DataValue value) => encoder.Value(value));

    private delegate void ValueWriter<in T>(ref JsonEncoder encoder, T value);

    private static byte[] ToUtf8<T>(T value, JsonContext context, ValueWriter<T> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, WriterOptions(context));
        var encoder = new JsonEncoder(writer, context);
        write(ref encoder, value);
        writer.Flush();
        encoder.Room(0);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Refuses what would pass the limit before it is buffered.</summary>
    private readonly void Room(int more)
    {
        if (_writer.BytesCommitted + _writer.BytesPending + more > _context.Limits.MaxEncodedLength)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"The message exceeds {_context.Limits.MaxEncodedLength} bytes.");
    }

    private void Enter()
    {
        if (++_depth > _context.Limits.MaxDepth)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"Nested deeper than {_context.Limits.MaxDepth}.");
        Room(0);
    }

    private void Leave() => _depth--;

    // Part 6 5.4.6: the compact form leaves a default value out.
    private readonly bool Begin(ReadOnlySpan<byte> name, bool isDefault)
    {
        if (isDefault && _isCompact) return false;
        _writer.WritePropertyName(name);
        return true;
    }

    // Part 6 5.4.2.1: null is left out in the compact form, and null in the verbose.
    private readonly bool BeginNullable(ReadOnlySpan<byte> name, bool isNull)
    {
        if (isNull && !_isCompact) _writer.WriteNull(name);
        if (isNull) return false;
        _writer.WritePropertyName(name);
        return true;
    }

    // Beside the name, each writes its value as 5.4.2 says; the ones of 64 bits are text.
    public readonly void WriteBoolean(ReadOnlySpan<byte> name, bool value) { if (Begin(name, !value)) Value(value); }
    public readonly void WriteSByte(ReadOnlySpan<byte> name, sbyte value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteByte(ReadOnlySpan<byte> name, byte value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteInt16(ReadOnlySpan<byte> name, short value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteUInt16(ReadOnlySpan<byte> name, ushort value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteInt32(ReadOnlySpan<byte> name, int value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteUInt32(ReadOnlySpan<byte> name, uint value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteInt64(ReadOnlySpan<byte> name, long value) { if (Begin(name, value == 0)) Value(value); }
    public readonly void WriteUInt64(ReadOnlySpan<byte> name, ulong value) { if (Begin(name, value == 0)) Value(value); }

    // By bits: -0 is not the default.
    public readonly void WriteFloat(ReadOnlySpan<byte> name, float value) { if (Begin(name, BitConverter.SingleToInt32Bits(value) == 0)) Value(value); }
    public readonly void WriteDouble(ReadOnlySpan<byte> name, double value) { if (Begin(name, BitConverter.DoubleToInt64Bits(value) == 0)) Value(value); }
    public readonly void WriteString(ReadOnlySpan<byte> name, string? value) { if (BeginNullable(name, value is null)) Value(value); }
    public readonly void WriteDateTime(ReadOnlySpan<byte> name, DateTime value) { if (BeginNullable(name, IsNull(value))) Value(value); }
    public readonly void WriteGuid(ReadOnlySpan<byte> name, Guid value) { if (BeginNullable(name, value == Guid.Empty)) Value(value); }
    public readonly void WriteByteString(ReadOnlySpan<byte> name, ByteString value) { if (BeginNullable(name, value.IsNull)) Value(value); }
    public readonly void WriteXmlElement(ReadOnlySpan<byte> name, XmlElement value) { if (BeginNullable(name, value.IsNull)) Value(value); }
    public readonly void WriteNodeId(ReadOnlySpan<byte> name, in NodeId value) { if (BeginNullable(name, value.IsNull)) Value(value); }
    public readonly void WriteExpandedNodeId(ReadOnlySpan<byte> name, in ExpandedNodeId value) { if (BeginNullable(name, value.IsNull)) Value(value); }
    public readonly void WriteStatusCode(ReadOnlySpan<byte> name, StatusCode value) { if (Begin(name, value.Code == 0)) Value(value); }
    public readonly void WriteQualifiedName(ReadOnlySpan<byte> name, in QualifiedName value) { if (BeginNullable(name, value.IsNull)) Value(value); }
    public readonly void WriteLocalizedText(ReadOnlySpan<byte> name, in LocalizedText value) { if (BeginNullable(name, IsNull(value))) Value(value); }
    public void WriteDiagnosticInfo(ReadOnlySpan<byte> name, DiagnosticInfo? value) { if (BeginNullable(name, value is null)) Value(value); }
    public void WriteVariant(ReadOnlySpan<byte> name, in Variant value) { if (BeginNullable(name, value.IsNull)) Value(value); }
    public void WriteDataValue(ReadOnlySpan<byte> name, in DataValue value) { if (Begin(name, value == default)) Value(value); }

    public void WriteExtensionObject(ReadOnlySpan<byte> name, ExtensionObject? value)
    {
        if (!Begin(name, value is null)) return;
        if (value is not null) { Value(value); return; }
        // Part 6 5.4.2.16: the default value is an empty object in the verbose form.
        _writer.WriteStartObject();
        _writer.WriteEndObject();
    }

    public readonly void WriteEnum<T>(ReadOnlySpan<byte> name, T value) where T : unmanaged, Enum { if (Begin(name, EqualityComparer<T>.Default.Equals(value, default))) EnumValue(value); }

    /// <summary>Null is written as a default instance: a structure field is never absent. Its own fields may all be.</summary>
    public void WriteStructure<T>(ReadOnlySpan<byte> name, T? value) where T : IStructure<T>, new()
    {
        _writer.WritePropertyName(name);
        Object(value ?? new T());
    }

    private static bool IsNull(DateTime value) => UaTime.ToWire(value) == 0;

    // Part 6 5.4.2.15: its parts are left out where they are null or empty, so there is no other empty text.
    private static bool IsNull(in LocalizedText value) => string.IsNullOrEmpty(value.Locale) && string.IsNullOrEmpty(value.Text);

    private readonly void RequireUnicode(string value)
    {
        Room(value.Length);
        if (value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return;
        try
        {
            BinaryEncoder.StrictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException)
        {
            throw new CodecException(StatusCodes.BadEncodingError, "A string holds an unpaired surrogate.");
        }
    }
}
