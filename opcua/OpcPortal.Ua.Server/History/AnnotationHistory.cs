namespace OpcPortal.Ua.Server;

/// <summary>The history of a Variable's Annotations Property: its values are what people noted of the Variable's. Part 11 5.1.2, 6.5.6.2.</summary>
/// <param name="annotated">The Variable's own history.</param>
public sealed class AnnotationHistory(INodeHistory annotated) : INodeHistory
{
    private static readonly HistoryTraits Noted = new() { IsStepped = true, IsAnnotated = false };

    public HistoryTraits Traits => Noted;

    public async ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation)
    {
        var page = await annotated.ReadAnnotationsAsync(walk, cancellation).ConfigureAwait(false);
        return new HistoryPage<DataValue>([.. page.Items.Select(AnnotationValues.ToValue)], page.Next);
    }

    // Of what was noted before, nothing is told: it is no value that anybody is billed by.
    public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) =>
        throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported);

    public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) => annotated.ReadAnnotationsAsync(walk, cancellation);

    // Part 11 5.1.2: annotations are changed by UpdateStructureDataDetails alone.
    public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) =>
        throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported);

    public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) =>
        annotated.AnnotateAsync(kind, annotations, cancellation);

    public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) =>
        throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported);

    public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) =>
        throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported);
}
