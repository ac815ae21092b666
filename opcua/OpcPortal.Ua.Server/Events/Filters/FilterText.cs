using System.Globalization;

namespace OpcPortal.Ua.Server;

/// <summary>Strings as values of other types. Part 4 7.7.3.</summary>
internal static class FilterText
{
    private const NumberStyles Integer = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    public static bool TryParse(string? text, BuiltInType target, out Variant result)
    {
        result = default;
        if (text is null) return false;
        switch (target)
        {
            case BuiltInType.Boolean:
                return TryBoolean(text, out result);
            case BuiltInType.Float or BuiltInType.Double:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && FilterNumbers.TryOfReal(real, target, out result);
            case BuiltInType.DateTime:
                result = DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) ? time : default(Variant);
                break;
            case BuiltInType.Guid:
                result = Guid.TryParse(text, out var guid) ? new Variant(guid) : default;
                break;
            case BuiltInType.NodeId:
                result = NodeId.TryParse(text, out var nodeId) ? nodeId : default(Variant);
                break;
            case BuiltInType.ExpandedNodeId:
                result = ExpandedNodeId.TryParse(text, out var expanded) ? new Variant(expanded) : default;
                break;
            case BuiltInType.LocalizedText:
                result = new LocalizedText(text);
                break;
            case BuiltInType.QualifiedName:
                result = new QualifiedName(text);
                break;
            default:
                return Int128.TryParse(text, Integer, CultureInfo.InvariantCulture, out var number) && FilterNumbers.TryOfInteger(number, target, out result);
        }

        return !result.IsNull;
    }

    // Case does not matter; other words are errors.
    private static bool TryBoolean(string text, out Variant result)
    {
        var isTrue = text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        result = isTrue;
        return isTrue || text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase);
    }
}
