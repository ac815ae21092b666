namespace OpcPortal.Ua.Server;

/// <summary>ReadRawModifiedDetails for modified values: what was there before, and what became of it. Part 11 6.5.3.3.</summary>
internal sealed class ModifiedReading(HistoryReadValueId item, TimestampsToReturn timestamps, TimeDomain domain) : ValueReading(item, timestamps)
{
    // Two times, the kind and a user's name beside the value.
    private const int SizeOfModification = 48;

    private WalkPager<ModifiedValue> _values = new(domain.Walk, static v => v.Value.SourceTimestamp);
    private uint? _left = domain.Total;

    public override bool HasMore => !_values.IsDone && _left != 0;

    protected override void Part() => _values = _values.Fork();

    protected override async ValueTask<Page> NextPageAsync(INodeHistory history, HistoryTurn turn)
    {
        var limit = turn.PageOf(Math.Min(domain.PerPage == 0 ? uint.MaxValue : domain.PerPage, _left ?? uint.MaxValue), turn.Limits.MaxHistoryValuesPerNode);
        var values = new List<DataValue>();
        var modifications = new List<ModificationInfo>();
        await _values.FillAsync(history.ReadModifiedAsync, Take, limit, turn.Room, turn.Cancellation).ConfigureAwait(false);
        return new Page([.. values], [.. modifications]);

        Intake Take(ModifiedValue modified)
        {
            if (_left == 0 || values.Count >= limit || !turn.Room.TryTake(HistoryRoom.SizeOf(modified.Value) + SizeOfModification, values.Count == 0)) return Intake.Full;
            values.Add(modified.Value);
            modifications.Add(modified.Modification);
            if (_left > 0) _left--;
            return Intake.Taken;
        }
    }
}
