using System.Diagnostics;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Benchmarks;

/// <summary>The scenarios of docs/performance.md, each against any server.</summary>
internal sealed class Scenarios(LoadOptions options)
{
    /// <summary>The scenarios of one request after the other.</summary>
    public static IReadOnlySet<string> OfRequests { get; } = new HashSet<string> { "read-1", "read-1-x32", "read-100-x8", "browse-100", "sessions", "create-items" };

    /// <summary>The scenarios of values that change.</summary>
    public static IReadOnlySet<string> OfNotifications { get; } = new HashSet<string> { "notify-1000", "notify-10000" };

    private readonly ServerProcess _server = new(options.ServerProcess);

    public async Task<IReadOnlyList<LoadResult>> RunAsync(Action<LoadResult> report)
    {
        (string Name, Func<Task<LoadResult>> Run)[] all =
        [
            ("read-1", () => ReadAsync("read-1", 1, 1)),
            ("read-1-x32", () => ReadAsync("read-1-x32", 1, 32)),
            ("read-100-x8", () => ReadAsync("read-100-x8", 100, 8)),
            ("browse-100", BrowseAsync),
            ("sessions", SessionsAsync),
            ("create-items", CreateItemsAsync),
            ("notify-1000", () => NotifyAsync(1_000)),
            ("notify-10000", () => NotifyAsync(10_000)),
            ("notify-100000", () => NotifyAsync(100_000)),
        ];
        var results = new List<LoadResult>();
        foreach (var (name, run) in all)
        {
            if (options.Scenarios.Count > 0 ? !options.Scenarios.Contains(name) : name == "notify-100000") continue;
            if (name.StartsWith("notify-", StringComparison.Ordinal) && int.Parse(name[7..], System.Globalization.CultureInfo.InvariantCulture) > options.Nodes.Count) continue;
            var result = await run();
            results.Add(result);
            report(result);
        }

        return results;
    }

    private async Task<LoadResult> ReadAsync(string name, int values, int outstanding)
    {
        await using var session = await LoadClient.ConnectAsync(options);
        var items = Enumerable.Range(0, values).Select(i => new ReadValueId { NodeId = options.Nodes[i % options.Nodes.Count], AttributeId = AttributeIds.Value }).ToArray();
        return await MeasureAsync(name, "values/s", outstanding, async () =>
        {
            var response = await session.InvokeAsync<ReadResponse>(new ReadRequest { TimestampsToReturn = TimestampsToReturn.Both, NodesToRead = items });
            return (values, response.Results!.Count(r => r.StatusCode.IsBad));
        });
    }

    private async Task<LoadResult> BrowseAsync()
    {
        await using var session = await LoadClient.ConnectAsync(options);
        var nodes = await FindNodesAsync(session, 100);
        var request = nodes.Select(n => new BrowseDescription { NodeId = n, BrowseDirection = BrowseDirection.Both, IncludeSubtypes = true, ResultMask = (uint)BrowseResultMask.All }).ToArray();
        return await MeasureAsync("browse-100", "references/s", 1, async () =>
        {
            var response = await session.InvokeAsync<BrowseResponse>(new BrowseRequest { NodesToBrowse = request, RequestedMaxReferencesPerNode = 1_000 });
            return (response.Results!.Sum(r => r.References?.Length ?? 0), response.Results!.Count(r => r.StatusCode.IsBad));
        });
    }

    // The first nodes below Types: the same in every server, as the standard has them.
    private static async Task<List<NodeId>> FindNodesAsync(UaSession session, int count)
    {
        var found = new List<NodeId> { ObjectTypeIds.BaseObjectType };
        for (var i = 0; found.Count < count; i++)
            await foreach (var reference in session.BrowseAsync(found[i]))
                if (reference.NodeId.IsLocal && reference.NodeId.NodeId.NamespaceIndex == 0 && !found.Contains(reference.NodeId.NodeId)) found.Add(reference.NodeId.NodeId);
        return found[..count];
    }

    private async Task<LoadResult> SessionsAsync()
    {
        var client = new UaClient(LoadClient.Options(options));
        // Discovery is done once, as by a client that knows its server.
        ConfiguredEndpoint endpoint;
        await using (var first = await client.ConnectAsync(options.Url, LoadClient.Choice(options))) endpoint = first.Endpoint;
        return await MeasureAsync("sessions", "sessions/s", 1, async () =>
        {
            await using var session = await client.ConnectAsync(endpoint);
            return (1, 0);
        });
    }

