using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>
/// All subscriptions of the server: made, found, handed from session to session and ended here; published by one clock. Part 4 5.13, 5.14.
/// </summary>
public sealed partial class SubscriptionEngine : ISessionObserver, IDisposable
{
    private readonly ConcurrentDictionary<uint, Subscription> _subscriptions = new();

    // Those without a session, the longest orphaned first. It has no requests, and nobody is told anything.
    private readonly PublishQueue _orphans = new();

    private readonly Quota _places;
    private readonly DueQueue _publishing;
    private readonly DueQueue _rates;
    private readonly DueQueue _polls;
    private readonly SubscriptionServices _services;
    private readonly ILogger _logger;
    private uint _lastId;

    public SubscriptionEngine(
        AttributeReader reader,
        AccessController access,
        TypeTree types,
        EventAccess eventAccess,
        IEventSource events,
        IEventFilterCompiler eventFilters,
        SubscriptionLimits limits,
        TimeProvider time,
        ILogger<SubscriptionEngine> logger)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _logger = logger;
        _publishing = new DueQueue(time, logger);
        _rates = new DueQueue(time, logger);
        _polls = new DueQueue(time, logger);
        _services = new SubscriptionServices(reader, access, types, eventAccess, events, eventFilters, limits, time)
        {
            Rates = new SampleGroups(_rates, polls: false),
            Polls = new SampleGroups(_polls, polls: true),
        };
        _places = new Quota(limits.MaxSubscriptions);
        // A restarted server does not give the numbers of its last life to others: a client that comes back with an old one is told that it is gone.
        _lastId = (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
        Diagnostics = new SubscriptionDiagnostics(() => _subscriptions.Values);
    }

    public SubscriptionLimits Limits => _services.Limits;

    /// <summary>Live counters of all subscriptions.</summary>
    public SubscriptionDiagnostics Diagnostics { get; }

    internal SubscriptionServices Services => _services;

    /// <summary>One of each service of the MonitoredItem and Subscription service sets.</summary>
    public IEnumerable<Service> ServicesWith(OperationLimits limits) =>
    [
        new CreateMonitoredItemsService(this, limits),
        new ModifyMonitoredItemsService(this, limits),
        new SetMonitoringModeService(this, limits),
        new SetTriggeringService(this, limits),
        new DeleteMonitoredItemsService(this, limits),
        new CreateSubscriptionService(this),
        new ModifySubscriptionService(this),
        new SetPublishingModeService(this),
        new PublishService(this),
        new RepublishService(),
        new TransferSubscriptionsService(this),
        new DeleteSubscriptionsService(this),
    ];

    internal static PublishQueue QueueOf(Session session)
    {
        var queue = session.Feature<PublishQueue>();
        if (!queue.SessionId.IsNull) return queue;
        queue.SessionId = session.Id;
        if (session.MaxResponseMessageSize > 0) queue.MaxMessageBytes = (int)Math.Max(0, Math.Min(session.MaxResponseMessageSize, int.MaxValue) - ResponseOverhead);
        return queue;
    }

    // What a Publish response holds beside notifications: headers, some hundred sequence numbers, as many results.
    private const int ResponseOverhead = 4 * 1024;

    /// <exception cref="ServiceException">BadTooManySubscriptions; BadSessionClosed.</exception>
    internal Subscription Create(Session session, AccessContext who, CreateSubscriptionRequest request)
    {
        var queue = QueueOf(session);
        Require(queue.Reserve(Limits.MaxSubscriptionsPerSession));
        if (!TryTakePlace())
        {
            queue.CancelReservation();
            throw new ServiceException(StatusCodes.BadTooManySubscriptions);
        }

        var subscription = new Subscription(NextId(), _services, queue, who) { Expired = Bury };
        subscription.Revise(request.RequestedPublishingInterval, request.RequestedMaxKeepAliveCount, request.RequestedLifetimeCount, request.MaxNotificationsPerPublish, request.Priority);
        subscription.Enable(request.PublishingEnabled);
        _subscriptions[subscription.Id] = subscription;
        bool isIn;
        lock (queue.Gate) isIn = queue.TryAdd(subscription);
        // A session that has just ended has given its queue back: the one found here may be one that nobody will ever close.
        if (!isIn || session.IsClosed)
        {
            End(subscription, queue);
            throw new ServiceException(StatusCodes.BadSessionClosed);
        }

        // The rights may have changed since the request came, when nobody knew of this subscription.
        if (session.Access is { } now && !ReferenceEquals(now, who)) Recheck(subscription, now);
        _publishing.Start(subscription);
        Diagnostics.Count();
        LogCreated(_logger, subscription.Id, session.Id);
        return subscription;
    }

