namespace OpcPortal.Models;

/// <summary>What a quality code means for the status of its reading.</summary>
public static class QualityStatus
{
    /// <summary>
    /// The status under which a reading is served: the worse of what its adapter says and what its quality code means. A good one takes over the shade of good that the code has.
    /// </summary>
    public static ReadingStatus StatusOf(ReadingStatus told, QualityCode quality)
    {
        var meant = Meaning(quality);
        return SeverityOf(meant) > SeverityOf(told) || told == ReadingStatus.Good ? meant : told;
    }

    private static ReadingStatus Meaning(QualityCode quality) => quality.Category switch
    {
        QualityCode.Diagnostics when QualityCodes.SensorFailure.Is(quality) => ReadingStatus.BadSensorFailure,
        QualityCode.Reasonability => QualityCodes.OutOfRange.Is(quality) ? ReadingStatus.UncertainEngineeringUnitsExceeded
            : QualityCodes.KnownMissing.Is(quality) ? ReadingStatus.BadNoData
            : ReadingStatus.Uncertain,
        QualityCode.ValidationFailed or QualityCode.Questionable => ReadingStatus.Uncertain,
        QualityCode.Edited => ReadingStatus.GoodLocalOverride,
        QualityCode.Estimated or QualityCode.Projected => ReadingStatus.UncertainSubstituteValue,
        _ => ReadingStatus.Good,
    };

    // OPC 10000-4 7.39.1: the two top bits are Good, Uncertain, Bad.
    private static uint SeverityOf(ReadingStatus status) => (uint)status >> 30;
}
