using System.Collections.Frozen;

namespace OpcPortal.Ua.Server;

/// <summary>What diagnostics say of one session, gathered when they are read. Part 5 12.12, 12.13.</summary>
internal sealed class SessionReports(SubscriptionDiagnostics subscriptions)
{
    private static readonly FrozenDictionary<string, Func<SessionDiagnosticsDataType, Variant>> Fields = new Dictionary<string, Func<SessionDiagnosticsDataType, Variant>>
    {
        ["SessionId"] = static d => d.SessionId,
        ["SessionName"] = static d => d.SessionName,
        ["ClientDescription"] = static d => Variant.From(d.ClientDescription),
        ["ServerUri"] = static d => d.ServerUri,
        ["EndpointUrl"] = static d => d.EndpointUrl,
        ["LocaleIds"] = static d => new Variant(d.LocaleIds),
        ["ActualSessionTimeout"] = static d => d.ActualSessionTimeout,
        ["MaxResponseMessageSize"] = static d => d.MaxResponseMessageSize,
        ["ClientConnectionTime"] = static d => d.ClientConnectionTime,
        ["ClientLastContactTime"] = static d => d.ClientLastContactTime,
        ["CurrentSubscriptionsCount"] = static d => d.CurrentSubscriptionsCount,
        ["CurrentMonitoredItemsCount"] = static d => d.CurrentMonitoredItemsCount,
        ["CurrentPublishRequestsInQueue"] = static d => d.CurrentPublishRequestsInQueue,
        ["TotalRequestCount"] = static d => Variant.From(d.TotalRequestCount),
        ["UnauthorizedRequestCount"] = static d => d.UnauthorizedRequestCount,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Func<SessionSecurityDiagnosticsDataType, Variant>> SecurityFields =
        new Dictionary<string, Func<SessionSecurityDiagnosticsDataType, Variant>>
        {
            ["SessionId"] = static d => d.SessionId,
            ["ClientUserIdOfSession"] = static d => d.ClientUserIdOfSession,
            ["ClientUserIdHistory"] = static d => new Variant(d.ClientUserIdHistory),
            ["AuthenticationMechanism"] = static d => d.AuthenticationMechanism,
            ["Encoding"] = static d => d.Encoding,
            ["TransportProtocol"] = static d => d.TransportProtocol,
            ["SecurityMode"] = static d => Variant.FromEnum(d.SecurityMode),
            ["SecurityPolicyUri"] = static d => d.SecurityPolicyUri,
            ["ClientCertificate"] = static d => new Variant(d.ClientCertificate),
        }.ToFrozenDictionary();

    public SessionDiagnosticsDataType Of(Session session)
    {
        var counts = subscriptions.CountsOf(session);
        var report = new SessionDiagnosticsDataType
        {
            SessionId = session.Id,
            SessionName = session.Name,
            ClientDescription = session.Client,
            ServerUri = session.ServerUri,
            EndpointUrl = session.EndpointUrl,
            LocaleIds = [.. session.Access?.Locales ?? []],
            ActualSessionTimeout = session.Timeout.TotalMilliseconds,
            MaxResponseMessageSize = session.MaxResponseMessageSize,
            ClientConnectionTime = session.CreatedAt,
            ClientLastContactTime = session.LastContact,
            CurrentSubscriptionsCount = (uint)counts.Subscriptions,
            CurrentMonitoredItemsCount = (uint)counts.MonitoredItems,
            CurrentPublishRequestsInQueue = (uint)counts.PublishRequests,
            TotalRequestCount = session.Counters.Total,
            UnauthorizedRequestCount = session.Counters.Unauthorized,
        };
        CountedServices.Show(session.Counters, report);
        return report;
    }

    public static SessionSecurityDiagnosticsDataType SecurityOf(Session session)
    {
        var channel = session.Channel;
        return new SessionSecurityDiagnosticsDataType
        {
            SessionId = session.Id,
            ClientUserIdOfSession = session.User?.Name,
            ClientUserIdHistory = session.Counters.Users,
            AuthenticationMechanism = session.User?.TokenType.ToString(),
            Encoding = "UA Binary",
            TransportProtocol = "opc.tcp",
            SecurityMode = channel.SecurityMode,
            SecurityPolicyUri = channel.SecurityPolicyUri,
            ClientCertificate = channel.ClientCertificate,
        };
    }

    public IReadOnlyList<SubscriptionDiagnosticsDataType> SubscriptionsOf(Session session) => subscriptions.Of(session);

    /// <summary>One field of a session's diagnostics, by its name.</summary>
    public Variant Field(Session session, string name) =>
        CountedServices.SlotOf(name) is >= 0 and var slot ? Variant.From(session.Counters.Of(slot))
        : Fields.TryGetValue(name, out var read) ? read(Of(session))
        : default;

    /// <summary>One field of a session's security diagnostics, by its name.</summary>
    public static Variant SecurityField(Session session, string name) => SecurityFields.TryGetValue(name, out var read) ? read(SecurityOf(session)) : default;
}
