using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>Turns readings into values of a point's DataType, and values that clients write into what adapters take.</summary>
/// <param name="type">The built-in type of its DataType; Variant for the abstract families of numbers.</param>
/// <param name="range">EURange, where the point has one.</param>
/// <param name="states">How many states EnumStrings names; 0 where there is none.</param>
internal sealed class PointConversion(BuiltInType type, OpcPortal.Ua.Range? range, int states)
{
    /// <summary>Whether points can be of a built-in type.</summary>
    public static bool CanBe(BuiltInType type) => type is >= BuiltInType.Boolean and <= BuiltInType.DateTime or BuiltInType.LocalizedText or BuiltInType.Variant;

    /// <summary>The reading as the Value attribute gives it. What does not fit the DataType is bad, never a wrong number.</summary>
    public DataValue ToDataValue(in StoredReading reading)
    {
        var status = new StatusCode((uint)reading.Status);
        var value = default(Variant);
        // Part 4 7.11.1: a bad status may come without a value.
        if (!status.IsBad)
        {
            var misfit = TryConvert(reading.Value, out value);
            if (misfit.IsBad) status = misfit;
        }

        return new DataValue(value, status, reading.SourceTime, reading.ServerTime);
    }

    private StatusCode TryConvert(in PointValue value, out Variant converted)
    {
        converted = default;
        switch (type)
        {
            case BuiltInType.Boolean: return ToBoolean(value, out converted);
            case BuiltInType.Float or BuiltInType.Double: return ToReal(value, out converted);
            case <= BuiltInType.UInt64: return ToInteger(value, out converted);
            case BuiltInType.String:
                converted = new Variant(value.ToString());
                return value.Kind == PointValueKind.None ? StatusCodes.BadNoData : StatusCodes.Good;
            case BuiltInType.LocalizedText:
                converted = new LocalizedText(value.ToString());
                return value.Kind == PointValueKind.None ? StatusCodes.BadNoData : StatusCodes.Good;
            case BuiltInType.DateTime:
                if (value.Kind != PointValueKind.Time) return Misfit(value);
                converted = value.AsTime();
                return StatusCodes.Good;
            default:
                converted = Natural(value);
                return value.Kind == PointValueKind.None ? StatusCodes.BadNoData : StatusCodes.Good;
        }
    }

    private static StatusCode ToBoolean(in PointValue value, out Variant converted)
    {
        var isNumber = value.TryGetNumber(out var number);
        converted = number == 1;
        return isNumber && number is 0 or 1 ? StatusCodes.Good : Misfit(value);
    }

    private StatusCode ToReal(in PointValue value, out Variant converted)
    {
        var isNumber = value.TryGetNumber(out var number);
        converted = type == BuiltInType.Double ? new Variant(number) : new Variant((float)number);
        return isNumber ? StatusCodes.Good : Misfit(value);
    }

    private StatusCode ToInteger(in PointValue value, out Variant converted)
    {
        converted = default;
        if (!value.TryGetNumber(out var number)) return Misfit(value);
        // 64 bits do not fit a double: whole numbers go their own way.
        var whole = value.Kind == PointValueKind.Real ? double.IsFinite(number) && Math.Abs(number) < 1e19 ? (Int128)Math.Round(number) : Int128.MaxValue
            : value.Kind == PointValueKind.Unsigned ? value.AsUnsigned() : (Int128)value.Bits;
        return IntegerOf(type, whole, out converted) ? StatusCodes.Good : StatusCodes.BadOutOfRange;
    }

    private static bool IntegerOf(BuiltInType type, Int128 whole, out Variant converted)
    {
        var (low, high) = Limits(type);
        var fits = whole >= low && whole <= high;
        converted = !fits ? default : type switch
        {
            BuiltInType.SByte => new Variant((sbyte)whole),
            BuiltInType.Byte => new Variant((byte)whole),
            BuiltInType.Int16 => new Variant((short)whole),
            BuiltInType.UInt16 => new Variant((ushort)whole),
            BuiltInType.Int32 => new Variant((int)whole),
            BuiltInType.UInt32 => new Variant((uint)whole),
            BuiltInType.Int64 => new Variant((long)whole),
            _ => new Variant((ulong)whole),
        };
        return fits;
    }

