using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>
/// Judges the records of a profile by their times: what a clock that was set, an interval that was skipped and a record that came twice make of it is said of its readings. Nothing is corrected, and no
/// time changed. Pure but for the time of the record before.
/// </summary>
internal sealed class ProfileJudge(TimeSpan interval)
{
    /// <summary>Before this no meter had a profile to read: a clock that was never set begins in 1970 or 2000.</summary>
    private static readonly DateTime Earliest = new(2000, 1, 2, 0, 0, 0, DateTimeKind.Utc);

    private static readonly QualityCode ClockError = QualityCodes.ClockError.By(QualityOrigin.EndDevice);
    private static readonly QualityCode PartialInterval = QualityCodes.PartialInterval.By(QualityOrigin.EndDevice);
    private static readonly QualityCode SkippedInterval = QualityCodes.SkippedInterval.By(QualityOrigin.EndDevice);
    private static readonly QualityCode ClockSetForward = QualityCodes.ClockSetForward.By(QualityOrigin.EndDevice);
    private static readonly QualityCode ClockSetBack = QualityCodes.ClockSetBack.By(QualityOrigin.EndDevice);

    private DateTime? _before;

    /// <summary>A pass begins.</summary>
    /// <param name="before">The time of the record before its first; null: not known.</param>
    public void Begin(DateTime? before) => _before = before;

    /// <summary>Judges the next record.</summary>
    /// <param name="time">Of the record, UTC.</param>
    /// <param name="now">UTC.</param>
    /// <returns>What is to be said of its readings; the default where nothing is.</returns>
    public QualityCode Judge(DateTime time, DateTime now)
    {
        var before = _before;
        _before = time;
        if (time < Earliest || time > now + interval) return ClockError;
        if (before is not { } previous) return default;
        var step = time - previous;
        if (step == interval) return default;
        if (step == TimeSpan.Zero) return ClockError;
        if (step < TimeSpan.Zero) return ClockSetBack;
        if (step < interval) return PartialInterval;
        return step.Ticks % interval.Ticks == 0 ? SkippedInterval : ClockSetForward;
    }

    /// <summary>The status that a reading has by what its device does not say itself: a clock that is wrong makes its time doubtful, and so the reading.</summary>
    public static ReadingStatus StatusOf(QualityCode code) => QualityCodes.ClockError.Is(code) ? ReadingStatus.Uncertain : ReadingStatus.Good;

    // Part 4 7.39.1: the two highest bits are the severity; 10 is bad.
    public static bool IsBad(ReadingStatus status) => (uint)status >> 30 == 2;
}
