namespace OpcPortal.Models;

/// <summary>A list of a scope in numbers: everything, where the list is empty, else those that have a number. -1 is in no list.</summary>
internal readonly struct NumberSet
{
    // Sorted; null: everything.
    private readonly int[]? _numbers;

    private NumberSet(int[] numbers) => _numbers = numbers;

    public bool IsEverything => _numbers is null;

    /// <summary>Nothing at all: names were given, none of which has a number.</summary>
    public bool IsEmpty => _numbers is { Length: 0 };

    public ReadOnlySpan<int> Numbers => _numbers;

    public static NumberSet Of(IReadOnlyList<string> names, Func<string, int> numberOf) =>
        names.Count == 0 ? default : Of(names.Select(numberOf));

    public static NumberSet OfMany(IReadOnlyList<string> names, Func<string, IReadOnlyCollection<int>> numbersOf) =>
        names.Count == 0 ? default : Of(names.SelectMany(numbersOf));

    public static NumberSet Of(IEnumerable<int> numbers) => new([.. numbers.Where(number => number >= 0).Distinct().Order()]);

    public bool Contains(int number) => _numbers is null || (number >= 0 && Array.BinarySearch(_numbers, number) >= 0);

    public NumberSet Intersect(NumberSet other)
    {
        if (_numbers is null) return other;
        if (other._numbers is null) return this;
        var mine = this;
        return new NumberSet([.. other._numbers.Where(mine.Contains)]);
    }
}
