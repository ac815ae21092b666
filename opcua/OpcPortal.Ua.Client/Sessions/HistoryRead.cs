namespace OpcPortal.Ua.Client;

/// <summary>A value that was changed, inserted or deleted, and what was done to it. Part 11 6.5.3.3, 6.6.3.</summary>
/// <param name="Value">What was there before; of an insertion, what was inserted.</param>
public readonly record struct ModifiedHistoryValue(DataValue Value, ModificationInfo Modification);

/// <summary>What somebody noted of a value. Part 11 5.1.2.</summary>
/// <param name="Time">Of the value, UTC.</param>
public readonly record struct HistoryAnnotation(DateTime Time, Annotation Annotation);

/// <summary>Which stretch of history is wanted: at least two of its start, its end and a number. Part 11 4.6, 6.5.3.2.</summary>
public sealed record HistoryRange
{
    /// <summary>UTC, included. Later than <see cref="End"/>: time flows backwards. Null: so many values back from the end.</summary>
    public DateTime? Start { get; init; }

    /// <summary>UTC, excluded. Null: so many values from the start on.</summary>
    public DateTime? End { get; init; }

    /// <summary>With both times given, values wanted in one answer of the server, 0 for as many as it gives; with one time, values wanted in all.</summary>
    public uint Count { get; init; }

    public static HistoryRange Between(DateTime start, DateTime end) => new() { Start = start, End = end };

    /// <summary>The first values from a time on.</summary>
    public static HistoryRange From(DateTime start, uint count) => new() { Start = start, Count = count };

    /// <summary>The last values up to a time, the latest first.</summary>
    public static HistoryRange Before(DateTime end, uint count) => new() { End = end, Count = count };

    // Part 11 6.5.3.1: a time that is not given is the least of the wire.
    internal DateTime WireStart => Start ?? default;

    internal DateTime WireEnd => End ?? default;
}
