using System.Collections.Concurrent;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>The rules in force, with what was worked out of them for each subject. Never changes what it says: a change makes another. Thread-safe.</summary>
internal sealed class AccessSnapshot(AccessRules rules)
{
    // Sessions are fewer (SessionLimits); more subjects than that have come and gone since the last change, and are made again.
    private const int MaxViews = 10_000;

    private readonly ConcurrentDictionary<AccessSubject, SubjectView> _views = new(SameSubject.Instance);

    [ThreadStatic]
    private static (object? Subject, SubjectView View) _last;

    public AccessRules Rules => rules;

    /// <param name="subject">An <see cref="AccessSubject"/>; anything else is nobody.</param>
    public SubjectView Of(object? subject)
    {
        // A request asks for many nodes as the same subject.
        var last = _last;
        if (last.View is { } view && ReferenceEquals(last.Subject, subject) && ReferenceEquals(view.Snapshot, this)) return view;
        view = Find(subject as AccessSubject ?? AccessSubject.Nobody);
        _last = (subject, view);
        return view;
    }

    private SubjectView Find(AccessSubject subject)
    {
        if (_views.TryGetValue(subject, out var known)) return known;
        if (_views.Count >= MaxViews) _views.Clear();
        return _views.GetOrAdd(subject, static (subject, snapshot) => new SubjectView(snapshot, subject, snapshot.Rules.For(subject)), this);
    }

    /// <summary>Also by purposes, which a subject does not count as its own: a session that was not asked anew yet must not leave its old ones to others.</summary>
    private sealed class SameSubject : IEqualityComparer<AccessSubject>
    {
        public static readonly SameSubject Instance = new();

        public bool Equals(AccessSubject? x, AccessSubject? y) => Equals((object?)x, y) && (x is null || x.Purposes.SequenceEqual(y!.Purposes, StringComparer.Ordinal));

        public int GetHashCode(AccessSubject subject) => subject.GetHashCode();
    }
}
