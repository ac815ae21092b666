using System.Buffers;
using System.Buffers.Binary;

namespace OpcPortal.Ua.Channel;

/// <summary>Hello and Acknowledge: the first message each way, in which both sides say what they can take. Part 6 7.1.2.3, 7.1.2.4.</summary>
public static class HelloHandshake
{
    private const uint ProtocolVersion = 0;
    private const int NumbersLength = 5 * sizeof(uint);
    private const int HelloFixedLength = MessageFramer.HeaderLength + NumbersLength + sizeof(int);
    private const int AcknowledgeLength = MessageFramer.HeaderLength + NumbersLength;

    /// <summary>Bytes of the longest Hello: all that a server need take before it knows more.</summary>
    public const uint MaxHelloLength = HelloFixedLength + TransportLimits.MaxEndpointUrlLength;

    /// <summary>The client's first message.</summary>
    /// <exception cref="ArgumentException">The URL is too long.</exception>
    public static byte[] CreateHello(TransportLimits own, string endpointUrl)
    {
        var url = System.Text.Encoding.UTF8.GetBytes(endpointUrl);
        if (url.Length > TransportLimits.MaxEndpointUrlLength) throw new ArgumentException($"An endpoint URL has at most {TransportLimits.MaxEndpointUrlLength} bytes.", nameof(endpointUrl));
        var message = new byte[HelloFixedLength + url.Length];
        MessageFramer.WriteHeader(message, MessageType.Hello, ChunkKind.Final, message.Length);
        WriteNumbers(message, own.BufferSize, own.BufferSize, own.MaxMessageSize, own.MaxChunkCount);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(HelloFixedLength - sizeof(int)), url.Length);
        url.CopyTo(message, HelloFixedLength);
        return message;
    }

    /// <summary>The server's part: reads a Hello and answers it.</summary>
    /// <exception cref="ChannelException">The Hello is malformed or offers too little.</exception>
    public static NegotiatedLimits Accept(in Frame hello, TransportLimits own, out string? endpointUrl, out byte[] acknowledge)
    {
        if (hello.Type != MessageType.Hello) throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"{hello.Type} came where Hello belongs.");
        var bytes = hello.Bytes.ToArray();
        if (bytes.Length < HelloFixedLength) throw new ChannelException(StatusCodes.BadDecodingError, "The Hello is too short.");
        var numbers = Numbers.Read(bytes);
        var urlLength = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(HelloFixedLength - sizeof(int)));
        if (urlLength > TransportLimits.MaxEndpointUrlLength) throw new ChannelException(StatusCodes.BadTcpEndpointUrlInvalid, $"The endpoint URL has {urlLength} bytes.");
        if (Math.Max(urlLength, 0) != bytes.Length - HelloFixedLength) throw new ChannelException(StatusCodes.BadDecodingError, "The endpoint URL is not as long as the Hello says.");
        endpointUrl = urlLength < 0 ? null : ReadUrl(bytes.AsSpan(HelloFixedLength));
        if (numbers.Receive < TransportLimits.MinBufferSize || numbers.Send < TransportLimits.MinBufferSize)
            throw new ChannelException(StatusCodes.BadConnectionRejected, $"The peer's buffers have {numbers.Receive} and {numbers.Send} bytes; {TransportLimits.MinBufferSize} are the least.");

        var limits = new NegotiatedLimits(
            ReceiveBufferSize: Math.Min(own.BufferSize, numbers.Send), SendBufferSize: Math.Min(own.BufferSize, numbers.Receive),
            own.MaxMessageSize, own.MaxChunkCount, numbers.MaxMessage, numbers.MaxChunks);
        acknowledge = new byte[AcknowledgeLength];
        MessageFramer.WriteHeader(acknowledge, MessageType.Acknowledge, ChunkKind.Final, acknowledge.Length);
        WriteNumbers(acknowledge, limits.ReceiveBufferSize, limits.SendBufferSize, own.MaxMessageSize, own.MaxChunkCount);
        return limits;
    }

    /// <summary>The client's part: reads the answer to its Hello.</summary>
    /// <exception cref="ChannelException">The answer is an Error (then with its status) or malformed.</exception>
    public static NegotiatedLimits ReadAcknowledge(in Frame answer, TransportLimits own)
    {
        if (answer.Type == MessageType.Error)
        {
            var (status, reason) = ErrorMessage.Read(answer);
            throw new ChannelException(status, $"The server refused the connection: {status} {reason}");
        }

        if (answer.Type != MessageType.Acknowledge || answer.Bytes.Length < AcknowledgeLength)
            throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"{answer.Type} of {answer.Bytes.Length} bytes came where Acknowledge belongs.");
        var numbers = Numbers.Read(answer.Bytes.ToArray());
        if (numbers.Receive < TransportLimits.MinBufferSize || numbers.Send < TransportLimits.MinBufferSize || numbers.Send > own.BufferSize)
            throw new ChannelException(StatusCodes.BadConnectionRejected, $"The server's buffers have {numbers.Receive} and {numbers.Send} bytes.");
        return new NegotiatedLimits(
            ReceiveBufferSize: numbers.Send, SendBufferSize: Math.Min(own.BufferSize, numbers.Receive), own.MaxMessageSize, own.MaxChunkCount, numbers.MaxMessage, numbers.MaxChunks);
    }

    private static string ReadUrl(ReadOnlySpan<byte> bytes)
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) throw new ChannelException(StatusCodes.BadDecodingError, "The endpoint URL is not UTF-8.");
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static void WriteNumbers(Span<byte> message, uint receive, uint send, uint maxMessage, uint maxChunks)
    {
        var numbers = message[MessageFramer.HeaderLength..];
        BinaryPrimitives.WriteUInt32LittleEndian(numbers, ProtocolVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers[4..], receive);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers[8..], send);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers[12..], maxMessage);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers[16..], maxChunks);
    }

    private readonly record struct Numbers(uint Receive, uint Send, uint MaxMessage, uint MaxChunks)
    {
        // Any protocol version is answered with ours: the peer decides. Part 6 7.1.2.3.
        public static Numbers Read(ReadOnlySpan<byte> message)
        {
            var numbers = message[MessageFramer.HeaderLength..];
            return new(
                BinaryPrimitives.ReadUInt32LittleEndian(numbers[4..]), BinaryPrimitives.ReadUInt32LittleEndian(numbers[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(numbers[12..]), BinaryPrimitives.ReadUInt32LittleEndian(numbers[16..]));
        }
    }
}
