using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>A file of a backlog is not what it should be.</summary>
internal sealed class BacklogFormatException(string message) : Exception(message);

/// <summary>
/// The records of a backlog's files: length and checksum (4 bytes each, little-endian), then a body that begins with what it is. A file says a point's name before its first reading, so that each can
/// be read alone, by a process whose points have other numbers. Pure.
/// </summary>
internal static class BacklogCodec
{
    public const int RecordHeader = 8;

    /// <summary>Readings of a record: a few of an adapter's batches.</summary>
    public const int MaxReadings = 1024;

    /// <summary>Bytes of a body: full of readings with texts of half a kilobyte; what is longer is no record.</summary>
    public const int MaxBody = 1024 * 1024;

    /// <summary>Characters of a text that is kept: far more than devices say.</summary>
    public const int MaxText = 65_536;

    private const byte NameKind = 1;
    private const byte ReadingsKind = 2;

    /// <summary>What a file begins with; the last byte is the version.</summary>
    public static ReadOnlySpan<byte> Magic => "OPBKLOG\u0001"u8;

    /// <summary>Finds the next record.</summary>
    /// <param name="body">Without its header.</param>
    /// <returns>False where the bytes end before the record does, as after a crash in the midst of writing.</returns>
    /// <exception cref="BacklogFormatException">The record is damaged.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (bytes.Length < RecordHeader) return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length is 0 or > MaxBody) throw new BacklogFormatException("A record's length is damaged.");
        if (bytes.Length - RecordHeader < length) return false;
        body = bytes.Slice(RecordHeader, (int)length);
        if (Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])) throw new BacklogFormatException("A record is damaged.");
        return true;
    }

    /// <summary>Writes a record that gives a number of the file to a name.</summary>
    public static void WriteName(ArrayBufferWriter<byte> output, int number, string name)
    {
        var start = Begin(output, NameKind);
        PutVariable(output, (uint)number);
        PutText(output, name);
        End(output, start);
    }

    /// <summary>Writes a record of readings.</summary>
    /// <param name="numbers">The numbers that the file has for their points, in the same order.</param>
    public static void WriteReadings(ArrayBufferWriter<byte> output, ReadOnlySpan<Reading> readings, ReadOnlySpan<int> numbers)
    {
        var start = Begin(output, ReadingsKind);
        PutVariable(output, (uint)readings.Length);
        long before = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            var reading = readings[i].Value.Text is { Length: > MaxText } ? readings[i] with { Value = PointValue.None, Status = ReadingStatus.BadOutOfRange } : readings[i];
            PutVariable(output, (uint)numbers[i]);
            PutVariable(output, ZigZag(reading.SourceTime.Ticks - before));
            before = reading.SourceTime.Ticks;
            PutVariable(output, (uint)reading.Status);
            PutVariable(output, Pack(reading.Quality));
            PutValue(output, reading.Value);
        }

        End(output, start);
    }

    /// <summary>Reads a body.</summary>
    /// <param name="names">The names that the file has given so far; gets the one of this body, where it is one.</param>
    /// <param name="readings">Gets the readings; their points are the file's numbers.</param>
    /// <exception cref="BacklogFormatException">It is none.</exception>
    public static void ReadBody(ReadOnlySpan<byte> body, List<string> names, List<Reading> readings)
    {
        var input = new BacklogReader(body);
        switch (input.Byte())
        {
            case NameKind:
                if (input.Variable() != (ulong)names.Count) throw new BacklogFormatException("A name's number is not the next.");
                names.Add(input.Text());
                break;
            case ReadingsKind:
                ReadReadings(ref input, names.Count, readings);
                break;
            default:
                throw new BacklogFormatException("A record is of an unknown kind.");
        }

        if (!input.IsAtEnd) throw new BacklogFormatException("A record has more than it says.");
    }

    private static void ReadReadings(ref BacklogReader input, int names, List<Reading> readings)
    {
        var count = input.Variable();
        if (count > MaxReadings) throw new BacklogFormatException("A record has too many readings.");
        long time = 0;
        for (ulong i = 0; i < count; i++)
        {
            var point = input.Variable();
            if (point >= (ulong)names) throw new BacklogFormatException("A reading's point has no name.");
            time += UnZigZag(input.Variable());
            if ((ulong)time > (ulong)DateTime.MaxValue.Ticks) throw new BacklogFormatException("A reading's time is none.");
            var status = input.Variable();
            if (status > uint.MaxValue) throw new BacklogFormatException("A reading's status is none.");
            var quality = Unpack(input.Variable());
            readings.Add(new Reading((int)point, input.Value(), new DateTime(time, DateTimeKind.Utc), (ReadingStatus)status, quality));
        }
    }

    /// <summary>CRC-32C (RFC 3720 12.1).</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var rest in bytes) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }

    private static int Begin(ArrayBufferWriter<byte> output, byte kind)
    {
        var start = output.WrittenCount;
        output.Write((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0, kind]);
        return start;
    }

    private static void End(ArrayBufferWriter<byte> output, int start)
    {
        var record = System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory)[start..].Span;
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(record.Length - RecordHeader));
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record[RecordHeader..]));
    }

    private static void PutVariable(ArrayBufferWriter<byte> output, ulong number)
    {
        var span = output.GetSpan(BacklogReader.MaxVariable);
        var length = 0;
        for (; number >= 0x80; number >>= 7) span[length++] = (byte)(number | 0x80);
        span[length++] = (byte)number;
        output.Advance(length);
    }

    private static void PutText(ArrayBufferWriter<byte> output, string text)
    {
        PutVariable(output, (uint)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }

    private static void PutValue(ArrayBufferWriter<byte> output, PointValue value)
    {
        output.Write((ReadOnlySpan<byte>)[(byte)value.Kind]);
        if (value.Kind == PointValueKind.None) return;
        if (value.Kind == PointValueKind.Text)
        {
            PutText(output, value.AsText());
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value.Bits);
        output.Advance(sizeof(long));
    }

    private static ulong ZigZag(long number) => (ulong)((number << 1) ^ (number >> 63));
    private static long UnZigZag(ulong number) => (long)(number >> 1) ^ -(long)(number & 1);

    private static ulong Pack(QualityCode code) => ((ulong)code.Origin << 32) | ((ulong)code.Category << 16) | code.Index;

    private static QualityCode Unpack(ulong packed) => packed >> 32 <= (ulong)QualityOrigin.External
        ? new QualityCode((QualityOrigin)(packed >> 32), (ushort)(packed >> 16), (ushort)packed) : throw new BacklogFormatException("A reading's quality is none.");
}

/// <summary>Reads a body from its begin to its end.</summary>
internal ref struct BacklogReader(ReadOnlySpan<byte> body)
{
    /// <summary>Bytes of the longest number.</summary>
    public const int MaxVariable = 10;

    private ReadOnlySpan<byte> _rest = body;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public ulong Variable()
    {
        ulong number = 0;
        for (var shift = 0; shift < MaxVariable * 7; shift += 7)
        {
            var next = Byte();
            // The tenth byte has one bit left.
            if (shift == 63 && next > 1) break;
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return number;
        }

        throw new BacklogFormatException("A number is too long.");
    }

    public string Text()
    {
        var length = Variable();
        if (length > BacklogCodec.MaxText * 3) throw new BacklogFormatException("A text is too long.");
        return Encoding.UTF8.GetString(Take((int)length));
    }

    public PointValue Value()
    {
        var kind = Byte();
        return (PointValueKind)kind switch
        {
            PointValueKind.None => PointValue.None,
            PointValueKind.Text => PointValue.From(Text()),
            > PointValueKind.Text => throw new BacklogFormatException("A value is of an unknown kind."),
            var known => PointValue.Restore(known, BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long))), null),
        };
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw new BacklogFormatException("A record ends too early.");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
