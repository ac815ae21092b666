namespace OpcPortal.Ua.Server;

/// <summary>What makes a subscription outlive the process: it writes down what happens to it, and is made again of that. Part 4 6.8.</summary>
internal sealed partial class Subscription
{
    // Set before it has items, under all three locks; read under any.
    private SubscriptionJournal? _journal;

    public bool IsDurable => _journal is not null;

    /// <summary>Where room for queued values is taken from, and given back to.</summary>
    public Quota QueueRoom => IsDurable ? Services.DurableQueueRoom : Services.QueueRoom;

    public uint MaxDataQueueSize => IsDurable ? Services.Limits.MaxDurableQueueSize : Services.Limits.MaxDataQueueSize;
    public uint MaxEventQueueSize => IsDurable ? Services.Limits.MaxDurableQueueSize : Services.Limits.MaxEventQueueSize;

    /// <summary>The journal, for those who queue. Under the gate.</summary>
    internal SubscriptionJournal? Journal => _journal;

    private TimeSpan MaxLifetime => IsDurable ? Services.Limits.MaxDurableLifetime : Services.Limits.MaxLifetime;

    /// <summary>From now on the subscription is kept. Items gate and the owner's lock are held; there are no items.</summary>
    internal void MakeDurable(SubscriptionJournal journal)
    {
        lock (Gate)
        {
            _journal = journal;
            foreach (var (message, size) in _retransmission.All) journal.Message(message, size, 0);
        }
    }

    /// <summary>Sets how long the subscription lives without its client. The owner's lock is held. Part 4 6.8.</summary>
    /// <returns>What it came to.</returns>
    internal TimeSpan SetLifetime(TimeSpan lifetime)
    {
        (MaxKeepAliveCount, MaxLifetimeCount) = Services.Limits.ReviseCounts(Interval, MaxKeepAliveCount, (uint)Math.Min(uint.MaxValue / 4, Math.Ceiling(lifetime / Interval)), MaxLifetime);
        ResetLifetime();
        WriteDefinition();
        return Interval * MaxLifetimeCount;
    }

    /// <summary>Parameters, owner or sequence changed. The owner's lock is held.</summary>
    private void WriteDefinition()
    {
        if (_journal is null) return;
        lock (Gate) _journal.Define(Definition());
    }

    private SubscriptionDefinition Definition() => new()
    {
        Id = Id,
        PublishingInterval = Interval,
        MaxKeepAliveCount = MaxKeepAliveCount,
        MaxLifetimeCount = MaxLifetimeCount,
        LifetimeLeft = _lifetimeLeft,
        MaxNotificationsPerPublish = MaxNotificationsPerPublish,
        Priority = Priority,
        IsEnabled = _isEnabled,
        LastItemId = _lastItemId,
        NextSequenceNumber = _nextSequenceNumber,
        Owner = Who,
    };

    // An item belongs to the subscription: it, and what it found at first. Items gate is held.
    private void WriteItem(MonitoredItem item, in ReadValueId target, ExtensionObject? filter, TimestampsToReturn timestamps)
    {
        if (_journal is null) return;
        lock (Gate)
        {
            _journal.Item(item.Id, item.Mode, new ItemDefinition(target, item.Parameters(filter), timestamps, item.TermsInWords));
            item.IsKept = true;
            item.WriteQueue(_journal.Writer);
        }
    }

    private void WriteModified(MonitoredItem item, ExtensionObject? filter, TimestampsToReturn timestamps)
    {
        if (_journal?.DefinitionOf(item.Id) is not { } before) return;
        lock (Gate) _journal.Item(item.Id, item.Mode, before with { Parameters = item.Parameters(filter), Timestamps = timestamps });
    }

    /// <summary>The terms under which the item's values are granted are others now. Under the gate.</summary>
    internal void WriteTerms(MonitoredItem item)
    {
        if (_journal?.DefinitionOf(item.Id) is { } before) _journal.Item(item.Id, item.Mode, before with { Terms = item.TermsInWords });
    }

    private void WriteMode(MonitoredItem item)
    {
        if (_journal is null) return;
        lock (Gate) _journal.ItemMode(item.Id, item.Mode);
    }

    private void WriteRemoved(MonitoredItem item)
    {
        if (_journal is null) return;
        lock (Gate)
        {
            item.IsKept = false;
            _journal.ItemRemoved(item.Id);
        }
    }

    /// <summary>Writes the journal anew where that is worth it. Under no lock.</summary>
    internal void TendJournal()
    {
        // A service that changes items may take long: there will be another time.
        if (_journal is not { WantsTending: true } || !ItemsGate.TryEnter()) return;
        try
        {
            var owner = LockOwner();
            try
            {
                lock (Gate)
                {
                    _journal?.Lifetime(_lifetimeLeft);
                    if (_journal is { WantsRewrite: true } journal && !IsClosed) journal.Rewrite(WriteAll);
                }
            }
            finally
            {
                owner.Gate.Exit();
            }
        }
        finally
        {
            ItemsGate.Exit();
        }
    }

