using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpcPortal.Ua;

namespace OpcPortal.Cli.Values;

/// <summary>Values for scripts: numbers as numbers, structures as objects, times as ISO 8601, what JSON has no form for as text.</summary>
internal static class ValueJson
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <summary>A document, written by the caller.</summary>
    public static string Document(Action<Utf8JsonWriter> write, bool isLine = false)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, isLine ? Compact : Indented)) write(json);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case sbyte or byte or short or ushort or int: json.WriteNumberValue(Convert.ToInt32(value, null)); break;
            case uint number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case float number: WriteNumber(json, number); break;
            case double number: WriteNumber(json, number); break;
            case DateTime time: json.WriteStringValue(ValueText.Format((object)time)); break;
            case ByteString bytes: WriteBytes(json, bytes.Bytes); break;
            case byte[] bytes: WriteBytes(json, bytes); break;
            case Variant variant: Write(json, variant.ToObject()); break;
            case Matrix matrix: Write(json, matrix.Elements); break;
            case DataValue data: WriteData(json, data); break;
            case ExtensionObject { Structure: { } structure }: Write(json, structure); break;
            case ExtensionObject opaque: WriteOpaque(json, opaque); break;
            case IStructure structure: WriteStructure(json, structure); break;
            case Array array: WriteArray(json, array); break;
            default: json.WriteStringValue(value.ToString()); break;
        }
    }

    /// <summary>The members that say what a value is worth.</summary>
    public static void WriteMembers(Utf8JsonWriter json, in DataValue data)
    {
        json.WritePropertyName("value");
        Write(json, data.Value.ToObject());
        if (!data.Value.IsNull) json.WriteString("type", data.Value.Type.ToString());
        json.WriteString("status", data.StatusCode.ToString());
        if (data.SourceTimestamp != DateTime.MinValue) json.WriteString("sourceTime", ValueText.Format((object)data.SourceTimestamp));
        if (data.ServerTimestamp != DateTime.MinValue) json.WriteString("serverTime", ValueText.Format((object)data.ServerTimestamp));
    }

    // JSON has no infinities and no NaN.
    private static void WriteNumber(Utf8JsonWriter json, float number)
    {
        if (float.IsFinite(number)) json.WriteNumberValue(number);
        else json.WriteStringValue(ValueText.Format((object)number));
    }

    private static void WriteNumber(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number)) json.WriteNumberValue(number);
        else json.WriteStringValue(ValueText.Format((object)number));
    }

    private static void WriteBytes(Utf8JsonWriter json, byte[]? bytes)
    {
        if (bytes is null) json.WriteNullValue();
        else json.WriteBase64StringValue(bytes);
    }

    private static void WriteData(Utf8JsonWriter json, in DataValue data)
    {
        json.WriteStartObject();
        WriteMembers(json, data);
        json.WriteEndObject();
    }

    private static void WriteOpaque(Utf8JsonWriter json, ExtensionObject opaque)
    {
        json.WriteStartObject();
        json.WriteString("typeId", opaque.TypeId.ToString());
        json.WritePropertyName("body");
        if (opaque.Xml is { } xml) json.WriteStringValue(xml.Xml);
        else WriteBytes(json, opaque.Binary?.Bytes);
        json.WriteEndObject();
    }

    private static void WriteStructure(Utf8JsonWriter json, IStructure structure)
    {
        json.WriteStartObject();
        foreach (var (name, value) in StructureFields.Of(structure))
        {
            json.WritePropertyName(name);
            Write(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, Array array)
    {
        json.WriteStartArray();
        foreach (var element in array) Write(json, element);
        json.WriteEndArray();
    }
}