    /// <summary>Finds a subscription of the session.</summary>
    /// <exception cref="ServiceException">BadSubscriptionIdInvalid: there is none of that id, or it is another session's.</exception>
    internal Subscription Find(Session session, uint subscriptionId) =>
        _subscriptions.TryGetValue(subscriptionId, out var subscription) && ReferenceEquals(subscription.Owner, QueueOf(session))
            ? subscription
            : throw new ServiceException(StatusCodes.BadSubscriptionIdInvalid);

    /// <summary>Finds a subscription for a method call. Part 5 9.1, 9.2.</summary>
    /// <returns>Good; BadSubscriptionIdInvalid; BadUserAccessDenied where it is another session's.</returns>
    internal StatusCode TryFind(NodeId sessionId, uint subscriptionId, [NotNullWhen(true)] out Subscription? subscription)
    {
        if (!_subscriptions.TryGetValue(subscriptionId, out subscription)) return StatusCodes.BadSubscriptionIdInvalid;
        if (!sessionId.IsNull && subscription.Owner.SessionId == sessionId) return StatusCodes.Good;
        subscription = null;
        return StatusCodes.BadUserAccessDenied;
    }

    /// <summary>Changes parameters; the publishing timer starts anew. Row 18.</summary>
    internal void Modify(Subscription subscription, ModifySubscriptionRequest request)
    {
        var owner = subscription.LockOwner();
        try
        {
            if (subscription.IsClosed) throw new ServiceException(StatusCodes.BadSubscriptionIdInvalid);
            subscription.Revise(request.RequestedPublishingInterval, request.RequestedMaxKeepAliveCount, request.RequestedLifetimeCount, request.MaxNotificationsPerPublish, request.Priority);
            subscription.Counters.ModifyCount++;
        }
        finally
        {
            owner.Gate.Exit();
        }

        // Should it end meanwhile, its next due time is its last: OnDue sees that it is closed.
        _publishing.Start(subscription);
    }

    /// <summary>Ends a subscription of a session. Rows 25 and 26.</summary>
    internal StatusCode Delete(Session session, uint subscriptionId) =>
        _subscriptions.TryGetValue(subscriptionId, out var subscription) && End(subscription, QueueOf(session)) ? StatusCodes.Good : StatusCodes.BadSubscriptionIdInvalid;

    /// <returns>False where it is not <paramref name="owner"/>'s, or ended before.</returns>
    private bool End(Subscription subscription, PublishQueue owner)
    {
        lock (owner.Gate)
            if (!ReferenceEquals(subscription.Owner, owner) || !subscription.TryClose(owner)) return false;
        Bury(subscription);
        return true;
    }

    // Closed, under no lock: what it holds is given back.
    private void Bury(Subscription subscription)
    {
        _publishing.Stop(subscription);
        if (!_subscriptions.TryRemove(subscription.Id, out _)) return;
        GiveUpDurable(subscription);
        subscription.DeleteItems();
        subscription.ForgetSent();
        _places.Give(1);
        LogEnded(_logger, subscription.Id);
    }

    private bool TryTakePlace()
    {
        // Live clients matter more than those that may never come back: CVE-2022-24375 and its kin fill a server with orphans.
        while (!_places.TryTake(1))
            if (Array.Find(_orphans.Snapshot(), static orphan => !orphan.IsDurable) is not { } oldest || !End(oldest, _orphans)) return false;
        return true;
    }

    private uint NextId()
    {
        while (true)
        {
            var id = Interlocked.Increment(ref _lastId);
            if (id != 0 && !_subscriptions.ContainsKey(id)) return id;
        }
    }

    /// <summary>The session is over: its Publish requests are answered, its subscriptions end or go on without it. Part 4 5.7.4.</summary>
    public void OnClosed(Session session, bool deleteSubscriptions)
    {
        ArgumentNullException.ThrowIfNull(session);
        var queue = QueueOf(session);
        foreach (var subscription in queue.Close())
        {
            if (deleteSubscriptions && !Outlives(subscription, session)) End(subscription, queue);
            else Orphan(subscription, queue);
        }
    }

    private void Orphan(Subscription subscription, PublishQueue queue)
    {
        lock (queue.Gate)
        {
            if (subscription.IsClosed || !ReferenceEquals(subscription.Owner, queue)) return;
            lock (_orphans.Gate)
            {
                subscription.Detach(queue);
                _orphans.Add(subscription);
            }
        }

        // A change of rights may have found it neither with its session nor here.
        if (Rights?.IsStale(subscription.Who) == true) RenewOrphan(subscription);
    }

    private static void Require(StatusCode status)
    {
        if (status.IsBad) throw new ServiceException(status);
    }

    public void Dispose()
    {
        _publishing.Dispose();
        _rates.Dispose();
        _polls.Dispose();
        foreach (var subscription in _subscriptions.Values)
        {
            subscription.CloseJournal();
            subscription.DeleteItems();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Subscription {Id} was made for session {Session}")]
    private static partial void LogCreated(ILogger logger, uint id, NodeId session);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Subscription {Id} ended")]
    private static partial void LogEnded(ILogger logger, uint id);
}