    // All that a process after this one must know.
    private bool WriteAll(SubscriptionRecordWriter writer)
    {
        if (!writer.Definition(Definition())) return false;
        foreach (var item in _items.Values)
        {
            if (_journal!.DefinitionOf(item.Id) is not { } definition) continue;
            if (!writer.Item(item.Id, item.Mode, definition) || !item.WriteQueue(writer)) return false;
        }

        foreach (var item in _items.Values)
            foreach (var triggered in item.Links ?? [])
                if (!writer.Link(item.Id, triggered.Id, isLinked: true)) return false;
        foreach (var (message, size) in _retransmission.All)
            if (!writer.Message(message, size, dropped: 0, [])) return false;
        // The messages count its number on.
        return writer.Definition(Definition());
    }

    /// <summary>The subscription has ended: nothing of it is kept. Under no lock.</summary>
    internal void DeleteJournal()
    {
        lock (ItemsGate)
        {
            lock (Gate)
            {
                StopWriting();
                _journal?.Delete();
            }
        }
    }

    /// <summary>The process ends: what comes from here on is not written down.</summary>
    internal void CloseJournal()
    {
        lock (ItemsGate)
        {
            lock (Gate)
            {
                StopWriting();
                _journal?.Close();
            }
        }
    }

    private void StopWriting()
    {
        foreach (var item in _items.Values) item.IsKept = false;
    }

    /// <summary>Makes the subscription again as its journal tells of it. Items gate is held; nobody else knows it yet.</summary>
    /// <param name="isDamaged">Values may be missing: each item says so.</param>
    /// <param name="isRenumbered">The journal counts namespaces otherwise: it is written anew.</param>
    /// <returns>How many items could not be made again.</returns>
    internal int Restore(SubscriptionImage image, SubscriptionJournal journal, bool isDamaged, bool isRenumbered)
    {
        var definition = image.Definition!;
        _isEnabled = definition.IsEnabled;
        _lastItemId = definition.LastItemId;
        _nextSequenceNumber = definition.NextSequenceNumber;
        foreach (var (message, size) in image.Messages) _retransmission.Add(message, size);
        // Values are queued by the durable limits from here on, and written down.
        if (isRenumbered) journal.Hold();
        _journal = journal;
        Revise(definition.PublishingInterval.TotalMilliseconds, definition.MaxKeepAliveCount, definition.MaxLifetimeCount, definition.MaxNotificationsPerPublish, definition.Priority);
        var lost = 0;
        foreach (var item in image.Items)
            if (!TryRestore(item, isDamaged)) lost++;
        foreach (var item in image.Items)
            foreach (var triggered in item.Links)
                if (_items.TryGetValue(item.Id, out var triggering) && _items.TryGetValue(triggered, out var other)) triggering.Link(other);
        // What waits of a triggering item has triggered what waits of the others.
        lock (Gate)
            foreach (var item in _items.Values)
                if (item.HasQueued) OnQueued(item);
        return lost;
    }

    /// <summary>Goes on with the life that was left, and with a journal that says so. The owner's lock and the items gate are held.</summary>
    internal void GoOn(uint lifetimeLeft, bool rewrite)
    {
        // Its client must have the time to notice that the server is there again.
        _lifetimeLeft = Math.Clamp(lifetimeLeft, Math.Min(MaxLifetimeCount, Services.Limits.ReviseCounts(Interval, 1, 1).Lifetime), MaxLifetimeCount);
        lock (Gate)
        {
            if (rewrite) _journal!.Rewrite(WriteAll);
            else _journal!.Define(Definition());
        }
    }

    private bool TryRestore(ItemImage image, bool isDamaged)
    {
        var definition = image.Definition;
        if (MakeAgain(image.Id, definition) is not { } item)
        {
            lock (Gate) _journal!.ItemRemoved(image.Id);
            return false;
        }

        Services.MonitoredItems.TakeBeyond(1);
        lock (Gate)
        {
            _journal!.Know(image.Id, definition);
            item.IsKept = true;
        }

        _items.Add(image.Id, item);
        if (image.Mode == MonitoringMode.Disabled) _disabledCount++;
        item.Resume(image, isDamaged);
        return true;
    }

    // A filter on what is no longer there compares values as they are; of events nothing can be selected without one.
    private MonitoredItem? MakeAgain(uint id, ItemDefinition definition)
    {
        var (target, wanted) = (definition.Target, definition.Parameters);
        if (target.AttributeId == AttributeIds.EventNotifier)
            return EventItem.TryCompile(wanted.Filter, Who, Services, out var filter, out _).IsGood ? new EventItem(this, id, target.NodeId, filter!, wanted) : null;
        if (ItemPart.TryMake(target, out var part).IsBad) return null;
        if (DataChangeFilters.TryMake(wanted.Filter, Who, target.NodeId, target.AttributeId, Services, out var check).IsBad) check = DataChangeCheck.Default;
        return new DataItem(this, id, target.NodeId, target.AttributeId, part, check, wanted, definition.Timestamps);
    }
}
