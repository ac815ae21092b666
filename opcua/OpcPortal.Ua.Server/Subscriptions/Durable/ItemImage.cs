namespace OpcPortal.Ua.Server;

/// <summary>An item as its journal tells of it: how it was made, and what waits in its queue.</summary>
internal sealed class ItemImage(uint id)
{
    private readonly Queue<DataValue> _olderValues = new();
    private readonly LinkedList<EventImage> _events = new();
    private DataValue _newest;
    private int _valueCount;
    private bool _wasOldestLost;

    public uint Id { get; } = id;
    public MonitoringMode Mode { get; set; }
    public required ItemDefinition Definition { get; set; }

    /// <summary>The items that this one triggers.</summary>
    public HashSet<uint> Links { get; } = [];

    /// <summary>What a filter compares with: the value queued last, whether it still waits or not; null where there was none.</summary>
    public DataValue? Compared { get; private set; }

    public Variant[]? Overflow { get; private set; }
    public bool IsOverflowFirst { get; private set; }
    public IReadOnlyCollection<EventImage> Events => _events;

    /// <summary>The values that wait, oldest first.</summary>
    public IEnumerable<DataValue> Values()
    {
        if (_valueCount == 0) yield break;
        var isFirst = true;
        foreach (var value in _olderValues)
        {
            yield return isFirst ? Flagged(value) : value;
            isFirst = false;
        }

        yield return isFirst ? Flagged(_newest) : _newest;
    }

    private DataValue Flagged(in DataValue value) => _wasOldestLost ? value with { StatusCode = value.StatusCode.WithOverflow() } : value;

    public void Add(QueueChange change, in DataValue value)
    {
        Compared = value;
        if (_valueCount > 0 && change != QueueChange.ReplacedNewest) _olderValues.Enqueue(_newest);
        if (_valueCount == 0 || change != QueueChange.ReplacedNewest) _valueCount++;
        _newest = value;
        if (change != QueueChange.PushedOutOldest || _valueCount < 2) return;
        TakeValue();
        _wasOldestLost = true;
    }

    public void Add(QueueChange change, EventImage occurrence)
    {
        if (_events.Count > 0 && change == QueueChange.PushedOutOldest) _events.RemoveFirst();
        else if (_events.Count > 0 && change == QueueChange.ReplacedNewest) _events.RemoveLast();
        _events.AddLast(occurrence);
    }

    public void AddOverflow(bool isFirst, Variant[] fields) => (IsOverflowFirst, Overflow) = (isFirst, fields);

    public void Compare(in DataValue value) => Compared = value;

    /// <summary>Takes out what a message was made of; what is not there was never journalled.</summary>
    public void Take(int count)
    {
        for (var left = count; left > 0 && (_valueCount > 0 || _events.Count > 0 || Overflow is not null); left--)
        {
            if (_valueCount > 0) TakeValue();
            else if (Overflow is not null && (IsOverflowFirst || _events.Count == 0)) Overflow = null;
            else _events.RemoveFirst();
        }
    }

    private void TakeValue()
    {
        _wasOldestLost = false;
        if (--_valueCount > 0) _olderValues.Dequeue();
    }

    public void Clear()
    {
        _olderValues.Clear();
        _valueCount = 0;
        _wasOldestLost = false;
        _events.Clear();
        Overflow = null;
    }

    /// <summary>Gives the namespaces in it the indexes that they have now.</summary>
    public void Renumber(NamespaceChange change)
    {
        Definition = Definition with
        {
            Target = Renumbered(Definition.Target, change),
            Parameters = new MonitoringParameters
            {
                ClientHandle = Definition.Parameters.ClientHandle,
                DiscardOldest = Definition.Parameters.DiscardOldest,
                QueueSize = Definition.Parameters.QueueSize,
                SamplingInterval = Definition.Parameters.SamplingInterval,
                Filter = change.Map(Definition.Parameters.Filter),
            },
        };
        for (var left = _olderValues.Count; left > 0; left--) _olderValues.Enqueue(change.Map(_olderValues.Dequeue()));
        _newest = change.Map(_newest);
        if (Compared is { } compared) Compared = change.Map(compared);
        for (var node = _events.First; node is not null; node = node.Next) node.Value = node.Value.Renumbered(change);
        if (Overflow is not null) Overflow = change.Map(Overflow);
    }

    private static ReadValueId Renumbered(ReadValueId target, NamespaceChange change)
    {
        target.NodeId = change.Map(target.NodeId);
        target.DataEncoding = change.Map(target.DataEncoding);
        return target;
    }
}

/// <summary>An event that waits: its fields, and what it takes to ask whether its receiver may still have it.</summary>
internal sealed record EventImage(NodeId EventType, NodeId SourceNode, NodeId VisibleWith, Variant[] Fields)
{
    public EventImage Renumbered(NamespaceChange change) => new(change.Map(EventType), change.Map(SourceNode), change.Map(VisibleWith), change.Map(Fields));

    /// <summary>The event as far as access to it is concerned.</summary>
    public UaEvent ToEvent() => new()
    {
        EventType = EventType,
        SourceNode = SourceNode,
        VisibleWith = VisibleWith,
        SourceName = "",
        Time = default,
        Message = default,
        Severity = 1,
    };
}
