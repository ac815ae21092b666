namespace OpcPortal.Ua.Server;

/// <summary>
/// Counts of all requests of the server: the dispatcher tells of each when it is answered. A few increments a request; thread-safe.
/// Part 5 12.9 (ServerDiagnosticsSummaryDataType).
/// </summary>
public sealed class RequestCounters
{
    private static readonly NodeId CreateSession = new CreateSessionRequest().BinaryEncodingId;
    private static readonly NodeId ActivateSession = new ActivateSessionRequest().BinaryEncodingId;

    private int _rejected;
    private int _securityRejected;
    private int _rejectedSessions;
    private int _securityRejectedSessions;

    /// <summary>RejectedRequestsCount: requests answered with a fault.</summary>
    public uint Rejected => (uint)Volatile.Read(ref _rejected);

    /// <summary>SecurityRejectedRequestsCount: those of them refused for security.</summary>
    public uint SecurityRejected => (uint)Volatile.Read(ref _securityRejected);

    /// <summary>RejectedSessionCount: CreateSession and ActivateSession answered with a fault.</summary>
    public uint RejectedSessions => (uint)Volatile.Read(ref _rejectedSessions);

    /// <summary>SecurityRejectedSessionCount: those of them refused for security.</summary>
    public uint SecurityRejectedSessions => (uint)Volatile.Read(ref _securityRejectedSessions);

    /// <summary>A request was answered.</summary>
    /// <param name="session">The session it belongs to; null where there is none.</param>
    /// <param name="requestEncodingId">Which service: <see cref="Service.RequestEncodingId"/>.</param>
    /// <param name="serviceResult">The ServiceResult of the response header.</param>
    public void Count(Session? session, in NodeId requestEncodingId, StatusCode serviceResult)
    {
        var isSecurity = serviceResult.IsBad && IsSecurity(serviceResult);
        session?.Counters.Count(CountedServices.SlotOf(requestEncodingId), serviceResult.IsBad, isSecurity);
        if (serviceResult.IsNotBad) return;
        Interlocked.Increment(ref _rejected);
        if (isSecurity) Interlocked.Increment(ref _securityRejected);
        if (requestEncodingId != CreateSession && requestEncodingId != ActivateSession) return;
        Interlocked.Increment(ref _rejectedSessions);
        if (isSecurity) Interlocked.Increment(ref _securityRejectedSessions);
    }

    private static bool IsSecurity(StatusCode status) => status.CodeBits switch
    {
        StatusCodes.BadUserAccessDenied or StatusCodes.BadIdentityTokenInvalid or StatusCodes.BadIdentityTokenRejected or StatusCodes.BadUserSignatureInvalid
            or StatusCodes.BadApplicationSignatureInvalid or StatusCodes.BadSecurityChecksFailed or StatusCodes.BadSecurityModeRejected
            or StatusCodes.BadSecurityModeInsufficient or StatusCodes.BadSecurityPolicyRejected or StatusCodes.BadNonceInvalid
            or StatusCodes.BadSecureChannelIdInvalid => true,
        // BadCertificateTimeInvalid up to BadCertificateIssuerRevoked are one run of codes; these stand elsewhere.
        >= StatusCodes.BadCertificateTimeInvalid and <= StatusCodes.BadCertificateIssuerRevoked => true,
        StatusCodes.BadCertificateInvalid or StatusCodes.BadCertificateChainIncomplete or StatusCodes.BadCertificatePolicyCheckFailed => true,
        _ => false,
    };
}