    private static (Int128 Low, Int128 High) Limits(BuiltInType type) => type switch
    {
        BuiltInType.SByte => (sbyte.MinValue, sbyte.MaxValue),
        BuiltInType.Byte => (byte.MinValue, byte.MaxValue),
        BuiltInType.Int16 => (short.MinValue, short.MaxValue),
        BuiltInType.UInt16 => (ushort.MinValue, ushort.MaxValue),
        BuiltInType.Int32 => (int.MinValue, int.MaxValue),
        BuiltInType.UInt32 => (uint.MinValue, uint.MaxValue),
        BuiltInType.Int64 => (long.MinValue, long.MaxValue),
        _ => (ulong.MinValue, ulong.MaxValue),
    };

    private static Variant Natural(in PointValue value) => value.Kind switch
    {
        PointValueKind.Boolean => new Variant(value.AsBoolean()),
        PointValueKind.Signed => new Variant(value.AsSigned()),
        PointValueKind.Unsigned => new Variant(value.AsUnsigned()),
        PointValueKind.Real => new Variant(value.AsReal()),
        PointValueKind.Time => new Variant(value.AsTime()),
        PointValueKind.Text => new Variant(value.AsText()),
        _ => default,
    };

    // A device that gives a text for a number is mapped wrongly; nothing given is no data.
    private static StatusCode Misfit(in PointValue value) => value.Kind == PointValueKind.None ? StatusCodes.BadNoData : StatusCodes.BadConfigurationError;

    /// <summary>What a client writes, as adapters take it. The service has checked its type.</summary>
    /// <returns>BadOutOfRange outside EURange or the named states. Part 8 5.3.2.3, 5.3.3.3.</returns>
    public StatusCode TryCommand(in Variant written, out PointValue value)
    {
        if (!TryFrom(written, out value)) return StatusCodes.BadTypeMismatch;
        if (!value.TryGetNumber(out var number)) return StatusCodes.Good;
        if (!double.IsFinite(number)) return StatusCodes.BadOutOfRange;
        if (range is { } limits && (number < limits.Low || number > limits.High)) return StatusCodes.BadOutOfRange;
        return states > 0 && number >= states ? StatusCodes.BadOutOfRange : StatusCodes.Good;
    }

    /// <summary>A value that somebody puts into history, as readings have it.</summary>
    /// <returns>BadTypeMismatch where it is not of the point's DataType; BadOutOfRange where it is no number or no state that there is. A bad one needs no value.</returns>
    public StatusCode TryStore(in DataValue given, out PointValue value)
    {
        value = default;
        if (given.Value.IsNull) return given.StatusCode.IsBad ? StatusCodes.Good : StatusCodes.BadTypeMismatch;
        if (!TryFrom(given.Value, out value) || (type != BuiltInType.Variant && given.Value.Type != type)) return StatusCodes.BadTypeMismatch;
        if (!value.TryGetNumber(out var number)) return StatusCodes.Good;
        return !double.IsFinite(number) || (states > 0 && (number < 0 || number >= states)) ? StatusCodes.BadOutOfRange : StatusCodes.Good;
    }

    /// <summary>A scalar as adapters take it.</summary>
    /// <returns>False for arrays and types that no adapter knows.</returns>
    public static bool TryFrom(in Variant variant, out PointValue value)
    {
        value = default;
        if (!variant.IsScalar) return false;
        switch (variant.Type)
        {
            case BuiltInType.Boolean: value = PointValue.From(variant.AsBoolean()); return true;
            case BuiltInType.UInt64: value = PointValue.From(variant.AsUInt64()); return true;
            case BuiltInType.Byte or BuiltInType.UInt16 or BuiltInType.UInt32: value = PointValue.From((ulong)Whole(variant)); return true;
            case BuiltInType.SByte or BuiltInType.Int16 or BuiltInType.Int32 or BuiltInType.Int64: value = PointValue.From(Whole(variant)); return true;
            case BuiltInType.Float: value = PointValue.From((double)variant.AsFloat()); return true;
            case BuiltInType.Double: value = PointValue.From(variant.AsDouble()); return true;
            case BuiltInType.DateTime: value = PointValue.From(variant.AsDateTime()); return true;
            case BuiltInType.String when variant.AsString() is { } text: value = PointValue.From(text); return true;
            case BuiltInType.LocalizedText when variant.AsLocalizedText().Text is { } text: value = PointValue.From(text); return true;
            default: return false;
        }
    }

    private static long Whole(in Variant variant) => variant.Type switch
    {
        BuiltInType.SByte => variant.AsSByte(),
        BuiltInType.Byte => variant.AsByte(),
        BuiltInType.Int16 => variant.AsInt16(),
        BuiltInType.UInt16 => variant.AsUInt16(),
        BuiltInType.Int32 => variant.AsInt32(),
        BuiltInType.UInt32 => variant.AsUInt32(),
        _ => variant.AsInt64(),
    };
}
