using System.Collections.Concurrent;

namespace OpcPortal.Server;

/// <summary>
/// Small numbers for words, such as names of points and function groups, so that decisions compare no texts. Thread-safe; grows only: its words come from models, configuration and
/// stored records, which are bounded by themselves.
/// </summary>
internal sealed class WordTable
{
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The number of a word, given one if it is new.</summary>
    public int Of(string word)
    {
        if (_numbers.TryGetValue(word, out var known)) return known;
        lock (_gate) return _numbers.GetOrAdd(word, _numbers.Count);
    }
}
