using System.Numerics;

namespace OpcPortal.Server;

/// <summary>
/// Real numbers in few bytes: meters give decimals, so that most columns are whole numbers of some power of ten; others are stored as what differs from the bits before. All bits come back.
/// </summary>
internal static class RealColumn
{
    private const byte ByBits = 0xFF;

    // Above it a double no longer holds every whole number.
    private const double MaxWhole = 1L << 53;

    private static readonly double[] Powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

    /// <param name="bits">Of the numbers.</param>
    /// <param name="whole">Room for as many.</param>
    public static void Write(StoredBytesWriter writer, ReadOnlySpan<long> bits, Span<long> whole)
    {
        for (var places = 0; places < Powers.Length; places++)
        {
            if (!TryScale(bits, Powers[places], whole)) continue;
            writer.WriteByte((byte)places);
            IntegerColumn.Write(writer, whole);
            return;
        }

        writer.WriteByte(ByBits);
        WriteBits(writer, bits);
    }

    private static bool TryScale(ReadOnlySpan<long> bits, double power, Span<long> whole)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            var value = BitConverter.Int64BitsToDouble(bits[i]);
            var scaled = Math.Round(value * power);
            // What is neither finite nor within bounds fails here; the bits tell minus zero.
            if (!(Math.Abs(scaled) <= MaxWhole) || BitConverter.DoubleToInt64Bits((long)scaled / power) != bits[i]) return false;
            whole[i] = (long)scaled;
        }

        return true;
    }

    private static void WriteBits(StoredBytesWriter writer, ReadOnlySpan<long> bits)
    {
        long before = 0;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (var value in bits)
        {
            var difference = value ^ before;
            before = value;
            // Whole bytes of zeros at either end are left out.
            var leading = difference == 0 ? sizeof(long) : BitOperations.LeadingZeroCount((ulong)difference) / 8;
            var trailing = difference == 0 ? 0 : BitOperations.TrailingZeroCount(difference) / 8;
            writer.WriteByte((byte)((leading << 4) | trailing));
            BitConverter.TryWriteBytes(bytes, difference);
            writer.WriteBytes(bytes[trailing..(sizeof(long) - leading)]);
        }
    }

    public static void Read(ref StoredBytesReader reader, Span<long> bits)
    {
        var places = reader.ReadByte();
        if (places == ByBits)
        {
            ReadBits(ref reader, bits);
            return;
        }

        if (places >= Powers.Length) throw new StoredFormatException($"There is no form {places} of a column of reals.");
        IntegerColumn.Read(ref reader, bits);
        foreach (ref var value in bits) value = BitConverter.DoubleToInt64Bits(value / Powers[places]);
    }

    private static void ReadBits(ref StoredBytesReader reader, Span<long> bits)
    {
        long before = 0;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (ref var value in bits)
        {
            var head = reader.ReadByte();
            var (leading, trailing) = (head >> 4, head & 0xF);
            if (leading + trailing > sizeof(long)) throw new StoredFormatException("A real has more than eight bytes of zeros.");
            bytes.Clear();
            reader.ReadBytes(sizeof(long) - leading - trailing).CopyTo(bytes[trailing..]);
            before ^= BitConverter.ToInt64(bytes);
            value = before;
        }
    }
}
