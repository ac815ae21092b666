namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>SetTriggering. Part 4 5.13.1.6, 5.13.5.</summary>
public sealed class TriggeringTests : IDisposable
{
    private readonly SubscriptionWorld _world = new();
    private readonly SubscriptionClient _client;

    public TriggeringTests() => _client = _world.Connect();

    public void Dispose() => _world.Dispose();

    private Task<SetTriggeringResponse> Set(uint subscription, uint triggering, uint[]? add = null, uint[]? remove = null) =>
        _client.Send<SetTriggeringResponse>(new SetTriggeringRequest { SubscriptionId = subscription, TriggeringItemId = triggering, LinksToAdd = add, LinksToRemove = remove });

    private async Task<(uint Subscription, uint Triggering, uint Linked, NodeId Trigger, NodeId Sampled)> Linked(MonitoringMode triggering = MonitoringMode.Reporting, MonitoringMode linked = MonitoringMode.Sampling)
    {
        var trigger = _world.Variable("trigger", 0.0);
        var sampled = _world.Variable("sampled", 0.0);
        var subscription = await _client.Subscribe();
        var a = await _client.Monitor(subscription, trigger, handle: 1, mode: triggering);
        var b = await _client.Monitor(subscription, sampled, handle: 2, queueSize: 10, mode: linked);
        await _client.NextPublish();
        Assert.Equal([StatusCodes.Good], (await Set(subscription, a, add: [b])).AddResults!.Select(r => r.Code));
        return (subscription, a, b, trigger, sampled);
    }

    [Fact]
    public async Task A_change_of_the_triggering_item_sends_what_the_linked_one_has_sampled()
    {
        var (_, _, _, trigger, sampled) = await Linked();
        _world.Set(sampled, 1.0);
        _world.Set(sampled, 2.0);
        var pending = _client.Publish();
        _world.Advance(300);
        Assert.Equal(1, _client.Parked);
        _world.Set(trigger, 5.0);
        _world.Advance(100);
        var response = await pending;
        Assert.Equal([5.0], Received.Numbers(response, 1));
        Assert.Equal([0.0, 1.0, 2.0], Received.Numbers(response, 2));
        // Once: what is sampled later waits for the next trigger.
        _world.Set(sampled, 3.0);
        pending = _client.Publish();
        _world.Advance(300);
        Assert.Equal(1, _client.Parked);
        _world.Set(trigger, 6.0);
        _world.Advance(100);
        Assert.Equal([3.0], Received.Numbers(await pending, 2));
    }

    // Part 4 Table 64: a triggering item that only samples triggers all the same, and is not sent itself.
    [Fact]
    public async Task A_triggering_item_that_samples_sends_only_the_linked_one()
    {
        var (_, _, _, trigger, sampled) = await Linked(MonitoringMode.Sampling);
        _world.Set(sampled, 1.0);
        _world.Set(trigger, 5.0);
        var response = await _client.NextPublish();
        Assert.Empty(Received.Numbers(response, 1));
        Assert.Equal([0.0, 1.0], Received.Numbers(response, 2));
    }

    [Fact]
    public async Task A_disabled_item_neither_triggers_nor_is_triggered()
    {
        var (subscription, a, b, trigger, sampled) = await Linked();
        await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = MonitoringMode.Disabled, MonitoredItemIds = [a] });
        _world.Set(sampled, 1.0);
        _world.Set(trigger, 1.0);
        _world.Advance(300);
        Assert.Equal(0u, _world.Engine.Diagnostics.All().Single().LatePublishRequestCount);
        await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = MonitoringMode.Disabled, MonitoredItemIds = [b] });
        await _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = MonitoringMode.Reporting, MonitoredItemIds = [a] });
        var response = await _client.NextPublish();
        Assert.Equal([1.0], Received.Numbers(response, 1));
        Assert.Empty(Received.Numbers(response, 2));
    }

    [Fact]
    public async Task A_linked_item_that_reports_is_sent_in_any_case()
    {
        var (_, _, _, _, sampled) = await Linked(linked: MonitoringMode.Reporting);
        _world.Set(sampled, 1.0);
        Assert.Equal([1.0], Received.Numbers(await _client.NextPublish(), 2));
    }

    // Part 4 5.13.5.2: the links to remove are removed before those to add are added.
    [Fact]
    public async Task Links_are_removed_before_others_are_added()
    {
        var (subscription, a, b, trigger, sampled) = await Linked();
        var response = await Set(subscription, a, add: [b], remove: [b]);
        Assert.Equal([StatusCodes.Good], response.RemoveResults!.Select(r => r.Code));
        Assert.Equal([StatusCodes.Good], response.AddResults!.Select(r => r.Code));
        _world.Set(sampled, 1.0);
        _world.Set(trigger, 1.0);
        Assert.Equal([0.0, 1.0], Received.Numbers(await _client.NextPublish(), 2));
    }

    [Fact]
    public async Task A_removed_link_triggers_no_more()
    {
        var (subscription, a, b, trigger, sampled) = await Linked();
        Assert.Equal([StatusCodes.Good, StatusCodes.BadMonitoredItemIdInvalid], (await Set(subscription, a, remove: [b, b])).RemoveResults!.Select(r => r.Code));
        _world.Set(sampled, 1.0);
        _world.Set(trigger, 1.0);
        Assert.Empty(Received.Numbers(await _client.NextPublish(), 2));
    }

    [Fact]
    public async Task Items_that_do_not_exist_here_cannot_be_linked()
    {
        var (subscription, a, _, _, _) = await Linked();
        var elsewhere = await _client.Subscribe();
        for (var i = 0; i < 5; i++) await _client.Monitor(elsewhere, _world.Variable($"x{i}", 0.0));
        Assert.Equal([StatusCodes.BadMonitoredItemIdInvalid, StatusCodes.BadMonitoredItemIdInvalid, StatusCodes.BadMonitoredItemIdInvalid], (await Set(subscription, a, add: [5, 99, a])).AddResults!.Select(r => r.Code));
        Assert.Equal(StatusCodes.BadMonitoredItemIdInvalid, (await Assert.ThrowsAsync<ServiceException>(() => Set(subscription, 99, add: [a]))).Status);
        Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await Assert.ThrowsAsync<ServiceException>(() => Set(0, a, add: [a]))).Status);
        Assert.Equal(StatusCodes.BadNothingToDo, (await Assert.ThrowsAsync<ServiceException>(() => Set(subscription, a))).Status);
    }

    [Fact]
    public async Task The_links_of_a_deleted_item_go_with_it()
    {
        var (subscription, a, b, trigger, _) = await Linked();
        await _client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = [b] });
        _world.Set(trigger, 1.0);
        Assert.Single(Received.Values(await _client.NextPublish()));
        Assert.Equal([StatusCodes.BadMonitoredItemIdInvalid], (await Set(subscription, a, remove: [b])).RemoveResults!.Select(r => r.Code));
    }

    [Fact]
    public async Task An_item_has_no_more_links_than_it_may()
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxTriggeringLinks = 2 });
        var client = world.Connect();
        var subscription = await client.Subscribe();
        var items = new List<uint>();
        for (var i = 0; i < 5; i++) items.Add(await client.Monitor(subscription, world.Variable($"v{i}", 0.0)));
        var response = await client.Send<SetTriggeringResponse>(new SetTriggeringRequest { SubscriptionId = subscription, TriggeringItemId = items[0], LinksToAdd = [.. items[1..4]] });
        Assert.Equal([StatusCodes.Good, StatusCodes.Good, StatusCodes.BadResourceUnavailable], response.AddResults!.Select(r => r.Code));
    }
}
