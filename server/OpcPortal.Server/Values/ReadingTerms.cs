using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>What terms make of readings: what they do not let pass is withheld as if there were nothing.</summary>
internal static class ReadingTerms
{
    // Part 6 Annex A (StatusCodes): no data exists for what was asked. Neither value nor times: when there was something that may not be seen is not told either.
    public static DataValue Withheld { get; } = DataValue.FromStatus(StatusCodes.BadNoData);

    public static bool Withholds(ReadTerms? terms, in StoredReading reading)
    {
        // That nothing came yet everybody may know.
        if (terms is null || reading.ServerTime == default) return false;
        return reading.SourceTime < terms.NotBefore || (terms.MinimumQuality > QualityLevel.Any && LevelOf(reading.Status, reading.Quality) < terms.MinimumQuality);
    }

    /// <summary>How good a reading is, by its quality code of IEC 61968-9 and its status.</summary>
    public static QualityLevel LevelOf(ReadingStatus status, QualityCode quality)
    {
        const uint Bad = 2, Uncertain = 1;
        var severity = (uint)QualityStatus.StatusOf(status, quality) >> 30;
        if (severity >= Bad) return QualityLevel.Any;
        return quality.Category switch
        {
            QualityCode.Estimated or QualityCode.Projected => QualityLevel.Estimated,
            QualityCode.Derived when quality.Index == Inferred => QualityLevel.Estimated,
            // Somebody has looked at it and accepted it.
            QualityCode.Questionable when quality.Index == Accepted => QualityLevel.Estimated,
            _ when severity == Uncertain => QualityLevel.Questionable,
            QualityCode.Valid when quality.Index == Validated => QualityLevel.Validated,
            _ => QualityLevel.Valid,
        };
    }

    // IEC 61968-9 Annex C, third part of the code.
    private const ushort Validated = 1;
    private const ushort Accepted = 1;
    private const ushort Inferred = 1;
}
