using System.Threading.Channels;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace Interop.NodeOpcuaServer;

/// <summary>Subscriptions at a server of another make, over connections that are cut.</summary>
public sealed class NodeOpcuaReconnectTests(NodeOpcuaServer server) : IClassFixture<NodeOpcuaServer>
{
    private static readonly SubscriptionOptions Fast = new() { PublishingInterval = TimeSpan.FromMilliseconds(50), KeepAlive = TimeSpan.FromSeconds(1), Lifetime = TimeSpan.FromMinutes(1) };

    private static NodeId Node(string name) => new(name, 1);

    private sealed class Watched(UaSession session, Channel<SubscriptionMessage> messages) : IAsyncDisposable
    {
        public UaSession Session => session;

        public async Task<SubscriptionMessage> NextAsync()
        {
            using var late = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            return await messages.Reader.ReadAsync(late.Token);
        }

        public async Task<uint[]> NextValuesAsync()
        {
            var data = Assert.IsType<DataMessage>(await NextAsync());
            return [.. data.Changes.Select(c => c.Value.Value.AsUInt32())];
        }

        /// <summary>All values up to one.</summary>
        public async Task<List<uint>> ValuesUntilAsync(uint last)
        {
            var all = new List<uint>();
            while (all.Count == 0 || all[^1] != last) all.AddRange(await NextValuesAsync());
            return all;
        }

        public ValueTask DisposeAsync() => session.DisposeAsync();
    }

    private async Task<Watched> WatchAsync(int port)
    {
        var session = await new UaClient(server.Options).ConnectAsync($"opc.tcp://localhost:{port}");
        var messages = System.Threading.Channels.Channel.CreateUnbounded<SubscriptionMessage>();
        var subscription = await session.SubscribeAsync(Fast, message => messages.Writer.WriteAsync(message));
        var item = await subscription.AddAsync(new MonitoredItemOptions { NodeId = Node("Counter"), QueueSize = 100, SamplingInterval = TimeSpan.FromMilliseconds(20) });
        Assert.True(item.Status.IsGood, item.Status.ToString());
        return new Watched(session, messages);
    }

    private async Task<(UaSession Session, NodeId Folder)> OperatorAsync()
    {
        var session = await new UaClient(server.Options).ConnectAsync(server.Url);
        return (session, (await session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new QualifiedName("Interop", 1)])).Single());
    }

    private static async Task<uint> CountAsync(UaSession session, NodeId folder) => (await session.CallAsync(folder, Node("Count"))).OutputArguments![0].AsUInt32();

    [Fact]
    public async Task Values_come_and_after_a_cut_they_go_on_without_a_gap_or_a_repetition()
    {
        server.Require();
        await using var relay = new TcpRelay(server.Port);
        await using var watched = await WatchAsync(relay.Port);
        var (session, folder) = await OperatorAsync();
        await using var _ = session;
        var first = (await watched.NextValuesAsync()).Single();
        for (var round = 0; round < 3; round++)
        {
            var before = await CountAsync(session, folder);
            Assert.Equal([before], await watched.ValuesUntilAsync(before));
            relay.Cut();
            var during = await CountAsync(session, folder);
            Assert.Equal([during], await watched.ValuesUntilAsync(during));
            Assert.True(before > first && during == before + 1);
        }
    }

    // Part 4 5.14.6: the server sent the message, but it did not arrive.
    [Fact]
    public async Task What_the_server_sent_into_a_dead_connection_is_fetched_by_Republish()
    {
        server.Require();
        await using var relay = new TcpRelay(server.Port);
        await using var watched = await WatchAsync(relay.Port);
        var (session, folder) = await OperatorAsync();
        await using var _ = session;
        await watched.NextValuesAsync();
        await using var observer = await WatchAsync(server.Port);
        await observer.NextValuesAsync();
        relay.SwallowsAnswers = true;
        var lost = await CountAsync(session, folder);
        // The observer's subscription runs at the same rate: when it has the value twice over, the other's was sent too.
        await observer.ValuesUntilAsync(lost);
        var next = await CountAsync(session, folder);
        await observer.ValuesUntilAsync(next);
        relay.Cut();
        Assert.Equal([lost, next], await watched.ValuesUntilAsync(next));
    }

    [Fact]
    public async Task When_the_server_has_closed_the_session_the_subscription_is_transferred_or_made_anew()
    {
        server.Require();
        await using var relay = new TcpRelay(server.Port);
        await using var watched = await WatchAsync(relay.Port);
        var (session, folder) = await OperatorAsync();
        await using var _ = session;
        await watched.NextValuesAsync();
        foreach (var deletesSubscriptions in (bool[])[false, true])
        {
            var old = watched.Session.SessionId;
            await session.CallAsync(folder, Node("CloseOthers"), [deletesSubscriptions]);
            relay.Cut();
            var count = await CountAsync(session, folder);
            var message = await watched.NextAsync();
            Assert.Equal(deletesSubscriptions, message is LossMessage { Reason: LossReason.Recreated });
            if (message is DataMessage data) Assert.Equal([count], data.Changes.Select(c => c.Value.Value.AsUInt32()));
            else await watched.ValuesUntilAsync(count);
            Assert.NotEqual(old, watched.Session.SessionId);
        }
    }

    [Fact]
    public async Task Events_come_with_the_fields_that_the_filter_selects()
    {
        server.Require();
        var (session, folder) = await OperatorAsync();
        await using var _ = session;
        var events = System.Threading.Channels.Channel.CreateUnbounded<EventOccurrence>();
        var subscription = await session.SubscribeAsync(Fast, async message =>
        {
            if (message is EventMessage occurred) foreach (var one in occurred.Events) await events.Writer.WriteAsync(one);
        });
        var item = await subscription.AddAsync(new MonitoredItemOptions
        {
            NodeId = ObjectIds.Server,
            AttributeId = AttributeIds.EventNotifier,
            QueueSize = 100,
            Filter = EventFields.Filter("Message", "Severity"),
        });
        Assert.True(item.Status.IsGood, item.Status.ToString());
        await session.CallAsync(folder, Node("Raise"), ["hello"]);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var fields = (await events.Reader.ReadAsync(late.Token)).Fields;
        Assert.Equal("hello", fields[0].AsLocalizedText().Text);
        Assert.Equal(300, fields[1].AsUInt16());
    }
}
