using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Reads from history what the validation of a day rests on.</summary>
internal sealed class DayReader(IReadingHistory history)
{
    // A page takes memory for what may come: of a day of quarters 96, of a month 3,000.
    private const int MaxPage = 4096;
    private const int Spare = 8;

    private static int PageOf(DateTime after, DateTime through, TimeSpan length) => (int)Math.Clamp(((through - after).Ticks / length.Ticks) + Spare, Spare, MaxPage);

    /// <summary>Every interval between two ends of intervals, the first excluded, as history has it.</summary>
    public async ValueTask<IntervalReading[]> IntervalsAsync(int point, DateTime after, DateTime through, TimeSpan length, CancellationToken cancellation)
    {
        var intervals = LocalDay.EndsBetween(after, through, length).Select(end => new IntervalReading(end, IntervalState.Missing)).ToArray();
        if (intervals.Length == 0) return intervals;
        await foreach (var reading in ReadAsync(point, intervals[0].End, through, PageOf(after, through, length), cancellation).ConfigureAwait(false))
        {
            var place = (reading.SourceTime - intervals[0].End).Ticks;
            // What ends no interval was told so when it came.
            if (place % length.Ticks == 0) intervals[place / length.Ticks] = Of(reading);
        }

        return intervals;
    }

    /// <summary>Puts to intervals what other values came for their times before.</summary>
    public async ValueTask AddFormersAsync(int point, IntervalReading[] intervals, TimeSpan length, CancellationToken cancellation)
    {
        if (intervals.Length == 0) return;
        var first = intervals[0].End;
        HistoryWalk? walk = new HistoryWalk(first, intervals[^1].End.AddTicks(1), PageOf(first, intervals[^1].End, length));
        while (walk is { } next)
        {
            var page = await history.ReadVersionsAsync(point, next, cancellation).ConfigureAwait(false);
            foreach (var (reading, by) in page.Items)
            {
                var place = (reading.SourceTime - first).Ticks;
                if (place % length.Ticks != 0 || reading.IsRevised || by.Note.Author != QualityAuthor.Source || !TryNumber(reading, out var former)) continue;
                // The newest of several comes first.
                ref var interval = ref intervals[place / length.Ticks];
                if (interval.Former is null) interval = interval with { Former = former };
            }

            walk = page.Next is { } place2 ? next.Resume(place2) : null;
        }
    }

    /// <summary>Real values of a stretch by their times.</summary>
    /// <param name="length">Of an interval: about so many are expected.</param>
    public async ValueTask<Dictionary<DateTime, double>> RealAsync(int point, DateTime after, DateTime through, TimeSpan length, CancellationToken cancellation)
    {
        var values = new Dictionary<DateTime, double>();
        await foreach (var reading in ReadAsync(point, after.AddTicks(1), through, PageOf(after, through, length), cancellation).ConfigureAwait(false))
            if (Of(reading) is { IsReal: true } real && reading.Quality.Category != QualityCode.ValidationFailed) values[reading.SourceTime] = real.Value;
        return values;
    }

    /// <summary>The nearest good reading of a register.</summary>
    /// <param name="from">Included, UTC.</param>
    /// <param name="to">Not included; earlier than <paramref name="from"/>: backwards.</param>
    public async ValueTask<RegisterRead?> RegisterAsync(int point, DateTime from, DateTime to, CancellationToken cancellation)
    {
        // Bad ones in a row: a meter that is not reached gives one a poll.
        const int Looked = 8, MaxPages = 256;
        HistoryWalk? walk = new HistoryWalk(from, to, Looked);
        for (var pages = 0; walk is { } next && pages < MaxPages; pages++)
        {
            var page = await history.ReadAsync(point, next, cancellation).ConfigureAwait(false);
            foreach (var reading in page.Items)
                if (((uint)reading.Status & 0x8000_0000) == 0 && !QualityCodes.RegisterDecreased.Is(reading.Quality) && TryNumber(reading, out var value)) return new RegisterRead(reading.SourceTime, value);
            walk = page.Next is { } place ? next.Resume(place) : null;
        }

        return null;
    }

    /// <summary>What a two-state point was last, by a time, included; null where it never told.</summary>
    public async ValueTask<bool?> StateAsync(int point, DateTime at, CancellationToken cancellation)
    {
        var page = await history.ReadAsync(point, new HistoryWalk(at, DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), 1), cancellation).ConfigureAwait(false);
        return page.Items.Count > 0 && page.Items[0].Value.TryGetNumber(out var number) ? number != 0 : null;
    }

    private async IAsyncEnumerable<HistoricReading> ReadAsync(int point, DateTime from, DateTime through, int limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        HistoryWalk? walk = new HistoryWalk(from, through.AddTicks(1), limit);
        while (walk is { } next)
        {
            var page = await history.ReadAsync(point, next, cancellation).ConfigureAwait(false);
            foreach (var reading in page.Items) yield return reading;
            walk = page.Next is { } place ? next.Resume(place) : null;
        }
    }

    private static IntervalReading Of(in HistoricReading reading)
    {
        var quality = reading.Quality;
        if (QualityCodes.KnownMissing.Is(quality) || reading.Status == ReadingStatus.BadNoData) return new IntervalReading(reading.SourceTime, IntervalState.KnownMissing, 0, quality);
        if (((uint)reading.Status & 0x8000_0000) != 0 || QualityCodes.Rejected.Is(quality) || !TryNumber(reading, out var value)) return new IntervalReading(reading.SourceTime, IntervalState.Unusable, 0, quality);
        if (!reading.IsRevised) return new IntervalReading(reading.SourceTime, quality.Category == QualityCode.Estimated ? IntervalState.Edited : IntervalState.Measured, value, quality);
        return new IntervalReading(reading.SourceTime, quality.Category == QualityCode.Estimated ? IntervalState.Estimated : IntervalState.Edited, value, quality);
    }

    private static bool TryNumber(in HistoricReading reading, out double number)
    {
        number = 0;
        return reading.Value.Kind != PointValueKind.Text && reading.Value.TryGetNumber(out number) && double.IsFinite(number);
    }
}
