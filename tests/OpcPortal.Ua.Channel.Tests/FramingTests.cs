using System.Buffers;
using System.Text;

namespace OpcPortal.Ua.Channel.Tests;

public sealed class FramingTests
{
    private static readonly TransportLimits Limits = TransportLimits.Default;

    private static Frame Read(byte[] bytes, uint max = 65536)
    {
        Assert.True(MessageFramer.TryRead(new ReadOnlySequence<byte>(bytes), max, out var frame));
        return frame;
    }

    [Fact]
    public void A_chunk_is_whole_at_its_last_byte_and_not_before()
    {
        byte[] bytes = [.. HelloHandshake.CreateHello(Limits, "opc.tcp://localhost:4840"), 0xFF];
        for (var length = 0; length < bytes.Length - 1; length++)
            Assert.False(MessageFramer.TryRead(new ReadOnlySequence<byte>(bytes, 0, length), 65536, out _));
        Assert.Equal(bytes.Length - 1, Read(bytes).Bytes.Length);
    }

    [Theory]
    [InlineData("MSGF", 7, "BadTcpMessageTypeInvalid")]
    [InlineData("MSGF", 0, "BadTcpMessageTypeInvalid")]
    [InlineData("MSGF", 65537, "BadTcpMessageTooLarge")]
    [InlineData("MSGF", -1, "BadTcpMessageTooLarge")]
    [InlineData("MSGX", 20, "BadTcpMessageTypeInvalid")]
    [InlineData("OPNC", 20, "BadTcpMessageTypeInvalid")]
    [InlineData("CLOA", 20, "BadTcpMessageTypeInvalid")]
    [InlineData("GET ", 20, "BadTcpMessageTypeInvalid")]
    public void A_header_that_cannot_be_is_refused_by_itself(string start, int size, string expected)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(start), .. BitConverter.GetBytes(size)];
        var refused = Assert.Throws<ChannelException>(() => MessageFramer.TryRead(new ReadOnlySequence<byte>(bytes), 65536, out _));
        Assert.Equal(expected, refused.Status.ToString());
    }

    [Fact]
    public void Both_sides_come_to_the_same_limits()
    {
        var client = new TransportLimits { BufferSize = 10_000, MaxMessageSize = 20_000, MaxChunkCount = 3 };
        var server = new TransportLimits { BufferSize = 30_000, MaxMessageSize = 40_000, MaxChunkCount = 4 };

        var atServer = HelloHandshake.Accept(Read(HelloHandshake.CreateHello(client, "opc.tcp://host:1/x")), server, out var url, out var answer);
        var atClient = HelloHandshake.ReadAcknowledge(Read(answer), client);

        Assert.Equal("opc.tcp://host:1/x", url);
        Assert.Equal(new NegotiatedLimits(10_000, 10_000, 40_000, 4, 20_000, 3), atServer);
        Assert.Equal(new NegotiatedLimits(10_000, 10_000, 20_000, 3, 40_000, 4), atClient);
    }

    [Fact]
    public void A_hello_with_buffers_below_8192_bytes_is_refused()
    {
        var hello = HelloHandshake.CreateHello(new TransportLimits { BufferSize = 8191 }, "opc.tcp://host");
        Assert.Throws<ChannelException>(() => HelloHandshake.Accept(Read(hello), Limits, out _, out _));
        HelloHandshake.Accept(Read(HelloHandshake.CreateHello(new TransportLimits { BufferSize = 8192 }, "opc.tcp://host")), Limits, out _, out _);
    }

    [Fact]
    public void A_hello_cut_anywhere_or_with_a_url_too_long_is_refused()
    {
        var bytes = HelloHandshake.CreateHello(Limits, "opc.tcp://host");
        for (var length = 8; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            MessageFramer.WriteHeader(cut, MessageType.Hello, ChunkKind.Final, length);
            Assert.Throws<ChannelException>(() => HelloHandshake.Accept(Read(cut), Limits, out _, out _));
        }

        Assert.Throws<ArgumentException>(() => HelloHandshake.CreateHello(Limits, new string('x', 4097)));
        HelloHandshake.Accept(Read(HelloHandshake.CreateHello(Limits, new string('x', 4096))), Limits, out _, out _);
    }

    [Fact]
    public void A_server_that_answers_with_an_error_is_quoted()
    {
        var refused = Assert.Throws<ChannelException>(() => HelloHandshake.ReadAcknowledge(Read(ErrorMessage.Create(StatusCodes.BadTcpServerTooBusy)), Limits));
        Assert.Equal(StatusCodes.BadTcpServerTooBusy, refused.Status);
    }

    [Fact]
    public void A_message_without_end_is_cut_off_by_size_count_and_budget()
    {
        var limits = new NegotiatedLimits(8192, 8192, 10_000, 3, 0, 0);
        using var bySize = new MessageAssembler(limits, new MessageBudget(1 << 20));
        bySize.TryAdd(ChunkKind.Intermediate, 1, new byte[8000], out _);
        Assert.Equal(StatusCodes.BadTcpMessageTooLarge, Assert.Throws<ChannelException>(() => bySize.TryAdd(ChunkKind.Intermediate, 1, new byte[2001], out _)).Status);

        using var byCount = new MessageAssembler(limits, new MessageBudget(1 << 20));
        for (var i = 0; i < 3; i++) byCount.TryAdd(ChunkKind.Intermediate, 1, new byte[1], out _);
        Assert.Equal(StatusCodes.BadTcpMessageTooLarge, Assert.Throws<ChannelException>(() => byCount.TryAdd(ChunkKind.Final, 1, new byte[1], out _)).Status);

        using var byBudget = new MessageAssembler(limits, new MessageBudget(1000));
        Assert.Equal(StatusCodes.BadTcpNotEnoughResources, Assert.Throws<ChannelException>(() => byBudget.TryAdd(ChunkKind.Intermediate, 1, new byte[1001], out _)).Status);
    }

    [Fact]
    public void An_abandoned_message_makes_room_for_the_next()
    {
        using var assembler = new MessageAssembler(new NegotiatedLimits(8192, 8192, 10_000, 3, 0, 0), new MessageBudget(1 << 20));
        Assert.False(assembler.TryAdd(ChunkKind.Intermediate, 1, new byte[] { 1 }, out _));
        Assert.Throws<ChannelException>(() => assembler.TryAdd(ChunkKind.Final, 2, new byte[] { 2 }, out _));
        Assert.False(assembler.TryAdd(ChunkKind.Abort, 1, default, out _));
        Assert.True(assembler.TryAdd(ChunkKind.Final, 2, new byte[] { 2 }, out var message));
        Assert.Equal([2], message.ToArray());
    }
}
