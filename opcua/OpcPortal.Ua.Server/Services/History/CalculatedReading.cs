namespace OpcPortal.Ua.Server;

/// <summary>ReadProcessedDetails and ReadAtTimeDetails: values that are calculated from those that are kept. Part 11 6.5.4, 6.5.5.</summary>
/// <param name="start">Begins the calculation, once it is known how the node's values behave.</param>
internal sealed class CalculatedReading(HistoryReadValueId item, TimestampsToReturn timestamps, CalculatedReading.Starter start) : ValueReading(item, timestamps)
{
    // Values may be structures: so many at a time are asked for before it is seen what room they took.
    private const int Chunk = 256;

    private HistoryCalculation? _calculation;

    /// <summary>Begins a calculation over a history with such traits, or says why it cannot.</summary>
    public delegate StatusCode Starter(HistoryTraits traits, out HistoryCalculation? calculation);

    public override bool HasMore => _calculation is not { HasMore: false };

    protected override void Part() => _calculation = _calculation?.Fork();

    protected override async ValueTask<Page> NextPageAsync(INodeHistory history, HistoryTurn turn)
    {
        if (_calculation is null && start(history.Traits, out _calculation) is { IsBad: true } refused) throw new ServiceException(refused);
        var used = new UsedHistory(history, turn.Room);
        var limit = turn.PageOf(0, turn.Limits.MaxHistoryValuesPerNode);
        var values = new List<DataValue>();
        while (_calculation!.HasMore && values.Count < limit && (values.Count == 0 || turn.Room.Values > 0) && !turn.Room.IsWorkDone)
        {
            turn.Cancellation.ThrowIfCancellationRequested();
            var next = await _calculation.NextAsync(used, Math.Min(Chunk, limit - values.Count), turn.Cancellation).ConfigureAwait(false);
            foreach (ref readonly var value in next.AsSpan()) turn.Room.TryTake(HistoryRoom.SizeOf(value), isFirst: true);
            values.AddRange(next);
        }

        return new Page([.. values]);
    }

    /// <summary>A history that counts what a calculation takes of it, and ends with the request although its pages are at hand.</summary>
    private sealed class UsedHistory(INodeHistory history, HistoryRoom room) : INodeHistory
    {
        public HistoryTraits Traits => history.Traits;

        public ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => Count(history.ReadAsync(walk, cancellation), cancellation);

        public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) => Count(history.ReadModifiedAsync(walk, cancellation), cancellation);

        public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) => Count(history.ReadAnnotationsAsync(walk, cancellation), cancellation);

        private async ValueTask<HistoryPage<T>> Count<T>(ValueTask<HistoryPage<T>> pending, CancellationToken cancellation)
        {
            var page = await pending.ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            // An empty page is work too.
            room.Use(Math.Max(1, page.Items.Count));
            return page;
        }

        public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => history.UpdateAsync(kind, values, cancellation);

        public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => history.AnnotateAsync(kind, annotations, cancellation);

        public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => history.DeleteAsync(from, to, modified, cancellation);

        public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => history.DeleteAtAsync(times, cancellation);
    }
}
