namespace OpcPortal.Ua.Server;

/// <summary>ModifyMonitoredItems. Part 4 5.13.3.</summary>
public sealed class ModifyMonitoredItemsService(SubscriptionEngine engine, OperationLimits limits) : Service<ModifyMonitoredItemsRequest, ModifyMonitoredItemsResponse>
{
    protected override ValueTask<ModifyMonitoredItemsResponse> InvokeAsync(ServiceContext context, ModifyMonitoredItemsRequest request)
    {
        Timestamps.Check(request.TimestampsToReturn);
        var results = new MonitoredItemModifyResult[OperationLimits.Check(request.ItemsToModify, limits.MaxMonitoredItemsPerCall)];
        var subscription = engine.Find(context.Session!, request.SubscriptionId);
        lock (subscription.ItemsGate)
        {
            for (var i = 0; i < results.Length; i++) results[i] = subscription.Modify(request.ItemsToModify![i], request.TimestampsToReturn);
        }

        return ValueTask.FromResult(new ModifyMonitoredItemsResponse { Results = results });
    }
}
