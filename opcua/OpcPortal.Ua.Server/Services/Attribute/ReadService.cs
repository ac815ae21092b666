namespace OpcPortal.Ua.Server;

/// <summary>Read: current values and attributes. Part 4 5.11.2.</summary>
public sealed class ReadService(AttributeReader reader, OperationLimits limits) : Service<ReadRequest, ReadResponse>
{
    protected override ValueTask<ReadResponse> InvokeAsync(ServiceContext context, ReadRequest request)
    {
        if (request.MaxAge < 0 || double.IsNaN(request.MaxAge)) throw new ServiceException(StatusCodes.BadMaxAgeInvalid);
        Timestamps.Check(request.TimestampsToReturn);
        var results = new DataValue[OperationLimits.Check(request.NodesToRead, limits.MaxNodesPerRead)];
        var who = context.Access;
        CopyBudget? copies = null;
        for (var i = 0; i < results.Length; i++)
        {
            ref var item = ref request.NodesToRead![i];
            results[i] = Timestamps.Apply(Read(who, item, ref copies), request.TimestampsToReturn, item.AttributeId, context.Now);
        }

        return ValueTask.FromResult(new ReadResponse { Results = results });
    }

    private DataValue Read(AccessContext who, in ReadValueId item, ref CopyBudget? copies)
    {
        if (string.IsNullOrEmpty(item.IndexRange)) return reader.Read(who, item.NodeId, item.AttributeId, null, item.DataEncoding);
        if (!NumericRange.TryParse(item.IndexRange, out var range)) return DataValue.FromStatus(StatusCodes.BadIndexRangeInvalid);
        var part = reader.Read(who, item.NodeId, item.AttributeId, range, item.DataEncoding);
        copies ??= new CopyBudget(limits.MaxCopiedElementsPerRequest);
        return copies.TryTake(part.Value) ? part : throw new ServiceException(StatusCodes.BadResponseTooLarge);
    }
}