    private async Task<LoadResult> CreateItemsAsync()
    {
        await using var session = await LoadClient.ConnectAsync(options);
        var count = Math.Min(10_000, options.Nodes.Count);
        return await MeasureAsync("create-items", "items/s", 1, async () =>
        {
            var id = await SubscribeAsync(session, publishing: false);
            var bad = await AddItemsAsync(session, id, count);
            await session.InvokeAsync<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [id] });
            return (count, bad);
        });
    }

    private async Task<LoadResult> NotifyAsync(int items)
    {
        await using var session = await LoadClient.ConnectAsync(options);
        var id = await SubscribeAsync(session, publishing: true);
        var errors = await AddItemsAsync(session, id, items);
        using var stop = new CancellationTokenSource();
        var (notifications, bad) = (0L, 0L);
        var pumps = Enumerable.Range(0, 4).Select(_ => PublishAsync()).ToArray();
        await Task.Delay(options.Duration / 2, TimeProvider.System);
        var (cpu, count, began) = (_server.CpuTime, Interlocked.Read(ref notifications), Stopwatch.GetTimestamp());
        await Task.Delay(options.Duration, TimeProvider.System);
        var elapsed = Stopwatch.GetElapsedTime(began);
        var rate = (Interlocked.Read(ref notifications) - count) / elapsed.TotalSeconds;
        var cores = (_server.CpuTime - cpu) / elapsed;
        await stop.CancelAsync();
        await session.InvokeAsync<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [id] });
        await Task.WhenAll(pumps);
        return new LoadResult($"notify-{items}", rate, "notifications/s", ServerCores: cores, ServerRssMb: _server.RssMb, Errors: errors + Interlocked.Read(ref bad));

        async Task PublishAsync()
        {
            SubscriptionAcknowledgement[] acknowledge = [];
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var response = await session.InvokeAsync<PublishResponse>(new PublishRequest { SubscriptionAcknowledgements = acknowledge });
                    acknowledge = [new SubscriptionAcknowledgement { SubscriptionId = response.SubscriptionId, SequenceNumber = response.NotificationMessage.SequenceNumber }];
                    foreach (var data in response.NotificationMessage.NotificationData ?? [])
                    {
                        if (data?.Structure is not DataChangeNotification { MonitoredItems: { } changed }) continue;
                        Interlocked.Add(ref notifications, changed.Length);
                        // An overflow bit says that a value was lost.
                        foreach (var item in changed)
                            if (item.Value.StatusCode.HasOverflow || item.Value.StatusCode.IsBad) Interlocked.Increment(ref bad);
                    }
                }
                catch (UaException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch (UaException refused) when (refused.Status == StatusCodes.BadNoSubscription)
                {
                    return;
                }
            }
        }
    }

    private static async Task<uint> SubscribeAsync(UaSession session, bool publishing)
    {
        var response = await session.InvokeAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest
        {
            RequestedPublishingInterval = 100,
            RequestedLifetimeCount = 1_000,
            RequestedMaxKeepAliveCount = 20,
            PublishingEnabled = publishing,
        });
        return response.SubscriptionId;
    }

    private async Task<int> AddItemsAsync(UaSession session, uint subscription, int count)
    {
        var bad = 0;
        for (var from = 0; from < count; from += 1_000)
        {
            var items = Enumerable.Range(from, Math.Min(1_000, count - from)).Select(i => new MonitoredItemCreateRequest
            {
                ItemToMonitor = new ReadValueId { NodeId = options.Nodes[i], AttributeId = AttributeIds.Value },
                MonitoringMode = MonitoringMode.Reporting,
                RequestedParameters = new MonitoringParameters { ClientHandle = (uint)i, SamplingInterval = 0, QueueSize = 10, DiscardOldest = true },
            }).ToArray();
            var response = await session.InvokeAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest { SubscriptionId = subscription, TimestampsToReturn = TimestampsToReturn.Both, ItemsToCreate = items });
            bad += response.Results!.Count(r => r.StatusCode.IsBad);
        }

        return bad;
    }

    private async Task<LoadResult> MeasureAsync(string name, string unit, int outstanding, Func<Task<(int Count, int Errors)>> operation)
    {
        var (count, errors, isMeasuring, isOver) = (0L, 0L, false, false);
        var latencies = Enumerable.Range(0, outstanding).Select(_ => new Latencies()).ToArray();
        var workers = latencies.Select(WorkAsync).ToArray();
        await Task.Delay(options.Duration / 2, TimeProvider.System);
        var (cpu, began) = (_server.CpuTime, Stopwatch.GetTimestamp());
        Volatile.Write(ref isMeasuring, true);
        await Task.Delay(options.Duration, TimeProvider.System);
        Volatile.Write(ref isOver, true);
        var elapsed = Stopwatch.GetElapsedTime(began);
        var cores = (_server.CpuTime - cpu) / elapsed;
        await Task.WhenAll(workers);
        return new LoadResult(name, count / elapsed.TotalSeconds, unit, latencies.Average(l => l.Percentile(0.5)), latencies.Max(l => l.Percentile(0.99)), cores, _server.RssMb, errors);

        async Task WorkAsync(Latencies own)
        {
            while (!Volatile.Read(ref isOver))
            {
                var start = Stopwatch.GetTimestamp();
                var (done, wrong) = await operation();
                if (!Volatile.Read(ref isMeasuring) || Volatile.Read(ref isOver)) continue;
                own.Add(Stopwatch.GetTimestamp() - start);
                Interlocked.Add(ref count, done);
                Interlocked.Add(ref errors, wrong);
            }
        }
    }
}
