namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>Sampling intervals: what is told of changes, what must be read. Part 4 5.13.1.2.</summary>
public sealed class SamplingTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;

    public SamplingTests() => _client = _world.Connect();

    public void Dispose() => _world.Dispose();

    // Part 4 7.21: negative is the publishing interval; revised is at least what was asked for.
    [Theory]
    [InlineData(-1, 100)]
    [InlineData(0, 0)]
    [InlineData(1, 10)]
    [InlineData(10, 10)]
    [InlineData(55.5, 56)]
    [InlineData(100, 100)]
    [InlineData(101, 110)]
    [InlineData(1_234, 1_300)]
    [InlineData(double.MaxValue, 3_600_000)]
    public async Task The_interval_is_revised_upwards(double asked, double revised)
    {
        var subscription = await _client.Subscribe();
        var result = await _client.TryMonitor(subscription, SubscriptionClient.Item(_world.Variable("v", 0.0), sampling: asked));
        Assert.Equal(revised, result.RevisedSamplingInterval);
    }

    [Fact]
    public async Task The_nodes_own_minimum_counts()
    {
        var subscription = await _client.Subscribe();
        var result = await _client.TryMonitor(subscription, SubscriptionClient.Item(_world.Variable("v", 0.0, minimumSamplingInterval: 400), sampling: 0));
        Assert.Equal(400, result.RevisedSamplingInterval);
    }

    [Fact]
    public async Task What_must_be_read_is_not_read_faster_than_the_server_samples()
    {
        var subscription = await _client.Subscribe();
        var result = await _client.TryMonitor(subscription, SubscriptionClient.Item(_world.PolledVariable("v", () => new DataValue(1.0)), sampling: 0));
        Assert.Equal(10, result.RevisedSamplingInterval);
    }

    [Fact]
    public async Task Changes_faster_than_the_interval_are_sampled_the_last_at_the_intervals_end()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe(interval: 1_000);
        await _client.Monitor(subscription, node, queueSize: 100, sampling: 100);
        // A change every 10 ms for 300 ms: 1 to 30.
        for (var i = 1; i <= 30; i++)
        {
            _world.Advance(10);
            _world.Set(node, (double)i);
        }

        // At 100 ms, before the change of that moment, the last was 9; and so on.
        _world.Advance(100);
        Assert.Equal([0.0, 9.0, 19.0, 29.0, 30.0], Received.Numbers(await _client.NextPublish(1_000)));
    }

    [Fact]
    public async Task Changes_slower_than_the_interval_are_taken_at_once()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe(interval: 50);
        await _client.Monitor(subscription, node, queueSize: 100, sampling: 100);
        await _client.SkipInitialValues(50);
        _world.Advance(500);
        var pending = _client.Publish();
        _world.Set(node, 1.0);
        _world.Advance(50);
        Assert.Equal([1.0], Received.Numbers(await pending));
    }

    [Fact]
    public async Task What_is_held_back_is_sent_even_if_nothing_follows()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe(interval: 50);
        await _client.Monitor(subscription, node, sampling: 200);
        await _client.SkipInitialValues(50);
        _world.Set(node, 1.0);
        var pending = _client.Publish();
        _world.Advance(140);
        Assert.Equal(1, _client.Parked);
        _world.Advance(60);
        Assert.Equal([1.0], Received.Numbers(await pending));
    }

    [Fact]
    public async Task A_change_at_the_very_end_of_an_interval_comes_after_what_was_held_back()
    {
        var first = _world.Variable("first", 0.0);
        var second = _world.Variable("second", 0.0);
        var subscription = await _client.Subscribe(interval: 1_000);
        await _client.Monitor(subscription, first, handle: 1, queueSize: 10, sampling: 100);
        await _client.Monitor(subscription, second, handle: 2, queueSize: 10, sampling: 100);
        _world.Set(first, 1.0);
        _world.Set(second, 1.0);
        var group = _world.Engine.Services.Rates.Join(TimeSpan.FromMilliseconds(100));
        _world.Time.OnLook = () =>
        {
            // The interval's end has come to the first item when the second changes.
            if (group.Epoch == 0) return false;
            _world.Set(second, 2.0);
            return true;
        };
        _world.Advance(100);
        Assert.Null(_world.Time.OnLook);
        Assert.Equal([0.0, 1.0, 2.0], Received.Numbers(await _client.NextPublish(900), 2));
    }

    [Fact]
    public async Task What_is_held_back_is_not_lost_when_the_interval_changes()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe(interval: 50);
        var item = await _client.Monitor(subscription, node, sampling: 10_000);
        await _client.SkipInitialValues(50);
        _world.Set(node, 1.0);
        await _client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            ItemsToModify = [new MonitoredItemModifyRequest { MonitoredItemId = item, RequestedParameters = new MonitoringParameters { ClientHandle = 1, QueueSize = 1, SamplingInterval = 0 } }],
        });
        Assert.Equal([1.0], Received.Numbers(await _client.NextPublish(50)));
    }

    [Fact]
    public async Task What_must_be_read_is_read_once_an_interval()
    {
        var reads = 0;
        var node = _world.PolledVariable("v", () => new DataValue((double)++reads));
        var subscription = await _client.Subscribe(interval: 1_000);
        await _client.Monitor(subscription, node, queueSize: 100, sampling: 200);
        var before = reads;
        _world.Advance(1_000);
        Assert.Equal(5, reads - before);
        Assert.Equal(6, Received.Numbers(await _client.Publish()).Count);
    }

    [Fact]
    public async Task A_source_that_fails_has_a_bad_value_and_the_others_are_read()
    {
        var isBroken = false;
        var broken = _world.PolledVariable("broken", () => isBroken ? throw new InvalidOperationException("The wire is cut.") : new DataValue(1.0));
        var good = 0.0;
        var fine = _world.PolledVariable("fine", () => new DataValue(good));
        var subscription = await _client.Subscribe();
        await _client.Monitor(subscription, broken, handle: 1, sampling: 50);
        await _client.Monitor(subscription, fine, handle: 2, sampling: 50);
        await _client.SkipInitialValues();
        isBroken = true;
        good = 2.0;
        var values = Received.Values(await _client.NextPublish());
        Assert.Equal(StatusCodes.BadInternalError, values.Single(v => v.ClientHandle == 1).Value.StatusCode);
        Assert.Equal(2.0, values.Single(v => v.ClientHandle == 2).Value.Value.AsDouble());
    }

    // CVE class 32: a source that cannot keep its rate skips ticks and never queues them.
    [Fact]
    public async Task Ticks_that_were_missed_are_skipped()
    {
        var reads = 0;
        var node = _world.PolledVariable("v", () => new DataValue((double)++reads));
        var subscription = await _client.Subscribe(interval: 1_000);
        await _client.Monitor(subscription, node, queueSize: 1_000, sampling: 10);
        var before = reads;
        // Nothing ran for ten seconds.
        _world.Jump(10_000);
        Assert.Equal(1, reads - before);
        _world.Advance(10);
        Assert.Equal(2, reads - before);
    }

    [Fact]
    public async Task Missed_publishing_ticks_are_skipped_too()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MinLifetime = TimeSpan.FromMilliseconds(100) });
        var client = world.Connect();
        await client.Subscribe(interval: 10, keepAlive: 1, lifetime: 10);
        world.Jump(10_000);
        // Eleven ticks at once would have ended it.
        Assert.Single(world.Engine.Diagnostics.All());
        Assert.True(Received.IsKeepAlive(await client.Publish()));
    }

    // A timer for each distinct interval would be a way to make the server busy: 200,000 items could ask for as many.
    [Fact]
    public async Task However_many_intervals_clients_ask_for_there_are_some_hundred_groups()
    {
        var node = _world.Variable("v", 0.0);
        var subscription = await _client.Subscribe();
        var items = Enumerable.Range(0, 5_000).Select(i => SubscriptionClient.Item(node, (uint)i, sampling: 10 + (i * 0.731))).ToArray();
        Assert.All(await _client.CreateItems(subscription, TimestampsToReturn.Both, items), result => Assert.Equal(StatusCodes.Good, result.StatusCode));
        Assert.InRange(_world.Engine.Services.Rates.Count, 1, 220);
        await _client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] });
        Assert.Equal(0, _world.Engine.Services.Rates.Count);
    }

    [Fact]
    public async Task Items_that_are_gone_are_read_no_more()
    {
        var reads = 0;
        var node = _world.PolledVariable("v", () => new DataValue((double)++reads));
        var subscription = await _client.Subscribe();
        var item = await _client.Monitor(subscription, node, sampling: 10);
        var disabled = await _client.Monitor(subscription, node, sampling: 20);
        await _client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [item] });
        await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = MonitoringMode.Disabled, MonitoredItemIds = [disabled] });
        var before = reads;
        _world.Advance(100);
        Assert.Equal(before, reads);
        Assert.Equal(0, _world.Engine.Services.Polls.Count);
    }
}
