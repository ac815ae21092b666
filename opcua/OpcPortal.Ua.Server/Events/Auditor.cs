using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Makes the standard's audit events and reports them. Who may receive one is <see cref="EventAccess"/>'s to say: it asks for the permission on the event's
/// type and for an encrypted channel.
/// </summary>
public sealed partial class Auditor(EventHub events, TimeProvider time, string serverUri) : IAuditor
{
    // Part 5 6.4.2: 1 to 1000. A refusal deserves to be looked at, what was done as asked does not.
    private const ushort SeverityOfSuccess = 100;
    private const ushort SeverityOfFailure = 500;

    private const string OpenService = "SecureChannel/OpenSecureChannel";
    private const string CloseService = "SecureChannel/CloseSecureChannel";
    private const string CreateSession = "Session/CreateSession";

    private readonly SecretMethods _secrets = new();
    private readonly ConcurrentDictionary<NodeId, uint> _typesOfMethods = new();

    public bool IsHeard => events.IsHeard;

    public void WithholdArgumentsOf(NodeId methodId) => _secrets.Add(methodId);

    /// <summary>Reports calls of a method that did something as events of a type of their own, which says more than AuditUpdateMethodEventType and has the same fields.</summary>
    internal void ReportAs(NodeId methodId, uint eventType) => _typesOfMethods[methodId] = eventType;

    private readonly ConcurrentDictionary<NodeId, ConditionMethod> _conditionMethods = new();

    /// <summary>Reports calls of a method of conditions as events of their own, with arguments as fields. Part 9 5.10.</summary>
    internal void ReportCondition(NodeId methodId, uint eventType, string sourceName, string[] arguments) => _conditionMethods[methodId] = new ConditionMethod(eventType, sourceName, arguments);

    private sealed record ConditionMethod(uint EventType, string SourceName, string[] Arguments);

    public void WithholdOutputsOf(NodeId methodId) => _secrets.AddOutputs(methodId);

    public void ChannelOpened(in AuditedAction action, in AuditedChannel channel, SecurityTokenRequestType requestType, TimeSpan requestedLifetime, ByteString certificateEventId = default)
    {
        // Part 4 6.5.5: a renewal is audited where it fails.
        if (!IsHeard || (requestType == SecurityTokenRequestType.Renew && action.Status.IsNotBad)) return;
        events.Report(OfChannel(ObjectTypeIds.AuditOpenSecureChannelEventType, OpenService, action, channel.ChannelId)
            .With("ClientCertificate", new Variant(channel.ClientCertificate))
            .With("ClientCertificateThumbprint", Thumbprint(channel.ClientCertificate))
            .With("RequestType", Variant.FromEnum(requestType))
            .With("SecurityPolicyUri", channel.SecurityPolicyUri)
            .With("SecurityMode", Variant.FromEnum(channel.SecurityMode))
            .With("RequestedLifetime", requestedLifetime.TotalMilliseconds)
            .With("CertificateErrorEventId", certificateEventId.IsNull ? default : new Variant(certificateEventId)));
    }

    public void ChannelClosed(in AuditedAction action, uint channelId)
    {
        if (!IsHeard) return;
        // Part 5 6.4.5: who closed it need not be known.
        var named = action.ClientUserId is null ? action with { ClientUserId = "System/CloseSecureChannel" } : action;
        events.Report(OfChannel(ObjectTypeIds.AuditChannelEventType, CloseService, named, channelId));
    }

    public void SessionCreated(in AuditedAction action, in AuditedChannel channel, NodeId sessionId, TimeSpan revisedTimeout)
    {
        if (IsHeard) events.Report(OfCreateSession(ObjectTypeIds.AuditCreateSessionEventType, action, channel, sessionId, revisedTimeout));
    }

    public void UrlMismatched(in AuditedAction action, in AuditedChannel channel, NodeId sessionId, TimeSpan revisedTimeout, string? endpointUrl)
    {
        if (IsHeard) events.Report(OfCreateSession(ObjectTypeIds.AuditUrlMismatchEventType, action, channel, sessionId, revisedTimeout).With("EndpointUrl", endpointUrl));
    }

