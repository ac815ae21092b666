using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server;

/// <summary>The items of a subscription. Methods that change them are called under <see cref="ItemsGate"/>.</summary>
internal sealed partial class Subscription
{
    private readonly Dictionary<uint, MonitoredItem> _items = [];
    private uint _lastItemId;
    private bool _areItemsGone;
    private int _disabledCount;

    // Under the gate: the items with something to send, in the order in which they got it, and the last of those that belong to the publishing cycle that runs.
    private MonitoredItem? _firstListed;
    private MonitoredItem? _lastListed;
    private MonitoredItem? _endOfCycle;

    public int ItemCount => _items.Count;
    public int DisabledItemCount => _disabledCount;
    public IReadOnlyCollection<MonitoredItem> Items => _items.Values;

    public bool TryGetItem(uint id, [NotNullWhen(true)] out MonitoredItem? item) => _items.TryGetValue(id, out item);

    /// <summary>Creates one item. Part 4 5.13.2.</summary>
    public MonitoredItemCreateResult Create(MonitoredItemCreateRequest request, TimestampsToReturn timestamps)
    {
        var wanted = request.RequestedParameters;
        if (request.MonitoringMode is < MonitoringMode.Disabled or > MonitoringMode.Reporting) return new() { StatusCode = StatusCodes.BadMonitoringModeInvalid };
        if (_areItemsGone) return new() { StatusCode = StatusCodes.BadSubscriptionIdInvalid };
        if (_items.Count >= Services.Limits.MaxMonitoredItemsPerSubscription || !Services.MonitoredItems.TryTake(1)) return new() { StatusCode = StatusCodes.BadTooManyMonitoredItems };
        var status = TryMake(request, timestamps, out var item, out var filterResult);
        if (status.IsGood)
        {
            status = item!.Begin();
            if (status.IsBad) Discard(item);
        }

        if (status.IsBad)
        {
            Services.MonitoredItems.Give(1);
            return new() { StatusCode = status, FilterResult = filterResult };
        }

        (item as DataItem)?.ReviseSampling(wanted.SamplingInterval);
        _items.Add(item!.Id, item);
        item.Start(request.MonitoringMode);
        if (request.MonitoringMode == MonitoringMode.Disabled) _disabledCount++;
        WriteItem(item, request.ItemToMonitor, wanted.Filter, timestamps);
        return new()
        {
            MonitoredItemId = item.Id,
            RevisedSamplingInterval = item.SamplingInterval.TotalMilliseconds,
            RevisedQueueSize = (uint)item.Capacity,
            FilterResult = filterResult,
        };
    }

    private StatusCode TryMake(MonitoredItemCreateRequest request, TimestampsToReturn timestamps, out MonitoredItem? item, out ExtensionObject? filterResult)
    {
        item = null;
        filterResult = null;
        var target = request.ItemToMonitor;
        var wanted = request.RequestedParameters;
        if (target.AttributeId == AttributeIds.EventNotifier)
        {
            var compiled = EventItem.TryCompile(wanted.Filter, Who, Services, out var filter, out filterResult);
            if (compiled.IsGood) item = new EventItem(this, ++_lastItemId, target.NodeId, filter!, wanted);
            return compiled;
        }

        var status = ItemPart.TryMake(target, out var part);
        if (status.IsBad) return status;
        status = DataChangeFilters.TryMake(wanted.Filter, Who, target.NodeId, target.AttributeId, Services, out var check);
        filterResult = ExtensionObject.From(check.Aggregate?.Revised);
        if (status.IsGood) item = new DataItem(this, ++_lastItemId, target.NodeId, target.AttributeId, part, check, wanted, timestamps);
        return status;
    }

    public MonitoredItemModifyResult Modify(MonitoredItemModifyRequest request, TimestampsToReturn timestamps)
    {
        if (!_items.TryGetValue(request.MonitoredItemId, out var item)) return new() { StatusCode = StatusCodes.BadMonitoredItemIdInvalid };
        var status = item.Modify(request.RequestedParameters, timestamps, out var filterResult);
        if (!status.IsBad) WriteModified(item, request.RequestedParameters.Filter, timestamps);
        return status.IsBad
            ? new() { StatusCode = status, FilterResult = filterResult }
            : new() { RevisedSamplingInterval = item.SamplingInterval.TotalMilliseconds, RevisedQueueSize = (uint)item.Capacity, FilterResult = filterResult };
    }

