namespace OpcPortal.Ua.Server;

/// <summary>An operand or operator of a where clause, compiled. Immutable; the null Variant is the NULL of three-valued logic. Part 4 7.7.</summary>
internal abstract class FilterExpression
{
    public abstract Variant Evaluate(ref FilterScope scope);

    public bool? Truth(ref FilterScope scope) => FilterValues.Truth(Evaluate(ref scope));
}

/// <summary>One evaluation of a where clause.</summary>
internal ref struct FilterScope(UaEvent occurrence, Variant?[]? shared)
{
    public readonly UaEvent Occurrence = occurrence;

    /// <summary>Results of the elements that several others refer to: each is evaluated once, or a filter of n elements would cost 2^n.</summary>
    public readonly Variant?[]? Shared = shared;
}

internal sealed class LiteralExpression(Variant value) : FilterExpression
{
    public Variant Value => value;

    public override Variant Evaluate(ref FilterScope scope) => value;
}

internal sealed class FieldExpression(EventField source) : FilterExpression
{
    public EventField Source => source;

    public override Variant Evaluate(ref FilterScope scope) => source.Read(scope.Occurrence);
}

/// <summary>An element that more than one other refers to.</summary>
internal sealed class SharedExpression(FilterExpression element, int slot) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope) => scope.Shared![slot] ??= element.Evaluate(ref scope);
}

internal sealed class EqualsExpression(FilterExpression left, FilterExpression right) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope) => FilterValues.AreEqual(left.Evaluate(ref scope), right.Evaluate(ref scope));
}

internal sealed class IsNullExpression(FilterExpression operand) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var value = operand.Evaluate(ref scope);
        // A StatusCode in the place of a field of another type says that there is no value.
        return FilterValues.IsNull(value) || (value.Type == BuiltInType.StatusCode && operand is FieldExpression { Source.HoldsStatusCode: false });
    }
}

/// <summary>GreaterThan and its like: FALSE where the values have no order.</summary>
internal sealed class OrderExpression(FilterExpression left, FilterExpression right, FilterOperator comparison) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope) =>
        FilterValues.TryCompare(left.Evaluate(ref scope), right.Evaluate(ref scope), out var order) && comparison switch
        {
            FilterOperator.GreaterThan => order > 0,
            FilterOperator.LessThan => order < 0,
            FilterOperator.GreaterThanOrEqual => order >= 0,
            _ => order <= 0,
        };
}

internal sealed class BetweenExpression(FilterExpression value, FilterExpression low, FilterExpression high) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var tested = value.Evaluate(ref scope);
        return FilterValues.TryCompare(tested, low.Evaluate(ref scope), out var order) && order >= 0
            && FilterValues.TryCompare(tested, high.Evaluate(ref scope), out order) && order <= 0;
    }
}

internal sealed class InListExpression(FilterExpression value, FilterExpression[] list) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var tested = value.Evaluate(ref scope);
        foreach (var candidate in list)
            if (FilterValues.AreEqual(tested, candidate.Evaluate(ref scope))) return true;
        return false;
    }
}

/// <summary>Like: FALSE where an operand is no String or the pattern is malformed.</summary>
internal sealed class LikeExpression(FilterExpression text, FilterExpression pattern) : FilterExpression
{
    // A literal is parsed once.
    private readonly LikePattern? _parsed = pattern is LiteralExpression literal && FilterValues.Text(literal.Value) is { } known && LikePattern.TryParse(known, out var parsed) ? parsed : null;

    public override Variant Evaluate(ref FilterScope scope)
    {
        if (FilterValues.Text(text.Evaluate(ref scope)) is not { } tested) return false;
        if (_parsed is not null) return _parsed.Matches(tested);
        return FilterValues.Text(pattern.Evaluate(ref scope)) is { } given && LikePattern.TryParse(given, out var like) && like.Matches(tested);
    }
}

internal sealed class NotExpression(FilterExpression operand) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope) => operand.Truth(ref scope) is { } truth ? !truth : default(Variant);
}

/// <summary>And: FALSE decides, whatever the other is; else NULL spreads. Part 4 7.7.3 (truth table).</summary>
internal sealed class AndExpression(FilterExpression left, FilterExpression right) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var first = left.Truth(ref scope);
        if (first == false) return false;
        var second = right.Truth(ref scope);
        if (second == false) return false;
        return first is null || second is null ? default(Variant) : true;
    }
}

/// <summary>Or: TRUE decides, whatever the other is; else NULL spreads. Part 4 7.7.3 (truth table).</summary>
internal sealed class OrExpression(FilterExpression left, FilterExpression right) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var first = left.Truth(ref scope);
        if (first == true) return true;
        var second = right.Truth(ref scope);
        if (second == true) return true;
        return first is null || second is null ? default(Variant) : false;
    }
}

/// <summary>Cast: NULL where the value cannot be converted.</summary>
internal sealed class CastExpression(FilterExpression value, FilterExpression dataType, TypeTree types) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var target = types.BuiltInTypeOf(FilterNodeIds.Of(dataType.Evaluate(ref scope)));
        return FilterConversions.TryConvert(value.Evaluate(ref scope), target, isCast: true, out var result) ? result : default;
    }
}

/// <summary>OfType: whether the event is of the type or of a subtype.</summary>
internal sealed class OfTypeExpression(FilterExpression type, TypeTree types) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope) => types.IsSubtypeOf(scope.Occurrence.EventType, FilterNodeIds.Of(type.Evaluate(ref scope)));
}

/// <summary>BitwiseAnd and BitwiseOr of two integers; NULL where one is none.</summary>
internal sealed class BitwiseExpression(FilterExpression left, FilterExpression right, bool isAnd) : FilterExpression
{
    public override Variant Evaluate(ref FilterScope scope)
    {
        var (a, b) = (left.Evaluate(ref scope), right.Evaluate(ref scope));
        if (!FilterConversions.TryUnify(ref a, ref b) || !FilterNumbers.IsInteger(a.Type) || !a.IsScalar || !b.IsScalar) return default;
        var (x, y) = (FilterNumbers.IntegerOf(a), FilterNumbers.IntegerOf(b));
        FilterNumbers.TryOfInteger(isAnd ? x & y : x | y, a.Type, out var result);
        return result;
    }
}

internal static class FilterNodeIds
{
    /// <summary>A NodeId, or an ExpandedNodeId of this server; else null.</summary>
    public static NodeId Of(in Variant value)
    {
        if (!value.IsScalar) return default;
        return value.Type switch
        {
            BuiltInType.NodeId => value.AsNodeId(),
            BuiltInType.ExpandedNodeId when value.AsExpandedNodeId() is { IsLocal: true } id => id.NodeId,
            _ => default,
        };
    }
}
