namespace OpcPortal.Ua.Server;

/// <summary>An item on the events of a notifier. Part 4 5.13.1, 7.22.3.</summary>
internal sealed partial class EventItem : MonitoredItem, IEventReceiver
{
    private const byte SubscribeToEvents = 1;

    private readonly NodeId _nodeId;
    private CompiledEventFilter _filter;
    private IDisposable? _listening;

    // Under the subscription's gate.
    private EventQueue _queue;
    private bool _isRunning;

    public EventItem(Subscription subscription, uint id, in NodeId nodeId, CompiledEventFilter filter, MonitoringParameters wanted)
        : base(subscription, id)
    {
        _nodeId = nodeId;
        _filter = filter;
        Take(wanted);
    }

    /// <summary>Whether it gets everything.</summary>
    internal bool IsOnServer => _nodeId.IsStandard(ObjectIds.Server);

    /// <summary>Whether it is on one of these notifiers.</summary>
    internal bool IsAbove(IReadOnlyList<NodeRef> notifiers) => notifiers.Any(notifier => notifier.NodeId == _nodeId);

    internal override bool HasQueued => _queue.Count > 0;

    /// <returns>
    /// Good; BadUserAccessDenied where the user may not receive its events: unlike a value, an event item has no other way to say so; BadAttributeIdInvalid where the node is
    /// no notifier at all, BadNotSupported where it does not hand on events.
    /// </returns>
    internal override StatusCode Begin()
    {
        var status = Services.Access.Resolve(Subscription.Who, _nodeId, PermissionType.Browse, out var grant);
        if (status.IsBad) return status;
        var node = grant.Node;
        if (node.Source.ReadAttribute(node, AttributeIds.EventNotifier, [], out var notifier).IsBad) return StatusCodes.BadAttributeIdInvalid;
        if ((notifier.AsByte() & SubscribeToEvents) == 0) return StatusCodes.BadNotSupported;
        status = Services.Access.Authorize(Subscription.Who, node, PermissionType.ReceiveEvents, out _);
        if (status.IsBad) return status;
        _listening = Services.Events.Subscribe(node, this);
        return StatusCodes.Good;
    }

    protected override void Complete()
    {
        lock (Subscription.Gate) _isRunning = true;
    }

    internal override void End()
    {
        lock (Subscription.Gate)
        {
            _isRunning = false;
            IsTriggered = false;
            if (IsKept && HasQueued) Subscription.Journal!.QueueCleared(Id, _queue.Count);
            _queue.Clear(Subscription.QueueRoom);
            Subscription.Unlist(this);
        }

        _listening?.Dispose();
        _listening = null;
    }

    internal override void Recheck()
    {
        if (Mode == MonitoringMode.Disabled) return;
        var mayListen = Services.Access.Resolve(Subscription.Who, _nodeId, PermissionType.ReceiveEvents, out _).IsGood;
        if (!mayListen)
        {
            End();
            return;
        }

        if (_listening is null)
        {
            if (Begin().IsGood) Complete();
            return;
        }

        // What the user may no longer receive is not sent either.
        UaEvent[] queued;
        lock (Subscription.Gate) queued = _queue.ToArray();
        // Sources are asked under no lock.
        var refused = queued.Where(occurrence => !Services.EventAccess.MayReceive(Subscription.Who, occurrence)).ToHashSet();
        if (refused.Count == 0) return;
        lock (Subscription.Gate)
        {
            _queue.RemoveWhere(refused.Contains, Subscription.QueueRoom);
            if (IsKept) WriteQueueAnew();
            if (!HasQueued) Subscription.Unlist(this);
        }
    }

    public void OnEvent(UaEvent occurrence)
    {
        while (true)
        {
            var who = Subscription.Who;
            if (!Services.EventAccess.MayReceive(who, occurrence)) return;
            var filter = Volatile.Read(ref _filter);
            if (!filter.TrySelect(occurrence, who, out var fields)) return;
            lock (Subscription.Gate)
            {
                if (!_isRunning) return;
                // Another user has taken over while the event was looked at: it is that user's to receive or not.
                if (!ReferenceEquals(who, Subscription.Who)) continue;
                if (Push(occurrence, fields)) TellOverflow();
                Subscription.OnQueued(this);
                return;
            }
        }
    }

    internal override bool Drain(NotificationBatch batch)
    {
        while (_queue.TryPeek(out var fields))
        {
            if (!batch.TryAddEvent(ClientHandle, fields)) return false;
            _queue.Pop(Subscription.QueueRoom);
            if (IsKept) Subscription.Journal!.Taken(Id);
        }

        return true;
    }

    internal override StatusCode Modify(MonitoringParameters wanted, TimestampsToReturn timestamps, out ExtensionObject? filterResult)
    {
        var status = TryCompile(wanted.Filter, Subscription.Who, Services, out var filter, out filterResult);
        if (status.IsBad) return status;
        lock (Subscription.Gate)
        {
            Volatile.Write(ref _filter, filter!);
            Take(wanted);
            if (!_queue.Shrink(Capacity, DiscardOldest, Subscription.QueueRoom)) return status;
            if (IsKept) WriteQueueAnew();
            TellOverflow();
            Subscription.OnQueued(this);
        }

        return status;
    }

    /// <summary>Compiles the filter that a client gives an event item; there must be one. Part 4 7.22.3.</summary>
    public static StatusCode TryCompile(ExtensionObject? wanted, AccessContext who, SubscriptionServices services, out CompiledEventFilter? filter, out ExtensionObject? filterResult)
    {
        filter = null;
        filterResult = null;
        switch (wanted?.Structure)
        {
            case EventFilter known:
                var status = services.EventFilters.TryCompile(known, who, out filter, out var result);
                filterResult = ExtensionObject.From(result);
                return status;
            case DataChangeFilter: return StatusCodes.BadFilterNotAllowed;
            case AggregateFilter: return StatusCodes.BadMonitoredItemFilterUnsupported;
            default: return wanted?.Binary is null ? StatusCodes.BadMonitoredItemFilterInvalid : StatusCodes.BadMonitoredItemFilterUnsupported;
        }
    }

    // Part 5 6.4.34: the source is the Server; Part 4 7.22.3: the where clause does not hold it back. One tells of all that were lost since the last message.
    private void TellOverflow()
    {
        Subscription.Counters.EventQueueOverflowCount++;
        if (_queue.HasOverflow) return;
        var overflow = new UaEvent
        {
            EventType = ObjectTypeIds.EventQueueOverflowEventType,
            SourceNode = ObjectIds.Server,
            SourceName = "Internal/EventQueueOverflow",
            Time = Services.Now,
            Message = new LocalizedText("Events were lost: the queue of the monitored item was full.", "en"),
            Severity = OverflowSeverity,
        };
        _filter.TrySelect(overflow, Subscription.Who, out var fields);
        _queue.AddOverflow(fields, DiscardOldest);
        if (IsKept) Subscription.Journal!.EventOverflow(Id, DiscardOldest, fields);
    }

    // Something was missed, nothing is broken.
    private const ushort OverflowSeverity = 500;

    private void Take(MonitoringParameters wanted)
    {
        ClientHandle = wanted.ClientHandle;
        DiscardOldest = wanted.DiscardOldest;
        // Part 4 7.21: 0 is the server's default, 1 the least, and more than it has the most.
        Capacity = (int)(wanted.QueueSize == 0 ? Services.Limits.DefaultEventQueueSize : Math.Min(wanted.QueueSize, Subscription.MaxEventQueueSize));
    }
}
