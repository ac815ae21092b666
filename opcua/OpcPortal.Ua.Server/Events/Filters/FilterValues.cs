namespace OpcPortal.Ua.Server;

/// <summary>How a content filter compares values. Part 4 7.7.3.</summary>
internal static class FilterValues
{
    /// <summary>No value at all, or one that its type calls null.</summary>
    public static bool IsNull(in Variant value)
    {
        if (value.IsNull) return true;
        if (!value.IsScalar) return value.Elements is null;
        return value.Type switch
        {
            BuiltInType.String => value.AsString() is null,
            BuiltInType.ByteString => value.AsByteString().IsNull,
            BuiltInType.XmlElement => value.AsXmlElement().IsNull,
            BuiltInType.NodeId => value.AsNodeId().IsNull,
            BuiltInType.ExpandedNodeId => value.AsExpandedNodeId().IsNull,
            BuiltInType.QualifiedName => value.AsQualifiedName().IsNull,
            BuiltInType.LocalizedText => value.AsLocalizedText().IsNull,
            BuiltInType.ExtensionObject => value.AsExtensionObject() is null,
            _ => false,
        };
    }

    /// <summary>Whether two values are equal, brought to one type first; false where there is no implicit conversion.</summary>
    public static bool AreEqual(Variant left, Variant right)
    {
        if (!FilterConversions.TryUnify(ref left, ref right)) return false;
        // A null and an empty array, String or ByteString are equal.
        if (IsEmpty(left) && IsEmpty(right)) return left.IsScalar == right.IsScalar;
        return left.Type switch
        {
            BuiltInType.Float when left.IsScalar && right.IsScalar => left.AsFloat() == right.AsFloat(),
            BuiltInType.Double when left.IsScalar && right.IsScalar => left.AsDouble() == right.AsDouble(),
            _ => left.Equals(right),
        };
    }

    /// <summary>How two values are ordered, brought to one type first.</summary>
    /// <returns>False where there is no implicit conversion, or the type has no order: numbers and times have.</returns>
    public static bool TryCompare(Variant left, Variant right, out int order)
    {
        order = 0;
        if (!FilterConversions.TryUnify(ref left, ref right) || !left.IsScalar || !right.IsScalar) return false;
        switch (left.Type)
        {
            case BuiltInType.Float or BuiltInType.Double:
                left.TryGetNumber(out var a);
                right.TryGetNumber(out var b);
                order = a.CompareTo(b);
                return !double.IsNaN(a) && !double.IsNaN(b);
            case BuiltInType.DateTime:
                order = left.AsDateTime().CompareTo(right.AsDateTime());
                return true;
            default:
                if (!FilterNumbers.IsInteger(left.Type)) return false;
                order = FilterNumbers.IntegerOf(left).CompareTo(FilterNumbers.IntegerOf(right));
                return true;
        }
    }

    /// <summary>The value as a Boolean; null where it cannot be one without a Cast.</summary>
    public static bool? Truth(in Variant value) =>
        FilterConversions.TryConvert(value, BuiltInType.Boolean, isCast: false, out var converted) && converted.IsScalar ? converted.AsBoolean() : null;

    /// <summary>The value as a String; null where it cannot be one without a Cast.</summary>
    public static string? Text(in Variant value) =>
        FilterConversions.TryConvert(value, BuiltInType.String, isCast: false, out var converted) && converted.IsScalar ? converted.AsString() : null;

    private static bool IsEmpty(in Variant value)
    {
        if (!value.IsScalar) return !value.IsMatrix && value.Elements is null or { Length: 0 };
        return value.Type switch
        {
            BuiltInType.String => string.IsNullOrEmpty(value.AsString()),
            BuiltInType.ByteString => value.AsByteString().IsNullOrEmpty,
            _ => false,
        };
    }
}
