namespace OpcPortal.Models;

/// <summary>Something that was asked for, granted or refused, so that it can be asked again under another policy.</summary>
/// <param name="Subject">Who asked.</param>
/// <param name="Operation">One operation.</param>
/// <param name="Target">What for.</param>
/// <param name="Node">The same for people.</param>
/// <param name="Count">How often.</param>
public sealed record RecordedAccess(AccessSubject Subject, Operations Operation, AccessTarget Target, string Node, long Count = 1);

/// <summary>What another policy does to an access.</summary>
public enum PolicyEffect : byte
{
    Same = 0,

    /// <summary>It was denied and would be allowed.</summary>
    Gained = 1,

    /// <summary>It was allowed and would be denied.</summary>
    Lost = 2,

    /// <summary>Still allowed, and less is withheld.</summary>
    Widened = 3,

    /// <summary>Still allowed, and more is withheld.</summary>
    Narrowed = 4,
}

/// <summary>An access that another policy treats otherwise, with both decisions.</summary>
public sealed record PolicyChange(RecordedAccess Access, PolicyEffect Effect, Decision Before, Decision After);

/// <summary>What an entity would gain or lose, in accesses as often as they were recorded.</summary>
public sealed record PolicyTotals(string Entity, long Gained, long Lost, long Widened, long Narrowed);

/// <summary>A dry run: recorded accesses decided under two policies, and who gains or loses what.</summary>
/// <param name="Replayed">How many accesses were decided, each as often as it was recorded.</param>
/// <param name="Changes">The first <see cref="MaxChanges"/> that differ, in the order of the record.</param>
/// <param name="Totals">Of each entity for which anything differs, by name.</param>
public sealed record PolicyComparison(long Replayed, IReadOnlyList<PolicyChange> Changes, IReadOnlyList<PolicyTotals> Totals)
{
    /// <summary>How many changes are told one by one: a reader wants examples, and the totals count them all.</summary>
    public const int MaxChanges = 1_000;

    public static PolicyComparison Compare(IEnumerable<RecordedAccess> accesses, AccessRules before, AccessRules after)
    {
        var changes = new List<PolicyChange>();
        var totals = new SortedDictionary<string, PolicyTotals>(StringComparer.Ordinal);
        var subjects = new Dictionary<SubjectKey, (SubjectRules Before, SubjectRules After)>();
        var replayed = 0L;
        foreach (var access in accesses)
        {
            replayed += access.Count;
            var key = new SubjectKey(access.Subject, string.Join('\n', access.Subject.Purposes));
            if (!subjects.TryGetValue(key, out var rules)) subjects[key] = rules = (before.For(access.Subject), after.For(access.Subject));
            var effect = EffectOf(access.Operation, rules.Before.Permit(access.Target), rules.After.Permit(access.Target));
            if (effect == PolicyEffect.Same) continue;
            Count(totals, access, effect);
            if (changes.Count < MaxChanges) changes.Add(Told(access, effect, before, after));
        }

        return new PolicyComparison(replayed, changes, [.. totals.Values]);
    }

    private static PolicyChange Told(RecordedAccess access, PolicyEffect effect, AccessRules before, AccessRules after) => new(access, effect,
        before.Explain(access.Subject, access.Operation, access.Target), after.Explain(access.Subject, access.Operation, access.Target));

    private static PolicyEffect EffectOf(Operations operation, in Permit before, in Permit after)
    {
        var wasAllowed = (before.Allowed & operation) != 0;
        var isAllowed = (after.Allowed & operation) != 0;
        if (wasAllowed != isAllowed) return isAllowed ? PolicyEffect.Gained : PolicyEffect.Lost;
        return isAllowed ? EffectOf(TermsOf(before, operation), TermsOf(after, operation)) : PolicyEffect.Same;
    }

    private static ReadTerms TermsOf(in Permit permit, Operations operation) => permit.Terms?.For(operation) ?? ReadTerms.Unbound;

    // Where something is withheld that was not, somebody has to know, whatever else is given.
    private static PolicyEffect EffectOf(ReadTerms before, ReadTerms after)
    {
        if (after.MinimumQuality > before.MinimumQuality || after.NotBefore > before.NotBefore || DepthOf(after) < DepthOf(before)) return PolicyEffect.Narrowed;
        return after.MinimumQuality < before.MinimumQuality || after.NotBefore < before.NotBefore || DepthOf(after) > DepthOf(before) ? PolicyEffect.Widened : PolicyEffect.Same;
    }

    private static TimeSpan DepthOf(ReadTerms terms) => terms.HistoryDepth ?? TimeSpan.MaxValue;

    private static void Count(SortedDictionary<string, PolicyTotals> totals, RecordedAccess access, PolicyEffect effect)
    {
        // Nobody gains or loses nothing: see AccessRules.For.
        var entity = access.Subject.Entity!;
        var sum = totals.GetValueOrDefault(entity) ?? new PolicyTotals(entity, 0, 0, 0, 0);
        totals[entity] = effect switch
        {
            PolicyEffect.Gained => sum with { Gained = sum.Gained + access.Count },
            PolicyEffect.Lost => sum with { Lost = sum.Lost + access.Count },
            PolicyEffect.Widened => sum with { Widened = sum.Widened + access.Count },
            _ => sum with { Narrowed = sum.Narrowed + access.Count },
        };
    }

    // Two subjects with other purposes are decided otherwise, though they are the same to a session.
    private readonly record struct SubjectKey(AccessSubject Subject, string Purposes);
}
