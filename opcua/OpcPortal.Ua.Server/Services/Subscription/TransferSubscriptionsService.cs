namespace OpcPortal.Ua.Server;

/// <summary>TransferSubscriptions: subscriptions of another session of the same user become this session's. Part 4 5.14.7.</summary>
public sealed class TransferSubscriptionsService(SubscriptionEngine engine) : Service<TransferSubscriptionsRequest, TransferSubscriptionsResponse>
{
    protected override ValueTask<TransferSubscriptionsResponse> InvokeAsync(ServiceContext context, TransferSubscriptionsRequest request)
    {
        // A session cannot take over more than it can have.
        var results = new TransferResult[OperationLimits.Check(request.SubscriptionIds, (uint)engine.Limits.MaxSubscriptionsPerSession)];
        for (var i = 0; i < results.Length; i++)
            results[i] = engine.Transfer(context.Session!, context.Access, request.SubscriptionIds![i], request.SendInitialValues);
        return ValueTask.FromResult(new TransferSubscriptionsResponse { Results = results });
    }
}
