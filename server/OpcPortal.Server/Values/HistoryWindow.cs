using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>A stretch of the history of a point that somebody may see.</summary>
/// <param name="From">Included, UTC.</param>
/// <param name="Until">Excluded, UTC; <see cref="DateTime.MaxValue"/>: without end.</param>
/// <param name="MinimumQuality">Worse readings are left out as if they were not there.</param>
internal readonly record struct HistoryWindow(DateTime From, DateTime Until, QualityLevel MinimumQuality = QualityLevel.Any)
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public static HistoryWindow Whole { get; } = new(DateTime.MinValue, DateTime.MaxValue);

    public bool Contains(DateTime time) => time >= From && time < Until;

    public bool Shows(in HistoricReading reading) => MinimumQuality == QualityLevel.Any || QualityGrade.LevelOf(reading.Status, reading.Quality) >= MinimumQuality;

    /// <summary>
    /// The same for readings that are stamped with the end of what they cover: those of which nothing was before the window, or after it. What a change of owners cut in two is neither's: each would
    /// see something of the other's.
    /// </summary>
    public HistoryWindow OfIntervals(TimeSpan length)
    {
        if (length == TimeSpan.Zero) return this;
        var from = From == DateTime.MinValue || From > DateTime.MaxValue - length ? From : From + length;
        return this with { From = from, Until = Until == DateTime.MaxValue ? Until : Until + Tick };
    }

    /// <summary>The part of a walk that lies within.</summary>
    /// <returns>False where none does.</returns>
    public bool TryCut(HistoryWalk walk, out HistoryWalk part)
    {
        DateTime from, to;
        if (walk.IsForward)
        {
            from = walk.From > From ? walk.From : From;
            to = walk.To < Until ? walk.To : Until;
        }
        else
        {
            // Backwards the later end is included and the earlier one is not.
            from = Until == DateTime.MaxValue || walk.From < Until ? walk.From : Until - Tick;
            to = From == DateTime.MinValue || walk.To >= From ? walk.To : From - Tick;
        }

        part = walk with { From = from, To = to, Skip = from == walk.From ? walk.Skip : 0 };
        return walk.IsForward ? from < to : from > to;
    }
}
