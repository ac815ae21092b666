using System.Buffers.Binary;
using MQTTnet.Protocol;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Where a value comes from: which topic, how its payload is read, and what of it.</summary>
internal sealed record SourceMapping
{
    public required string Topic { get; init; }
    public required PayloadKind Payload { get; init; }
    public required string[] Path { get; init; }
    public required ValueMapping Value { get; init; }
    public required MqttQualityOfServiceLevel Qos { get; init; }
    public RetainedPolicy Retained { get; init; }
    public (string[] Path, TimeFormat Format)? Time { get; init; }
    public QualityMapping? Quality { get; init; }

    /// <summary>Where in the payload the list is whose items bring the value, each with a time of its own: paths count from the item. Null: the payload brings one value.</summary>
    public string[]? List { get; init; }

    /// <summary>Of a raw payload: the value's first byte.</summary>
    public int At { get; init; }

    /// <summary>Of a raw payload: the value's bytes; 0 for all from <see cref="At"/> on.</summary>
    public int Length { get; init; }

    public ByteOrder ByteOrder { get; init; }

    /// <summary>Reads the members that say where a value comes from; those that are missing are the device's, or those of <paramref name="base"/>.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static SourceMapping Read(ConfigElement element, DeviceSettings device, SourceMapping? @base = null)
    {
        var topic = element.Find("topic") is { } own ? MqttTopic.Read(own, device.BaseTopic) : @base?.Topic ?? device.Topic ?? throw element.Wrong("'topic' is missing, and the device has no 'topic' for all its points");
        var payload = element.Find("payload")?.OneOf<PayloadKind>() ?? @base?.Payload ?? device.Payload;
        var path = element.Find("path");
        if (path is not null && payload != PayloadKind.Json) throw path.Wrong("only a JSON payload has paths");
        // A confirmation states nothing of the value itself where it reads the same topic: the point's own format, map and scale hold.
        var restates = @base is null || element.Find("format") is not null || element.Find("map") is not null;
        var mapping = new SourceMapping
        {
            Topic = topic,
            Payload = payload,
            Path = path is null ? @base?.Path ?? [] : PayloadPath.Read(path),
            Value = restates ? ValueMapping.Read(element) : @base!.Value,
            Qos = element.Find("qos") is { } qos ? ConnectionSettings.ReadQos(qos) : @base?.Qos ?? device.Qos,
            Retained = element.Find("retained")?.OneOf<RetainedPolicy>() ?? @base?.Retained ?? device.Retained,
            Time = element.Find("time") is { } time ? ReadTime(time) : @base?.Time ?? (payload == PayloadKind.Json ? device.Time : null),
            Quality = element.Find("quality") is { } quality ? QualityMapping.Read(quality) : @base?.Quality ?? (payload == PayloadKind.Json ? device.Quality : null),
            // What confirms a write is said once, and now.
            List = @base is null && element.Find("list") is { } list ? ReadList(list) : null,
            At = element.Find("at")?.Integer(0, ConnectionSettings.DefaultMaxPayloadBytes) ?? @base?.At ?? 0,
            Length = element.Find("length")?.Integer(1, ConnectionSettings.DefaultMaxPayloadBytes) ?? @base?.Length ?? 0,
            ByteOrder = element.Find("byteOrder")?.OneOf<ByteOrder>() ?? @base?.ByteOrder ?? ByteOrder.Big,
        };
        mapping.RefuseContradictions(element);
        return mapping;
    }

    /// <summary>Reads where a list is: a path, or true where the payload itself is the list.</summary>
    public static string[] ReadList(ConfigElement element) => element.Kind == System.Text.Json.JsonTokenType.True ? [] : PayloadPath.Read(element);

    /// <summary>Reads <c>{ "path", "format" }</c>.</summary>
    public static (string[] Path, TimeFormat Format) ReadTime(ConfigElement element)
    {
        var time = (PayloadPath.Read(element.Get("path")), element.Find("format")?.OneOf<TimeFormat>() ?? TimeFormat.Iso8601);
        element.RefuseUnread();
        return time;
    }

    /// <summary>The value in the bytes of a raw payload.</summary>
    public ReadingStatus DecodeRaw(ReadOnlySpan<byte> payload, out PointValue value)
    {
        value = default;
        var length = Length > 0 ? Length : payload.Length - At;
        if (length <= 0 || payload.Length - At < length) return ReadingStatus.BadDecodingError;
        var bytes = payload.Slice(At, length);
        if (Value.Format == ValueFormat.Text) return Value.Decode(new PayloadScalar(System.Text.Json.JsonTokenType.String, At, length), payload, out value);
        if (length > sizeof(ulong)) return ReadingStatus.BadDecodingError;
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        var negative = Value.Format == ValueFormat.Int && (ByteOrder == ByteOrder.Big ? bytes[0] : bytes[^1]) >= 0x80;
        wide.Fill(negative ? (byte)0xFF : (byte)0);
        bytes.CopyTo(ByteOrder == ByteOrder.Big ? wide[(sizeof(ulong) - length)..] : wide);
        var bits = ByteOrder == ByteOrder.Big ? BinaryPrimitives.ReadUInt64BigEndian(wide) : BinaryPrimitives.ReadUInt64LittleEndian(wide);
        return DecodeBits(bits, length, out value);
    }

    private ReadingStatus DecodeBits(ulong bits, int length, out PointValue value)
    {
        switch (Value.Format)
        {
            case ValueFormat.Bool:
                value = PointValue.From(bits != 0);
                return ReadingStatus.Good;
            case ValueFormat.Real when length is sizeof(float) or sizeof(double):
                return Value.FromNumber(length == sizeof(float) ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits), out value);
            case ValueFormat.Int when Value is { Scale: 1, Offset: 0 }:
                value = PointValue.From((long)bits);
                return ReadingStatus.Good;
            case ValueFormat.UInt when Value is { Scale: 1, Offset: 0 }:
                value = PointValue.From(bits);
                return ReadingStatus.Good;
            case ValueFormat.Int:
                return Value.FromNumber((long)bits, out value);
            case ValueFormat.UInt:
                return Value.FromNumber(bits, out value);
            default:
                value = default;
                return ReadingStatus.BadDecodingError;
        }
    }

    private void RefuseContradictions(ConfigElement element)
    {
        if (Payload != PayloadKind.Json && (Time ?? (object?)Quality) is not null) throw element.Wrong("only a JSON payload has a time and a quality of its own");
        if (List is not null && Payload != PayloadKind.Json) throw element.Wrong("only a JSON payload has lists");
        if (List is not null && Time is null) throw element.Wrong("the items of a list want a 'time' of their own: else nobody could tell of when they are");
        if (Payload != PayloadKind.Raw && (At != 0 || Length != 0)) throw element.Wrong("only a raw payload has 'at' and 'length'");
        if (Payload == PayloadKind.Raw && (Value.Map is not null || Value.Format == ValueFormat.Time)) throw element.Wrong("a raw payload has no map and no times");
        if (Payload == PayloadKind.Raw && Value.Format == ValueFormat.Real && Length is not (0 or sizeof(float) or sizeof(double))) throw element.Wrong("a real number of a raw payload has 4 or 8 bytes");
    }
}
