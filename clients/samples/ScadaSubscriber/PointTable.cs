using System.Collections.Concurrent;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Samples.ScadaSubscriber;

/// <summary>The points of the plant with their newest values.</summary>
/// <param name="file">Where a durable subscription is remembered; null: an ordinary one is made.</param>
internal sealed class PointTable(SubscriptionFile? file)
{
    // Of one run of this sample; a real system takes its points from its own configuration.
    private const int MaxPoints = 10_000;
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<NodeId, Point> _points = new();
    private readonly HashSet<NodeId> _seen = [];
    private long _changes;
    private UaSubscription? _subscription;

    private sealed record Point(string Path)
    {
        public DataValue Value { get; set; } = DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
    }

    /// <summary>Subscribes to all variables below a node.</summary>
    public async Task WatchAsync(UaSession session, NodeId root, CancellationToken cancellation)
    {
        await FindAsync(session, root, "", cancellation);
        var options = new SubscriptionOptions { PublishingInterval = TimeSpan.FromSeconds(1), Lifetime = TimeSpan.FromMinutes(10), DurableLifetime = file is null ? null : TimeSpan.FromDays(7) };
        if (file?.Load(ItemOf) is { } kept)
        {
            // What waited while this program was away comes first.
            _subscription = await session.TakeOverAsync(kept, options, Handle, cancellation);
            Console.WriteLine($"{kept.Items.Count} points are watched again.");
            return;
        }

        _subscription = await session.SubscribeAsync(options, Handle, cancellation);
        var items = await _subscription.AddAsync(_points.Keys.Select(ItemOf), cancellation);
        file?.Save(_subscription.Keep());
        foreach (var item in items.Where(i => i.Status.IsBad)) Console.WriteLine($"not watched: {((Point)item.Options.Tag!).Path}: {item.Status}");
        Console.WriteLine($"{items.Count(i => i.Status.IsGood)} points are watched.");
    }

    // A day of minutes waits for a client that is away; one that is there takes what comes.
    private MonitoredItemOptions ItemOf(NodeId node) => new() { NodeId = node, QueueSize = file is null ? 10u : 1440u, Tag = _points.GetOrAdd(node, id => new Point(id.ToString())) };

    private async Task FindAsync(UaSession session, NodeId node, string path, CancellationToken cancellation)
    {
        // An object may lie below itself.
        if (!_seen.Add(node)) return;
        await foreach (var child in session.BrowseAsync(node, ReferenceTypeIds.HierarchicalReferences, cancellation: cancellation))
        {
            if (!child.NodeId.IsLocal || _points.Count >= MaxPoints) continue;
            var name = $"{path}/{child.BrowseName.Name}";
            var id = child.NodeId.NodeId;
            if (child.NodeClass == NodeClass.Variable) _points.TryAdd(id, new Point(name));
            else if (child.NodeClass == NodeClass.Object) await FindAsync(session, id, name, cancellation);
        }
    }

    // One message at a time and in order: no lock is needed to keep the newest value.
    private ValueTask Handle(SubscriptionMessage message)
    {
        switch (message)
        {
            case DataMessage data:
                foreach (var (item, value) in data.Changes) Take((Point)item.Options.Tag!, value);
                if (_subscription is not null) file?.Save(_subscription.Keep());
                break;
            case LossMessage loss:
                Console.WriteLine($"history of the points between {loss.From:HH:mm:ss} and {loss.To:HH:mm:ss} must be filled from the server's archive ({loss.Reason}).");
                break;
            case SubscriptionStateMessage state:
                Console.WriteLine($"subscription {state.State} {state.Status}");
                break;
        }

        return ValueTask.CompletedTask;
    }

    private void Take(Point point, DataValue value)
    {
        Interlocked.Increment(ref _changes);
        // An operator wants to know when a point can no longer be relied on, and when it can again.
        var isFirst = point.Value.StatusCode == StatusCodes.BadWaitingForInitialData;
        if (isFirst ? value.StatusCode.IsBad : value.StatusCode.IsGood != point.Value.StatusCode.IsGood) Console.WriteLine($"{point.Path}: {point.Value.StatusCode} -> {value.StatusCode} {value.Value}");
        point.Value = value;
    }

    /// <summary>Says now and then how the plant is, until it is stopped.</summary>
    public async Task ReportAsync(TextWriter output, TimeProvider time, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(ReportEvery, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            var good = _points.Values.Count(p => p.Value.StatusCode.IsGood);
            output.WriteLine($"{time.GetUtcNow():HH:mm:ss} {good} of {_points.Count} points good, {Interlocked.Exchange(ref _changes, 0)} changes in {ReportEvery.TotalSeconds:0} s");
        }
    }
}
