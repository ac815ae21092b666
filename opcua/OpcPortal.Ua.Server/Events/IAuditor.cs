namespace OpcPortal.Ua.Server;

/// <summary>
/// Where the server's rooms report what an auditor must be able to see; each call becomes one audit event. Returns at once, never throws.
/// Call it for failures as well as successes. Part 4 6.5, Part 5 6.4.3 to 6.4.27.
/// </summary>
public interface IAuditor
{
    /// <summary>Whether anybody listens: who would have to gather something first, such as an old value, asks before.</summary>
    bool IsHeard { get; }

    /// <summary>Leaves out, from now on, the arguments of a method that takes or gives secrets. The standard's are known.</summary>
    void WithholdArgumentsOf(NodeId methodId);

    /// <summary>Leaves out, from now on, what a method gives: where that is another's to read than who reads audit events, or a copy of them.</summary>
    void WithholdOutputsOf(NodeId methodId);

    /// <summary>
    /// OpenSecureChannel: every ISSUE, and a RENEW that failed. Part 4 6.5.5. <see cref="AuditedAction.Detail"/> says what the peer is not told.
    /// </summary>
    /// <param name="certificateEventId">What <see cref="CertificateRefused"/> gave, where a certificate was the reason; null otherwise.</param>
    void ChannelOpened(in AuditedAction action, in AuditedChannel channel, SecurityTokenRequestType requestType, TimeSpan requestedLifetime, ByteString certificateEventId = default);

    /// <summary>CloseSecureChannel by the client. Part 5 6.4.5.</summary>
    void ChannelClosed(in AuditedAction action, uint channelId);

    /// <summary>CreateSession. Part 5 6.4.8.</summary>
    /// <param name="sessionId">Null where none was made.</param>
    void SessionCreated(in AuditedAction action, in AuditedChannel channel, NodeId sessionId, TimeSpan revisedTimeout);

    /// <summary>CreateSession named a URL that the server's certificate does not cover; the session may have been made all the same. Part 5 6.4.9.</summary>
    void UrlMismatched(in AuditedAction action, in AuditedChannel channel, NodeId sessionId, TimeSpan revisedTimeout, string? endpointUrl);

    /// <summary>ActivateSession, also for a change of user. The token's secret never enters the event. Part 5 6.4.10.</summary>
    /// <param name="token">As the client sent it; null where it could not be read.</param>
    /// <param name="roles">The roles that the session now has; empty where refused.</param>
    void SessionActivated(in AuditedAction action, NodeId sessionId, uint channelId, UserIdentityToken? token, IReadOnlyList<NodeId> roles);

    /// <summary>A session ended. Part 4 6.5.6, Part 5 6.4.7.</summary>
    void SessionClosed(in AuditedAction action, NodeId sessionId, SessionEnd end);

    /// <summary>Cancel. Part 5 6.4.11.</summary>
    void RequestsCancelled(in AuditedAction action, NodeId sessionId, uint requestHandle);

    /// <summary>TransferSubscriptions to the session. Part 4 6.5.8.</summary>
    void SubscriptionsTransferred(in AuditedAction action, NodeId sessionId);

    /// <summary>A certificate failed a check: the event's type follows from the status. Part 5 6.4.12 to 6.4.18.</summary>
    /// <param name="certificate">DER, alone or followed by its issuers.</param>
    /// <param name="invalidHostname">The host name that the certificate lacks, where that was the reason.</param>
    /// <param name="invalidUri">The ApplicationUri that the certificate lacks, where that was the reason.</param>
    /// <returns>The EventId, for <see cref="ChannelOpened"/>; null where nobody listens.</returns>
    ByteString CertificateRefused(in AuditedAction action, ByteString certificate, string? invalidHostname = null, string? invalidUri = null);

    /// <summary>One item of a Write. Part 5 6.4.25.</summary>
    /// <param name="oldValue">The value before; null where it is not known or was not read because nobody listens.</param>
    void Written(in AuditedAction action, NodeId nodeId, uint attributeId, string? indexRange, in Variant oldValue, in Variant newValue);

    /// <summary>One method of a Call. Arguments of methods that take secrets are left out. Part 5 6.4.27.</summary>
    void Called(in AuditedAction action, NodeId objectId, NodeId methodId, Variant[]? inputArguments, Variant[]? outputArguments);

