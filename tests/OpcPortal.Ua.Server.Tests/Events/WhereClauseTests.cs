using static OpcPortal.Ua.Server.Tests.Filters;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 4 7.7 (ContentFilter) as event filters use it, 7.22.3.</summary>
public sealed class WhereClauseTests(StandardSpace space) : IClassFixture<StandardSpace>
{
    private static readonly Variant Null = default;
    private readonly StandardSpace _space = space;

    public static TheoryData<ContentFilterElement, bool> Operators => new()
    {
        { Where(FilterOperator.Equals, Field("Severity"), Literal(700)), true },
        { Where(FilterOperator.Equals, Field("Severity"), Literal("700")), true },
        { Where(FilterOperator.Equals, Field("SourceName"), Literal("meter")), false },
        { Where(FilterOperator.Equals, Field("SourceNode"), Literal(StandardSpace.MeterOfA)), true },
        { Where(FilterOperator.IsNull, Field("1:Reading")), false },
        { Where(FilterOperator.IsNull, Field("ServerId")), true },
        { Where(FilterOperator.IsNull, Field("1:Tags", indexRange: "9")), true },
        { Where(FilterOperator.IsNull, Field("1:Condition")), false },
        { Where(FilterOperator.GreaterThan, Field("Severity"), Literal(699)), true },
        { Where(FilterOperator.GreaterThan, Field("Severity"), Literal(700)), false },
        { Where(FilterOperator.LessThan, Field("1:Reading"), Literal(231)), true },
        { Where(FilterOperator.GreaterThanOrEqual, Field("Severity"), Literal(700)), true },
        { Where(FilterOperator.LessThanOrEqual, Field("Severity"), Literal(699.9)), false },
        { Where(FilterOperator.GreaterThan, Field("SourceName"), Literal("A")), false },
        { Where(FilterOperator.Like, Field("Message"), Literal("%sag on phase L[1-3]")), true },
        { Where(FilterOperator.Like, Field("Message"), Literal("%swell%")), false },
        { Where(FilterOperator.Like, Field("Severity"), Literal("7%")), false },
        { Where(FilterOperator.Like, Field("Message"), Field("SourceName")), false },
        { Where(FilterOperator.Not, Literal(false)), true },
        { Where(FilterOperator.Not, Literal(true)), false },
        { Where(FilterOperator.Not, Literal("true")), false },
        { Where(FilterOperator.Not, Literal(7)), false },
        { Where(FilterOperator.Between, Field("Severity"), Literal(700), Literal(800)), true },
        { Where(FilterOperator.Between, Field("Severity"), Literal(600), Literal(699)), false },
        { Where(FilterOperator.InList, Field("SourceName"), Literal("Switch"), Literal("Meter")), true },
        { Where(FilterOperator.InList, Field("SourceName"), Literal("Switch"), Literal("Relay")), false },
        { Where(FilterOperator.OfType, Literal(StandardSpace.MeterEventType)), true },
        { Where(FilterOperator.OfType, Literal(new NodeId(ObjectTypeIds.BaseEventType))), true },
        { Where(FilterOperator.OfType, Literal(new NodeId(ObjectTypeIds.AuditEventType))), false },
        { Where(FilterOperator.OfType, Literal(new Variant(new ExpandedNodeId(StandardSpace.MeterEventType)))), true },
        // Not a Boolean: neither TRUE.
        { Where(FilterOperator.BitwiseAnd, Field("Severity"), Literal(0xFF)), false },
        { Where(FilterOperator.Cast, Literal(1.0), Literal(new NodeId(DataTypeIds.Int32))), false },
        { Where(FilterOperator.Cast, Literal(1), Literal(new NodeId(DataTypeIds.Boolean))), true },
    };

    [Theory]
    [MemberData(nameof(Operators))]
    public void Each_operator_decides_as_the_standard_says(ContentFilterElement element, bool expected) => Assert.Equal(expected, Passes(element));

