namespace OpcPortal.Ua.Server;

/// <summary>ModifySubscription. Part 4 5.14.3.</summary>
public sealed class ModifySubscriptionService(SubscriptionEngine engine) : Service<ModifySubscriptionRequest, ModifySubscriptionResponse>
{
    protected override ValueTask<ModifySubscriptionResponse> InvokeAsync(ServiceContext context, ModifySubscriptionRequest request)
    {
        var subscription = engine.Find(context.Session!, request.SubscriptionId);
        engine.Modify(subscription, request);
        return ValueTask.FromResult(new ModifySubscriptionResponse
        {
            RevisedPublishingInterval = subscription.PublishingInterval.TotalMilliseconds,
            RevisedLifetimeCount = subscription.MaxLifetimeCount,
            RevisedMaxKeepAliveCount = subscription.MaxKeepAliveCount,
        });
    }
}
