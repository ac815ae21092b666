using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>What was decided of one subject and one node. Immutable.</summary>
/// <param name="Layout">The layout that the node's key was read by.</param>
/// <param name="IsGoverned">False: its owner is not in the directory, and roles alone govern it.</param>
internal sealed record NodeDecision(
    long Key, TypeLayout Layout, bool IsGoverned, PermissionType Permissions, bool MayObserve, AccessRestrictionType Restrictions, ReadTerms? Terms);

/// <summary>
/// What one subject may do under one policy, with the decisions made lately: a table of bounded size in which each has one of four places. It is thrown away with its
/// policy, so that nothing in it grows stale. Thread-safe: decisions are immutable, and a lost one is made again.
/// </summary>
internal sealed class SubjectView(AccessSnapshot snapshot, AccessSubject subject, SubjectRules rules)
{
    // Most subjects look at one portal; an aggregator's round over 10,000 premises finds the table of a megabyte full of it.
    private const int FirstSize = 256;
    private const int MaxSize = 65_536;

    // Nodes that share a set displace each other only where there are five of them.
    private const int Ways = 4;

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
        var set = SetOf(key, decisions.Length);
        for (var i = set; i < set + Ways; i++)
            if (Volatile.Read(ref decisions[i]) is { } found && found.Key == key && ReferenceEquals(found.Layout, layout)) return found;
        return null;
    }

    public void Keep(NodeDecision decision)
    {
        var decisions = Volatile.Read(ref _decisions);
        var made = Interlocked.Increment(ref _made);
        if (made > decisions.Length / 2 && decisions.Length < MaxSize) decisions = Grow(decisions);
        Put(decisions, decision, made);
    }

    private static void Put(NodeDecision?[] decisions, NodeDecision decision, int turn)
    {
        var set = SetOf(decision.Key, decisions.Length);
        for (var i = set; i < set + Ways; i++)
        {
            if (decisions[i] is { } other && other.Key != decision.Key) continue;
            Volatile.Write(ref decisions[i], decision);
            return;
        }

        // Each in its turn makes room.
        Volatile.Write(ref decisions[set + (turn & (Ways - 1))], decision);
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
            if (decision is not null) Put(grown, decision, 0);
        Volatile.Write(ref _decisions, grown);
        return grown;
    }

    // Fibonacci hashing: neighbouring slots and rows spread over the table.
    private static int SetOf(long key, int length) =>
        (int)((ulong)(key * unchecked((long)0x9E37_79B9_7F4A_7C15)) >> (64 - System.Numerics.BitOperations.Log2((uint)length / Ways))) * Ways;
}
