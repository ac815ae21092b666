namespace OpcPortal.Models;

/// <summary>What an entity may do with a part of the address space.</summary>
[Flags]
public enum Operations : byte
{
    None = 0,
    Browse = 1,
    Read = 2,
    Subscribe = 4,
    ReadHistory = 8,
    Write = 16,
    ReceiveEvents = 32,
    Call = 64,

    /// <summary>Insert, replace, annotate and delete stored readings; each is kept beside what it changes.</summary>
    EditHistory = 128,
    All = Browse | Read | Subscribe | ReadHistory | Write | ReceiveEvents | Call | EditHistory,
}

/// <summary>How good a reading must be to be shown, worst first. From the categories of IEC 61968-9.</summary>
public enum QualityLevel : byte
{
    Any = 0,

    /// <summary>Not missing and not failed.</summary>
    Questionable = 1,

    /// <summary>Estimated or better.</summary>
    Estimated = 2,

    /// <summary>Raw and unobjected, edited, or validated.</summary>
    Valid = 3,

    /// <summary>Validated.</summary>
    Validated = 4,
}
