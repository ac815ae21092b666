using System.Buffers;
using System.Buffers.Binary;

namespace OpcPortal.Ua.Channel;

/// <summary>The first three bytes of a chunk. Part 6 7.1.2.2 and 6.7.2.2.</summary>
public enum MessageType : byte
{
    Hello,
    Acknowledge,
    Error,
    ReverseHello,
    Open,
    Message,
    Close,
}

/// <summary>The fourth byte of a chunk.</summary>
public enum ChunkKind : byte
{
    Final = (byte)'F',
    Intermediate = (byte)'C',
    Abort = (byte)'A',
}

/// <summary>A whole chunk with its header.</summary>
public readonly record struct Frame(MessageType Type, ChunkKind Kind, ReadOnlySequence<byte> Bytes);

/// <summary>Cuts the stream of bytes into chunks. Part 6 7.1.2.2.</summary>
public static class MessageFramer
{
    /// <summary>Message type, chunk kind, size.</summary>
    public const int HeaderLength = 8;

    private const uint Hel = 'H' | ('E' << 8) | ('L' << 16);
    private const uint Ack = 'A' | ('C' << 8) | ('K' << 16);
    private const uint Err = 'E' | ('R' << 8) | ('R' << 16);
    private const uint Rhe = 'R' | ('H' << 8) | ('E' << 16);
    private const uint Opn = 'O' | ('P' << 8) | ('N' << 16);
    private const uint Msg = 'M' | ('S' << 8) | ('G' << 16);
    private const uint Clo = 'C' | ('L' << 8) | ('O' << 16);

    /// <summary>Finds the chunk at the front.</summary>
    /// <param name="maxSize">Bytes of the largest chunk allowed: refused by its header, before anything of it is kept.</param>
    /// <returns>False where bytes are missing.</returns>
    /// <exception cref="ChannelException">BadTcpMessageTypeInvalid or BadTcpMessageTooLarge.</exception>
    public static bool TryRead(in ReadOnlySequence<byte> buffer, uint maxSize, out Frame frame)
    {
        frame = default;
        if (buffer.Length < HeaderLength) return false;
        Span<byte> copy = stackalloc byte[HeaderLength];
        scoped ReadOnlySpan<byte> header = buffer.FirstSpan;
        if (header.Length < HeaderLength)
        {
            buffer.Slice(0, HeaderLength).CopyTo(copy);
            header = copy;
        }

        var type = TypeOf(BinaryPrimitives.ReadUInt32LittleEndian(header) & 0xFF_FFFF);
        var kind = (ChunkKind)header[3];
        if (kind is not ChunkKind.Final && (type is not MessageType.Message || kind is not (ChunkKind.Intermediate or ChunkKind.Abort)))
            throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"Chunk kind 0x{header[3]:X2} in a message of type {type}.");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (size < HeaderLength) throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"A chunk of {size} bytes is shorter than its header.");
        if (size > maxSize) throw new ChannelException(StatusCodes.BadTcpMessageTooLarge, $"A chunk of {size} bytes; {maxSize} are allowed.");
        if (buffer.Length < size) return false;
        frame = new Frame(type, kind, buffer.Slice(0, size));
        return true;
    }

    internal static void WriteHeader(Span<byte> header, MessageType type, ChunkKind kind, int size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, TypeBytes(type) | ((uint)kind << 24));
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], size);
    }

    private static MessageType TypeOf(uint bytes) => bytes switch
    {
        Msg => MessageType.Message,
        Opn => MessageType.Open,
        Clo => MessageType.Close,
        Hel => MessageType.Hello,
        Ack => MessageType.Acknowledge,
        Err => MessageType.Error,
        Rhe => MessageType.ReverseHello,
        _ => throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"Message type 0x{bytes:X6} is unknown."),
    };

    private static uint TypeBytes(MessageType type) => type switch
    {
        MessageType.Message => Msg,
        MessageType.Open => Opn,
        MessageType.Close => Clo,
        MessageType.Hello => Hel,
        MessageType.Acknowledge => Ack,
        MessageType.Error => Err,
        _ => Rhe,
    };
}
