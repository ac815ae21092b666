using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpcPortal.Models;

/// <summary>The form of rows in files: a JSON object a line, the body as a text of its own, so that no tool that rewrites JSON changes what is hashed.</summary>
public static class EvidenceText
{
    /// <summary>A line that is longer is no row: bodies are bounded where they are made, see the server's recorder.</summary>
    public const int MaxLineLength = 1 << 20;

    private const string TimeForm = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(EvidenceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var buffer = new ArrayBufferWriter<byte>(row.Body.Length + 512);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("class"u8, row.Class.ToString());
        json.WriteNumber("sequence"u8, row.Sequence);
        json.WriteString("time"u8, row.Time.ToString(TimeForm, CultureInfo.InvariantCulture));
        json.WriteString("kind"u8, row.Kind.ToString());
        json.WriteString("type"u8, row.Type);
        json.WriteString("party"u8, row.Party);
        json.WriteString("body"u8, row.Body);
        json.WriteString("previous"u8, row.Previous.ToString());
        json.WriteString("hash"u8, row.Hash.ToString());
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a line; every member must be there once, and no other.</summary>
    public static bool TryRead(string line, out EvidenceRow? row)
    {
        row = null;
        ArgumentNullException.ThrowIfNull(line);
        if (line.Length > MaxLineLength) return false;
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 2, AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object && TryRead(document.RootElement, out row);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryRead(JsonElement json, out EvidenceRow? row)
    {
        row = null;
        if (json.GetPropertyCount() != 9 || !json.TryGetProperty("sequence"u8, out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var sequence)) return false;
        if (!TryClass(Text(json, "class"u8), out var @class) || !TryName<EvidenceKind>(Text(json, "kind"u8), out var kind) || !TryTime(Text(json, "time"u8), out var time)) return false;
        if (!EvidenceDigest.TryParse(Text(json, "previous"u8), out var previous) || !EvidenceDigest.TryParse(Text(json, "hash"u8), out var hash)) return false;
        if (Text(json, "type"u8) is not { } type || Text(json, "party"u8) is not { } party || Text(json, "body"u8) is not { } body) return false;
        row = new EvidenceRow { Class = @class, Sequence = sequence, Time = time, Kind = kind, Type = type, Party = party, Body = body, Previous = previous, Hash = hash };
        return true;
    }

    /// <summary>The name of a class, as it stands in files and commands; upper and lower case are one.</summary>
    public static bool TryClass(string? text, out EvidenceClass @class) => TryName(text, out @class);

    private static bool TryName<T>(string? text, out T value) where T : struct, Enum =>
        Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && char.IsAsciiLetter(text![0]);

    private static bool TryTime(string? text, out DateTime time) =>
        DateTime.TryParseExact(text, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out time);

    private static string? Text(JsonElement json, ReadOnlySpan<byte> name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
