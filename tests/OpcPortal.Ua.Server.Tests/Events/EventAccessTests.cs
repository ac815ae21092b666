using static OpcPortal.Ua.Server.Tests.Filters;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Who receives an event: Part 3 8.55 (ReceiveEvents), and attack 15 of the requirements: events are filtered as their receiver.</summary>
public sealed class EventAccessTests(StandardSpace space) : IClassFixture<StandardSpace>
{
    private readonly StandardSpace _space = space;

    [Fact]
    public void Owners_receive_the_events_of_their_own_meters_only_though_they_listen_to_the_same_notifier()
    {
        var ownerA = StandardSpace.Anybody.With(StandardSpace.OwnerA);
        var ownerB = StandardSpace.Anybody.With(StandardSpace.OwnerB);
        var filter = _space.Compile(Filter());
        Assert.True(filter.TrySelect(_space.MeterEvent(StandardSpace.MeterOfA), ownerA, out _));
        Assert.False(filter.TrySelect(_space.MeterEvent(StandardSpace.MeterOfB), ownerA, out var nothing));
        Assert.Empty(nothing);
        Assert.True(filter.TrySelect(_space.MeterEvent(StandardSpace.MeterOfB), ownerB, out _));
        Assert.False(filter.TrySelect(_space.MeterEvent(StandardSpace.MeterOfA), ownerB, out _));
    }

    [Fact]
    public void A_where_clause_that_is_true_gives_no_right()
    {
        var filter = _space.Compile(Filter(Where(FilterOperator.Equals, Field("Severity"), Literal(700))));
        Assert.False(filter.TrySelect(_space.MeterEvent(StandardSpace.MeterOfA), StandardSpace.Anybody, out _));
        Assert.True(filter.TrySelect(_space.MeterEvent(StandardSpace.MeterOfA), StandardSpace.Anybody.With(StandardSpace.OwnerA), out _));
    }

    [Fact]
    public void A_role_lost_meanwhile_is_lost_for_the_next_event()
    {
        var filter = _space.Compile(Filter(), StandardSpace.Anybody.With(StandardSpace.OwnerA));
        Assert.True(filter.TrySelect(_space.MeterEvent(), StandardSpace.Anybody.With(StandardSpace.OwnerA), out _));
        Assert.False(filter.TrySelect(_space.MeterEvent(), StandardSpace.Anybody, out _));
    }

    [Fact]
    public void ReceiveEvents_is_needed_on_the_type_too()
    {
        var ownerA = StandardSpace.Anybody.With(StandardSpace.OwnerA);
        var own = new StandardSpace();
        Assert.True(own.EventAccess.MayReceive(ownerA, own.MeterEvent()));
        own.Policy.SetDefaults(1, StandardSpace.Everybody(PermissionType.Browse | PermissionType.Read));
        Assert.False(own.EventAccess.MayReceive(ownerA, own.MeterEvent()));
    }

    [Fact]
    public void An_event_of_no_node_is_the_servers_and_one_of_an_unknown_node_is_nobodys()
    {
        Assert.True(_space.EventAccess.MayReceive(StandardSpace.Anybody, _space.MeterEvent(NodeId.Null)));
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Anybody, _space.MeterEvent(new NodeId("Gone", 1))));
    }

    [Theory]
    [InlineData(MessageSecurityMode.SignAndEncrypt, true)]
    [InlineData(MessageSecurityMode.Sign, false)]
    [InlineData(MessageSecurityMode.None, false)]
    public void Audit_events_go_over_encrypted_channels_only(MessageSecurityMode mode, bool expected) =>
        Assert.Equal(expected, _space.EventAccess.MayReceive(StandardSpace.Admin.Over(mode), Audit(ObjectIds.Server)));

    [Fact]
    public void Audit_events_go_to_who_has_the_permission_on_their_type_which_the_standard_gives_the_SecurityAdmin()
    {
        Assert.True(_space.EventAccess.MayReceive(StandardSpace.Admin, Audit(ObjectIds.Server)));
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Anybody, Audit(ObjectIds.Server)));
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.User(MessageSecurityMode.SignAndEncrypt, RoleTable.Operator, RoleTable.Supervisor, RoleTable.ConfigureAdmin), Audit(ObjectIds.Server)));
    }

    [Fact]
    public void A_subtype_of_AuditEventType_that_states_nothing_is_protected_all_the_same()
    {
        // RoleMappingRuleChangedAuditEventType has no permissions of its own in the standard's NodeSet: the namespace's defaults would let everybody hear.
        var occurrence = Audit(ObjectIds.Server, ObjectTypeIds.RoleMappingRuleChangedAuditEventType);
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Anybody, occurrence));
        Assert.True(_space.EventAccess.MayReceive(StandardSpace.Admin, occurrence));
    }

    [Fact]
    public void An_auditor_hears_of_writes_to_variables_that_he_may_read_and_of_those_to_no_node()
    {
        // ServerStatus.State: the SecurityAdmin may read it, and Variables have no ReceiveEvents in the standard's NodeSet.
        Assert.True(_space.EventAccess.MayReceive(StandardSpace.Admin, Audit(VariableIds.Server_ServerStatus_State)));
        Assert.True(_space.EventAccess.MayReceive(StandardSpace.Admin, Audit(new NodeId("Nowhere", 1))));
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Anybody, Audit(new NodeId("Nowhere", 1))));
        // What he may not even browse he does not hear of.
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Admin, Audit(StandardSpace.MeterOfA)));
    }

    private UaEvent Audit(NodeId source, uint type = ObjectTypeIds.AuditWriteUpdateEventType) => new()
    {
        EventType = type,
        SourceNode = source,
        SourceName = "Attribute/Write",
        Time = _space.Now,
        Message = "",
        Severity = 1,
    };
}
