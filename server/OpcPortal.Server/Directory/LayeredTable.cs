using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Server;

/// <summary>
/// A table of records that never changes: a change makes another one, which shares what did not change. So whoever reads keeps what there was when he began. Below lies one large
/// plain table, above it the few changes since; when these grow many, they are laid together.
/// </summary>
internal sealed class LayeredTable<T> : IReadOnlyDictionary<string, T> where T : class
{
    // Fewer changes than these are never laid together: a look-up among them costs little.
    private const int MinUpper = 1024;

    private readonly Dictionary<string, T> _lower;
    private readonly ImmutableDictionary<string, T?> _upper;

    private LayeredTable(Dictionary<string, T> lower, ImmutableDictionary<string, T?> upper, int count)
    {
        _lower = lower;
        _upper = upper;
        Count = count;
    }

    public static LayeredTable<T> Empty { get; } = new([], ImmutableDictionary.Create<string, T?>(StringComparer.Ordinal), 0);

    public int Count { get; }

    public IEnumerable<string> Keys => this.Select(pair => pair.Key);

    public IEnumerable<T> Values => this.Select(pair => pair.Value);

    public T this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no '{key}'.");

    /// <param name="changes">Null removes. It becomes a part of the table: nobody changes it afterwards.</param>
    public LayeredTable<T> With(Dictionary<string, T?> changes)
    {
        if (changes.Count == 0) return this;
        // At a start all there is comes at once: then it is the table.
        if (Count == 0 && !changes.ContainsValue(null)) return new LayeredTable<T>(changes!, Empty._upper, changes.Count);
        if (_upper.Count + changes.Count > Math.Max(MinUpper, _lower.Count / 4)) return LaidTogether(changes);
        var upper = _upper.ToBuilder();
        var count = Count;
        foreach (var (key, value) in changes)
        {
            count += (value is null ? 0 : 1) - (ContainsKey(key) ? 1 : 0);
            upper[key] = value;
        }

        return new LayeredTable<T>(_lower, upper.ToImmutable(), count);
    }

    private LayeredTable<T> LaidTogether(Dictionary<string, T?> changes)
    {
        var all = new Dictionary<string, T>(Count + changes.Count, StringComparer.Ordinal);
        foreach (var (key, value) in this) all[key] = value;
        foreach (var (key, value) in changes)
        {
            if (value is null) all.Remove(key);
            else all[key] = value;
        }

        return new LayeredTable<T>(all, Empty._upper, all.Count);
    }

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        if (!_upper.IsEmpty && _upper.TryGetValue(key, out value)) return value is not null;
        return _lower.TryGetValue(key, out value);
    }

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
    {
        foreach (var pair in _lower)
            if (_upper.IsEmpty || !_upper.ContainsKey(pair.Key)) yield return pair;
        foreach (var (key, value) in _upper)
            if (value is not null) yield return new KeyValuePair<string, T>(key, value);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
