using System.Collections.Concurrent;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Samples.ScadaSubscriber;

/// <summary>The points of the plant with their newest values.</summary>
internal sealed class PointTable
{
    // Of one run of this sample; a real system takes its points from its own configuration.
    private const int MaxPoints = 10_000;
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<NodeId, Point> _points = new();
    private readonly HashSet<NodeId> _seen = [];
    private long _changes;

    private sealed record Point(string Path)
    {
        public DataValue Value { get; set; } = DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
    }

    /// <summary>Subscribes to all variables below a node.</summary>
    public async Task WatchAsync(UaSession session, NodeId root, CancellationToken cancellation)
    {
        await FindAsync(session, root, "", cancellation);
        var options = new SubscriptionOptions { PublishingInterval = TimeSpan.FromSeconds(1), Lifetime = TimeSpan.FromMinutes(10) };
        var subscription = await session.SubscribeAsync(options, Handle, cancellation);
        var items = await subscription.AddAsync(_points.Select(p => new MonitoredItemOptions { NodeId = p.Key, QueueSize = 10, Tag = p.Value }), cancellation);
        foreach (var item in items.Where(i => i.Status.IsBad)) Console.WriteLine($"not watched: {((Point)item.Options.Tag!).Path}: {item.Status}");
        Console.WriteLine($"{items.Count(i => i.Status.IsGood)} points are watched.");
    }

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
