namespace OpcPortal.Ua.Client;

/// <summary>Which notification message comes next. They count from 1; after the largest number comes 1 again. Part 4 7.9 (Counter), 5.14.1.</summary>
internal struct SequenceTracker(uint first)
{
    // A number that lies less than this ahead is a gap; any other is one that was seen before.
    private const uint Ahead = 0x8000_0000;

    public SequenceTracker() : this(1)
    {
    }

    public uint Expected { get; private set; } = first;

    /// <summary>How many messages are missing before this one; null where it was seen before.</summary>
    public readonly uint? Missing(uint number)
    {
        var distance = unchecked(number - Expected);
        // 0 is never used: a distance across the wrap is one too long.
        if (number < Expected && distance < Ahead) distance--;
        return distance < Ahead ? distance : null;
    }

    /// <summary>Takes note that all up to this one are done with.</summary>
    public void Pass(uint number) => Expected = After(number);

    public static uint After(uint number) => number == uint.MaxValue ? 1 : number + 1;
}
