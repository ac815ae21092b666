using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace OpcPortal.Ua;

/// <summary>
/// Reads OPC UA Binary from a span. Whatever the bytes, it returns or throws a <see cref="CodecException"/>, and allocates
/// no more than <see cref="CodecLimits"/> allow. Part 6 5.2.
/// </summary>
public ref partial struct BinaryDecoder(ReadOnlySpan<byte> data, CodecContext context)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private readonly CodecContext _context = context;
    private int _position;
    private int _depth;
    private long _decodedBytes;

    /// <summary>Reads a part of another message that is nested already.</summary>
    internal BinaryDecoder(ReadOnlySpan<byte> data, CodecContext context, int depth) : this(data, context) => _depth = depth;

    public readonly int Position => _position;
    public readonly int Remaining => _data.Length - _position;
    public readonly CodecContext Context => _context;

    private static CodecException Malformed(string reason) => new(StatusCodes.BadDecodingError, reason);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)(_data.Length - _position)) ThrowTruncated(count);
        var span = _data.Slice(_position, count);
        _position += count;
        return span;
    }

    private readonly void ThrowTruncated(int count) => throw Malformed($"{count} bytes wanted, {Remaining} left.");

    private void Enter()
    {
        if (++_depth > _context.Limits.MaxDepth)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"Nested deeper than {_context.Limits.MaxDepth}.");
    }

    private void Leave() => _depth--;

    // Part 6 5.2.2.1: any value but 0 is true.
    public bool ReadBoolean() => ReadByte() != 0;
    public sbyte ReadSByte() => (sbyte)ReadByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte() => Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16LittleEndian(Take(2));
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
    public DateTime ReadDateTime() => UaTime.FromWire(ReadInt64());
    public StatusCode ReadStatusCode() => new(ReadUInt32());
    public Guid ReadGuid() => new(Take(16));

    /// <summary>The next bytes as they are.</summary>
    public ReadOnlySpan<byte> ReadRaw(int count) => Take(count);

    private bool TryReadLength(int limit, out int length)
    {
        length = ReadInt32();
        if (length < 0) return false;
        if (length > limit) throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"{length} bytes exceed the limit of {limit}.");
        return true;
    }

    public string? ReadString()
    {
        if (!TryReadLength(_context.Limits.MaxStringLength, out var length)) return null;
        if (length == 0) return "";
        var bytes = Take(length);
        try
        {
            return BinaryEncoder.StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            // CVE-2022-2825: malformed UTF-8 must not pass.
            throw Malformed("A string is not UTF-8.");
        }
    }

    public ByteString ReadByteString() => new(ReadBytes());

    private byte[]? ReadBytes() =>
        TryReadLength(_context.Limits.MaxByteStringLength, out var length) ? Take(length).ToArray() : null;

    public XmlElement ReadXmlElement() => new(ReadString());

    public NodeId ReadNodeId()
    {
        var encoding = ReadByte();
        return ReadNodeId(encoding);
    }

    private NodeId ReadNodeId(byte encoding)
    {
        switch (encoding)
        {
            case 0:
                return new NodeId((uint)ReadByte());
            case 1:
                var four = Take(3);
                return new NodeId((uint)BinaryPrimitives.ReadUInt16LittleEndian(four[1..]), four[0]);
        }

        if (encoding > 5) throw Malformed($"0x{encoding:X2} is no NodeId encoding.");
        var namespaceIndex = ReadUInt16();
        return encoding switch
        {
            2 => new NodeId(ReadUInt32(), namespaceIndex),
            // A null string identifier is as good as an empty one: no node has it.
            3 => new NodeId(ReadString() ?? "", namespaceIndex),
            4 => new NodeId(ReadGuid(), namespaceIndex),
            _ => new NodeId(ReadBytes() ?? [], namespaceIndex),
        };
    }

    // Part 6 5.2.2.10: flag 0x80 says a namespace URI follows, 0x40 a server index.
    public ExpandedNodeId ReadExpandedNodeId()
    {
        var encoding = ReadByte();
        var nodeId = ReadNodeId((byte)(encoding & 0x3F));
        var uri = (encoding & 0x80) != 0 ? ReadString() : null;
        var server = (encoding & 0x40) != 0 ? ReadUInt32() : 0;
        return new ExpandedNodeId(nodeId, uri, server);
    }

    public QualifiedName ReadQualifiedName()
    {
        var namespaceIndex = ReadUInt16();
        return new QualifiedName(ReadString(), namespaceIndex);
    }

    public LocalizedText ReadLocalizedText()
    {
        var mask = ReadByte();
        if (mask > 3) throw Malformed($"0x{mask:X2} is no LocalizedText mask.");
        var locale = (mask & 1) != 0 ? ReadString() : null;
        var text = (mask & 2) != 0 ? ReadString() : null;
        return new LocalizedText(text, locale);
    }

    public T ReadEnum<T>() where T : unmanaged, Enum
    {
        var value = ReadInt32();
        return Unsafe.As<int, T>(ref value);
    }

    public T ReadStructure<T>() where T : IStructure<T> => T.Decode(ref this);
}
