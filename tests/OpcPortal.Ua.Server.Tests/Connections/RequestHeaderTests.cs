namespace OpcPortal.Ua.Server.Tests;

/// <summary>What the header of a request means for its answer. Part 4 7.32, 7.33.</summary>
public sealed class RequestHeaderTests
{
    // Every request of the standard, offered here or not.
    private static IEnumerable<Type> RequestTypes() => typeof(ReadRequest).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false, IsPublic: true } && typeof(IServiceRequest).IsAssignableFrom(t) && t.GetConstructor(Type.EmptyTypes) is not null)
        // These are no messages on a session: the channel's own, and what wraps others.
        .Where(t => t != typeof(OpenSecureChannelRequest) && t != typeof(CloseSecureChannelRequest));

    [Fact]
    public async Task The_handle_is_echoed_in_the_response_of_every_service_and_in_its_fault()
    {
        await using var server = new TestServer();
        var (answers, faults) = (0, 0);
        foreach (var type in RequestTypes())
        {
            var client = server.Connect();
            await client.ReadyAsync();
            // Without a session, too.
            var stranger = server.Connect();
            await stranger.HelloAsync();
            await stranger.OpenAsync();
            foreach (var (peer, handle) in new[] { (client, 0xFEDCBA98), (stranger, 7u) })
            {
                var request = (IServiceRequest)Activator.CreateInstance(type)!;
                request.RequestHeader.RequestHandle = handle;
                await peer.PostAsync(request);
                var response = await peer.ReceiveAsync();
                Assert.Equal((type.Name, handle), (type.Name, response.ResponseHeader.RequestHandle));
                Assert.Equal(server.Time.GetUtcNow().UtcDateTime, response.ResponseHeader.Timestamp, TimeSpan.FromMilliseconds(1));
                Assert.Equal(response is ServiceFault, response.ResponseHeader.ServiceResult.IsBad);
                if (response is ServiceFault) faults++;
                else answers++;
            }
        }

        // Part 4 5: some forty services, of which a few answer an empty request.
        Assert.True(answers > 5 && faults > 30, $"{answers} answers, {faults} faults");
    }

    // Part 4 7.32 (timestamp): for diagnostics; clocks differ.
    [Theory]
    [InlineData("0001-01-01")]
    [InlineData("1601-01-01")]
    [InlineData("1970-01-01")]
    [InlineData("2999-06-30")]
    [InlineData("9999-12-31")]
    public async Task The_time_in_a_header_is_never_a_reason_to_refuse(string time)
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync();
        var when = DateTime.SpecifyKind(DateTime.Parse(time, System.Globalization.CultureInfo.InvariantCulture), DateTimeKind.Utc);
        await client.CreateSessionAsync(r => r.RequestHeader.Timestamp = when);
        await client.ActivateAsync();
        var read = new ReadRequest { NodesToRead = [new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.BrowseName }], TimestampsToReturn = TimestampsToReturn.Neither };
        read.RequestHeader.Timestamp = when;
        Assert.Equal("Server", (await client.CallAsync<ReadResponse>(read)).Results![0].Value.AsQualifiedName().Name);
    }

    // Part 4 7.32 (timeoutHint): 0 is none.
    [Fact]
    public async Task A_timeout_of_0_is_none_and_any_other_ends_what_waits()
    {
        await using var server = new TestServer();
        var nodes = server.Server.Model.Nodes;
        var node = VariableIds.Server_ServerStatus_State;
        var method = new NodeId("wait", 0);
        nodes.Add([new NodeSets.NodeRecord { NodeId = method, NodeClass = NodeClass.Method, BrowseName = "wait", RolePermissions = Services.NodeWorld.Only(RoleTable.Anonymous, Services.NodeWorld.Everything), References = [new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, false, new NodeId(ObjectIds.Server))] }]);
        var waiting = new SemaphoreSlim(0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        nodes.BindMethod(method, async (_, cancellation) =>
        {
            waiting.Release();
            await release.Task.WaitAsync(cancellation);
            return new MethodResult(StatusCodes.Good);
        });
        var client = server.Connect();
        await client.ReadyAsync(Security.SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await client.ActivateAsync(client.UserName("admin", "right"));

        await client.PostAsync(Call(handle: 1, timeoutHint: 500));
        await client.PostAsync(Call(handle: 2, timeoutHint: 0));
        for (var i = 0; i < 2; i++) Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        server.Time.Advance(TimeSpan.FromMilliseconds(499));
        // A long operation of one never blocks another.
        Assert.True((await client.ReadAsync(node, AttributeIds.BrowseName)).StatusCode.IsGood);
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        var timedOut = await client.ReceiveAsync();
        Assert.Equal((1u, "BadTimeout"), (timedOut.ResponseHeader.RequestHandle, timedOut.ResponseHeader.ServiceResult.ToString()));
        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await client.ReadAsync(node, AttributeIds.BrowseName)).StatusCode.IsGood);
        release.SetResult();
        var done = Assert.IsType<CallResponse>(await client.ReceiveAsync());
        Assert.Equal((2u, "Good"), (done.ResponseHeader.RequestHandle, done.Results![0].StatusCode.ToString()));

        CallRequest Call(uint handle, uint timeoutHint)
        {
            var request = new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = ObjectIds.Server, MethodId = method }] };
            request.RequestHeader.RequestHandle = handle;
            request.RequestHeader.TimeoutHint = timeoutHint;
            return request;
        }
    }
}
