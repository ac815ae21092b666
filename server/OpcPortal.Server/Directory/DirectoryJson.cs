using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// How records are written into the store: JSON without what has its default, so that equal records are equal texts. A member that is not known is refused: it comes from a newer
/// server, and would be lost with the next change.
/// </summary>
internal static class DirectoryJson
{
    /// <summary>Nested objects and arrays: the deepest record has five.</summary>
    private const int MaxDepth = 16;

    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            // It stands in a database, never in a page.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutDefaults } },
            RespectNullableAnnotations = true,
            AllowDuplicateProperties = false,
            MaxDepth = MaxDepth,
            Converters = { new JsonStringEnumConverter(), new PeriodConverter(), new InstantConverter() },
        };
        options.MakeReadOnly();
        return options;
    }

    private static void LeaveOutDefaults(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.IsRequired) continue;
            if (property.PropertyType == typeof(IReadOnlyList<string>)) property.ShouldSerialize = static (_, value) => value is IReadOnlyList<string> { Count: > 0 };
            else if (property.PropertyType == typeof(ActivePeriod)) property.ShouldSerialize = static (_, value) => value is ActivePeriod period && period != ActivePeriod.Always;
        }
    }

    // Without an end that is not there.
    private sealed class PeriodConverter : JsonConverter<ActivePeriod>
    {
        public override ActivePeriod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var (from, until) = (DateTime.MinValue, DateTime.MaxValue);
            if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A period is an object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isFrom = reader.ValueTextEquals("from"u8);
                if (!isFrom && !reader.ValueTextEquals("until"u8)) throw new JsonException("A period has from and until.");
                reader.Read();
                if (isFrom) from = InstantConverter.Parse(ref reader);
                else until = InstantConverter.Parse(ref reader);
            }

            return new ActivePeriod(from, until);
        }

        public override void Write(Utf8JsonWriter writer, ActivePeriod value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            if (value.From != DateTime.MinValue) writer.WriteString("from"u8, InstantConverter.Write(value.From));
            if (value.Until != DateTime.MaxValue) writer.WriteString("until"u8, InstantConverter.Write(value.Until));
            writer.WriteEndObject();
        }
    }

    // Every instant of the directory is UTC, to the tick: signatures are over it.
    private sealed class InstantConverter : JsonConverter<DateTime>
    {
        private const string Form = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

        public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(ref reader);

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) => writer.WriteStringValue(Write(value));

        // Z alone: it is as it was written, and UTC.
        public static DateTime Parse(ref Utf8JsonReader reader) =>
            reader.TokenType == JsonTokenType.String && reader.TryGetDateTime(out var at) && at.Kind == DateTimeKind.Utc ? at : throw new JsonException("It is no instant of UTC.");

        public static string Write(DateTime value) => value.ToString(Form, CultureInfo.InvariantCulture);
    }
}
