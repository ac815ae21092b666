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

    // Part 4 6.5.8: one event for the request; a subscription that was refused makes it a failure.
    internal override void Audit(IAuditor auditor, in AuditedAction action, ServiceContext context, IServiceRequest request, IServiceResponse? response)
    {
        if (!auditor.IsHeard) return;
        var ids = ((TransferSubscriptionsRequest)request).SubscriptionIds ?? [];
        var detail = action.Detail;
        var status = action.Status;
        if (response is TransferSubscriptionsResponse { Results: { } results })
        {
            detail = string.Join(", ", ids.Zip(results, static (id, result) => $"{id} {result.StatusCode}"));
            foreach (var result in results)
                if (status.IsGood) status = result.StatusCode;
        }

        auditor.SubscriptionsTransferred(action with { Status = status, Detail = detail }, context.Session?.Id ?? default);
    }
}
