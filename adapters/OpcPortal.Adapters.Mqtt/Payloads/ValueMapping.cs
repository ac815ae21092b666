using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>How a scalar of a payload becomes a point's value, and back: <c>format</c>, <c>map</c>, <c>scale</c>, <c>offset</c>.</summary>
internal sealed record ValueMapping
{
    /// <summary>Characters of a text. A point's text is a name, a mode or a serial number; more is no reading.</summary>
    public const int MaxTextLength = 4096;

    /// <summary>Entries of a map: no enumeration of a device has more.</summary>
    private const int MaxMapped = 1024;

    public required ValueFormat Format { get; init; }
    public double Scale { get; init; } = 1;
    public double Offset { get; init; }

    /// <summary>How a value of format Time is written.</summary>
    public TimeFormat TimeFormat { get; init; }

    /// <summary>The device's words and what they mean; null where values speak for themselves.</summary>
    public IReadOnlyDictionary<string, PointValue>? Map { get; init; }

    private bool IsScaled => Scale != 1 || Offset != 0;

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static ValueMapping Read(ConfigElement element)
    {
        var format = element.Find("format")?.OneOf<ValueFormat>() ?? ValueFormat.Real;
        var scale = element.Find("scale");
        var offset = element.Find("offset");
        if ((scale ?? offset) is { } linear && format is not (ValueFormat.Real or ValueFormat.Int or ValueFormat.UInt)) throw linear.Wrong($"a value of format {format} has no scale and no offset");
        if (scale?.Number() == 0) throw scale.Wrong("a scale of 0 leaves no value");
        return new ValueMapping
        {
            Format = format,
            Scale = scale?.Number() ?? 1,
            Offset = offset?.Number() ?? 0,
            TimeFormat = element.Find("timeFormat")?.OneOf<TimeFormat>() ?? TimeFormat.Iso8601,
            Map = element.Find("map") is { } map ? ReadMap(map, format) : null,
        };
    }

    /// <summary>The value of a scalar.</summary>
    /// <returns>Good; BadNoData for null; BadDecodingError for what is no value of the format; BadOutOfRange for a word or number outside what the configuration knows.</returns>
    public ReadingStatus Decode(PayloadScalar scalar, ReadOnlySpan<byte> payload, out PointValue value)
    {
        value = default;
        if (scalar.Kind == JsonTokenType.Null) return ReadingStatus.BadNoData;
        if (scalar.Kind is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False)) return ReadingStatus.BadDecodingError;
        if (Map is not null)
        {
            if (!scalar.TryGetText(payload, out var word)) return ReadingStatus.BadDecodingError;
            return Map.TryGetValue(word, out value) ? ReadingStatus.Good : ReadingStatus.BadOutOfRange;
        }

