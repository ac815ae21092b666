namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 4 6.5 and Part 5 6.4.3 to 6.4.27: what each audit event says, and what it never says.</summary>
public sealed class AuditorTests : IClassFixture<StandardSpace>, IDisposable
{
    private static readonly ByteString Certificate = new([0x30, 0x03, 0x02, 0x01, 0x07]);
    private static readonly NodeId SessionId = new("session", 1);

    private readonly StandardSpace _space;
    private readonly EventHub _hub;
    private readonly Auditor _auditor;
    private readonly Listener _listener;

    public AuditorTests(StandardSpace space)
    {
        _space = space;
        _hub = new EventHub(_space.Space, _space.Types);
        _auditor = new Auditor(_hub, _space.Time, StandardSpace.ApplicationUri);
        _listener = new Listener(_hub, _space.Resolve(ObjectIds.Server));
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Every_audit_event_says_who_when_and_how_it_ended()
    {
        _auditor.SessionClosed(Action(), SessionId, SessionEnd.Closed);
        var heard = Heard();
        Assert.Equal(_space.Now, heard.Time);
        Assert.Equal(new NodeId(ObjectIds.Server), heard.SourceNode);
        Has(heard, "ActionTimeStamp", _space.Now.AddMilliseconds(-20));
        Has(heard, "Status", true);
        Has(heard, "ServerId", StandardSpace.ApplicationUri);
        Has(heard, "ClientAuditEntryId", "entry 7");
        Has(heard, "ClientUserId", "carol");
        Has(heard, "ClientApplicationUri", "urn:client");
        Has(heard, "SessionId", SessionId);
        Has(heard, "StatusCodeId", new StatusCode(StatusCodes.Good));
    }

    [Fact]
    public void A_failure_has_status_false_and_says_more_than_the_peer_was_told()
    {
        _auditor.SessionCreated(Action(StatusCodes.BadTooManySessions) with { Detail = "500 of 500" }, Channel(), NodeId.Null, TimeSpan.Zero);
        var heard = Heard();
        Has(heard, "Status", false);
        Has(heard, "StatusCodeId", new StatusCode(StatusCodes.BadTooManySessions));
        Assert.Contains("BadTooManySessions", heard.Message.Text, StringComparison.Ordinal);
        Assert.Contains("500 of 500", heard.Message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Opening_a_channel_shows_the_certificate_and_what_was_asked()
    {
        _auditor.ChannelOpened(Action(), Channel(), SecurityTokenRequestType.Issue, TimeSpan.FromHours(1), new ByteString([1, 2]));
        var heard = Heard(ObjectTypeIds.AuditOpenSecureChannelEventType, "SecureChannel/OpenSecureChannel");
        Has(heard, "SecureChannelId", "42");
        Has(heard, "ClientCertificate", new Variant(Certificate));
        // SHA-1 of the five bytes.
        Has(heard, "ClientCertificateThumbprint", Convert.ToHexString(System.Security.Cryptography.SHA1.HashData(Certificate.Span)));
        Has(heard, "RequestType", 0);
        Has(heard, "SecurityPolicyUri", "urn:policy");
        Has(heard, "SecurityMode", 3);
        Has(heard, "RequestedLifetime", 3_600_000.0);
        Has(heard, "CertificateErrorEventId", new Variant(new ByteString([1, 2])));
    }

    [Fact]
    public void The_thumbprint_is_that_of_the_leaf_of_a_chain()
    {
        _auditor.ChannelOpened(Action(), Channel() with { ClientCertificate = new ByteString([.. Certificate.Span, 0x30, 0x00]) }, SecurityTokenRequestType.Issue, TimeSpan.Zero);
        Has(Heard(), "ClientCertificateThumbprint", Convert.ToHexString(System.Security.Cryptography.SHA1.HashData(Certificate.Span)));
    }

    [Fact]
    public void A_renewal_is_audited_where_it_fails_only()
    {
        _auditor.ChannelOpened(Action(), Channel(), SecurityTokenRequestType.Renew, TimeSpan.FromHours(1));
        Assert.Empty(_listener.Events);
        _auditor.ChannelOpened(Action(StatusCodes.BadSecurityChecksFailed), Channel(), SecurityTokenRequestType.Renew, TimeSpan.FromHours(1));
        Has(Heard(), "RequestType", 1);
    }

    [Fact]
    public void Closing_a_channel_names_the_system_where_the_user_is_not_known()
    {
        _auditor.ChannelClosed(Action() with { ClientUserId = null }, 42);
        var heard = Heard(ObjectTypeIds.AuditChannelEventType, "SecureChannel/CloseSecureChannel");
        Has(heard, "ClientUserId", "System/CloseSecureChannel");
        Has(heard, "SecureChannelId", "42");
    }

    [Fact]
    public void Creating_a_session_shows_its_channel_and_timeout()
    {
        _auditor.SessionCreated(Action(), Channel(), SessionId, TimeSpan.FromMinutes(2));
        var heard = Heard(ObjectTypeIds.AuditCreateSessionEventType, "Session/CreateSession");
        Has(heard, "SecureChannelId", "42");
        Has(heard, "RevisedSessionTimeout", 120_000.0);
        Has(heard, "ClientCertificate", new Variant(Certificate));
    }

    [Fact]
    public void A_mismatched_url_is_shown()
    {
        _auditor.UrlMismatched(Action(), Channel(), SessionId, TimeSpan.FromMinutes(2), "opc.tcp://other:4840");
        Has(Heard(ObjectTypeIds.AuditUrlMismatchEventType, "Session/CreateSession"), "EndpointUrl", "opc.tcp://other:4840");
    }

    [Fact]
    public void Activating_a_session_shows_the_roles_and_the_token_without_its_password()
    {
        var token = new UserNameIdentityToken { PolicyId = "user", UserName = "carol", Password = new ByteString("hunter2"u8.ToArray()), EncryptionAlgorithm = "urn:oaep" };
        _auditor.SessionActivated(Action(), SessionId, 42, token, [ObjectIds.WellKnownRole_Operator]);
        var heard = Heard(ObjectTypeIds.AuditActivateSessionEventType, "Session/ActivateSession");
        var shown = heard.Fields["UserIdentityToken"].AsStructure<UserNameIdentityToken>()!;
        Assert.Equal("carol", shown.UserName);
        Assert.True(shown.Password.IsNull);
        Assert.Equal("hunter2"u8.ToArray(), token.Password.Bytes);
        Has(heard, "CurrentRoleIds", new Variant(new[] { new NodeId(ObjectIds.WellKnownRole_Operator) }));
        Has(heard, "SecureChannelId", "42");
    }

    [Fact]
    public void A_bearer_token_is_a_secret_and_a_certificate_is_none()
    {
        _auditor.SessionActivated(Action(), SessionId, 42, new IssuedIdentityToken { PolicyId = "jwt", TokenData = new ByteString([1]) }, []);
        Assert.True(Heard().Fields["UserIdentityToken"].AsStructure<IssuedIdentityToken>()!.TokenData.IsNull);
        _auditor.SessionActivated(Action(), SessionId, 42, new X509IdentityToken { PolicyId = "x509", CertificateData = Certificate }, []);
        Assert.Equal(Certificate, Heard().Fields["UserIdentityToken"].AsStructure<X509IdentityToken>()!.CertificateData);
    }

    [Theory]
    [InlineData(SessionEnd.Closed, "Session/CloseSession")]
    [InlineData(SessionEnd.TimedOut, "Session/Timeout")]
    [InlineData(SessionEnd.Terminated, "Session/Terminated")]
    public void The_end_of_a_session_says_why(SessionEnd end, string expected)
    {
        _auditor.SessionClosed(Action(), SessionId, end);
        Heard(ObjectTypeIds.AuditSessionEventType, expected);
    }

    [Fact]
    public void Cancel_names_the_request()
    {
        _auditor.RequestsCancelled(Action(), SessionId, 99);
        Has(Heard(ObjectTypeIds.AuditCancelEventType, "Session/Cancel"), "RequestHandle", 99u);
    }

    // Part 4 6.1.3, Table 100.
    [Theory]
    [InlineData(StatusCodes.BadCertificateTimeInvalid, ObjectTypeIds.AuditCertificateExpiredEventType)]
    [InlineData(StatusCodes.BadCertificateIssuerTimeInvalid, ObjectTypeIds.AuditCertificateExpiredEventType)]
    [InlineData(StatusCodes.BadCertificateUntrusted, ObjectTypeIds.AuditCertificateUntrustedEventType)]
    [InlineData(StatusCodes.BadCertificateRevoked, ObjectTypeIds.AuditCertificateRevokedEventType)]
    [InlineData(StatusCodes.BadCertificateRevocationUnknown, ObjectTypeIds.AuditCertificateRevokedEventType)]
    [InlineData(StatusCodes.BadCertificateUseNotAllowed, ObjectTypeIds.AuditCertificateMismatchEventType)]
    [InlineData(StatusCodes.BadCertificateInvalid, ObjectTypeIds.AuditCertificateInvalidEventType)]
    [InlineData(StatusCodes.BadCertificateChainIncomplete, ObjectTypeIds.AuditCertificateInvalidEventType)]
    [InlineData(StatusCodes.BadSecurityChecksFailed, ObjectTypeIds.AuditCertificateInvalidEventType)]
    public void A_refused_certificate_has_the_event_of_the_check_that_failed(uint status, uint expected)
    {
        var eventId = _auditor.CertificateRefused(Action(status), Certificate);
        var heard = Heard(expected, "Security/Certificate");
        Assert.Equal(heard.EventId, eventId);
        Has(heard, "Certificate", new Variant(Certificate));
    }

    [Fact]
    public void A_certificate_for_another_application_shows_the_uri()
    {
        _auditor.CertificateRefused(Action(StatusCodes.BadCertificateUriInvalid), Certificate, invalidUri: "urn:other");
        var heard = Heard(ObjectTypeIds.AuditCertificateDataMismatchEventType, "Security/Certificate");
        Has(heard, "InvalidUri", "urn:other");
        Has(heard, "InvalidHostname", "");
    }

    [Fact]
    public void A_write_shows_the_node_and_both_values()
    {
        _auditor.Written(Action(), StandardSpace.MeterOfA, AttributeIds.Value, "1:2", 1.5, 2.5);
        var heard = Heard(ObjectTypeIds.AuditWriteUpdateEventType, "Attribute/Write");
        Assert.Equal(StandardSpace.MeterOfA, heard.SourceNode);
        Has(heard, "AttributeId", AttributeIds.Value);
        Has(heard, "IndexRange", "1:2");
        Has(heard, "OldValue", 1.5);
        Has(heard, "NewValue", 2.5);
    }

    [Fact]
    public void A_call_shows_its_arguments_but_not_where_they_are_secrets()
    {
        var method = new NodeId("Open", 1);
        _auditor.Called(Action(), StandardSpace.Area, method, [7, "x"], [true]);
        var heard = Heard(ObjectTypeIds.AuditUpdateMethodEventType, "Attribute/Call");
        Assert.Equal(StandardSpace.Area, heard.SourceNode);
        Has(heard, "MethodId", method);
        Has(heard, "InputArguments", new Variant(new Variant[] { 7, "x" }));
        Has(heard, "OutputArguments", new Variant(new Variant[] { true }));

        _auditor.Called(Action(), StandardSpace.Area, MethodIds.UserManagement_ChangePassword, ["old", "new"], null);
        Has(Heard(), "InputArguments", new Variant(new Variant[2]));
        _auditor.WithholdArgumentsOf(method);
        _auditor.Called(Action(), StandardSpace.Area, method, [7, "x"], [true]);
        Has(Heard(), "InputArguments", new Variant(new Variant[2]));
    }

    [Fact]
    public void Every_field_of_an_audit_event_is_declared_by_its_type()
    {
        _auditor.ChannelOpened(Action(), Channel(), SecurityTokenRequestType.Issue, TimeSpan.FromHours(1));
        _auditor.ChannelClosed(Action(), 42);
        _auditor.SessionCreated(Action(), Channel(), SessionId, TimeSpan.Zero);
        _auditor.UrlMismatched(Action(), Channel(), SessionId, TimeSpan.Zero, "opc.tcp://other");
        _auditor.SessionActivated(Action(), SessionId, 42, null, []);
        _auditor.SessionClosed(Action(), SessionId, SessionEnd.Closed);
        _auditor.RequestsCancelled(Action(), SessionId, 1);
        _auditor.CertificateRefused(Action(StatusCodes.BadCertificateHostNameInvalid), Certificate, "host");
        _auditor.Written(Action(), StandardSpace.MeterOfA, AttributeIds.Value, null, default, 1);
        _auditor.Called(Action(), StandardSpace.Area, new NodeId("Open", 1), [], []);
        Assert.Equal(10, _listener.Events.Count);
        foreach (var heard in _listener.Events)
        {
            var fields = heard.Fields.Keys.Select(path => Filters.Field(path, heard.EventType)).ToArray();
            Assert.True(_space.Compiler().TryCompile(Filters.Filter(fields), StandardSpace.Admin, out var compiled, out var result).IsGood);
            Assert.Null(result);
            Assert.True(compiled!.TrySelect(heard, StandardSpace.Admin.With(StandardSpace.OwnerA), out var values));
            Assert.Equal(heard.Fields.Values, values);
        }
    }

    [Fact]
    public void Nothing_is_made_while_nobody_listens()
    {
        _listener.Dispose();
        Assert.False(_auditor.IsHeard);
        Assert.True(_auditor.CertificateRefused(Action(StatusCodes.BadCertificateUntrusted), Certificate).IsNull);
        Assert.Empty(_listener.Events);
    }

    private AuditedAction Action(uint status = StatusCodes.Good) => new()
    {
        Status = status,
        ActionTime = _space.Now.AddMilliseconds(-20),
        ClientAuditEntryId = "entry 7",
        ClientUserId = "carol",
        ClientApplicationUri = "urn:client",
    };

    private static AuditedChannel Channel() => new(42, "urn:policy", MessageSecurityMode.SignAndEncrypt, Certificate);

    private static void Has(UaEvent heard, string field, Variant expected) => Assert.Equal(expected, heard.Fields[field]);

    private UaEvent Heard()
    {
        var heard = Assert.Single(_listener.Events);
        _listener.Events.Clear();
        return heard;
    }

    private UaEvent Heard(uint type, string sourceName)
    {
        var heard = Heard();
        Assert.Equal(new NodeId(type), heard.EventType);
        Assert.Equal(sourceName, heard.SourceName);
        return heard;
    }
}
