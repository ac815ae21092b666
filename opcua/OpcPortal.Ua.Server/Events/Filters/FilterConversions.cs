using System.Globalization;

namespace OpcPortal.Ua.Server;

/// <summary>How values of one type become values of another in a content filter. Part 4 7.7.3 (conversion rules and data precedence).</summary>
internal static class FilterConversions
{
    // Which column of the table stands for which target.
    private static readonly BuiltInType[] Targets =
    [
        BuiltInType.Boolean, BuiltInType.Byte, BuiltInType.ByteString, BuiltInType.DateTime, BuiltInType.Double, BuiltInType.ExpandedNodeId, BuiltInType.Float,
        BuiltInType.Guid, BuiltInType.Int16, BuiltInType.Int32, BuiltInType.Int64, BuiltInType.NodeId, BuiltInType.SByte, BuiltInType.StatusCode, BuiltInType.String,
        BuiltInType.LocalizedText, BuiltInType.QualifiedName, BuiltInType.UInt16, BuiltInType.UInt32, BuiltInType.UInt64,
    ];

    // I: implicit, also where a filter does not ask. E: explicit, by Cast alone. X: never.
    private static readonly Dictionary<BuiltInType, string> Rules = new()
    {
        //                               Bo By BS DT Do EN Fl Gu I2 I4 I8 NI SB SC St LT QN U2 U4 U8
        [BuiltInType.Boolean] = "-  I  X  X  I  X  I  X  I  I  I  X  I  X  E  X  X  I  I  I",
        [BuiltInType.Byte] = "E  -  X  X  I  X  I  X  I  I  I  X  I  X  E  X  X  I  I  I",
        [BuiltInType.ByteString] = "X  X  -  X  X  X  X  E  X  X  X  X  X  X  X  X  X  X  X  X",
        [BuiltInType.DateTime] = "X  X  X  -  X  X  X  X  X  X  X  X  X  X  E  X  X  X  X  X",
        [BuiltInType.Double] = "E  E  X  X  -  X  E  X  E  E  E  X  E  X  E  X  X  E  E  E",
        [BuiltInType.ExpandedNodeId] = "X  X  X  X  X  -  X  X  X  X  X  E  X  X  I  X  X  X  X  X",
        [BuiltInType.Float] = "E  E  X  X  I  X  -  X  E  E  E  X  E  X  E  X  X  E  E  E",
        [BuiltInType.Guid] = "X  X  E  X  X  X  X  -  X  X  X  X  X  X  E  X  X  X  X  X",
        [BuiltInType.Int16] = "E  E  X  X  I  X  I  X  -  I  I  X  E  X  E  X  X  E  I  I",
        [BuiltInType.Int32] = "E  E  X  X  I  X  I  X  E  -  I  X  E  E  E  X  X  E  E  I",
        [BuiltInType.Int64] = "E  E  X  X  I  X  I  X  E  E  -  X  E  E  E  X  X  E  E  E",
        [BuiltInType.NodeId] = "X  X  X  X  X  I  X  X  X  X  X  -  X  X  I  X  X  X  X  X",
        [BuiltInType.SByte] = "E  E  X  X  I  X  I  X  I  I  I  X  -  X  E  X  X  I  I  I",
        [BuiltInType.StatusCode] = "X  X  X  X  X  X  X  X  X  I  I  X  X  -  X  X  X  E  I  I",
        [BuiltInType.String] = "I  I  X  E  I  E  I  I  I  I  I  E  I  X  -  E  E  I  I  I",
        [BuiltInType.LocalizedText] = "X  X  X  X  X  X  X  X  X  X  X  X  X  X  I  -  X  X  X  X",
        [BuiltInType.QualifiedName] = "X  X  X  X  X  X  X  X  X  X  X  X  X  X  I  I  -  X  X  X",
        [BuiltInType.UInt16] = "E  E  X  X  I  X  I  X  I  I  I  X  E  I  E  X  X  -  I  I",
        [BuiltInType.UInt32] = "E  E  X  X  I  X  I  X  E  I  I  X  E  E  E  X  X  E  -  I",
        [BuiltInType.UInt64] = "E  E  X  X  I  X  I  X  E  E  I  X  E  E  E  X  X  E  E  -",
    };

    // Of two types, the operand of the later is converted to the earlier.
    private static readonly BuiltInType[] Precedence =
    [
        BuiltInType.Double, BuiltInType.Float, BuiltInType.Int64, BuiltInType.UInt64, BuiltInType.Int32, BuiltInType.UInt32, BuiltInType.StatusCode, BuiltInType.Int16,
        BuiltInType.UInt16, BuiltInType.SByte, BuiltInType.Byte, BuiltInType.Boolean, BuiltInType.Guid, BuiltInType.String, BuiltInType.ExpandedNodeId,
        BuiltInType.NodeId, BuiltInType.LocalizedText, BuiltInType.QualifiedName,
    ];

