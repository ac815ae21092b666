namespace OpcPortal.Ua.Server;

/// <summary>
/// Goes through the raw values of a history from one time to another, page by page, and looks beyond: an interval's last bounding value depends on what comes after it. Memory is
/// bounded by pages, not by the stretch. Not thread-safe.
/// </summary>
internal sealed class AggregateCursor(INodeHistory history, AggregateRules rules, CancellationToken cancellation)
{
    /// <summary>Values in one page of the stretch itself: some 300 kB of them.</summary>
    private const int PageSize = 4_096;

    /// <summary>
    /// How often one value alone is asked for before or beyond the stretch: nearly always the first one does. What is asked for in numbers is read from where it begins to where it
    /// would end, for who keeps account of it.
    /// </summary>
    private const int SingleLooks = 4;

    /// <summary>
    /// Values that are looked at beyond an edge for one that can be used. Part 13 3.1.8 leaves it to the server: a week of minutes, during which a device that sends bad values has
    /// long been mended or given up.
    /// </summary>
    private const int MaxLook = 10_080;

    // What was read and not taken yet: nearly always one page, and one more while looking beyond it.
    private readonly Queue<IReadOnlyList<DataValue>> _pages = new();
    private IReadOnlyList<DataValue> _page = [];
    private int _index;
    private int _ahead;

    // How many of those to come are known to be of no use.
    private int _useless;
    private HistoryWalk? _stretch;
    private HistoryWalk? _beyond;
    private int _looks;

    /// <summary>Places the cursor at the beginning of a stretch.</summary>
    /// <param name="low">The earlier edge, ticks: left out where time runs backward.</param>
    /// <param name="high">The later edge, ticks: left out where it runs forward.</param>
    public void Start(long low, long high)
    {
        var shift = rules.IsBackward ? 1 : 0;
        _stretch = new HistoryWalk(At(low + shift), At(high + shift), PageSize);
        _beyond = new HistoryWalk(At(high + shift), DateTime.MaxValue, 1);
        _looks = 0;
        _pages.Clear();
        _page = [];
        _index = 0;
        _ahead = 0;
        _useless = 0;
    }

    /// <summary>Places the cursor at the beginning of a stretch of which perhaps only a part is gone through.</summary>
    /// <param name="from">Ticks, included.</param>
    /// <param name="to">Ticks, left out.</param>
    /// <param name="look">Values wanted at first.</param>
    public void StartLooking(long from, long to, int look)
    {
        Start(from, to);
        _stretch = new HistoryWalk(At(from), At(to), look);
    }

    /// <summary>What lies before the stretch and bears upon it: as far back as the last two values that can be used.</summary>
    /// <param name="needsUsable">Whether one value, of whatever quality, will not do.</param>
    /// <returns>In the order of time.</returns>
    public async ValueTask<List<AggregatePoint>> ReadLeadAsync(long low, bool needsUsable)
    {
        var found = new List<AggregatePoint>();
        // Going back, a walk includes where it begins.
        var from = rules.IsBackward ? low : low - 1;
        HistoryWalk? rest = from < 0 ? null : new HistoryWalk(At(from), DateTime.MinValue, 1);
        var looks = 0;
        var wanted = !needsUsable ? 0 : rules.UseSlopedExtrapolation ? 2 : 1;
        while (rest is { } walk && found.Count < MaxLook)
        {
            var page = await history.ReadAsync(walk, cancellation).ConfigureAwait(false);
            foreach (var value in page.Items)
            {
                var point = AggregatePoint.Raw(value);
                found.Add(point);
                if (rules.IsUsable(point)) wanted--;
                if (wanted <= 0) break;
            }

            if (found.Count > 0 && wanted <= 0) break;
            rest = Next(walk, page.Next, ++looks < SingleLooks);
        }

        found.Reverse();
        return found;
    }

    /// <summary>The next value of the stretch; false at its end, or where more must be read first.</summary>
    public bool TryTake(long end, out AggregatePoint point)
    {
        point = default;
        if (_ahead == 0) return false;
        var value = _page[_index];
        var ticks = value.SourceTimestamp.Ticks;
        if (rules.IsBackward ? ticks > end : ticks >= end) return false;
        point = AggregatePoint.Raw(value, ticks);
        _ahead--;
        if (_useless > 0) _useless--;
        if (++_index < _page.Count) return true;
        _index = 0;
        _page = _pages.TryDequeue(out var next) ? next : [];
        return true;
    }

    /// <summary>Whether all values that were read have been taken.</summary>
    public bool IsEmpty => _ahead == 0;

    /// <summary>Reads on, also beyond the stretch.</summary>
    /// <returns>False at the end of all.</returns>
    public async ValueTask<bool> ReadOnAsync()
    {
        while ((_stretch ?? _beyond) is { } walk)
        {
            var page = await history.ReadAsync(walk, cancellation).ConfigureAwait(false);
            var next = Next(walk, page.Next, _stretch is null && ++_looks < SingleLooks);
            if (_stretch is null) _beyond = next;
            else _stretch = next;
            if (page.Items.Count == 0) continue;
            if (_ahead == 0) _page = page.Items;
            else _pages.Enqueue(page.Items);
            _ahead += page.Items.Count;
            return true;
        }

        return false;
    }

    /// <summary>What comes after the values taken so far.</summary>
    /// <param name="needsUsable">Whether one value, of whatever quality, will not do.</param>
    public async ValueTask<AggregateLookahead> LookAsync(bool needsUsable)
    {
        var ahead = default(AggregateLookahead);
        if (_ahead == 0 && !await ReadOnAsync().ConfigureAwait(false)) return ahead;
        ahead.Next = PointAt(0);
        ahead.HasNext = true;
        if (!needsUsable) return ahead;
        while (_useless < MaxLook)
        {
            if (_useless == _ahead && !await ReadOnAsync().ConfigureAwait(false)) return ahead;
            var point = PointAt(_useless);
            if (rules.IsUsable(point))
            {
                ahead.Usable = point;
                ahead.HasUsable = true;
                return ahead;
            }

            _useless++;
        }

        return ahead;
    }

    private AggregatePoint PointAt(int offset)
    {
        var index = _index + offset;
        if (index < _page.Count) return AggregatePoint.Raw(_page[index]);
        index -= _page.Count;
        foreach (var page in _pages)
        {
            if (index < page.Count) return AggregatePoint.Raw(page[index]);
            index -= page.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(offset));
    }

    // A source may give an empty page and a place to go on from, but always another one.
    private static HistoryWalk? Next(in HistoryWalk walk, HistoryPlace? place, bool isSingle) =>
        place is { } next ? walk.Resume(next) with { Limit = isSingle ? 1 : Math.Min(walk.Limit * 4, PageSize) } : null;

    private static DateTime At(long ticks) => new(Math.Min(ticks, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
}
