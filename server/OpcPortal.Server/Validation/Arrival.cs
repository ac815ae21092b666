using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What validation finds of a reading on arrival.</summary>
internal enum ArrivalFinding : byte
{
    /// <summary>Nothing is said of it: no rule holds, it is bad by itself, or an estimate of its source.</summary>
    None,
    Passes,
    NoNumber,
    FutureTime,
    TimeBeforeFleet,
    OffInterval,
    WrongUnit,
    Negative,
    AboveLimit,
    BelowLimit,
    OutOfRange,
    Suspect,
    RolledOver,
    WasReset,
    Exchanged,
    Decreased,
}

/// <summary>
/// The rules of arrival of points that have the same rules and the same entity answering for them: figures in fields, so that a reading is judged in some nanoseconds. Used by the one ingest loop.
/// </summary>
internal sealed class ArrivalProfile
{
    private static readonly (ArrivalFinding Finding, QualityMeaning Meaning, string Reason)[] Findings =
    [
        (ArrivalFinding.Passes, QualityCodes.Validated, ""),
        (ArrivalFinding.NoNumber, QualityCodes.ErrorCode, "not a number, or infinite"),
        (ArrivalFinding.FutureTime, QualityCodes.FutureTime, "further ahead of the server's clock than allowed"),
        (ArrivalFinding.TimeBeforeFleet, QualityCodes.TimeBeforeFleet, "a clock that was never set"),
        (ArrivalFinding.OffInterval, QualityCodes.IntervalSize, "no interval ends at this time"),
        (ArrivalFinding.WrongUnit, QualityCodes.UnitMismatch, "the point has another unit than the rules want"),
        (ArrivalFinding.Negative, QualityCodes.Negative, "less than nothing in one interval"),
        (ArrivalFinding.AboveLimit, QualityCodes.AboveLimit, "more in one interval than allowed"),
        (ArrivalFinding.BelowLimit, QualityCodes.BelowLimit, "less in one interval than allowed"),
        (ArrivalFinding.OutOfRange, QualityCodes.OutOfRange, "outside EURange"),
        (ArrivalFinding.Suspect, QualityCodes.Suspect, "the device tells of a fault that its readings may suffer from"),
        (ArrivalFinding.RolledOver, QualityCodes.Overflow, "the register went past its last digit"),
        (ArrivalFinding.WasReset, QualityCodes.ResetOccurred, "the register began anew"),
        (ArrivalFinding.Exchanged, QualityCodes.ConfigurationChanged, "the meter was exchanged"),
        (ArrivalFinding.Decreased, QualityCodes.RegisterDecreased, "less than before, and nothing explains why"),
    ];

    private readonly long _maxAhead;
    private readonly long _earliest;
    private readonly double _low;
    private readonly double _high;
    private readonly double _lowLimit;
    private readonly double _highLimit;
    private readonly bool _isJudged;
    private readonly bool _hasUnit;
    private readonly bool _heedsSource;
    private readonly QualityAuthor _author;
    private readonly string? _responsible;
    private readonly int[] _numbers = new int[Findings.Length + 1];
    private LocalDay _day;

    /// <param name="responsible">The entity that answers for the readings; null: nobody else than before.</param>
    public ArrivalProfile(PointRules rules, TimeZoneInfo zone, string? responsible)
    {
        Rules = rules;
        Zone = zone;
        _responsible = responsible;
        _author = new QualityAuthor(responsible, rules.Set.Name);
        _isJudged = rules.Arrival is not null;
        _hasUnit = rules.HasUnit;
        _heedsSource = rules.Arrival?.HeedsSource ?? false;
        _maxAhead = rules.Arrival?.MaxAhead.Ticks ?? 0;
        _earliest = rules.Arrival?.Earliest.Ticks ?? 0;
        (_low, _high) = rules.Range is { } range ? (range.Low, range.High) : (double.NegativeInfinity, double.PositiveInfinity);
        var limits = rules.Role == PointRole.Interval ? rules.Channel!.Rules.Limits : null;
        (_lowLimit, _highLimit) = limits is null ? (double.NegativeInfinity, double.PositiveInfinity) : (limits.Low, limits.High);
        LengthTicks = rules.Channel?.Length.Ticks ?? 0;
    }

