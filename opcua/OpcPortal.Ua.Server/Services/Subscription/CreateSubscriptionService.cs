namespace OpcPortal.Ua.Server;

/// <summary>CreateSubscription. Part 4 5.14.2.</summary>
public sealed class CreateSubscriptionService(SubscriptionEngine engine) : Service<CreateSubscriptionRequest, CreateSubscriptionResponse>
{
    protected override ValueTask<CreateSubscriptionResponse> InvokeAsync(ServiceContext context, CreateSubscriptionRequest request)
    {
        var subscription = engine.Create(context.Session!, context.Access, request);
        return ValueTask.FromResult(new CreateSubscriptionResponse
        {
            SubscriptionId = subscription.Id,
            RevisedPublishingInterval = subscription.PublishingInterval.TotalMilliseconds,
            RevisedLifetimeCount = subscription.MaxLifetimeCount,
            RevisedMaxKeepAliveCount = subscription.MaxKeepAliveCount,
        });
    }
}