    public void SessionActivated(in AuditedAction action, NodeId sessionId, uint channelId, UserIdentityToken? token, IReadOnlyList<NodeId> roles)
    {
        ArgumentNullException.ThrowIfNull(roles);
        if (!IsHeard) return;
        events.Report(OfSession(ObjectTypeIds.AuditActivateSessionEventType, "Session/ActivateSession", action, sessionId)
            .With("ClientSoftwareCertificates", new Variant(Array.Empty<ExtensionObject?>()))
            .With("UserIdentityToken", Variant.From(WithoutSecret(token)))
            .With("SecureChannelId", Text(channelId))
            .With("CurrentRoleIds", new Variant(roles.ToArray())));
    }

    public void SessionClosed(in AuditedAction action, NodeId sessionId, SessionEnd end)
    {
        if (!IsHeard) return;
        // Part 4 6.5.6.
        var name = end switch
        {
            SessionEnd.Closed => "Session/CloseSession",
            SessionEnd.TimedOut => "Session/Timeout",
            _ => "Session/Terminated",
        };
        events.Report(OfSession(ObjectTypeIds.AuditSessionEventType, name, action, sessionId));
    }

    public void RequestsCancelled(in AuditedAction action, NodeId sessionId, uint requestHandle)
    {
        if (IsHeard) events.Report(OfSession(ObjectTypeIds.AuditCancelEventType, "Session/Cancel", action, sessionId).With("RequestHandle", requestHandle));
    }

    public void SubscriptionsTransferred(in AuditedAction action, NodeId sessionId)
    {
        if (IsHeard) events.Report(OfSession(ObjectTypeIds.AuditSessionEventType, "Session/TransferSubscriptions", action, sessionId));
    }

    public ByteString CertificateRefused(in AuditedAction action, ByteString certificate, string? invalidHostname = null, string? invalidUri = null)
    {
        if (!IsHeard) return default;
        var type = TypeOfRefusal(action.Status);
        var occurrence = OfSecurity(type, "Security/Certificate", action).With("Certificate", new Variant(certificate));
        if (type == ObjectTypeIds.AuditCertificateDataMismatchEventType)
            occurrence.With("InvalidHostname", invalidHostname ?? "").With("InvalidUri", invalidUri ?? "");
        events.Report(occurrence);
        return occurrence.EventId;
    }

    public void Written(in AuditedAction action, NodeId nodeId, uint attributeId, string? indexRange, in Variant oldValue, in Variant newValue)
    {
        if (!IsHeard) return;
        events.Report(Make(ObjectTypeIds.AuditWriteUpdateEventType, nodeId, "Attribute/Write", action)
            .With("AttributeId", attributeId)
            .With("IndexRange", indexRange)
            .With("OldValue", oldValue)
            .With("NewValue", newValue));
    }

    public void Called(in AuditedAction action, NodeId objectId, NodeId methodId, Variant[]? inputArguments, Variant[]? outputArguments)
    {
        if (!IsHeard) return;
        var condition = action.ConditionOf.IsNull ? null : _conditionMethods.GetValueOrDefault(methodId);
        // Part 9 5.10.2: the source is the condition, which is no node: who may not see whose it is is not told.
        var type = condition?.EventType ?? (action.Status.IsNotBad && _typesOfMethods.TryGetValue(methodId, out var own) ? own : ObjectTypeIds.AuditUpdateMethodEventType);
        var occurrence = Make(type, objectId, condition?.SourceName ?? "Attribute/Call", action);
        for (var i = 0; i < (condition?.Arguments.Length ?? 0) && i < (inputArguments?.Length ?? 0); i++) occurrence.With(condition!.Arguments[i], inputArguments![i]);
        events.Report(occurrence
            .With("MethodId", methodId)
            .With("StatusCodeId", action.Status)
            .With("InputArguments", new Variant(_secrets.Withhold(methodId, inputArguments)))
            .With("OutputArguments", new Variant(_secrets.WithholdOutputs(methodId, outputArguments))));
    }

    private UaEvent OfCreateSession(uint type, in AuditedAction action, in AuditedChannel channel, in NodeId sessionId, TimeSpan revisedTimeout) =>
        OfSession(type, CreateSession, action, sessionId)
            .With("SecureChannelId", Text(channel.ChannelId))
            .With("ClientCertificate", new Variant(channel.ClientCertificate))
            .With("ClientCertificateThumbprint", Thumbprint(channel.ClientCertificate))
            .With("RevisedSessionTimeout", revisedTimeout.TotalMilliseconds);

