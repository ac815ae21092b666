namespace OpcPortal.Ua.Server;

/// <summary>The read of the values of a Variable over time: leave, times, range and encoding are the same for all its kinds. Part 4 5.11.3, Part 11 6.5.</summary>
internal abstract class ValueReading : HistoryReading
{
    private const string DefaultBinary = "Default Binary";

    private readonly NumericRange? _range;
    private readonly TimestampsToReturn _timestamps;
    private bool _hasGiven;

    /// <exception cref="ServiceException">BadIndexRangeInvalid.</exception>
    protected ValueReading(HistoryReadValueId item, TimestampsToReturn timestamps)
        : base(item)
    {
        _timestamps = timestamps;
        if (!string.IsNullOrEmpty(item.IndexRange) && !NumericRange.TryParse(item.IndexRange, out _range)) throw new ServiceException(StatusCodes.BadIndexRangeInvalid);
    }

    /// <summary>Values and, of modified ones, what became of them. Bounds that were not found are values, but no data.</summary>
    protected readonly record struct Page(DataValue[] Values, ModificationInfo[]? Modifications = null)
    {
        public bool HasData => Array.Exists(Values, static v => v.StatusCode.CodeBits != StatusCodes.BadBoundNotFound);
    }

    protected abstract ValueTask<Page> NextPageAsync(INodeHistory history, HistoryTurn turn);

    public sealed override async ValueTask<HistoryReadResult> NextAsync(HistoryTurn turn, QualifiedName encoding)
    {
        var history = Open(turn, encoding);
        var page = await NextPageAsync(history, turn).ConfigureAwait(false);
        _hasGiven |= page.HasData;
        foreach (ref var value in page.Values.AsSpan()) value = Shape(value, turn.Copies);
        HistoryData data = page.Modifications is { } modifications ? new HistoryModifiedData { DataValues = page.Values, ModificationInfos = modifications } : new HistoryData { DataValues = page.Values };
        return new HistoryReadResult { StatusCode = _hasGiven || HasMore ? StatusCodes.Good : StatusCodes.GoodNoData, HistoryData = new ExtensionObject(data) };
    }

    private INodeHistory Open(HistoryTurn turn, in QualifiedName encoding)
    {
        var status = HistoryNodes.TryOpen(turn.Access, turn.Who, NodeId, PermissionType.ReadHistory, out var grant, out var history);
        if (status.IsBad) throw new ServiceException(status);
        if (string.IsNullOrEmpty(encoding.Name)) return history!;
        var isStructure = grant.Node.Source.ReadAttribute(grant.Node, AttributeIds.DataType, [], out var dataType).IsGood && turn.Types.BuiltInTypeOf(dataType.AsNodeId()) == BuiltInType.ExtensionObject;
        if (!isStructure) throw new ServiceException(StatusCodes.BadDataEncodingInvalid);
        return encoding is { NamespaceIndex: 0, Name: DefaultBinary } ? history! : throw new ServiceException(StatusCodes.BadDataEncodingUnsupported);
    }

    private DataValue Shape(in DataValue value, CopyBudget copies)
    {
        var shaped = value with
        {
            SourceTimestamp = _timestamps == TimestampsToReturn.Server ? default : value.SourceTimestamp,
            SourcePicoseconds = _timestamps == TimestampsToReturn.Server ? default : value.SourcePicoseconds,
            ServerTimestamp = _timestamps == TimestampsToReturn.Source ? default : value.ServerTimestamp,
            ServerPicoseconds = _timestamps == TimestampsToReturn.Source ? default : value.ServerPicoseconds,
        };
        if (_range is null || value.StatusCode.IsBad) return shaped;
        var status = _range.TrySlice(value.Value, out var slice);
        if (status.IsBad) return shaped with { Value = default, StatusCode = status };
        return copies.TryTake(slice) ? shaped with { Value = slice } : throw new ServiceException(StatusCodes.BadResponseTooLarge);
    }
}
