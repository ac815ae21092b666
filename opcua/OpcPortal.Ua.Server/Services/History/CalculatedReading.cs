namespace OpcPortal.Ua.Server;

/// <summary>ReadProcessedDetails and ReadAtTimeDetails: values that are calculated from those that are kept. Part 11 6.5.4, 6.5.5.</summary>
/// <param name="start">Begins the calculation, once it is known how the node's values behave.</param>
internal sealed class CalculatedReading(HistoryReadValueId item, TimestampsToReturn timestamps, CalculatedReading.Starter start) : ValueReading(item, timestamps)
{
    // Values may be structures: so many at a time are asked for before it is seen what room they took.
    private const int Chunk = 256;

    private HistoryCalculation? _calculation;

    public delegate StatusCode Starter(HistoryTraits traits, out HistoryCalculation? calculation);

    public override bool HasMore => _calculation is not { HasMore: false };

    protected override async ValueTask<Page> NextPageAsync(INodeHistory history, HistoryTurn turn)
    {
        if (_calculation is null && start(history.Traits, out _calculation) is { IsBad: true } refused) throw new ServiceException(refused);
        var limit = turn.PageOf(0, turn.Limits.MaxHistoryValuesPerNode);
        var values = new List<DataValue>();
        while (_calculation!.HasMore && values.Count < limit && (values.Count == 0 || turn.Room.Values > 0) && turn.Room.TryAskSource())
        {
            turn.Cancellation.ThrowIfCancellationRequested();
            var next = await _calculation.NextAsync(history, Math.Min(Chunk, limit - values.Count), turn.Cancellation).ConfigureAwait(false);
            foreach (ref readonly var value in next.AsSpan()) turn.Room.TryTake(HistoryRoom.SizeOf(value), isFirst: true);
            values.AddRange(next);
        }

        return new Page([.. values]);
    }
}
