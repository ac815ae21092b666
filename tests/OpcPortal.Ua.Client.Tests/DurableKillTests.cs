namespace OpcPortal.Ua.Client.Tests;

/// <summary>A durable subscription over a server that is killed again and again, and a client that comes and goes. Part 4 6.8.</summary>
public sealed class DurableKillTests : IDisposable
{
    private const int Kills = 30;
    private const int Variables = 3;
    private const int MaxChanges = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly SubscriptionOptions Options = new() { PublishingInterval = TimeSpan.FromMilliseconds(10), KeepAlive = TimeSpan.FromSeconds(1), DurableLifetime = TimeSpan.Zero };

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-kill-").FullName;
    private readonly List<long>[] _sent = [.. Enumerable.Range(0, Variables).Select(_ => new List<long> { 0 })];
    private readonly List<long>[] _received = [.. Enumerable.Range(0, Variables).Select(_ => new List<long>())];
    private readonly List<string> _told = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _something = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_value_is_delivered_in_order_and_none_twice_however_often_the_server_is_killed()
    {
        var seed = TestSeed();
        var random = new Random(seed);
        await using var server = new KilledServer(_folder, Variables);
        await server.StartAsync();
        var client = new UaClient(new UaClientOptions { Certificate = server.Certificate, Validator = server.Validator, FirstBackOff = TimeSpan.FromMilliseconds(20), LongestBackOff = TimeSpan.FromMilliseconds(200) });
        var session = await client.ConnectAsync(server.Url);
        try
        {
            var subscription = await session.SubscribeAsync(Options, Handle);
            var items = await subscription.AddAsync(Enumerable.Range(0, Variables).Select(i => new MonitoredItemOptions { NodeId = new NodeId($"v{i}", 1), QueueSize = 1_000_000, SamplingInterval = TimeSpan.Zero, Tag = i }));
            Assert.All(items, item => Assert.Equal(StatusCodes.Good, item.Status));
            long value = 0;
            for (var kill = 0; kill < Kills; kill++)
            {
                // Some kills find the client away; the others find messages and acknowledgements under way.
                var isAway = random.Next(3) == 0;
                KeptSubscription? kept = null;
                if (isAway)
                {
                    kept = await subscription.LeaveAsync();
                    await session.DisposeAsync();
                }

                for (var changes = random.Next(MaxChanges); changes > 0; changes--) await server.SetAsync(Next(random, ++value), value);
                await server.SetAndKillAsync(Next(random, ++value), value);
                await server.StartAsync();
                if (kept is not null)
                {
                    session = await client.ConnectAsync(server.Url);
                    subscription = await session.TakeOverAsync(kept, Options, Handle);
                }

                // Then all is well before the next one, or nobody has had the time to come back.
                if (isAway || random.Next(2) == 0) await CaughtUpAsync(seed);
            }

            await CaughtUpAsync(seed);
        }
        finally
        {
            await session.DisposeAsync();
        }

        lock (_gate)
        {
            Assert.True(_told.Count == 0, $"Seed {seed}: {string.Join("; ", _told)}");
            for (var i = 0; i < Variables; i++) Assert.True(_sent[i].SequenceEqual(_received[i]), $"Seed {seed}, variable {i}: {Difference(_sent[i], _received[i])}");
        }
    }

    private static int TestSeed()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}");
        return seed;
    }

    private int Next(Random random, long value)
    {
        var variable = random.Next(Variables);
        lock (_gate) _sent[variable].Add(value);
        return variable;
    }

    private ValueTask Handle(SubscriptionMessage message)
    {
        lock (_gate)
        {
            if (message is LossMessage loss) _told.Add($"{loss.Reason} of {loss.Messages}");
            if (message is not DataMessage data) return ValueTask.CompletedTask;
            foreach (var (item, value) in data.Changes)
            {
                if (value.StatusCode != StatusCodes.Good) _told.Add($"{value}");
                _received[VariableOf(item)].Add(value.Value.AsInt64());
            }

            _something.TrySetResult();
            _something = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return ValueTask.CompletedTask;
    }

    private static int VariableOf(MonitoredItem item) => (int)item.Options.Tag!;

    private async Task CaughtUpAsync(int seed)
    {
        while (true)
        {
            Task something;
            lock (_gate)
            {
                if (_told.Count > 0 || Enumerable.Range(0, Variables).All(i => _received[i].Count > 0 && _received[i][^1] == _sent[i][^1])) return;
                something = _something.Task;
            }

            try
            {
                await something.WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"Seed {seed}: nothing came for {Patience}; {string.Join("; ", Enumerable.Range(0, Variables).Select(i => Difference(_sent[i], _received[i])))}");
            }
        }
    }

    private static string Difference(List<long> sent, List<long> received)
    {
        var same = sent.Zip(received).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"{received.Count} of {sent.Count} received, {same} of them right; then {string.Join(", ", received.Skip(same).Take(5))} where {string.Join(", ", sent.Skip(same).Take(5))} were sent";
    }
}
