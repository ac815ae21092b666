namespace OpcPortal.Models;

/// <summary>Things for subjects, found without a look at those of others.</summary>
internal sealed class SubjectTable<T>
{
    private readonly Dictionary<string, List<(RuleSubjects Subjects, T Item)>> _byEntity = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(RuleSubjects Subjects, T Item)>> _byKind = new(StringComparer.Ordinal);
    private readonly List<(RuleSubjects Subjects, T Item)> _others = [];

    public void Add(RuleSubjects subjects, T item)
    {
        if (subjects.Entities.Count > 0) Add(_byEntity, subjects.Entities, (subjects, item));
        else if (subjects.Kinds.Count > 0) Add(_byKind, subjects.Kinds, (subjects, item));
        else _others.Add((subjects, item));
    }

    /// <summary>All whose entities, kinds and powers fit; relations are for targets.</summary>
    public IEnumerable<T> For(AccessSubject subject)
    {
        IEnumerable<(RuleSubjects Subjects, T Item)> candidates = _others;
        if (subject.Entity is { } entity && _byEntity.TryGetValue(entity, out var ofEntity)) candidates = candidates.Concat(ofEntity);
        if (subject.Kind is { } kind && _byKind.TryGetValue(kind, out var ofKind)) candidates = candidates.Concat(ofKind);
        return candidates.Where(candidate => IsFor(candidate.Subjects, subject)).Select(candidate => candidate.Item);
    }

    /// <summary>Whether entity, kind and power fit.</summary>
    public static bool IsFor(RuleSubjects subjects, AccessSubject subject) =>
        (subjects.Entities.Count == 0 || (subject.Entity is { } entity && subjects.Entities.Contains(entity, StringComparer.Ordinal)))
        && (subjects.Kinds.Count == 0 || (subject.Kind is { } kind && subjects.Kinds.Contains(kind, StringComparer.Ordinal)))
        && (subjects.Power == ManagerPower.None || subjects.Power == subject.Power);

    private static void Add(Dictionary<string, List<(RuleSubjects, T)>> index, IReadOnlyList<string> keys, (RuleSubjects, T) entry)
    {
        foreach (var key in keys.Distinct(StringComparer.Ordinal))
        {
            if (!index.TryGetValue(key, out var list)) index[key] = list = [];
            list.Add(entry);
        }
    }
}
