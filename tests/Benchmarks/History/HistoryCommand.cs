using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>history</c>: readings on their whole way, from an adapter through validation and the store to a subscriber over TCP. The server is a process of its own. One line of JSON.
/// </summary>
internal static class HistoryCommand
{
    private const int IntervalMs = 100;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long to measure.", DefaultValueFactory = _ => 60 };
        var points = new Option<int>("--points") { Description = "Points, each with ten readings a second.", DefaultValueFactory = _ => 10_000 };
        var watched = new Option<int>("--watched") { Description = "Points that are subscribed to.", DefaultValueFactory = _ => 10_000 };
        var postgreSql = PostgreSqlOption();
        var command = new Command("history", "Measures readings from adapter to store and subscriber, ten a second of each point.") { seconds, points, watched, postgreSql };
        command.SetAction(parsed => RunAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(points), parsed.GetValue(watched), parsed.GetValue(postgreSql)));
        return command;
    }

    /// <summary>Where readings are stored.</summary>
    public static Option<string?> PostgreSqlOption() => new("--postgresql") { Description = "Connection string of an empty database of a PostgreSQL server, to store readings in; without it, SQLite." };

    private static async Task<int> RunAsync(TimeSpan duration, int points, int watched, string? postgreSql)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-history-").FullName;
        try
        {
            var store = Path.Combine(folder, "store");
            Measured measured;
            await using (var server = await StartAsync(folder, store, points, postgreSql).ConfigureAwait(false)) measured = await MeasureAsync(server, folder, watched, duration).ConfigureAwait(false);
            await using var bench = await BenchStore.OpenAsync(store, postgreSql).ConfigureAwait(false);
            await bench.Store.FlushAsync().ConfigureAwait(false);
            var (readings, blocks, bytes) = await bench.CountAsync().ConfigureAwait(false);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
            {
                notificationsPerSecond = Math.Round(measured.Rate),
                latencyP50Ms = Math.Round(measured.Latencies.Percentile(0.5) / 1000),
                latencyP99Ms = Math.Round(measured.Latencies.Percentile(0.99) / 1000),
                latencyMaxMs = Math.Round(measured.Latencies.Percentile(1) / 1000),
                lost = measured.Lost,
                serverCores = Math.Round(measured.Cores, 2),
                rssMiBEach10Seconds = measured.Rss,
                journalMiBAtEnd = measured.JournalMiB,
                readingsStored = readings,
                blocks,
                bytesPerReading = Math.Round((double)bytes / readings, 2),
            })).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static Task<PeerProcess> StartAsync(string folder, string store, int points, string? postgreSql)
    {
        string[] arguments = ["serve", "--points", Text(points), "--interval", Text(IntervalMs), "--nodes", Path.Combine(folder, "nodes.txt"), "--pki", Path.Combine(folder, "pki"), "--history", store];
        if (postgreSql is not null) arguments = [.. arguments, "--postgresql", postgreSql];
        var isHosted = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        return PeerProcess.StartAsync(Environment.ProcessPath!, isHosted ? [typeof(HistoryCommand).Assembly.Location, .. arguments] : arguments);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<Measured> MeasureAsync(PeerProcess peer, string folder, int watched, TimeSpan duration)
    {
        var options = new LoadOptions { Url = peer.Url, Nodes = LoadCommand.ReadNodes(Path.Combine(folder, "nodes.txt")), Policy = SecurityPolicy.None };
        var server = new ServerProcess(peer.Id);
        await using var session = await LoadClient.ConnectAsync(options).ConfigureAwait(false);
        var subscriber = new Subscriber(session);
        await subscriber.SubscribeAsync([.. options.Nodes.Take(watched)]).ConfigureAwait(false);
        await Task.Delay(WarmUp, TimeProvider.System).ConfigureAwait(false);
        subscriber.Reset();
        var (cpu, rss, began) = (server.CpuTime!.Value, new List<double>(), Stopwatch.GetTimestamp());
        for (var left = duration; left > TimeSpan.Zero; left = duration - Stopwatch.GetElapsedTime(began))
        {
            rss.Add(Math.Round(server.RssMb!.Value));
            await Task.Delay(left < Look ? left : Look, TimeProvider.System).ConfigureAwait(false);
        }

        rss.Add(Math.Round(server.RssMb!.Value));
        var elapsed = Stopwatch.GetElapsedTime(began);
        var journal = Directory.EnumerateFiles(Path.Combine(folder, "store", "journal")).Sum(file => new FileInfo(file).Length) >> 20;
        var measured = new Measured(subscriber.Count / elapsed.TotalSeconds, subscriber.Latencies, subscriber.Lost, (server.CpuTime!.Value - cpu) / elapsed, rss, journal);
        await subscriber.EndAsync().ConfigureAwait(false);
        return measured;
    }

    private sealed record Measured(double Rate, Latencies Latencies, long Lost, double Cores, IReadOnlyList<double> Rss, long JournalMiB);

    /// <summary>Counts what it is told, and how old the values are by then: clocks are of one machine.</summary>
    private sealed class Subscriber(UaSession session)
    {
        private const int Outstanding = 4;

        private readonly Lock _gate = new();
        private readonly CancellationTokenSource _stop = new();
        private Task[] _pumps = [];
        private uint _id;

        public long Count { get; private set; }
        public long Lost { get; private set; }
        public Latencies Latencies { get; private set; } = new();

        public void Reset()
        {
            lock (_gate) (Count, Lost, Latencies) = (0, 0, new Latencies());
        }

        public async Task SubscribeAsync(IReadOnlyList<NodeId> nodes)
        {
            var made = await session.InvokeAsync<CreateSubscriptionResponse>(
                new CreateSubscriptionRequest { RequestedPublishingInterval = IntervalMs, RequestedLifetimeCount = 1_000, RequestedMaxKeepAliveCount = 20, PublishingEnabled = true }).ConfigureAwait(false);
            _id = made.SubscriptionId;
            foreach (var some in nodes.Chunk(1_000))
            {
                var items = some.Select((node, i) => new MonitoredItemCreateRequest
                {
                    ItemToMonitor = new ReadValueId { NodeId = node, AttributeId = AttributeIds.Value },
                    MonitoringMode = MonitoringMode.Reporting,
                    RequestedParameters = new MonitoringParameters { ClientHandle = (uint)i, SamplingInterval = 0, QueueSize = 20, DiscardOldest = true },
                });
                await session.InvokeAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest { SubscriptionId = _id, TimestampsToReturn = TimestampsToReturn.Both, ItemsToCreate = [.. items] }).ConfigureAwait(false);
            }

            _pumps = [.. Enumerable.Range(0, Outstanding).Select(_ => PumpAsync())];
        }

        private async Task PumpAsync()
        {
            SubscriptionAcknowledgement[] acknowledge = [];
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    var response = await session.InvokeAsync<PublishResponse>(new PublishRequest { SubscriptionAcknowledgements = acknowledge }).ConfigureAwait(false);
                    acknowledge = [new SubscriptionAcknowledgement { SubscriptionId = response.SubscriptionId, SequenceNumber = response.NotificationMessage.SequenceNumber }];
                    foreach (var data in response.NotificationMessage.NotificationData ?? [])
                        if (data?.Structure is DataChangeNotification { MonitoredItems: { } changed }) Take(changed);
                }
                catch (UaException refused) when (_stop.IsCancellationRequested || refused.Status == StatusCodes.BadNoSubscription)
                {
                    return;
                }
            }
        }

        private void Take(MonitoredItemNotification[] changed)
        {
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            lock (_gate)
            {
                Count += changed.Length;
                foreach (var item in changed)
                    if (item.Value.StatusCode.HasOverflow || item.Value.StatusCode.IsBad) Lost++;
                // The oldest of a message stands for it.
                Latencies.Add((long)((now - changed.Min(item => item.Value.SourceTimestamp)).TotalSeconds * Stopwatch.Frequency));
            }
        }

        public async Task EndAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await session.InvokeAsync<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [_id] }).ConfigureAwait(false);
            await Task.WhenAll(_pumps).ConfigureAwait(false);
            _stop.Dispose();
        }
    }
}
