namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 5 6.3.3 to 6.3.5, 12.9, 12.12, 12.13, and attack 27 of the requirements: diagnostics are for the SecurityAdmin.</summary>
public sealed class ServerDiagnosticsTests : IDisposable
{
    private static readonly NodeId Read = new ReadRequest().BinaryEncodingId;
    private static readonly NodeId Browse = new BrowseRequest().BinaryEncodingId;
    private static readonly NodeId CreateSession = new CreateSessionRequest().BinaryEncodingId;
    private static readonly NodeId ActivateSession = new ActivateSessionRequest().BinaryEncodingId;
    private static readonly NodeId SessionsSummary = ObjectIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary;

    private readonly LiveServerObject _live = new();

    public void Dispose() => _live.Dispose();

    [Fact]
    public void The_summary_counts_sessions_and_refusals()
    {
        var first = Activate("first");
        Activate("second");
        _live.Sessions.Close(first, deleteSubscriptions: true, SessionEnd.Closed);
        _live.Requests.Count(null, CreateSession, StatusCodes.BadTooManySessions);
        _live.Requests.Count(first, ActivateSession, StatusCodes.BadIdentityTokenRejected);
        _live.Requests.Count(first, Read, StatusCodes.BadTooManyOperations);
        _live.Requests.Count(first, Read, StatusCodes.BadUserAccessDenied);
        _live.Requests.Count(first, Read, StatusCodes.Good);
        _live.Sessions.Close(Activate("third"), deleteSubscriptions: true, SessionEnd.Terminated);
        _live.Time.Advance(TimeSpan.FromSeconds(1));
        var summary = _live.Value(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary).AsStructure<ServerDiagnosticsSummaryDataType>()!;
        Assert.Equal((1u, 3u), (summary.CurrentSessionCount, summary.CumulatedSessionCount));
        Assert.Equal((2u, 1u), (summary.RejectedSessionCount, summary.SecurityRejectedSessionCount));
        Assert.Equal((4u, 2u), (summary.RejectedRequestsCount, summary.SecurityRejectedRequestsCount));
        Assert.Equal((1u, 0u), (summary.SessionAbortCount, summary.SessionTimeoutCount));
    }

    [Fact]
    public void The_parts_of_the_summary_say_what_it_says()
    {
        Activate("one");
        _live.Requests.Count(null, CreateSession, StatusCodes.BadCertificateUntrusted);
        _live.Time.Advance(TimeSpan.FromHours(2));
        _live.Sessions.CloseSilent();
        _live.Time.Advance(TimeSpan.FromSeconds(1));
        var summary = _live.Value(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary).AsStructure<ServerDiagnosticsSummaryDataType>()!;
        Assert.Equal(1u, summary.SessionTimeoutCount);
        foreach (var property in typeof(ServerDiagnosticsSummaryDataType).GetProperties().Where(p => p.PropertyType == typeof(uint)))
        {
            var node = _live.Child(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary, property.Name);
            Assert.Equal((uint)property.GetValue(summary)!, _live.Value(node));
        }
    }

    [Fact]
    public void A_session_has_an_object_under_its_id_with_all_that_its_type_demands()
    {
        var session = Activate("browser");
        Assert.True(_live.Model.AddressSpace.TryResolve(session.Id, out var root));
        Assert.Equal(new QualifiedName("browser", 1), root.Source.BrowseNameOf(root));
        Assert.Equal(new NodeId(ObjectTypeIds.SessionDiagnosticsObjectType), root.Source.TypeDefinitionOf(root));
        Assert.Contains(session.Id, ChildrenOf(SessionsSummary));
        var types = new ValueTypeCheck(_live.Model.Types);
        var count = Check(session.Id, _live.Model.Declarations.Of(ObjectTypeIds.SessionDiagnosticsObjectType));
        // 43 counters and facts, 9 of security, the three that hold them, and the roles.
        Assert.Equal(43 + 9 + 3 + 1, count);

        int Check(NodeId parent, IEnumerable<NodeSets.InstanceDeclaration> declarations)
        {
            var checks = 0;
            foreach (var declaration in declarations.Where(d => !d.IsPlaceholder))
            {
                var id = ChildrenOf(parent).Single(c => BrowseName(c) == declaration.BrowseName);
                var value = _live.Value(id);
                Assert.True(types.Check(_live.Resolve(id), ref value).IsGood, $"{id}: {value.Type}");
                checks += 1 + Check(id, declaration.Children);
            }

            return checks;
        }
    }

