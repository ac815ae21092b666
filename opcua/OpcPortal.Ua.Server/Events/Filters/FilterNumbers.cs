namespace OpcPortal.Ua.Server;

/// <summary>Numbers of one type as numbers of another; what does not fit fails. Part 4 7.7.3.</summary>
internal static class FilterNumbers
{
    /// <summary>The value of a Boolean or integer Variant.</summary>
    public static Int128 IntegerOf(in Variant value) => value.Type switch
    {
        BuiltInType.Boolean => value.AsBoolean() ? 1 : 0,
        BuiltInType.SByte => value.AsSByte(),
        BuiltInType.Byte => value.AsByte(),
        BuiltInType.Int16 => value.AsInt16(),
        BuiltInType.UInt16 => value.AsUInt16(),
        BuiltInType.Int32 => value.AsInt32(),
        BuiltInType.UInt32 => value.AsUInt32(),
        BuiltInType.Int64 => value.AsInt64(),
        BuiltInType.UInt64 => value.AsUInt64(),
        _ => throw new ArgumentException($"{value.Type} is no integer.", nameof(value)),
    };

    public static bool IsInteger(BuiltInType type) => type is >= BuiltInType.SByte and <= BuiltInType.UInt64;

    /// <summary>A negative value for an unsigned type, and one beyond the type's range, fail.</summary>
    public static bool TryOfInteger(Int128 value, BuiltInType target, out Variant result)
    {
        result = target switch
        {
            BuiltInType.Boolean => value != 0,
            BuiltInType.SByte when value >= sbyte.MinValue && value <= sbyte.MaxValue => new Variant((sbyte)value),
            BuiltInType.Byte when value >= byte.MinValue && value <= byte.MaxValue => (byte)value,
            BuiltInType.Int16 when value >= short.MinValue && value <= short.MaxValue => (short)value,
            BuiltInType.UInt16 when value >= ushort.MinValue && value <= ushort.MaxValue => (ushort)value,
            BuiltInType.Int32 when value >= int.MinValue && value <= int.MaxValue => (int)value,
            BuiltInType.UInt32 when value >= uint.MinValue && value <= uint.MaxValue => (uint)value,
            BuiltInType.Int64 when value >= long.MinValue && value <= long.MaxValue => (long)value,
            BuiltInType.UInt64 when value >= ulong.MinValue && value <= ulong.MaxValue => (ulong)value,
            BuiltInType.StatusCode when value >= int.MinValue && value <= uint.MaxValue => new StatusCode(unchecked((uint)value)),
            BuiltInType.Float => (float)value,
            BuiltInType.Double => (double)value,
            _ => default(Variant),
        };
        return !result.IsNull;
    }

    /// <summary>Rounds by adding one half and cutting off.</summary>
    public static bool TryOfReal(double value, BuiltInType target, out Variant result)
    {
        result = default;
        switch (target)
        {
            case BuiltInType.Double:
                result = value;
                return true;
            case BuiltInType.Float:
                result = (float)value;
                return float.IsFinite((float)value) || !double.IsFinite(value);
            case BuiltInType.Boolean:
                result = value != 0;
                return !double.IsNaN(value);
            default:
                var rounded = Math.Floor(value + 0.5);
                // Beyond this no integer type reaches; Int128 would overflow first.
                return Math.Abs(rounded) <= ulong.MaxValue && TryOfInteger((Int128)rounded, target, out result);
        }
    }
}
