namespace OpcPortal.Ua.Server;

/// <summary>CloseSession. Part 4 5.7.4.</summary>
public sealed class CloseSessionService(SessionTable sessions) : Service<CloseSessionRequest, CloseSessionResponse>
{
    public override SessionState Requires => SessionState.Created;
    public override StatusCode WrongChannelStatus => StatusCodes.BadSessionIdInvalid;

    protected override ValueTask<CloseSessionResponse> InvokeAsync(ServiceContext context, CloseSessionRequest request)
    {
        if (!sessions.Close(context.Session!, request.DeleteSubscriptions, SessionEnd.Closed)) throw new ServiceException(StatusCodes.BadSessionIdInvalid);
        return ValueTask.FromResult(new CloseSessionResponse());
    }

    internal override void Audit(IAuditor auditor, in AuditedAction action, ServiceContext context, IServiceRequest request, IServiceResponse? response) =>
        auditor.SessionClosed(action, context.Session?.Id ?? default, SessionEnd.Closed);
}
