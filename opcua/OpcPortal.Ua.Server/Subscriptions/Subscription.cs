namespace OpcPortal.Ua.Server;

/// <summary>
/// A subscription: its parameters, its items (Subscription.Items.cs) and its publishing (Subscription.Publishing.cs). Part 4 5.14.1.
/// </summary>
/// <remarks>
/// Three locks, taken in this order only: <see cref="ItemsGate"/> for services that change items, which may call node sources; the owner's
/// <see cref="PublishQueue.Gate"/> for publishing and parameters; <see cref="Gate"/> for queues, the only one that a new value takes. No source is called under the last two.
/// </remarks>
internal sealed partial class Subscription : DueEntry
{
    private PublishQueue _owner;
    private AccessContext _who;

    public Subscription(uint id, SubscriptionServices services, PublishQueue owner, AccessContext who)
    {
        Id = id;
        Services = services;
        _owner = owner;
        _who = who;
        _retransmission = new RetransmissionQueue(services.Limits.MaxRetransmissionMessages, services.RetransmissionBytes);
    }

    /// <summary>Guards the queues of all items and the list of those that have something to send.</summary>
    public Lock Gate { get; } = new();

    /// <summary>One service at a time changes the items.</summary>
    public Lock ItemsGate { get; } = new();

    public uint Id { get; }
    public SubscriptionServices Services { get; }
    public SubscriptionCounters Counters { get; } = new();

    /// <summary>Whose subscription it is, also while no session has it.</summary>
    public AccessContext Who => Volatile.Read(ref _who);

    public PublishQueue Owner => Volatile.Read(ref _owner);
    public TimeSpan PublishingInterval => Interval;
    public byte Priority { get; private set; }
    internal override byte Rank => Priority;

    /// <summary>Locks the queue that the subscription belongs to, which may change until then. The caller unlocks it.</summary>
    public PublishQueue LockOwner()
    {
        while (true)
        {
            var owner = Owner;
            owner.Gate.Enter();
            if (ReferenceEquals(owner, Owner)) return owner;
            owner.Gate.Exit();
        }
    }

    /// <summary>Gives the subscription to another queue. Both queues' locks are held.</summary>
    internal void SetOwner(PublishQueue owner) => Volatile.Write(ref _owner, owner);

    /// <summary>Whose access counts from now on. The items are not asked yet: see <see cref="RecheckItems"/>.</summary>
    internal void SetAccess(AccessContext who)
    {
        // Under the lock of the queues: what is being queued is queued for one or for the other.
        lock (Gate)
        {
            Volatile.Write(ref _who, who);
            _journal?.Define(Definition());
        }
    }

    /// <summary>Sets parameters, revised. The owner's lock is held, or nobody knows the subscription yet. Part 4 5.14.2, 5.14.3.</summary>
    public void Revise(double publishingInterval, uint keepAliveCount, uint lifetimeCount, uint maxNotifications, byte priority)
    {
        var limits = Services.Limits;
        Interval = limits.RevisePublishingInterval(publishingInterval);
        (MaxKeepAliveCount, MaxLifetimeCount) = limits.ReviseCounts(Interval, keepAliveCount, lifetimeCount, MaxLifetime);
        MaxNotificationsPerPublish = maxNotifications;
        Priority = priority;
        _keepAliveLeft = Math.Min(_keepAliveLeft, MaxKeepAliveCount);
        ResetLifetime();
        WriteDefinition();
    }

    /// <summary>The counters as they stand. Part 5 12.14.</summary>
    public SubscriptionDiagnosticsDataType Diagnose()
    {
        var c = Counters;
        return new SubscriptionDiagnosticsDataType
        {
            SessionId = Owner.SessionId,
            SubscriptionId = Id,
            Priority = Priority,
            PublishingInterval = Interval.TotalMilliseconds,
            MaxKeepAliveCount = MaxKeepAliveCount,
            MaxLifetimeCount = MaxLifetimeCount,
            MaxNotificationsPerPublish = MaxNotificationsPerPublish,
            PublishingEnabled = _isEnabled,
            ModifyCount = c.ModifyCount,
            EnableCount = c.EnableCount,
            DisableCount = c.DisableCount,
            RepublishRequestCount = c.RepublishRequestCount,
            RepublishMessageRequestCount = c.RepublishMessageRequestCount,
            RepublishMessageCount = c.RepublishMessageCount,
            TransferRequestCount = c.TransferRequestCount,
            TransferredToAltClientCount = c.TransferredToAltClientCount,
            TransferredToSameClientCount = c.TransferredToSameClientCount,
            PublishRequestCount = c.PublishRequestCount,
            DataChangeNotificationsCount = c.DataChangeNotificationsCount,
            EventNotificationsCount = c.EventNotificationsCount,
            NotificationsCount = c.DataChangeNotificationsCount + c.EventNotificationsCount,
            LatePublishRequestCount = c.LatePublishRequestCount,
            CurrentKeepAliveCount = _state == PublishingState.KeepAlive ? MaxKeepAliveCount - _keepAliveLeft : 0,
            CurrentLifetimeCount = MaxLifetimeCount - _lifetimeLeft,
            UnacknowledgedMessageCount = (uint)_retransmission.Count,
            DiscardedMessageCount = c.DiscardedMessageCount,
            MonitoredItemCount = (uint)ItemCount,
            DisabledMonitoredItemCount = (uint)DisabledItemCount,
            MonitoringQueueOverflowCount = c.MonitoringQueueOverflowCount,
            NextSequenceNumber = _nextSequenceNumber,
            EventQueueOverFlowCount = c.EventQueueOverflowCount,
        };
    }
}
