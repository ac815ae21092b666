using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Conditions;

/// <summary>Conditions as a client meets them: events, methods on the ConditionId, refresh. Part 9 4.5, 5.5, 5.7, 5.8.17.</summary>
public sealed class ConditionsOnTheWireTests
{
    private static readonly NodeId Open = new("Door!Opened", 1);
    private static readonly NodeId Secret = new("Vault!Opened", 1);
    private static readonly NodeId Vault = new("Vault", 1);

    private static readonly string[] Fields = ["EventType", "EventId", "ActiveState/Id", "AckedState/Id", "Retain", "Comment", "ClientUserId", "ShelvingState/CurrentState", "ConditionName", "SuppressedOrShelved", "EnabledState"];

    private static ConditionDefinition Definition(NodeId id, NodeId source, string name) =>
        new() { Id = id, TypeId = ObjectTypeIds.OffNormalAlarmType, SourceNode = source, SourceName = "Door", Name = name };

    private static void Raise(TestServer server, NodeId? id = null, NodeId? source = null, string name = "Opened") =>
        server.Server.Conditions.Raise(Definition(id ?? Open, source ?? ObjectIds.Server, name), new ConditionCause(server.Time.GetUtcNow().UtcDateTime, "The door is open", 700));

    // Browse alone: whoever is not an operator does not have its events.
    private static void AddVault(TestServer server) => server.Server.Model.Nodes.Add(
    [
        new NodeRecord
        {
            NodeId = Vault, NodeClass = NodeClass.Object, BrowseName = new QualifiedName("Vault", 1),
            RolePermissions = [new RolePermission(new NodeId(ObjectIds.WellKnownRole_Operator), (uint)(PermissionType.Browse | PermissionType.ReceiveEvents | PermissionType.Call))],
        },
    ]);

