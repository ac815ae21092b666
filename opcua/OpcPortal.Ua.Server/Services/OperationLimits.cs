namespace OpcPortal.Ua.Server;

/// <summary>
/// How many operations one request may hold. What is set here is what the OperationLimits object shows and what the services enforce: one more gives
/// BadTooManyOperations, never a cut list. Part 5 6.3.11.
/// </summary>
public sealed record OperationLimits
{
    /// <summary>A request of this size is answered within some milliseconds, so that one client never holds up the others on its connection for long.</summary>
    public const uint DefaultPerRequest = 10_000;

    public uint MaxNodesPerRead { get; init; } = DefaultPerRequest;
    public uint MaxNodesPerWrite { get; init; } = DefaultPerRequest;
    public uint MaxNodesPerBrowse { get; init; } = DefaultPerRequest;
    public uint MaxNodesPerRegisterNodes { get; init; } = DefaultPerRequest;

    /// <summary>Each path may visit many nodes: fewer paths than nodes elsewhere.</summary>
    public uint MaxNodesPerTranslateBrowsePathsToNodeIds { get; init; } = 2_000;

    /// <summary>Methods reach devices: a call costs a thousand times a read.</summary>
    public uint MaxNodesPerMethodCall { get; init; } = 1_000;

    public uint MaxMonitoredItemsPerCall { get; init; } = DefaultPerRequest;

    /// <summary>Continuation points that a session may hold open: a client pages through one folder at a time, perhaps some in parallel.</summary>
    public ushort MaxBrowseContinuationPoints { get; init; } = 100;

    /// <summary>References in one Browse result before a continuation point is given, also where the client sets no limit: some 100 kB a node.</summary>
    public uint MaxReferencesPerNode { get; init; } = 1_000;

    /// <summary>References in one Browse response over all its nodes: keeps the answer below the message size.</summary>
    public uint MaxReferencesPerResponse { get; init; } = 20_000;

    /// <summary>Elements of one browse path. No model nests deeper. CVE-2022-29866: paths multiply.</summary>
    public int MaxBrowsePathElements { get; init; } = 100;

    /// <summary>References that one browse path may follow before BadQueryTooComplex.</summary>
    public int MaxReferencesPerBrowsePath { get; init; } = 100_000;

    /// <summary>
    /// References that one request may follow in all, also those that nobody is shown: some tenths of a second on one core. Then Browse gives a continuation point and a
    /// browse path is BadQueryTooComplex.
    /// </summary>
    public int MaxReferencesPerRequest { get; init; } = 1_000_000;

    /// <summary>Targets of one browse path before BadTooManyMatches.</summary>
    public int MaxTargetsPerBrowsePath { get; init; } = 1_000;

    /// <summary>
    /// Elements, characters and bytes that the index ranges of one request may copy in all: four times what the largest message carries. A Read of more is
    /// BadResponseTooLarge; of a Write the items beyond are BadResourceUnavailable.
    /// </summary>
    public long MaxCopiedElementsPerRequest { get; init; } = 16 * 1024 * 1024;

    /// <exception cref="ServiceException">BadNothingToDo or BadTooManyOperations. Part 4 7.38.</exception>
    public static int Check<T>(T[]? operations, uint limit)
    {
        if (operations is null or { Length: 0 }) throw new ServiceException(StatusCodes.BadNothingToDo);
        if (operations.Length > limit) throw new ServiceException(StatusCodes.BadTooManyOperations);
        return operations.Length;
    }
}
