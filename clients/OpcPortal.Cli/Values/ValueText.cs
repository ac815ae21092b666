using System.Collections;
using System.Globalization;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Values;

/// <summary>Values for people: one line, long arrays cut short.</summary>
internal static class ValueText
{
    private const int MaxElements = 16;

    public static string Format(in Variant value, EnumDefinition? names = null)
    {
        if (value.IsNull) return "null";
        if (!value.IsScalar) return FormatArray(value, names);
        return names is not null && TryName(value, names, out var name) ? name : Format(value.ToObject());
    }

    /// <summary>With the unit behind a number.</summary>
    public static string Format(in Variant value, EnumDefinition? names, string? unit) => unit is null || value.IsNull ? Format(value, names) : $"{Format(value, names)} {unit}";

    public static string Format(DateTime time) => time == DateTime.MinValue ? "" : time.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Format(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        Variant variant => Format(variant),
        DataValue data => data.StatusCode.IsGood ? Format(data.Value) : $"{Format(data.Value)} [{data.StatusCode}]",
        ExtensionObject { Structure: { } structure } => Format(structure),
        EUInformation unit => $"{unit.DisplayName.Text} ({unit.Description.Text})",
        IStructure structure => $"{{ {string.Join(", ", StructureFields.Of(structure).Select(f => $"{f.Name} = {Format(f.Value)}"))} }}",
        Array array => $"[{string.Join(", ", array.Cast<object?>().Take(MaxElements).Select(Format))}{(array.Length > MaxElements ? ", ..." : "")}]",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string FormatArray(in Variant value, EnumDefinition? names)
    {
        var elements = value.Elements;
        if (elements is null) return "null";
        var shown = elements.Cast<object?>().Take(MaxElements).Select(e => names is not null && e is int number && TryName(new Variant(number), names, out var name) ? name : Format(e));
        var dimensions = value.IsMatrix ? $" ({string.Join("x", value.Dimensions.ToArray())})" : elements.Length > MaxElements ? $" ({elements.Length})" : "";
        return $"[{string.Join(", ", shown)}{(elements.Length > MaxElements ? ", ..." : "")}]{dimensions}";
    }

    private static bool TryName(in Variant value, EnumDefinition names, out string text)
    {
        text = "";
        if (value.Type != BuiltInType.Int32) return false;
        var number = value.AsInt32();
        if (names.Fields?.FirstOrDefault(f => f.Value == number)?.Name is not { } name) return false;
        text = $"{name} ({number})";
        return true;
    }
}
