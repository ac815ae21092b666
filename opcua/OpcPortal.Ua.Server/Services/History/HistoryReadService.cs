using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>HistoryRead: what Variables were and which events there were. Part 4 5.11.3, Part 11 6.</summary>
/// <param name="archive">Keeps events; null: none are kept.</param>
public sealed class HistoryReadService(
    AccessController access, TypeTree types, IEventArchive? archive, IEventFilterCompiler filters, OperationLimits limits, ILogger<HistoryReadService> logger) : Service<HistoryReadRequest, HistoryReadResponse>
{
    protected override async ValueTask<HistoryReadResponse> InvokeAsync(ServiceContext context, HistoryReadRequest request)
    {
        var points = context.Session!.Feature<ContinuationPoints<HistoryReading>>();
        if (request.ReleaseContinuationPoints) return Release(points, request);
        var plan = new HistoryReadPlan(request, archive, filters, limits);
        var turn = new HistoryTurn(context.Access, access, types, RoomFor(context.Session), new CopyBudget(limits.MaxCopiedElementsPerRequest), limits, context.Cancellation);
        // Pages of a thousand values, read and encoded, are not for the loop that serves all requests of the connection.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var results = await ReadAllAsync(request.NodesToRead!, plan, points, turn).ConfigureAwait(false);
        return new HistoryReadResponse { Results = results };
    }

    // Part 11 6.3: no data, and all that was named is given back.
    private HistoryReadResponse Release(ContinuationPoints<HistoryReading> points, HistoryReadRequest request)
    {
        var results = new HistoryReadResult[OperationLimits.Check(request.NodesToRead, Math.Max(limits.MaxNodesPerHistoryReadData, limits.MaxNodesPerHistoryReadEvents))];
        for (var i = 0; i < results.Length; i++)
            results[i] = Failed(points.TryTake(request.NodesToRead![i].ContinuationPoint, out _) ? StatusCodes.Good : StatusCodes.BadContinuationPointInvalid);
        return new HistoryReadResponse { Results = results };
    }

    // A client that takes small messages gets small pages.
    private HistoryRoom RoomFor(Session session)
    {
        var bytes = session.MaxResponseMessageSize == 0 ? limits.MaxHistoryBytesPerResponse : Math.Min(limits.MaxHistoryBytesPerResponse, session.MaxResponseMessageSize / 2);
        return new HistoryRoom(limits.MaxHistoryValuesPerResponse, bytes, limits.MaxHistoryPagesPerRequest, limits.MaxEventsExaminedPerRequest, limits.MaxHistoryValuesUsedPerRequest);
    }

    private async ValueTask<HistoryReadResult[]> ReadAllAsync(HistoryReadValueId[] items, HistoryReadPlan plan, ContinuationPoints<HistoryReading> points, HistoryTurn turn)
    {
        // What goes on is taken first: Part 4 7.9 never lets it fail for want of a point, nor may what begins here push it out.
        var begun = Array.ConvertAll(items, item => item.ContinuationPoint.IsNullOrEmpty ? null : points.TryTake(item.ContinuationPoint, out var held) ? held : null);
        var goingOn = begun.Count(static b => b is not null);
        var results = new HistoryReadResult[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            var isGoingOn = begun[i] is not null;
            if (isGoingOn) goingOn--;
            var (index, item) = (i, items[i]);
            HistoryReading? reading = null;
            results[i] = await Operations.TryAsync(() => (reading = plan.Find(item, index, begun[index])).NextAsync(turn, item.DataEncoding), Failed, logger, i).ConfigureAwait(false);
            if (results[i].StatusCode.IsNotBad) Keep(results, i, reading!, points, limits.MaxHistoryContinuationBytes, isGoingOn ? limits.MaxHistoryContinuationPoints : limits.MaxHistoryContinuationPoints - goingOn, plan);
        }

        return results;
    }

    private static void Keep(HistoryReadResult[] results, int index, HistoryReading reading, ContinuationPoints<HistoryReading> points, long mostBytes, int limit, object request)
    {
        if (!reading.HasMore) return;
        if (points.TryKeep(reading, limit, request, reading.State, mostBytes, out var name)) results[index].ContinuationPoint = name;
        else results[index] = Failed(StatusCodes.BadNoContinuationPoints);
    }

    private static HistoryReadResult Failed(StatusCode status) => new() { StatusCode = status };
}
