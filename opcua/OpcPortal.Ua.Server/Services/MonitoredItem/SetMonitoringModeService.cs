namespace OpcPortal.Ua.Server;

/// <summary>SetMonitoringMode. Part 4 5.13.4.</summary>
public sealed class SetMonitoringModeService(SubscriptionEngine engine, OperationLimits limits) : Service<SetMonitoringModeRequest, SetMonitoringModeResponse>
{
    protected override ValueTask<SetMonitoringModeResponse> InvokeAsync(ServiceContext context, SetMonitoringModeRequest request)
    {
        if (request.MonitoringMode is < MonitoringMode.Disabled or > MonitoringMode.Reporting) throw new ServiceException(StatusCodes.BadMonitoringModeInvalid);
        var results = new StatusCode[OperationLimits.Check(request.MonitoredItemIds, limits.MaxMonitoredItemsPerCall)];
        var subscription = engine.Find(context.Session!, request.SubscriptionId);
        lock (subscription.ItemsGate)
        {
            for (var i = 0; i < results.Length; i++) results[i] = subscription.SetMode(request.MonitoredItemIds![i], request.MonitoringMode);
        }

        return ValueTask.FromResult(new SetMonitoringModeResponse { Results = results });
    }
}
