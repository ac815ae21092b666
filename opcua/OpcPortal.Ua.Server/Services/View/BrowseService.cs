namespace OpcPortal.Ua.Server;

/// <summary>Browse: the references of nodes. Part 4 5.9.2.</summary>
public sealed class BrowseService(ReferenceBrowser browser, OperationLimits limits) : Service<BrowseRequest, BrowseResponse>
{
    protected override ValueTask<BrowseResponse> InvokeAsync(ServiceContext context, BrowseRequest request)
    {
        // Part 4 5.9.2.2: there are no views here to browse in.
        if (!request.View.ViewId.IsNull) throw new ServiceException(StatusCodes.BadViewIdUnknown);
        var results = new BrowseResult[OperationLimits.Check(request.NodesToBrowse, limits.MaxNodesPerBrowse)];
        var pageSize = request.RequestedMaxReferencesPerNode is 0 ? limits.MaxReferencesPerNode : Math.Min(request.RequestedMaxReferencesPerNode, limits.MaxReferencesPerNode);
        var points = context.Session!.Feature<BrowseContinuations>();
        var room = (int)limits.MaxReferencesPerResponse;
        for (var i = 0; i < results.Length; i++)
        {
            var status = BrowseWalk.TryStart(browser, context.Access, request.NodesToBrowse![i], (int)pageSize, out var walk);
            results[i] = walk is null ? new BrowseResult { StatusCode = status } : BrowsePage.Next(walk, context.Access, points, limits, ref room);
        }

        return ValueTask.FromResult(new BrowseResponse { Results = results });
    }
}

/// <summary>BrowseNext: the next page of a Browse, or its end. Part 4 5.9.3.</summary>
public sealed class BrowseNextService(OperationLimits limits) : Service<BrowseNextRequest, BrowseNextResponse>
{
    protected override ValueTask<BrowseNextResponse> InvokeAsync(ServiceContext context, BrowseNextRequest request)
    {
        var results = new BrowseResult[OperationLimits.Check(request.ContinuationPoints, limits.MaxNodesPerBrowse)];
        var points = context.Session!.Feature<BrowseContinuations>();
        var room = (int)limits.MaxReferencesPerResponse;
        for (var i = 0; i < results.Length; i++)
        {
            if (!points.TryTake(request.ContinuationPoints![i], out var walk)) results[i] = new BrowseResult { StatusCode = StatusCodes.BadContinuationPointInvalid };
            else results[i] = request.ReleaseContinuationPoints ? new BrowseResult() : BrowsePage.Next(walk!, context.Access, points, limits, ref room);
        }

        return ValueTask.FromResult(new BrowseNextResponse { Results = results });
    }
}

/// <summary>One page of a walk as a result.</summary>
internal static class BrowsePage
{
    /// <param name="room">How many references the response can still take; lessened by the page.</param>
    public static BrowseResult Next(BrowseWalk walk, AccessContext who, BrowseContinuations points, OperationLimits limits, ref int room)
    {
        var page = walk.NextPage(who, room);
        room -= page.Length;
        var name = default(ByteString);
        if (walk.HasMore && !points.TryKeep(walk, limits.MaxBrowseContinuationPoints, out name))
            return new BrowseResult { StatusCode = StatusCodes.BadNoContinuationPoints };
        return new BrowseResult { References = page, ContinuationPoint = name };
    }
}
