namespace OpcPortal.Ua.Server;

/// <summary>
/// One item of a subscription. Parameters and life are changed under the subscription's <see cref="Subscription.ItemsGate"/>; what has to do with queues, under its
/// <see cref="Subscription.Gate"/> too. Part 4 5.13.1.
/// </summary>
internal abstract class MonitoredItem(Subscription subscription, uint id)
{
    // Places in the subscription's list of items that have something to send.
    internal MonitoredItem? Previous;
    internal MonitoredItem? Next;
    internal bool IsListed;

    /// <summary>Whether what happens to the item is written into the subscription's journal. Under the gate.</summary>
    internal bool IsKept;

    public Subscription Subscription { get; } = subscription;

    /// <summary>Unique in the subscription, and never used again there.</summary>
    public uint Id { get; } = id;

    public uint ClientHandle { get; protected set; }
    public MonitoringMode Mode { get; private set; } = MonitoringMode.Disabled;
    public TimeSpan SamplingInterval { get; protected set; }

    /// <summary>The queue size as revised; at least 1.</summary>
    public int Capacity { get; protected set; } = 1;

    public bool DiscardOldest { get; protected set; }

    /// <summary>Whether what is queued is to be sent although the item only samples: an item that triggers it had a change. Part 4 5.13.1.6.</summary>
    internal bool IsTriggered { get; set; }

    /// <summary>The items that this one triggers, and those that trigger it.</summary>
    internal HashSet<MonitoredItem>? Links { get; private set; }

    internal HashSet<MonitoredItem>? TriggeredBy { get; private set; }

    /// <summary>Whether anything waits in the queue.</summary>
    internal abstract bool HasQueued { get; }

    protected SubscriptionServices Services => Subscription.Services;

    /// <summary>Begins to watch: what it finds at first is kept until <see cref="Complete"/>.</summary>
    /// <returns>Bad where there can be no such item.</returns>
    internal abstract StatusCode Begin();

    /// <summary>The item belongs to the subscription now, in a mode other than Disabled: what was found at first is queued.</summary>
    protected abstract void Complete();

    /// <summary>Stops watching and forgets what is queued.</summary>
    internal abstract void End();

    /// <summary>Asks anew what the user may do, and tells of it where the answer changed.</summary>
    internal abstract void Recheck();

    /// <summary>Moves what is queued into the batch while it has room.</summary>
    /// <returns>Whether all of it is there.</returns>
    internal abstract bool Drain(NotificationBatch batch);

    /// <summary>Takes over changed parameters. Part 4 5.13.3.</summary>
    /// <returns>Bad, and nothing changed, where the filter does not do.</returns>
    internal abstract StatusCode Modify(MonitoringParameters wanted, TimestampsToReturn timestamps, out ExtensionObject? filterResult);

    /// <summary>Goes on where a process before this one stopped: with what waited then, as far as the user may still have it.</summary>
    /// <param name="isDamaged">Something may be missing, which is to be told.</param>
    internal abstract void Resume(ItemImage image, bool isDamaged);

    /// <summary>Writes what is queued. Under the gate.</summary>
    /// <returns>Whether it was kept.</returns>
    internal abstract bool WriteQueue(SubscriptionRecordWriter writer);

    /// <summary>The terms under which its values are granted; null for none.</summary>
    internal virtual string? TermsInWords => null;

    /// <summary>The parameters as they are now.</summary>
    internal MonitoringParameters Parameters(ExtensionObject? filter) => new()
    {
        ClientHandle = ClientHandle,
        SamplingInterval = SamplingInterval.TotalMilliseconds,
        Filter = filter,
        QueueSize = (uint)Capacity,
        DiscardOldest = DiscardOldest,
    };

    /// <summary>Sets the mode that it had in a process before this one.</summary>
    protected void RestoreMode(MonitoringMode mode) => Mode = mode;

    /// <summary>Sets the first mode; <see cref="Begin"/> has been called.</summary>
    internal void Start(MonitoringMode mode)
    {
        Mode = mode;
        if (mode == MonitoringMode.Disabled) End();
        else Complete();
    }

    /// <summary>Changes the mode. Part 4 5.13.1.3: Disabled stops and clears; an item enabled begins as a new one does.</summary>
    internal void SetMode(MonitoringMode mode)
    {
        if (mode == Mode) return;
        if (Mode == MonitoringMode.Disabled)
        {
            Begin();
            Start(mode);
            return;
        }

        lock (Subscription.Gate)
        {
            Mode = mode;
            if (mode == MonitoringMode.Reporting && HasQueued) Subscription.List(this);
            else if (!IsTriggered) Subscription.Unlist(this);
        }

        if (mode == MonitoringMode.Disabled) End();
    }

    /// <returns>Good; BadResourceUnavailable where one of the two has as many links as it may.</returns>
    internal StatusCode Link(MonitoredItem triggered)
    {
        lock (Subscription.Gate)
        {
            if (Links?.Contains(triggered) == true) return StatusCodes.Good;
            var limit = Services.Limits.MaxTriggeringLinks;
            if (Links?.Count >= limit || triggered.TriggeredBy?.Count >= limit) return StatusCodes.BadResourceUnavailable;
            (Links ??= []).Add(triggered);
            (triggered.TriggeredBy ??= []).Add(this);
            if (IsKept) Subscription.Journal!.Link(Id, triggered.Id, isLinked: true);
            return StatusCodes.Good;
        }
    }

    /// <returns>Whether there was such a link.</returns>
    internal bool Unlink(MonitoredItem triggered)
    {
        lock (Subscription.Gate)
        {
            if (Links?.Remove(triggered) != true) return false;
            triggered.TriggeredBy!.Remove(this);
            if (Links.Count == 0) Links = null;
            if (IsKept) Subscription.Journal!.Link(Id, triggered.Id, isLinked: false);
            return true;
        }
    }

    internal void UnlinkAll()
    {
        lock (Subscription.Gate)
        {
            if (Links is not null)
                foreach (var triggered in Links) triggered.TriggeredBy!.Remove(this);
            if (TriggeredBy is not null)
                foreach (var triggering in TriggeredBy) triggering.Links!.Remove(this);
            Links = null;
            TriggeredBy = null;
        }
    }
}
