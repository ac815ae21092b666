using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OpcPortal.Models;

/// <summary>
/// A SHA-256 hash (FIPS 180-4), of a row by its canonical form:
/// <list type="number">
/// <item>the bytes <c>OpcPortal evidence 1</c> in ASCII, so that no hash made for another purpose passes for one of these;</item>
/// <item>the hash of the row before, 32 bytes;</item>
/// <item>class and kind, a byte each;</item>
/// <item>sequence number and time (ticks of 100 ns since 0001-01-01 UTC), 8 bytes each, most significant first;</item>
/// <item>type, party and body, each as its length in bytes (4 bytes, most significant first) and its UTF-8 bytes.</item>
/// </list>
/// Every part has a fixed length or states it, so that two different rows never have the same form.
/// </summary>
public readonly record struct EvidenceDigest(ulong A, ulong B, ulong C, ulong D)
{
    public const int Size = 32;

    private const int FixedLength = Size + 2 + 2 * sizeof(long) + 3 * sizeof(int);

    // Rows of usual size are hashed without renting a buffer.
    private const int StackLength = 2048;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Purpose => "OpcPortal evidence 1"u8;

    /// <summary>The hash of a row; what it says of its own hash does not enter.</summary>
    /// <exception cref="EncoderFallbackException">A text holds an unpaired surrogate, which no row that was written has.</exception>
    public static EvidenceDigest Of(EvidenceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var most = Purpose.Length + FixedLength + StrictUtf8.GetMaxByteCount(row.Type.Length) + StrictUtf8.GetMaxByteCount(row.Party.Length) + StrictUtf8.GetMaxByteCount(row.Body.Length);
        byte[]? rented = null;
        var buffer = most <= StackLength ? stackalloc byte[StackLength] : rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            Span<byte> hash = stackalloc byte[Size];
            SHA256.HashData(buffer[..WriteCanonical(row, buffer)], hash);
            return FromBytes(hash);
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The canonical form, for those who check it otherwise.</summary>
    public static byte[] CanonicalOf(EvidenceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var buffer = new byte[Purpose.Length + FixedLength + StrictUtf8.GetByteCount(row.Type) + StrictUtf8.GetByteCount(row.Party) + StrictUtf8.GetByteCount(row.Body)];
        WriteCanonical(row, buffer);
        return buffer;
    }

    private static int WriteCanonical(EvidenceRow row, Span<byte> buffer)
    {
        Purpose.CopyTo(buffer);
        var at = Purpose.Length;
        row.Previous.CopyTo(buffer[at..]);
        at += Size;
        buffer[at++] = (byte)row.Class;
        buffer[at++] = (byte)row.Kind;
        BinaryPrimitives.WriteInt64BigEndian(buffer[at..], row.Sequence);
        BinaryPrimitives.WriteInt64BigEndian(buffer[(at + sizeof(long))..], row.Time.Ticks);
        at += 2 * sizeof(long);
        at += WriteText(row.Type, buffer[at..]);
        at += WriteText(row.Party, buffer[at..]);
        return at + WriteText(row.Body, buffer[at..]);
    }

    private static int WriteText(string text, Span<byte> buffer)
    {
        var length = StrictUtf8.GetBytes(text, buffer[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(buffer, length);
        return sizeof(int) + length;
    }

    /// <exception cref="ArgumentException">There are not <see cref="Size"/> bytes.</exception>
    public static EvidenceDigest FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"A hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        return new(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));
    }

    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], D);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>64 hexadecimal digits.</summary>
    public static bool TryParse(string? text, out EvidenceDigest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (text is not { Length: 2 * Size } || Convert.FromHexString(text, bytes, out _, out var written) != OperationStatus.Done || written != Size) return false;
        digest = FromBytes(bytes);
        return true;
    }

    /// <summary>64 hexadecimal digits, upper case.</summary>
    public override string ToString() => $"{A:X16}{B:X16}{C:X16}{D:X16}";
}
