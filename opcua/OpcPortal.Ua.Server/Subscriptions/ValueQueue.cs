using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The values of one data item that wait to be sent. The newest lies in the struct itself, so that the usual queue of one allocates nothing; those before
/// it lie in a ring that grows as needed. Not thread-safe. Part 4 5.13.1.5.
/// </summary>
internal struct ValueQueue
{
    private const int FirstRing = 4;

    // A ring that was needed for a burst is given back once it has been sent.
    private const int KeptRing = 16;

    private DataValue _newest;
    private DataValue[]? _older;
    private int _head;
    private int _count;

    public readonly int Count => _count;

    /// <summary>The value queued last, sent or not: what filters compare with.</summary>
    [UnscopedRef]
    public readonly ref readonly DataValue Newest => ref _newest;

    /// <summary>Queues a value; one that finds the queue full pushes another out.</summary>
    /// <param name="capacity">As revised; at least 1.</param>
    /// <param name="room">Where room for a growing ring is taken from; where there is none left, the queue is full.</param>
    /// <returns>Whether a value was lost that must be told of: the overflow bit is set. A queue of one never does.</returns>
    public bool Push(in DataValue value, int capacity, bool discardOldest, Quota room)
    {
        if (_count == 0)
        {
            _newest = value;
            _count = 1;
            return false;
        }

        if (_count < capacity && TryMakeRoom(capacity, room))
        {
            Older(_count - 1) = _newest;
            _newest = value;
            _count++;
            return false;
        }

        if (capacity == 1)
        {
            _newest = value;
            return false;
        }

        if (!discardOldest || _count == 1)
        {
            _newest = value with { StatusCode = value.StatusCode.WithOverflow() };
            return true;
        }

        Older(_count - 1) = _newest;
        _newest = value;
        _head = (_head + 1) % _older!.Length;
        ref var oldest = ref Older(0);
        oldest = oldest with { StatusCode = oldest.StatusCode.WithOverflow() };
        return true;
    }

    /// <summary>The value that is sent next. There must be one.</summary>
    [UnscopedRef]
    public readonly ref readonly DataValue Oldest => ref _count == 1 ? ref _newest : ref Older(0);

    /// <summary>A value that waits: 0 is the oldest.</summary>
    [UnscopedRef]
    public readonly ref readonly DataValue this[int index] => ref index == _count - 1 ? ref _newest : ref Older(index);

    /// <summary>What filters compare with, where nothing waits: it was queued and sent by a process before this one.</summary>
    public void Compare(in DataValue sent)
    {
        Debug.Assert(_count == 0);
        _newest = sent;
    }

    /// <summary>Takes the oldest out.</summary>
    public void Pop(Quota room)
    {
        Debug.Assert(_count > 0);
        if (--_count == 0)
        {
            if (_older is { Length: > KeptRing }) Release(room);
            return;
        }

        Older(0) = default;
        _head = (_head + 1) % _older!.Length;
    }

    /// <summary>Holds at most <paramref name="capacity"/> from now on. Part 4 5.13.3: what is too much is discarded by the policy.</summary>
    /// <returns>Whether values were lost.</returns>
    public bool Shrink(int capacity, bool discardOldest, Quota room)
    {
        if (_count <= capacity) return false;
        var kept = new DataValue[_count];
        var count = _count;
        for (var i = 0; i < count; i++)
        {
            kept[i] = Oldest;
            Pop(room);
        }

        Release(room);
        var first = discardOldest ? count - capacity : 0;
        for (var i = 0; i < capacity - 1; i++) Push(kept[first + i], capacity, discardOldest, room);
        Push(kept[count - 1], capacity, discardOldest, room);
        if (capacity == 1) return false;
        ref var flagged = ref discardOldest && _count > 1 ? ref Older(0) : ref _newest;
        flagged = flagged with { StatusCode = flagged.StatusCode.WithOverflow() };
        return true;
    }

    /// <summary>Forgets what waits; what filters compare with stays.</summary>
    public void Clear(Quota room)
    {
        _count = 0;
        Release(room);
    }

    private readonly ref DataValue Older(int index) => ref _older![(_head + index) % _older.Length];

    // One place more than the older values: while full, the newest moves there before the oldest leaves.
    private bool TryMakeRoom(int capacity, Quota room)
    {
        var length = _older?.Length ?? 0;
        if (_count + 1 <= length) return true;
        var wanted = Math.Min(Math.Max(FirstRing, length * 2), capacity);
        if (!room.TryTake(wanted - length)) return false;
        var larger = new DataValue[wanted];
        for (var i = 0; i < _count - 1; i++) larger[i] = Older(i);
        _older = larger;
        _head = 0;
        return true;
    }

    private void Release(Quota room)
    {
        if (_older is null) return;
        room.Give(_older.Length);
        _older = null;
        _head = 0;
    }
}
