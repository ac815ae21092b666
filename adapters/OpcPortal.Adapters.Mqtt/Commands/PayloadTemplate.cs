using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>What a template's placeholders stand for in one command.</summary>
internal readonly record struct TemplateValues(PointValue Value, IReadOnlyList<PointValue> Arguments, string Id);

/// <summary>
/// A payload to be sent: a text, or a JSON value whose strings hold placeholders: <c>${value}</c>, <c>$0</c> to <c>$9</c>, <c>$id</c> and <c>$$</c> for a dollar sign. A string that
/// is nothing but a placeholder becomes the value itself (a number, true, false); in a longer one its text is put in, always as JSON wants it.
/// </summary>
internal sealed class PayloadTemplate
{
    private readonly ConfigElement? _json;
    private readonly Part[] _text = [];
    private readonly Dictionary<ConfigElement, Part[]> _strings = [];

    /// <exception cref="ConfigurationException">An unknown placeholder, or JSON written as a text.</exception>
    public PayloadTemplate(ConfigElement element, bool hasValue)
    {
        if (element.Kind == JsonTokenType.String)
        {
            // A text is put into a text as it is: it could break out of JSON that stands in one.
            if (element.Text(65536).AsSpan().TrimStart() is ['{' or '[', ..]) throw element.Wrong("a JSON template is written as JSON, not as a text that holds it");
            _text = Parse(element, hasValue);
            return;
        }

        _json = element;
        Collect(element, hasValue);
    }

    /// <summary>Whether <c>$id</c> occurs, so that the answer can be known by it.</summary>
    public bool HasId { get; private set; }

    /// <summary>Arguments that it wants.</summary>
    public int ArgumentCount { get; private set; }

    /// <summary>The payload.</summary>
    public byte[] Render(in TemplateValues values)
    {
        if (_json is null) return Encoding.UTF8.GetBytes(Join(_text, values));
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, _json, values);
        return buffer.WrittenSpan.ToArray();
    }

    private void Collect(ConfigElement element, bool hasValue)
    {
        if (element.Kind == JsonTokenType.StartObject)
            foreach (var member in element.Members.Values) Collect(member, hasValue);
        else if (element.Kind == JsonTokenType.StartArray)
            foreach (var item in element.Items) Collect(item, hasValue);
        else if (element.Kind == JsonTokenType.String)
            _strings[element] = Parse(element, hasValue);
    }

    private void Write(Utf8JsonWriter writer, ConfigElement element, in TemplateValues values)
    {
        switch (element.Kind)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                foreach (var (name, member) in element.Members)
                {
                    writer.WritePropertyName(name);
                    Write(writer, member, values);
                }

                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                foreach (var item in element.Items) Write(writer, item, values);
                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                if (_strings[element] is [{ IsPlaceholder: true } only]) WriteValue(writer, only.Of(values));
                else writer.WriteStringValue(Join(_strings[element], values));
                break;
            default:
                JsonSerializer.Serialize(writer, element.Scalar());
                break;
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, PointValue value)
    {
        switch (value.Kind)
        {
            case PointValueKind.Boolean: writer.WriteBooleanValue(value.AsBoolean()); break;
            case PointValueKind.Signed: writer.WriteNumberValue(value.AsSigned()); break;
            case PointValueKind.Unsigned: writer.WriteNumberValue(value.AsUnsigned()); break;
            case PointValueKind.Real: writer.WriteNumberValue(value.AsReal()); break;
            case PointValueKind.None: writer.WriteNullValue(); break;
            default: writer.WriteStringValue(value.ToString()); break;
        }
    }

    private static string Join(Part[] parts, in TemplateValues values)
    {
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(part.IsPlaceholder ? part.Of(values).ToString() : part.Literal);
        return text.ToString();
    }

    private Part[] Parse(ConfigElement element, bool hasValue)
    {
        var text = element.Scalar() as string ?? "";
        var parts = new List<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$')
            {
                literal.Append(text[i]);
                continue;
            }

            var (part, length) = Placeholder(text.AsSpan(i), element, hasValue);
            i += length - 1;
            if (part is not { } placeholder)
            {
                literal.Append('$');
                continue;
            }

            if (literal.Length > 0) parts.Add(new Part(literal.ToString(), Part.None));
            literal.Clear();
            parts.Add(placeholder);
        }

        if (literal.Length > 0) parts.Add(new Part(literal.ToString(), Part.None));
        return [.. parts];
    }

    private (Part? Part, int Length) Placeholder(ReadOnlySpan<char> text, ConfigElement element, bool hasValue)
    {
        if (text.StartsWith("$$")) return (null, 2);
        if (text.StartsWith("${value}") && hasValue) return (new Part("", Part.Value), 8);
        if (text.StartsWith("$id"))
        {
            HasId = true;
            return (new Part("", Part.Id), 3);
        }

        if (text.Length < 2 || !char.IsAsciiDigit(text[1]) || hasValue)
            throw element.Wrong(hasValue ? "the placeholders here are ${value} and $id; a dollar sign is written $$" : "the placeholders here are $0 to $9 and $id; a dollar sign is written $$");
        var index = text[1] - '0';
        ArgumentCount = Math.Max(ArgumentCount, index + 1);
        return (new Part("", index), 2);
    }

    private readonly record struct Part(string Literal, int Index)
    {
        public const int None = -1;
        public const int Value = -2;
        public const int Id = -3;

        public bool IsPlaceholder => Index != None;

        public PointValue Of(in TemplateValues values) => Index switch
        {
            Value => values.Value,
            Id => PointValue.From(values.Id),
            _ => values.Arguments[Index],
        };
    }
}
