namespace OpcPortal.Ua.Server;

/// <summary>
/// The events of one event item that wait to be sent. When one is lost, an overflow event is placed beside them, before the oldest or after the newest as
/// the policy is; it takes no place. Not thread-safe. Part 4 5.13.1.5, 7.21.
/// </summary>
internal struct EventQueue
{
    /// <summary>What an event takes of the room for queued values: some fields of 24 bytes each.</summary>
    private const int Weight = 8;

    private LinkedList<(UaEvent Event, Variant[] Fields)>? _events;
    private Variant[]? _overflow;
    private bool _isOverflowFirst;

    public readonly int Count => (_events?.Count ?? 0) + (_overflow is null ? 0 : 1);

    /// <summary>Whether an overflow event is there already: one tells of all that were lost since the last Publish.</summary>
    public readonly bool HasOverflow => _overflow is not null;

    /// <returns>Whether an event was lost: the caller adds an overflow event, unless there is one.</returns>
    public bool Push(UaEvent occurrence, Variant[] fields, int capacity, bool discardOldest, Quota room)
    {
        _events ??= new();
        var isFull = _events.Count > 0 && (_events.Count >= capacity || !room.TryTake(Weight));
        if (!isFull && _events.Count == 0) room.TakeBeyond(Weight);
        if (isFull)
        {
            if (discardOldest) _events.RemoveFirst();
            else _events.RemoveLast();
        }

        _events.AddLast((occurrence, fields));
        return isFull;
    }

    public void AddOverflow(Variant[] fields, bool discardOldest)
    {
        _overflow = fields;
        _isOverflowFirst = discardOldest;
    }

    /// <summary>The event that is sent next.</summary>
    public readonly bool TryPeek(out Variant[] fields)
    {
        fields = IsOverflowNext ? _overflow! : _events is { First: { } first } ? first.Value.Fields : [];
        return Count > 0;
    }

    /// <summary>Takes out what <see cref="TryPeek"/> shows.</summary>
    public void Pop(Quota room)
    {
        if (IsOverflowNext)
        {
            _overflow = null;
            return;
        }

        _events!.RemoveFirst();
        room.Give(Weight);
    }

    private readonly bool IsOverflowNext => _overflow is not null && (_isOverflowFirst || _events is not { Count: > 0 });

    /// <summary>The events that wait with their fields, oldest first.</summary>
    public readonly IReadOnlyCollection<(UaEvent Event, Variant[] Fields)> Events => _events is null ? [] : _events;

    /// <summary>The fields of the overflow event; null where nothing was lost.</summary>
    public readonly Variant[]? Overflow => _overflow;

    /// <summary>Whether the overflow event goes before the oldest.</summary>
    public readonly bool IsOverflowFirst => _isOverflowFirst;

    /// <summary>The events that wait.</summary>
    public readonly UaEvent[] ToArray() => _events is null ? [] : [.. _events.Select(static e => e.Event)];

    /// <summary>Takes out the events that may no longer be sent.</summary>
    public readonly void RemoveWhere(Predicate<UaEvent> isRemoved, Quota room)
    {
        for (var node = _events?.First; node is not null;)
        {
            var next = node.Next;
            if (isRemoved(node.Value.Event))
            {
                _events!.Remove(node);
                room.Give(Weight);
            }

            node = next;
        }
    }

    /// <returns>Whether events were lost.</returns>
    public readonly bool Shrink(int capacity, bool discardOldest, Quota room)
    {
        var lost = false;
        for (; _events?.Count > capacity; lost = true)
        {
            if (discardOldest) _events.RemoveFirst();
            else _events.RemoveLast();
            room.Give(Weight);
        }

        return lost;
    }

    public void Clear(Quota room)
    {
        room.Give((_events?.Count ?? 0) * (long)Weight);
        _events = null;
        _overflow = null;
    }
}