    /// <summary>Values of a HistoryUpdate that ended alike. Part 11 5.8.3 (AuditHistoryValueUpdateEventType).</summary>
    /// <param name="oldValues">What was there at these times; null where it is not known.</param>
    void HistoryUpdated(in AuditedAction action, NodeId nodeId, PerformUpdateType kind, DataValue[] newValues, DataValue[]? oldValues);

    /// <summary>Annotations of a HistoryUpdate that ended alike. Part 11 5.8.4 (AuditHistoryAnnotationUpdateEventType).</summary>
    /// <inheritdoc cref="HistoryUpdated" path="/param"/>
    void HistoryAnnotated(in AuditedAction action, NodeId nodeId, PerformUpdateType kind, Annotation[] newValues, Annotation[]? oldValues);

    /// <summary>A stretch of history was to be deleted. Part 11 5.8.6 (AuditHistoryRawModifyDeleteEventType).</summary>
    /// <param name="oldValues">What was there; null where it is not known, or too much to tell.</param>
    void HistoryDeleted(in AuditedAction action, NodeId nodeId, bool modified, DateTime start, DateTime end, DataValue[]? oldValues);

    /// <summary>Values of given times were to be deleted; those that ended alike. Part 11 5.8.7 (AuditHistoryAtTimeDeleteEventType).</summary>
    /// <inheritdoc cref="HistoryUpdated" path="/param"/>
    void HistoryDeletedAt(in AuditedAction action, NodeId nodeId, DateTime[] times, DataValue[]? oldValues);

    /// <summary>Events were to be written into history. Part 11 5.8.2 (AuditHistoryEventUpdateEventType).</summary>
    void EventHistoryUpdated(in AuditedAction action, NodeId nodeId, PerformUpdateType kind, EventFilter filter, HistoryEventFieldList[] newValues);

    /// <summary>Events were to be deleted. Part 11 5.8.8 (AuditHistoryEventDeleteEventType).</summary>
    void EventHistoryDeleted(in AuditedAction action, NodeId nodeId, ByteString[] eventIds);
}

/// <summary>Who did what is audited, when, and how it ended. Part 5 6.4.3 (AuditEventType).</summary>
public readonly record struct AuditedAction
{
    /// <summary>How the action ended; bad: it was not done.</summary>
    public required StatusCode Status { get; init; }

    /// <summary>When the server took the request up, UTC.</summary>
    public required DateTime ActionTime { get; init; }

    /// <summary>The AuditEntryId of the request header; where it could not be read, the peer's address.</summary>
    public string? ClientAuditEntryId { get; init; }

    /// <summary>The user's name; "System/..." where the server acts by itself.</summary>
    public string? ClientUserId { get; init; }

    public string? ClientApplicationUri { get; init; }

    /// <summary>Why it failed, in more words than the peer was given; never a secret.</summary>
    public string? Detail { get; init; }

    /// <summary>Which check a certificate failed that the request brought along; Good where none did.</summary>
    public StatusCode CertificateStatus { get; init; }

    /// <summary>What the access policy knows of who acts: <see cref="AccessContext.Subject"/>.</summary>
    public object? Subject { get; init; }

    /// <summary>What the condition is one of that is acted on, for who may not see that may not know of the action; null where it is not about a condition. Part 9 5.10.</summary>
    public NodeId ConditionOf { get; init; }

    /// <summary>The action of a request, with what is known of its user.</summary>
    public static AuditedAction Of(ServiceContext context, StatusCode status, string? detail = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new AuditedAction
        {
            Status = status,
            ActionTime = context.Now,
            ClientAuditEntryId = context.RequestHeader.AuditEntryId,
            ClientUserId = context.Session?.Access?.UserName,
            ClientApplicationUri = context.Session?.Access?.ApplicationUri,
            Subject = context.Session?.Access?.Subject,
            Detail = detail,
        };
    }
}

/// <summary>A secure channel as audit events show it.</summary>
public readonly record struct AuditedChannel(uint ChannelId, string SecurityPolicyUri, MessageSecurityMode SecurityMode, ByteString ClientCertificate)
{
    public static AuditedChannel Of(IServerChannel channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return new AuditedChannel(channel.ChannelId, channel.SecurityPolicyUri, channel.SecurityMode, channel.ClientCertificate);
    }
}

/// <summary>Why a session ended. Part 4 6.5.6.</summary>
public enum SessionEnd
{
    /// <summary>CloseSession.</summary>
    Closed,

    /// <summary>No request came within the session timeout.</summary>
    TimedOut,

    /// <summary>Anything else: the server shuts down, the session was evicted.</summary>
    Terminated,
}
