using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <content>How it is read.</content>
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
    public ValueTask<HistoryPage<ReadingAnnotation>> ReadAnnotationsAsync(int point, HistoryWalk walk, CancellationToken cancellation)
    {
        if (!_series.TryGet(point, out var series)) return new(Nothing<ReadingAnnotation>());
        var (low, high) = HistoryReader.RangeOf(walk);
        var stored = new List<StoredAnnotation>();
        foreach (var table in Volatile.Read(ref _tables)) table.Read(series.Id, low, high, stored);
        return new(AnnotationPage.Of(stored, point, walk));
    }

    /// <inheritdoc/>
    public ValueTask<DateTime?> LastTimeAsync(int point, CancellationToken cancellation) => EndAsync(point, new HistoryWalk(DateTime.MaxValue.AddTicks(-1), DateTime.MinValue, 1), cancellation);

    /// <inheritdoc/>
    public ValueTask<DateTime?> FirstTimeAsync(int point, CancellationToken cancellation) => EndAsync(point, new HistoryWalk(DateTime.MinValue, DateTime.MaxValue, 1), cancellation);

    private async ValueTask<DateTime?> EndAsync(int point, HistoryWalk walk, CancellationToken cancellation)
    {
        var page = await ReadAsync(point, walk, cancellation).ConfigureAwait(false);
        return page.Items.Count > 0 ? page.Items[0].SourceTime : null;
    }

    private ValueTask<HistorySlice> SliceAsync(SliceRequest request, CancellationToken cancellation)
    {
        var slice = new HistorySlice(request.Low, request.High);
        foreach (var table in Volatile.Read(ref _tables))
        {
            table.Read(request.Series, request.Low, request.High, slice.Raws);
            table.Read(request.Series, request.Low, request.High, slice.Revisions);
        }

        return new(slice);
    }

    private static HistoryPage<T> Nothing<T>() => new([], null);
}
