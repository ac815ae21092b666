namespace OpcPortal.Ua.Server.Tests;

/// <summary>Event filters as a client would send them.</summary>
internal static class Filters
{
    public static SimpleAttributeOperand Field(string browsePath, NodeId? type = null, uint attributeId = AttributeIds.Value, string? indexRange = null) => new()
    {
        TypeDefinitionId = type ?? ObjectTypeIds.BaseEventType,
        BrowsePath = browsePath.Length == 0 ? [] : Array.ConvertAll(browsePath.Split('/'), QualifiedName.Parse),
        AttributeId = attributeId,
        IndexRange = indexRange,
    };

    public static LiteralOperand Literal(Variant value) => new() { Value = value };

    public static ElementOperand Element(uint index) => new() { Index = index };

    public static ContentFilterElement Where(FilterOperator filterOperator, params IStructure?[] operands) => new()
    {
        FilterOperator = filterOperator,
        FilterOperands = Array.ConvertAll(operands, ExtensionObject.From),
    };

    public static EventFilter Filter(SimpleAttributeOperand[] select, params ContentFilterElement[] where) =>
        new() { SelectClauses = select, WhereClause = new ContentFilter { Elements = where } };

    public static EventFilter Filter(params ContentFilterElement[] where) => Filter([Field("EventId")], where);

    public static EventFilterCompiler Compiler(this StandardSpace space, EventFilterLimits? limits = null) =>
        new(space.Space, space.Access, space.Types, space.EventAccess, space.Time, limits ?? new EventFilterLimits());

    public static CompiledEventFilter Compile(this StandardSpace space, EventFilter filter, AccessContext? who = null)
    {
        var status = space.Compiler().TryCompile(filter, who ?? StandardSpace.Anybody, out var compiled, out _);
        Assert.True(status.IsGood, status.ToString());
        return compiled!;
    }
}