    public StatusCode SetMode(uint itemId, MonitoringMode mode)
    {
        if (!_items.TryGetValue(itemId, out var item)) return StatusCodes.BadMonitoredItemIdInvalid;
        if (item.Mode == MonitoringMode.Disabled) _disabledCount--;
        item.SetMode(mode);
        if (mode == MonitoringMode.Disabled) _disabledCount++;
        WriteMode(item);
        return StatusCodes.Good;
    }

    public StatusCode Delete(uint itemId)
    {
        if (!_items.Remove(itemId, out var item)) return StatusCodes.BadMonitoredItemIdInvalid;
        if (item.Mode == MonitoringMode.Disabled) _disabledCount--;
        WriteRemoved(item);
        Discard(item);
        Services.MonitoredItems.Give(1);
        return StatusCodes.Good;
    }

    /// <summary>The subscription is closed: so are its items.</summary>
    public void DeleteItems()
    {
        lock (ItemsGate)
        {
            if (_areItemsGone) return;
            _areItemsGone = true;
            foreach (var item in _items.Values) Discard(item);
            Services.MonitoredItems.Give(_items.Count);
            _items.Clear();
            _disabledCount = 0;
        }
    }

    private static void Discard(MonitoredItem item)
    {
        item.UnlinkAll();
        item.End();
        (item as DataItem)?.Discard();
    }

    /// <summary>Asks for all items anew what the user may see.</summary>
    public void RecheckItems()
    {
        foreach (var item in _items.Values) item.Recheck();
    }

    /// <summary>Queues the current values of all data items that report.</summary>
    public void ResendItems()
    {
        foreach (var item in _items.Values) (item as DataItem)?.Resend();
    }

    /// <summary>An item has queued something. Under the gate. Part 4 5.13.1.6: what it triggers is sent with it.</summary>
    internal void OnQueued(MonitoredItem item)
    {
        if (item.Mode == MonitoringMode.Reporting) List(item);
        if (item.Links is not { } links) return;
        foreach (var triggered in links)
        {
            if (triggered.Mode != MonitoringMode.Sampling || !triggered.HasQueued) continue;
            triggered.IsTriggered = true;
            List(triggered);
        }
    }

    /// <summary>Puts an item among those that have something to send. Under the gate.</summary>
    internal void List(MonitoredItem item)
    {
        if (item.IsListed) return;
        item.IsListed = true;
        item.Previous = _lastListed;
        if (_lastListed is null) _firstListed = item;
        else _lastListed.Next = item;
        _lastListed = item;
    }

    /// <summary>Under the gate.</summary>
    internal void Unlist(MonitoredItem item)
    {
        if (!item.IsListed) return;
        if (ReferenceEquals(item, _endOfCycle)) _endOfCycle = item.Previous;
        if (item.Previous is null) _firstListed = item.Next;
        else item.Previous.Next = item.Next;
        if (item.Next is null) _lastListed = item.Previous;
        else item.Next.Previous = item.Previous;
        item.Previous = null;
        item.Next = null;
        item.IsListed = false;
        item.IsTriggered = false;
    }

    // What is queued until now belongs to this cycle; what comes while it is being sent, to the next.
    private void StartCycle()
    {
        lock (Gate) _endOfCycle = _lastListed;
    }

    private bool HasCycle
    {
        get
        {
            lock (Gate) return _endOfCycle is not null;
        }
    }

    /// <summary>Moves what the running cycle has to send into the batch.</summary>
    /// <returns>Whether there is more.</returns>
    internal bool Drain(NotificationBatch batch)
    {
        lock (Gate)
        {
            while (_endOfCycle is not null && _firstListed!.Drain(batch)) Unlist(_firstListed);
            return _endOfCycle is not null;
        }
    }
}
