namespace OpcPortal.Models;

/// <summary>
/// Hands out the same <see cref="ReadTerms"/> for the same bounds, so that a decision allocates nothing where its bounds were met before. Thread-safe without locks: an entry that two
/// threads make at once is made twice.
/// </summary>
internal sealed class TermsTable
{
    // A place for each of the dates of owners and occupants that are asked for at about the same time; where three share two places they take turns.
    private const int Places = 4096;

    private readonly Entry?[] _entries = new Entry?[Places];

    /// <returns>Null where nothing binds.</returns>
    public ReadTerms? Of(in ReadBounds bounds)
    {
        if (bounds == ReadBounds.Open) return null;
        // Two places for each: few share both.
        var place = (uint)bounds.GetHashCode() % Places;
        if (Find(place, bounds) is { } terms || (terms = Find(place ^ 1, bounds)) is not null) return terms;
        var made = new Entry(bounds, Make(bounds));
        if (Volatile.Read(ref _entries[place]) is not null) place ^= 1;
        Volatile.Write(ref _entries[place], made);
        return made.Terms;
    }

    private ReadTerms? Find(uint place, in ReadBounds bounds) => Volatile.Read(ref _entries[place]) is { } found && found.Bounds == bounds ? found.Terms : null;

    private static ReadTerms Make(in ReadBounds bounds)
    {
        var all = Bounds.Tightest(Bounds.Tightest(bounds.Reading, bounds.Watching), bounds.History).ToTerms();
        return all with { Reading = bounds.Reading.ToTerms(), Watching = bounds.Watching.ToTerms(), History = bounds.History.ToTerms() };
    }

    private sealed record Entry(ReadBounds Bounds, ReadTerms Terms);
}
