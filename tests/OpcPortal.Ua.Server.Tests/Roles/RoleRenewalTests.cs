namespace OpcPortal.Ua.Server.Tests;

/// <summary>A change of roles reaches all that lives at once: subscriptions with and without a session, sessions that are just being activated. Part 18 4.4.1.</summary>
public sealed class RoleRenewalTests
{
    private static readonly NodeId Operator = ObjectIds.WellKnownRole_Operator;

    private static async Task<uint> Subscribe(WireClient client, NodeId nodeId)
    {
        var subscription = await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 100, RequestedLifetimeCount = 1_000, RequestedMaxKeepAliveCount = 100, PublishingEnabled = true });
        var items = await client.CallAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest
        {
            SubscriptionId = subscription.SubscriptionId,
            TimestampsToReturn = TimestampsToReturn.Neither,
            ItemsToCreate =
            [
                new MonitoredItemCreateRequest
                {
                    ItemToMonitor = new ReadValueId { NodeId = nodeId, AttributeId = AttributeIds.Value },
                    MonitoringMode = MonitoringMode.Reporting,
                    RequestedParameters = new MonitoringParameters { ClientHandle = 7, QueueSize = 10 },
                },
            ],
        });
        Assert.Equal(StatusCodes.Good, items.Results![0].StatusCode);
        return subscription.SubscriptionId;
    }

    private static async Task<DataValue> Published(TestServer server, WireClient client)
    {
        await client.PostAsync(new PublishRequest());
        // The request is with the server before the clock moves: a read after it has been answered.
        await client.PostAsync(new ReadRequest { NodesToRead = [new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.NodeId }] });
        var response = await client.ReceiveAsync();
        if (response is ReadResponse)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(100));
            response = await client.ReceiveAsync();
        }

        var data = Assert.IsType<DataChangeNotification>(Assert.IsType<PublishResponse>(response).NotificationMessage.NotificationData![0]!.Structure);
        return Assert.Single(data.MonitoredItems!).Value;
    }

    [Fact]
    public async Task A_subscription_loses_and_gains_what_its_user_may_see()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        var bob = await server.LogInAsync("bob", isOther: true);
        await Subscribe(bob, server.AddVariable("v", Operator));
        Assert.Equal(1.0, (await Published(server, bob)).Value);
        await admin.RemoveIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await Published(server, bob)).StatusCode);
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        Assert.Equal(1.0, (await Published(server, bob)).Value);
    }

    [Fact]
    public async Task A_subscription_without_a_session_loses_what_its_user_no_longer_may_see()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        var variable = server.AddVariable("v", Operator);
        var bob = await server.LogInAsync("bob", isOther: true);
        var subscription = await Subscribe(bob, variable);
        Assert.Equal(1.0, (await Published(server, bob)).Value);
        await bob.CallAsync<CloseSessionResponse>(new CloseSessionRequest { DeleteSubscriptions = false });
        await admin.RemoveIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        // What comes while nobody has the role is queued for nobody.
        server.Server.Model.Nodes.SetValue(variable, new DataValue(2.0));
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        server.Server.Model.Nodes.SetValue(variable, new DataValue(3.0));
        await admin.RemoveIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        var again = await server.LogInAsync("bob", isOther: true);
        var transferred = await again.CallAsync<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [subscription] });
        Assert.Equal(StatusCodes.Good, transferred.Results![0].StatusCode);
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await Published(server, again)).StatusCode);
    }

    [Fact]
    public async Task Who_is_no_longer_admitted_loses_sessions_and_the_subscriptions_that_have_none()
    {
        var admission = new Admission();
        await using var server = new TestServer(parts: p => p with { Admission = admission });
        var bob = await server.LogInAsync("bob", isOther: true);
        await Subscribe(bob, VariableIds.Server_ServerStatus_State);
        await bob.CallAsync<CloseSessionResponse>(new CloseSessionRequest { DeleteSubscriptions = false });
        await server.LogInAsync("bob", isOther: true);
        await server.LogInAsync();
        Assert.Single(server.Server.Subscriptions.Diagnostics.All());
        admission.Refused = "bob";
        server.Server.RefreshAccess();
        Assert.Empty(server.Server.Subscriptions.Diagnostics.All());
        Assert.Equal("admin", Assert.Single(server.Server.Sessions.All).Access!.UserName);
    }

    // Part 18 4.4.1: whoever gives the role, its applications bind it.
    [Fact]
    public async Task A_role_that_the_admission_gives_is_bound_to_applications_too()
    {
        await using var server = new TestServer(parts: p => p with { Admission = new Admission { Gives = 1UL << RoleTable.Operator } });
        var admin = await server.LogInAsync();
        await server.LogInAsync("bob", isOther: true);
        Assert.True(server.Has("bob", RoleTable.Operator));
        await admin.AddApplicationAsync(Operator, "urn:test:Other");
        Assert.False(server.Has("bob", RoleTable.Operator));
        Assert.True(server.Has("admin", RoleTable.Operator));
    }

    // A session that was not there when all were asked, and was judged before: it is asked once more.
    [Fact]
    public async Task A_change_in_the_midst_of_an_activation_is_not_missed()
    {
        var admission = new Admission();
        await using var server = new TestServer(parts: p => p with { Admission = admission });
        admission.Meanwhile = () =>
        {
            server.Server.Identities.Replace([new(RoleTable.Operator, IdentityCriteriaType.UserName, "bob")]);
            server.Server.RefreshAccess();
        };
        await server.LogInAsync("bob");
        Assert.True(server.Has("bob", RoleTable.Operator));
        Assert.Equal(2, admission.Asked);
    }

    private sealed class Admission : ISubjectAdmission
    {
        public string? Refused { get; set; }
        public Action? Meanwhile { get; set; }
        public ulong Gives { get; init; }
        public int Asked { get; private set; }

        public AccessContext Admit(AccessContext context, UserIdentity user)
        {
            Asked++;
            var (meanwhile, refused) = (Meanwhile, Refused);
            Meanwhile = null;
            meanwhile?.Invoke();
            return user.Name is { } name && name == refused ? throw new ServiceException(StatusCodes.BadUserAccessDenied) : context with { Roles = context.Roles | Gives };
        }
    }
}