    private static async Task<(WireClient Client, uint Subscription, uint Item)> Watch(TestServer server, WhereOperator? where = null)
    {
        var client = server.Connect();
        await client.ReadyAsync();
        var subscription = await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 100, RequestedLifetimeCount = 1000, RequestedMaxKeepAliveCount = 100, PublishingEnabled = true });
        SimpleAttributeOperand[] select =
        [
            .. Fields.Select(field => new SimpleAttributeOperand { TypeDefinitionId = ObjectTypeIds.BaseEventType, BrowsePath = [.. field.Split('/').Select(name => new QualifiedName(name))], AttributeId = AttributeIds.Value }),
            new SimpleAttributeOperand { TypeDefinitionId = ObjectTypeIds.ConditionType, BrowsePath = [], AttributeId = AttributeIds.NodeId },
        ];
        var items = await client.CallAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest
        {
            SubscriptionId = subscription.SubscriptionId,
            TimestampsToReturn = TimestampsToReturn.Both,
            ItemsToCreate =
            [
                new MonitoredItemCreateRequest
                {
                    ItemToMonitor = new ReadValueId { NodeId = ObjectIds.Server, AttributeId = AttributeIds.EventNotifier },
                    MonitoringMode = MonitoringMode.Reporting,
                    RequestedParameters = new MonitoringParameters { ClientHandle = 1, QueueSize = 100, Filter = ExtensionObject.From(new EventFilter { SelectClauses = select, WhereClause = where?.Filter ?? new ContentFilter() }) },
                },
            ],
        });
        Assert.True(items.Results![0].StatusCode.IsGood, items.Results[0].StatusCode.ToString());
        return (client, subscription.SubscriptionId, items.Results[0].MonitoredItemId);
    }

    private sealed record WhereOperator(ContentFilter Filter)
    {
        public static WhereOperator OfAlarms { get; } = new(new ContentFilter { Elements = [new ContentFilterElement { FilterOperator = FilterOperator.OfType, FilterOperands = [ExtensionObject.From(new LiteralOperand { Value = new NodeId(ObjectTypeIds.AlarmConditionType) })] }] });
    }

    // What came since the last look, each as it was selected.
    private static async Task<Variant[][]> Events(TestServer server, WireClient client)
    {
        await client.PostAsync(new PublishRequest());
        await client.ReadAsync(VariableIds.Server_Auditing, AttributeIds.BrowseName);
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        var published = Assert.IsType<PublishResponse>(await client.ReceiveAsync());
        return [.. published.NotificationMessage.NotificationData!.Select(data => data!.Structure).OfType<EventNotificationList>().SelectMany(list => list.Events!).Select(e => e.EventFields!)];
    }

    private static async Task<StatusCode> Call(WireClient client, NodeId target, NodeId method, params Variant[] arguments)
    {
        var response = await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = target, MethodId = method, InputArguments = arguments }] });
        return response.Results![0].StatusCode;
    }

    private static Variant Comment(string text) => new LocalizedText(text, "en");

    private static Variant At(Variant[] fields, string name) => fields[Array.IndexOf(Fields, name)];

    [Fact]
    public async Task An_alarm_is_told_acknowledged_on_its_condition_id_and_ends()
    {
        await using var server = new TestServer();
        var (client, _, _) = await Watch(server, WhereOperator.OfAlarms);
        Raise(server);
        var raised = Assert.Single(await Events(server, client));
        Assert.Equal((true, false, true), (At(raised, "ActiveState/Id").AsBoolean(), At(raised, "AckedState/Id").AsBoolean(), At(raised, "Retain").AsBoolean()));
        Assert.Equal(Open, raised[^1].AsNodeId());
        Assert.Equal(StatusCodes.BadEventIdUnknown, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Acknowledge, new Variant(new ByteString([9])), Comment("no"))).Code);
        Assert.Equal(StatusCodes.Good, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Acknowledge, At(raised, "EventId"), Comment("seen"))).Code);
        var acked = Assert.Single(await Events(server, client));
        Assert.Equal((true, "seen"), (At(acked, "AckedState/Id").AsBoolean(), ((LocalizedText)At(acked, "Comment").ToObject()!).Text));
        Assert.NotEqual(At(raised, "EventId"), At(acked, "EventId"));
        server.Server.Conditions.Clear(Open, new ConditionCause(server.Time.GetUtcNow().UtcDateTime, "Closed", 700));
        Assert.False(At(Assert.Single(await Events(server, client)), "Retain").AsBoolean());
        Assert.Equal(0, server.Server.Conditions.Count);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Acknowledge, At(acked, "EventId"), Comment("late"))).Code);
    }

    [Fact]
    public async Task Refresh_tells_the_caller_alone_what_is_retained_between_start_and_end_with_the_same_event_ids()
    {
        await using var server = new TestServer();
        var (other, _, _) = await Watch(server);
        Raise(server);
        var told = Assert.Single(await Events(server, other));
        // Neither start nor end is held back by the where clause.
        var (client, subscription, item) = await Watch(server, WhereOperator.OfAlarms);
        Assert.Equal(StatusCodes.Good, (await Call(client, ObjectTypeIds.ConditionType, MethodIds.ConditionType_ConditionRefresh, subscription)).Code);
        var refreshed = await Events(server, client);
        Assert.Equal([ObjectTypeIds.RefreshStartEventType, ObjectTypeIds.OffNormalAlarmType, ObjectTypeIds.RefreshEndEventType], refreshed.Select(e => e[0].AsNodeId().Numeric));
        Assert.Equal(At(told, "EventId"), At(refreshed[1], "EventId"));
        Assert.Equal(StatusCodes.Good, (await Call(client, ObjectTypeIds.ConditionType, MethodIds.ConditionType_ConditionRefresh2, subscription, item)).Code);
        Assert.Equal(3, (await Events(server, client)).Length);
        Assert.Equal(StatusCodes.BadMonitoredItemIdInvalid, (await Call(client, ObjectTypeIds.ConditionType, MethodIds.ConditionType_ConditionRefresh2, subscription, item + 1)).Code);
        // Another session's subscription, and none.
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await Call(other, ObjectTypeIds.ConditionType, MethodIds.ConditionType_ConditionRefresh, subscription)).Code);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await Call(client, ObjectTypeIds.ConditionType, MethodIds.ConditionType_ConditionRefresh, subscription + 77)).Code);
        Raise(server, new NodeId("Door!Forced", 1), name: "Forced");
        Assert.Single(await Events(server, other), e => e[0].AsNodeId().Numeric == ObjectTypeIds.OffNormalAlarmType);
    }

    [Fact]
    public async Task Who_may_not_have_the_events_of_a_source_neither_sees_nor_acknowledges_its_conditions()
    {
        await using var server = new TestServer();
        AddVault(server);
        var (client, subscription, _) = await Watch(server, WhereOperator.OfAlarms);
        Raise(server, Secret, Vault);
        Raise(server);
        Assert.Equal([Open], (await Events(server, client)).Select(e => e[^1].AsNodeId()));
        await Call(client, ObjectTypeIds.ConditionType, MethodIds.ConditionType_ConditionRefresh, subscription);
        Assert.Equal([null, Open, null], (await Events(server, client)).Select(e => e[^1].ToObject()));
        server.Server.Conditions.TryFind(Secret, out _, out var state);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await Call(client, Secret, MethodIds.AcknowledgeableConditionType_Acknowledge, new Variant(state!.EventIds[^1]), Comment("mine"))).Code);
        server.Server.Conditions.TryFind(Open, out _, out state);
        Assert.Equal(StatusCodes.Good, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Acknowledge, new Variant(state!.EventIds[^1]), Comment("mine"))).Code);
    }

    [Fact]
    public async Task An_alarm_is_shelved_for_a_time_and_comes_back_by_itself()
    {
        await using var server = new TestServer();
        var (client, _, _) = await Watch(server, WhereOperator.OfAlarms);
        Raise(server);
        await Events(server, client);
        foreach (var wrong in (double[])[0, -1, double.NaN, TimeSpan.FromDays(8).TotalMilliseconds])
            Assert.Equal(StatusCodes.BadShelvingTimeOutOfRange, (await Call(client, Open, MethodIds.ShelvedStateMachineType_TimedShelve, wrong)).Code);
        Assert.Equal(StatusCodes.Good, (await Call(client, Open, MethodIds.ShelvedStateMachineType_TimedShelve, 5_000.0)).Code);
        Assert.Equal(StatusCodes.BadConditionAlreadyShelved, (await Call(client, Open, MethodIds.AlarmConditionType_ShelvingState_TimedShelve, 5_000.0)).Code);
        Assert.True(At(Assert.Single(await Events(server, client)), "SuppressedOrShelved").AsBoolean());
        server.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(At(Assert.Single(await Events(server, client)), "SuppressedOrShelved").AsBoolean());
        Assert.Equal(StatusCodes.BadConditionNotShelved, (await Call(client, Open, MethodIds.ShelvedStateMachineType_Unshelve)).Code);
    }

    [Fact]
    public async Task A_disabled_condition_is_silent_until_it_is_enabled()
    {
        await using var server = new TestServer();
        var (client, _, _) = await Watch(server, WhereOperator.OfAlarms);
        Raise(server);
        await Events(server, client);
        Assert.Equal(StatusCodes.Good, (await Call(client, Open, MethodIds.ConditionType_Disable)).Code);
        Assert.False(At(Assert.Single(await Events(server, client)), "Retain").AsBoolean());
        Assert.Equal(StatusCodes.BadConditionAlreadyDisabled, (await Call(client, Open, MethodIds.ConditionType_Disable)).Code);
        server.Server.Conditions.Clear(Open, new ConditionCause(server.Time.GetUtcNow().UtcDateTime, "Closed", 700));
        Assert.Equal(StatusCodes.Good, (await Call(client, Open, MethodIds.ConditionType_Enable)).Code);
        // Only Enable was told of: it was inactive by then, and not acknowledged.
        var enabled = Assert.Single(await Events(server, client));
        Assert.Equal((false, true), (At(enabled, "ActiveState/Id").AsBoolean(), At(enabled, "Retain").AsBoolean()));
    }

    [Fact]
    public async Task Wrong_calls_are_told_apart()
    {
        await using var server = new TestServer();
        var (client, _, _) = await Watch(server);
        Raise(server);
        server.Server.Conditions.TryFind(Open, out _, out var state);
        var known = new Variant(state!.EventIds[^1]);
        Assert.Equal(StatusCodes.BadNodeIdInvalid, (await Call(client, ObjectTypeIds.AcknowledgeableConditionType, MethodIds.AcknowledgeableConditionType_Acknowledge, known, Comment("?"))).Code);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await Call(client, new NodeId("Nothing", 1), MethodIds.AcknowledgeableConditionType_Acknowledge, known, Comment("?"))).Code);
        Assert.Equal(StatusCodes.BadArgumentsMissing, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Acknowledge, known)).Code);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Acknowledge, 1, Comment("?"))).Code);
        Assert.Equal(StatusCodes.BadNotSupported, (await Call(client, Open, MethodIds.AcknowledgeableConditionType_Confirm, known, Comment("?"))).Code);
        Assert.Equal(StatusCodes.BadOutOfRange, (await Call(client, Open, MethodIds.ConditionType_AddComment, known, Comment(new string('x', 1_001)))).Code);
        Assert.Equal(StatusCodes.Good, (await Call(client, Open, MethodIds.ConditionType_AddComment, known, Comment(new string('x', 1_000)))).Code);
    }

    [Fact]
    public void More_conditions_than_allowed_are_refused_and_counted()
    {
        var space = new StandardSpace();
        using var table = new ConditionTable(new EventHub(space.Space, space.Types), space.Types, space.Time, new ConditionLimits { MaxConditions = 2 });
        var cause = new ConditionCause(space.Now, "It is so", 500);
        Assert.True(table.Raise(Definition(new NodeId("1", 1), StandardSpace.MeterOfA, "1"), cause));
        Assert.True(table.Raise(Definition(new NodeId("2", 1), StandardSpace.MeterOfA, "2"), cause));
        Assert.False(table.Raise(Definition(new NodeId("3", 1), StandardSpace.MeterOfA, "3"), cause));
        Assert.True(table.Raise(Definition(new NodeId("1", 1), StandardSpace.MeterOfA, "1"), cause));
        Assert.Equal((2, 1L), (table.Count, table.RefusedCount));
    }
}