    [Fact]
    public void The_counters_of_a_session_count_its_requests_by_service()
    {
        var session = Activate("busy");
        for (var i = 0; i < 3; i++) _live.Requests.Count(session, Read, StatusCodes.Good);
        _live.Requests.Count(session, Read, StatusCodes.BadNothingToDo);
        _live.Requests.Count(session, Browse, StatusCodes.BadUserAccessDenied);
        var report = _live.Value(Part(session, "SessionDiagnostics")).AsStructure<SessionDiagnosticsDataType>()!;
        Assert.Equal((4u, 1u), (report.ReadCount.TotalCount, report.ReadCount.ErrorCount));
        Assert.Equal((1u, 1u), (report.BrowseCount.TotalCount, report.BrowseCount.ErrorCount));
        Assert.Equal((5u, 2u), (report.TotalRequestCount.TotalCount, report.TotalRequestCount.ErrorCount));
        Assert.Equal(1u, report.UnauthorizedRequestCount);
        Assert.Equal(Variant.From(report.ReadCount), _live.Value(Part(session, "SessionDiagnostics", "ReadCount")));
        Assert.Equal("busy", report.SessionName);
        Assert.Equal(session.Timeout.TotalMilliseconds, report.ActualSessionTimeout);
    }

    [Fact]
    public void Each_part_of_a_session_says_what_the_whole_says()
    {
        var session = Activate("whole");
        foreach (var whole in (string[])["SessionDiagnostics", "SessionSecurityDiagnostics"])
        {
            var structure = _live.Value(Part(session, whole)).AsExtensionObject()!.Structure!;
            var children = ChildrenOf(Part(session, whole)).ToArray();
            Assert.NotEmpty(children);
            foreach (var child in children)
            {
                var value = _live.Value(child);
                var field = structure.GetType().GetProperty(BrowseName(child).Name!)!.GetValue(structure);
                Assert.Equal(field is IStructure part ? ExtensionObject.From(part) : field is Enum ? (int)field : field, value.ToObject() is { } shown ? shown : null);
            }
        }
    }

    [Fact]
    public void The_arrays_have_an_element_for_each_session()
    {
        Activate("one");
        Activate("two");
        var reports = _live.Value(VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray).AsArray<ExtensionObject?>()!;
        Assert.Equal(["one", "two"], reports.Select(r => ((SessionDiagnosticsDataType)r!.Structure!).SessionName).Order());
        var security = _live.Value(VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionSecurityDiagnosticsArray).AsArray<ExtensionObject?>()!;
        var one = (SessionSecurityDiagnosticsDataType)security[0]!.Structure!;
        Assert.Equal(("carol", "UserName", "opc.tcp"), (one.ClientUserIdOfSession, one.AuthenticationMechanism, one.TransportProtocol));
        Assert.Empty(_live.Value(VariableIds.Server_ServerDiagnostics_SubscriptionDiagnosticsArray).AsArray<ExtensionObject?>()!);
    }

    [Fact]
    public void The_users_of_a_session_are_remembered_in_their_order_and_not_without_bound()
    {
        var session = Activate("shared");
        for (var i = 0; i < 40; i++) Activate(session, $"user {i}");
        var users = _live.Value(Part(session, "SessionSecurityDiagnostics", "ClientUserIdHistory")).AsArray<string>()!;
        Assert.Equal([.. Enumerable.Range(24, 16).Select(i => $"user {i}")], users);
    }

