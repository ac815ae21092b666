using System.Buffers.Binary;
using System.Text;

namespace OpcPortal.Server;

/// <summary>What is stored is not what was written: where, and what of it. The one fault of those who parse it.</summary>
internal sealed class StoredFormatException(string message) : Exception(message);

/// <summary>Bytes that grow as they are written. Used again after <see cref="Clear"/>.</summary>
internal sealed class StoredBytesWriter
{
    // Of a varint of 64 bits.
    private const int MaxVarint = 10;

    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Takes back what was written after a place.</summary>
    public void Rewind(int length) => Length = length;

    public void WriteByte(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    public void WriteInt32(int value)
    {
        Reserve(sizeof(int));
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(Length), value);
        Length += sizeof(int);
    }

    public void WriteInt64(long value)
    {
        Reserve(sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(Length), value);
        Length += sizeof(long);
    }

    /// <summary>Fills in four bytes that were written before.</summary>
    public void PatchInt32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), value);

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public void WriteUnsigned(ulong value)
    {
        Reserve(MaxVarint);
        while (value >= 0x80)
        {
            _bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[Length++] = (byte)value;
    }

    /// <summary>Small numbers of either sign are short.</summary>
    public void WriteSigned(long value) => WriteUnsigned(ZigZag(value));

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    public void WriteText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteUnsigned((ulong)length);
        Reserve(length);
        Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
        Length += length;
    }

    /// <summary>Null and empty are told apart.</summary>
    public void WriteOptionalText(string? text)
    {
        WriteByte(text is null ? (byte)0 : (byte)1);
        if (text is not null) WriteText(text);
    }

    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>Bytes that <see cref="WriteUnsigned"/> takes.</summary>
    public static int LengthOf(ulong value) => value == 0 ? 1 : (70 - System.Numerics.BitOperations.LeadingZeroCount(value)) / 7;

    private void Reserve(int count)
    {
        if (Length + count > _bytes.Length) Array.Resize(ref _bytes, Math.Max(Length + count, _bytes.Length * 2));
    }
}

/// <summary>Reads what <see cref="StoredBytesWriter"/> wrote. What is not there, or not of that form, is a <see cref="StoredFormatException"/>.</summary>
internal ref struct StoredBytesReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public readonly int Left => _left.Length;

    public byte ReadByte() => Take(1)[0];
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong ReadUnsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            // The tenth byte has one bit left.
            if (shift == 63 && next > 1) break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw new StoredFormatException("A number has more than 64 bits.");
    }

    public long ReadSigned()
    {
        var value = ReadUnsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that has to be within bounds.</summary>
    public int ReadCount(int min, int max)
    {
        var value = ReadUnsigned();
        return value >= (ulong)min && value <= (ulong)max ? (int)value : throw new StoredFormatException($"{value} is not within {min} and {max}.");
    }

    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    public string ReadText() => Encoding.UTF8.GetString(Take(ReadCount(0, _left.Length)));

    public string? ReadOptionalText() => ReadByte() switch
    {
        0 => null,
        1 => ReadText(),
        _ => throw new StoredFormatException("A text is neither there nor not."),
    };

    /// <summary>A time in ticks.</summary>
    public DateTime ReadTime() => TimeOf(ReadInt64());

    public static DateTime TimeOf(long ticks) => (ulong)ticks <= (ulong)DateTime.MaxValue.Ticks ? new DateTime(ticks, DateTimeKind.Utc) : throw new StoredFormatException($"{ticks} is no time.");

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_left.Length) throw new StoredFormatException("It ends too early.");
        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }
}
