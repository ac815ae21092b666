namespace OpcPortal.Ua.Server;

/// <summary>Cancel: stops the session's requests that have a certain handle. Part 4 5.7.5.</summary>
public sealed class CancelService : Service<CancelRequest, CancelResponse>
{
    protected override ValueTask<CancelResponse> InvokeAsync(ServiceContext context, CancelRequest request) =>
        ValueTask.FromResult(new CancelResponse { CancelCount = (uint)context.Channel.CancelRequests(context.Session!, request.RequestHandle) });

    internal override void Audit(IAuditor auditor, in AuditedAction action, ServiceContext context, IServiceRequest request, IServiceResponse? response) =>
        auditor.RequestsCancelled(action, context.Session?.Id ?? default, ((CancelRequest)request).RequestHandle);
}
