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
        var readings = new HistoryReading?[items.Length];
        var results = new HistoryReadResult[items.Length];
        try
        {
            for (var i = 0; i < items.Length; i++)
            {
                var (index, item) = (i, items[i]);
                results[i] = await Operations.TryAsync(() => (readings[index] = plan.Find(item, index, begun[index]?.Fork())).NextAsync(turn, item.DataEncoding), Failed, logger, i).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody is told of what was read: points stand for what they stood for, and there are no new ones.
            for (var i = 0; i < items.Length; i++) GiveBack(items[i], begun[i], points, plan);
            throw;
        }

        KeepAll(items, results, readings, begun, points, plan);
        return results;
    }

    private void KeepAll(HistoryReadValueId[] items, HistoryReadResult[] results, HistoryReading?[] readings, HistoryReading?[] begun, ContinuationPoints<HistoryReading> points, object request)
    {
        var goingOn = begun.Count(static b => b is not null);
        for (var i = 0; i < items.Length; i++)
        {
            if (begun[i] is not null) goingOn--;
            // Part 4 7.9: a point is active until the rest was retrieved. One that failed may be tried again.
            if (results[i].StatusCode.IsBad) GiveBack(items[i], begun[i], points, request);
            else if (readings[i]!.HasMore) results[i] = Keep(results[i], readings[i]!, points, begun[i] is null ? limits.MaxHistoryContinuationPoints - goingOn : limits.MaxHistoryContinuationPoints, request);
        }
    }

    private HistoryReadResult Keep(HistoryReadResult result, HistoryReading reading, ContinuationPoints<HistoryReading> points, int limit, object request)
    {
        if (!points.TryKeep(reading, limit, request, reading.State, limits.MaxHistoryContinuationBytes, out var name)) return Failed(StatusCodes.BadNoContinuationPoints);
        result.ContinuationPoint = name;
        return result;
    }

    private void GiveBack(HistoryReadValueId item, HistoryReading? reading, ContinuationPoints<HistoryReading> points, object request)
    {
        if (reading is not null) points.GiveBack(item.ContinuationPoint, reading, limits.MaxHistoryContinuationPoints, request, reading.State, limits.MaxHistoryContinuationBytes);
    }

    private static HistoryReadResult Failed(StatusCode status) => new() { StatusCode = status };
}
