using System.Text;
using System.Text.Json;

namespace OpcPortal.Adapters;

/// <summary>
/// A value of a JSON configuration that knows its place: whoever reads it can say file, line and reason when it is wrong. Members that nobody asked for are
/// refused by <see cref="RefuseUnread"/>, so that a misspelt setting does not pass in silence.
/// </summary>
public sealed class ConfigElement
{
    /// <summary>Bytes of a file. Default 16 MiB: a hundred thousand points.</summary>
    public const int MaxFileBytes = 16 * 1024 * 1024;

    /// <summary>Nested objects and arrays: no configuration needs more than a few.</summary>
    public const int MaxDepth = 32;

    private readonly string _file;
    private readonly object? _value;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private ConfigElement(string file, int line, string path, JsonTokenType kind, object? value)
    {
        _file = file;
        Line = line;
        Path = path;
        Kind = kind;
        _value = value;
    }

    /// <summary>From 1.</summary>
    public int Line { get; }

    /// <summary>Where it stands in the file, such as <c>devices[2].points.ActivePower</c>.</summary>
    public string Path { get; }

    /// <summary>The file it stands in: paths in a configuration are relative to it.</summary>
    public string File => _file;

    /// <summary>StartObject, StartArray, String, Number, True, False or Null.</summary>
    public JsonTokenType Kind { get; }

