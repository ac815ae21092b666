using System.Text;

namespace OpcPortal.Server;

/// <summary>
/// Many short texts in few large blocks of UTF-8: a million ids as strings would cost four times as much and every collection a walk over them. Texts are added by one writer
/// at a time and never change.
/// </summary>
internal sealed class TextColumn
{
    // 1 MiB blocks; a place is a block and an offset in 32 bits, so 4 GiB of text.
    private const int BlockBits = 20;
    private const int BlockSize = 1 << BlockBits;
    private const int MaxBlocks = 1 << (32 - BlockBits);

    /// <summary>Bytes of one text: its length stands in two bytes.</summary>
    public const int MaxBytes = ushort.MaxValue;

    private byte[][] _blocks = [new byte[BlockSize]];
    private int _position;

    /// <returns>The text's place, for the other members.</returns>
    /// <exception cref="InvalidOperationException">The column is full.</exception>
    public uint Add(ReadOnlySpan<char> text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxBytes);
        if (_position + length + sizeof(ushort) > BlockSize) AddBlock();
        var block = _blocks[^1];
        var place = ((uint)(_blocks.Length - 1) << BlockBits) | (uint)_position;
        BitConverter.TryWriteBytes(block.AsSpan(_position), (ushort)length);
        Encoding.UTF8.GetBytes(text, block.AsSpan(_position + sizeof(ushort)));
        _position += length + sizeof(ushort);
        return place;
    }

    public string Get(uint place) => Encoding.UTF8.GetString(BytesAt(place));

    /// <summary>Whether the text at a place is this one of ASCII.</summary>
    public bool EqualsAscii(uint place, ReadOnlySpan<char> text) => Ascii.Equals(BytesAt(place), text);

    /// <summary>The text's UTF-8.</summary>
    public ReadOnlySpan<byte> BytesAt(uint place)
    {
        var block = Volatile.Read(ref _blocks)[place >> BlockBits];
        var offset = (int)(place & (BlockSize - 1));
        return block.AsSpan(offset + sizeof(ushort), BitConverter.ToUInt16(block, offset));
    }

    private void AddBlock()
    {
        if (_blocks.Length == MaxBlocks) throw new InvalidOperationException("The names of the fleet take more than 4 GiB.");
        Volatile.Write(ref _blocks, [.. _blocks, new byte[BlockSize]]);
        _position = 0;
    }
}
