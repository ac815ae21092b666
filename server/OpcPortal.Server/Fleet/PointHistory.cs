using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>What the history of a node is made of.</summary>
/// <param name="Grant">Whom it is for.</param>
/// <param name="Slot">The point's.</param>
internal sealed record HistorySource(IReadingHistory Readings, int Point, LayoutSlot Slot, HistoryRight Right, IHistoryRights? Rights, NodeGrant Grant, HistoryEditor Editor, ReadingQualityIds Quality, TimeProvider Time);

/// <summary>
/// The history of a point for one user: what is granted is walked window by window, and what its terms withhold is not there. Part 11 5.2, Part 11 6.5. The values themselves here;
/// <see cref="QualityHistory"/> gives what else is known of them.
/// </summary>
internal class PointHistory(HistorySource source) : INodeHistory
{
    protected HistorySource Source => source;

    // Where the archive begins is not known without looking: StartOfArchive tells it.
    public HistoryTraits Traits => source.Slot.Traits!;

    public virtual ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => WalkAsync(
        walk, part => source.Readings.ReadAsync(source.Point, part, cancellation), static reading => reading.SourceTime, static (reading, window) => window.Shows(reading), ToValue);

    public virtual ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) => WalkAsync(
        walk, part => source.Readings.ReadVersionsAsync(source.Point, part, cancellation), static version => version.Reading.SourceTime, static (version, window) => window.Shows(version.Reading),
        version => new ModifiedValue(ToValue(version.Reading with { IsRevised = false }), ModificationOf(version.By)));

    public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) => WalkAsync(
        walk, part => ReadShownAnnotationsAsync(part, cancellation), static noted => noted.Annotation.SourceTime, static (noted, _) => noted.IsShown, noted => ToAnnotation(noted.Annotation));

    public virtual ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => source.Editor.UpdateAsync(source, kind, values, cancellation);

    public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) =>
        source.Editor.AnnotateAsync(source, kind, annotations, cancellation);

    public virtual ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => source.Editor.DeleteAsync(source, from, to, modified, cancellation);

    public virtual ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => source.Editor.DeleteAtAsync(source, times, cancellation);

    /// <summary>Walks the part of each window in the order of the walk; a page ends with its window at the latest.</summary>
    protected async ValueTask<HistoryPage<TOut>> WalkAsync<TIn, TOut>(
        HistoryWalk walk, Func<HistoryWalk, ValueTask<HistoryPage<TIn>>> read, Func<TIn, DateTime> timeOf, Func<TIn, HistoryWindow, bool> isShown, Func<TIn, TOut> convert)
    {
        var windows = source.Right.Readable;
        for (var i = 0; i < windows.Length; i++)
        {
            var window = windows[walk.IsForward ? i : windows.Length - 1 - i];
            if (!window.TryCut(walk, out var part)) continue;
            var page = new ShownPage<TIn>(part, timeOf);
            var rest = part with { Skip = 0 };
            while (true)
            {
                var found = await read(rest).ConfigureAwait(false);
                foreach (var item in found.Items)
                    if (isShown(item, window)) page.Add(item);
                if (found.Next is not { } next) break;
                // Among those of one time a place counts what is shown, and there must be something to count.
                if (page.Items.Count > 0 || next.Time != part.From) return Give(walk, page, page.PlaceAt(next), convert);
                rest = rest.Resume(next);
            }

            if (page.Items.Count > 0) return Give(walk, page, NextWindow(walk, i + 1), convert);
        }

        return new HistoryPage<TOut>([], null);
    }

    private HistoryPage<TOut> Give<TIn, TOut>(HistoryWalk walk, ShownPage<TIn> page, HistoryPlace? next, Func<TIn, TOut> convert)
    {
        if (page.Items.Count > 0) Tell(walk, page.First, page.Last);
        return new HistoryPage<TOut>([.. page.Items.Select(convert)], next);
    }

    private HistoryPlace? NextWindow(HistoryWalk walk, int order)
    {
        var windows = source.Right.Readable;
        for (var i = order; i < windows.Length; i++)
            if (windows[walk.IsForward ? i : windows.Length - 1 - i].TryCut(walk, out var part)) return new HistoryPlace(part.From);
        return null;
    }

    // Whose it is can ask who read it: the stretch that was asked for and could be seen, up to now.
    private void Tell(HistoryWalk walk, DateTime first, DateTime last)
    {
        if (source.Rights is null) return;
        var (from, until) = first < last ? (first, last) : (last, first);
        // One value is the bound of a stretch: what lies beyond it was not read.
        if (walk.Limit > 1)
            foreach (var window in source.Right.Readable)
            {
                if (!window.TryCut(walk, out var part)) continue;
                var (begin, end) = part.IsForward ? (part.From, part.To) : (part.To, part.From);
                if (begin < from) from = begin;
                if (end > until) until = end;
            }

        var now = source.Time.GetUtcNow().UtcDateTime;
        if (until > now) until = now;
        if (from <= until) source.Rights.Read(source.Grant, from, until.AddTicks(1));
    }

    private async ValueTask<HistoryPage<(ReadingAnnotation Annotation, bool IsShown)>> ReadShownAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation)
    {
        var page = await source.Readings.ReadAnnotationsAsync(source.Point, walk, cancellation).ConfigureAwait(false);
        var shown = new List<(ReadingAnnotation, bool)>(page.Items.Count);
        foreach (var annotation in page.Items) shown.Add((annotation, await IsShownAsync(annotation.SourceTime, cancellation).ConfigureAwait(false)));
        return new HistoryPage<(ReadingAnnotation, bool)>(shown, page.Next);
    }

    // An annotation of what is too poor to be shown would tell that it is there.
    private async ValueTask<bool> IsShownAsync(DateTime time, CancellationToken cancellation)
    {
        foreach (var window in source.Right.Readable)
        {
            if (!window.Contains(time)) continue;
            if (window.MinimumQuality == QualityLevel.Any) return true;
            return await HistoryEditor.FindAsync(source, time, cancellation).ConfigureAwait(false) is { } reading && window.Shows(reading);
        }

        return false;
    }

    protected DataValue ToValue(HistoricReading reading)
    {
        var value = source.Slot.Conversion!.ToDataValue(new StoredReading(reading.Value, reading.SourceTime, reading.ServerTime, reading.Status, reading.Quality));
        // Part 4 7.39.1, Part 11 6.5.3.2: there is more of that time, the values before it.
        return reading.IsRevised ? value with { StatusCode = value.StatusCode.WithAggregateBits(AggregateBits.ExtraData) } : value;
    }

    private ModificationInfo ModificationOf(ReadingRevision by) => new()
    {
        ModificationTime = by.At,
        UserName = source.Right.NameOf(by.Note.Author),
        UpdateType = by.Kind switch
        {
            RevisionKind.Insert => HistoryUpdateType.Insert,
            RevisionKind.Delete => HistoryUpdateType.Delete,
            _ => HistoryUpdateType.Replace,
        },
    };

    private NodeAnnotation ToAnnotation(ReadingAnnotation annotation) =>
        new(annotation.SourceTime, new Annotation { Message = annotation.Text, UserName = source.Right.NameOf(annotation.Author), AnnotationTime = annotation.At });
}

