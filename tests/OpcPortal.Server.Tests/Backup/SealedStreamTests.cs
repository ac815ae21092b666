using System.Security.Cryptography;
using CsCheck;

namespace OpcPortal.Server.Tests;

/// <summary>The form of a backup: what is changed, moved or cut off is told, and what is not comes back as it was.</summary>
public sealed class SealedStreamTests : IDisposable
{
    private const int Chunk = SealingStream.ChunkSize + SealingStream.TagSize;

    private readonly BackupKey _key = KeyOf(7);

    public void Dispose() => _key.Dispose();

    internal static BackupKey KeyOf(byte filled) => BackupKey.TryParse(Convert.ToBase64String(Enumerable.Repeat(filled, BackupKey.Size).ToArray()), out var key) ? key : throw new InvalidOperationException();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SealingStream.ChunkSize - 1)]
    [InlineData(SealingStream.ChunkSize)]
    [InlineData(SealingStream.ChunkSize + 1)]
    [InlineData(3 * SealingStream.ChunkSize)]
    public void What_was_sealed_comes_back(int length)
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        Assert.Equal(plain, Open(Seal(plain, _key), _key));
    }

    // CsCheck prints the seed of a failure.
    [Fact]
    public void Whatever_byte_is_changed_it_is_told()
    {
        var whole = Seal(RandomNumberGenerator.GetBytes(SealingStream.ChunkSize + 1000), _key);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[1, 255]).Sample((at, change) =>
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= (byte)change;
            Assert.Throws<BackupException>(() => Open(changed, _key));
        }, iter: 200);
        Assert.Equal(SealingStream.ChunkSize + 1000, Open(whole, _key).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SealedHeader.Size)]
    [InlineData(SealedHeader.Size + Chunk)]
    [InlineData(SealedHeader.Size + Chunk + 5)]
    [InlineData(SealedHeader.Size + (2 * Chunk))]
    public void What_is_cut_off_is_told_also_between_chunks(int length)
    {
        var whole = Seal(RandomNumberGenerator.GetBytes(3 * SealingStream.ChunkSize), _key);
        Assert.Throws<BackupException>(() => Open(whole[..length], _key));
    }

    [Fact]
    public void Chunks_that_changed_places_are_told()
    {
        var whole = Seal(RandomNumberGenerator.GetBytes(3 * SealingStream.ChunkSize), _key);
        byte[] swapped = [.. whole[..SealedHeader.Size], .. whole[(SealedHeader.Size + Chunk)..(SealedHeader.Size + (2 * Chunk))], .. whole[SealedHeader.Size..(SealedHeader.Size + Chunk)], .. whole[(SealedHeader.Size + (2 * Chunk))..]];
        Assert.Throws<BackupException>(() => Open(swapped, _key));
    }

    [Fact]
    public void A_chunk_of_another_backup_of_the_same_key_is_told()
    {
        var plain = new byte[2 * SealingStream.ChunkSize];
        var (one, other) = (Seal(plain, _key), Seal(plain, _key));
        Assert.Throws<BackupException>(() => Open([.. one[..(SealedHeader.Size + Chunk)], .. other[(SealedHeader.Size + Chunk)..]], _key));
    }

    [Fact]
    public void Another_key_is_told_by_its_id_and_the_right_one_opens()
    {
        using var wrong = KeyOf(8);
        var whole = Seal([1, 2, 3], _key);
        var refused = Assert.Throws<BackupException>(() => Open(whole, wrong));
        Assert.Contains(_key.Id, refused.Message, StringComparison.Ordinal);
        Assert.Contains(wrong.Id, refused.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], Open(whole, _key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public void What_is_no_key_of_256_bits_is_none(string text)
    {
        Assert.False(BackupKey.TryParse(text, out _));
        Assert.True(BackupKey.TryParse(BackupKey.NewText() + "\n", out var made));
        made.Dispose();
    }

    [Fact]
    public void A_key_is_read_in_both_forms()
    {
        Assert.True(BackupKey.TryParse(string.Concat(Enumerable.Repeat("07", BackupKey.Size)), out var hexadecimal));
        Assert.Equal(_key.Id, hexadecimal.Id);
        hexadecimal.Dispose();
    }

    private static byte[] Seal(byte[] plain, BackupKey key)
    {
        using var output = new MemoryStream();
        using var sealing = new SealingStream(output, key, SealedHeader.New(key));
        // In uneven pieces, as a compressor writes.
        foreach (var piece in plain.Chunk(9_973)) sealing.Write(piece);
        sealing.Complete();
        return output.ToArray();
    }

    private static byte[] Open(byte[] whole, BackupKey key)
    {
        using var input = new MemoryStream(whole);
        using var unsealing = new UnsealingStream(input, key, SealedHeader.Read(input, key));
        using var plain = new MemoryStream();
        unsealing.CopyTo(plain);
        return plain.ToArray();
    }
}
