using OpcPortal.Models;

namespace OpcPortal.Billing;

/// <summary>What the codes of this project are in NAESB REQ.21 (ESPI).</summary>
internal static class GreenButtonCodes
{
    /// <summary>ServiceKind of a commodity (IEC 61968-9 Annex C, CommodityKind).</summary>
    /// <exception cref="BillingExportException">There is none.</exception>
    public static int ServiceOf(BillingChannel channel) => channel.Type.Commodity switch
    {
        1 or 2 => 0,
        7 => 1,
        9 => 2,
        _ => throw new BillingExportException($"{channel.Meter}/{channel.Point} measures the commodity {channel.Type.Commodity}, which Green Button has no service for: export it as CSV or Parquet."),
    };

    /// <summary>QualityOfReading of a reading that may be billed.</summary>
    public static int QualityOf(QualityCode quality) => quality.Category switch
    {
        QualityCode.Edited => 7,
        QualityCode.Estimated when QualityCodes.BillableLikeDays.Is(quality) || QualityCodes.LikeDays.Is(quality) => 8,
        QualityCode.Estimated when QualityCodes.BillableInterpolated.Is(quality) || QualityCodes.Interpolated.Is(quality) => 9,
        QualityCode.Valid when QualityCodes.Validated.Is(quality) => 17,
        // Estimated in another way, which ESPI has no code for: other.
        _ => 16,
    };

    /// <summary>
    /// The power of ten by which all values are whole numbers, as ESPI wants them, and no more digits are written than there are.
    /// </summary>
    /// <exception cref="BillingExportException">No such power is to be had: a value has too many digits.</exception>
    public static int MultiplierOf(BillingChannel channel, IReadOnlyList<BillingReading> readings)
    {
        // UnitMultiplierKind has thousands alone below these.
        foreach (var less in (ReadOnlySpan<int>)[0, 3, 6, 9])
            if (readings.All(reading => TryScale(reading.Value, less, out _))) return channel.Type.Multiplier - less;
        throw new BillingExportException($"{channel.Meter}/{channel.Point} has values that are no whole numbers of {channel.Unit} by any power of ten: export them as CSV or Parquet.");
    }

    /// <summary>A value as a whole number by a power of ten.</summary>
    /// <returns>False where digits would be lost, or it does not fit into 48 bits.</returns>
    public static bool TryScale(double value, int power, out long scaled)
    {
        // Int48 of ESPI.
        const decimal Largest = 140_737_488_355_328m;
        scaled = 0;
        if (!double.IsFinite(value) || Math.Abs(value) > 1e15) return false;
        // Fifteen digits are what a double holds: 0.1 is 0.1, not 0.1000000000000000055.
        var exact = (decimal)value;
        for (; power > 0; power--) exact *= 10m;
        if (exact != decimal.Truncate(exact) || Math.Abs(exact) > Largest) return false;
        scaled = (long)exact;
        return true;
    }

    /// <summary>
    /// A rule of daylight-saving time in 32 bits: month, operator (0: that day of the month; 2 to 6: the first to the fifth such weekday; 7: the last), day of the month, weekday (Monday is 1), hour, second.
    /// DstRuleType of ESPI.
    /// </summary>
    public static uint RuleOf(TimeZoneInfo.TransitionTime transition)
    {
        var rule = (uint)transition.Month << 28;
        if (transition.IsFixedDateRule) rule |= (uint)transition.Day << 20;
        else rule |= (transition.Week == 5 ? 7u : (uint)transition.Week + 1) << 25 | (transition.DayOfWeek == DayOfWeek.Sunday ? 7u : (uint)transition.DayOfWeek) << 17;
        return rule | (uint)transition.TimeOfDay.Hour << 12 | (uint)((transition.TimeOfDay.Minute * 60) + transition.TimeOfDay.Second);
    }
}
