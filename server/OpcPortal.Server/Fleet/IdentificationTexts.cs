using System.Globalization;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server;

/// <summary>The texts of a nameplate as values of their properties. OPC 10000-100 5.5.2 (IVendorNameplateType).</summary>
internal static class IdentificationTexts
{
    /// <summary>Whether a text can be a value of a property.</summary>
    public static bool Fits(NodeRecord property, string text) => property.ValueRank == -1 && !ToVariant(property, text).IsNull;

    /// <returns>Null where the text is no value of the property's DataType.</returns>
    public static Variant ToVariant(NodeRecord property, string text)
    {
        if (property.DataType.IsStandard((uint)BuiltInType.LocalizedText)) return new LocalizedText(text);
        if (property.DataType.IsStandard((uint)BuiltInType.String)) return new Variant(text);
        if (property.DataType.IsStandard((uint)BuiltInType.Int32)) return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : default(Variant);
        if (property.DataType.IsStandard((uint)BuiltInType.DateTime))
            return DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) ? time : default(Variant);
        return default;
    }
}
