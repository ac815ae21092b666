namespace OpcPortal.Server;

/// <summary>When each of many things is to be looked at again. What is due stays so until another instant is set: a look that fails is made again. Not thread-safe.</summary>
/// <param name="order">Of things that are due at the same instant.</param>
internal sealed class DueTable<TKey>(IComparer<TKey> order) where TKey : notnull
{
    private readonly Dictionary<TKey, DateTime> _dueOf = [];
    private readonly SortedSet<(DateTime At, TKey Key)> _due =
        new(Comparer<(DateTime At, TKey Key)>.Create((a, b) => a.At.CompareTo(b.At) is var byTime and not 0 ? byTime : order.Compare(a.Key, b.Key)));

    /// <summary>The first instant at which something is due; <see cref="DateTime.MaxValue"/>: never.</summary>
    public DateTime Next => _due.Count == 0 ? DateTime.MaxValue : _due.Min.At;

    /// <param name="at">In the place of what was set before; <see cref="DateTime.MaxValue"/>: never.</param>
    public void Set(TKey key, DateTime at)
    {
        if (_dueOf.Remove(key, out var before)) _due.Remove((before, key));
        if (at == DateTime.MaxValue) return;
        _dueOf.Add(key, at);
        _due.Add((at, key));
    }

    /// <summary>What is due by an instant, that included, the longest due first.</summary>
    public IReadOnlyList<(DateTime At, TKey Key)> DueBy(DateTime now) => [.. _due.TakeWhile(due => due.At <= now)];
}