    /// <summary>Reads a whole file's text.</summary>
    /// <param name="file">The name that messages give.</param>
    /// <exception cref="ConfigurationException">It is no JSON, too large, nested too deep, or has a member twice.</exception>
    public static ConfigElement Parse(string file, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxFileBytes) throw new ConfigurationException(file, 1, $"The file has more than {MaxFileBytes} bytes.");
        if (utf8.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = MaxDepth });
        var lines = new LineCounter(utf8);
        try
        {
            reader.Read();
            var root = Read(ref reader, file, "", ref lines);
            reader.Read();
            return root;
        }
        catch (JsonException malformed)
        {
            throw new ConfigurationException(file, (int)(malformed.LineNumber ?? 0) + 1, $"It is not JSON: {Reason(malformed)}");
        }
        catch (InvalidOperationException malformed)
        {
            throw new ConfigurationException(file, lines.LineAt(reader.TokenStartIndex), $"A text is not UTF-8: {malformed.Message}");
        }
    }

    // The exception's message ends with its own idea of the place.
    private static string Reason(JsonException malformed)
    {
        var end = malformed.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? malformed.Message : malformed.Message[..end];
    }

    private static ConfigElement Read(ref Utf8JsonReader reader, string file, string path, ref LineCounter lines)
    {
        var line = lines.LineAt(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new Dictionary<string, ConfigElement>(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    var at = lines.LineAt(reader.TokenStartIndex);
                    reader.Read();
                    if (!members.TryAdd(name, Read(ref reader, file, path.Length == 0 ? name : $"{path}.{name}", ref lines)))
                        throw new ConfigurationException(file, at, $"'{name}' is given twice.");
                }

                return new ConfigElement(file, line, path, JsonTokenType.StartObject, members);
            case JsonTokenType.StartArray:
                var items = new List<ConfigElement>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(Read(ref reader, file, $"{path}[{items.Count}]", ref lines));
                return new ConfigElement(file, line, path, JsonTokenType.StartArray, items);
            case JsonTokenType.String:
                return new ConfigElement(file, line, path, JsonTokenType.String, reader.GetString());
            case JsonTokenType.Number:
                return new ConfigElement(file, line, path, JsonTokenType.Number, Encoding.UTF8.GetString(reader.ValueSpan));
            default:
                return new ConfigElement(file, line, path, reader.TokenType, null);
        }
    }

    /// <summary>An exception that names this place.</summary>
    public ConfigurationException Wrong(string reason) => new(_file, Line, Path.Length == 0 ? reason : $"{Path}: {reason}");

    /// <summary>The members of an object in no particular order; each counts as read.</summary>
    /// <exception cref="ConfigurationException">It is no object.</exception>
    public IReadOnlyDictionary<string, ConfigElement> Members
    {
        get
        {
            var members = Object;
            _read.UnionWith(members.Keys);
            return members;
        }
    }

    /// <summary>The items of an array.</summary>
    /// <exception cref="ConfigurationException">It is no array.</exception>
    public IReadOnlyList<ConfigElement> Items => _value as List<ConfigElement> ?? throw Wrong("an array is wanted here");

    /// <summary>A member that may be missing.</summary>
    public ConfigElement? Find(string name)
    {
        _read.Add(name);
        return Object.GetValueOrDefault(name) is { Kind: not JsonTokenType.Null } found ? found : null;
    }

    /// <summary>Whether there is a member, which does not count as read by that: for what it decides how the object is read.</summary>
    public bool Has(string name) => Object.TryGetValue(name, out var found) && found.Kind != JsonTokenType.Null;

    /// <summary>A member that must be there.</summary>
    /// <exception cref="ConfigurationException">It is missing.</exception>
    public ConfigElement Get(string name) => Find(name) ?? throw Wrong($"'{name}' is missing");

    /// <exception cref="ConfigurationException">It is no text, empty, or longer.</exception>
    public string Text(int maxLength = 1024) => Kind == JsonTokenType.String && _value is string { Length: > 0 } text && text.Length <= maxLength
        ? text : throw Wrong($"a text of 1 to {maxLength} characters is wanted here");

    /// <exception cref="ConfigurationException">It is not true or false.</exception>
    public bool Boolean() => Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Wrong("true or false is wanted here"),
    };

    /// <exception cref="ConfigurationException">It is no whole number within the bounds.</exception>
    public int Integer(int min, int max) => Kind == JsonTokenType.Number
        && int.TryParse((string)_value!, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
        ? number : throw Wrong($"a whole number from {min} to {max} is wanted here");

    /// <exception cref="ConfigurationException">It is no finite number.</exception>
    public double Number() => Kind == JsonTokenType.Number
        && double.TryParse((string)_value!, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
        ? number : throw Wrong("a number is wanted here");

    /// <summary>A time span such as <c>"250 ms"</c>, <c>"5 s"</c>, <c>"15 min"</c>, <c>"1 h"</c>.</summary>
    /// <exception cref="ConfigurationException">It is none, or outside the bounds.</exception>
    public TimeSpan Duration(TimeSpan min, TimeSpan max)
    {
        if (Kind == JsonTokenType.String && TryParseDuration((string)_value!, out var duration) && duration >= min && duration <= max) return duration;
        throw Wrong($"a time from {min} to {max} is wanted here, such as \"5 s\", \"250 ms\", \"15 min\"");
    }

    /// <summary>One of the names of an enumeration, whatever the case.</summary>
    /// <exception cref="ConfigurationException">It is none of them.</exception>
    public T OneOf<T>() where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (Kind == JsonTokenType.String && value.ToString().Equals((string)_value!, StringComparison.OrdinalIgnoreCase)) return value;
        throw Wrong($"one of {string.Join(", ", Enum.GetNames<T>())} is wanted here");
    }

    /// <summary>The plain value of a leaf: bool, double, string or null.</summary>
    /// <exception cref="ConfigurationException">It is an object or array.</exception>
    public object? Scalar() => Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Number => Number(),
        JsonTokenType.String => _value,
        JsonTokenType.Null => null,
        _ => throw Wrong("a single value is wanted here"),
    };

    /// <exception cref="ConfigurationException">The object has a member that nobody has asked for.</exception>
    public void RefuseUnread()
    {
        foreach (var (name, member) in Object)
            if (!_read.Contains(name)) throw member.Wrong($"there is no setting '{name}' here; known are {string.Join(", ", _read.Order(StringComparer.Ordinal))}");
    }

    private Dictionary<string, ConfigElement> Object => _value as Dictionary<string, ConfigElement> ?? throw Wrong("an object is wanted here");

    private static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyz");
        if (!double.TryParse(digits.TrimEnd(), System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var count) || count > 1e9) return false;
        duration = text.AsSpan(digits.Length) switch
        {
            "ms" => TimeSpan.FromMilliseconds(count),
            "s" => TimeSpan.FromSeconds(count),
            "min" => TimeSpan.FromMinutes(count),
            "h" => TimeSpan.FromHours(count),
            "d" => TimeSpan.FromDays(count),
            _ => TimeSpan.MinValue,
        };
        return duration != TimeSpan.MinValue;
    }

    // Lines are counted forwards only, so that a long file is walked once.
    private ref struct LineCounter(ReadOnlySpan<byte> utf8)
    {
        private readonly ReadOnlySpan<byte> _utf8 = utf8;
        private int _position;
        private int _line = 1;

        public int LineAt(long position)
        {
            if (position < _position) return _line;
            _line += _utf8[_position..(int)position].Count((byte)'\n');
            _position = (int)position;
            return _line;
        }
    }
}
