using static OpcPortal.Ua.Server.Tests.Filters;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 4 7.22.3 (EventFilter), select clauses; Part 5 6.4.2 (BaseEventType).</summary>
public sealed class SelectClauseTests(StandardSpace space) : IClassFixture<StandardSpace>
{
    private readonly StandardSpace _space = space;

    [Fact]
    public void The_fields_of_BaseEventType_come_as_the_event_has_them()
    {
        var occurrence = _space.MeterEvent();
        var fields = Select(occurrence, Field("EventId"), Field("EventType"), Field("SourceNode"), Field("SourceName"), Field("Time"), Field("Message"), Field("Severity"));
        Assert.Equal(
            [new Variant(occurrence.EventId), StandardSpace.MeterEventType, StandardSpace.MeterOfA, "Meter", _space.Now, new LocalizedText("Voltage sag on phase L2", "en"), (ushort)700],
            fields);
    }

    [Fact]
    public void ReceiveTime_is_the_time_where_nobody_says_otherwise()
    {
        Assert.Equal([_space.Now], Select(_space.MeterEvent(), Field("ReceiveTime")));
        var late = new UaEvent
        {
            EventType = StandardSpace.MeterEventType,
            SourceNode = StandardSpace.MeterOfA,
            SourceName = "Meter",
            Time = _space.Now,
            ReceiveTime = _space.Now.AddSeconds(3),
            Message = "late",
            Severity = 1,
        };
        Assert.Equal([_space.Now, _space.Now.AddSeconds(3)], Select(late, Field("Time"), Field("ReceiveTime")));
    }

