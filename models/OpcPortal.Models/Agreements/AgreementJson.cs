using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpcPortal.Models;

/// <summary>
/// The JSON form of agreements. Names as in the records, in camel case; enumerations as words in camel case; operations, relations and days as lists of words; instants as UTC
/// (<c>2027-01-01T00:00:00Z</c>); durations and times of day as <c>d.hh:mm:ss</c>. Members that are not known, or come twice, are refused.
/// </summary>
internal static class AgreementJson
{
    // Nested in an agreement: acts, act, terms, conditions, windows, window, days.
    private const int MaxDepth = 12;

    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerOptions.Strict)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            IgnoreReadOnlyProperties = true,
            MaxDepth = MaxDepth,
            WriteIndented = true,
        };
        options.Converters.Add(new FlagsConverter<Operations>());
        options.Converters.Add(new FlagsConverter<Relation>());
        options.Converters.Add(new WindowConverter());
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new DurationConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class InstantConverter : JsonConverter<DateTime>
    {
        private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

        public override DateTime Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            DateTime.TryParseExact(reader.GetString(), Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
                ? instant
                : throw new JsonException("An instant is written as UTC, such as 2027-01-01T00:00:00Z.");

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString(Forms[0], CultureInfo.InvariantCulture));
    }

    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TimeSpan.TryParseExact(reader.GetString(), "c", CultureInfo.InvariantCulture, out var duration) ? duration : throw new JsonException("A duration is written as d.hh:mm:ss.");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString("c", CultureInfo.InvariantCulture));
    }

    // A set of bits as a list of words, one for each bit.
    private sealed class FlagsConverter<T> : JsonConverter<T> where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            byte flags = 0;
            foreach (var word in JsonWords.Read(ref reader)) flags |= Convert.ToByte(JsonWords.Parse<T>(word), null) is var one && byte.IsPow2(one) ? one : throw new JsonException($"{word} is not one of them.");
            return (T)Enum.ToObject(typeof(T), flags);
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            JsonWords.Write(writer, from flag in Enum.GetValues<T>() where byte.IsPow2(Convert.ToByte(flag, null)) && value.HasFlag(flag) select flag);
    }

    private sealed class WindowConverter : JsonConverter<WeeklyWindow>
    {
        public override WeeklyWindow Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            var window = JsonSerializer.Deserialize<WindowForm>(ref reader, options) ?? throw new JsonException("A window is wanted.");
            byte days = 0;
            foreach (var day in window.Days) days |= (byte)(1 << (int)JsonWords.Parse<DayOfWeek>(day));
            return new WeeklyWindow(days, window.From, window.Until);
        }

        public override void Write(Utf8JsonWriter writer, WeeklyWindow value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new WindowForm { Days = [.. from day in Enum.GetValues<DayOfWeek>() where (value.Days & (1 << (int)day)) != 0 select JsonWords.NameOf(day)], From = value.From, Until = value.Until }, options);
    }

    private sealed record WindowForm
    {
        public required IReadOnlyList<string> Days { get; init; }
        public required TimeSpan From { get; init; }
        public required TimeSpan Until { get; init; }
    }
}

/// <summary>Lists of words that stand for the bits of a set.</summary>
internal static class JsonWords
{
    // There are seven days and eight operations; whoever writes more writes nonsense.
    private const int MaxWords = 16;

    public static List<string> Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("A list of words is wanted.");
        var words = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String || words.Count == MaxWords) throw new JsonException("A list of a few words is wanted.");
            words.Add(reader.GetString()!);
        }

        return words;
    }

    public static void Write<T>(Utf8JsonWriter writer, IEnumerable<T> values) where T : struct, Enum
    {
        writer.WriteStartArray();
        foreach (var value in values) writer.WriteStringValue(NameOf(value));
        writer.WriteEndArray();
    }

    public static string NameOf<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public static T Parse<T>(string word) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (NameOf(value) == word) return value;
        throw new JsonException($"There is no {word}: {string.Join(", ", Enum.GetValues<T>().Select(NameOf))}.");
    }
}
