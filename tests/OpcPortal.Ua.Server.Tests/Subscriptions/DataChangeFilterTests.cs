namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>What is a change. Part 4 7.10, 7.22.2; Part 8 7.2.</summary>
public sealed class DataChangeFilterTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;

    public DataChangeFilterTests() => _client = _world.Connect();

    public void Dispose() => _world.Dispose();

    private static DataChangeFilter Filter(DataChangeTrigger trigger = DataChangeTrigger.StatusValue, DeadbandType deadband = DeadbandType.None, double value = 0) =>
        new() { Trigger = trigger, DeadbandType = (uint)deadband, DeadbandValue = value };

    // What is sent of a series of values, the first left out.
    private async Task<IReadOnlyList<double>> Sent(DataChangeFilter? filter, NodeId node, params double[] values)
    {
        var client = _world.Connect();
        await client.Monitor(await client.Subscribe(keepAlive: 1), node, queueSize: 100, filter: filter);
        await client.SkipInitialValues();
        foreach (var value in values) _world.Set(node, value);
        return Received.Numbers(await client.NextPublish(300));
    }

    [Fact]
    public async Task Without_a_filter_a_change_of_status_or_value_is_sent()
    {
        Assert.Equal([1.0, 2.0], await Sent(null, _world.Variable("v", 0.0), 0.0, 1.0, 1.0, 2.0));
    }

    [Theory]
    [InlineData(DataChangeTrigger.Status, 1)]
    [InlineData(DataChangeTrigger.StatusValue, 2)]
    [InlineData(DataChangeTrigger.StatusValueTimestamp, 3)]
    public async Task The_trigger_says_what_is_a_change(DataChangeTrigger trigger, int count)
    {
        var node = _world.Variable("v", 0.0);
        _world.Set(node, 0.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, queueSize: 100, filter: Filter(trigger));
        await _client.SkipInitialValues();
        _world.Set(node, 0.0);
        _world.Set(node, 1.0);
        _world.Set(node, 1.0, StatusCodes.UncertainLastUsableValue);
        Assert.Equal(count, Received.Values(await _client.NextPublish()).Length);
    }

    // Part 4 7.10: NaN is equal to NaN.
    [Fact]
    public async Task Nan_after_nan_is_no_change()
    {
        Assert.Equal([double.NaN, 1.0], await Sent(null, _world.Variable("v", 0.0), double.NaN, double.NaN, 1.0));
        Assert.Equal([double.NaN, 1.0], await Sent(Filter(deadband: DeadbandType.Absolute, value: 5), _world.Variable("w", 0.0), double.NaN, double.NaN, 1.0));
    }

    // Part 4 7.22.2: |last cached value - current value| > deadband; last is the one sent last, not the one seen last.
    [Fact]
    public async Task An_absolute_deadband_compares_with_the_last_value_queued()
    {
        Assert.Equal([11.0, 0.0], await Sent(Filter(deadband: DeadbandType.Absolute, value: 10), _world.Variable("v", 0.0), 5.0, 10.0, 11.0, 20.0, 21.0, 0.0));
    }

    [Fact]
    public async Task A_deadband_of_zero_is_every_change()
    {
        Assert.Equal([1.0, 1.5], await Sent(Filter(deadband: DeadbandType.Absolute, value: 0), _world.Variable("v", 0.0), 1.0, 1.0, 1.5));
    }

    [Fact]
    public async Task A_change_of_status_passes_any_deadband()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, queueSize: 100, filter: Filter(deadband: DeadbandType.Absolute, value: 100));
        await _client.SkipInitialValues();
        _world.Set(node, 0.0, StatusCodes.UncertainLastUsableValue);
        _world.Set(node, 1.0, StatusCodes.UncertainLastUsableValue);
        Assert.Equal(StatusCodes.UncertainLastUsableValue, Received.Values(await _client.NextPublish()).Single().Value.StatusCode);
    }

    // Part 4 7.22.2: with a deadband a change of the time alone is none.
    [Fact]
    public async Task With_a_deadband_the_timestamp_does_not_trigger()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, queueSize: 100, filter: Filter(DataChangeTrigger.StatusValueTimestamp, DeadbandType.Absolute, 1));
        await _client.SkipInitialValues();
        _world.Set(node, 0.5);
        _world.Advance(200);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
    }

    // Part 8 7.2: one element suffices, and then all of the array is sent.
    [Fact]
    public async Task Of_an_array_one_element_beyond_the_deadband_suffices()
    {
        var node = _world.Variable("a", new Variant(new[] { 0.0, 0.0, 0.0 }), valueRank: 1);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, queueSize: 100, filter: Filter(deadband: DeadbandType.Absolute, value: 10));
        await _client.SkipInitialValues();
        _world.Set(node, new Variant(new[] { 9.0, 9.0, 9.0 }));
        _world.Set(node, new Variant(new[] { 0.0, 0.0, 11.0 }));
        _world.Set(node, new Variant(new[] { 0.0, 0.0 }));
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal([3, 2], values.Select(v => v.Value.Value.Elements!.Length));
        Assert.Equal(11.0, values[0].Value.Value.AsArray<double>()![2]);
    }

    // Part 8 7.2: |last - current| > deadband / 100 * (high - low).
    [Fact]
    public async Task A_percent_deadband_is_of_the_eu_range()
    {
        var node = Analog("v", 0, 200);
        Assert.Equal([21.0, 0.0], await Sent(Filter(deadband: DeadbandType.Percent, value: 10), node, 20.0, 21.0, 41.0, 0.0));
    }

    [Fact]
    public async Task A_percent_deadband_follows_the_eu_range()
    {
        var node = Analog("v", 0, 200);
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, node, queueSize: 100, filter: Filter(deadband: DeadbandType.Percent, value: 10));
        await _client.SkipInitialValues();
        _world.Nodes.SetValue(new NodeId("v/EURange", 1), new DataValue(Variant.From(new Range { Low = 0, High = 20 })));
        _world.Set(node, 3.0);
        Assert.Equal([3.0], Received.Numbers(await _client.NextPublish()));
    }

    private NodeId Analog(string name, double low, double high)
    {
        var node = _world.Variable(name, 0.0);
        _world.Property(node, "EURange", Variant.From(new Range { Low = low, High = high }));
        return node;
    }

    [Fact]
    public async Task A_filter_that_does_not_fit_is_refused_with_its_own_status()
    {
        var number = _world.Variable("n", 0.0);
        var analog = Analog("an", 0, 10);
        var text = _world.Variable("t", "x", DataTypeIds.String);
        await Refused(StatusCodes.BadDeadbandFilterInvalid, number, Filter(deadband: DeadbandType.Absolute, value: -1));
        await Refused(StatusCodes.BadDeadbandFilterInvalid, number, Filter(deadband: DeadbandType.Absolute, value: double.NaN));
        await Refused(StatusCodes.BadDeadbandFilterInvalid, number, Filter(deadband: (DeadbandType)3));
        await Refused(StatusCodes.BadDeadbandFilterInvalid, analog, Filter(deadband: DeadbandType.Percent, value: 100.1));
        // Part 8 Table 30: not supported since there is no EURange.
        await Refused(StatusCodes.BadDeadbandFilterInvalid, number, Filter(deadband: DeadbandType.Percent, value: 10));
        await Refused(StatusCodes.Good, analog, Filter(deadband: DeadbandType.Percent, value: 100));
        await Refused(StatusCodes.BadFilterNotAllowed, text, Filter(deadband: DeadbandType.Absolute, value: 1));
        await Refused(StatusCodes.Good, text, Filter(DataChangeTrigger.StatusValueTimestamp));
        await Refused(StatusCodes.BadMonitoredItemFilterInvalid, number, Filter((DataChangeTrigger)9));
        await Refused(StatusCodes.BadFilterNotAllowed, number, new EventFilter());
        await Refused(StatusCodes.BadAggregateNotSupported, number, new AggregateFilter());
        await Refused(StatusCodes.BadMonitoredItemFilterUnsupported, number, new Range());
        await Refused(StatusCodes.BadNodeIdUnknown, new NodeId("nobody", 1), Filter(deadband: DeadbandType.Absolute, value: 1));
    }

    private async Task Refused(uint status, NodeId node, IStructure filter)
    {
        var subscription = await _client.Subscribe();
        Assert.Equal(status, (await _client.TryMonitor(subscription, SubscriptionClient.Item(node, filter: filter))).StatusCode.Code);
        Assert.Equal(status == StatusCodes.Good ? 1u : 0u, _world.Engine.Diagnostics.All().Single(d => d.SubscriptionId == subscription).MonitoredItemCount);
        await _client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] });
    }

    public static TheoryData<Array, Array> Arrays => new()
    {
        { new sbyte[] { 0 }, new sbyte[] { 9 } }, { new byte[] { 0 }, new byte[] { 9 } }, { new short[] { 0 }, new short[] { 9 } }, { new ushort[] { 0 }, new ushort[] { 9 } },
        { new[] { 0 }, new[] { 9 } }, { new[] { 0u }, new[] { 9u } }, { new[] { 0L }, new[] { 9L } }, { new[] { 0UL }, new[] { 9UL } }, { new[] { 0f }, new[] { 9f } },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public void Deadbands_work_on_arrays_of_every_number_type(Array last, Array current)
    {
        var before = new DataValue(Variant.FromElements(last));
        var after = new DataValue(Variant.FromElements(current));
        Assert.False(new DataChangeCheck(DataChangeTrigger.StatusValue, 9).IsChange(before, after));
        Assert.True(new DataChangeCheck(DataChangeTrigger.StatusValue, 8.9).IsChange(before, after));
    }
}
