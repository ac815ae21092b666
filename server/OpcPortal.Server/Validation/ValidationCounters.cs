using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What validation has done since the start.</summary>
/// <param name="Judged">Readings that rules of arrival held for.</param>
/// <param name="ByCode">Of them, how many got which code.</param>
/// <param name="Unjudged">Points that rules fit and that there were no more profiles for.</param>
/// <param name="Days">Days that were looked at.</param>
/// <param name="Findings">What was added to history: notes, known gaps, estimates.</param>
/// <param name="Failed">Days whose findings could not be kept; they are looked at again.</param>
/// <param name="Waiting">Days that are to be looked at.</param>
/// <param name="Dropped">Days for which there was no room; a walk over all points finds them.</param>
public readonly record struct ValidationCounts(long Judged, IReadOnlyDictionary<QualityCode, long> ByCode, long Unjudged, long Days, long Findings, long Failed, int Waiting, long Dropped);

/// <summary>Counts. Findings of arrival by the one ingest loop, days by the one loop that looks at them; read by anybody.</summary>
internal sealed class ValidationCounters
{
    private static readonly ArrivalFinding[] All = Enum.GetValues<ArrivalFinding>();

    private readonly long[] _arrivals = new long[All.Length];
    private long _unjudged;
    private long _days;
    private long _findings;
    private long _failed;

    public void Count(ReadOnlySpan<ArrivalFinding> findings)
    {
        foreach (var finding in findings) _arrivals[(int)finding]++;
    }

    public void CountUnjudged() => _unjudged++;

    public void CountDay(int findings)
    {
        _days++;
        _findings += findings;
    }

    public void CountFailure() => _failed++;

    public ValidationCounts Read(ValidationQueue queue)
    {
        var byCode = All.Where(finding => finding != ArrivalFinding.None)
            .GroupBy(finding => ArrivalProfile.MeaningOf(finding).By(QualityOrigin.MeterDataManagement)).ToDictionary(code => code.Key, code => code.Sum(finding => Volatile.Read(ref _arrivals[(int)finding])));
        return new ValidationCounts(
            byCode.Values.Sum(), byCode, Volatile.Read(ref _unjudged), Volatile.Read(ref _days), Volatile.Read(ref _findings), Volatile.Read(ref _failed), queue.Count, queue.Dropped);
    }
}
