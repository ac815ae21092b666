using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Unicode;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Values in registers: decoding and encoding. Pure; registers are given as on the wire, high byte first.</summary>
public static class RegisterCodec
{
    private const int DigitBits = 4;

    /// <summary>Reads a coil or discrete input.</summary>
    /// <param name="bits">From the lowest bit of the first byte on.</param>
    /// <param name="index">Which bit.</param>
    public static PointValue DecodeBit(ReadOnlySpan<byte> bits, int index) => PointValue.From((bits[index / 8] & (1 << (index % 8))) != 0);

    /// <summary>Reads registers.</summary>
    /// <param name="mapping">What they hold.</param>
    /// <param name="registers">Just the registers of the mapping.</param>
    /// <param name="value">None where the status is bad.</param>
    /// <returns>Good; BadNoData where the device says that there is no value; BadDecodingError where it cannot be one.</returns>
    public static ReadingStatus Decode(RegisterMapping mapping, ReadOnlySpan<byte> registers, out PointValue value)
    {
        value = PointValue.None;
        if (mapping.Format == RegisterFormat.String) return DecodeText(mapping, registers, out value);
        var raw = RawOf(mapping, registers);
        if (raw == mapping.NotAvailable) return ReadingStatus.BadNoData;
        if (mapping.IsField) raw = (raw & mapping.Mask) >> BitOperations.TrailingZeroCount(mapping.Mask);
        switch (mapping.Format)
        {
            case RegisterFormat.Bool:
                value = PointValue.From(raw != 0);
                return ReadingStatus.Good;
            case RegisterFormat.Float32:
                return OfReal(mapping, BitConverter.UInt32BitsToSingle((uint)raw), out value);
            case RegisterFormat.Float64:
                return OfReal(mapping, BitConverter.UInt64BitsToDouble(raw), out value);
            case RegisterFormat.Int16:
                return OfSigned(mapping, (short)raw, out value);
            case RegisterFormat.Int32:
                return OfSigned(mapping, (int)raw, out value);
            case RegisterFormat.Int64:
                return OfSigned(mapping, (long)raw, out value);
            case RegisterFormat.Bcd16 or RegisterFormat.Bcd32:
                if (!TryReadDigits(raw, out raw)) return ReadingStatus.BadDecodingError;
                break;
        }

        value = mapping.Scaling.IsNone ? PointValue.From(raw) : PointValue.From(mapping.Scaling.ToUnit(raw));
        return ReadingStatus.Good;
    }

    /// <summary>Writes registers; not for fields, whose register is shared.</summary>
    /// <param name="mapping">What they hold.</param>
    /// <param name="value">In the engineering unit.</param>
    /// <param name="registers">Just the registers of the mapping.</param>
    /// <returns>Good, BadTypeMismatch or BadOutOfRange: then nothing is written.</returns>
    public static ReadingStatus Encode(RegisterMapping mapping, PointValue value, Span<byte> registers)
    {
        if (mapping.Format == RegisterFormat.String) return EncodeText(mapping, value, registers);
        var status = TryGetRaw(mapping, value, out var raw);
        if (status == ReadingStatus.Good) PutRaw(mapping, raw, registers);
        return status;
    }

    /// <summary>The masks of function 22 that set a field and leave its neighbours.</summary>
    /// <returns>Good, BadTypeMismatch or BadOutOfRange.</returns>
    public static ReadingStatus EncodeField(RegisterMapping mapping, PointValue value, out ushort and, out ushort or)
    {
        and = (ushort)~mapping.Mask;
        or = 0;
        var status = TryGetRaw(mapping, value, out var raw);
        var shifted = raw << BitOperations.TrailingZeroCount(mapping.Mask);
        if (status == ReadingStatus.Good && (shifted & mapping.Mask) != shifted) return ReadingStatus.BadOutOfRange;
        or = (ushort)shifted;
        if (mapping.ByteOrder == RegisterOrder.Little) (and, or) = (BinaryPrimitives.ReverseEndianness(and), BinaryPrimitives.ReverseEndianness(or));
        return status;
    }

