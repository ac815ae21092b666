using System.Buffers.Binary;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

public sealed class ConnectionTests
{
    private static readonly NodeId ServerState = VariableIds.Server_ServerStatus_State;

    public static TheoryData<string, MessageSecurityMode> Protections => new(
        from policy in SecurityPolicy.All
        where !policy.IsNone
        from mode in (MessageSecurityMode[])[MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt]
        select (policy.Name, mode));

    private static SecurityPolicy Policy(string name) => SecurityPolicy.All.Single(p => p.Name == name);

    [Theory]
    [MemberData(nameof(Protections))]
    public async Task A_session_is_served_under_each_policy_and_mode(string policy, MessageSecurityMode mode)
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync(Policy(policy), mode, TestPki.Client);
        Assert.True((await client.ReadAsync(VariableIds.Server_NamespaceArray, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    // Part 6 6.7.2, 7.1: the stream has no message boundaries. Every byte arrives alone.
    [Fact]
    public async Task A_handshake_and_a_request_cut_at_every_byte_are_served_as_if_whole()
    {
        await using var server = new TestServer();
        var whole = server.Connect();
        await whole.ReadyAsync();
        var client = server.Connect();
        await SendByteByByte(client, HelloHandshake.CreateHello(TransportLimits.Default, "opc.tcp://localhost:4840"));
        await client.HelloAnswerAsync();
        await client.OpenAsync();
        await client.CreateSessionAsync();
        await client.ActivateAsync();
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var request = new ReadRequest { NodesToRead = [new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.BrowseName }], TimestampsToReturn = TimestampsToReturn.Neither };
        request.RequestHeader.AuthenticationToken = client.Token;
        client.Secure.Send(output, MessageType.Message, 77, WireClient.Encode(request));
        await SendByteByByte(client, output.WrittenMemory);
        Assert.Equal("Server", ((ReadResponse)await client.ReceiveAsync()).Results![0].Value.AsQualifiedName().Name);
    }

    private static async Task SendByteByByte(WireClient client, ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++) await client.SendAsync(bytes.Slice(i, 1));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task A_stream_that_begins_with_another_message_gets_an_error(int size)
    {
        await using var server = new TestServer();
        var client = server.Connect();
        byte[] bytes = [(byte)'M', (byte)'S', (byte)'G', (byte)'F', 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), size);
        await client.SendAsync(bytes);
        // Attack 2: a size below that of the header.
        Assert.Equal("BadTcpMessageTypeInvalid", await client.ErrorAsync());
    }

    [Fact]
    public async Task A_hello_that_announces_more_than_its_limit_is_refused_by_its_header()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.SendAsync((byte[])[.. "HELF"u8, 0xFF, 0xFF, 0xFF, 0x7F]);
        Assert.Equal("BadTcpMessageTooLarge", await client.ErrorAsync());
    }