    public PointRules Rules { get; }
    public TimeZoneInfo Zone { get; }
    public PointRole Role => Rules.Role;

    /// <summary>Of an interval of the channel; 0: the point is of none.</summary>
    public long LengthTicks { get; }

    /// <summary>Judges a reading by itself.</summary>
    public ArrivalFinding Judge(in Reading reading, long serverTicks)
    {
        const uint BadOrUncertain = 0xC000_0000;
        if (!_isJudged || ((uint)reading.Status & BadOrUncertain) != 0) return ArrivalFinding.None;
        var ticks = reading.SourceTime.Ticks;
        if (ticks > serverTicks + _maxAhead) return ArrivalFinding.FutureTime;
        if (ticks < _earliest) return ArrivalFinding.TimeBeforeFleet;
        if (reading.Value.Kind == PointValueKind.Text || !reading.Value.TryGetNumber(out var number)) return JudgeSource(reading.Quality);
        if (!double.IsFinite(number)) return ArrivalFinding.NoNumber;
        if (!_hasUnit) return ArrivalFinding.WrongUnit;
        if (Role == PointRole.Interval)
        {
            // Intervals are counted from midnight of UTC, and a day has a whole number of them.
            if (ticks % TimeSpan.TicksPerDay % LengthTicks != 0) return ArrivalFinding.OffInterval;
            if (number < 0) return ArrivalFinding.Negative;
            if (number > _highLimit) return ArrivalFinding.AboveLimit;
            if (number < _lowLimit) return ArrivalFinding.BelowLimit;
        }

        return number < _low || number > _high ? ArrivalFinding.OutOfRange : JudgeSource(reading.Quality);
    }

    private ArrivalFinding JudgeSource(QualityCode quality) => quality.Category switch
    {
        QualityCode.Valid or QualityCode.PowerQuality => ArrivalFinding.Passes,
        // Somebody before us has estimated, edited or judged it: that stands.
        QualityCode.Estimated or QualityCode.Edited or QualityCode.Reasonability or QualityCode.ValidationFailed or QualityCode.Questionable or QualityCode.Derived or QualityCode.Projected => ArrivalFinding.None,
        _ when !_heedsSource || IsHarmless(quality) => ArrivalFinding.Passes,
        _ => ArrivalFinding.Suspect,
    };

    // Facts about a reading that do not make its value doubtful.
    private static bool IsHarmless(QualityCode quality) =>
        QualityCodes.BatteryLow.Is(quality) || QualityCodes.LoadControlOccurred.Is(quality) || QualityCodes.DstInEffect.Is(quality) || QualityCodes.DstChange.Is(quality) || QualityCodes.TimeBias.Is(quality)
        || QualityCodes.CustomerRead.Is(quality) || QualityCodes.ManualRead.Is(quality) || QualityCodes.CollectionAlarm.Is(quality);

    /// <summary>The number of the note for a finding; 0 for none.</summary>
    public int NoteOf(ArrivalFinding finding, IReadingKeeper keeper)
    {
        if (finding == ArrivalFinding.None) return 0;
        ref var number = ref _numbers[(int)finding];
        if (number == 0) number = keeper.NumberOf(NoteOf(finding));
        return number;
    }

    /// <summary>The note for a finding.</summary>
    public QualityNote NoteOf(ArrivalFinding finding)
    {
        var (_, meaning, reason) = Findings[(int)finding - 1];
        return new QualityNote(meaning.By(QualityOrigin.MeterDataManagement), _author, reason, _responsible);
    }

    /// <summary>The note of arrival says what happened; that it is understood makes the reading fit for use.</summary>
    public ReadingRevision Explanation(int point, DateTime at, ArrivalFinding finding, DateTime serverTime)
    {
        var passes = NoteOf(ArrivalFinding.Passes) with { Reason = $"{NoteOf(finding).Reason}: what it counted is known" };
        return new ReadingRevision(point, at, RevisionKind.Note, serverTime, passes);
    }

    public static QualityMeaning MeaningOf(ArrivalFinding finding) => Findings[(int)finding - 1].Meaning;

    /// <summary>The local day of an interval.</summary>
    public LocalDay DayOf(DateTime end)
    {
        if (end <= _day.Start || end > _day.End || _day.Zone is null) _day = LocalDay.OfInterval(end, Zone);
        return _day;
    }
}
