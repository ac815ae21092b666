namespace OpcPortal.Ua.Server;

/// <summary>DeleteSubscriptions. Part 4 5.14.8.</summary>
public sealed class DeleteSubscriptionsService(SubscriptionEngine engine) : Service<DeleteSubscriptionsRequest, DeleteSubscriptionsResponse>
{
    protected override ValueTask<DeleteSubscriptionsResponse> InvokeAsync(ServiceContext context, DeleteSubscriptionsRequest request)
    {
        var results = new StatusCode[OperationLimits.Check(request.SubscriptionIds, (uint)engine.Limits.MaxSubscriptionsPerSession)];
        for (var i = 0; i < results.Length; i++) results[i] = engine.Delete(context.Session!, request.SubscriptionIds![i]);
        return ValueTask.FromResult(new DeleteSubscriptionsResponse { Results = results });
    }
}
