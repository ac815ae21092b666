using System.Buffers;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Fuzz.Targets;

/// <summary>What a peer sends before and within a channel.</summary>
internal static class ChannelTargets
{
    private static readonly TransportLimits Own = TransportLimits.Default;
    private static readonly NegotiatedLimits Limits = new(8192, 8192, 64 * 1024, 16, 0, 0);

    private static readonly byte[][] Pieces =
    [
        .. new[] { "HELF", "ACKF", "ERRF", "OPNF", "MSGF", "MSGC", "MSGA", "CLOF", SecurityPolicy.None.Uri, SecurityPolicy.Basic256Sha256.Uri }.Select(System.Text.Encoding.ASCII.GetBytes),
        [8, 0, 0, 0], [24, 0, 0, 0], [0, 32, 0, 0], [1, 32, 0, 0],
    ];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        Target("message-framer", Framer, Hello, Conversation),
        Target("hello", static input => Frames(input, static frame => HelloHandshake.Accept(frame, Own, out _, out _)), Hello),
        Target("acknowledge", static input => Frames(input, static frame => HelloHandshake.ReadAcknowledge(frame, Own)), Acknowledge),
        Target("error-message", static input => Frames(input, static frame => ErrorMessage.Read(frame)), static () => ErrorMessage.Create(StatusCodes.BadTcpMessageTooLarge)),
        Target("open-chunk", static input => Frames(input, static frame => OpenChunk.Parse(frame, Own).Unprotect(SecurityPolicy.None, null, null)), Open),
        Target("channel-none", Channel, Conversation),
    ];

    private static FuzzTarget<ChannelException> Target(string name, Func<byte[], bool> run, params Func<byte[]>[] seeds) =>
        new(name, run, () => seeds.Select(static seed => seed())) { Pieces = Pieces };

    private static byte[] Hello() => HelloHandshake.CreateHello(Own, "opc.tcp://localhost:4840");

    private static byte[] Acknowledge()
    {
        MessageFramer.TryRead(new ReadOnlySequence<byte>(Hello()), HelloHandshake.MaxHelloLength, out var frame);
        HelloHandshake.Accept(frame, Own, out _, out var acknowledge);
        return acknowledge;
    }

    private static byte[] Open() => OpenChunk.Create(0, SecurityPolicy.None, default, null, default, null, 1, 1, BinaryEncoder.ToBytes(new OpenSecureChannelRequest()));

    // A message of three chunks, one of one, and a Close.
    private static byte[] Conversation()
    {
        using var channel = NewChannel(isClient: true);
        var output = new ArrayBufferWriter<byte>();
        channel.Send(output, MessageType.Message, 1, new byte[20_000]);
        channel.Send(output, MessageType.Message, 2, BinaryEncoder.ToBytes(new ReadRequest()));
        channel.Send(output, MessageType.Close, 3, BinaryEncoder.ToBytes(new CloseSecureChannelRequest()));
        return output.WrittenSpan.ToArray();
    }

    private static bool Channel(byte[] input)
    {
        using var channel = NewChannel(isClient: false);
        using var assembler = new MessageAssembler(Limits, new MessageBudget(1024 * 1024));
        return Frames(input, frame =>
        {
            var chunk = channel.Receive(frame);
            assembler.TryAdd(chunk.Kind, chunk.RequestId, chunk.Body, out _);
            assembler.Release();
        });
    }

    private static SecureChannel NewChannel(bool isClient)
    {
        var channel = new SecureChannel(7, SecurityPolicy.None, MessageSecurityMode.None, Limits, TimeProvider.System, isClient);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        channel.Install(SecurityToken.Create(1, now, TimeSpan.FromHours(1), SecurityPolicy.None, MessageSecurityMode.None, default, default));
        return channel;
    }

    // Cut so that headers lie across the seams, the same comes out as in one piece.
    private static bool Framer(byte[] input)
    {
        var whole = new List<byte[]>();
        Frames(input, frame => whole.Add(frame.Bytes.ToArray()));
        var cut = 0;
        return Frames(Segment.Cut(input, 5), frame =>
        {
            if (!frame.Bytes.ToArray().AsSpan().SequenceEqual(whole[cut++])) throw new FuzzException("A chunk in segments is not the chunk in one piece.");
        });
    }

    private static bool Frames(byte[] input, Action<Ua.Channel.Frame> use) => Frames(new ReadOnlySequence<byte>(input), use);

    private static bool Frames(ReadOnlySequence<byte> rest, Action<Ua.Channel.Frame> use)
    {
        var any = false;
        for (; MessageFramer.TryRead(rest, Own.BufferSize, out var frame); any = true)
        {
            rest = rest.Slice(frame.Bytes.End);
            use(frame);
        }

        return any;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Cut(byte[] bytes, int length)
        {
            var first = new Segment { Memory = bytes.AsMemory(0, Math.Min(length, bytes.Length)) };
            var last = first;
            for (var at = first.Memory.Length; at < bytes.Length; at += last.Memory.Length)
            {
                var next = new Segment { Memory = bytes.AsMemory(at, Math.Min(length, bytes.Length - at)), RunningIndex = at };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
