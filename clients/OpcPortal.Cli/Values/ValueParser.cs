using System.Globalization;
using System.Text.Json;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Values;

/// <summary>Text from the command line to a value of a node's DataType: plain for scalars, JSON for arrays and structures.</summary>
internal static class ValueParser
{
    public static Variant Parse(string text, DataTypeInfo type, int valueRank)
    {
        var isJson = text.AsSpan().TrimStart() is ['[' or '{', ..];
        // Part 3 5.6.2: ValueRank -1 is a scalar, -2 and -3 may be one.
        var isArray = valueRank >= 0 || (valueRank < -1 && text.AsSpan().TrimStart() is ['[', ..]);
        if (!isArray && (type.Layout is null || !isJson)) return Scalar(text, type);
        try
        {
            using var json = JsonDocument.Parse(text);
            return isArray ? Elements(json.RootElement, type) : FromJson(json.RootElement, type);
        }
        catch (JsonException malformed)
        {
            throw Bad(text, type, isArray ? $"an array is written [1, 2, 3]: {malformed.Message}" : malformed.Message);
        }
    }

    private static Variant Elements(JsonElement json, DataTypeInfo type)
    {
        if (json.ValueKind != JsonValueKind.Array) throw Bad(json.ToString(), type, "an array is written [1, 2, 3]");
        var elementType = type.BuiltInType == BuiltInType.Variant ? BuiltInType.Variant : type.BuiltInType;
        var values = json.EnumerateArray().Select(e => FromJson(e, type)).ToArray();
        return ArrayOf(elementType, values);
    }

    private static Variant ArrayOf(BuiltInType type, Variant[] values) => type switch
    {
        BuiltInType.Variant => new Variant(values),
        BuiltInType.Boolean => new Variant(Array.ConvertAll(values, v => v.AsBoolean())),
        BuiltInType.SByte => new Variant(Array.ConvertAll(values, v => v.AsSByte())),
        BuiltInType.Byte => new Variant(Array.ConvertAll(values, v => v.AsByte())),
        BuiltInType.Int16 => new Variant(Array.ConvertAll(values, v => v.AsInt16())),
        BuiltInType.UInt16 => new Variant(Array.ConvertAll(values, v => v.AsUInt16())),
        BuiltInType.Int32 => new Variant(Array.ConvertAll(values, v => v.AsInt32())),
        BuiltInType.UInt32 => new Variant(Array.ConvertAll(values, v => v.AsUInt32())),
        BuiltInType.Int64 => new Variant(Array.ConvertAll(values, v => v.AsInt64())),
        BuiltInType.UInt64 => new Variant(Array.ConvertAll(values, v => v.AsUInt64())),
        BuiltInType.Float => new Variant(Array.ConvertAll(values, v => v.AsFloat())),
        BuiltInType.Double => new Variant(Array.ConvertAll(values, v => v.AsDouble())),
        BuiltInType.String => new Variant(Array.ConvertAll(values, v => v.AsString())),
        BuiltInType.DateTime => new Variant(Array.ConvertAll(values, v => v.AsDateTime())),
        BuiltInType.Guid => new Variant(Array.ConvertAll(values, v => v.AsGuid())),
        BuiltInType.ByteString => new Variant(Array.ConvertAll(values, v => v.AsByteString())),
        BuiltInType.NodeId => new Variant(Array.ConvertAll(values, v => v.AsNodeId())),
        BuiltInType.LocalizedText => new Variant(Array.ConvertAll(values, v => v.AsLocalizedText())),
        BuiltInType.QualifiedName => new Variant(Array.ConvertAll(values, v => v.AsQualifiedName())),
        BuiltInType.ExtensionObject => new Variant(Array.ConvertAll(values, v => v.AsExtensionObject())),
        _ => throw new CliException(ExitCodes.Usage, $"Arrays of {type} cannot be written on the command line."),
    };

    private static Variant FromJson(JsonElement json, DataTypeInfo type)
    {
        if (type.Layout is { } layout) return Variant.From(Structure(json, type, layout));
        return json.ValueKind switch
        {
            JsonValueKind.String => Scalar(json.GetString()!, type),
            JsonValueKind.Null => Variant.Null,
            JsonValueKind.Object or JsonValueKind.Array => throw Bad(json.ToString(), type, "one value is wanted"),
            _ => Scalar(json.GetRawText(), type),
        };
    }

