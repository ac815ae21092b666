using System.Globalization;

namespace OpcPortal.Models;

/// <summary>What a <see cref="PointValue"/> holds.</summary>
public enum PointValueKind : byte
{
    /// <summary>No value: the reading says by its status why.</summary>
    None,
    Boolean,
    Signed,
    Unsigned,
    Real,
    Time,
    Text,
}

/// <summary>
/// A value as a device gave it, after scaling: a scalar of one of a few wide kinds, without allocation but for text. The point's type decides what
/// it becomes for those who read it.
/// </summary>
public readonly struct PointValue : IEquatable<PointValue>
{
    private readonly long _bits;
    private readonly string? _text;

    private PointValue(PointValueKind kind, long bits, string? text = null)
    {
        Kind = kind;
        _bits = bits;
        _text = text;
    }

    public static PointValue None => default;

    public PointValueKind Kind { get; }

    /// <summary>The value's 64 bits, for stores that keep columns; 0 for text.</summary>
    public long Bits => _bits;

    /// <summary>The text; null for other kinds.</summary>
    public string? Text => _text;

    public static PointValue From(bool value) => new(PointValueKind.Boolean, value ? 1 : 0);
    public static PointValue From(long value) => new(PointValueKind.Signed, value);
    public static PointValue From(ulong value) => new(PointValueKind.Unsigned, (long)value);
    public static PointValue From(double value) => new(PointValueKind.Real, BitConverter.DoubleToInt64Bits(value));
    public static PointValue From(string value) => new(PointValueKind.Text, 0, value);

    /// <param name="utc">UTC.</param>
    public static PointValue From(DateTime utc) => new(PointValueKind.Time, utc.Ticks);

    /// <summary>A value out of a store's columns.</summary>
    public static PointValue Restore(PointValueKind kind, long bits, string? text) => new(kind, bits, text);

    public bool AsBoolean() => Kind == PointValueKind.Boolean ? _bits != 0 : throw Mismatch(PointValueKind.Boolean);
    public long AsSigned() => Kind == PointValueKind.Signed ? _bits : throw Mismatch(PointValueKind.Signed);
    public ulong AsUnsigned() => Kind == PointValueKind.Unsigned ? (ulong)_bits : throw Mismatch(PointValueKind.Unsigned);
    public double AsReal() => Kind == PointValueKind.Real ? BitConverter.Int64BitsToDouble(_bits) : throw Mismatch(PointValueKind.Real);
    public string AsText() => Kind == PointValueKind.Text ? _text! : throw Mismatch(PointValueKind.Text);

    /// <summary>UTC.</summary>
    public DateTime AsTime() => Kind == PointValueKind.Time ? new DateTime(_bits, DateTimeKind.Utc) : throw Mismatch(PointValueKind.Time);

    /// <summary>The value as a number: of a Boolean 0 or 1.</summary>
    /// <returns>False for text, times and nothing.</returns>
    public bool TryGetNumber(out double number)
    {
        number = Kind switch
        {
            PointValueKind.Boolean or PointValueKind.Signed => _bits,
            PointValueKind.Unsigned => (ulong)_bits,
            PointValueKind.Real => BitConverter.Int64BitsToDouble(_bits),
            _ => double.NaN,
        };
        return Kind is PointValueKind.Boolean or PointValueKind.Signed or PointValueKind.Unsigned or PointValueKind.Real;
    }

    public bool Equals(PointValue other) => Kind == other.Kind && _bits == other._bits && _text == other._text;
    public override bool Equals(object? obj) => obj is PointValue other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(Kind, _bits, _text);
    public static bool operator ==(PointValue left, PointValue right) => left.Equals(right);
    public static bool operator !=(PointValue left, PointValue right) => !left.Equals(right);

    public override string ToString() => Kind switch
    {
        PointValueKind.None => "(none)",
        PointValueKind.Boolean => _bits != 0 ? "true" : "false",
        PointValueKind.Signed => _bits.ToString(CultureInfo.InvariantCulture),
        PointValueKind.Unsigned => ((ulong)_bits).ToString(CultureInfo.InvariantCulture),
        PointValueKind.Real => AsReal().ToString("R", CultureInfo.InvariantCulture),
        PointValueKind.Time => AsTime().ToString("O", CultureInfo.InvariantCulture),
        _ => _text ?? "",
    };

    private InvalidOperationException Mismatch(PointValueKind wanted) => new($"The value is {Kind}, not {wanted}.");
}
