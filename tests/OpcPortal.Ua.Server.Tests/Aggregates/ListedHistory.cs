namespace OpcPortal.Ua.Server.Tests.Aggregates;

/// <summary>A history of listed values and annotations, given in pages as small as the test wants.</summary>
internal sealed class ListedHistory(IReadOnlyList<DataValue> values, int pageSize = int.MaxValue) : INodeHistory
{
    public HistoryTraits Traits { get; init; } = new();

    public IReadOnlyList<NodeAnnotation> Annotations { get; init; } = [];

    /// <summary>Values given so far: what a read costs.</summary>
    public int Given { get; private set; }

    public int LargestPage { get; private set; }

    /// <summary>Walks that asked for more than one value.</summary>
    public List<HistoryWalk> Stretches { get; } = [];

    public ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var page = Page(values, static value => value.SourceTimestamp, walk);
        Given += page.Items.Count;
        if (walk.Limit > 1) Stretches.Add(walk);
        LargestPage = Math.Max(LargestPage, page.Items.Count);
        return ValueTask.FromResult(page);
    }

    public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) =>
        ValueTask.FromResult(Page(Annotations, static annotation => annotation.Time, walk));

    public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> updates, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => throw new NotSupportedException();

    private HistoryPage<T> Page<T>(IReadOnlyList<T> items, Func<T, DateTime> timeOf, HistoryWalk walk)
    {
        Assert.True(walk.Limit >= 1);
        var (index, step) = walk.IsForward ? (FirstAtOrAfter(items, timeOf, walk.From), 1) : (FirstAtOrAfter(items, timeOf, walk.From.AddTicks(1)) - 1, -1);
        index += step * walk.Skip;
        var page = new List<T>();
        for (; index >= 0 && index < items.Count; index += step)
        {
            var time = timeOf(items[index]);
            if (walk.IsForward ? time >= walk.To : time <= walk.To) break;
            if (page.Count == Math.Min(walk.Limit, pageSize)) return new HistoryPage<T>(page, PlaceOf(items, timeOf, index, step));
            page.Add(items[index]);
        }

        return new HistoryPage<T>(page, null);
    }

    private static HistoryPlace PlaceOf<T>(IReadOnlyList<T> items, Func<T, DateTime> timeOf, int index, int step)
    {
        var time = timeOf(items[index]);
        var skip = 0;
        for (var i = index - step; i >= 0 && i < items.Count && timeOf(items[i]) == time; i -= step) skip++;
        return new HistoryPlace(time, skip);
    }

    private static int FirstAtOrAfter<T>(IReadOnlyList<T> items, Func<T, DateTime> timeOf, DateTime time)
    {
        var (low, high) = (0, items.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (timeOf(items[middle]) < time) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
