using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.KillStore;

/// <summary>Readings that tell their number: spread over points and months.</summary>
public sealed class NumberedPoints : IPointNames
{
    /// <summary>Points.</summary>
    public const int Count = 20;

    /// <summary>Before the first reading.</summary>
    public static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>What is said of some.</summary>
    public static QualityNote Note { get; } = new(new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1), new QualityAuthor("house"), "seen");

    /// <summary>The reading of a number: a minute each, every tenth a month later, so that there are late ones.</summary>
    public static Reading ReadingOf(long number) => new((int)(number % Count), PointValue.From(number), Start.AddMinutes(number).AddDays(number % 10 == 0 ? 31 : 0));

    /// <inheritdoc/>
    public bool TryName(int point, out PointName name)
    {
        name = new PointName($"kill/meter/P{point}", 1);
        return true;
    }
}
