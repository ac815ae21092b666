using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The ServerDiagnostics object: counters of the server, of its sessions and of their subscriptions. While EnabledFlag is false nothing but it can be
/// read, and the sessions' objects are not there; counting goes on, for it costs next to nothing. Part 5 6.3.3.
/// </summary>
public sealed class ServerDiagnostics : ISessionObserver
{
    // The summary counts all subscriptions, and everybody may read it, thousands of times in one request: it is gathered at most so often.
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(100);

    // Attack 27: who else is connected, from where and to what, is for the SecurityAdmin alone, over an encrypted channel, also where the standard's NodeSet is milder.
    private const AccessRestrictionType SecretRestrictions = AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired;
    private static readonly RolePermission[] SecretPermissions =
        [new(ObjectIds.WellKnownRole_SecurityAdmin, (uint)(PermissionType.Browse | PermissionType.Read | PermissionType.ReadRolePermissions))];

    private static readonly NodeId EnabledFlag = VariableIds.Server_ServerDiagnostics_EnabledFlag;

    private readonly ServerModel _model;
    private readonly SessionTable _sessions;
    private readonly RequestCounters _requests;
    private readonly SubscriptionDiagnostics _subscriptions;
    private readonly TimeProvider _time;
    private readonly SessionDiagnosticsNodes _nodes;
    private GatheredSummary? _summary;

    /// <summary>Binds the nodes. Must be made before the first session; <see cref="SessionTable.AddObserver"/> must be given it.</summary>
    public ServerDiagnostics(ServerModel model, SessionTable sessions, RequestCounters requests, SubscriptionDiagnostics subscriptions, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _sessions = sessions;
        _requests = requests;
        _subscriptions = subscriptions;
        _time = time;
        var reports = new SessionReports(subscriptions);
        var security = new NodeSecurity(new RolePermissionInterner(model.Roles).SetOf(SecretPermissions), SecretRestrictions);
        _nodes = new SessionDiagnosticsNodes(model, reports, security, time);
        model.Nodes.AddComputed(_nodes);
        BindSummary();
        BindArrays(reports);
        BindFlag();
        model.Nodes.BindReferences(ObjectIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary, _nodes.TryNextOfSummary);
    }

    /// <summary>Whether diagnostics are shown.</summary>
    public bool IsEnabled => _nodes.IsEnabled;

    public void OnActivated(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Counters.CountUser(session.User?.Name);
        _nodes.Add(session);
        // It may have ended in the same moment.
        if (session.IsClosed) _nodes.Remove(session);
    }

    public void OnClosed(Session session, bool deleteSubscriptions) => _nodes.Remove(session);

    private ServerDiagnosticsSummaryDataType Summary()
    {
        var now = _time.GetUtcNow();
        if (Volatile.Read(ref _summary) is { } known && now - known.At < Freshness) return known.Summary;
        var summary = Gather();
        Volatile.Write(ref _summary, new GatheredSummary(now, summary));
        return summary;
    }

    private ServerDiagnosticsSummaryDataType Gather()
    {
        var totals = _sessions.Totals;
        return new ServerDiagnosticsSummaryDataType
        {
            // Part 5 12.9: there are no server-made views.
            ServerViewCount = 0,
            CurrentSessionCount = (uint)_sessions.Count,
            CumulatedSessionCount = (uint)totals.Created,
            SecurityRejectedSessionCount = _requests.SecurityRejectedSessions,
            RejectedSessionCount = _requests.RejectedSessions,
            SessionTimeoutCount = (uint)totals.TimedOut,
            // Ended neither by its client nor by its timeout.
            SessionAbortCount = (uint)totals.Terminated,
            CurrentSubscriptionCount = (uint)_subscriptions.CurrentSubscriptionCount,
            CumulatedSubscriptionCount = (uint)_subscriptions.CumulatedSubscriptionCount,
            PublishingIntervalCount = (uint)_subscriptions.PublishingIntervalCount,
            SecurityRejectedRequestsCount = _requests.SecurityRejected,
            RejectedRequestsCount = _requests.Rejected,
        };
    }

    private void BindSummary()
    {
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary, () => Variant.From(Summary()));
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_ServerViewCount, () => Summary().ServerViewCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_CurrentSessionCount, () => Summary().CurrentSessionCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_CumulatedSessionCount, () => Summary().CumulatedSessionCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_SecurityRejectedSessionCount, () => Summary().SecurityRejectedSessionCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_RejectedSessionCount, () => Summary().RejectedSessionCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_SessionTimeoutCount, () => Summary().SessionTimeoutCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_SessionAbortCount, () => Summary().SessionAbortCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_PublishingIntervalCount, () => Summary().PublishingIntervalCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_CurrentSubscriptionCount, () => Summary().CurrentSubscriptionCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_CumulatedSubscriptionCount, () => Summary().CumulatedSubscriptionCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_SecurityRejectedRequestsCount, () => Summary().SecurityRejectedRequestsCount);
        Bind(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_RejectedRequestsCount, () => Summary().RejectedRequestsCount);
    }

    private void BindArrays(SessionReports reports)
    {
        BindSecret(VariableIds.Server_ServerDiagnostics_SubscriptionDiagnosticsArray, () => Variant.From(_subscriptions.All().ToArray()));
        BindSecret(VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray, () => Variant.From(_nodes.Sessions.Select(reports.Of).ToArray()));
        BindSecret(VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionSecurityDiagnosticsArray, () => Variant.From(_nodes.Sessions.Select(SessionReports.SecurityOf).ToArray()));
    }

    private void BindSecret(uint nodeId, Func<Variant> read)
    {
        StaticWalk.Replace(_model.Nodes, nodeId, static record => record with { RolePermissions = SecretPermissions, AccessRestrictions = (ushort)SecretRestrictions });
        Bind(nodeId, read);
    }

    private void Bind(uint nodeId, Func<Variant> read) => _model.Nodes.BindValue(nodeId, () =>
        IsEnabled ? new DataValue(read(), StatusCodes.Good, _time.GetUtcNow().UtcDateTime) : DataValue.FromStatus(StatusCodes.BadNotReadable));

    // The standard's NodeSet lets ConfigureAdmin and SecurityAdmin write it.
    private void BindFlag()
    {
        _model.Nodes.SetValue(EnabledFlag, new DataValue(true));
        _model.Nodes.BindWrite(EnabledFlag, (_, value, _) =>
        {
            _nodes.IsEnabled = value.Value.AsBoolean();
            _model.Nodes.SetValue(EnabledFlag, value with { SourceTimestamp = _time.GetUtcNow().UtcDateTime });
            return ValueTask.FromResult<StatusCode>(StatusCodes.Good);
        });
    }

    private sealed record GatheredSummary(DateTimeOffset At, ServerDiagnosticsSummaryDataType Summary);
}