    [Fact]
    public void LocalTime_is_that_of_the_server_where_the_event_states_none()
    {
        var space = new StandardSpace();
        space.Time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromMinutes(330), "east", "east"));
        var zone = Select(space, space.MeterEvent(), Field("LocalTime"))[0].AsStructure<TimeZoneDataType>()!;
        Assert.Equal(330, zone.Offset);
        Assert.False(zone.DaylightSavingInOffset);
        var own = Variant.From(new TimeZoneDataType { Offset = -60, DaylightSavingInOffset = true });
        Assert.Equal([own], Select(space, space.MeterEvent().With("LocalTime", own), Field("LocalTime")));
    }

    [Fact]
    public void Fields_of_subtypes_are_found_by_their_browse_path()
    {
        var occurrence = _space.MeterEvent().With("1:Reading", 230.5).With("1:Place/1:Room", 7);
        Assert.Equal([230.5, 7], Select(occurrence, Field("1:Reading", StandardSpace.MeterEventType), Field("1:Place/1:Room", StandardSpace.MeterEventType)));
        // BaseEventType: the path is evaluated whatever the type.
        Assert.Equal([230.5, 7], Select(occurrence, Field("1:Reading"), Field("1:Place/1:Room")));
    }

    [Fact]
    public void A_field_that_the_event_does_not_have_is_null()
    {
        var audit = new NodeId(ObjectTypeIds.AuditEventType);
        // Inherited fields of a type that the event is not of are no part of it either.
        Assert.Equal([default, default, default], Select(_space.MeterEvent(), Field("1:Reading"), Field("ServerId", audit), Field("Message", audit)));
    }

    [Fact]
    public void The_ConditionId_is_the_NodeId_of_an_empty_path()
    {
        var condition = new NodeId(ObjectTypeIds.ConditionType);
        var occurrence = new UaEvent
        {
            EventType = ObjectTypeIds.AlarmConditionType,
            SourceNode = StandardSpace.MeterOfA,
            SourceName = "Meter",
            Time = _space.Now,
            Message = "high",
            Severity = 1,
            ConditionId = new NodeId("High", 1),
        };
        Assert.Equal([new NodeId("High", 1)], Select(occurrence, Field("", condition, AttributeIds.NodeId)));
        Assert.Equal([default], Select(_space.MeterEvent(), Field("", condition, AttributeIds.NodeId)));
    }

    [Fact]
    public void Fields_below_the_type_of_a_declaration_are_declared_too()
    {
        // AckedState/Id: the node is AcknowledgeableConditionType's; ShelvingState/UnshelveTime comes from ShelvedStateMachineType.
        var status = Compile(out var result, Field("AckedState/Id", ObjectTypeIds.AlarmConditionType), Field("ShelvingState/UnshelveTime", ObjectTypeIds.AlarmConditionType));
        Assert.Equal(StatusCodes.Good, status.Code);
        Assert.Null(result);
    }

    [Fact]
    public void A_field_of_a_subtype_may_be_asked_of_its_supertype()
    {
        Assert.Equal(StatusCodes.Good, Compile(out var result, Field("AckedState/Id", ObjectTypeIds.ConditionType)).Code);
        Assert.Null(result);
    }

    [Fact]
    public void An_index_range_takes_a_part_of_the_field()
    {
        var occurrence = _space.MeterEvent().With("1:Tags", new Variant(new[] { "a", "b", "c" }));
        Assert.Equal([new Variant(new[] { "b", "c" })], Select(occurrence, Field("1:Tags", indexRange: "1:2")));
        // Part 4 7.7.3 (IsNull): a StatusCode stands where there is no value.
        Assert.Equal([new StatusCode(StatusCodes.BadIndexRangeNoData)], Select(occurrence, Field("1:Tags", indexRange: "5")));
    }

    public static TheoryData<SimpleAttributeOperand, uint> BadClauses => new()
    {
        { Field("Message", new NodeId(999_999u)), StatusCodes.BadTypeDefinitionInvalid },
        { Field("Message", ObjectTypeIds.BaseObjectType), StatusCodes.BadTypeDefinitionInvalid },
        { Field("Message", ObjectIds.Server), StatusCodes.BadTypeDefinitionInvalid },
        { Field("NoSuchField"), StatusCodes.BadNodeIdUnknown },
        { Field("1:Message"), StatusCodes.BadNodeIdUnknown },
        { Field("Message/Deeper"), StatusCodes.BadNodeIdUnknown },
        { Field("1:Reading", ObjectTypeIds.AuditEventType), StatusCodes.BadNodeIdUnknown },
        { Field(string.Join('/', Enumerable.Repeat("Message", 200))), StatusCodes.BadNodeIdUnknown },
        { new SimpleAttributeOperand { BrowsePath = [default], AttributeId = AttributeIds.Value }, StatusCodes.BadBrowseNameInvalid },
        { Field("Message", attributeId: AttributeIds.DisplayName), StatusCodes.BadAttributeIdInvalid },
        { Field("Message", attributeId: 0), StatusCodes.BadAttributeIdInvalid },
        { Field("Message", attributeId: 999), StatusCodes.BadAttributeIdInvalid },
        { Field(""), StatusCodes.BadAttributeIdInvalid },
        { Field("Message", indexRange: "3:1"), StatusCodes.BadIndexRangeInvalid },
        { Field("", ObjectTypeIds.ConditionType, AttributeIds.NodeId, "0"), StatusCodes.BadIndexRangeInvalid },
    };

    [Theory]
    [MemberData(nameof(BadClauses))]
    public void A_bad_clause_has_its_own_status_and_a_null_field_and_the_others_work(SimpleAttributeOperand bad, uint expected)
    {
        var status = _space.Compiler().TryCompile(Filter([Field("Severity"), bad]), StandardSpace.Anybody, out var compiled, out var result);
        Assert.Equal(StatusCodes.Good, status.Code);
        Assert.Equal([StatusCodes.Good, expected], result!.SelectClauseResults!.Select(s => s.Code));
        Assert.Same(result, compiled!.Result);
        // Part 4 7.22.3: null where an error was returned for the clause; the event is delivered.
        Assert.True(compiled.TrySelect(_space.MeterEvent(), StandardSpace.Anybody.With(StandardSpace.OwnerA), out var fields));
        Assert.Equal([(ushort)700, default], fields);
    }

    [Fact]
    public void A_filter_with_no_good_clause_is_refused_and_says_why()
    {
        Assert.Equal(StatusCodes.BadEventFilterInvalid, Compile(out var result, Field("Nonsense")).Code);
        Assert.Equal([StatusCodes.BadNodeIdUnknown], result!.SelectClauseResults!.Select(s => s.Code));
        Assert.Equal(StatusCodes.BadEventFilterInvalid, Compile(out _).Code);
    }

    [Fact]
    public void A_type_that_the_user_may_not_browse_does_not_exist_for_the_user()
    {
        var own = new StandardSpace();
        own.Policy.SetDefaults(1, new RolePermissionSet([new(StandardSpace.OwnerA, PermissionType.Browse)]));
        own.Compiler().TryCompile(Filter([Field("Severity"), Field("1:Reading", StandardSpace.MeterEventType)]), StandardSpace.Anybody, out _, out var result);
        Assert.Equal([StatusCodes.Good, StatusCodes.BadTypeDefinitionInvalid], result!.SelectClauseResults!.Select(s => s.Code));
        var status = own.Compiler().TryCompile(Filter([Field("1:Reading", StandardSpace.MeterEventType)]), StandardSpace.Anybody.With(StandardSpace.OwnerA), out _, out result);
        Assert.True(status.IsGood);
        Assert.Null(result);
    }

    [Fact]
    public void A_type_that_was_added_later_has_its_fields()
    {
        var space = new StandardSpace();
        Assert.Equal(StatusCodes.BadEventFilterInvalid, space.Compiler().TryCompile(Filter([Field("1:Late")]), StandardSpace.Anybody, out _, out _).Code);
        var compiler = space.Compiler();
        Assert.Equal(StatusCodes.BadEventFilterInvalid, compiler.TryCompile(Filter([Field("1:Late")]), StandardSpace.Anybody, out _, out _).Code);
        space.AddEventType("LateEventType", "Late");
        Assert.Equal(StatusCodes.Good, compiler.TryCompile(Filter([Field("1:Late")]), StandardSpace.Anybody, out _, out _).Code);
        Assert.Equal(StatusCodes.Good, compiler.TryCompile(Filter([Field("1:Late", new NodeId("LateEventType", 1))]), StandardSpace.Anybody, out _, out _).Code);
    }

    [Fact]
    public void Filters_full_of_unknown_names_cost_little()
    {
        // Attack 8 as filters have it: 200,000 clauses fit into one message; this is a quarter of it.
        var compiler = _space.Compiler();
        SimpleAttributeOperand[][] filters = [.. Enumerable.Range(0, 100).Select(f => Enumerable.Range(0, 500)
            .Select(i => (i % 3) switch { 0 => Field($"Unknown{f}_{i}"), 1 => Field($"Message/Unknown{f}_{i}"), _ => Field($"AckedState/Unknown{i}", ObjectTypeIds.AlarmConditionType) }).ToArray())];
        compiler.TryCompile(Filter(filters[0]), StandardSpace.Anybody, out _, out _);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        foreach (var clauses in filters) Assert.Equal(StatusCodes.BadEventFilterInvalid, compiler.TryCompile(Filter(clauses), StandardSpace.Anybody, out _, out _).Code);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }

    [Fact]
    public void As_many_clauses_as_the_limit_pass_and_one_more_does_not()
    {
        var limits = new EventFilterLimits { MaxSelectClauseParameters = 3 };
        var three = Enumerable.Repeat(Field("Message"), 3).ToArray();
        Assert.Equal(StatusCodes.Good, _space.Compiler(limits).TryCompile(Filter(three), StandardSpace.Anybody, out _, out _).Code);
        Assert.Equal(StatusCodes.BadEventFilterInvalid, _space.Compiler(limits).TryCompile(Filter([.. three, Field("Message")]), StandardSpace.Anybody, out _, out _).Code);
    }

    private StatusCode Compile(out EventFilterResult? result, params SimpleAttributeOperand[] clauses) =>
        _space.Compiler().TryCompile(Filter(clauses), StandardSpace.Anybody, out _, out result);

    private Variant[] Select(UaEvent occurrence, params SimpleAttributeOperand[] clauses) => Select(_space, occurrence, clauses);

    private static Variant[] Select(StandardSpace space, UaEvent occurrence, params SimpleAttributeOperand[] clauses)
    {
        Assert.True(space.Compile(Filter(clauses)).TrySelect(occurrence, StandardSpace.Anybody.With(StandardSpace.OwnerA), out var fields));
        return fields;
    }
}
