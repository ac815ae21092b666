namespace OpcPortal.Ua.Server;

/// <summary>DeleteMonitoredItems. Part 4 5.13.6.</summary>
public sealed class DeleteMonitoredItemsService(SubscriptionEngine engine, OperationLimits limits) : Service<DeleteMonitoredItemsRequest, DeleteMonitoredItemsResponse>
{
    protected override ValueTask<DeleteMonitoredItemsResponse> InvokeAsync(ServiceContext context, DeleteMonitoredItemsRequest request)
    {
        var results = new StatusCode[OperationLimits.Check(request.MonitoredItemIds, limits.MaxMonitoredItemsPerCall)];
        var subscription = engine.Find(context.Session!, request.SubscriptionId);
        lock (subscription.ItemsGate)
        {
            for (var i = 0; i < results.Length; i++) results[i] = subscription.Delete(request.MonitoredItemIds![i]);
        }

        return ValueTask.FromResult(new DeleteMonitoredItemsResponse { Results = results });
    }
}
