using System.Runtime.InteropServices;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Makes items of one time of a series, in their order, into an empty list.</summary>
internal delegate void TimelineSelector<T>(ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions, List<T> into);

/// <summary>Walks through the history of a series, slice by slice, and folds what there is of each time.</summary>
/// <param name="slice">Gives the whole of a part of a stretch that begins where the walk does, forwards or backwards, with about as many readings as are wanted.</param>
internal sealed class HistoryReader(NoteTable notes, Func<SliceRequest, CancellationToken, ValueTask<HistorySlice>> slice)
{
    /// <summary>Readings of a slice: who wants all there are gets them in parts all the same.</summary>
    private const int MaxWanted = 1 << 18;

    public ValueTask<HistoryPage<HistoricReading>> ReadAsync(long series, HistoryWalk walk, CancellationToken cancellation) => WalkAsync<HistoricReading>(series, walk, SelectBest, cancellation);

    public ValueTask<HistoryPage<ChainedReading>> ReadChainsAsync(long series, HistoryWalk walk, CancellationToken cancellation) => WalkAsync<ChainedReading>(series, walk, SelectChain, cancellation);

    public ValueTask<HistoryPage<ReadingVersion>> ReadVersionsAsync(long series, HistoryWalk walk, CancellationToken cancellation) => WalkAsync<ReadingVersion>(
        series, walk, walk.IsForward ? SelectVersionsBack : SelectVersions, cancellation);

    private void SelectBest(ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions, List<HistoricReading> into)
    {
        var timeline = new Timeline(notes);
        timeline.Fold(raws, revisions);
        if (timeline.HasValue) into.Add(timeline.Best);
    }

    private void SelectChain(ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions, List<ChainedReading> into)
    {
        var timeline = new Timeline(notes) { Chain = [] };
        timeline.Fold(raws, revisions);
        if (timeline.HasValue) into.Add(new ChainedReading(timeline.Best, timeline.Chain));
    }

    private void SelectVersions(ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions, List<ReadingVersion> into)
    {
        if (raws.Length + revisions.Length < 2) return;
        var timeline = new Timeline(notes) { Versions = into };
        timeline.Fold(raws, revisions);
    }

    private void SelectVersionsBack(ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions, List<ReadingVersion> into)
    {
        SelectVersions(raws, revisions, into);
        into.Reverse();
    }

    private async ValueTask<HistoryPage<T>> WalkAsync<T>(long series, HistoryWalk walk, TimelineSelector<T> select, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(walk.Limit, 1);
        var page = new PageBuilder<T>(walk);
        var (low, high) = RangeOf(walk);
        while (low < high && !page.IsFull)
        {
            var found = await slice(new SliceRequest(series, low, high, walk.IsForward, (int)Math.Min((long)walk.Limit - page.Count + walk.Skip + 1, MaxWanted)), cancellation).ConfigureAwait(false);
            found.Sort();
            page.Take(found, select);
            if (walk.IsForward) low = found.High;
            else high = found.Low;
        }

        return page.Build(low < high ? walk.IsForward ? low : high - 1 : null);
    }

    /// <summary>The ticks of a walk, from the first to the one after the last.</summary>
    public static (long Low, long High) RangeOf(HistoryWalk walk) => walk.IsForward ? (walk.From.Ticks, walk.To.Ticks) : (walk.To.Ticks + 1, walk.From.Ticks + 1);
}

/// <summary>A part of a series that is wanted.</summary>
/// <param name="Low">Ticks UTC, included.</param>
/// <param name="High">Ticks UTC, excluded.</param>
/// <param name="Wanted">How many readings would be enough.</param>
internal readonly record struct SliceRequest(long Series, long Low, long High, bool IsForward, int Wanted)
{
    /// <summary>Annotations alone are wanted, and readings with their revisions are not.</summary>
    public bool IsOfAnnotations { get; init; }
}

/// <summary>Gathers the items of a page.</summary>
internal sealed class PageBuilder<T>(HistoryWalk walk)
{
    private readonly List<T> _items = new(Math.Min(walk.Limit, 4096));
    private readonly List<T> _ofOneTime = [];
    private HistoryPlace? _next;

    public int Count => _items.Count;
    public bool IsFull => _next is not null || _items.Count >= walk.Limit;

    /// <param name="rest">Where the walk goes on, ticks UTC; null: it has come to its end.</param>
    public HistoryPage<T> Build(long? rest) => new(_items, _next ?? (rest is { } ticks ? new HistoryPlace(new DateTime(ticks, DateTimeKind.Utc)) : null));

    /// <summary>Takes over what there is in a sorted slice, until the page is full.</summary>
    public void Take(HistorySlice slice, TimelineSelector<T> select)
    {
        var raws = CollectionsMarshal.AsSpan(slice.Raws);
        var revisions = CollectionsMarshal.AsSpan(slice.Revisions);
        while ((raws.Length > 0 || revisions.Length > 0) && _next is null)
        {
            var time = walk.IsForward ? First(raws, revisions) : Last(raws, revisions);
            var (ofRaws, ofRevisions) = walk.IsForward ? (Leading(raws, time), Leading(revisions, time)) : (Trailing(raws, time), Trailing(revisions, time));
            Take(time, walk.IsForward ? raws[..ofRaws] : raws[^ofRaws..], walk.IsForward ? revisions[..ofRevisions] : revisions[^ofRevisions..], select);
            raws = walk.IsForward ? raws[ofRaws..] : raws[..^ofRaws];
            revisions = walk.IsForward ? revisions[ofRevisions..] : revisions[..^ofRevisions];
        }
    }

    private void Take(DateTime time, ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions, TimelineSelector<T> select)
    {
        _ofOneTime.Clear();
        select(raws, revisions, _ofOneTime);
        for (var i = time == walk.From ? walk.Skip : 0; i < _ofOneTime.Count; i++)
        {
            if (_items.Count == walk.Limit)
            {
                _next = new HistoryPlace(time, i);
                return;
            }

            _items.Add(_ofOneTime[i]);
        }
    }

    private static DateTime First(Span<RawReading> raws, Span<StoredRevision> revisions)
    {
        if (revisions.IsEmpty) return raws[0].SourceTime;
        var revision = revisions[0].Revision.SourceTime;
        return raws.IsEmpty || revision < raws[0].SourceTime ? revision : raws[0].SourceTime;
    }

    private static DateTime Last(Span<RawReading> raws, Span<StoredRevision> revisions)
    {
        if (revisions.IsEmpty) return raws[^1].SourceTime;
        var revision = revisions[^1].Revision.SourceTime;
        return raws.IsEmpty || revision > raws[^1].SourceTime ? revision : raws[^1].SourceTime;
    }

    private static int Leading(Span<RawReading> raws, DateTime time)
    {
        var count = 0;
        while (count < raws.Length && raws[count].SourceTime == time) count++;
        return count;
    }

    private static int Leading(Span<StoredRevision> revisions, DateTime time)
    {
        var count = 0;
        while (count < revisions.Length && revisions[count].Revision.SourceTime == time) count++;
        return count;
    }

    private static int Trailing(Span<RawReading> raws, DateTime time)
    {
        var count = 0;
        while (count < raws.Length && raws[^(count + 1)].SourceTime == time) count++;
        return count;
    }

    private static int Trailing(Span<StoredRevision> revisions, DateTime time)
    {
        var count = 0;
        while (count < revisions.Length && revisions[^(count + 1)].Revision.SourceTime == time) count++;
        return count;
    }
}
