namespace OpcPortal.Ua.Server;

/// <summary>CreateMonitoredItems. Part 4 5.13.2.</summary>
public sealed class CreateMonitoredItemsService(SubscriptionEngine engine, OperationLimits limits) : Service<CreateMonitoredItemsRequest, CreateMonitoredItemsResponse>
{
    protected override ValueTask<CreateMonitoredItemsResponse> InvokeAsync(ServiceContext context, CreateMonitoredItemsRequest request)
    {
        Timestamps.Check(request.TimestampsToReturn);
        var results = new MonitoredItemCreateResult[OperationLimits.Check(request.ItemsToCreate, limits.MaxMonitoredItemsPerCall)];
        var subscription = engine.Find(context.Session!, request.SubscriptionId);
        lock (subscription.ItemsGate)
        {
            for (var i = 0; i < results.Length; i++) results[i] = subscription.Create(request.ItemsToCreate![i], request.TimestampsToReturn);
        }

        return ValueTask.FromResult(new CreateMonitoredItemsResponse { Results = results });
    }
}
