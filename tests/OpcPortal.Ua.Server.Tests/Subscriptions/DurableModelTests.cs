namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>
/// The same random life of a subscription twice: once in a process that is killed now and then, once in one that is not. What a client gets must be the same. Part 4 6.8.
/// </summary>
public sealed class DurableModelTests
{
    private const int Lives = 8;
    private const int Steps = 150;

    [Fact]
    public async Task A_client_gets_the_same_whether_the_process_is_killed_or_not()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}");
        for (var life = 0; life < Lives; life++)
        {
            var killed = await LiveAsync(new Random(seed + life), isKilled: true);
            var spared = await LiveAsync(new Random(seed + life), isKilled: false);
            var same = killed.Zip(spared).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.True(killed.SequenceEqual(spared), $"Seed {seed}, life {life}: after {same} of {spared.Count}, {string.Join(", ", killed.Skip(same).Take(6))} instead of {string.Join(", ", spared.Skip(same).Take(6))}");
        }
    }

    private static async Task<List<string>> LiveAsync(Random random, bool isKilled)
    {
        using var durable = new DurableWorld();
        var life = new Life(durable, isKilled);
        await life.BeginAsync();
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(20))
            {
                case < 11: life.Set(random.Next(Life.Variables)); break;
                case < 14: await life.PublishAsync(isLost: random.Next(3) == 0); break;
                case 14: await life.ModifyAsync(random.Next(Life.Variables), (uint)random.Next(1, 6), random.Next(2) == 0); break;
                case 15: await life.SetModeAsync(random.Next(Life.Variables), (MonitoringMode)random.Next(3)); break;
                case 16: await life.ReplaceAsync(random.Next(Life.Variables)); break;
                default: await life.KillAsync(); break;
            }
        }

        await life.PublishAsync(isLost: false);
        return life.Received;
    }

    private sealed class Life(DurableWorld durable, bool isKilled)
    {
        public const int Variables = 3;

        private readonly double[] _values = new double[Variables];
        private readonly uint[] _items = new uint[Variables];
        private readonly bool[] _isDisabled = new bool[Variables];
        private readonly List<SubscriptionAcknowledgement> _acknowledgements = [];
        private SubscriptionClient _client = null!;
        private uint _subscription;
        private double _next;
        private uint _lost;

        public List<string> Received { get; } = [];

        public async Task BeginAsync()
        {
            Nodes(durable.World);
            _client = durable.World.Connect();
            _subscription = await durable.Subscribe(_client);
            for (var i = 0; i < Variables; i++) _items[i] = await _client.Monitor(_subscription, Node(i), handle: (uint)i, queueSize: (uint)(i + 1) * 2);
        }

        private static NodeId Node(int variable) => new($"v{variable}", 1);

        private void Nodes(SubscriptionWorld world)
        {
            for (var i = 0; i < Variables; i++) world.Variable($"v{i}", _values[i]);
        }

        public void Set(int variable)
        {
            _values[variable] = ++_next;
            durable.World.Set(Node(variable), _values[variable]);
        }

        /// <param name="isLost">The answer does not arrive: it is had again by Republish.</param>
        public async Task PublishAsync(bool isLost)
        {
            var pending = _client.Publish([.. _acknowledgements]);
            _acknowledgements.Clear();
            durable.World.Advance(1100);
            var message = (await pending).NotificationMessage;
            if (message.NotificationData is { Length: 0 }) return;
            _lost = message.SequenceNumber;
            if (isLost) await KillAsync();
            if (_lost != 0) Take(isLost ? await RepublishAsync() : message);
        }

        private async Task<NotificationMessage> RepublishAsync() =>
            (await _client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = _subscription, RetransmitSequenceNumber = _lost })).NotificationMessage;

        private void Take(NotificationMessage message)
        {
            // Part 4 5.14.1.1 orders what one item sends; of items among each other nothing is said.
            foreach (var item in Subscriptions.Received.Values(message).OrderBy(v => v.ClientHandle)) Received.Add($"{message.SequenceNumber}: {item.ClientHandle}={item.Value.Value} {item.Value.StatusCode}");
            _acknowledgements.Add(new SubscriptionAcknowledgement { SubscriptionId = _subscription, SequenceNumber = message.SequenceNumber });
            _lost = 0;
        }

        // An item that is modified while it is disabled is sampled afterwards: what a change within its interval holds back, a restart reads at once.
        public Task ModifyAsync(int variable, uint queueSize, bool discardOldest) => _isDisabled[variable] ? Task.CompletedTask : _client.Send<ModifyMonitoredItemsResponse>(new ModifyMonitoredItemsRequest
        {
            SubscriptionId = _subscription,
            TimestampsToReturn = TimestampsToReturn.Both,
            ItemsToModify = [new() { MonitoredItemId = _items[variable], RequestedParameters = new() { ClientHandle = (uint)variable, QueueSize = queueSize, DiscardOldest = discardOldest } }],
        });

        public Task SetModeAsync(int variable, MonitoringMode mode)
        {
            _isDisabled[variable] = mode == MonitoringMode.Disabled;
            return _client.Send<SetMonitoringModeResponse>(new SetMonitoringModeRequest { SubscriptionId = _subscription, MonitoringMode = mode, MonitoredItemIds = [_items[variable]] });
        }

        public async Task ReplaceAsync(int variable)
        {
            await _client.Send<DeleteMonitoredItemsResponse>(new DeleteMonitoredItemsRequest { SubscriptionId = _subscription, MonitoredItemIds = [_items[variable]] });
            _items[variable] = await _client.Monitor(_subscription, Node(variable), handle: (uint)variable, queueSize: 4);
            _isDisabled[variable] = false;
        }

        public async Task KillAsync()
        {
            if (!isKilled) return;
            durable.Kill(Nodes);
            (_client, var result) = await durable.TakeOver(_subscription);
            Assert.Equal(StatusCodes.Good, result.StatusCode);
        }
    }
}
