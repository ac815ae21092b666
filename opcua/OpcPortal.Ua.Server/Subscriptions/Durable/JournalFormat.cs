using System.Buffers.Binary;
using System.Numerics;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The bytes of a journal: a header, then records, each with its length and a CRC-32C, padded to eight bytes so that the next whole one can be found behind a damaged one. Pure.
/// </summary>
internal static class JournalFormat
{
    /// <summary>What this server writes. A journal of a newer version is refused, never guessed at.</summary>
    public const uint Version = 1;

    public const int HeaderLength = 32;

    /// <summary>Where the header says that records are missing at the end: written in place, for which a full disk has room.</summary>
    public const int IncompleteOffset = 12;

    /// <summary>Bytes of one record: a message of a mebibyte with all that belongs to it, and a value as large as an encoder makes any.</summary>
    public const int MaxRecordLength = (1 << 24) - 1;

    private const int RecordHeaderLength = 8;
    private const int Alignment = 8;
    private const uint RecordMark = 0xA7u << 24;

    // "UASUBJNL" in bytes.
    private const ulong Magic = 0x4C4E_4A42_5553_4155;

    /// <summary>Bytes that a record takes.</summary>
    public static int SizeOf(int length) => (RecordHeaderLength + length + Alignment - 1) & ~(Alignment - 1);

    public static void WriteHeader(Span<byte> header, uint subscriptionId, uint generation)
    {
        header[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], subscriptionId);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], generation);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], HeaderCrc(header));
    }

    /// <summary>Reads the header.</summary>
    /// <exception cref="SubscriptionStoreException">A newer version wrote it.</exception>
    public static bool TryReadHeader(ReadOnlySpan<byte> data, out JournalHeader header)
    {
        header = default;
        if (data.Length < HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(data) != Magic) return false;
        var version = BinaryPrimitives.ReadUInt32LittleEndian(data[8..]);
        if (version > Version) throw new SubscriptionStoreException($"It was written by a newer server (version {version}, this one knows {Version}): run that server, or move the file away.");
        if (version != Version || BinaryPrimitives.ReadUInt32LittleEndian(data[24..]) != HeaderCrc(data)) return false;
        header = new JournalHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(data[16..]), BinaryPrimitives.ReadUInt32LittleEndian(data[20..]), BinaryPrimitives.ReadUInt32LittleEndian(data[IncompleteOffset..]) != 0);
        return true;
    }

    /// <summary>Writes a record.</summary>
    /// <param name="target"><see cref="SizeOf"/> bytes.</param>
    public static void WriteRecord(Span<byte> target, ReadOnlySpan<byte> record)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, RecordMark | (uint)record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], RecordCrc(record));
        record.CopyTo(target[RecordHeaderLength..]);
        target[(RecordHeaderLength + record.Length)..SizeOf(record.Length)].Clear();
    }

    /// <summary>Reads the records behind the header.</summary>
    /// <param name="end">Where the last whole record ends: what is behind it is to be overwritten.</param>
    public static JournalCondition Read(ReadOnlySpan<byte> data, JournalRecordReader reader, out int end)
    {
        end = HeaderLength;
        var isDamaged = false;
        while (end < data.Length)
        {
            if (TryReadRecord(data[end..], out var record))
            {
                reader(record);
                end += SizeOf(record.Length);
                continue;
            }

            // Torn where nothing whole follows; else damage, behind which reading goes on.
            if (FindRecord(data, end + Alignment) is not { } next) return isDamaged ? JournalCondition.Damaged : JournalCondition.Torn;
            isDamaged = true;
            end = next;
        }

        return isDamaged ? JournalCondition.Damaged : JournalCondition.Whole;
    }

    private static int? FindRecord(ReadOnlySpan<byte> data, int from)
    {
        for (var offset = from; offset < data.Length; offset += Alignment)
            if (TryReadRecord(data[offset..], out _)) return offset;
        return null;
    }

    private static bool TryReadRecord(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (data.Length < RecordHeaderLength) return false;
        var first = BinaryPrimitives.ReadUInt32LittleEndian(data);
        var length = (int)(first & MaxRecordLength);
        if ((first & ~(uint)MaxRecordLength) != RecordMark || length == 0 || data.Length < SizeOf(length)) return false;
        record = data.Slice(RecordHeaderLength, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(data[4..]) == RecordCrc(record);
    }

    // Without the flag, which changes in place.
    private static uint HeaderCrc(ReadOnlySpan<byte> header) => Crc(Crc(0, header[..IncompleteOffset]), header[16..24]);

    private static uint RecordCrc(ReadOnlySpan<byte> record) => Crc((uint)record.Length, record);

    // CRC-32C (Castagnoli), which processors compute.
    private static uint Crc(uint seed, ReadOnlySpan<byte> bytes)
    {
        var crc = ~seed;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var one in bytes) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}

/// <summary>What a journal says of itself.</summary>
/// <param name="IsIncomplete">Records after the last one could not be kept.</param>
internal readonly record struct JournalHeader(uint SubscriptionId, uint Generation, bool IsIncomplete);
