using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client.Tests;

public sealed class UaChannelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static Task<UaChannel> OpenAsync(ScriptedServer server, Func<UaChannelOptions, UaChannelOptions>? change = null)
    {
        var options = new UaChannelOptions { EndpointUrl = ScriptedServer.Url, Connector = server.ConnectAsync, Time = server.Time };
        return UaChannel.OpenAsync(change is null ? options : change(options));
    }

    private static ReadResponse Value(int value) => new() { Results = [new DataValue(value)] };

    private static ReadRequest Numbered(uint number) => new() { NodesToRead = [new ReadValueId { NodeId = number, AttributeId = AttributeIds.Value }] };

    private static int Number(ReadRequest request) => (int)request.NodesToRead![0].NodeId.Numeric;

    [Fact]
    public async Task Answers_find_their_requests_in_whatever_order_they_come()
    {
        const int Count = 200;
        var server = new ScriptedServer();
        var parked = new TaskCompletionSource();
        var arrived = 0;
        server.On<ReadRequest>(async request =>
        {
            // Odd ones wait until all have come, so that they are answered last.
            if (Interlocked.Increment(ref arrived) == Count) parked.TrySetResult();
            if (Number(request) % 2 == 1) await parked.Task;
            return Value(Number(request));
        });
        await using var channel = await OpenAsync(server);
        var pending = Enumerable.Range(0, Count).Select(i => channel.InvokeAsync<ReadResponse>(Numbered((uint)i)).AsTask()).ToArray();
        for (var i = 0; i < Count; i++) Assert.Equal(i, (await pending[i].WaitAsync(Patience)).Results![0].Value.AsInt32());
    }

    // Part 4 7.34: requestHandle is the handle that the client gave to the request.
    [Fact]
    public async Task An_answer_with_anothers_handle_fails_that_request_alone()
    {
        var server = new ScriptedServer { Distort = (request, header) => header.RequestHandle += request is ReadRequest { MaxAge: 1 } ? 1u : 0u };
        server.On<ReadRequest>(_ => Value(1));
        await using var channel = await OpenAsync(server);
        var failed = await Assert.ThrowsAsync<UaException>(async () => await channel.InvokeAsync<ReadResponse>(new ReadRequest { MaxAge = 1 }));
        Assert.Equal(StatusCodes.BadUnknownResponse, failed.Status.Code);
        Assert.Equal(1, (await channel.InvokeAsync<ReadResponse>(new ReadRequest())).Results![0].Value.AsInt32());
    }

    [Fact]
    public async Task A_fault_and_a_bad_service_result_both_fail_with_their_status()
    {
        var server = new ScriptedServer();
        server.On<ReadRequest>(_ => ScriptedServer.Fault(StatusCodes.BadNothingToDo));
        server.On<WriteRequest>(_ => new WriteResponse { ResponseHeader = new ResponseHeader { ServiceResult = StatusCodes.BadTooManyOperations } });
        await using var channel = await OpenAsync(server);
        Assert.Equal(StatusCodes.BadNothingToDo, (await Assert.ThrowsAsync<UaException>(async () => await channel.InvokeAsync<ReadResponse>(new ReadRequest()))).Status.Code);
        Assert.Equal(StatusCodes.BadTooManyOperations, (await Assert.ThrowsAsync<UaException>(async () => await channel.InvokeAsync<WriteResponse>(new WriteRequest()))).Status.Code);
    }

    [Fact]
    public async Task An_answer_of_another_service_is_refused()
    {
        var server = new ScriptedServer();
        server.On<ReadRequest>(_ => new WriteResponse());
        await using var channel = await OpenAsync(server);
        Assert.Equal(StatusCodes.BadUnknownResponse, (await Assert.ThrowsAsync<UaException>(async () => await channel.InvokeAsync<ReadResponse>(new ReadRequest()))).Status.Code);
    }

    [Fact]
    public async Task An_overdue_request_fails_and_its_late_answer_harms_nobody()
    {
        var time = new FakeTimeProvider();
        var server = new ScriptedServer { Time = time };
        var late = new TaskCompletionSource();
        server.On<ReadRequest>(async request =>
        {
            if (Number(request) == 1) await late.Task;
            return Value(Number(request));
        });
        await using var channel = await OpenAsync(server);
        var overdue = channel.InvokeAsync<ReadResponse>(Numbered(1), TimeSpan.FromSeconds(5)).AsTask();
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(overdue.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(StatusCodes.BadRequestTimeout, (await Assert.ThrowsAsync<UaException>(() => overdue.WaitAsync(Patience))).Status.Code);
        late.SetResult();
        Assert.Equal(2, (await channel.InvokeAsync<ReadResponse>(Numbered(2)).AsTask().WaitAsync(Patience)).Results![0].Value.AsInt32());
    }

    [Fact]
    public async Task A_cancelled_request_ends_at_once_and_the_channel_goes_on()
    {
        var server = new ScriptedServer();
        var never = new TaskCompletionSource();
        server.On<ReadRequest>(async request =>
        {
            if (Number(request) == 1) await never.Task;
            return Value(2);
        });
        await using var channel = await OpenAsync(server);
        using var cancel = new CancellationTokenSource();
        var cancelled = channel.InvokeAsync<ReadResponse>(Numbered(1), cancellation: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience));
        Assert.Equal(2, (await channel.InvokeAsync<ReadResponse>(Numbered(2))).Results![0].Value.AsInt32());
        never.SetResult();
    }

    [Fact]
    public async Task More_requests_than_may_be_outstanding_are_refused_here_and_not_sent()
    {
        var server = new ScriptedServer();
        var never = new TaskCompletionSource();
        server.On<ReadRequest>(async _ =>
        {
            await never.Task;
            return Value(1);
        });
        await using var channel = await OpenAsync(server, o => o with { MaxOutstandingRequests = 2 });
        var first = channel.InvokeAsync<ReadResponse>(Numbered(1)).AsTask();
        var second = channel.InvokeAsync<ReadResponse>(Numbered(2)).AsTask();
        Assert.Equal(StatusCodes.BadResourceUnavailable, (await Assert.ThrowsAsync<UaException>(async () => await channel.InvokeAsync<ReadResponse>(Numbered(3)))).Status.Code);
        never.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_lost_connection_fails_what_is_outstanding_and_what_comes_after()
    {
        var server = new ScriptedServer();
        var reached = new TaskCompletionSource();
        server.On<ReadRequest>(async _ =>
        {
            reached.SetResult();
            await new TaskCompletionSource().Task;
            return Value(1);
        });
        await using var channel = await OpenAsync(server);
        var outstanding = channel.InvokeAsync<ReadResponse>(Numbered(1)).AsTask();
        await reached.Task.WaitAsync(Patience);
        server.Cut();
        await Assert.ThrowsAsync<UaConnectionException>(() => outstanding.WaitAsync(Patience));
        await channel.Closed.WaitAsync(Patience);
        await Assert.ThrowsAsync<UaConnectionException>(async () => await channel.InvokeAsync<ReadResponse>(Numbered(2)));
    }

    // Part 4 5.6.2.1: clients renew at 75 % of the lifetime.
    [Fact]
    public async Task A_token_is_renewed_at_three_quarters_of_its_life_and_not_before()
    {
        var time = new FakeTimeProvider();
        var server = new ScriptedServer { Time = time, TokenLifetime = TimeSpan.FromMinutes(10) };
        server.On<ReadRequest>(_ => Value(1));
        await using var channel = await OpenAsync(server);
        for (var renewals = 1; renewals <= 3; renewals++)
        {
            time.Advance(TimeSpan.FromMinutes(7.4));
            await channel.InvokeAsync<ReadResponse>(new ReadRequest());
            Assert.Equal(renewals - 1, Renewals(server));
            time.Advance(TimeSpan.FromMinutes(0.2));
            // The renewal is sent before the request that follows it: when that is answered, so is the renewal.
            await channel.InvokeAsync<ReadResponse>(new ReadRequest());
            Assert.Equal(renewals, Renewals(server));
        }

        Assert.Equal(1, server.Connections);
    }

    private static int Renewals(ScriptedServer server) => server.Requests.OfType<OpenSecureChannelRequest>().Count(r => r.RequestType == SecurityTokenRequestType.Renew);

    [Fact]
    public async Task A_server_that_does_not_answer_a_connection_is_given_up_in_time()
    {
        var time = new FakeTimeProvider();
        var reached = new TaskCompletionSource();
        var opening = UaChannel.OpenAsync(new UaChannelOptions
        {
            EndpointUrl = ScriptedServer.Url,
            Time = time,
            Connector = async (_, cancellation) =>
            {
                reached.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
                throw new InvalidOperationException();
            },
        });
        await reached.Task.WaitAsync(Patience);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(StatusCodes.BadTimeout, (await Assert.ThrowsAsync<UaConnectionException>(() => opening.WaitAsync(Patience))).Status.Code);
    }

    [Fact]
    public async Task A_policy_without_certificates_is_refused_before_anything_is_sent()
    {
        var server = new ScriptedServer();
        await Assert.ThrowsAsync<ArgumentException>(() => OpenAsync(server, o => o with { Policy = SecurityPolicy.Basic256Sha256, Mode = MessageSecurityMode.Sign }));
        await Assert.ThrowsAsync<ArgumentException>(() => OpenAsync(server, o => o with { Mode = MessageSecurityMode.Sign }));
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_closed_channel_says_goodbye()
    {
        var server = new ScriptedServer();
        server.On<ReadRequest>(_ => Value(1));
        var channel = await OpenAsync(server);
        await channel.InvokeAsync<ReadResponse>(new ReadRequest());
        await channel.DisposeAsync();
        await server.Goodbye.Task.WaitAsync(Patience);
        Assert.Equal(StatusCodes.BadConnectionClosed, (await channel.Closed).Status.Code);
    }
}
