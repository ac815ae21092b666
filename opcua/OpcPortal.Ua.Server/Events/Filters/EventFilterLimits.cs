namespace OpcPortal.Ua.Server;

/// <summary>What one EventFilter may hold; more gives BadEventFilterInvalid. ServerCapabilities shows the first two. Part 5 6.3.2.</summary>
public sealed record EventFilterLimits
{
    /// <summary>Select clauses: all fields of all alarm types of the standard together are some 300.</summary>
    public uint MaxSelectClauseParameters { get; init; } = 500;

    /// <summary>Operands of a where clause over all its elements: a list of a few hundred nodes to hear from still fits.</summary>
    public uint MaxWhereClauseParameters { get; init; } = 1_000;

    /// <summary>Elements below each other. Written by hand few are more than ten; evaluation goes as deep on the stack.</summary>
    public int MaxDepth { get; init; } = 50;

    /// <summary>Characters, bytes or elements of one literal: a filter lives as long as its item, and there are many items.</summary>
    public int MaxLiteralLength { get; init; } = 65_536;
}
