namespace OpcPortal.Ua.Server;

/// <summary>Browse: the references of nodes. Part 4 5.9.2.</summary>
public sealed class BrowseService(ReferenceBrowser browser, ViewTable views, OperationLimits limits) : Service<BrowseRequest, BrowseResponse>
{
    protected override ValueTask<BrowseResponse> InvokeAsync(ServiceContext context, BrowseRequest request)
    {
        var opened = views.TryOpen(context.Access, request.View, out var view);
        if (opened.IsBad) throw new ServiceException(opened);
        var results = new BrowseResult[OperationLimits.Check(request.NodesToBrowse, limits.MaxNodesPerBrowse)];
        var pageSize = request.RequestedMaxReferencesPerNode is 0 ? limits.MaxReferencesPerNode : Math.Min(request.RequestedMaxReferencesPerNode, limits.MaxReferencesPerNode);
        var page = new BrowsePage(context.Access, context.Session!.Feature<ContinuationPoints<BrowseWalk>>(), limits);
        for (var i = 0; i < results.Length; i++)
        {
            var status = BrowseWalk.TryStart(browser, context.Access, view, request.NodesToBrowse![i], (int)pageSize, out var walk);
            results[i] = walk is null ? new BrowseResult { StatusCode = status } : page.Next(walk);
        }

        return ValueTask.FromResult(new BrowseResponse { Results = results });
    }
}

/// <summary>BrowseNext: the next page of a Browse, or its end. Part 4 5.9.3.</summary>
public sealed class BrowseNextService(OperationLimits limits) : Service<BrowseNextRequest, BrowseNextResponse>
{
    protected override ValueTask<BrowseNextResponse> InvokeAsync(ServiceContext context, BrowseNextRequest request)
    {
        var count = OperationLimits.Check(request.ContinuationPoints, limits.MaxNodesPerBrowse);
        var points = context.Session!.Feature<ContinuationPoints<BrowseWalk>>();
        // Part 4 5.9.3.2: a release has no results.
        if (request.ReleaseContinuationPoints)
        {
            foreach (ref readonly var name in request.ContinuationPoints.AsSpan()) points.TryTake(name, out _);
            return ValueTask.FromResult(new BrowseNextResponse { Results = [] });
        }

        var results = new BrowseResult[count];
        var page = new BrowsePage(context.Access, points, limits);
        for (var i = 0; i < count; i++)
            results[i] = points.TryTake(request.ContinuationPoints![i], out var walk) ? page.Next(walk) : new BrowseResult { StatusCode = StatusCodes.BadContinuationPointInvalid };
        return ValueTask.FromResult(new BrowseNextResponse { Results = results });
    }
}

/// <summary>Pages of walks as results of one response, which has room for so many references in all.</summary>
internal sealed class BrowsePage(AccessContext who, ContinuationPoints<BrowseWalk> points, OperationLimits limits)
{
    private readonly ReferenceBudget _budget = new(limits.MaxReferencesPerRequest);
    private int _room = (int)limits.MaxReferencesPerResponse;

    public BrowseResult Next(BrowseWalk walk)
    {
        var status = walk.TryNextPage(who, _room, _budget, out var references);
        if (status.IsBad) return new BrowseResult { StatusCode = status };
        var name = default(ByteString);
        if (walk.HasMore && !points.TryKeep(walk, limits.MaxBrowseContinuationPoints, this, out name)) return new BrowseResult { StatusCode = StatusCodes.BadNoContinuationPoints };
        _room -= references.Length;
        return new BrowseResult { References = references, ContinuationPoint = name };
    }
}