    [Theory]
    [InlineData(FilterOperator.BitwiseAnd, 0x2BC, 0x0FF, 0x0BC)]
    [InlineData(FilterOperator.BitwiseOr, 0x2BC, 0x003, 0x2BF)]
    public void Bits_combine(FilterOperator bitwise, int left, int right, int expected) =>
        Assert.True(Passes(Where(FilterOperator.Equals, Element(1), Literal(expected)), Where(bitwise, Literal((ushort)left), Literal(right))));

    [Fact]
    public void Bits_of_what_is_no_integer_are_null() =>
        Assert.True(Passes(Where(FilterOperator.IsNull, Element(1)), Where(FilterOperator.BitwiseAnd, Literal(1.5), Literal(1))));

    [Fact]
    public void A_cast_makes_text_a_time_and_one_that_fails_is_null()
    {
        var time = new NodeId(DataTypeIds.UtcTime);
        Assert.True(Passes(Where(FilterOperator.GreaterThan, Field("Time"), Element(1)), Where(FilterOperator.Cast, Literal("2026-01-01T00:00:00Z"), Literal(time))));
        Assert.False(Passes(Where(FilterOperator.GreaterThan, Field("Time"), Element(1)), Where(FilterOperator.Cast, Literal("2027-01-01T00:00:00Z"), Literal(time))));
        Assert.True(Passes(Where(FilterOperator.IsNull, Element(1)), Where(FilterOperator.Cast, Literal("soon"), Literal(time))));
    }

    // Part 4 7.7.3: the truth tables of And and Or, and Not; null is an operand that is no Boolean.
    public static TheoryData<FilterOperator, Variant, Variant, Variant> TruthTable => new()
    {
        { FilterOperator.And, true, true, true },
        { FilterOperator.And, true, false, false },
        { FilterOperator.And, true, Null, Null },
        { FilterOperator.And, false, true, false },
        { FilterOperator.And, false, false, false },
        { FilterOperator.And, false, Null, false },
        { FilterOperator.And, Null, true, Null },
        { FilterOperator.And, Null, false, false },
        { FilterOperator.And, Null, Null, Null },
        { FilterOperator.Or, true, true, true },
        { FilterOperator.Or, true, false, true },
        { FilterOperator.Or, true, Null, true },
        { FilterOperator.Or, false, true, true },
        { FilterOperator.Or, false, false, false },
        { FilterOperator.Or, false, Null, Null },
        { FilterOperator.Or, Null, true, true },
        { FilterOperator.Or, Null, false, Null },
        { FilterOperator.Or, Null, Null, Null },
    };

    [Theory]
    [MemberData(nameof(TruthTable))]
    public void And_and_Or_know_three_values(FilterOperator filterOperator, Variant left, Variant right, Variant expected)
    {
        var element = Where(filterOperator, Literal(left), Literal(right));
        Assert.Equal(expected == true, Passes(element));
        Assert.Equal(expected.IsNull, Passes(Where(FilterOperator.IsNull, Element(1)), element));
        // Not of NULL is NULL, which is not TRUE.
        Assert.Equal(expected == false, Passes(Where(FilterOperator.Not, Element(1)), element));
    }

