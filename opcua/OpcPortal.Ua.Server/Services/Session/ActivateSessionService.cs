using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>ActivateSession: the first user, another user, or a move to another channel. Part 4 5.7.3.</summary>
internal sealed class ActivateSessionService(SessionTable sessions, SessionLimits limits, IdentityTokenVerifier verifier, SessionAccess access, AccessRenewal renewal, RoleTable roleTable)
    : Service<ActivateSessionRequest, ActivateSessionResponse>
{
    public override SessionState Requires => SessionState.Any;

    protected override async ValueTask<ActivateSessionResponse> InvokeAsync(ServiceContext context, ActivateSessionRequest request)
    {
        var session = context.Session!;
        await session.Activation.WaitAsync(context.Cancellation).ConfigureAwait(false);
        try
        {
            return await ActivateAsync(context, session, request).ConfigureAwait(false);
        }
        finally
        {
            session.Activation.Release();
        }
    }

    private async ValueTask<ActivateSessionResponse> ActivateAsync(ServiceContext context, Session session, ActivateSessionRequest request)
    {
        var channel = context.Channel;
        var isMove = !ReferenceEquals(session.Channel, channel);
        if (isMove) CheckMove(session, channel);
        var nonce = session.ServerNonce;
        CheckSignature(channel, request.ClientSignature, nonce);
        var user = await verifier.VerifyAsync(channel, nonce, request.UserIdentityToken, request.UserTokenSignature, context.Cancellation).ConfigureAwait(false);
        if (isMove && !user.IsSameUser(session.User)) throw new ServiceException(StatusCodes.BadIdentityTokenInvalid);
        var completed = access.Complete(Prove(session, channel, user, request.LocaleIds));
        sessions.Activate(session, channel, completed);
        // What changed between the two was not told to this session.
        if (access.IsStale(completed)) renewal.Renew(session);
        // What was signed or encrypted with the old nonce is worth nothing from here on.
        session.ServerNonce = Nonce.ForSession();
        var response = new ActivateSessionResponse { ServerNonce = session.ServerNonce.AsSpan().ToArray() };
        // Part 4 5.7.3.3, Part 18 5.2.8.
        if (completed.MustChangePassword) response.ResponseHeader.ServiceResult = StatusCodes.GoodPasswordChangeRequired;
        return response;
    }

    // Attack class 16: a session moves to a channel of the same application, protected in the same way; one that was never activated does not move.
    private static void CheckMove(Session session, IServerChannel channel)
    {
        var old = session.Channel;
        if (session.Access is null || old.SecurityPolicyUri != channel.SecurityPolicyUri || old.SecurityMode != channel.SecurityMode || !old.ClientCertificate.Span.SequenceEqual(channel.ClientCertificate.Span))
            throw new ServiceException(StatusCodes.BadSecureChannelIdInvalid);
    }

    private static void CheckSignature(IServerChannel channel, SignatureData signature, byte[] nonce)
    {
        if (channel.ServerCertificate is not { } own) return;
        SecurityPolicy.TryGet(channel.SecurityPolicyUri, out var policy);
        using var certificate = X509CertificateLoader.LoadCertificate(channel.ClientCertificate.Span);
        using var key = certificate.GetRSAPublicKey();
        if (key is null || !Signatures.IsBy(key, policy, signature, own, nonce)) throw new ServiceException(StatusCodes.BadApplicationSignatureInvalid);
    }

    private AccessContext Prove(Session session, IServerChannel channel, UserIdentity user, string?[]? localeIds)
    {
        var isSecured = channel.SecurityMode is MessageSecurityMode.Sign or MessageSecurityMode.SignAndEncrypt;
        var certificate = isSecured ? channel.ClientCertificate : default;
        // Only what the certificate proves counts: under None a client may call itself anything.
        var applicationUri = isSecured ? session.Client.ApplicationUri : null;
        return new AccessContext
        {
            Roles = 0,
            SecurityMode = channel.SecurityMode,
            SecurityPolicyUri = channel.SecurityPolicyUri,
            EndpointUrl = session.EndpointUrl,
            Identity = user,
            IsManaged = verifier.IsManaged(user),
            MustChangePassword = verifier.MustChangePassword(user),
            UserName = user.Name,
            ApplicationUri = applicationUri,
            UserCertificateThumbprint = user.CertificateHash,
            ApplicationCertificateThumbprint = certificate.IsNull ? null : Convert.ToHexString(SHA256.HashData(certificate.Span)),
            SessionId = session.Id,
            Locales = localeIds is null or { Length: 0 } ? session.Access?.Locales ?? [] : [.. localeIds.OfType<string>().Where(l => l.Length <= 32).Take(limits.MaxLocales)],
        };
    }

    internal override void Audit(IAuditor auditor, in AuditedAction action, ServiceContext context, IServiceRequest request, IServiceResponse? response)
    {
        var access = response is null ? null : context.Session?.Access;
        // Part 4 6.5.6: besides the event of the session.
        if (action.CertificateStatus.IsBad && ((ActivateSessionRequest)request).UserIdentityToken?.Structure is X509IdentityToken refused)
            auditor.CertificateRefused(action with { Status = action.CertificateStatus }, refused.CertificateData);
        auditor.SessionActivated(
            action, context.Session?.Id ?? default, context.Channel.ChannelId, ((ActivateSessionRequest)request).UserIdentityToken?.Structure as UserIdentityToken,
            access is null ? [] : [.. roleTable.RolesOf(access.Roles)]);
    }
}