    [Fact]
    public void A_session_that_ends_while_they_are_browsed_makes_no_other_be_missed()
    {
        var sessions = Enumerable.Range(0, 5).Select(i => Activate($"{i}")).ToArray();
        var node = _live.Resolve(SessionsSummary);
        var filter = new ReferenceFilter(BrowseDirection.Forward, _live.Model.Types.SubtypesOf(ReferenceTypeIds.HasComponent));
        var cursor = default(ReferenceCursor);
        var seen = new List<NodeId>();
        while (node.Source.TryNextReference(node, filter, ref cursor, out var reference))
        {
            seen.Add(reference.Target.NodeId);
            if (reference.Target.NodeId == sessions[1].Id) _live.Sessions.Close(sessions[0], deleteSubscriptions: true, SessionEnd.Closed);
        }

        Assert.Subset(seen.ToHashSet(), sessions.Select(s => s.Id).ToHashSet());
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [Fact]
    public void A_closed_session_is_gone()
    {
        var session = Activate("short");
        var id = session.Id;
        _live.Sessions.Close(session, deleteSubscriptions: true, SessionEnd.Closed);
        Assert.False(_live.Model.AddressSpace.TryResolve(id, out _));
        Assert.DoesNotContain(id, ChildrenOf(SessionsSummary));
        Assert.Empty(_live.Value(VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray).AsArray<ExtensionObject?>()!);
    }

    public static TheoryData<AccessContext, bool> Readers => new()
    {
        { StandardSpace.Admin, true },
        { StandardSpace.Admin.Over(MessageSecurityMode.Sign), false },
        { StandardSpace.Admin.Over(MessageSecurityMode.None), false },
        { StandardSpace.User(MessageSecurityMode.SignAndEncrypt, RoleTable.ConfigureAdmin, RoleTable.Supervisor), false },
        { StandardSpace.Anybody, false },
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public void Who_is_connected_is_told_to_the_security_admin_over_an_encrypted_channel_only(AccessContext who, bool expected)
    {
        var session = Activate("secret");
        foreach (var nodeId in (NodeId[])
        [
            VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionSecurityDiagnosticsArray,
            VariableIds.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray,
            VariableIds.Server_ServerDiagnostics_SubscriptionDiagnosticsArray,
            Part(session, "SessionDiagnostics"),
            Part(session, "SessionSecurityDiagnostics", "ClientCertificate"),
            Part(session, "SubscriptionDiagnosticsArray"),
        ])
            Assert.Equal(expected, _live.Read(nodeId, who).StatusCode.IsGood);
        // The neighbouring allowed case: how many there are is no secret.
        Assert.True(_live.Read(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_CurrentSessionCount, who).StatusCode.IsGood);
    }

    [Fact]
    public async Task While_switched_off_nothing_is_shown_and_when_switched_on_again_nothing_was_missed()
    {
        var session = Activate("quiet");
        await Switch(false);
        Assert.Equal(false, _live.Value(VariableIds.Server_ServerDiagnostics_EnabledFlag));
        Assert.Equal(StatusCodes.BadNotReadable, _live.Read(VariableIds.Server_ServerDiagnostics_ServerDiagnosticsSummary).StatusCode.Code);
        Assert.Equal(StatusCodes.BadNotReadable, _live.Read(VariableIds.Server_ServerDiagnostics_SubscriptionDiagnosticsArray).StatusCode.Code);
        Assert.False(_live.Model.AddressSpace.TryResolve(session.Id, out _));
        Assert.DoesNotContain(session.Id, ChildrenOf(SessionsSummary));
        _live.Requests.Count(session, Read, StatusCodes.Good);
        await Switch(true);
        Assert.Equal(1u, _live.Value(Part(session, "SessionDiagnostics", "ReadCount")).AsStructure<ServiceCounterDataType>()!.TotalCount);
    }

    [Fact]
    public void The_switch_is_for_administrators()
    {
        Assert.Equal(StatusCodes.Good, _live.Access.Resolve(StandardSpace.Admin, VariableIds.Server_ServerDiagnostics_EnabledFlag, PermissionType.Write, out _).Code);
        Assert.Equal(StatusCodes.BadUserAccessDenied, _live.Access.Resolve(StandardSpace.Anybody, VariableIds.Server_ServerDiagnostics_EnabledFlag, PermissionType.Write, out _).Code);
    }

    [Fact]
    public void Ids_that_look_like_a_sessions_but_are_none_are_not_found()
    {
        var session = Activate("real");
        foreach (var id in (NodeId[])[new(Guid.NewGuid(), 1), new(session.Id.Guid, 0), new($"{session.Id.Guid}/Nothing", 1), new($"{session.Id.Guid}/", 1), new($"{session.Id.Guid}", 1), new("x/SessionDiagnostics", 1)])
            if (id.Text != $"{session.Id.Guid}/") Assert.False(_live.Model.AddressSpace.TryResolve(id, out _), id.ToString());
    }

    private async Task Switch(bool on)
    {
        Assert.True(_live.Access.Resolve(StandardSpace.Admin, VariableIds.Server_ServerDiagnostics_EnabledFlag, PermissionType.Write, out var grant).IsGood);
        Assert.True((await _live.Model.Nodes.WriteValueAsync(grant, new DataValue(on), TestContext.Current.CancellationToken)).IsGood);
    }

    private Session Activate(string name)
    {
        var session = new Session
        {
            Id = new NodeId(Guid.NewGuid(), 1),
            Name = name,
            AuthenticationToken = SessionTable.NewToken(),
            CreatedAt = _live.Time.GetUtcNow().UtcDateTime,
            Client = new ApplicationDescription { ApplicationUri = "urn:client" },
            EndpointUrl = "opc.tcp://localhost:4840",
            ServerUri = StandardSpace.ApplicationUri,
        };
        _live.Sessions.Add(session);
        Activate(session, "carol");
        return session;
    }

    private void Activate(Session session, string user) =>
        _live.Sessions.Activate(session, session.Channel, new AccessContext
        {
            Identity = new UserIdentity(UserTokenType.UserName, user),
            Roles = 1UL << RoleTable.Operator,
            SecurityMode = MessageSecurityMode.SignAndEncrypt,
            Locales = ["en"],
        });

    private NodeId Part(Session session, params string[] path) => new($"{session.Id.Guid}/{string.Join('/', path)}", 1);

    private QualifiedName BrowseName(NodeId nodeId)
    {
        var node = _live.Resolve(nodeId);
        return node.Source.BrowseNameOf(node);
    }

    private List<NodeId> ChildrenOf(NodeId parent)
    {
        var children = new List<NodeId>();
        var node = _live.Resolve(parent);
        var filter = new ReferenceFilter(BrowseDirection.Forward, _live.Model.Types.SubtypesOf(ReferenceTypeIds.HasChild));
        var cursor = default(ReferenceCursor);
        while (node.Source.TryNextReference(node, filter, ref cursor, out var reference)) children.Add(reference.Target.NodeId);
        return children;
    }
}