    private UaEvent OfSession(uint type, string sourceName, in AuditedAction action, in NodeId sessionId) =>
        OfSecurity(type, sourceName, action).With("SessionId", sessionId);

    private UaEvent OfChannel(uint type, string sourceName, in AuditedAction action, uint channelId) =>
        OfSecurity(type, sourceName, action).With("SecureChannelId", Text(channelId));

    // Part 5 6.4.4: the source of security events is the Server object.
    private UaEvent OfSecurity(uint type, string sourceName, in AuditedAction action) =>
        Make(type, ObjectIds.Server, sourceName, action).With("StatusCodeId", action.Status);

    private UaEvent Make(uint type, in NodeId source, string sourceName, in AuditedAction action)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var text = action.Detail is { } detail ? $"{sourceName}: {action.Status}: {detail}" : $"{sourceName}: {action.Status}";
        return new UaEvent
        {
            EventType = type,
            SourceNode = source,
            SourceName = sourceName,
            Time = now,
            ReceiveTime = now,
            Message = text,
            Severity = action.Status.IsBad ? SeverityOfFailure : SeverityOfSuccess,
            Outcome = action.Status,
            VisibleWith = action.ConditionOf,
            Subject = action.Subject,
        }
            .With("ActionTimeStamp", action.ActionTime)
            .With("Status", action.Status.IsNotBad)
            .With("ServerId", serverUri)
            .With("ClientAuditEntryId", action.ClientAuditEntryId)
            .With("ClientUserId", action.ClientUserId)
            .With("ClientApplicationUri", action.ClientApplicationUri);
    }

    // Part 4 6.1.3 Table 100 names the event of each check.
    private static uint TypeOfRefusal(StatusCode status) => status.CodeBits switch
    {
        StatusCodes.BadCertificateTimeInvalid or StatusCodes.BadCertificateIssuerTimeInvalid => ObjectTypeIds.AuditCertificateExpiredEventType,
        StatusCodes.BadCertificateHostNameInvalid or StatusCodes.BadCertificateUriInvalid => ObjectTypeIds.AuditCertificateDataMismatchEventType,
        StatusCodes.BadCertificateUseNotAllowed or StatusCodes.BadCertificateIssuerUseNotAllowed => ObjectTypeIds.AuditCertificateMismatchEventType,
        StatusCodes.BadCertificateUntrusted => ObjectTypeIds.AuditCertificateUntrustedEventType,
        StatusCodes.BadCertificateRevoked or StatusCodes.BadCertificateIssuerRevoked
            or StatusCodes.BadCertificateRevocationUnknown or StatusCodes.BadCertificateIssuerRevocationUnknown => ObjectTypeIds.AuditCertificateRevokedEventType,
        _ => ObjectTypeIds.AuditCertificateInvalidEventType,
    };

    // Part 5 6.4.10: no password, and no bearer token, which is one.
    private static UserIdentityToken? WithoutSecret(UserIdentityToken? token) => token switch
    {
        UserNameIdentityToken name => new UserNameIdentityToken { PolicyId = name.PolicyId, UserName = name.UserName, EncryptionAlgorithm = name.EncryptionAlgorithm },
        IssuedIdentityToken issued => new IssuedIdentityToken { PolicyId = issued.PolicyId, EncryptionAlgorithm = issued.EncryptionAlgorithm },
        AnonymousIdentityToken or X509IdentityToken or null => token,
        _ => new UserIdentityToken { PolicyId = token.PolicyId },
    };

    // Part 4 7.3: the thumbprint of a certificate is the SHA-1 of its DER form; of a chain, the leaf's.
    private static string? Thumbprint(ByteString certificate)
    {
        if (certificate.IsNullOrEmpty) return null;
        var isDer = AsnDecoder.TryReadEncodedValue(certificate.Span, AsnEncodingRules.DER, out _, out _, out _, out var length);
        return isDer ? Convert.ToHexString(SHA1.HashData(certificate.Span[..length])) : null;
    }

    private static string Text(uint channelId) => channelId.ToString(CultureInfo.InvariantCulture);
}
