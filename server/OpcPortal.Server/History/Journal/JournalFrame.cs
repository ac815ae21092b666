using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OpcPortal.Server;

/// <summary>
/// The frames of a segment of the journal: a mark to find the next one by, the length and the checksum of what follows. A frame that was torn by the end of the process, or damaged since, fails its
/// checksum.
/// </summary>
internal static class JournalFrame
{
    /// <summary>Mark, length and CRC-32C of the payload.</summary>
    public const int HeaderSize = 12;

    /// <summary>Bytes of a payload: a batch of 4,096 texts of a quarter of a megabyte each. What is longer is refused, and was not written here.</summary>
    public const int MaxPayload = 1 << 30;

    // "OPRF", so that it is seen in a dump.
    private const uint Mark = 0x46_52_50_4F;

    /// <summary>Leaves room for the header of a frame whose payload is written next.</summary>
    public static void Begin(StoredBytesWriter writer)
    {
        writer.Clear();
        for (var i = 0; i < HeaderSize; i += sizeof(int)) writer.WriteInt32(0);
    }

    /// <summary>Fills the header in.</summary>
    public static void End(StoredBytesWriter writer)
    {
        writer.PatchInt32(0, unchecked((int)Mark));
        writer.PatchInt32(4, writer.Length - HeaderSize);
        writer.PatchInt32(8, unchecked((int)Checksum(writer.Span[HeaderSize..])));
    }

    /// <summary>Looks for the next frame that is whole.</summary>
    /// <param name="bytes">From anywhere in a segment to its end; afterwards what follows the frame.</param>
    /// <param name="skipped">Bytes before it that are no frame.</param>
    /// <returns>False where there is none.</returns>
    public static bool TryNext(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> payload, out long skipped)
    {
        payload = default;
        skipped = 0;
        Span<byte> mark = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(mark, Mark);
        while (true)
        {
            var at = bytes.IndexOf(mark);
            if (at < 0 || bytes.Length - at < HeaderSize)
            {
                skipped += bytes.Length;
                bytes = default;
                return false;
            }

            skipped += at;
            bytes = bytes[at..];
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
            if (length >= 0 && length <= Math.Min(MaxPayload, bytes.Length - HeaderSize) && Checksum(bytes.Slice(HeaderSize, length)) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]))
            {
                payload = bytes.Slice(HeaderSize, length);
                bytes = bytes[(HeaderSize + length)..];
                return true;
            }

            // No frame begins here, but one may within what this one claims to be.
            bytes = bytes[sizeof(uint)..];
            skipped += sizeof(uint);
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
