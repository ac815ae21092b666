namespace OpcPortal.Ua.Server;

/// <summary>
/// An item on an attribute, mostly Value: its life, and what it queues. Where the node's source tells of changes it takes them from there, no faster than the sampling interval; else it is read. Part 4
/// 5.13.1.2.
/// </summary>
internal sealed partial class DataItem : MonitoredItem, IValueObserver
{
    // Reads of a value that changes while it is read.
    private const int MaxReads = 3;

    private enum Phase : byte
    {
        Stopped,

        /// <summary>The first value is being read: what comes meanwhile is held.</summary>
        Starting,

        Running,

        /// <summary>The user may not read the node: nothing is taken until access is asked for again.</summary>
        Refused,
    }

    private readonly NodeId _nodeId;
    private readonly uint _attributeId;
    private readonly ItemPart? _part;
    private DataChangeCheck _check;
    private TimestampsToReturn _timestamps;

    private StatusCode _access;
    private object? _terms;

    // Whether the user could see the node when the item was made: what is taken away later is refused, for its existence is no secret any more.
    private bool _isKnown;
    private IDisposable? _observation;
    private SampleGroup? _group;

    // Under the subscription's gate.
    private ValueQueue _queue;
    private HeldValue? _held;
    private Phase _phase;
    private int _epoch;

    // Counts what is received, so that a reader sees whether something came while it read.
    private uint _version;

    /// <summary>The group's, under its lock: where the item stands in it; -1 for nowhere.</summary>
    internal int GroupSlot = -1;

    public DataItem(Subscription subscription, uint id, in NodeId nodeId, uint attributeId, ItemPart? part, DataChangeCheck check, MonitoringParameters wanted, TimestampsToReturn timestamps)
        : base(subscription, id)
    {
        _nodeId = nodeId;
        _attributeId = attributeId;
        _part = part;
        _check = check;
        Take(wanted, timestamps);
    }

    internal override bool HasQueued => _queue.Count > 0;

    internal override StatusCode Begin()
    {
        var first = Watch();
        // Part 4 5.13.1.3: the first value is queued whatever the filter says.
        lock (Subscription.Gate) PushFirst(first);
        return IsFinal(first.StatusCode) ? first.StatusCode : StatusCodes.Good;
    }

    // What there is when watching begins; what comes meanwhile is held.
    private DataValue Watch()
    {
        lock (Subscription.Gate) _phase = Phase.Starting;
        if (_attributeId == AttributeIds.Value)
        {
            _access = Authorize(out var grant);
            _terms = grant.Terms;
            if (_access.IsGood) _observation = grant.Node.Source.Observe(grant, this);
        }

        var first = Read();
        for (var attempt = 1; attempt < MaxReads && !TryForgetHeld(); attempt++) first = Read();
        return first;
    }

    protected override void Complete()
    {
        var isRefused = IsValue && _access.IsBad;
        if (!isRefused) JoinGroup();
        lock (Subscription.Gate)
        {
            _phase = isRefused ? Phase.Refused : Phase.Running;
            _epoch = _group?.Epoch ?? 0;
            if (HasQueued) Subscription.OnQueued(this);
            var isHeld = _held is { IsSet: true };
            if (isHeld) _held!.IsSet = false;
            // One that the first read has overtaken would turn time back.
            if (isHeld && !isRefused && (_check.Aggregate is not null || _held!.Value.SourceTimestamp >= _queue.Newest.SourceTimestamp)) Sample(_held!.Value);
        }

        if (!isRefused) StartClock();
    }

    internal override void End()
    {
        lock (Subscription.Gate)
        {
            _phase = Phase.Stopped;
            IsTriggered = false;
            if (_held is not null) _held.IsSet = false;
            ClearQueue();
            Subscription.Unlist(this);
        }

        StopClock();
        _observation?.Dispose();
        _observation = null;
        LeaveGroup();
    }

    /// <summary>The item goes for good: what it watches for its filter goes too.</summary>
    internal void Discard() => _check.Range?.Dispose();

