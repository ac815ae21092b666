namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>
/// Random histories of one subscription, against the state table of Part 4 5.14.1.2 written down row by row. The model knows nothing of queues, locks and timers: it says for
/// each step which responses there must be.
/// </summary>
public sealed class PublishingModelTests(ITestOutputHelper output)
{
    private const int Histories = 300;
    private const int Steps = 120;

    private enum Step
    {
        TimerExpires,
        Publish,
        Change,
        Enable,
        Disable,
        Modify,
        Republish,
    }

    [Fact]
    public async Task Every_history_gives_the_responses_of_the_standards_state_table()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        for (var i = 0; i < Histories; i++) await Run(new Random(seed + i));
    }

    // A history that once went wrong, or that covers a rare row, stays.
    [Theory]
    [InlineData(1)]
    [InlineData(20_261_124)]
    public async Task Known_histories_give_the_responses_of_the_standards_state_table(int seed) => await Run(new Random(seed));

    private static async Task Run(Random random)
    {
        using var world = new SubscriptionWorld(new SubscriptionLimits { MinLifetime = TimeSpan.FromMilliseconds(1), MaxLifetime = TimeSpan.FromHours(1) });
        var client = world.Connect();
        var keepAlive = (uint)random.Next(1, 5);
        var lifetime = keepAlive * 3 + (uint)random.Next(0, 4);
        var perMessage = (uint)random.Next(1, 4);
        var isEnabled = random.Next(4) > 0;
        var subscription = await client.Subscribe(100, keepAlive, lifetime, perMessage, isEnabled);
        var nodes = Enumerable.Range(0, 5).Select(i => world.Variable($"v{i}", 0.0)).ToArray();
        var model = new Model(keepAlive, lifetime, (int)perMessage, isEnabled);
        for (uint i = 0; i < nodes.Length; i++)
        {
            await client.Monitor(subscription, nodes[i], handle: i);
            model.Change((int)i);
        }

        var pending = new Queue<Task<PublishResponse>>();
        var value = 0.0;
        for (var s = 0; s < Steps && !model.IsClosed; s++)
        {
            var step = Choose(random);
            switch (step)
            {
                case Step.TimerExpires:
                    world.Advance(100);
                    model.TimerExpires();
                    break;
                case Step.Publish:
                    pending.Enqueue(client.Publish());
                    model.Publish();
                    break;
                case Step.Change:
                    var item = random.Next(nodes.Length);
                    world.Set(nodes[item], ++value);
                    model.Change(item);
                    break;
                case Step.Enable or Step.Disable:
                    await client.Send<SetPublishingModeResponse>(new SetPublishingModeRequest { SubscriptionIds = [subscription], PublishingEnabled = step == Step.Enable });
                    model.SetPublishing(step == Step.Enable);
                    break;
                case Step.Modify:
                    // The timer starts anew: between two expiries, so that the model need not know the time.
                    await client.Send<ModifySubscriptionResponse>(new ModifySubscriptionRequest
                    {
                        SubscriptionId = subscription,
                        RequestedPublishingInterval = 100,
                        RequestedMaxKeepAliveCount = keepAlive,
                        RequestedLifetimeCount = lifetime,
                        MaxNotificationsPerPublish = perMessage,
                    });
                    model.Touch();
                    break;
                default:
                    await Assert.ThrowsAsync<ServiceException>(() => client.Send<RepublishResponse>(new RepublishRequest { SubscriptionId = subscription, RetransmitSequenceNumber = uint.MaxValue }));
                    model.Touch();
                    break;
            }

            while (model.Sent.TryDequeue(out var expected)) Assert.Equal(expected, Describe(await pending.Dequeue()));
            Assert.Equal(pending.Count, client.Parked);
        }

        if (model.IsClosed) Assert.Empty(world.Engine.Diagnostics.All());
    }

    private static Step Choose(Random random) => random.Next(20) switch
    {
        < 8 => Step.TimerExpires,
        < 13 => Step.Publish,
        < 17 => Step.Change,
        17 => random.Next(3) == 0 ? Step.Disable : Step.Enable,
        18 => Step.Modify,
        _ => Step.Republish,
    };

    private static string Describe(PublishResponse response)
    {
        var values = Received.Values(response);
        var kind = Received.Status(response) is { } status ? status.ToString() : values.Length == 0 ? "keep-alive" : string.Join(',', values.Select(v => v.ClientHandle));
        return $"{response.NotificationMessage.SequenceNumber}: {kind}{(response.MoreNotifications ? " and more" : "")}";
    }

    /// <summary>Part 4 5.14.1.2, Table 84, with the functions of Table 86. Items queue one value each.</summary>
    private sealed class Model
    {
        private enum State
        {
            Normal,
            Late,
            KeepAlive,
        }

        // Items with a change, in the order of their first; the first _cycle of them belong to the cycle that is being sent.
        private readonly List<int> _changed = [];
        private int _cycle;
        private State _state = State.Normal;
        private readonly uint _maxKeepAlive;
        private readonly uint _maxLifetime;
        private readonly int _perMessage;
        private bool _isEnabled;
        private bool _messageSent;
        private bool _moreNotifications;
        private int _publishingRequests;
        private uint _keepAliveCounter;
        private uint _lifetimeCounter;
        private uint _sequenceNumber = 1;

        public Model(uint maxKeepAlive, uint maxLifetime, int perMessage, bool isEnabled)
        {
            _maxKeepAlive = maxKeepAlive;
            _maxLifetime = maxLifetime;
            _perMessage = perMessage;
            _isEnabled = isEnabled;
            _keepAliveCounter = maxKeepAlive;
            _lifetimeCounter = maxLifetime;
        }

        public bool IsClosed { get; private set; }
        public Queue<string> Sent { get; } = new();

        private bool NotificationsAvailable => _cycle > 0;

        public void Change(int item)
        {
            if (!_changed.Contains(item)) _changed.Add(item);
        }

        // Rows 4, 5, 10, 11, 13.
        public void Publish()
        {
            _publishingRequests++;
            switch (_state)
            {
                case State.Normal when _isEnabled && _moreNotifications:
                    ReturnNotifications();
                    break;
                case State.Late:
                    _cycle = _changed.Count;
                    if (_isEnabled && NotificationsAvailable)
                    {
                        ReturnNotifications();
                        _state = State.Normal;
                    }
                    else
                    {
                        ReturnKeepAlive();
                        _state = State.KeepAlive;
                        _keepAliveCounter = _maxKeepAlive;
                    }

                    break;
            }
        }

        // Rows 6 to 9, 12, 14 to 17, 27.
        public void TimerExpires()
        {
            if (--_lifetimeCounter == 0)
            {
                IsClosed = true;
                if (_publishingRequests > 0) Sent.Enqueue($"{_sequenceNumber}: {new StatusCode(StatusCodes.BadTimeout)}");
                return;
            }

            _cycle = _changed.Count;
            var isDataDue = _isEnabled && NotificationsAvailable;
            var isQueued = _publishingRequests > 0;
            switch (_state)
            {
                case State.Normal when isQueued && isDataDue:
                    ReturnNotifications();
                    break;
                case State.Normal when isQueued && !_messageSent:
                    ReturnKeepAlive();
                    break;
                case State.Normal when !isQueued && (!_messageSent || isDataDue):
                    _state = State.Late;
                    break;
                case State.Normal:
                    _state = State.KeepAlive;
                    _keepAliveCounter = _maxKeepAlive;
                    break;
                case State.KeepAlive when isQueued && isDataDue:
                    ReturnNotifications();
                    _state = State.Normal;
                    break;
                case State.KeepAlive when isQueued && _keepAliveCounter == 1:
                    ReturnKeepAlive();
                    _keepAliveCounter = _maxKeepAlive;
                    break;
                case State.KeepAlive when !isQueued && (_keepAliveCounter == 1 || isDataDue):
                    _state = State.Late;
                    break;
                case State.KeepAlive:
                    _keepAliveCounter--;
                    break;
            }
        }

        // Row 19.
        public void SetPublishing(bool isEnabled)
        {
            _lifetimeCounter = _maxLifetime;
            _isEnabled = isEnabled;
            _moreNotifications = false;
        }

        // Rows 18, 20, 21.
        public void Touch() => _lifetimeCounter = _maxLifetime;

        private void ReturnNotifications()
        {
            do
            {
                var count = Math.Min(_perMessage, _cycle);
                var items = string.Join(',', _changed.Take(count));
                _changed.RemoveRange(0, count);
                _cycle -= count;
                _moreNotifications = _cycle > 0;
                Sent.Enqueue($"{_sequenceNumber++}: {items}{(_moreNotifications ? " and more" : "")}");
                _publishingRequests--;
            }
            while (_moreNotifications && _publishingRequests > 0);

            _messageSent = true;
            _lifetimeCounter = _maxLifetime;
        }

        private void ReturnKeepAlive()
        {
            Sent.Enqueue($"{_sequenceNumber}: keep-alive");
            _publishingRequests--;
            _messageSent = true;
            _lifetimeCounter = _maxLifetime;
        }
    }
}
