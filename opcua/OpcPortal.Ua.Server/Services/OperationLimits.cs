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

    /// <summary>Each node may take a look into a database.</summary>
    public uint MaxNodesPerHistoryReadData { get; init; } = 1_000;

    /// <summary>Each notifier's events are held against a filter one by one.</summary>
    public uint MaxNodesPerHistoryReadEvents { get; init; } = 100;

    /// <summary>Each is written to a database, and audited with what it changed.</summary>
    public uint MaxNodesPerHistoryUpdateData { get; init; } = 1_000;

    /// <summary>All are refused and audited: few are enough to be told so.</summary>
    public uint MaxNodesPerHistoryUpdateEvents { get; init; } = 100;

    /// <summary>Reads of history that a session may leave unfinished: as many as a request may name nodes, so that each gets on. Part 7 (Historical Access Data Max Nodes Read Continuation Point).</summary>
    public ushort MaxHistoryContinuationPoints { get; init; } = 1_000;

    /// <summary>
    /// Bytes that the unfinished reads of a session may hold of what was asked for: a dozen requests with ten thousand times each. What is left behind goes first; a request that
    /// holds more by itself gets BadNoContinuationPoints.
    /// </summary>
    public long MaxHistoryContinuationBytes { get; init; } = 1024 * 1024;

    /// <summary>Values in one result before a continuation point is given, also where the client sets no limit: some 300 kB of numbers. Part 11 5.7.2 (MaxReturnDataValues).</summary>
    public uint MaxHistoryValuesPerNode { get; init; } = 10_000;

    /// <summary>Events in one result before a continuation point is given: each has dozens of fields. Part 11 5.7.2 (MaxReturnEventValues).</summary>
    public uint MaxHistoryEventsPerNode { get; init; } = 1_000;

    /// <summary>Values and events in one HistoryRead response over all its nodes: keeps the work of one request to some tenths of a second.</summary>
    public int MaxHistoryValuesPerResponse { get; init; } = 50_000;

    /// <summary>Bytes of values in one HistoryRead response, roughly: half of what a message takes, for structures are estimated.</summary>
    public long MaxHistoryBytesPerResponse { get; init; } = 2 * 1024 * 1024;

    /// <summary>Pages that one HistoryRead may ask of sources, also where they are empty for the user; then it ends with a continuation point. Attack class 31.</summary>
    public int MaxHistoryPagesPerRequest { get; init; } = 5_000;

    /// <summary>Events that one HistoryRead may hold against filters: some tenths of a second; then it ends with a continuation point. Attack class 31.</summary>
    public int MaxEventsExaminedPerRequest { get; init; } = 100_000;

    /// <summary>
    /// Kept values that the aggregates and interpolations of one HistoryRead may use: about a second of work. The interval that uses the last is finished; the nodes that follow get
    /// an empty page and a continuation point. Attack class 31.
    /// </summary>
    public long MaxHistoryValuesUsedPerRequest { get; init; } = 5_000_000;

    /// <summary>Values and times that the details of one HistoryUpdate may name in all: each is written, and told with what was there before to who audits.</summary>
    public int MaxHistoryChangesPerRequest { get; init; } = 10_000;

    /// <exception cref="ServiceException">BadNothingToDo or BadTooManyOperations. Part 4 7.38.</exception>
    public static int Check<T>(T[]? operations, uint limit)
    {
        if (operations is null or { Length: 0 }) throw new ServiceException(StatusCodes.BadNothingToDo);
        if (operations.Length > limit) throw new ServiceException(StatusCodes.BadTooManyOperations);
        return operations.Length;
    }
}
