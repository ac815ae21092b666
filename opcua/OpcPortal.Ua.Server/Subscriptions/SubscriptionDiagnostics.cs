namespace OpcPortal.Ua.Server;

/// <summary>What the diagnostics nodes show of subscriptions. Part 5 6.3.3, 12.14. Who may see it is for the nodes to decide.</summary>
public sealed class SubscriptionDiagnostics
{
    private readonly Func<IEnumerable<Subscription>> _subscriptions;
    private int _cumulated;

    internal SubscriptionDiagnostics(Func<IEnumerable<Subscription>> subscriptions) => _subscriptions = subscriptions;

    /// <summary>CurrentSubscriptionCount of the server.</summary>
    public int CurrentSubscriptionCount => _subscriptions().Count();

    /// <summary>CumulatedSubscriptionCount of the server: all that were ever made.</summary>
    public int CumulatedSubscriptionCount => Volatile.Read(ref _cumulated);

    /// <summary>PublishingIntervalCount of the server: how many different ones there are.</summary>
    public int PublishingIntervalCount => _subscriptions().Select(static s => s.PublishingInterval).Distinct().Count();

    /// <summary>One for each subscription: SubscriptionDiagnosticsArray of the server.</summary>
    public IReadOnlyList<SubscriptionDiagnosticsDataType> All() => [.. _subscriptions().OrderBy(static s => s.Id).Select(static s => s.Diagnose())];

    /// <summary>One for each subscription of a session: SubscriptionDiagnosticsArray of the session.</summary>
    public IReadOnlyList<SubscriptionDiagnosticsDataType> Of(Session session) =>
        [.. session.Feature<PublishQueue>().Snapshot().Select(static s => s.Diagnose())];

    /// <summary>What the diagnostics of a session show of its subscriptions. Part 5 12.12 (SessionDiagnosticsDataType).</summary>
    public SessionSubscriptionCounts CountsOf(Session session)
    {
        var queue = session.Feature<PublishQueue>();
        var subscriptions = queue.Snapshot();
        return new SessionSubscriptionCounts(subscriptions.Length, subscriptions.Sum(static s => s.ItemCount), queue.RequestCount);
    }

    internal void Count() => Interlocked.Increment(ref _cumulated);
}

/// <summary>CurrentSubscriptionsCount, CurrentMonitoredItemsCount and CurrentPublishRequestsInQueue of a session.</summary>
public readonly record struct SessionSubscriptionCounts(int Subscriptions, int MonitoredItems, int PublishRequests);
