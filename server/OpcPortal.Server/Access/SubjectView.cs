using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>What was decided of one subject and one node. Immutable.</summary>
/// <param name="Layout">The layout that the node's key was read by.</param>
/// <param name="IsGoverned">False: its owner is not in the directory, and roles alone govern it.</param>
internal sealed record NodeDecision(
    long Key, TypeLayout Layout, bool IsGoverned, PermissionType Permissions, bool MayObserve, AccessRestrictionType Restrictions, ReadTerms? Terms);

/// <summary>
/// What one subject may do under one policy, with the decisions made lately: a direct-mapped table of bounded size, in which a look-up is one comparison. It is thrown away with its
/// policy, so that nothing in it grows stale. Thread-safe: decisions are immutable, and a lost one is made again.
/// </summary>
internal sealed class SubjectView(AccessSnapshot snapshot, AccessSubject subject, SubjectRules rules)
{
    // Most subjects look at one portal; an aggregator's round over 10,000 premises finds the table of a megabyte full of it.
    private const int FirstSize = 256;
    private const int MaxSize = 65_536;

    private NodeDecision?[] _decisions = new NodeDecision?[FirstSize];
    private int _made;
    private int[]? _portals;
    private bool _isReachKnown;

    public AccessSnapshot Snapshot => snapshot;
    public AccessSubject Subject => subject;
    public SubjectRules Rules => rules;

    /// <summary>For tables of what subjects did.</summary>
    public int Hash { get; } = subject.GetHashCode();

    /// <returns>Null where it is not decided, or no longer known.</returns>
    public NodeDecision? Find(long key, object? layout)
    {
        var decisions = Volatile.Read(ref _decisions);
        var found = Volatile.Read(ref decisions[Slot(key, decisions.Length)]);
        return found is not null && found.Key == key && ReferenceEquals(found.Layout, layout) ? found : null;
    }

    public void Keep(NodeDecision decision)
    {
        var decisions = Volatile.Read(ref _decisions);
        if (Interlocked.Increment(ref _made) > decisions.Length && decisions.Length < MaxSize) decisions = Grow(decisions);
        Volatile.Write(ref decisions[Slot(decision.Key, decisions.Length)], decision);
    }

    /// <summary>The portals where it may see anything, in rising order, perhaps more; null: all have to be looked at.</summary>
    public int[]? Portals(Func<Reach, int[]?> collect)
    {
        if (Volatile.Read(ref _isReachKnown)) return _portals;
        _portals = collect(rules.Reach);
        Volatile.Write(ref _isReachKnown, true);
        return _portals;
    }

    // What is lost while two grow at once is decided again.
    private NodeDecision?[] Grow(NodeDecision?[] decisions)
    {
        var grown = new NodeDecision?[decisions.Length * 4];
        foreach (var decision in decisions)
            if (decision is not null) grown[Slot(decision.Key, grown.Length)] = decision;
        Volatile.Write(ref _decisions, grown);
        return grown;
    }

    // Fibonacci hashing: neighbouring slots and rows spread over the table.
    private static int Slot(long key, int length) => (int)((ulong)(key * unchecked((long)0x9E37_79B9_7F4A_7C15)) >> (64 - System.Numerics.BitOperations.Log2((uint)length)));
}
