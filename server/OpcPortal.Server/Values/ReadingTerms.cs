using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>What terms make of readings: what they do not let pass is withheld as if there were nothing.</summary>
internal static class ReadingTerms
{
    // Part 6 Annex A (StatusCodes): no data exists for what was asked. Neither value nor times: when there was something that may not be seen is not told either.
    public static DataValue Withheld { get; } = DataValue.FromStatus(StatusCodes.BadNoData);

    /// <param name="interval">What the reading covers, ending with its time: it is another's where it began before.</param>
    public static bool Withholds(ReadTerms? terms, in StoredReading reading, TimeSpan interval = default)
    {
        // That nothing came yet everybody may know.
        if (terms is null || reading.ServerTime == default) return false;
        return reading.SourceTime.Ticks - interval.Ticks < terms.NotBefore.Ticks || (terms.MinimumQuality > QualityLevel.Any && QualityGrade.LevelOf(reading.Status, reading.Quality) < terms.MinimumQuality);
    }
}
