namespace OpcPortal.Models;

/// <summary>How good a reading is: what conditions of agreements, withholding and billing go by.</summary>
public static class QualityGrade
{
    /// <summary>From here on up to <see cref="LastBillable"/> are the indexes of estimates that the owner's rules make fit for billing.</summary>
    public const ushort FirstBillable = 2001;

    /// <inheritdoc cref="FirstBillable"/>
    public const ushort LastBillable = 2999;

    /// <summary>How good a reading is, by its quality code of IEC 61968-9 and its status.</summary>
    public static QualityLevel LevelOf(ReadingStatus status, QualityCode quality)
    {
        const uint Bad = 2, Uncertain = 1;
        var severity = (uint)QualityStatus.StatusOf(status, quality) >> 30;
        if (severity >= Bad) return QualityLevel.Any;
        return quality.Category switch
        {
            QualityCode.Estimated or QualityCode.Projected => QualityLevel.Estimated,
            QualityCode.Derived when QualityCodes.DerivedInferred.Is(quality) => QualityLevel.Estimated,
            // Somebody has looked at it and accepted it.
            QualityCode.Questionable when QualityCodes.Accepted.Is(quality) => QualityLevel.Estimated,
            _ when severity == Uncertain => QualityLevel.Questionable,
            QualityCode.Valid when QualityCodes.Validated.Is(quality) => QualityLevel.Validated,
            _ => QualityLevel.Valid,
        };
    }

    /// <summary>Whether a reading may be billed: it is validated, or estimated under the owner's rules, and has a value that can be used.</summary>
    /// <param name="quality">The code in force: the last of its chain.</param>
    public static bool IsBillable(ReadingStatus status, QualityCode quality) => LevelOf(status, quality) switch
    {
        QualityLevel.Validated => true,
        QualityLevel.Estimated => quality is { Category: QualityCode.Estimated, Index: >= FirstBillable and <= LastBillable },
        _ => false,
    };
}
