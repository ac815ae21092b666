using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OpcPortal.Ua;

/// <summary>
/// Writes OPC UA Binary into a pooled buffer that grows. Part 6 5.2.
/// Either <see cref="Dispose"/> gives the buffer back or <see cref="Detach"/> hands it over.
/// </summary>
public ref partial struct BinaryEncoder
{
    private const int InitialCapacity = 1024;

    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly CodecContext _context;
    private byte[] _buffer;
    private int _position;
    private int _depth;

    /// <param name="context">Types and limits.</param>
    /// <param name="reserve">Bytes left free at the front for a header that is written later.</param>
    public BinaryEncoder(CodecContext context, int reserve = 0, int capacity = InitialCapacity)
    {
        _context = context;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, reserve + InitialCapacity));
        _position = reserve;
    }

    /// <summary>Bytes written so far, the reserve included.</summary>
    public readonly int Position => _position;

    /// <summary>All that was written, the reserve included.</summary>
    public readonly Span<byte> Written => _buffer.AsSpan(0, _position);

    /// <summary>Hands the pooled buffer over; the receiver returns it to <see cref="ArrayPool{T}.Shared"/>.</summary>
    public ArraySegment<byte> Detach()
    {
        var segment = new ArraySegment<byte>(_buffer, 0, _position);
        _buffer = [];
        _position = 0;
        return segment;
    }

    public void Dispose()
    {
        if (_buffer is { Length: > 0 }) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Drops what was written after <paramref name="position"/>, as read from <see cref="Position"/> before.</summary>
    public void Rewind(int position) => _position = position;

    /// <summary>The encoded fields of a structure, without type id.</summary>
    public static byte[] ToBytes(IStructure structure)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        try
        {
            structure.Encode(ref encoder);
            return encoder.Written.ToArray();
        }
        finally
        {
            encoder.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _position < count) Grow(count);
        var span = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer), _position), count);
        _position += count;
        return span;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var needed = (long)_position + count;
        if (needed > _context.Limits.MaxEncodedLength)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"The message exceeds {_context.Limits.MaxEncodedLength} bytes.");
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, _buffer.Length * 2L), Array.MaxLength));
        _buffer.AsSpan(0, _position).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void Enter()
    {
        if (++_depth > _context.Limits.MaxDepth)
            throw new CodecException(StatusCodes.BadEncodingLimitsExceeded, $"Nested deeper than {_context.Limits.MaxDepth}.");
    }

    private void Leave() => _depth--;

    public void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);
    public void WriteSByte(sbyte value) => WriteByte((byte)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteByte(byte value) => Take(1)[0] = value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16LittleEndian(Take(2), value);
    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
    public void WriteFloat(float value) => BinaryPrimitives.WriteSingleLittleEndian(Take(4), value);
    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);
    public void WriteDateTime(DateTime value) => WriteInt64(UaTime.ToWire(value));
    public void WriteStatusCode(StatusCode value) => WriteUInt32(value.Code);

    /// <summary>Overwrites four bytes at an earlier position, such as a length that is known only now.</summary>
    public readonly void PatchUInt32(int position, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(position, 4), value);

    public void WriteGuid(Guid value) => value.TryWriteBytes(Take(16));

    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <exception cref="CodecException">The text has an unpaired surrogate: BadEncodingError.</exception>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteInt32(-1);
            return;
        }

        // Three bytes of UTF-8 for a UTF-16 unit at most; reserve, encode, then say how many there were.
        var lengthAt = _position;
        if (value.Length > _context.Limits.MaxEncodedLength) Grow(value.Length);
        var span = Take(4 + (value.Length * 3));
        try
        {
            var count = StrictUtf8.GetBytes(value, span[4..]);
            BinaryPrimitives.WriteInt32LittleEndian(span, count);
            _position = lengthAt + 4 + count;
        }
        catch (EncoderFallbackException)
        {
            throw new CodecException(StatusCodes.BadEncodingError, "A string holds an unpaired surrogate.");
        }
    }

    public void WriteByteString(ByteString value) => WriteBytes(value.Bytes);

    private void WriteBytes(byte[]? value)
    {
        if (value is null)
        {
            WriteInt32(-1);
            return;
        }

        WriteInt32(value.Length);
        WriteRaw(value);
    }

    // Part 6 5.2.2.8: an XmlElement is encoded as its UTF-8 text.
    public void WriteXmlElement(XmlElement value) => WriteString(value.Xml);

    public void WriteNodeId(in NodeId value) => WriteNodeId(value, flags: 0);

    private void WriteNodeId(in NodeId value, byte flags)
    {
        switch (value.IdType)
        {
            case IdType.Numeric when value.Numeric <= byte.MaxValue && value.NamespaceIndex == 0:
                var two = Take(2);
                two[0] = flags;
                two[1] = (byte)value.Numeric;
                break;
            case IdType.Numeric when value.Numeric <= ushort.MaxValue && value.NamespaceIndex <= byte.MaxValue:
                var four = Take(4);
                four[0] = (byte)(1 | flags);
                four[1] = (byte)value.NamespaceIndex;
                BinaryPrimitives.WriteUInt16LittleEndian(four[2..], (ushort)value.Numeric);
                break;
            case IdType.Numeric:
                WriteByte((byte)(2 | flags));
                WriteUInt16(value.NamespaceIndex);
                WriteUInt32(value.Numeric);
                break;
            case IdType.String:
                WriteByte((byte)(3 | flags));
                WriteUInt16(value.NamespaceIndex);
                WriteString(value.Text);
                break;
            case IdType.Guid:
                WriteByte((byte)(4 | flags));
                WriteUInt16(value.NamespaceIndex);
                WriteGuid(value.Guid);
                break;
            default:
                WriteByte((byte)(5 | flags));
                WriteUInt16(value.NamespaceIndex);
                WriteBytes(value.Opaque);
                break;
        }
    }

    // Part 6 5.2.2.10: flag 0x80 says a namespace URI follows, 0x40 a server index.
    public void WriteExpandedNodeId(in ExpandedNodeId value)
    {
        var hasUri = !string.IsNullOrEmpty(value.NamespaceUri);
        var flags = (byte)((hasUri ? 0x80 : 0) | (value.ServerIndex != 0 ? 0x40 : 0));
        WriteNodeId(value.NodeId, flags);
        if (hasUri) WriteString(value.NamespaceUri);
        if (value.ServerIndex != 0) WriteUInt32(value.ServerIndex);
    }

    public void WriteQualifiedName(in QualifiedName value)
    {
        WriteUInt16(value.NamespaceIndex);
        WriteString(value.Name);
    }

    public void WriteLocalizedText(in LocalizedText value)
    {
        WriteByte((byte)((value.Locale is null ? 0 : 1) | (value.Text is null ? 0 : 2)));
        if (value.Locale is not null) WriteString(value.Locale);
        if (value.Text is not null) WriteString(value.Text);
    }

    public void WriteEnum<T>(T value) where T : unmanaged, Enum => WriteInt32(Unsafe.As<T, int>(ref value));
}
