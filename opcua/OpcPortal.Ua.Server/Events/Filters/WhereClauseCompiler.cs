namespace OpcPortal.Ua.Server;

/// <summary>
/// Checks a where clause element by element and makes an expression of it. Elements refer forward only, so that there are no loops; those that the first
/// does not reach are ignored. One instance a filter. Part 4 7.7.
/// </summary>
internal sealed class WhereClauseCompiler(EventFieldCompiler fields, TypeTree types, EventFilterLimits limits, AccessContext who)
{
    private ContentFilterElement[] _elements = [];
    private FilterExpression?[] _compiled = [];
    private ContentFilterElementResult[] _results = [];
    private int[] _depths = [];
    private int[] _uses = [];
    private bool _isBad;

    /// <summary>How many results an evaluation keeps for elements with several users.</summary>
    public int SharedCount { get; private set; }

    /// <param name="expression">Null where there is no condition, or where one of the elements is bad.</param>
    /// <param name="result">A result for each element; null where all are good.</param>
    /// <returns>False where an element is bad or there are too many operands.</returns>
    public bool TryCompile(ContentFilter filter, out FilterExpression? expression, out ContentFilterResult? result)
    {
        expression = null;
        result = null;
        _elements = filter.Elements ?? [];
        if (_elements.Length == 0) return true;
        if (CountOperands() > limits.MaxWhereClauseParameters) return false;
        _compiled = new FilterExpression?[_elements.Length];
        _results = new ContentFilterElementResult[_elements.Length];
        _depths = new int[_elements.Length];
        _uses = CountUses();
        // From the last to the first: what an element refers to is there before it.
        for (var i = _elements.Length - 1; i >= 0; i--) _results[i] = _uses[i] > 0 ? Compile(i) : new ContentFilterElementResult();
        if (_isBad) result = new ContentFilterResult { ElementResults = _results };
        else expression = _compiled[0];
        return !_isBad;
    }

    private long CountOperands()
    {
        long count = 0;
        // An element without operands is bad, and takes room in the answer all the same.
        foreach (var element in _elements) count += Math.Max(1, element?.FilterOperands?.Length ?? 0);
        return count;
    }

    // How many of the elements that the first one reaches refer to each; the first counts as used.
    private int[] CountUses()
    {
        var uses = new int[_elements.Length];
        uses[0] = 1;
        for (var i = 0; i < uses.Length; i++)
        {
            if (uses[i] == 0) continue;
            foreach (var operand in _elements[i]?.FilterOperands ?? [])
                if (operand?.Structure is ElementOperand { Index: var index } && index > i && index < uses.Length) uses[index]++;
        }

        return uses;
    }

    private ContentFilterElementResult Compile(int index)
    {
        var element = _elements[index];
        var operands = element?.FilterOperands ?? [];
        var status = element is null ? StatusCodes.BadFilterOperatorInvalid : FilterOperators.Check(element.FilterOperator, operands.Length);
        if (status.IsBad) return Bad(status, null);
        var statuses = new StatusCode[operands.Length];
        var expressions = new FilterExpression[operands.Length];
        for (var i = 0; i < operands.Length; i++) statuses[i] = TryOperand(index, operands[i], out expressions[i]);
        if (Array.TrueForAll(statuses, static s => s.IsGood)) CheckLiterals(element!.FilterOperator, expressions, statuses);
        if (!Array.TrueForAll(statuses, static s => s.IsGood)) return Bad(StatusCodes.BadFilterOperandInvalid, statuses);
        if (_depths[index] > limits.MaxDepth) return Bad(StatusCodes.BadFilterElementInvalid, null);
        var expression = FilterOperators.Make(element!.FilterOperator, expressions, types);
        _compiled[index] = _uses[index] > 1 ? new SharedExpression(expression, SharedCount++) : expression;
        return new ContentFilterElementResult { StatusCode = StatusCodes.Good };
    }

    private ContentFilterElementResult Bad(StatusCode status, StatusCode[]? operands)
    {
        _isBad = true;
        return new ContentFilterElementResult { StatusCode = status, OperandStatusCodes = operands };
    }

    private StatusCode TryOperand(int index, ExtensionObject? operand, out FilterExpression expression)
    {
        expression = null!;
        switch (operand?.Structure)
        {
            case LiteralOperand literal:
                if (LengthOf(literal.Value) > limits.MaxLiteralLength) return StatusCodes.BadFilterLiteralInvalid;
                expression = new LiteralExpression(literal.Value);
                return StatusCodes.Good;
            case ElementOperand element:
                return TryElement(index, element.Index, out expression);
            case SimpleAttributeOperand simple:
                var status = fields.TryCompile(simple, who, out var field);
                if (status.IsGood) expression = new FieldExpression(field!);
                return status;
            default:
                // Part 4 7.22.3: an AttributeOperand has no place in an event filter.
                return StatusCodes.BadFilterOperandInvalid;
        }
    }

    private StatusCode TryElement(int from, uint to, out FilterExpression expression)
    {
        expression = null!;
        // Part 4 7.7.4.2: forward only, which excludes loops.
        if (to <= from || to >= _elements.Length) return StatusCodes.BadFilterElementInvalid;
        _depths[from] = Math.Max(_depths[from], _depths[to] + 1);
        // A bad element has its own status; who refers to it is not at fault.
        expression = _compiled[to] ?? new LiteralExpression(default);
        return StatusCodes.Good;
    }

    private void CheckLiterals(FilterOperator filterOperator, FilterExpression[] operands, StatusCode[] statuses)
    {
        switch (filterOperator)
        {
            case FilterOperator.Like when operands[1] is LiteralExpression pattern:
                if (FilterValues.Text(pattern.Value) is not { } text || !LikePattern.TryParse(text, out _)) statuses[1] = StatusCodes.BadFilterLiteralInvalid;
                break;
            case FilterOperator.Cast when operands[1] is LiteralExpression dataType:
                if (types.BuiltInTypeOf(FilterNodeIds.Of(dataType.Value)) == BuiltInType.Null) statuses[1] = StatusCodes.BadFilterLiteralInvalid;
                break;
            case FilterOperator.OfType when operands[0] is LiteralExpression type:
                var id = FilterNodeIds.Of(type.Value);
                if (id.IsNull) statuses[0] = StatusCodes.BadFilterLiteralInvalid;
                else if (!fields.IsEventType(who, id)) statuses[0] = StatusCodes.BadTypeDefinitionInvalid;
                break;
        }
    }

    private static long LengthOf(in Variant literal) => literal.IsScalar
        ? literal.Type switch
        {
            BuiltInType.String => literal.AsString()?.Length ?? 0,
            BuiltInType.ByteString => literal.AsByteString().Length,
            BuiltInType.XmlElement => literal.AsXmlElement().Xml?.Length ?? 0,
            BuiltInType.LocalizedText => literal.AsLocalizedText().Text?.Length ?? 0,
            BuiltInType.ExtensionObject => literal.AsExtensionObject()?.BinaryBody().Length ?? 0,
            _ => 1,
        }
        : literal.Elements switch
        {
            null => 0,
            string?[] texts => texts.Sum(static t => 1L + (t?.Length ?? 0)),
            ByteString[] bytes => bytes.Sum(static b => 1L + b.Length),
            LocalizedText[] texts => texts.Sum(static t => 1L + (t.Text?.Length ?? 0)),
            ExtensionObject?[] structures => structures.Sum(static s => 1L + (s?.BinaryBody().Length ?? 0)),
            Variant[] variants => variants.Sum(static v => 1L + LengthOf(v)),
            var others => others.Length,
        };
}