    private static StructureValue Structure(JsonElement json, DataTypeInfo type, StructureLayout layout)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Bad(json.ToString(), type, "a structure is written {\"field\": value}");
        var value = new StructureValue(layout);
        foreach (var member in json.EnumerateObject())
        {
            var index = layout.IndexOf(member.Name);
            if (index < 0) throw Bad(member.Name, type, $"its fields are {string.Join(", ", layout.Fields.Select(f => f.Name))}");
            var field = layout.Fields[index];
            value[field.Name] = field.ValueRank >= 0 ? Elements(member.Value, field.DataType) : FromJson(member.Value, field.DataType);
        }

        return value;
    }

    private static Variant Scalar(string text, DataTypeInfo type)
    {
        try
        {
            return TryScalar(text, type) ?? throw Bad(text, type, null);
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException)
        {
            throw Bad(text, type, null);
        }
    }

    private static Variant? TryScalar(string text, DataTypeInfo type)
    {
        var culture = CultureInfo.InvariantCulture;
        if (type.Enumeration?.Fields?.FirstOrDefault(f => string.Equals(f.Name, text, StringComparison.OrdinalIgnoreCase)) is { } named && type.BuiltInType == BuiltInType.Int32)
            return new Variant((int)named.Value);
        return type.BuiltInType switch
        {
            BuiltInType.Boolean => text.ToLowerInvariant() switch { "true" or "1" or "on" => new Variant(true), "false" or "0" or "off" => new Variant(false), _ => (Variant?)null },
            BuiltInType.SByte => new Variant(sbyte.Parse(text, culture)),
            BuiltInType.Byte => new Variant(byte.Parse(text, culture)),
            BuiltInType.Int16 => new Variant(short.Parse(text, culture)),
            BuiltInType.UInt16 => new Variant(ushort.Parse(text, culture)),
            BuiltInType.Int32 => new Variant(int.Parse(text, culture)),
            BuiltInType.UInt32 => new Variant(uint.Parse(text, culture)),
            BuiltInType.Int64 => new Variant(long.Parse(text, culture)),
            BuiltInType.UInt64 => new Variant(ulong.Parse(text, culture)),
            BuiltInType.Float => new Variant(float.Parse(text, NumberStyles.Float, culture)),
            BuiltInType.Double => new Variant(double.Parse(text, NumberStyles.Float, culture)),
            BuiltInType.String => new Variant(text),
            BuiltInType.DateTime => new Variant(DateTime.Parse(text, culture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal)),
            BuiltInType.Guid => new Variant(Guid.Parse(text)),
            BuiltInType.ByteString => new Variant(new ByteString(Convert.FromBase64String(text))),
            BuiltInType.NodeId => new Variant(NodeId.Parse(text)),
            BuiltInType.StatusCode => new Variant(new StatusCode(Convert.ToUInt32(text, 16))),
            BuiltInType.QualifiedName => new Variant(QualifiedName.Parse(text)),
            BuiltInType.LocalizedText => new Variant(new LocalizedText(text)),
            BuiltInType.Variant => Guess(text, culture),
            _ => null,
        };
    }

    // Where any type will do: what the text looks like.
    private static Variant Guess(string text, CultureInfo culture)
    {
        if (bool.TryParse(text, out var flag)) return new Variant(flag);
        if (int.TryParse(text, NumberStyles.Integer, culture, out var number)) return new Variant(number);
        return double.TryParse(text, NumberStyles.Float, culture, out var real) ? new Variant(real) : new Variant(text);
    }

    private static CliException Bad(string text, DataTypeInfo type, string? hint)
    {
        var names = type.Enumeration?.Fields is { Length: > 0 } fields ? $"one of {string.Join(", ", fields.Select(f => f.Name))}" : hint;
        return new CliException(ExitCodes.Usage, $"'{text}' is not a value of type {type.Name}{(names is null ? "" : $": {names}")}.");
    }
}