    /// <summary>Whether a coil shall be on.</summary>
    /// <returns>Good or BadTypeMismatch.</returns>
    public static ReadingStatus EncodeBit(PointValue value, out bool on)
    {
        on = value.TryGetNumber(out var number) && number != 0;
        return value.Kind is PointValueKind.Boolean || (value.TryGetNumber(out number) && number is 0 or 1) ? ReadingStatus.Good : ReadingStatus.BadTypeMismatch;
    }

    private static ulong RawOf(RegisterMapping mapping, ReadOnlySpan<byte> registers)
    {
        ulong raw = 0;
        for (var i = 0; i < registers.Length; i += 2)
        {
            var at = mapping.WordOrder == RegisterOrder.Big ? i : registers.Length - 2 - i;
            var word = mapping.ByteOrder == RegisterOrder.Big ? BinaryPrimitives.ReadUInt16BigEndian(registers[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(registers[at..]);
            raw = (raw << 16) | word;
        }

        return raw;
    }

    private static void PutRaw(RegisterMapping mapping, ulong raw, Span<byte> registers)
    {
        for (var i = registers.Length - 2; i >= 0; i -= 2, raw >>= 16)
        {
            var at = mapping.WordOrder == RegisterOrder.Big ? i : registers.Length - 2 - i;
            if (mapping.ByteOrder == RegisterOrder.Big) BinaryPrimitives.WriteUInt16BigEndian(registers[at..], (ushort)raw);
            else BinaryPrimitives.WriteUInt16LittleEndian(registers[at..], (ushort)raw);
        }
    }

    // "Not a number" is how float registers of SunSpec say that there is no value.
    private static ReadingStatus OfReal(RegisterMapping mapping, double raw, out PointValue value)
    {
        value = PointValue.None;
        if (double.IsNaN(raw)) return ReadingStatus.BadNoData;
        if (double.IsInfinity(raw)) return ReadingStatus.BadDecodingError;
        value = PointValue.From(mapping.Scaling.ToUnit(raw));
        return ReadingStatus.Good;
    }

    private static ReadingStatus OfSigned(RegisterMapping mapping, long raw, out PointValue value)
    {
        value = mapping.Scaling.IsNone ? PointValue.From(raw) : PointValue.From(mapping.Scaling.ToUnit(raw));
        return ReadingStatus.Good;
    }

    private static bool TryReadDigits(ulong raw, out ulong number)
    {
        number = 0;
        for (var shift = 7 * DigitBits; shift >= 0; shift -= DigitBits)
        {
            var digit = (raw >> shift) & 0xF;
            if (digit > 9) return false;
            number = (number * 10) + digit;
        }

        return true;
    }

    private static ulong Digits(ulong number)
    {
        ulong raw = 0;
        for (var shift = 0; number != 0; shift += DigitBits, number /= 10) raw |= number % 10 << shift;
        return raw;
    }

    private static ReadingStatus DecodeText(RegisterMapping mapping, ReadOnlySpan<byte> registers, out PointValue value)
    {
        value = PointValue.None;
        Span<byte> bytes = stackalloc byte[RegisterMapping.MaxTextRegisters * 2];
        bytes = bytes[..registers.Length];
        for (var i = 0; i < registers.Length; i++) bytes[i] = registers[mapping.ByteOrder == RegisterOrder.Big ? i : i ^ 1];
        var end = bytes.IndexOf((byte)0);
        if (end >= 0) bytes = bytes[..end];
        bytes = bytes.TrimEnd((byte)' ');
        if (!Utf8.IsValid(bytes)) return ReadingStatus.BadDecodingError;
        value = PointValue.From(Encoding.UTF8.GetString(bytes));
        return ReadingStatus.Good;
    }

    private static ReadingStatus EncodeText(RegisterMapping mapping, PointValue value, Span<byte> registers)
    {
        if (value.Kind != PointValueKind.Text) return ReadingStatus.BadTypeMismatch;
        if (Encoding.UTF8.GetByteCount(value.AsText()) > registers.Length) return ReadingStatus.BadOutOfRange;
        registers.Clear();
        Encoding.UTF8.GetBytes(value.AsText(), registers);
        if (mapping.ByteOrder == RegisterOrder.Little)
            for (var i = 0; i < registers.Length; i += 2) (registers[i], registers[i + 1]) = (registers[i + 1], registers[i]);
        return ReadingStatus.Good;
    }

    private static ReadingStatus TryGetRaw(RegisterMapping mapping, PointValue value, out ulong raw)
    {
        raw = 0;
        if (!value.TryGetNumber(out var unit)) return ReadingStatus.BadTypeMismatch;
        if (double.IsNaN(unit) || unit < mapping.Min || unit > mapping.Max) return ReadingStatus.BadOutOfRange;
        if (mapping.Scaling.IsNone && TryGetWhole(mapping, value, out raw)) return ReadingStatus.Good;
        var number = mapping.Scaling.ToRaw(unit);
        switch (mapping.Format)
        {
            case RegisterFormat.Bool:
                raw = number != 0 ? 1UL : 0;
                return number is 0 or 1 ? ReadingStatus.Good : ReadingStatus.BadTypeMismatch;
            case RegisterFormat.Float32:
                raw = BitConverter.SingleToUInt32Bits((float)number);
                return float.IsFinite((float)number) ? ReadingStatus.Good : ReadingStatus.BadOutOfRange;
            case RegisterFormat.Float64:
                raw = BitConverter.DoubleToUInt64Bits(number);
                return double.IsFinite(number) ? ReadingStatus.Good : ReadingStatus.BadOutOfRange;
        }

        var (min, max) = Bounds(mapping.Format);
        number = Math.Round(number);
        if (!(number >= min && number <= max)) return ReadingStatus.BadOutOfRange;
        raw = number < 0 ? (ulong)(long)number : (ulong)number;
        if (mapping.Format is RegisterFormat.Bcd16 or RegisterFormat.Bcd32) raw = Digits(raw);
        return raw == mapping.NotAvailable ? ReadingStatus.BadOutOfRange : ReadingStatus.Good;
    }

    // A double holds whole numbers exactly only up to 2^53: 64-bit numbers go without it.
    private static bool TryGetWhole(RegisterMapping mapping, PointValue value, out ulong raw)
    {
        raw = (ulong)value.Bits;
        if (raw == mapping.NotAvailable) return false;
        return (mapping.Format, value.Kind) switch
        {
            (RegisterFormat.UInt64, PointValueKind.Unsigned) or (RegisterFormat.Int64, PointValueKind.Signed) => true,
            (RegisterFormat.UInt64, PointValueKind.Signed) or (RegisterFormat.Int64, PointValueKind.Unsigned) => value.Bits >= 0,
            _ => false,
        };
    }

    private static (double Min, double Max) Bounds(RegisterFormat format) => format switch
    {
        RegisterFormat.Int16 => (short.MinValue, short.MaxValue),
        RegisterFormat.Int32 => (int.MinValue, int.MaxValue),
        RegisterFormat.UInt32 => (0, uint.MaxValue),

        // The greatest doubles below 2^63 and 2^64.
        RegisterFormat.Int64 => (long.MinValue, 9_223_372_036_854_774_784.0),
        RegisterFormat.UInt64 => (0, 18_446_744_073_709_549_568.0),
        RegisterFormat.Bcd16 => (0, 9_999),
        RegisterFormat.Bcd32 => (0, 99_999_999),
        _ => (0, ushort.MaxValue),
    };
}
