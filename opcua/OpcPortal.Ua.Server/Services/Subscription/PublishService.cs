namespace OpcPortal.Ua.Server;

/// <summary>Publish: acknowledges messages and waits for the next one. While it waits it holds no thread. Part 4 5.14.5.</summary>
public sealed class PublishService(SubscriptionEngine engine) : Service<PublishRequest, PublishResponse>
{
    protected override ValueTask<PublishResponse> InvokeAsync(ServiceContext context, PublishRequest request)
    {
        var parked = new ParkedPublish(context.Channel.ChannelId, context.Cancellation);
        SubscriptionEngine.QueueOf(context.Session!).Receive(parked, request.SubscriptionAcknowledgements, engine.Limits.MaxPublishRequestsPerSession);
        return new ValueTask<PublishResponse>(parked.Task);
    }
}
