using OpcPortal.Ua.Security;
using static OpcPortal.Ua.Server.Tests.Filters;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>The Server object, diagnostics and events through a whole server: what a client gets who does what clients do.</summary>
public sealed class ServerOnTheWireTests
{
    [Fact]
    public async Task A_client_finds_a_running_server_that_knows_itself()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        var status = (await client.ReadAsync(VariableIds.Server_ServerStatus)).Value.AsStructure<ServerStatusDataType>()!;
        Assert.Equal(ServerState.Running, status.State);
        Assert.Equal(server.Time.GetUtcNow().UtcDateTime, status.CurrentTime);
        Assert.Equal([TestPki.ServerUri], (await client.ReadAsync(VariableIds.Server_ServerArray)).Value.AsArray<string>()!);
        Assert.Equal(server.Server.Model.Namespaces.ToArray(), (await client.ReadAsync(VariableIds.Server_NamespaceArray)).Value.AsArray<string>()!);
        Assert.Equal(server.Server.Options.Operations.MaxNodesPerRead, (await client.ReadAsync(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead)).Value);
    }

    [Fact]
    public async Task One_operation_more_than_the_server_shows_is_refused()
    {
        await using var server = new TestServer(o => o with { Operations = new OperationLimits { MaxNodesPerRead = 3 } });
        var client = server.Connect();
        await client.ReadyAsync();
        var limit = (await client.ReadAsync(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead)).Value.AsUInt32();
        var node = new ReadValueId { NodeId = VariableIds.Server_ServerStatus_State, AttributeId = AttributeIds.Value };
        var response = await client.CallAsync<ReadResponse>(new ReadRequest { NodesToRead = [.. Enumerable.Repeat(node, (int)limit)] });
        Assert.Equal(3, response.Results!.Length);
        var refused = await Assert.ThrowsAsync<ServiceException>(() => client.CallAsync<ReadResponse>(new ReadRequest { NodesToRead = [.. Enumerable.Repeat(node, (int)limit + 1)] }));
        Assert.Equal(StatusCodes.BadTooManyOperations, refused.Status.Code);
    }

    [Fact]
    public async Task Requests_are_counted_by_session_and_refusals_by_the_server()
    {
        await using var server = new TestServer();
        var client = server.Connect();
        await client.ReadyAsync();
        await client.ReadAsync(VariableIds.Server_ServerStatus_State);
        await Assert.ThrowsAsync<ServiceException>(() => client.CallAsync<ReadResponse>(new ReadRequest()));
        var admin = await AdminAsync(server);
        var report = new NodeId($"{client.Session!.SessionId.Guid}/SessionDiagnostics/ReadCount", 1);
        var reads = (await admin.ReadAsync(report)).Value.AsStructure<ServiceCounterDataType>()!;
        Assert.Equal((2u, 1u), (reads.TotalCount, reads.ErrorCount));
        Assert.Equal(1u, (await admin.ReadAsync(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_RejectedRequestsCount)).Value);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await client.ReadAsync(report)).StatusCode.Code);
    }

    [Fact]
    public async Task An_auditor_receives_what_others_are_refused_and_others_receive_nothing_of_it()
    {
        await using var server = new TestServer();
        var admin = await AdminAsync(server);
        var bob = server.Connect();
        await bob.HelloAsync();
        await bob.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await bob.CreateSessionAsync();
        await bob.ActivateAsync(bob.UserName("bob", "right"));
        var filter = Filter([Field("SourceName"), Field("ClientUserId", ObjectTypeIds.AuditEventType), Field("Status", ObjectTypeIds.AuditEventType)],
            Where(FilterOperator.OfType, Literal(new NodeId(ObjectTypeIds.AuditActivateSessionEventType))));
        await SubscribeAsync(admin, filter);
        await SubscribeAsync(bob, filter);

        var mallory = server.Connect();
        await mallory.HelloAsync();
        await mallory.OpenAsync();
        await mallory.CreateSessionAsync();
        await Assert.ThrowsAsync<ServiceException>(() => mallory.ActivateAsync(mallory.UserName("admin", "guess")));

        var heard = Assert.Single(await PublishAsync(server, admin));
        Assert.Equal("Session/ActivateSession", heard.EventFields![0]);
        Assert.Equal(false, heard.EventFields[2]);
        Assert.Empty(await PublishAsync(server, bob));
    }

    private static async Task<WireClient> AdminAsync(TestServer server)
    {
        var admin = server.Connect();
        await admin.HelloAsync();
        await admin.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await admin.CreateSessionAsync();
        await admin.ActivateAsync(admin.UserName("admin", "right"));
        return admin;
    }

    private static async Task SubscribeAsync(WireClient client, EventFilter filter)
    {
        var subscription = await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 1_000, RequestedMaxKeepAliveCount = 1, RequestedLifetimeCount = 1_000, PublishingEnabled = true });
        var items = await client.CallAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest
        {
            SubscriptionId = subscription.SubscriptionId,
            ItemsToCreate =
            [
                new MonitoredItemCreateRequest
                {
                    ItemToMonitor = new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.EventNotifier },
                    MonitoringMode = MonitoringMode.Reporting,
                    RequestedParameters = new MonitoringParameters { Filter = new ExtensionObject(filter), QueueSize = 100 },
                },
            ],
        });
        Assert.Equal(StatusCodes.Good, items.Results![0].StatusCode.Code);
    }

    // One message: events, or a keep-alive where there are none.
    private static async Task<EventFieldList[]> PublishAsync(TestServer server, WireClient client)
    {
        await client.PostAsync(new PublishRequest());
        server.Time.Advance(TimeSpan.FromSeconds(1));
        var response = (PublishResponse)await client.ReceiveAsync();
        return [.. (response.NotificationMessage.NotificationData ?? []).Select(d => d!.Structure).OfType<EventNotificationList>().SelectMany(l => l.Events ?? [])];
    }
}
