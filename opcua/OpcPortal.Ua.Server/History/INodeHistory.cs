namespace OpcPortal.Ua.Server;

/// <summary>A stretch of history to be walked: from <paramref name="From"/>, included, towards <paramref name="To"/>, excluded.</summary>
/// <param name="From">UTC. Later than <paramref name="To"/>: the walk goes back in time.</param>
/// <param name="To">UTC.</param>
/// <param name="Limit">Values wanted at most, at least 1; the source may give fewer and a place to go on from.</param>
public readonly record struct HistoryWalk(DateTime From, DateTime To, int Limit)
{
    public bool IsForward => From <= To;

    /// <summary>Where the walk begins among those of <see cref="From"/>, where several have one time: what a page before has given.</summary>
    public int Skip { get; init; }

    /// <summary>The rest of the walk after a page of it.</summary>
    public HistoryWalk Resume(HistoryPlace place) => this with { From = place.Time, Skip = place.Skip };
}

/// <summary>A place in the history of a node where a walk goes on.</summary>
/// <param name="Time">UTC.</param>
/// <param name="Skip">How many of that time were given.</param>
public readonly record struct HistoryPlace(DateTime Time, int Skip = 0);

/// <summary>A page of a walk.</summary>
/// <param name="Items">In the order of the walk.</param>
/// <param name="Next">Where it goes on; null at its end. A page may be empty and have one.</param>
public readonly record struct HistoryPage<T>(IReadOnlyList<T> Items, HistoryPlace? Next);

/// <summary>An earlier value, and what came in its place. Part 11 6.5.3.3, Part 11 6.6.3 (HistoryModifiedData).</summary>
public readonly record struct ModifiedValue(DataValue Value, ModificationInfo Modification);

/// <summary>How the values of a node behave between and beyond its readings. Part 11 5.2.2 (HistoricalDataConfigurationType), Part 13 4.2.1.2 (AggregateConfigurationType).</summary>
public sealed record HistoryTraits
{
    /// <summary>Values hold until the next one; else they are joined by lines.</summary>
    public bool IsStepped { get; init; }

    /// <summary>Whether people may note something of its values, which raw values then tell of. Part 11 6.5.3.2 (ExtraData).</summary>
    public bool IsAnnotated { get; init; } = true;

    /// <summary>How aggregates judge quality where a client does not say.</summary>
    public AggregateConfiguration Aggregates { get; init; } = new() { TreatUncertainAsBad = true, PercentDataBad = 100, PercentDataGood = 100, UseSlopedExtrapolation = false };

    /// <summary>The time of the first value that the user may see; null: there is none, or it is not known.</summary>
    public DateTime? StartOfArchive { get; init; }

    /// <summary>The longest and the shortest time between two values, where they come in a rhythm.</summary>
    public TimeSpan? MaxTimeInterval { get; init; }

    /// <inheritdoc cref="MaxTimeInterval"/>
    public TimeSpan? MinTimeInterval { get; init; }
}

/// <summary>
/// The values of one node over time, for one user who was granted so: what the grant's terms withhold is not there. Times are source times, UTC; at most one value of a time is
/// the best one. Members complete at once where they can.
/// </summary>
public interface INodeHistory
{
    HistoryTraits Traits { get; }

    /// <summary>The best values known now: of what was deleted, none. Part 11 6.5.3.</summary>
    ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation);

    /// <summary>Every value that was changed or deleted, with what became of it; those of one time newest modification first, and oldest first where the walk goes back. Part 11 6.5.3.3.</summary>
    ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation);

    /// <summary>What people noted. Part 11 5.7 (Annotations); the time of an item is that of the value it is about.</summary>
    ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation);

    /// <summary>Inserts, replaces or updates values. The grant holds InsertHistory, ModifyHistory or both. Part 11 6.8.2.</summary>
    /// <returns>A status for each: GoodEntryInserted, GoodEntryReplaced, BadEntryExists, BadNoEntryExists and the like.</returns>
    ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation);

    /// <summary>Inserts, replaces, updates or removes annotations. Part 11 6.8.3.</summary>
    /// <returns>A status for each.</returns>
    ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation);

    /// <summary>Deletes the values from <paramref name="from"/>, included, to <paramref name="to"/>, excluded; where both are the same, that one. Part 11 6.8.5.</summary>
    /// <param name="modified">Delete what is kept as modified instead: a source that keeps all that ever was refuses.</param>
    ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation);

    /// <summary>Deletes the values of these very times. Part 11 6.8.6.</summary>
    /// <returns>A status for each; BadNoEntryExists where there was none.</returns>
    ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation);
}

/// <summary>An annotation and the time of the value that it is about, UTC.</summary>
public readonly record struct NodeAnnotation(DateTime Time, Annotation Annotation);
