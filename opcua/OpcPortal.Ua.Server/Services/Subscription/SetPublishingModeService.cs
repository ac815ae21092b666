namespace OpcPortal.Ua.Server;

/// <summary>SetPublishingMode: whether subscriptions send notifications; keep-alives they send in any case. Part 4 5.14.4.</summary>
public sealed class SetPublishingModeService(SubscriptionEngine engine) : Service<SetPublishingModeRequest, SetPublishingModeResponse>
{
    protected override ValueTask<SetPublishingModeResponse> InvokeAsync(ServiceContext context, SetPublishingModeRequest request)
    {
        // A session has no more subscriptions than these to name.
        var results = new StatusCode[OperationLimits.Check(request.SubscriptionIds, (uint)engine.Limits.MaxSubscriptionsPerSession)];
        var queue = SubscriptionEngine.QueueOf(context.Session!);
        lock (queue.Gate)
        {
            for (var i = 0; i < results.Length; i++)
            {
                if (queue.Find(request.SubscriptionIds![i]) is { } subscription) subscription.SetPublishing(queue, request.PublishingEnabled);
                else results[i] = StatusCodes.BadSubscriptionIdInvalid;
            }
        }

        return ValueTask.FromResult(new SetPublishingModeResponse { Results = results });
    }
}
