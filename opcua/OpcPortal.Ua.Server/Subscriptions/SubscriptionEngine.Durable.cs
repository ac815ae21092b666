using Microsoft.Extensions.Logging;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>Subscriptions that outlive their sessions, and the process. Part 4 6.8, Part 5 9.3.</summary>
public sealed partial class SubscriptionEngine
{
    private DurableParts? _durable;
    private int _durableCount;

    /// <summary>Whether subscriptions can be made durable.</summary>
    public bool KeepsSubscriptions => _durable is not null;

    /// <summary>Keeps durable subscriptions in a store. Before the server starts.</summary>
    internal void UseStore(ISubscriptionStore store, NamespaceTable namespaces, DataTypeCatalog types) => _durable = new DurableParts(store, namespaces, types);

    /// <summary>
    /// Makes a subscription durable, or sets how long one that is lives without its client. Part 5 9.3: the owner's session alone may, and only while there are no items.
    /// </summary>
    /// <param name="hours">0 asks for the longest.</param>
    /// <returns>
    /// Good; BadSubscriptionIdInvalid; BadUserAccessDenied where it is another session's; BadInvalidState where it has items; BadTooManySubscriptions where there are as many durable ones as there
    /// may be; BadResourceUnavailable where the store takes none now.
    /// </returns>
    internal StatusCode SetDurable(NodeId sessionId, uint subscriptionId, uint hours, out uint revisedHours)
    {
        revisedHours = 0;
        if (_durable is not { } durable) return StatusCodes.BadNotSupported;
        var status = TryFind(sessionId, subscriptionId, out var subscription);
        if (status.IsBad) return status;
        lock (subscription!.ItemsGate)
        {
            if (subscription.ItemCount > 0) return StatusCodes.BadInvalidState;
            var owner = subscription.LockOwner();
            try
            {
                if (subscription.IsClosed) return StatusCodes.BadSubscriptionIdInvalid;
                if (!subscription.IsDurable)
                {
                    status = MakeDurable(subscription, durable);
                    if (status.IsBad) return status;
                }

                revisedHours = HoursOf(subscription.SetLifetime(LifetimeOf(hours)));
                return StatusCodes.Good;
            }
            finally
            {
                owner.Gate.Exit();
            }
        }
    }

    private TimeSpan LifetimeOf(uint hours) => hours == 0 || hours >= Limits.MaxDurableLifetime.TotalHours ? Limits.MaxDurableLifetime : TimeSpan.FromHours(hours);

    // Whole hours that the subscription does live.
    private static uint HoursOf(TimeSpan lifetime) => (uint)Math.Max(1, Math.Floor(lifetime.TotalHours));

    private StatusCode MakeDurable(Subscription subscription, DurableParts durable)
    {
        if (Interlocked.Increment(ref _durableCount) > Limits.MaxDurableSubscriptions || CountDurableOf(subscription.Who) >= Limits.MaxDurableSubscriptionsPerUser)
        {
            Interlocked.Decrement(ref _durableCount);
            return StatusCodes.BadTooManySubscriptions;
        }

        if (durable.Store.TryCreate(subscription.Id) is not { } journal)
        {
            Interlocked.Decrement(ref _durableCount);
            return StatusCodes.BadResourceUnavailable;
        }

        subscription.MakeDurable(new SubscriptionJournal(journal, durable.Namespaces, _services.Time));
        LogDurable(_logger, subscription.Id);
        return StatusCodes.Good;
    }

    private int CountDurableOf(AccessContext who)
    {
        var count = 0;
        foreach (var (_, subscription) in _subscriptions)
            if (subscription.IsDurable && IsSameUser(subscription.Who, who)) count++;
        return count;
    }

    /// <summary>
    /// Makes the subscriptions again that a process before this one left, without sessions: what waited waits, and new values queue. Their owners' rights are asked anew. Once, when the nodes are there
    /// and before sources bring new values.
    /// </summary>
    /// <exception cref="SubscriptionStoreException">The store cannot be read: why, and what to do.</exception>
    public void Restore()
    {
        if (_durable is not { IsRestored: false } durable) return;
        durable.IsRestored = true;
        foreach (var journal in durable.Store.Open())
        {
            var image = new SubscriptionImage();
            if (TryRead(journal, image, out var condition)) Restore(journal, image, condition, durable);
        }
    }

