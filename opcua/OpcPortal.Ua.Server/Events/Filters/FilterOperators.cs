namespace OpcPortal.Ua.Server;

/// <summary>The operators by number: how many operands each takes, and what it becomes. Part 4 7.7.3, Tables 122 and 123.</summary>
internal static class FilterOperators
{
    private const int Any = int.MaxValue;

    private static readonly (int Least, int Most)[] Operands =
    [
        (2, 2), // Equals
        (1, 1), // IsNull
        (2, 2), // GreaterThan
        (2, 2), // LessThan
        (2, 2), // GreaterThanOrEqual
        (2, 2), // LessThanOrEqual
        (2, 2), // Like
        (1, 1), // Not
        (3, 3), // Between
        (2, Any), // InList
        (2, 2), // And
        (2, 2), // Or
        (2, 2), // Cast
        (1, 1), // InView
        (1, 1), // OfType
        (6, 6), // RelatedTo
        (2, 2), // BitwiseAnd
        (2, 2), // BitwiseOr
    ];

    /// <returns>Good; BadFilterOperatorInvalid for an unknown one, BadFilterOperatorUnsupported for one that has no place in an event filter, or BadFilterOperandCountMismatch.</returns>
    public static StatusCode Check(FilterOperator filterOperator, int operandCount)
    {
        if ((uint)filterOperator >= (uint)Operands.Length) return StatusCodes.BadFilterOperatorInvalid;
        // Part 4 7.22.3: these walk the address space, and are for queries.
        if (filterOperator is FilterOperator.InView or FilterOperator.RelatedTo) return StatusCodes.BadFilterOperatorUnsupported;
        var (least, most) = Operands[(int)filterOperator];
        // Part 4 7.7.1: too many are an error too.
        return operandCount >= least && operandCount <= most ? StatusCodes.Good : StatusCodes.BadFilterOperandCountMismatch;
    }

    public static FilterExpression Make(FilterOperator filterOperator, FilterExpression[] operands, TypeTree types) => filterOperator switch
    {
        FilterOperator.Equals => new EqualsExpression(operands[0], operands[1]),
        FilterOperator.IsNull => new IsNullExpression(operands[0]),
        FilterOperator.GreaterThan or FilterOperator.LessThan or FilterOperator.GreaterThanOrEqual or FilterOperator.LessThanOrEqual =>
            new OrderExpression(operands[0], operands[1], filterOperator),
        FilterOperator.Like => new LikeExpression(operands[0], operands[1]),
        FilterOperator.Not => new NotExpression(operands[0]),
        FilterOperator.Between => new BetweenExpression(operands[0], operands[1], operands[2]),
        FilterOperator.InList => new InListExpression(operands[0], operands[1..]),
        FilterOperator.And => new AndExpression(operands[0], operands[1]),
        FilterOperator.Or => new OrExpression(operands[0], operands[1]),
        FilterOperator.Cast => new CastExpression(operands[0], operands[1], types),
        FilterOperator.OfType => new OfTypeExpression(operands[0], types),
        FilterOperator.BitwiseAnd => new BitwiseExpression(operands[0], operands[1], isAnd: true),
        FilterOperator.BitwiseOr => new BitwiseExpression(operands[0], operands[1], isAnd: false),
        _ => throw new ArgumentOutOfRangeException(nameof(filterOperator), filterOperator, "It was not checked."),
    };
}