        return Format switch
        {
            ValueFormat.Real or ValueFormat.Int or ValueFormat.UInt => DecodeNumber(scalar, payload, out value),
            ValueFormat.Bool => DecodeBoolean(scalar, payload, out value),
            ValueFormat.Time => PayloadTime.TryRead(scalar, payload, TimeFormat, out var utc) ? Taken(PointValue.From(utc), out value) : ReadingStatus.BadDecodingError,
            _ => DecodeText(scalar, payload, out value),
        };
    }

    /// <summary>A number as it was in the payload, in the point's format and unit.</summary>
    public ReadingStatus FromNumber(double raw, out PointValue value)
    {
        value = default;
        var number = raw * Scale + Offset;
        if (!double.IsFinite(number)) return ReadingStatus.BadDecodingError;
        if (Format == ValueFormat.Real) return Taken(PointValue.From(number), out value);
        if (!IsScaled && number != Math.Truncate(number)) return ReadingStatus.BadDecodingError;
        number = Math.Round(number);
        // 2^63 and 2^64 themselves are outside; both are exact as doubles.
        if (Format == ValueFormat.Int) return number is >= -9223372036854775808.0 and < 9223372036854775808.0 ? Taken(PointValue.From((long)number), out value) : ReadingStatus.BadOutOfRange;
        return number is >= 0 and < 18446744073709551616.0 ? Taken(PointValue.From((ulong)number), out value) : ReadingStatus.BadOutOfRange;
    }

    /// <summary>A value as the device writes it: its word of the map, or the number before scale and offset.</summary>
    /// <returns>BadTypeMismatch where the value is none of the format; BadOutOfRange where the device has no word for it.</returns>
    public ReadingStatus Encode(PointValue value, out PointValue raw)
    {
        raw = value;
        if (Map is not null)
        {
            foreach (var (word, meaning) in Map)
                if (IsSame(meaning, value)) return Taken(PointValue.From(word), out raw);
            return ReadingStatus.BadOutOfRange;
        }

        if (Format is ValueFormat.Bool) return value.Kind == PointValueKind.Boolean ? ReadingStatus.Good : ReadingStatus.BadTypeMismatch;
        if (Format is ValueFormat.Text) return value.Kind != PointValueKind.Text ? ReadingStatus.BadTypeMismatch : value.AsText().Length <= MaxTextLength ? ReadingStatus.Good : ReadingStatus.BadOutOfRange;
        if (Format is ValueFormat.Time) return value.Kind == PointValueKind.Time ? Taken(PayloadTime.Write(value.AsTime(), TimeFormat), out raw) : ReadingStatus.BadTypeMismatch;
        if (value.Kind == PointValueKind.Boolean || !value.TryGetNumber(out var number)) return ReadingStatus.BadTypeMismatch;
        if (!double.IsFinite(number)) return ReadingStatus.BadOutOfRange;
        if (Format == ValueFormat.Real) return Taken(PointValue.From((number - Offset) / Scale), out raw);
        if (!IsScaled && value.Kind is PointValueKind.Signed or PointValueKind.Unsigned) return ReadingStatus.Good;
        number = Math.Round((number - Offset) / Scale);
        return number is >= -9223372036854775808.0 and < 9223372036854775808.0 ? Taken(PointValue.From((long)number), out raw) : ReadingStatus.BadOutOfRange;
    }

    /// <summary>Whether a value that the device tells is the one that it was told: numbers to within half of what one step of the device is worth.</summary>
    public bool IsSame(PointValue told, PointValue heard)
    {
        if (told.Kind == PointValueKind.Boolean || heard.Kind == PointValueKind.Boolean || !told.TryGetNumber(out var left) || !heard.TryGetNumber(out var right)) return told == heard;
        var tolerance = Math.Max(IsScaled ? Math.Abs(Scale) / 2 : 0, Math.Max(Math.Abs(left), Math.Abs(right)) * 1e-6);
        return Math.Abs(left - right) <= tolerance;
    }

    private static IReadOnlyDictionary<string, PointValue> ReadMap(ConfigElement element, ValueFormat format)
    {
        var map = new Dictionary<string, PointValue>(StringComparer.Ordinal);
        foreach (var (word, meaning) in element.Members)
        {
            map[word] = (format, meaning.Scalar()) switch
            {
                (ValueFormat.Bool, bool truth) => PointValue.From(truth),
                (ValueFormat.Int, double number) when number == Math.Truncate(number) && Math.Abs(number) < 9e15 => PointValue.From((long)number),
                (ValueFormat.UInt, double number) when number == Math.Truncate(number) && number is >= 0 and < 9e15 => PointValue.From((ulong)number),
                (ValueFormat.Real, double number) => PointValue.From(number),
                (ValueFormat.Text, string text) => PointValue.From(text),
                _ => throw meaning.Wrong($"a value of format {format} is wanted here"),
            };
        }

        return map.Count is > 0 and <= MaxMapped ? map : throw element.Wrong($"a map of 1 to {MaxMapped} words is wanted here");
    }

    private ReadingStatus DecodeNumber(PayloadScalar scalar, ReadOnlySpan<byte> payload, out PointValue value)
    {
        value = default;
        var text = scalar.Bytes(payload);
        if (scalar.Kind is JsonTokenType.True or JsonTokenType.False || scalar.IsEscaped) return ReadingStatus.BadDecodingError;
        // 64-bit counters are whole numbers that a double would round.
        if (Format == ValueFormat.Int && !IsScaled && Utf8Parser.TryParse(text, out long signed, out var used) && used == text.Length) return Taken(PointValue.From(signed), out value);
        if (Format == ValueFormat.UInt && !IsScaled && Utf8Parser.TryParse(text, out ulong unsigned, out used) && used == text.Length) return Taken(PointValue.From(unsigned), out value);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? FromNumber(number, out value) : ReadingStatus.BadDecodingError;
    }

    private static ReadingStatus DecodeBoolean(PayloadScalar scalar, ReadOnlySpan<byte> payload, out PointValue value)
    {
        value = default;
        var text = scalar.Bytes(payload);
        if (scalar.Kind == JsonTokenType.True || text.SequenceEqual("true"u8) || text.SequenceEqual("1"u8)) return Taken(PointValue.From(true), out value);
        if (scalar.Kind == JsonTokenType.False || text.SequenceEqual("false"u8) || text.SequenceEqual("0"u8)) return Taken(PointValue.From(false), out value);
        return ReadingStatus.BadDecodingError;
    }

    private static ReadingStatus DecodeText(PayloadScalar scalar, ReadOnlySpan<byte> payload, out PointValue value)
    {
        value = default;
        if (!scalar.TryGetText(payload, out var text)) return ReadingStatus.BadDecodingError;
        return text.Length <= MaxTextLength ? Taken(PointValue.From(text), out value) : ReadingStatus.BadOutOfRange;
    }

    private static ReadingStatus Taken(PointValue from, out PointValue to)
    {
        to = from;
        return ReadingStatus.Good;
    }
}
