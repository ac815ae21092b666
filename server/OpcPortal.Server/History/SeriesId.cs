using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OpcPortal.Server;

/// <summary>
/// The number under which the readings of a point are stored: drawn from its name, so that no table has to be asked while readings come in. Of 50 million points two share one with a probability of 1 in
/// 7,000; the table of names shows it when the second is written, which is told: until one of the devices has another id, their readings are stored as one.
/// </summary>
internal static class SeriesId
{
    // SQL has no unsigned numbers; 0 and below stand for what has none.
    private const ulong Positive = long.MaxValue;

    public static long Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        return Math.Max(1, (long)(BinaryPrimitives.ReadUInt64LittleEndian(hash) & Positive));
    }
}
