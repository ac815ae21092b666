namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>A history in memory that changes as Part 11 6.9 has it. Pages are as long as is asked for, or shorter where the test says so.</summary>
internal sealed class MemoryHistory : INodeHistory
{
    private readonly SortedDictionary<DateTime, DataValue> _values = [];
    private readonly List<ModifiedValue> _modified = [];
    private readonly List<NodeAnnotation> _annotations = [];

    public HistoryTraits Traits { get; init; } = new();

    /// <summary>Items of a page at most: 0 gives empty pages for ever.</summary>
    public int MostPerPage { get; init; } = int.MaxValue;

    /// <summary>Pages that were asked for.</summary>
    public int Asked { get; private set; }

    /// <summary>Where set, a page waits for it, or for the end of the request.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>The page of those that are asked for at which the disk is away.</summary>
    public int? FailsAt { get; set; }

    public IReadOnlyCollection<DataValue> Values => _values.Values;

    public static DateTime At(int hour, int minute, int second = 0) => new(2026, 3, 4, hour, minute, second, DateTimeKind.Utc);

    public MemoryHistory Add(DateTime time, Variant value, StatusCode status = default)
    {
        _values[time] = new DataValue(value, status, time, time.AddSeconds(2));
        return this;
    }

    public MemoryHistory Modified(DateTime time, Variant value, HistoryUpdateType kind, DateTime at, string user)
    {
        _modified.Add(new ModifiedValue(new DataValue(value, default, time, time), new ModificationInfo { ModificationTime = at, UpdateType = kind, UserName = user }));
        return this;
    }

    public MemoryHistory Annotate(DateTime time, string text, string user)
    {
        _annotations.Add(new NodeAnnotation(time, new Annotation { Message = text, UserName = user, AnnotationTime = time.AddDays(1) }));
        return this;
    }

    public ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => Page(_values.Values, static v => v.SourceTimestamp, walk, cancellation);

    public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) =>
        Page((walk.IsForward ? _modified.OrderByDescending(static m => m.Modification.ModificationTime) : _modified.OrderBy(static m => m.Modification.ModificationTime)).OrderBy(static m => m.Value.SourceTimestamp), static m => m.Value.SourceTimestamp, walk, cancellation);

    public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) =>
        Page(_annotations.OrderBy(static a => a.Time), static a => a.Time, walk, cancellation);

    private async ValueTask<HistoryPage<T>> Page<T>(IEnumerable<T> items, Func<T, DateTime> timeOf, HistoryWalk walk, CancellationToken cancellation)
    {
        if (++Asked == FailsAt) throw new IOException("The disk is away.");
        if (Hold is not null) await Hold.Task.WaitAsync(cancellation);
        var wanted = walk.IsForward
            ? items.Where(item => timeOf(item) >= walk.From && timeOf(item) < walk.To)
            // Those of one time keep their order.
            : items.Where(item => timeOf(item) <= walk.From && timeOf(item) > walk.To).OrderByDescending(timeOf);
        var rest = wanted.Skip(walk.Skip).ToList();
        var page = rest.Take(Math.Min(walk.Limit, MostPerPage)).ToList();
        if (page.Count == rest.Count) return new HistoryPage<T>(page, null);
        if (page.Count == 0) return new HistoryPage<T>(page, new HistoryPlace(walk.From, walk.Skip));
        var last = timeOf(page[^1]);
        var given = page.Count(item => timeOf(item) == last) + (last == walk.From ? walk.Skip : 0);
        return new HistoryPage<T>(page, new HistoryPlace(last, given));
    }

    public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => ValueTask.FromResult<StatusCode[]>([.. values.Select(value =>
    {
        var isThere = _values.ContainsKey(value.SourceTimestamp);
        if (isThere && kind == PerformUpdateType.Insert) return new StatusCode(StatusCodes.BadEntryExists);
        if (!isThere && kind == PerformUpdateType.Replace) return StatusCodes.BadNoEntryExists;
        _values[value.SourceTimestamp] = value;
        return isThere ? StatusCodes.GoodEntryReplaced : StatusCodes.GoodEntryInserted;
    })]);

    public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => ValueTask.FromResult<StatusCode[]>([.. annotations.Select(noted =>
    {
        var removed = kind == PerformUpdateType.Insert ? 0 : _annotations.RemoveAll(other => other.Time == noted.Time && other.Annotation.UserName == noted.Annotation.UserName);
        if (removed == 0 && kind is PerformUpdateType.Replace or PerformUpdateType.Remove) return new StatusCode(StatusCodes.BadNoEntryExists);
        if (kind == PerformUpdateType.Remove) return StatusCodes.Good;
        _annotations.Add(noted);
        return removed == 0 ? StatusCodes.GoodEntryInserted : StatusCodes.GoodEntryReplaced;
    })]);

    public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation)
    {
        if (modified) return ValueTask.FromResult<StatusCode>(StatusCodes.BadHistoryOperationUnsupported);
        var gone = _values.Keys.Where(time => from == to ? time == from : time >= from && time < to).ToList();
        foreach (var time in gone) _values.Remove(time);
        return ValueTask.FromResult<StatusCode>(gone.Count > 0 ? StatusCodes.Good : StatusCodes.BadNoData);
    }

    public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) =>
        ValueTask.FromResult<StatusCode[]>([.. times.Select(time => _values.Remove(time) ? new StatusCode(StatusCodes.Good) : StatusCodes.BadNoEntryExists)]);
}
