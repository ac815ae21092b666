namespace OpcPortal.Ua.Server;

/// <summary>SetTriggering: what a change of one item sends of others that only sample. Links are removed before others are added. Part 4 5.13.5.</summary>
public sealed class SetTriggeringService(SubscriptionEngine engine, OperationLimits limits) : Service<SetTriggeringRequest, SetTriggeringResponse>
{
    protected override ValueTask<SetTriggeringResponse> InvokeAsync(ServiceContext context, SetTriggeringRequest request)
    {
        var removed = request.LinksToRemove ?? [];
        var added = request.LinksToAdd ?? [];
        if (removed.Length + added.Length == 0) throw new ServiceException(StatusCodes.BadNothingToDo);
        if ((long)removed.Length + added.Length > limits.MaxMonitoredItemsPerCall) throw new ServiceException(StatusCodes.BadTooManyOperations);
        var subscription = engine.Find(context.Session!, request.SubscriptionId);
        lock (subscription.ItemsGate)
        {
            if (!subscription.TryGetItem(request.TriggeringItemId, out var triggering)) throw new ServiceException(StatusCodes.BadMonitoredItemIdInvalid);
            return ValueTask.FromResult(new SetTriggeringResponse
            {
                RemoveResults = Array.ConvertAll(removed, id => Unlink(subscription, triggering, id)),
                AddResults = Array.ConvertAll(added, id => Link(subscription, triggering, id)),
            });
        }
    }

    private static StatusCode Unlink(Subscription subscription, MonitoredItem triggering, uint itemId) =>
        subscription.TryGetItem(itemId, out var item) && triggering.Unlink(item) ? StatusCodes.Good : StatusCodes.BadMonitoredItemIdInvalid;

    // An item that triggered itself would make Sampling the same as Reporting.
    private static StatusCode Link(Subscription subscription, MonitoredItem triggering, uint itemId) =>
        subscription.TryGetItem(itemId, out var item) && !ReferenceEquals(item, triggering) ? triggering.Link(item) : StatusCodes.BadMonitoredItemIdInvalid;
}
