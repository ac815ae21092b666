using System.Buffers.Binary;
using System.Globalization;

namespace OpcPortal.Server;

/// <summary>What was found in a segment.</summary>
/// <param name="Frames">Whole ones.</param>
/// <param name="TornBytes">At its end: what was being written when the process ended. Nobody was told that it is kept.</param>
/// <param name="DamagedBytes">Before whole frames: what was there is lost.</param>
internal readonly record struct SegmentReport(long Frames, long TornBytes, long DamagedBytes);

/// <summary>The files of a journal: one a generation, named by its number.</summary>
internal static class JournalSegment
{
    /// <summary>Mark, version and number.</summary>
    public const int HeaderSize = 16;

    private const int Version = 1;
    private const string Ending = ".readings";

    // "OPRJ".
    private const uint Mark = 0x4A_52_50_4F;

    public static string PathOf(string folder, long generation) => Path.Combine(folder, generation.ToString("D12", CultureInfo.InvariantCulture) + Ending);

    /// <summary>The generations that a folder has segments of, oldest first.</summary>
    public static List<long> In(string folder)
    {
        var found = new List<long>();
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Ending))
            if (long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)) found.Add(generation);
        found.Sort();
        return found;
    }

    public static byte[] Header(long generation)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), generation);
        return header;
    }

    /// <summary>Reads a segment as far as it is whole.</summary>
    /// <exception cref="StoredFormatException">It is of a newer server.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SegmentReport Read(string path, IJournalVisitor visitor) => Read(File.ReadAllBytes(path), visitor);

    /// <inheritdoc cref="Read(string, IJournalVisitor)"/>
    public static SegmentReport Read(ReadOnlySpan<byte> segment, IJournalVisitor visitor)
    {
        // Torn within its header: nothing was in it yet.
        if (segment.Length < HeaderSize) return new SegmentReport(0, segment.Length, 0);
        if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == Mark && BinaryPrimitives.ReadInt32LittleEndian(segment[4..]) is var version && version > Version)
            throw new StoredFormatException($"A segment has version {version}, and this server knows {Version}: run the newer server.");
        var rest = segment[HeaderSize..];
        long frames = 0, damaged = 0;
        while (true)
        {
            if (!JournalFrame.TryNext(ref rest, out var payload, out var skipped)) return new SegmentReport(frames, skipped, damaged);
            frames++;
            damaged += skipped;
            try
            {
                JournalItems.Read(payload, visitor);
            }
            catch (StoredFormatException)
            {
                // Whole, and yet not what it says: the items before stand.
                damaged += payload.Length;
            }
        }
    }
}
