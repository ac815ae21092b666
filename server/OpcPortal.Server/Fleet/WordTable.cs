using System.Collections.Concurrent;

namespace OpcPortal.Server;

/// <summary>
/// Small numbers for words, such as names of points and function groups, so that decisions compare no texts. Thread-safe; grows only: its words are those that the fleet has, from models,
/// configuration and the records of premises and customers, which are bounded by themselves. Rules and proposals only look words up.
/// </summary>
internal sealed class WordTable
{
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>How many there are: when there are more, rules may fit that did not before.</summary>
    public int Count => _numbers.Count;

    /// <returns>-1 where nothing in the fleet has the word.</returns>
    public int Find(string word) => _numbers.GetValueOrDefault(word, -1);

    /// <summary>The number of a word, given one if it is new.</summary>
    public int Of(string word)
    {
        if (_numbers.TryGetValue(word, out var known)) return known;
        lock (_gate) return _numbers.GetOrAdd(word, _numbers.Count);
    }
}