    // Attack 1 (CVE-2022-29864): chunks without a final one.
    [Fact]
    public async Task Chunks_without_a_final_one_end_at_the_limit_and_others_are_served()
    {
        await using var server = new TestServer();
        var other = server.Connect();
        await other.ReadyAsync();
        var flooder = server.Connect();
        await flooder.HelloAsync();
        await flooder.OpenAsync();
        // No session is active: 64 KiB and no more.
        var error = flooder.ErrorAsync();
        var body = new byte[flooder.Secure.BodyPerChunk];
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        flooder.Secure.Send(output, MessageType.Message, 1, new byte[(body.Length * 3) + 1]);
        await flooder.SendAsync(output.WrittenMemory);
        Assert.Equal("BadTcpMessageTooLarge", await error);
        Assert.True((await other.ReadAsync(ServerState, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    [Fact]
    public async Task A_message_of_many_chunks_is_served_once_a_session_is_active()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.HelloAsync(new TransportLimits { BufferSize = TransportLimits.MinBufferSize });
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await client.CreateSessionAsync();
        await client.ActivateAsync();
        var nodes = Enumerable.Repeat(new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.BrowseName }, 10_000).ToArray();
        var response = await client.CallAsync<ReadResponse>(new ReadRequest { NodesToRead = nodes, TimestampsToReturn = TimestampsToReturn.Neither });
        Assert.Equal(10_000, response.Results!.Count(r => r.Value.AsQualifiedName().Name == "Server"));
    }

    [Fact]
    public async Task An_unfinished_message_ends_the_connection_in_time()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        client.Secure.Send(output, MessageType.Message, 1, new byte[client.Secure.BodyPerChunk + 1]);
        await client.SendAsync(output.WrittenMemory[..(int)client.Limits.SendBufferSize]);
        // The first chunk is known to have been taken when a later connection is served.
        await server.Connect().ReadyAsync();
        server.Time.Advance(new ConnectionLimits().MessageTimeout + TimeSpan.FromSeconds(1));
        Assert.Equal("BadTimeout", await client.ErrorAsync());
    }

    [Fact]
    public async Task A_peer_that_says_nothing_is_not_waited_for()
    {
        await using var server = new TestServer();
        var silent = server.Connect();
        var halfway = server.Connect();
        await halfway.HelloAsync();
        server.Time.Advance(new ConnectionLimits().HandshakeTimeout + TimeSpan.FromSeconds(1));
        Assert.Equal("BadTimeout", await silent.ErrorAsync());
        Assert.Equal("BadTimeout", await halfway.ErrorAsync());
    }

    // Attack 3 (CVE-2023-32787): at the cap the oldest channel without a session makes room.
    [Fact]
    public async Task At_the_cap_the_oldest_channel_without_a_session_makes_room()
    {
        await using var server = new TestServer(o => o with { Connections = new ConnectionLimits { MaxConnections = 3 } });
        var used = server.Connect();
        await used.ReadyAsync();
        var oldest = server.Connect();
        await oldest.HelloAsync();
        var newer = server.Connect();
        await newer.HelloAsync();
        var newest = server.Connect();
        await newest.ReadyAsync();
        Assert.Equal("BadTcpNotEnoughResources", await oldest.ErrorAsync());
        Assert.True((await used.ReadAsync(ServerState, AttributeIds.BrowseName)).StatusCode.IsGood);
        await newer.OpenAsync();
        await newer.CreateSessionAsync();
        await newer.ActivateAsync();
        Assert.Equal("BadTcpNotEnoughResources", await server.Connect().ErrorAsync());
    }

    // Attack 29: exact sequence.
    [Fact]
    public async Task A_repeated_chunk_ends_the_channel()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync(SecurityPolicy.Aes256Sha256RsaPss, MessageSecurityMode.Sign, TestPki.Client);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var request = new ReadRequest { NodesToRead = [new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.BrowseName }] };
        request.RequestHeader.AuthenticationToken = client.Token;
        client.Secure.Send(output, MessageType.Message, 1, WireClient.Encode(request));
        await client.SendAsync(output.WrittenMemory);
        Assert.IsType<ReadResponse>(await client.ReceiveAsync());
        await client.SendAsync(output.WrittenMemory);
        Assert.Equal("BadSecurityChecksFailed", await client.ErrorAsync());
    }

    [Fact]
    public async Task A_chunk_with_one_bit_changed_ends_the_channel_and_no_other()
    {
        await using var server = new TestServer();
        var other = server.Connect();
        await other.ReadyAsync();
        var client = server.Connect();
        await client.ReadyAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        client.Secure.Send(output, MessageType.Message, 1, WireClient.Encode(new ReadRequest()));
        var bytes = output.WrittenSpan.ToArray();
        bytes[^20] ^= 1;
        await client.SendAsync(bytes);
        Assert.Equal("BadSecurityChecksFailed", await client.ErrorAsync());
        Assert.True((await other.ReadAsync(ServerState, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    [Fact]
    public async Task Bytes_that_are_no_request_end_the_channel()
    {
        await using var server = new TestServer();
        var truncated = server.Connect();
        await truncated.ReadyAsync();
        var whole = WireClient.Encode(new ReadRequest { NodesToRead = [new ReadValueId()] });
        await truncated.PostBytesAsync(whole[..^1]);
        Assert.Equal("BadDecodingError", await truncated.ErrorAsync());
        var longer = server.Connect();
        await longer.ReadyAsync();
        await longer.PostBytesAsync([.. whole, 0]);
        Assert.Equal("BadDecodingError", await longer.ErrorAsync());
    }

    // Attack 7: one depth counter over Variants in Variants.
    [Fact]
    public async Task A_request_nested_without_end_ends_the_channel_and_no_other()
    {
        await using var server = new TestServer();
        var other = server.Connect();
        await other.ReadyAsync();
        var client = server.Connect();
        await client.ReadyAsync();
        var write = WireClient.Encode(new WriteRequest { NodesToWrite = [new WriteValue { NodeId = ObjectIds.Server, AttributeId = AttributeIds.Value }] });
        // The item ends with its DataValue: mask 0. In its place a Variant of an array of one Variant, and so on.
        byte[] nested = [.. write[..^1], 1, .. Enumerable.Repeat((byte[])[0x98, 1, 0, 0, 0], 10_000).SelectMany(b => b)];
        await client.PostBytesAsync(nested);
        Assert.Equal("BadEncodingLimitsExceeded", await client.ErrorAsync());
        Assert.True((await other.ReadAsync(ServerState, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    [Fact]
    public async Task A_service_that_is_not_offered_gets_a_fault_with_the_handle_echoed()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        var request = new QueryFirstRequest();
        request.RequestHeader.RequestHandle = 4711;
        await client.PostAsync(request);
        var fault = Assert.IsType<ServiceFault>(await client.ReceiveAsync());
        Assert.Equal("BadServiceUnsupported", fault.ResponseHeader.ServiceResult.ToString());
        Assert.Equal(4711u, fault.ResponseHeader.RequestHandle);
    }

    // Part 4 5.6.2.1: the old token serves until the client uses the new one.
    [Fact]
    public async Task A_channel_is_renewed_and_goes_on()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        for (var i = 0; i < 3; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(20));
            await client.RenewAsync();
            Assert.True((await client.ReadAsync(ServerState, AttributeIds.BrowseName)).StatusCode.IsGood);
        }
    }

    [Fact]
    public async Task A_channel_that_is_not_renewed_ends_a_quarter_of_its_lifetime_later()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.None, MessageSecurityMode.None, null, lifetime: 60_000);
        server.Time.Advance(TimeSpan.FromSeconds(70));
        await client.CreateSessionAsync();
        server.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("BadTimeout", await client.ErrorAsync());
    }

    [Fact]
    public async Task An_untrusted_client_is_told_no_more_than_that_checks_failed_and_its_certificate_is_kept()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.HelloAsync();
        var refused = await Assert.ThrowsAsync<ChannelException>(() => client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Stranger));
        Assert.Equal("BadSecurityChecksFailed", refused.Status.ToString());
        Assert.Contains(server.Trust.Rejected(), c => c.Thumbprint == TestPki.Stranger.Thumbprint);
        // Trusted from now on, it is let in: no restart.
        server.Trust.Trust(TestPki.Stranger);
        await server.Connect().ReadyAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Stranger);
    }

    // CVE-2024-42513.
    [Fact]
    public async Task A_client_that_shows_the_servers_own_certificate_is_refused()
    {
        await using var server = new TestServer();
        server.Trust.Trust(TestPki.Server);
        var client = server.Connect();
        await client.HelloAsync();
        var refused = await Assert.ThrowsAsync<ChannelException>(() => client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Server));
        Assert.Equal("BadSecurityChecksFailed", refused.Status.ToString());
    }

    [Fact]
    public async Task A_policy_or_mode_that_is_not_offered_is_refused()
    {
        await using var server = new TestServer(endpoints: e => e with { Security = [new(SecurityPolicy.Aes256Sha256RsaPss, MessageSecurityMode.SignAndEncrypt)] });
        var policy = server.Connect();
        await policy.HelloAsync();
        Assert.Equal("BadSecurityPolicyRejected", (await Assert.ThrowsAsync<ChannelException>(() => policy.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Client))).Status.ToString());
        var mode = server.Connect();
        await mode.HelloAsync();
        Assert.Equal("BadSecurityModeRejected", (await Assert.ThrowsAsync<ChannelException>(() => mode.OpenAsync(SecurityPolicy.Aes256Sha256RsaPss, MessageSecurityMode.Sign, TestPki.Client))).Status.ToString());
        var offered = server.Connect();
        await offered.ReadyAsync(SecurityPolicy.Aes256Sha256RsaPss, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        Assert.True((await offered.ReadAsync(ServerState, AttributeIds.BrowseName)).StatusCode.IsGood);
    }

    [Fact]
    public async Task A_client_that_says_goodbye_is_let_go_without_an_error()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        client.Secure.Send(client.Output, MessageType.Close, 99, WireClient.Encode(new CloseSecureChannelRequest()));
        await client.Output.FlushAsync();
        Assert.Null(await client.ErrorAsync());
    }
}