    public static TheoryData<ContentFilterElement, uint, uint[]?> BadElements => new()
    {
        { Where((FilterOperator)18, Literal(1)), StatusCodes.BadFilterOperatorInvalid, null },
        { Where((FilterOperator)(-1), Literal(1)), StatusCodes.BadFilterOperatorInvalid, null },
        { Where(FilterOperator.InView, Literal(new NodeId(ObjectIds.ViewsFolder))), StatusCodes.BadFilterOperatorUnsupported, null },
        { Where(FilterOperator.RelatedTo, Literal(1), Literal(1), Literal(1), Literal(1), Literal(1), Literal(1)), StatusCodes.BadFilterOperatorUnsupported, null },
        { Where(FilterOperator.Equals, Literal(1)), StatusCodes.BadFilterOperandCountMismatch, null },
        { Where(FilterOperator.Equals, Literal(1), Literal(1), Literal(1)), StatusCodes.BadFilterOperandCountMismatch, null },
        { Where(FilterOperator.InList, Literal(1)), StatusCodes.BadFilterOperandCountMismatch, null },
        { Where(FilterOperator.Not), StatusCodes.BadFilterOperandCountMismatch, null },
        { Where(FilterOperator.Equals, Literal(1), new AttributeOperand()), StatusCodes.BadFilterOperandInvalid, [0, StatusCodes.BadFilterOperandInvalid] },
        { Where(FilterOperator.Equals, null, Literal(1)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadFilterOperandInvalid, 0] },
        { Where(FilterOperator.Equals, new Argument(), Literal(1)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadFilterOperandInvalid, 0] },
        { Where(FilterOperator.Equals, Field("Nonsense"), Literal(1)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadNodeIdUnknown, 0] },
        { Where(FilterOperator.Not, Element(0)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadFilterElementInvalid] },
        { Where(FilterOperator.Not, Element(1)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadFilterElementInvalid] },
        { Where(FilterOperator.Not, Element(uint.MaxValue)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadFilterElementInvalid] },
        { Where(FilterOperator.Like, Field("Message"), Literal("[")), StatusCodes.BadFilterOperandInvalid, [0, StatusCodes.BadFilterLiteralInvalid] },
        { Where(FilterOperator.Like, Field("Message"), Literal(7)), StatusCodes.BadFilterOperandInvalid, [0, StatusCodes.BadFilterLiteralInvalid] },
        { Where(FilterOperator.Cast, Literal(1), Literal("Int32")), StatusCodes.BadFilterOperandInvalid, [0, StatusCodes.BadFilterLiteralInvalid] },
        { Where(FilterOperator.Cast, Literal(1), Literal(new NodeId(ObjectIds.Server))), StatusCodes.BadFilterOperandInvalid, [0, StatusCodes.BadFilterLiteralInvalid] },
        { Where(FilterOperator.OfType, Literal(1)), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadFilterLiteralInvalid] },
        { Where(FilterOperator.OfType, Literal(new NodeId("Nothing", 1))), StatusCodes.BadFilterOperandInvalid, [StatusCodes.BadTypeDefinitionInvalid] },
        { Where(FilterOperator.Equals, Literal(1), Literal(new string('x', 65_537))), StatusCodes.BadFilterOperandInvalid, [0, StatusCodes.BadFilterLiteralInvalid] },
    };

    [Theory]
    [MemberData(nameof(BadElements))]
    public void A_bad_element_refuses_the_filter_and_says_which_and_why(ContentFilterElement bad, uint expected, uint[]? operands)
    {
        var status = _space.Compiler().TryCompile(Filter(bad), StandardSpace.Anybody, out var compiled, out var result);
        Assert.Equal(StatusCodes.BadEventFilterInvalid, status.Code);
        Assert.Null(compiled);
        var element = Assert.Single(result!.WhereClauseResult.ElementResults!);
        Assert.Equal(expected, element.StatusCode.Code);
        Assert.Equal(operands, element.OperandStatusCodes?.Select(s => s.Code));
        Assert.Equal([StatusCodes.Good], result.SelectClauseResults!.Select(s => s.Code));
    }

    [Fact]
    public void Good_elements_beside_a_bad_one_are_shown_as_good()
    {
        _space.Compiler().TryCompile(Filter(Where(FilterOperator.And, Element(1), Element(2)), Where(FilterOperator.Not, Literal(true)), Where(FilterOperator.Not)), StandardSpace.Anybody, out _, out var result);
        Assert.Equal([StatusCodes.Good, StatusCodes.Good, StatusCodes.BadFilterOperandCountMismatch], result!.WhereClauseResult.ElementResults!.Select(e => e.StatusCode.Code));
    }

    [Fact]
    public void An_element_that_the_first_does_not_reach_is_ignored() =>
        Assert.True(Passes(Where(FilterOperator.Not, Literal(false)), Where(FilterOperator.Not, Element(0))));

    [Fact]
    public void Elements_below_each_other_as_deep_as_the_limit_pass_and_one_deeper_is_refused()
    {
        var limits = new EventFilterLimits { MaxDepth = 20 };
        Assert.Equal(StatusCodes.Good, _space.Compiler(limits).TryCompile(Filter(Chain(21)), StandardSpace.Anybody, out _, out _).Code);
        Assert.Equal(StatusCodes.BadEventFilterInvalid, _space.Compiler(limits).TryCompile(Filter(Chain(22)), StandardSpace.Anybody, out _, out var result).Code);
        Assert.Equal(StatusCodes.BadFilterElementInvalid, result!.WhereClauseResult.ElementResults![0].StatusCode.Code);
    }

    [Fact]
    public void Elements_that_many_others_refer_to_are_evaluated_once()
    {
        // 2^40 evaluations otherwise: element i is the Or of i + 1 with itself.
        const uint Levels = 40;
        var elements = new ContentFilterElement[Levels + 1];
        for (var i = 0u; i < Levels; i++) elements[i] = Where(FilterOperator.And, Element(i + 1), Element(i + 1));
        elements[Levels] = Where(FilterOperator.Equals, Field("Severity"), Literal(700));
        Assert.True(Passes(elements));
    }

    [Fact]
    public void As_many_operands_as_the_limit_pass_and_one_more_does_not()
    {
        var limits = new EventFilterLimits { MaxWhereClauseParameters = 5 };
        IStructure[] five = [Field("Severity"), Literal(1), Literal(2), Literal(3), Literal(4)];
        Assert.Equal(StatusCodes.Good, _space.Compiler(limits).TryCompile(Filter(Where(FilterOperator.InList, five)), StandardSpace.Anybody, out _, out _).Code);
        Assert.Equal(StatusCodes.BadEventFilterInvalid, _space.Compiler(limits).TryCompile(Filter(Where(FilterOperator.InList, [.. five, Literal(5)])), StandardSpace.Anybody, out _, out _).Code);
    }

    [Fact]
    public void No_where_clause_holds_back_the_event_that_tells_of_lost_events()
    {
        var overflow = new UaEvent
        {
            EventType = ObjectTypeIds.EventQueueOverflowEventType,
            SourceNode = ObjectIds.Server,
            SourceName = "Internal/EventQueueOverflow",
            Time = _space.Now,
            Message = "lost",
            Severity = 500,
        };
        var filter = _space.Compile(Filter([Field("Message")], Where(FilterOperator.Not, Literal(true))));
        Assert.True(filter.TrySelect(overflow, StandardSpace.Anybody, out var fields));
        Assert.Equal([new LocalizedText("lost")], fields);
        Assert.False(filter.TrySelect(_space.MeterEvent(), StandardSpace.Anybody.With(StandardSpace.OwnerA), out _));
    }

    private static ContentFilterElement[] Chain(int length)
    {
        var elements = new ContentFilterElement[length];
        for (var i = 0; i < length - 1; i++) elements[i] = Where(FilterOperator.Not, Element((uint)i + 1));
        elements[^1] = Where(FilterOperator.Not, Literal(true));
        return elements;
    }

    private bool Passes(params ContentFilterElement[] where)
    {
        var occurrence = _space.MeterEvent().With("1:Reading", 230.5).With("1:Tags", new Variant(new[] { "a" })).With("1:Condition", new StatusCode(StatusCodes.BadTimeout));
        return _space.Compile(Filter(where)).TrySelect(occurrence, StandardSpace.Anybody.With(StandardSpace.OwnerA), out _);
    }
}
