namespace OpcPortal.Ua.Server.Tests;

/// <summary>Subscriptions as a client meets them: parked requests, cancelling, connections that break.</summary>
public sealed class SubscriptionsOnTheWireTests
{
    private static async Task<uint> Subscribe(WireClient client)
    {
        var subscription = await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 100, RequestedLifetimeCount = 100, RequestedMaxKeepAliveCount = 5, PublishingEnabled = true });
        var items = await client.CallAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest
        {
            SubscriptionId = subscription.SubscriptionId,
            TimestampsToReturn = TimestampsToReturn.Both,
            ItemsToCreate =
            [
                new MonitoredItemCreateRequest
                {
                    ItemToMonitor = new ReadValueId { NodeId = VariableIds.Server_Auditing, AttributeId = AttributeIds.BrowseName },
                    MonitoringMode = MonitoringMode.Reporting,
                    RequestedParameters = new MonitoringParameters { ClientHandle = 7, QueueSize = 1 },
                },
            ],
        });
        Assert.True(items.Results![0].StatusCode.IsGood, items.Results[0].StatusCode.ToString());
        return subscription.SubscriptionId;
    }

    [Fact]
    public async Task A_parked_publish_is_answered_at_the_end_of_the_cycle_and_others_meanwhile()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        var id = await Subscribe(client);
        await client.PostAsync(new PublishRequest());
        Assert.Equal("Auditing", (await client.ReadAsync(VariableIds.Server_Auditing, AttributeIds.BrowseName)).Value.AsQualifiedName().Name);
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        var published = Assert.IsType<PublishResponse>(await client.ReceiveAsync());
        Assert.Equal(id, published.SubscriptionId);
        var data = Assert.IsType<DataChangeNotification>(published.NotificationMessage.NotificationData![0]!.Structure);
        Assert.Equal(7u, data.MonitoredItems![0].ClientHandle);
    }

    // Part 4 5.7.5.
    [Fact]
    public async Task Cancel_ends_parked_requests_of_its_handle_alone()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        await Subscribe(client);
        foreach (var handle in (uint[])[11, 12, 11])
        {
            var publish = new PublishRequest();
            publish.RequestHeader.RequestHandle = handle;
            await client.PostAsync(publish);
        }

        await client.PostAsync(new CancelRequest { RequestHandle = 11 });
        var answers = new List<IServiceResponse>();
        for (var i = 0; i < 3; i++) answers.Add(await client.ReceiveAsync());
        Assert.Equal(2u, Assert.Single(answers.OfType<CancelResponse>()).CancelCount);
        Assert.All(answers.OfType<ServiceFault>(), f => Assert.Equal(("BadRequestCancelledByClient", 11u), (f.ResponseHeader.ServiceResult.ToString(), f.ResponseHeader.RequestHandle)));
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(12u, Assert.IsType<PublishResponse>(await client.ReceiveAsync()).ResponseHeader.RequestHandle);
    }

    // Part 4 7.32: timeoutHint.
    [Fact]
    public async Task A_parked_request_ends_with_its_timeout_hint()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        await Subscribe(client);
        await client.PostAsync(new PublishRequest());
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.IsType<PublishResponse>(await client.ReceiveAsync());
        var publish = new PublishRequest();
        publish.RequestHeader.TimeoutHint = 50;
        await client.PostAsync(publish);
        await client.ReadAsync(VariableIds.Server_Auditing, AttributeIds.BrowseName);
        server.Time.Advance(TimeSpan.FromMilliseconds(60));
        Assert.Equal("BadTimeout", Assert.IsType<ServiceFault>(await client.ReceiveAsync()).ResponseHeader.ServiceResult.ToString());
    }

    [Fact]
    public async Task A_connection_that_breaks_lets_its_parked_requests_go()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        await Subscribe(client);
        for (var i = 0; i < 5; i++) await client.PostAsync(new PublishRequest());
        await client.ReadAsync(VariableIds.Server_Auditing, AttributeIds.BrowseName);
        await client.Output.CompleteAsync();
        await client.Served.WaitAsync(TimeSpan.FromSeconds(30));
    }

    // Attack 9 (CVE-2022-30551): parked requests are bounded, also those of one connection with many sessions.
    [Fact]
    public async Task More_parked_requests_than_the_limit_push_out_the_oldest()
    {
        await using var server = new TestServer(o => o with { Subscriptions = new SubscriptionLimits { MaxPublishRequestsPerSession = 3 } });
        var client = server.Connect();
        await client.ReadyAsync();
        await Subscribe(client);
        for (uint handle = 1; handle <= 5; handle++)
        {
            var publish = new PublishRequest();
            publish.RequestHeader.RequestHandle = handle;
            await client.PostAsync(publish);
        }

        // Each answer goes out when it is ready: their order is not promised.
        var refused = new HashSet<uint>();
        for (var i = 0; i < 2; i++)
        {
            var fault = Assert.IsType<ServiceFault>(await client.ReceiveAsync());
            Assert.Equal("BadTooManyPublishRequests", fault.ResponseHeader.ServiceResult.ToString());
            refused.Add(fault.ResponseHeader.RequestHandle);
        }

        Assert.Equal([1u, 2u], refused.Order());
    }
}