/// <summary>The history of a point's Quality: of each reading the whole chain. It changes by what is done with the readings alone.</summary>
internal sealed class QualityHistory(HistorySource source) : PointHistory(source)
{
    public override ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => WalkAsync(
        walk, part => Source.Readings.ReadChainsAsync(Source.Point, part, cancellation), static chained => chained.Reading.SourceTime, static (chained, window) => window.Shows(chained.Reading),
        chained => new DataValue(Variant.From(ReadingQuality.Of(chained, Source.Quality, Source.Right.SeesPersons)), StatusCodes.Good, chained.Reading.SourceTime, chained.Reading.ServerTime));

    // A chain only grows: there is no earlier one that it does not hold.
    public override ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) => ValueTask.FromResult(new HistoryPage<ModifiedValue>([], null));

    public override ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => HistoryEditor.Refuse(values.Count);

    public override ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => ValueTask.FromResult<StatusCode>(StatusCodes.BadHistoryOperationUnsupported);

    public override ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => HistoryEditor.Refuse(times.Count);
}

/// <summary>A page in the making: of the items of a walk those that are shown, without those of its first time that a page before has given.</summary>
internal sealed class ShownPage<T>(HistoryWalk part, Func<T, DateTime> timeOf)
{
    private int _toSkip = part.Skip;

    public List<T> Items { get; } = [];

    public DateTime First => timeOf(Items[0]);
    public DateTime Last => timeOf(Items[^1]);

    public void Add(T item)
    {
        if (_toSkip > 0 && timeOf(item) == part.From) _toSkip--;
        else Items.Add(item);
    }

    /// <summary>A place that counts what is shown, from one that counts all there is.</summary>
    public HistoryPlace PlaceAt(HistoryPlace next)
    {
        if (next.Skip == 0) return next;
        var given = next.Time == part.From ? part.Skip : 0;
        for (var i = Items.Count - 1; i >= 0 && timeOf(Items[i]) == next.Time; i--) given++;
        return next with { Skip = given };
    }
}

/// <summary>Where the archive begins for a user.</summary>
internal static class HistoryStart
{
    /// <returns>Null where there is nothing, or nothing that may be seen.</returns>
    public static DateTime? Within(HistoryWindow[] windows, DateTime? first)
    {
        if (first is not { } oldest) return null;
        foreach (var window in windows)
            if (window.Until > oldest) return window.From > oldest ? window.From : oldest;
        return null;
    }
}
