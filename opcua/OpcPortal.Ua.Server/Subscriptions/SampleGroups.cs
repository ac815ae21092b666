namespace OpcPortal.Ua.Server;

/// <summary>Groups of items by sampling interval, each with one entry in the clock, made when first needed and gone with its last item.</summary>
internal sealed class SampleGroups(DueQueue clock, bool polls)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TimeSpan, SampleGroup> _groups = [];

    /// <summary>Calls the groups, and others that wait for a time and are done at once.</summary>
    public DueQueue Clock => clock;

    public int Count
    {
        get
        {
            lock (_gate) return _groups.Count;
        }
    }

    public SampleGroup Join(TimeSpan interval)
    {
        SampleGroup? group;
        lock (_gate)
        {
            if (_groups.TryGetValue(interval, out group))
            {
                group.Members++;
                return group;
            }

            _groups[interval] = group = new SampleGroup(this, interval, polls) { Members = 1 };
        }

        clock.Start(group);
        return group;
    }

    internal void Forget(SampleGroup group)
    {
        lock (_gate)
        {
            if (--group.Members > 0) return;
            _groups.Remove(group.Interval);
            group.IsOver = true;
        }

        clock.Stop(group);
    }

    /// <summary>
    /// Rounds an interval up to the next step, so that the number of groups, and of the timer's wake-ups, stays some hundreds whatever clients ask for:
    /// whole milliseconds below 100 ms, and two significant digits above.
    /// </summary>
    public static TimeSpan RoundUp(TimeSpan interval)
    {
        var step = TimeSpan.TicksPerMillisecond;
        while (interval.Ticks > step * 100) step *= 10;
        return TimeSpan.FromTicks((interval.Ticks + step - 1) / step * step);
    }
}

/// <summary>
/// The items of one sampling interval. Where sources tell of changes it counts the intervals: an item takes the first change of each at once and the last one at its end.
/// Where they do not, it reads each of its items once an interval.
/// </summary>
internal sealed class SampleGroup : DueEntry
{
    private const int FirstSize = 16;

    private readonly Lock _gate = new();
    private readonly SampleGroups _groups;
    private readonly bool _polls;
    private DataItem?[] _items = new DataItem?[FirstSize];
    private DataItem?[] _due = new DataItem?[FirstSize];
    private int _count;
    private int _epoch;

    public SampleGroup(SampleGroups groups, TimeSpan interval, bool polls)
    {
        _groups = groups;
        Interval = interval;
        _polls = polls;
    }

    /// <summary>The groups' own count, under their lock.</summary>
    internal int Members;

    /// <summary>The last member has left: should the clock have been started after it was stopped, it stops by itself.</summary>
    internal volatile bool IsOver;

    /// <summary>The number of the interval that runs.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>Adds an item: to be read at each interval's end, or told of the end of this one.</summary>
    public void Add(DataItem item)
    {
        lock (_gate)
        {
            if (item.GroupSlot >= 0) return;
            if (_count == _items.Length) Array.Resize(ref _items, _count * 2);
            item.GroupSlot = _count;
            _items[_count++] = item;
        }
    }

    /// <summary>Takes an item out for good. It may be called meanwhile for a last time.</summary>
    public void Leave(DataItem item)
    {
        lock (_gate)
        {
            if (item.GroupSlot >= 0)
            {
                var last = _items[--_count]!;
                _items[item.GroupSlot] = last;
                last.GroupSlot = item.GroupSlot;
                _items[_count] = null;
                item.GroupSlot = -1;
            }
        }

        _groups.Forget(this);
    }

    protected internal override bool OnDue()
    {
        if (IsOver) return false;
        Interlocked.Increment(ref _epoch);
        var count = Take();
        for (var i = 0; i < count; i++)
        {
            if (_polls) _due[i]!.Poll();
            else _due[i]!.OnIntervalEnd(this);
        }

        Array.Clear(_due, 0, count);
        return true;
    }

    // Only the clock's thread uses what is due.
    private int Take()
    {
        lock (_gate)
        {
            if (_polls)
            {
                if (_due.Length < _count) _due = new DataItem?[_items.Length];
                Array.Copy(_items, _due, _count);
                return _count;
            }

            (_items, _due) = (_due, _items);
            var count = _count;
            _count = 0;
            for (var i = 0; i < count; i++) _due[i]!.GroupSlot = -1;
            return count;
        }
    }
}
