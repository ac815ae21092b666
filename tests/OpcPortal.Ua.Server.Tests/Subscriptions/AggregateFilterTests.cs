namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Items that send what is calculated of values as they come. Part 4 7.22.4, Part 13 4.3.</summary>
public sealed class AggregateFilterTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;
    private Task<PublishResponse>? _pending;

    public AggregateFilterTests() => _client = _world.Connect();

    public void Dispose() => _world.Dispose();

    private AggregateFilter Filter(uint aggregate, double milliseconds = 1_000, DateTime? start = null) => new()
    {
        AggregateType = aggregate,
        ProcessingInterval = milliseconds,
        StartTime = start ?? _world.Now,
        AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
    };

    private async Task<AggregateFilterResult> ResultOf(NodeId node, AggregateFilter filter)
    {
        var result = await _client.TryMonitor(await _client.Subscribe(), SubscriptionClient.Item(node, filter: filter));
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        return Assert.IsType<AggregateFilterResult>(result.FilterResult!.Structure);
    }

    // All that comes in some publishing cycles. A request that is not answered in them is there for the next.
    private async Task<List<DataValue>> Take(SubscriptionClient client, int cycles)
    {
        var values = new List<DataValue>();
        for (var i = 0; i < cycles; i++)
        {
            _pending ??= client.Publish();
            _world.Advance(100);
            if (client.Parked > 0) continue;
            values.AddRange(Received.Values(await _pending).Select(static sent => sent.Value));
            _pending = null;
        }

        return values;
    }

    private async Task<NodeId> Watch(double value, AggregateFilter filter, uint queueSize = 100)
    {
        var node = _world.Variable("v", value);
        _world.Set(node, value);
        await _client.Monitor(await _client.Subscribe(), node, queueSize: queueSize, filter: filter);
        return node;
    }

    // 0 for 250 ms, 10 for 500 ms, 20 for 250 ms.
    [Theory]
    [InlineData(ObjectIds.AggregateFunction_TimeAverage2, 10.0)]
    [InlineData(ObjectIds.AggregateFunction_Total2, 10.0)]
    [InlineData(ObjectIds.AggregateFunction_Average, 10.0)]
    [InlineData(ObjectIds.AggregateFunction_Maximum, 20.0)]
    [InlineData(ObjectIds.AggregateFunction_Minimum, 0.0)]
    [InlineData(ObjectIds.AggregateFunction_DurationInStateZero, 250.0)]
    [InlineData(ObjectIds.AggregateFunction_EndBound, 20.0)]
    [InlineData(ObjectIds.AggregateFunction_PercentGood, 100.0)]
    public async Task Once_an_interval_one_value_is_sent_that_is_made_of_all(uint aggregate, double expected)
    {
        var start = _world.Now;
        var node = await Watch(0.0, Filter(aggregate));
        _world.Advance(250);
        _world.Set(node, 10.0);
        _world.Advance(500);
        _world.Set(node, 20.0);
        var sent = Assert.Single(await Take(_client, 5));
        Assert.Equal(expected, sent.Value.TryGetNumber(out var number) ? number : double.NaN, 6);
        Assert.Equal(start, sent.SourceTimestamp);
        Assert.Equal(0u, sent.StatusCode.CodeBits);
        Assert.False(sent.StatusCode.AggregateBits.HasFlag(AggregateBits.Partial));
    }

    [Fact]
    public async Task A_value_that_does_not_change_is_known_all_the_same()
    {
        await Watch(7.0, Filter(ObjectIds.AggregateFunction_TimeAverage2));
        var sent = await Take(_client, 31);
        Assert.Equal([7.0, 7.0, 7.0], sent.Select(static value => value.Value.AsDouble()));
        Assert.Equal([1.0, 1.0], sent.Zip(sent.Skip(1)).Select(static pair => (pair.Second.SourceTimestamp - pair.First.SourceTimestamp).TotalSeconds));
    }

    [Fact]
    public async Task Bad_values_make_an_interval_uncertain_and_a_whole_bad_one_has_no_data()
    {
        var node = await Watch(1.0, Filter(ObjectIds.AggregateFunction_TimeAverage2));
        _world.Advance(400);
        _world.Set(node, default, StatusCodes.BadSensorFailure);
        var sent = await Take(_client, 17);
        Assert.Equal([StatusCodes.UncertainDataSubNormal, StatusCodes.BadNoData], sent.Select(static value => value.StatusCode.CodeBits));
        Assert.Equal(1.0, sent[0].Value.AsDouble());
        Assert.True(sent[1].Value.IsNull);
    }

    [Fact]
    public async Task The_start_stays_on_the_grid_that_was_asked_for()
    {
        var node = _world.Variable("v", 1.0);
        var hour = _world.Now;
        _world.Advance(90_500);
        var revised = await ResultOf(node, Filter(ObjectIds.AggregateFunction_Average, 60_000, hour));
        Assert.Equal(hour.AddMinutes(1), revised.RevisedStartTime);
        Assert.Equal(60_000, revised.RevisedProcessingInterval);
        var later = await ResultOf(node, Filter(ObjectIds.AggregateFunction_Average, 60_000, hour.AddDays(1)));
        Assert.Equal(hour.AddDays(1), later.RevisedStartTime);
        var never = await ResultOf(node, Filter(ObjectIds.AggregateFunction_Average, 60_000, new DateTime(9999, 12, 31, 0, 0, 0, DateTimeKind.Utc)));
        Assert.InRange(never.RevisedStartTime, hour, _world.Now);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(-5, 10)]
    [InlineData(double.NaN, 10)]
    [InlineData(double.PositiveInfinity, 31 * 86_400_000.0)]
    [InlineData(1_500, 1_500)]
    public async Task Intervals_are_revised_to_what_can_be_served(double wanted, double revised) =>
        Assert.Equal(revised, (await ResultOf(_world.Variable("v", 1.0), Filter(ObjectIds.AggregateFunction_Count, wanted))).RevisedProcessingInterval);

    [Fact]
    public async Task The_configuration_in_force_is_told()
    {
        var node = _world.Variable("v", 1.0);
        var defaults = (await ResultOf(node, Filter(ObjectIds.AggregateFunction_Count))).RevisedAggregateConfiguration;
        Assert.Equal((true, (byte)100, (byte)100, false), (defaults.TreatUncertainAsBad, defaults.PercentDataBad, defaults.PercentDataGood, defaults.UseSlopedExtrapolation));
        var filter = Filter(ObjectIds.AggregateFunction_Count);
        filter.AggregateConfiguration = new AggregateConfiguration { PercentDataBad = 60, PercentDataGood = 70, UseSlopedExtrapolation = true };
        var own = (await ResultOf(node, filter)).RevisedAggregateConfiguration;
        Assert.Equal((false, (byte)60, (byte)70, true), (own.TreatUncertainAsBad, own.PercentDataBad, own.PercentDataGood, own.UseSlopedExtrapolation));
    }

    [Fact]
    public async Task What_cannot_be_calculated_is_refused()
    {
        var node = _world.Variable("v", 1.0);
        var subscription = await _client.Subscribe();
        async Task<StatusCode> Try(AggregateFilter filter, uint attribute = AttributeIds.Value) =>
            (await _client.TryMonitor(subscription, SubscriptionClient.Item(node, filter: filter, attribute: attribute))).StatusCode;

        Assert.Equal(StatusCodes.Good, await Try(Filter(ObjectIds.AggregateFunction_Average)));
        Assert.Equal(StatusCodes.BadAggregateNotSupported, await Try(Filter(ObjectIds.Server)));
        // A value that is just now current has no annotations.
        Assert.Equal(StatusCodes.BadAggregateNotSupported, await Try(Filter(ObjectIds.AggregateFunction_AnnotationCount)));
        Assert.Equal(StatusCodes.BadFilterNotAllowed, await Try(Filter(ObjectIds.AggregateFunction_Average), AttributeIds.DisplayName));
        var contradiction = Filter(ObjectIds.AggregateFunction_Average);
        contradiction.AggregateConfiguration = new AggregateConfiguration { PercentDataBad = 80, PercentDataGood = 0 };
        Assert.Equal(StatusCodes.BadAggregateInvalidInputs, await Try(contradiction));
    }

    [Fact]
    public async Task Who_may_not_read_any_more_is_told_so_and_gets_no_sums()
    {
        var node = _world.Variable("v", 1.0);
        var client = _world.Connect("bob");
        await client.Monitor(await client.Subscribe(), node, queueSize: 10, filter: Filter(ObjectIds.AggregateFunction_Average));
        _world.Permit("bob", node, PermissionType.Browse);
        _world.Engine.RecheckAccess(client.Session);
        Assert.Equal(StatusCodes.BadUserAccessDenied, Assert.Single(await Take(client, 30)).StatusCode.CodeBits);
    }

    [Fact]
    public async Task A_long_pause_gives_no_more_values_than_the_queue_holds()
    {
        await Watch(3.0, Filter(ObjectIds.AggregateFunction_TimeAverage2, 1_000), queueSize: 4);
        var begin = _world.Now;
        _world.Jump(1_000_000);
        var values = await Take(_client, 2);
        Assert.Equal(4, values.Count);
        Assert.All(values, static value => Assert.Equal(3.0, value.Value.AsDouble()));
        Assert.Equal(begin.AddSeconds(999), values[^1].SourceTimestamp);
    }

    [Fact]
    public async Task A_filter_can_be_exchanged_for_an_aggregate_and_back()
    {
        var node = _world.Variable("v", 4.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, queueSize: 10);
        await _client.SkipInitialValues();
        async Task<MonitoredItemModifyResult> Modify(IStructure? filter) => (await _client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            TimestampsToReturn = TimestampsToReturn.Both,
            ItemsToModify =
            [
                new MonitoredItemModifyRequest
                {
                    MonitoredItemId = item,
                    RequestedParameters = new MonitoringParameters { ClientHandle = 1, QueueSize = 10, Filter = ExtensionObject.From(filter) },
                },
            ],
        })).Results![0];

        Assert.IsType<AggregateFilterResult>((await Modify(Filter(ObjectIds.AggregateFunction_TimeAverage2, 200))).FilterResult!.Structure);
        _world.Set(node, 4.0);
        Assert.Equal([4.0, 4.0], (await Take(_client, 5)).Where(static value => value.StatusCode.AggregateBits.HasFlag(AggregateBits.Calculated)).Select(static value => value.Value.AsDouble()));
        Assert.Null((await Modify(null)).FilterResult);
        _world.Set(node, 5.0);
        Assert.Equal(5.0, (await Take(_client, 3))[^1].Value.AsDouble());
    }

    [Fact]
    public async Task A_source_that_must_be_read_is_sampled_for_it()
    {
        var value = 1.0;
        var changed = _world.Now;
        var node = _world.PolledVariable("p", () => new DataValue(value, default, changed));
        await _client.Monitor(await _client.Subscribe(), node, queueSize: 10, sampling: 100, filter: Filter(ObjectIds.AggregateFunction_TimeAverage2));
        _world.Advance(500);
        (value, changed) = (3.0, _world.Now);
        var sent = Assert.Single(await Take(_client, 6));
        // Seen when it is read: up to one sampling interval late, but known when it changed.
        Assert.Equal(2.0, sent.Value.AsDouble(), 6);
    }

    [Fact]
    public async Task A_value_read_again_is_no_other_value()
    {
        var node = _world.PolledVariable("p", () => new DataValue(1.0, default, _world.Now.Date));
        await _client.Monitor(await _client.Subscribe(), node, queueSize: 10, sampling: 10, filter: Filter(ObjectIds.AggregateFunction_Count));
        Assert.Equal([1, 1], (await Take(_client, 21)).Select(static value => value.Value.AsInt32()));
    }

    // Part 5 9.2 (ResendData): what is current is the last result, not the value it was made of.
    [Fact]
    public async Task What_is_sent_again_is_the_last_result()
    {
        var node = await Watch(7.0, Filter(ObjectIds.AggregateFunction_Maximum));
        var first = Assert.Single(await Take(_client, 11));
        _world.Set(node, 8.0);
        Assert.Equal(StatusCodes.Good, _world.Engine.TryFind(_client.Session.Id, _world.Engine.Diagnostics.All().Single().SubscriptionId, out var subscription).Code);
        lock (subscription!.ItemsGate) subscription.ResendItems();
        Assert.Equal([first], await Take(_client, 2));
    }

    [Fact]
    public async Task An_item_that_is_disabled_and_enabled_begins_anew()
    {
        var node = _world.Variable("v", 1.0);
        _world.Set(node, 1.0);
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, queueSize: 10, filter: Filter(ObjectIds.AggregateFunction_Maximum));
        async Task Mode(MonitoringMode mode) => await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoredItemIds = [item], MonitoringMode = mode });

        _world.Set(node, 9.0);
        await Mode(MonitoringMode.Disabled);
        Assert.Empty(await Take(_client, 15));
        _world.Set(node, 2.0);
        await Mode(MonitoringMode.Reporting);
        // Not what it was before, and not the time when nobody looked.
        var sent = Assert.Single(await Take(_client, 6));
        Assert.Equal(2.0, sent.Value.AsDouble());
        Assert.True(sent.StatusCode.AggregateBits.HasFlag(AggregateBits.Partial));
    }
}
