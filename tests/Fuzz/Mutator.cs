using System.Buffers.Binary;

namespace OpcPortal.Fuzz;

/// <summary>Changes an input a little. The same random numbers give the same change.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> pieces)
{
    /// <summary>Bytes of the longest input: beyond it, an input says nothing new.</summary>
    public const int MaxInputBytes = 64 * 1024;

    // Ends of ranges, off by one, and what length checks in 32 bits trip over.
    private static readonly long[] Numbers =
        [0, 1, -1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x00FF_FFFF, int.MaxValue - 1, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <param name="other">Another input, of which a part may be taken over.</param>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var changes = random.Next(1, 5); changes > 0; changes--) Change(bytes, other);
        return bytes.Count > MaxInputBytes ? [.. bytes.Take(MaxInputBytes)] : [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
            case 2: Overwrite(bytes, at); break;
            case 3 when at < bytes.Count: bytes.RemoveRange(at, random.Next(1, Math.Min(bytes.Count - at, 16) + 1)); break;
            case 4: bytes.InsertRange(at, Part(other)); break;
            case 5: bytes.InsertRange(at, Part([.. bytes])); break;
            case 6 when pieces.Count > 0: bytes.InsertRange(at, pieces[random.Next(pieces.Count)]); break;
            case 7 when random.Next(3) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
        }
    }

    private void Overwrite(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, Numbers[random.Next(Numbers.Length)]);
        var width = 1 << random.Next(4);
        for (var i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    private byte[] Part(byte[] source)
    {
        if (source.Length == 0) return [];
        var from = random.Next(source.Length);
        return source.AsSpan(from, random.Next(Math.Min(source.Length - from, 64)) + 1).ToArray();
    }
}
