namespace OpcPortal.Ua.Server;

/// <summary>Finds what history held before it is changed. Part 11 5.8: auditors are told of old values as well as new ones.</summary>
/// <param name="most">Values at most.</param>
internal sealed class HistoryBefore(INodeHistory history, int most, CancellationToken cancellation)
{
    // Times that are changed together mostly lie together: one look finds some of them.
    private const int Look = 64;

    /// <summary>For each time the value that is there; null where there is none, or it could not be found within as many looks as there may be values.</summary>
    public async ValueTask<DataValue?[]> AtAsync(DateTime[] times)
    {
        var found = new DataValue?[times.Length];
        var order = Enumerable.Range(0, times.Length).OrderBy(i => times[i]).ToArray();
        HistoryPlace? place = null;
        for (var (next, looks) = (0, 0); next < order.Length && looks < most; looks++)
        {
            var walk = new HistoryWalk(times[order[next]], TimeDomain.After(times[order[^1]]), Look);
            // Where a page told nothing of the next time, the walk goes on; else it leaps to that time.
            if (place is { } reached && reached.Time == walk.From) walk = walk.Resume(reached);
            var page = await history.ReadAsync(walk, cancellation).ConfigureAwait(false);
            place = page.Next;
            next = Match(times, order, next, page, found);
        }

        return found;
    }

    // Answers the times that the page covers, in their order; gives the first that it does not cover.
    private static int Match(DateTime[] times, int[] order, int next, in HistoryPage<DataValue> page, DataValue?[] found)
    {
        var until = page.Next switch
        {
            null => TimeDomain.Latest,
            // The value of that very time was given.
            { Skip: > 0 } given => TimeDomain.After(given.Time),
            { } place => place.Time,
        };
        for (var at = 0; next < order.Length && (times[order[next]] < until || page.Next is null); next++)
        {
            var time = times[order[next]];
            while (at < page.Items.Count && page.Items[at].SourceTimestamp < time) at++;
            if (at < page.Items.Count && page.Items[at].SourceTimestamp == time) found[order[next]] = page.Items[at];
        }

        return next;
    }

    /// <summary>The values of a stretch, its end excluded; null where there are more than can be told.</summary>
    public async ValueTask<DataValue[]?> WithinAsync(DateTime from, DateTime to)
    {
        var values = new List<DataValue>();
        var rest = new HistoryWalk(from, to, most + 1);
        while (true)
        {
            var page = await history.ReadAsync(rest, cancellation).ConfigureAwait(false);
            values.AddRange(page.Items);
            if (values.Count > most) return null;
            if (page.Next is not { } next) return [.. values];
            rest = rest.Resume(next) with { Limit = most + 1 - values.Count };
        }
    }

    /// <summary>What people have noted at a time.</summary>
    public async ValueTask<Annotation[]> NotedAtAsync(DateTime time)
    {
        var page = await history.ReadAnnotationsAsync(new HistoryWalk(time, TimeDomain.After(time), Look), cancellation).ConfigureAwait(false);
        return [.. page.Items.Select(static a => a.Annotation)];
    }
}
