using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>CreateSession. Part 4 5.7.2.</summary>
public sealed class CreateSessionService(SessionTable sessions, SessionLimits limits, EndpointCatalog endpoints, ApplicationCertificates own, Channel.TransportLimits transport)
    : Service<CreateSessionRequest, CreateSessionResponse>
{
    public override SessionState Requires => SessionState.None;

    protected override ValueTask<CreateSessionResponse> InvokeAsync(ServiceContext context, CreateSessionRequest request)
    {
        var channel = context.Channel;
        if (!endpoints.AllowsSession(channel)) throw new ServiceException(StatusCodes.BadSecurityPolicyRejected, "The endpoint is for discovery alone.");
        SecurityPolicy.TryGet(channel.SecurityPolicyUri, out var policy);
        if (request.ServerUri is { Length: > 0 } uri && uri != endpoints.Options.ApplicationUri) throw new ServiceException(StatusCodes.BadServerUriInvalid);
        if (!policy.IsNone) CheckClient(channel, request);
        CheckLengths(request);

        var session = Create(context, request);
        sessions.Add(session);
        var certificate = channel.ServerCertificate ?? own.Current;
        var described = endpoints.Describe(request.EndpointUrl);
        var needsCertificate = !Array.Find(described, e => e.SecurityPolicyUri == policy.Uri && e.SecurityMode == channel.SecurityMode)!.ServerCertificate.IsNull;
        return ValueTask.FromResult(new CreateSessionResponse
        {
            SessionId = session.Id,
            AuthenticationToken = session.AuthenticationToken,
            RevisedSessionTimeout = session.Timeout.TotalMilliseconds,
            ServerNonce = session.ServerNonce.AsSpan().ToArray(),
            ServerCertificate = needsCertificate ? certificate.Chain : default,
            ServerEndpoints = described,
            ServerSignature = Signatures.Create(policy, certificate, request.ClientCertificate, request.ClientNonce),
            MaxRequestMessageSize = transport.MaxMessageSize,
        });
    }

    // The certificate is that of the channel, states the application that the client says it is, and the nonce is long enough. Under None all are ignored.
    private static void CheckClient(IServerChannel channel, CreateSessionRequest request)
    {
        if (!CertificateChain.TryParse(request.ClientCertificate, out var chain) || !chain.Leaf.RawDataMemory.Span.SequenceEqual(channel.ClientCertificate.Span))
            throw new ServiceException(StatusCodes.BadCertificateInvalid);
        if (CertificateFields.ApplicationUri(chain.Leaf) is not { } uri || uri != request.ClientDescription.ApplicationUri) throw new ServiceException(StatusCodes.BadCertificateUriInvalid);
        if (request.ClientNonce.Length is < Nonce.SessionLength or > MaxNonceLength) throw new ServiceException(StatusCodes.BadNonceInvalid);
    }

    // Part 4 5.7.2.2: at least 32 bytes; more than 128 has no meaning.
    private const int MaxNonceLength = 128;

    private void CheckLengths(CreateSessionRequest request)
    {
        var client = request.ClientDescription;
        if (IsLong(request.SessionName) || IsLong(client.ApplicationUri) || IsLong(client.ProductUri) || IsLong(client.ApplicationName.Text) || IsLong(client.GatewayServerUri)
            || IsLong(client.DiscoveryProfileUri) || request.EndpointUrl?.Length > Channel.TransportLimits.MaxEndpointUrlLength)
            throw new ServiceException(StatusCodes.BadRequestTooLarge);

        bool IsLong(string? text) => text?.Length > limits.MaxTextLength;
    }

    private Session Create(ServiceContext context, CreateSessionRequest request)
    {
        var id = Guid.NewGuid();
        return new Session
        {
            Id = new NodeId(id, 1),
            AuthenticationToken = SessionTable.NewToken(),
            Name = string.IsNullOrEmpty(request.SessionName) ? id.ToString() : request.SessionName,
            // Discovery URLs of a client are never used: not kept.
            Client = new ApplicationDescription
            {
                ApplicationUri = request.ClientDescription.ApplicationUri,
                ProductUri = request.ClientDescription.ProductUri,
                ApplicationName = request.ClientDescription.ApplicationName,
                ApplicationType = request.ClientDescription.ApplicationType,
                GatewayServerUri = request.ClientDescription.GatewayServerUri,
                DiscoveryProfileUri = request.ClientDescription.DiscoveryProfileUri,
            },
            EndpointUrl = request.EndpointUrl,
            ServerUri = request.ServerUri,
            Timeout = Revise(request.RequestedSessionTimeout),
            MaxResponseMessageSize = request.MaxResponseMessageSize,
            CreatedAt = context.Now,
            Channel = context.Channel,
            ServerNonce = Nonce.ForSession(),
        };
    }

    private TimeSpan Revise(double requested)
    {
        // Part 4 5.7.2.2: 0 leaves it to the server; so does what is no number.
        if (!(requested > 0)) return limits.MaxTimeout;
        return requested >= limits.MaxTimeout.TotalMilliseconds ? limits.MaxTimeout : TimeSpan.FromMilliseconds(Math.Max(requested, limits.MinTimeout.TotalMilliseconds));
    }

    internal override void Audit(IAuditor auditor, in AuditedAction action, ServiceContext context, IServiceRequest request, IServiceResponse? response)
    {
        if (!auditor.IsHeard) return;
        var created = response as CreateSessionResponse;
        var (wanted, channel) = ((CreateSessionRequest)request, AuditedChannel.Of(context.Channel));
        var (id, timeout) = (created?.SessionId ?? default, TimeSpan.FromMilliseconds(created?.RevisedSessionTimeout ?? 0));
        // The client's application is known by its certificate, which was compared before the session was made.
        var named = action with { ClientApplicationUri = created is null || channel.ClientCertificate.IsNull ? null : wanted.ClientDescription.ApplicationUri };
        // Part 4 6.5.6: besides the event of the session.
        if (action.Status.CodeBits is StatusCodes.BadCertificateInvalid or StatusCodes.BadCertificateUriInvalid)
            auditor.CertificateRefused(action, wanted.ClientCertificate, invalidUri: action.Status.CodeBits == StatusCodes.BadCertificateUriInvalid ? wanted.ClientDescription.ApplicationUri : null);
        auditor.SessionCreated(named, channel, id, timeout);
        if (!endpoints.IsReachedBy(wanted.EndpointUrl)) auditor.UrlMismatched(named, channel, id, timeout, wanted.EndpointUrl);
    }
}
