using System.Runtime.InteropServices;
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
/// <param name="Rules">Rule by rule, in the order of codes.</param>
public readonly record struct ValidationCounts(
    long Judged, IReadOnlyDictionary<QualityCode, long> ByCode, long Unjudged, long Days, long Findings, long Failed, int Waiting, long Dropped, IReadOnlyList<RuleCount> Rules);

/// <summary>What one rule has done since the start.</summary>
/// <param name="Checked">Readings that it was asked about on arrival or, of a rule of days, days.</param>
/// <param name="Found">How often its code was given: what failed, what was found missing, what was estimated.</param>
public readonly record struct RuleCount(QualityMeaning Meaning, long Checked, long Found);

/// <summary>Counts. Findings of arrival by the one ingest loop, days by the one loop that looks at them; read by anybody.</summary>
internal sealed class ValidationCounters
{
    private static readonly ArrivalFinding[] All = Enum.GetValues<ArrivalFinding>();

    // guide-validation.md, "When a day is looked at" and "Estimates": a rule of days by the code that it gives.
    private static readonly (QualityMeaning Meaning, Func<ChannelRules, bool> Holds)[] DayRules =
    [
        (QualityCodes.KnownMissing, static _ => true),
        (QualityCodes.Duplicate, static rules => rules.ChecksDuplicates),
        (QualityCodes.ZeroUsage, static rules => rules.Zero is not null),
        (QualityCodes.UsageOnInactiveMeter, static rules => rules.Inactive is not null),
        (QualityCodes.AboveShare, static rules => rules.Shares is not null),
        (QualityCodes.BelowShare, static rules => rules.Shares is not null),
        (QualityCodes.Spike, static rules => rules.Spike is not null),
        (QualityCodes.SumCheck, static rules => rules.Sum is not null),
        (QualityCodes.SiblingChannels, static rules => rules.Sibling is not null),
        (QualityCodes.Interpolated, static rules => rules.Estimation?.Order.Contains(EstimationMethod.Interpolation) ?? false),
        (QualityCodes.LikeDays, static rules => rules.Estimation?.Order.Contains(EstimationMethod.LikeDays) ?? false),
        (QualityCodes.Profile, static rules => rules.Estimation?.Order.Contains(EstimationMethod.Profile) ?? false),
        (QualityCodes.RegisterProration, static rules => rules.Estimation?.Order.Contains(EstimationMethod.Register) ?? false),
    ];

    private readonly Lock _gate = new();
    private readonly Dictionary<QualityMeaning, Tally> _ofDays = [];
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

    /// <summary>Counts a day that was looked at, and what was added to it.</summary>
    public void CountDay(ChannelRules rules, IReadOnlyList<IntervalFinding> findings)
    {
        lock (_gate)
        {
            _days++;
            _findings += findings.Count;
            foreach (var (meaning, holds) in DayRules)
                if (holds(rules)) CollectionsMarshal.GetValueRefOrAddDefault(_ofDays, meaning, out _).Checked++;
            foreach (var finding in findings) CollectionsMarshal.GetValueRefOrAddDefault(_ofDays, finding.Meaning, out _).Found++;
        }
    }

    public void CountFailure() => _failed++;

    public ValidationCounts Read(ValidationQueue queue)
    {
        var arrivals = All.Where(finding => finding != ArrivalFinding.None).GroupBy(ArrivalProfile.MeaningOf).ToDictionary(rule => rule.Key, rule => rule.Sum(finding => Volatile.Read(ref _arrivals[(int)finding])));
        var judged = arrivals.Values.Sum();
        lock (_gate)
        {
            var rules = arrivals.Select(rule => new RuleCount(rule.Key, judged, rule.Value)).Concat(_ofDays.Select(rule => new RuleCount(rule.Key, rule.Value.Checked, rule.Value.Found)))
                .GroupBy(rule => rule.Meaning).Select(rule => new RuleCount(rule.Key, rule.Sum(count => count.Checked), rule.Sum(count => count.Found)))
                .OrderBy(rule => (rule.Meaning.Category, rule.Meaning.Index));
            return new ValidationCounts(
                judged, arrivals.ToDictionary(rule => rule.Key.By(QualityOrigin.MeterDataManagement), rule => rule.Value), Volatile.Read(ref _unjudged), _days, _findings, Volatile.Read(ref _failed), queue.Count, queue.Dropped,
                [.. rules]);
        }
    }

    private struct Tally
    {
        public long Checked;
        public long Found;
    }
}