    internal override void Recheck()
    {
        // Other attributes are read with the user's leave each time.
        if (!IsValue || Mode == MonitoringMode.Disabled) return;
        var access = Authorize(out var grant);
        if (access == _access && Equals(grant.Terms, _terms)) return;
        _isKnown = true;
        // What the user may no longer see is not sent either.
        End();
        Begin();
        if (IsKept) WriteTerms();
        Complete();
    }

    /// <summary>Queues the current value, changed or not. Part 5 9.2 (ResendData), Part 4 5.14.7 (sendInitialValues).</summary>
    internal void Resend()
    {
        if (Mode != MonitoringMode.Reporting) return;
        for (var attempt = 1; attempt <= MaxReads; attempt++)
        {
            var version = Volatile.Read(ref _version);
            var value = Read();
            lock (Subscription.Gate)
            {
                if (_phase is not (Phase.Running or Phase.Refused)) return;
                if (_check.Aggregate is not null && _phase == Phase.Running)
                {
                    ResendResult();
                    return;
                }

                var isSettled = version == _version;
                if (!isSettled && attempt < MaxReads) continue;
                _version++;
                if (isSettled && _held is not null) _held.IsSet = false;
                // A value that changes all the time has just been received: that is the current one.
                Queue(isSettled ? value : _held is { IsSet: true } ? _held.Value : _queue.Newest with { StatusCode = _queue.Newest.StatusCode.WithoutOverflow() });
                return;
            }
        }
    }

    // A change that comes while the value is read may be older than what was read, or newer. True where none came.
    private bool TryForgetHeld()
    {
        lock (Subscription.Gate)
        {
            if (_held is not { IsSet: true }) return true;
            _held.IsSet = false;
            return false;
        }
    }

    public void OnValueChanged(in DataValue value)
    {
        if (_part is not null)
        {
            Receive(AttributeReader.Shape(value, _part.Range, _part.DataEncoding));
            return;
        }

        Receive(value);
    }

    private void Receive(in DataValue value)
    {
        lock (Subscription.Gate)
        {
            _version++;
            if (_phase == Phase.Running)
            {
                if (_group is null)
                {
                    Sample(value);
                    return;
                }

                var epoch = _group.Epoch;
                if (_epoch != epoch)
                {
                    _epoch = epoch;
                    if (_held is not { IsSet: true })
                    {
                        Sample(value);
                        return;
                    }

                    // An interval has ended, and the group has not come to this item yet: what was held is its last value, this is the next one's.
                    _held.IsSet = false;
                    Sample(_held.Value);
                }

                Hold(value);
                _group.Add(this);
            }
            else if (_phase == Phase.Starting)
            {
                Hold(value);
            }
        }
    }

    internal override bool Drain(NotificationBatch batch)
    {
        while (_queue.Count > 0)
        {
            ref readonly var value = ref _queue.Oldest;
            if (!batch.TryAdd(ClientHandle, Timestamps.Apply(value, _timestamps, _attributeId, value.ServerTimestamp))) return false;
            _queue.Pop(Subscription.QueueRoom);
            if (IsKept) Subscription.Journal!.Taken(Id);
        }

        return true;
    }

    internal override StatusCode Modify(MonitoringParameters wanted, TimestampsToReturn timestamps, out ExtensionObject? filterResult)
    {
        filterResult = null;
        var status = DataChangeFilters.TryMake(wanted.Filter, Subscription.Who, _nodeId, _attributeId, Services, out var check);
        if (status.IsBad) return status;
        filterResult = ExtensionObject.From(check.Aggregate?.Revised);
        LeaveGroup();
        StopClock();
        var current = check.Aggregate is null ? default : Read();
        var old = _check;
        lock (Subscription.Gate)
        {
            _check = check;
            // What is current is the first value of the new filter.
            if (_phase == Phase.Running) check.Aggregate?.Take(current, Services.Now);
            Take(wanted, timestamps);
            ShrinkQueue();
        }

        old.Range?.Dispose();
        ReviseSampling(wanted.SamplingInterval);
        if (Mode != MonitoringMode.Disabled && !(IsValue && _access.IsBad))
        {
            JoinGroup();
            StartClock();
        }

        return StatusCodes.Good;
    }

