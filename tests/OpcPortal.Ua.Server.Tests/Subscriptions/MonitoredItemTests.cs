namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Creating, changing and deleting data items, and their modes. Part 4 5.13.</summary>
public sealed class MonitoredItemTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;

    public MonitoredItemTests() => _client = _world.Connect();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_cannot_be_monitored_fails_only_that_item()
    {
        var subscription = await _client.Subscribe();
        var node = _world.Variable("v", 1.0);
        var results = await _client.CreateItems(
            subscription,
            TimestampsToReturn.Both,
            SubscriptionClient.Item(node),
            SubscriptionClient.Item(new NodeId("nobody", 1)),
            SubscriptionClient.Item(node, attribute: 99),
            SubscriptionClient.Item(SubscriptionWorld.Machine),
            SubscriptionClient.Item(node, range: "3:1"),
            SubscriptionClient.Item(node, encoding: "Default Binary"),
            SubscriptionClient.Item(node, mode: (MonitoringMode)7),
            SubscriptionClient.Item(node, attribute: AttributeIds.BrowseName, encoding: "Default Binary"));
        Assert.Equal(
            [
                StatusCodes.Good, StatusCodes.BadNodeIdUnknown, StatusCodes.BadAttributeIdInvalid, StatusCodes.BadAttributeIdInvalid, StatusCodes.BadIndexRangeInvalid,
                StatusCodes.BadDataEncodingInvalid, StatusCodes.BadMonitoringModeInvalid, StatusCodes.BadDataEncodingInvalid,
            ],
            results.Select(r => r.StatusCode.Code));
        Assert.Equal(1, _world.Engine.Services.MonitoredItems.Used);
        Assert.Single(Received.Values(await _client.NextPublish()));
    }

    [Fact]
    public async Task An_unknown_encoding_of_a_structure_is_unsupported_and_the_binary_one_is_served()
    {
        var subscription = await _client.Subscribe();
        var node = _world.Variable("range", Variant.From(new Range { Low = 1, High = 2 }), DataTypeIds.Range);
        Assert.Equal(StatusCodes.BadDataEncodingUnsupported, (await _client.TryMonitor(subscription, SubscriptionClient.Item(node, encoding: "Default Smoke"))).StatusCode);
        Assert.Equal(StatusCodes.Good, (await _client.TryMonitor(subscription, SubscriptionClient.Item(node, encoding: "Default Binary"))).StatusCode);
        Assert.Equal(2, Received.Values(await _client.NextPublish()).Single().Value.Value.AsStructure<Range>()!.High);
    }

    [Fact]
    public async Task A_request_is_refused_as_a_whole_where_it_is_wrong_as_a_whole()
    {
        var subscription = await _client.Subscribe();
        var item = SubscriptionClient.Item(_world.Variable("v", 1.0));
        await Refused(StatusCodes.BadTimestampsToReturnInvalid, () => _client.CreateItems(subscription, (TimestampsToReturn)4, item));
        await Refused(StatusCodes.BadSubscriptionIdInvalid, () => _client.CreateItems(subscription + 1, TimestampsToReturn.Both, item));
        await Refused(StatusCodes.BadNothingToDo, () => _client.CreateItems(subscription, TimestampsToReturn.Both));
        await Refused(
            StatusCodes.BadMonitoringModeInvalid,
            () => _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = (MonitoringMode)3, MonitoredItemIds = [1] }));
        using var world = new SubscriptionWorld(operations: new OperationLimits { MaxMonitoredItemsPerCall = 1 });
        var other = world.Connect();
        var id = await other.Subscribe();
        await Refused(StatusCodes.BadTooManyOperations, () => other.CreateItems(id, TimestampsToReturn.Both, item, item));
    }

    private static async Task Refused(uint status, Func<Task> call) => Assert.Equal(status, (await Assert.ThrowsAsync<ServiceException>(call)).Status);

    [Fact]
    public async Task Another_sessions_subscription_does_not_exist_for_a_client()
    {
        var subscription = await _client.Subscribe();
        var other = _world.Connect();
        await other.Subscribe();
        await Refused(StatusCodes.BadSubscriptionIdInvalid, () => other.CreateItems(subscription, TimestampsToReturn.Both, SubscriptionClient.Item(_world.Variable("v", 1.0))));
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await other.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] })).Results![0]);
        Assert.Equal(2, _world.Engine.Diagnostics.CurrentSubscriptionCount);
    }

    // Part 4 5.13.1.3: the first notification has the current value, whatever the filter says.
    [Fact]
    public async Task The_first_value_is_sent_with_both_times_and_then_only_changes()
    {
        var node = _world.Variable("v", 1.0);
        _world.Set(node, 3.0);
        var set = _world.Now;
        _world.Advance(50);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, filter: new DataChangeFilter { Trigger = DataChangeTrigger.Status });
        var created = _world.Now;
        var value = Received.Values(await _client.NextPublish()).Single().Value;
        Assert.Equal(3.0, value.Value.AsDouble());
        Assert.Equal(set, value.SourceTimestamp);
        Assert.Equal(created, value.ServerTimestamp);
        _world.Set(node, 4.0);
        _world.Advance(200);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }

    [Theory]
    [InlineData(TimestampsToReturn.Source, true, false)]
    [InlineData(TimestampsToReturn.Server, false, true)]
    [InlineData(TimestampsToReturn.Both, true, true)]
    [InlineData(TimestampsToReturn.Neither, false, false)]
    public async Task A_value_has_the_times_that_were_asked_for(TimestampsToReturn wanted, bool hasSource, bool hasServer)
    {
        var node = _world.Variable("v", 1.0);
        _world.Set(node, 3.0);
        var subscription = await _client.Subscribe();
        await _client.CreateItems(subscription, wanted, SubscriptionClient.Item(node), SubscriptionClient.Item(node, 2, attribute: AttributeIds.BrowseName));
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal((hasSource, hasServer), (values[0].Value.SourceTimestamp != default, values[0].Value.ServerTimestamp != default));
        // Part 4 7.40: only the Value attribute has a source time.
        Assert.Equal((false, hasServer), (values[1].Value.SourceTimestamp != default, values[1].Value.ServerTimestamp != default));
    }

    [Fact]
    public async Task Other_attributes_are_watched_by_reading_them()
    {
        var subscription = await _client.Subscribe();
        var node = _world.Variable("v", 1.0);
        var result = await _client.TryMonitor(subscription, SubscriptionClient.Item(node, attribute: AttributeIds.UserAccessLevel));
        Assert.Equal(250, result.RevisedSamplingInterval);
        Assert.Equal((byte)AccessLevelType.CurrentRead, Received.Values(await _client.NextPublish()).Single().Value.Value.AsByte());
        _world.Permit("alice", node, PermissionType.Browse);
        Assert.Equal(0, Received.Values(await _client.NextPublish(300)).Single().Value.Value.AsByte());
    }

    [Theory]
    [InlineData("1", new[] { 2.0 })]
    [InlineData("1:2", new[] { 2.0, 3.0 })]
    public async Task An_index_range_is_a_part_of_the_value(string range, double[] part)
    {
        var node = _world.Variable("a", new Variant(new[] { 1.0, 2.0, 3.0 }), valueRank: 1);
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, SubscriptionClient.Item(node, range: range));
        Assert.Equal(part, Received.Values(await _client.NextPublish()).Single().Value.Value.AsArray<double>());
        // What changes outside of the part is no change of the item.
        _world.Set(node, new Variant(new[] { 9.0, 2.0, 3.0 }));
        _world.Set(node, new Variant(new[] { 9.0, 2.0, 3.0, 7.0 }));
        var pending = _client.Publish();
        _world.Advance(300);
        Assert.Equal(1, _client.Parked);
        _world.Set(node, new Variant(new[] { 9.0, 8.0, 3.0 }));
        _world.Advance(100);
        Assert.Equal(8.0, Received.Values(await pending).Single().Value.Value.AsArray<double>()![0]);
    }

    // Part 4 Table 65: where the length may change the status comes with the first notification.
    [Fact]
    public async Task A_range_outside_of_the_value_is_told_in_the_notification()
    {
        var node = _world.Variable("a", new Variant(new[] { 1.0 }), valueRank: 1);
        var subscription = await _client.Subscribe();
        Assert.Equal(StatusCodes.Good, (await _client.TryMonitor(subscription, SubscriptionClient.Item(node, range: "5:6"))).StatusCode);
        Assert.Equal(StatusCodes.BadIndexRangeNoData, Received.Values(await _client.NextPublish()).Single().Value.StatusCode);
        _world.Set(node, new Variant(new double[10]));
        Assert.Equal(2, Received.Values(await _client.NextPublish()).Single().Value.Value.AsArray<double>()!.Length);
    }

    [Fact]
    public async Task A_range_of_a_string_and_of_a_matrix_is_served()
    {
        var subscription = await _client.Subscribe();
        await _client.TryMonitor(subscription, SubscriptionClient.Item(_world.Variable("s", "abcdef", DataTypeIds.String), 1, range: "1:2"));
        var matrix = new Variant(new Matrix(new[] { 1.0, 2.0, 3.0, 4.0 }, [2, 2]));
        await _client.TryMonitor(subscription, SubscriptionClient.Item(_world.Variable("m", matrix, valueRank: 2), 2, range: "0:1,1"));
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal("bc", values[0].Value.Value.AsString());
        Assert.Equal([2.0, 4.0], (IEnumerable<double>)values[1].Value.Value.AsArray<double>()!);
    }

    [Theory]
    [InlineData(true, new[] { "3!", "4", "5" })]
    [InlineData(false, new[] { "0", "1", "5!" })]
    public async Task A_full_queue_tells_of_what_it_lost(bool discardOldest, string[] sent)
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, queueSize: 3, discardOldest: discardOldest);
        for (var i = 1; i <= 5; i++) _world.Set(node, (double)i);
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal(sent, values.Select(v => v.Value.Value.AsDouble() + (v.Value.StatusCode == 0x480u ? "!" : "")));
        Assert.Equal(3u, _world.Engine.Diagnostics.All().Single().MonitoringQueueOverflowCount);
    }

    [Fact]
    public async Task A_queue_of_one_sends_the_newest_without_a_flag()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node);
        for (var i = 1; i <= 5; i++) _world.Set(node, (double)i);
        var value = Received.Values(await _client.NextPublish()).Single().Value;
        Assert.Equal((5.0, 0u), (value.Value.AsDouble(), value.StatusCode.Code));
    }

    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(1u, 1u)]
    [InlineData(7u, 7u)]
    [InlineData(uint.MaxValue, 10_000u)]
    public async Task The_queue_size_is_revised(uint asked, uint revised)
    {
        var subscription = await _client.Subscribe();
        var result = await _client.TryMonitor(subscription, SubscriptionClient.Item(_world.Variable("v", 0.0), queueSize: asked));
        Assert.Equal(revised, result.RevisedQueueSize);
    }

    [Fact]
    public async Task Disabled_takes_nothing_and_forgets_what_was_queued()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node);
        await SetMode(subscription, item, MonitoringMode.Disabled);
        _world.Set(node, 1.0);
        Assert.True(Received.IsKeepAlive(await _client.NextPublish()));
        Assert.Equal(1u, _world.Engine.Diagnostics.All().Single().DisabledMonitoredItemCount);
        // Enabled, it begins as a new item does.
        await SetMode(subscription, item, MonitoringMode.Reporting);
        Assert.Equal([1.0], Received.Numbers(await _client.NextPublish()));
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().DisabledMonitoredItemCount);
    }

    [Fact]
    public async Task An_item_created_disabled_begins_when_it_is_enabled()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, mode: MonitoringMode.Disabled);
        Assert.True(Received.IsKeepAlive(await _client.NextPublish()));
        _world.Set(node, 1.0);
        await SetMode(subscription, item, MonitoringMode.Reporting);
        _world.Set(node, 2.0);
        Assert.Equal([2.0], Received.Numbers(await _client.NextPublish()));
    }

    [Fact]
    public async Task Sampling_queues_and_sends_when_it_reports_again()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, queueSize: 5, mode: MonitoringMode.Sampling);
        _world.Set(node, 1.0);
        Assert.True(Received.IsKeepAlive(await _client.NextPublish()));
        await SetMode(subscription, item, MonitoringMode.Reporting);
        Assert.Equal([0.0, 1.0], Received.Numbers(await _client.NextPublish()));
    }

    [Fact]
    public async Task From_reporting_to_sampling_what_is_queued_stays_queued()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, queueSize: 5);
        await SetMode(subscription, item, MonitoringMode.Sampling);
        Assert.True(Received.IsKeepAlive(await _client.NextPublish()));
        await SetMode(subscription, item, MonitoringMode.Reporting);
        Assert.Equal([0.0], Received.Numbers(await _client.NextPublish()));
    }

    private async Task SetMode(uint subscription, uint item, MonitoringMode mode)
    {
        var response = await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = mode, MonitoredItemIds = [item, 0] });
        Assert.Equal([StatusCodes.Good, StatusCodes.BadMonitoredItemIdInvalid], response.Results!.Select(r => r.Code));
    }

    [Fact]
    public async Task Modifying_an_item_takes_effect_and_keeps_what_is_queued()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, handle: 1, queueSize: 10);
        for (var i = 1; i <= 4; i++) _world.Set(node, (double)i);
        var response = await _client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            TimestampsToReturn = TimestampsToReturn.Neither,
            ItemsToModify =
            [
                new MonitoredItemModifyRequest { MonitoredItemId = item, RequestedParameters = new MonitoringParameters { ClientHandle = 8, QueueSize = 2, DiscardOldest = true, SamplingInterval = 30 } },
                new MonitoredItemModifyRequest { MonitoredItemId = item + 1, RequestedParameters = new MonitoringParameters() },
            ],
        });
        Assert.Equal([StatusCodes.Good, StatusCodes.BadMonitoredItemIdInvalid], response.Results!.Select(r => r.StatusCode.Code));
        Assert.Equal((2u, 30.0), (response.Results![0].RevisedQueueSize, response.Results[0].RevisedSamplingInterval));
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal([(8u, 3.0, true), (8u, 4.0, false)], values.Select(v => (v.ClientHandle, v.Value.Value.AsDouble(), v.Value.StatusCode.HasOverflow)));
        Assert.All(values, v => Assert.Equal(default, v.Value.ServerTimestamp));
    }

    [Fact]
    public async Task A_filter_that_does_not_do_changes_nothing()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, handle: 1);
        var response = await _client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            ItemsToModify = [new MonitoredItemModifyRequest { MonitoredItemId = item, RequestedParameters = new MonitoringParameters { ClientHandle = 8, Filter = new ExtensionObject(new AggregateFilter()) } }],
        });
        Assert.Equal(StatusCodes.BadAggregateNotSupported, response.Results![0].StatusCode);
        Assert.Equal(1u, Received.Values(await _client.NextPublish()).Single().ClientHandle);
    }

    [Fact]
    public async Task A_deleted_item_sends_nothing_and_its_place_is_free()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node);
        var response = await _client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [item, item] });
        Assert.Equal([StatusCodes.Good, StatusCodes.BadMonitoredItemIdInvalid], response.Results!.Select(r => r.Code));
        _world.Set(node, 1.0);
        Assert.True(Received.IsKeepAlive(await _client.NextPublish()));
        Assert.Equal(0, _world.Engine.Services.MonitoredItems.Used);
        Assert.Equal(0, _world.Engine.Services.QueueRoom.Used);
        // A handle is never used again.
        Assert.NotEqual(item, await _client.Monitor(subscription, node));
    }

    [Fact]
    public async Task A_value_that_cannot_be_encoded_is_told_of_and_the_others_are_sent()
    {
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, _world.Variable("a", 1.0), handle: 1);
        await _client.Monitor(subscription, _world.Variable("b", "\ud800", DataTypeIds.String), handle: 2);
        await _client.Monitor(subscription, _world.Variable("c", 3.0), handle: 3);
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal([StatusCodes.Good, StatusCodes.BadEncodingError, StatusCodes.Good], values.Select(v => v.Value.StatusCode.Code));
        Assert.Equal(3.0, values[2].Value.Value.AsDouble());
    }

    [Fact]
    public async Task Semantics_changed_is_passed_on_once()
    {
        var node = _world.Variable("v", 1.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node);
        await _client.SkipInitialValues();
        _world.Set(node, 1.0, new StatusCode(StatusCodes.Good).WithSemanticsChanged());
        Assert.True(Received.Values(await _client.NextPublish()).Single().Value.StatusCode.HasSemanticsChanged);
        _world.Set(node, 1.0);
        _world.Advance(200);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }
}
