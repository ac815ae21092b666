namespace OpcPortal.Ua;

/// <summary>What a StatusCode says of where an aggregate's value came from: the low bits of its DataValue info. Part 4 7.39.1, Part 13 5.3.3.</summary>
[Flags]
public enum AggregateBits
{
    /// <summary>A value as it was stored.</summary>
    Raw = 0,

    Calculated = 1,
    Interpolated = 2,

    /// <summary>The interval was not complete: asked for again, it may have another value.</summary>
    Partial = 4,

    /// <summary>A raw value hides others of the same time.</summary>
    ExtraData = 8,

    /// <summary>Several values of the interval match, at different times.</summary>
    MultiValue = 16,
}