    private bool IsValue => _attributeId == AttributeIds.Value;

    private void Take(MonitoringParameters wanted, TimestampsToReturn timestamps)
    {
        ClientHandle = wanted.ClientHandle;
        DiscardOldest = wanted.DiscardOldest;
        // Part 4 7.21: 0 and 1 are a queue of one.
        Capacity = (int)Math.Clamp(wanted.QueueSize, 1, Subscription.MaxDataQueueSize);
        _timestamps = timestamps;
    }

    // Under the gate.
    private void Sample(in DataValue value)
    {
        if (_check.Aggregate is { } aggregate) Aggregate(aggregate, value);
        else if (_check.IsChange(_queue.Newest, value)) Queue(value);
    }

    private void Queue(in DataValue value)
    {
        Push(value);
        Subscription.OnQueued(this);
    }

    private void Push(in DataValue value)
    {
        var isTimed = value.ServerTimestamp != default || _timestamps is TimestampsToReturn.Source or TimestampsToReturn.Neither;
        if (IsKept)
        {
            PushKept(isTimed ? value : value with { ServerTimestamp = Services.Now });
            return;
        }

        var lost = _queue.Push(isTimed ? value : value with { ServerTimestamp = Services.Now }, Capacity, DiscardOldest, Subscription.QueueRoom);
        if (lost) Subscription.Counters.MonitoringQueueOverflowCount++;
    }

    private void Hold(in DataValue value)
    {
        _held ??= new HeldValue();
        _held.Value = value;
        _held.IsSet = true;
    }

    private DataValue Read()
    {
        var value = Services.Reader.Read(Subscription.Who, _nodeId, _attributeId, _part?.Range, _part?.DataEncoding ?? default);
        if (!IsValue || _access.IsGood) return value;
        // Leave to read is not leave to watch. What nobody can read is said so all the same.
        var isWithheld = _access.CodeBits == StatusCodes.BadUserAccessDenied && value.StatusCode.CodeBits != StatusCodes.BadNotReadable;
        var isHidden = _isKnown && value.StatusCode.CodeBits == StatusCodes.BadNodeIdUnknown && Services.Access.Exists(_nodeId);
        return isWithheld || isHidden ? DataValue.FromStatus(StatusCodes.BadUserAccessDenied) : value;
    }

    private StatusCode Authorize(out NodeGrant grant)
    {
        var status = Services.Access.ResolveToObserve(Subscription.Who, _nodeId, out grant);
        if (status.IsBad) return status;
        var node = grant.Node;
        return node.NodeClass == NodeClass.Variable && (node.Source.AccessLevelOf(node) & AccessLevelExType.CurrentRead) == 0 ? StatusCodes.BadNotReadable : StatusCodes.Good;
    }

    // Part 4 5.13.2.4: these say that there can be no such item. What else is wrong with a value is told in its first notification.
    private static bool IsFinal(StatusCode status) => status.CodeBits is StatusCodes.BadNodeIdUnknown or StatusCodes.BadNodeIdInvalid or StatusCodes.BadAttributeIdInvalid
        or StatusCodes.BadDataEncodingInvalid or StatusCodes.BadDataEncodingUnsupported;

    private sealed class HeldValue
    {
        public DataValue Value;
        public bool IsSet;
    }
}

/// <summary>Which part of a value an item watches, and how it is encoded.</summary>
internal sealed record ItemPart(NumericRange? Range, QualifiedName DataEncoding)
{
    /// <returns>BadIndexRangeInvalid for a malformed range; Good with null where all of the value is wanted as it is.</returns>
    public static StatusCode TryMake(in ReadValueId item, out ItemPart? part)
    {
        part = null;
        NumericRange? range = null;
        if (!string.IsNullOrEmpty(item.IndexRange) && !NumericRange.TryParse(item.IndexRange, out range)) return StatusCodes.BadIndexRangeInvalid;
        if (range is not null || !item.DataEncoding.IsNull) part = new ItemPart(range, item.DataEncoding);
        return StatusCodes.Good;
    }
}
