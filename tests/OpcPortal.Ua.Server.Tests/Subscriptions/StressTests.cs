using System.Collections.Concurrent;
using Channels = System.Threading.Channels;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>
/// Many clients at once do everything that can be done to subscriptions, in the order that a seed gives each of them, while values change and time passes. CVE-2022-1748, CVE-2022-39823:
/// use after close and transfer.
/// </summary>
public sealed class StressTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int Actions = 600;
    private const int Variables = 20;
    private const int StepsPerAction = 3;

    // Each would take a second; a deadlock would take for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<uint, ConcurrentQueue<PublishResponse>> _received = new();

    // Bounded: clients wait for time when they are ahead of it, so that it passes between their actions however threads are shared out.
    private readonly Channels.Channel<TimeSpan> _steps = Channels.Channel.CreateBounded<TimeSpan>(Clients * StepsPerAction);
    private uint _handles;

    [Fact]
    public async Task Whatever_is_done_at_once_no_message_is_lost_or_doubled_and_nothing_is_left_behind()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        using var world = new SubscriptionWorld(new SubscriptionLimits { MaxSubscriptionsPerSession = 5, MaxSubscriptions = 20, MaxQueuedValues = 5_000, MaxRetransmissionBytes = 100_000 });
        var nodes = Enumerable.Range(0, Variables).Select(i => i % 5 == 0 ? world.PolledVariable($"p{i}", () => new DataValue((double)world.Now.Ticks, default, world.Now)) : world.Variable($"v{i}", 0.0)).ToArray();
        var isOver = 0;
        // Time passes with what is done, and stands still when all is done: a fake clock calls timers on whatever thread sets one, as long as any is due, and one that ran by
        // itself could hold that thread for ever.
        var clock = Task.Run(async () =>
        {
            await foreach (var step in _steps.Reader.ReadAllAsync()) world.Time.Advance(step);
        });
        var source = Task.Run(() =>
        {
            for (var i = 1; Volatile.Read(ref isOver) == 0; i++)
            {
                for (var n = 0; n < Variables; n++)
                    if (n % 5 != 0) world.Nodes.SetValue(nodes[n], new DataValue((double)i, default, DateTime.UnixEpoch.AddTicks(i)));
                if (i % 10 == 0)
                    world.Events.Report(new UaEvent { EventType = ObjectTypeIds.SystemEventType, SourceNode = ObjectIds.Server, SourceName = "", Time = world.Now, Message = "", Severity = 1 });
            }
        });
        var clients = Enumerable.Range(0, Clients).Select(i => Task.Run(() => Live(world, nodes, new Random(seed + i)))).ToArray();
        try
        {
            await Task.WhenAll(clients).WaitAsync(Patience);
        }
        finally
        {
            Volatile.Write(ref isOver, 1);
            _steps.Writer.Complete();
        }

        await Task.WhenAll(clock, source).WaitAsync(Patience);
        await Task.Run(() => LiveOut(world)).WaitAsync(Patience);
        var services = world.Engine.Services;
        Assert.Equal((0, 0), (services.Rates.Count, services.Polls.Count));
        Assert.Equal((0L, 0L, 0L), (services.MonitoredItems.Used, services.QueueRoom.Used, services.RetransmissionBytes.Used));
        Assert.False(world.Events.IsHeard);
        CheckMessages();
    }

    // What was left behind ends when its lifetime is over.
    private static async Task LiveOut(SubscriptionWorld world)
    {
        for (; world.Engine.Diagnostics.CurrentSubscriptionCount > 0; await Task.Yield()) world.Jump(3_600_000);
    }

    // Each number once, and each item's values in the order in which they came about.
    private void CheckMessages()
    {
        var count = 0;
        foreach (var (_, responses) in _received)
        {
            var messages = responses.Where(r => Received.Values(r).Length + Received.Events(r).Length > 0).OrderBy(r => r.NotificationMessage.SequenceNumber).ToArray();
            Assert.Equal(messages.Length, messages.Select(m => m.NotificationMessage.SequenceNumber).Distinct().Count());
            Assert.Equal(messages.Length, (int)(messages.LastOrDefault()?.NotificationMessage.SequenceNumber ?? 0));
            count += messages.Length;
            var last = new Dictionary<uint, double>();
            foreach (var value in messages.SelectMany(Received.Values).Where(v => v.Value.StatusCode.IsGood))
            {
                var number = value.Value.Value.AsDouble();
                Assert.True(last.GetValueOrDefault(value.ClientHandle) <= number, $"item {value.ClientHandle}: {number} after {last.GetValueOrDefault(value.ClientHandle)}");
                last[value.ClientHandle] = number;
            }
        }

        output.WriteLine($"{_received.Count} subscriptions, {count} messages");
        Assert.True(count > 0);
    }

    private async Task Live(SubscriptionWorld world, NodeId[] nodes, Random random)
    {
        var client = world.Connect(random.Next(2) == 0 ? "alice" : "bob");
        var publishes = new List<Task>();
        for (var i = 0; i < Actions; i++)
        {
            try
            {
                var subscription = Any(world, random);
                switch (random.Next(24))
                {
                    case 0: await client.Subscribe(interval: random.Next(10, 60), keepAlive: 1, lifetime: 1_000, maxNotifications: (uint)random.Next(5), priority: (byte)random.Next(3)); break;
                    case 1 when random.Next(3) == 0: await client.Send<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] }); break;
                    case 2 or 3 or 4: await CreateItems(client, subscription, nodes, random, Interlocked.Add(ref _handles, 10)); break;
                    case 5: await client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = subscription, MonitoredItemIds = Some(random) }); break;
                    case 6: await client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = subscription, MonitoringMode = (MonitoringMode)random.Next(3), MonitoredItemIds = Some(random) }); break;
                    case 7: await client.Send<SetTriggeringResponse>(new SetTriggeringRequest { SubscriptionId = subscription, TriggeringItemId = (uint)random.Next(1, 20), LinksToAdd = Some(random), LinksToRemove = Some(random) }); break;
                    case 8 when random.Next(3) == 0:
                        world.Engine.OnClosed(client.Session, deleteSubscriptions: random.Next(2) == 0);
                        client = world.Connect(random.Next(2) == 0 ? "alice" : "bob");
                        break;
                    case 9 or 10: await client.Send<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [subscription], SendInitialValues = random.Next(2) == 0 }); break;
                    case 11: world.Permit("alice", nodes[random.Next(nodes.Length)], random.Next(2) == 0 ? PermissionType.Browse : PermissionType.Browse | PermissionType.Read); break;
                    case 12: world.Engine.RecheckAccess(client.Session); break;
                    case 13: await client.Send<ModifySubscriptionResponse>(new ModifySubscriptionRequest { SubscriptionId = subscription, RequestedPublishingInterval = random.Next(10, 60), RequestedMaxKeepAliveCount = 1, RequestedLifetimeCount = 1_000 }); break;
                    case 14: await client.Send<SetPublishingModeResponse>(new SetPublishingModeRequest { SubscriptionIds = [subscription], PublishingEnabled = random.Next(4) > 0 }); break;
                    case 15: await client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = (uint)random.Next(1, 20) }); break;
                    default: publishes.Add(Publish(client, subscription, (uint)random.Next(1, 20))); break;
                }
            }
            catch (ServiceException)
            {
                // What another client does meanwhile may leave nothing to do: a fault is an answer.
            }

            for (var step = 0; step < StepsPerAction; step++) await _steps.Writer.WriteAsync(TimeSpan.FromMilliseconds(10));
        }

        world.Engine.OnClosed(client.Session, deleteSubscriptions: random.Next(2) == 0);
        await Task.WhenAll(publishes);
    }

    private async Task Publish(SubscriptionClient client, uint subscription, uint acknowledged)
    {
        try
        {
            var response = await client.Publish(new SubscriptionAcknowledgement { SubscriptionId = subscription, SequenceNumber = acknowledged });
            _received.GetOrAdd(response.SubscriptionId, static _ => new()).Enqueue(response);
        }
        catch (ServiceException)
        {
            // No subscription, too many requests, or the session was closed.
        }
    }

    private static async Task CreateItems(SubscriptionClient client, uint subscription, NodeId[] nodes, Random random, uint handles)
    {
        var items = Enumerable.Range(0, 9).Select(i => SubscriptionClient.Item(
            nodes[random.Next(nodes.Length)], handles + (uint)i, queueSize: (uint)random.Next(6), discardOldest: random.Next(2) == 0, sampling: random.Next(3) * 20, mode: (MonitoringMode)random.Next(3)));
        var events = SubscriptionClient.Item(
            ObjectIds.Server, handles + 9, queueSize: (uint)random.Next(6), filter: PlainEventFilters.Select(false, "Severity"), attribute: AttributeIds.EventNotifier);
        await client.CreateItems(subscription, TimestampsToReturn.Both, [.. items, events]);
    }

    private static uint Any(SubscriptionWorld world, Random random)
    {
        var all = world.Engine.Diagnostics.All();
        return all.Count == 0 ? 0 : all[random.Next(all.Count)].SubscriptionId;
    }

    private static uint[] Some(Random random) => [.. Enumerable.Range(0, 5).Select(_ => (uint)random.Next(1, 40))];
}