    private bool TryRead(ISubscriptionJournal journal, SubscriptionImage image, out JournalCondition condition)
    {
        condition = JournalCondition.Damaged;
        var malformed = 0;
        condition = journal.Read(record =>
        {
            try
            {
                image.Apply(record);
            }
            catch (CodecException)
            {
                malformed++;
            }
        });
        // Its checksum held, so it was written so: whatever wrote it, something is missing.
        if (malformed > 0) condition = JournalCondition.Damaged;
        if (condition == JournalCondition.Damaged) LogDamaged(_logger, journal.SubscriptionId);
        if (image is { Definition: { } definition, HasEnded: false } && definition.Id == journal.SubscriptionId) return true;
        // It ended, or nobody was ever told that it began.
        journal.Delete();
        return false;
    }

    private void Restore(ISubscriptionJournal kept, SubscriptionImage image, JournalCondition condition, DurableParts durable)
    {
        if (!TryAdmit(image.Definition!.Owner, out var who))
        {
            LogNotAdmitted(_logger, kept.SubscriptionId);
            kept.Delete();
            return;
        }

        var change = new NamespaceChange(image.Namespaces, durable.Namespaces, durable.Types);
        if (!change.IsNone) image.Renumber(change);
        var journal = new SubscriptionJournal(kept, durable.Namespaces, _services.Time);
        // Where a namespace has another index now, all that stands there must be written anew before anything is added.
        if (change.IsNone && image.Namespaces.Count == durable.Namespaces.Count) journal.KnowNamespaces();
        var subscription = new Subscription(kept.SubscriptionId, _services, _orphans, who) { Expired = Bury };
        var isDamaged = condition == JournalCondition.Damaged;
        int lost;
        lock (subscription.ItemsGate)
        {
            lost = subscription.Restore(image, journal, isDamaged, isRenumbered: !change.IsNone);
            lock (_orphans.Gate)
            {
                _orphans.Add(subscription);
                subscription.GoOn(image.Definition!.LifetimeLeft, rewrite: isDamaged || !change.IsNone);
            }
        }

        _places.TakeBeyond(1);
        Interlocked.Increment(ref _durableCount);
        _subscriptions[subscription.Id] = subscription;
        _publishing.Start(subscription);
        Diagnostics.Count();
        LogRestored(_logger, subscription.Id, subscription.ItemCount, lost);
    }

    private bool TryAdmit(AccessContext owner, out AccessContext who)
    {
        who = owner;
        try
        {
            if (Rights is not null) who = Rights.Complete(owner);
            return true;
        }
        catch (ServiceException)
        {
            return false;
        }
    }

    // Part 4 6.8: neither the end of its session nor of the server ends it; only its client, by name or with the session, and its lifetime do.
    private static bool Outlives(Subscription subscription, Session session) => subscription.IsDurable && session.End is SessionEnd.TimedOut or SessionEnd.Terminated;

    private void GiveUpDurable(Subscription subscription)
    {
        if (!subscription.IsDurable) return;
        subscription.DeleteJournal();
        Interlocked.Decrement(ref _durableCount);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Subscription {Id} is durable from now on")]
    private static partial void LogDurable(ILogger logger, uint id);

    [LoggerMessage(Level = LogLevel.Information, Message = "The durable subscription {Id} goes on with {Items} items; {Lost} could not be made again")]
    private static partial void LogRestored(ILogger logger, uint id, int items, int lost);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of subscription {Id} is damaged: what can be read of it is restored, and each item tells by its overflow bit that values may be missing")]
    private static partial void LogDamaged(ILogger logger, uint id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The durable subscription {Id} ends: its owner is no longer admitted")]
    private static partial void LogNotAdmitted(ILogger logger, uint id);

    private sealed record DurableParts(ISubscriptionStore Store, NamespaceTable Namespaces, DataTypeCatalog Types)
    {
        public bool IsRestored { get; set; }
    }
}
