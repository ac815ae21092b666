using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <content>How it is read: what is in memory first, then what is in the database, so that what moves from one to the other meanwhile is found.</content>
public sealed partial class ReadingStore
{
    /// <inheritdoc/>
    public ValueTask<HistoryPage<HistoricReading>> ReadAsync(int point, HistoryWalk walk, CancellationToken cancellation) =>
        _series.TryGet(point, out var series) ? _reader.ReadAsync(series.Id, walk, cancellation) : new(Nothing<HistoricReading>());

    /// <inheritdoc/>
    public ValueTask<HistoryPage<ChainedReading>> ReadChainsAsync(int point, HistoryWalk walk, CancellationToken cancellation) =>
        _series.TryGet(point, out var series) ? _reader.ReadChainsAsync(series.Id, walk, cancellation) : new(Nothing<ChainedReading>());

    /// <inheritdoc/>
    public async ValueTask<HistoryPage<ReadingVersion>> ReadVersionsAsync(int point, HistoryWalk walk, CancellationToken cancellation)
    {
        if (!_series.TryGet(point, out var series)) return Nothing<ReadingVersion>();
        var page = await _reader.ReadVersionsAsync(series.Id, walk, cancellation).ConfigureAwait(false);
        // Numbers of points are not stored.
        return page with { Items = [.. page.Items.Select(version => version with { By = version.By with { Point = point } })] };
    }

    /// <inheritdoc/>
    public async ValueTask<HistoryPage<ReadingAnnotation>> ReadAnnotationsAsync(int point, HistoryWalk walk, CancellationToken cancellation)
    {
        var items = new List<ReadingAnnotation>();
        if (!_series.TryGet(point, out var series)) return Nothing<ReadingAnnotation>();
        var (low, high) = HistoryReader.RangeOf(walk);
        while (low < high)
        {
            if (items.Count == walk.Limit) return new HistoryPage<ReadingAnnotation>(items, new HistoryPlace(new DateTime(walk.IsForward ? low : high - 1, DateTimeKind.Utc)));
            var slice = await SliceAsync(new SliceRequest(series.Id, low, high, walk.IsForward, walk.Limit) { IsOfAnnotations = true }, cancellation).ConfigureAwait(false);
            var page = AnnotationPage.Of(slice.Annotations, point, walk with { Limit = walk.Limit - items.Count });
            items.AddRange(page.Items);
            if (page.Next is { } next) return new HistoryPage<ReadingAnnotation>(items, next);
            if (walk.IsForward) low = slice.High;
            else high = slice.Low;
        }

        return new HistoryPage<ReadingAnnotation>(items, null);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<int, DateTime>> LastTimesAsync(IReadOnlyCollection<int> points, DateTime since, DateTime until, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(points);
        var (last, classes) = (new LastTimes(since, until), new HashSet<int>());
        foreach (var point in points)
        {
            if (!_series.TryGet(point, out var series)) continue;
            last.Want(series.Id);
            classes.Add(series.DataClass);
        }

        FindLast(last);
        // From the newest month back: few points have to be looked for in more than one.
        for (var month = Stretch.MonthOf(until); month >= Stretch.MonthOf(since); month--)
        {
            // What is in memory may have come late: of this month the database may have later ones.
            if (last.Before(month == Stretch.MonthOf(until) ? until : Stretch.EndOf(month)) is not { Count: > 0 } sought) break;
            await _blocks.FindLastAsync(month, classes, sought, last, cancellation).ConfigureAwait(false);
        }

        var found = new Dictionary<int, DateTime>(points.Count);
        foreach (var point in points)
            if (_series.TryGet(point, out var series) && last.TryGet(series.Id, out var time)) found[point] = time;
        return found;
    }

    private void FindLast(LastTimes last)
    {
        for (var isWhole = false; !isWhole;)
        {
            var tables = Tables;
            foreach (var table in tables)
            {
                if (table.IsOnDisk) ReadSegment(table.Generation, last);
                else table.FindLast(last);
            }

            // A table is emptied after it was taken out.
            isWhole = ReferenceEquals(tables, Tables);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DateTime?> FirstTimeAsync(int point, CancellationToken cancellation)
    {
        for (HistoryWalk? walk = new HistoryWalk(DateTime.MinValue, DateTime.MaxValue, 1); walk is { } next;)
        {
            var page = await ReadAsync(point, next, cancellation).ConfigureAwait(false);
            if (page.Items.Count > 0) return page.Items[0].SourceTime;
            walk = page.Next is { } place ? next.Resume(place) : null;
        }

        return null;
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<DateTime> RecoveredDays(int point) => _series.TryGet(point, out var series) && _recoveredDays.TryGetValue(series.Id, out var days) ? days : [];

    private async ValueTask<HistorySlice> SliceAsync(SliceRequest request, CancellationToken cancellation)
    {
        var waiting = ReadTables(request);
        var stored = await _blocks.ReadAsync(request, cancellation).ConfigureAwait(false);
        var slice = new HistorySlice(stored.Low, stored.High);
        slice.Raws.AddRange(stored.Raws);
        slice.Revisions.AddRange(stored.Revisions);
        slice.Annotations.AddRange(stored.Annotations);
        foreach (var (generation, part) in waiting)
        {
            // A series is stored whole, generation by generation: what is there of one of them is no longer counted here.
            if (generation > stored.Generation) slice.Raws.AddRange(part.Raws);
            slice.Revisions.AddRange(part.Revisions);
            slice.Annotations.AddRange(part.Annotations);
        }

        slice.Narrow(stored.Low, stored.High);
        return slice;
    }

    private List<(long Generation, HistorySlice Part)> ReadTables(SliceRequest request)
    {
        while (true)
        {
            var tables = Tables;
            var parts = new List<(long, HistorySlice)>(tables.Length);
            foreach (var table in tables) parts.Add((table.Generation, ReadTable(table, request)));
            // A table is emptied after it was taken out.
            if (ReferenceEquals(tables, Tables)) return parts;
        }
    }

    private HistorySlice ReadTable(ReadingTable table, SliceRequest request)
    {
        var part = new HistorySlice(request.Low, request.High);
        if (table.IsOnDisk)
        {
            ReadSegment(table.Generation, new SliceVisitor(request, part));
            return part;
        }

        if (request.IsOfAnnotations)
        {
            table.Read(request.Series, request.Low, request.High, part.Annotations);
            return part;
        }

        table.Read(request.Series, request.Low, request.High, part.Raws);
        table.Read(request.Series, request.Low, request.High, part.Revisions);
        return part;
    }

    private static HistoryPage<T> Nothing<T>() => new([], null);
}