    private const int Types = (int)BuiltInType.DiagnosticInfo + 1;
    private const int ColumnWidth = 3;

    private static readonly char[] RuleOf = BuildRules();
    private static readonly int[] RankOf = BuildRanks();

    /// <summary>Brings two values to one type without being asked.</summary>
    /// <returns>False where there is no implicit conversion, or it fails.</returns>
    public static bool TryUnify(ref Variant left, ref Variant right)
    {
        if (left.Type == right.Type) return true;
        var isLeftFirst = RankOf[(int)left.Type] < RankOf[(int)right.Type];
        if (!TryConvert(isLeftFirst ? right : left, isLeftFirst ? left.Type : right.Type, isCast: false, out var converted)) return false;
        if (isLeftFirst) right = converted;
        else left = converted;
        return true;
    }

    /// <param name="isCast">Whether explicit conversions are allowed too.</param>
    /// <returns>False where there is no such conversion, or the value does not fit.</returns>
    public static bool TryConvert(in Variant value, BuiltInType target, bool isCast, out Variant result)
    {
        result = value;
        if (value.Type == target) return true;
        result = default;
        if (!value.IsScalar) return false;
        var rule = RuleOf[((int)value.Type * Types) + (int)target];
        if (rule != 'I' && !(isCast && rule == 'E')) return false;
        return target switch
        {
            BuiltInType.String => TryWrite(value, out result),
            _ when value.Type is BuiltInType.String => FilterText.TryParse(value.AsString(), target, out result),
            BuiltInType.LocalizedText => TryName(value, out result),
            BuiltInType.ExpandedNodeId => Found(new Variant(new ExpandedNodeId(value.AsNodeId())), out result),
            BuiltInType.NodeId => TryLocal(value.AsExpandedNodeId(), out result),
            BuiltInType.ByteString => Found(new Variant(new ByteString(value.AsGuid().ToByteArray())), out result),
            BuiltInType.Guid => TryGuid(value.AsByteString(), out result),
            _ => TryNumber(value, target, out result),
        };
    }

    private static bool Found(in Variant value, out Variant result)
    {
        result = value;
        return true;
    }

    private static bool TryWrite(in Variant value, out Variant result)
    {
        result = value.Type switch
        {
            BuiltInType.Boolean => value.AsBoolean() ? "true" : "false",
            // Locale and namespace are dropped.
            BuiltInType.LocalizedText => value.AsLocalizedText().Text,
            BuiltInType.QualifiedName => value.AsQualifiedName().Name,
            BuiltInType.DateTime => value.AsDateTime().ToString("O", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value.ToObject(), CultureInfo.InvariantCulture),
        };
        return true;
    }

    private static bool TryName(in Variant name, out Variant result) => Found(new LocalizedText(name.AsQualifiedName().Name), out result);

    private static bool TryLocal(in ExpandedNodeId id, out Variant result)
    {
        result = id.IsLocal ? id.NodeId : default(Variant);
        return id.IsLocal;
    }

    private static bool TryGuid(ByteString bytes, out Variant result)
    {
        const int GuidLength = 16;
        result = bytes.Length == GuidLength ? new Variant(new Guid(bytes.Span)) : default;
        return bytes.Length == GuidLength;
    }

    private static bool TryNumber(in Variant value, BuiltInType target, out Variant result)
    {
        if (value.Type == BuiltInType.StatusCode) return TryOfStatus(value.AsStatusCode().Code, target, out result);
        if (value.Type == BuiltInType.UInt16 && target == BuiltInType.StatusCode)
        {
            // The 16 bits are the upper half of the code.
            result = new StatusCode((uint)value.AsUInt16() << 16);
            return true;
        }

        return value.Type is BuiltInType.Float or BuiltInType.Double
            ? FilterNumbers.TryOfReal(value.Type == BuiltInType.Float ? value.AsFloat() : value.AsDouble(), target, out result)
            : FilterNumbers.TryOfInteger(FilterNumbers.IntegerOf(value), target, out result);
    }

    private static bool TryOfStatus(uint code, BuiltInType target, out Variant result)
    {
        if (target == BuiltInType.UInt16) return Found((ushort)(code >> 16), out result);
        // A code keeps its 32 bits in an Int32, whose sign then means bad.
        return target == BuiltInType.Int32 ? Found(unchecked((int)code), out result) : FilterNumbers.TryOfInteger(code, target, out result);
    }

    private static char[] BuildRules()
    {
        var rules = new char[Types * Types];
        foreach (var (source, row) in Rules)
            for (var column = 0; column < Targets.Length; column++) rules[((int)source * Types) + (int)Targets[column]] = row[column * ColumnWidth];
        return rules;
    }

    private static int[] BuildRanks()
    {
        var ranks = new int[Types];
        for (var type = 0; type < Types; type++)
        {
            var rank = Array.IndexOf(Precedence, (BuiltInType)type);
            ranks[type] = rank < 0 ? int.MaxValue : rank;
        }

        return ranks;
    }
}
