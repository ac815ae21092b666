namespace OpcPortal.Ua.Server;

/// <summary>Checks SimpleAttributeOperands, of select clauses and of where clauses alike, and makes fields of them. Part 4 7.7.4.5, 7.22.3.</summary>
internal sealed class EventFieldCompiler(AccessController access, TypeTree types, EventTypeFields declared, BaseEventFields known)
{
    private static readonly NodeId BaseEventType = ObjectTypeIds.BaseEventType;

    /// <returns>
    /// Good with a field; BadTypeDefinitionInvalid where the type is no event type for this user; BadBrowseNameInvalid; BadNodeIdUnknown where the type
    /// has no such field; BadAttributeIdInvalid; BadIndexRangeInvalid.
    /// </returns>
    public StatusCode TryCompile(SimpleAttributeOperand? operand, AccessContext who, out EventField? field)
    {
        field = null;
        if (operand is null) return StatusCodes.BadFilterOperandInvalid;
        // A client that names no type means any.
        var type = operand.TypeDefinitionId.IsNull ? BaseEventType : operand.TypeDefinitionId;
        if (!IsEventType(who, type)) return StatusCodes.BadTypeDefinitionInvalid;
        NumericRange? range = null;
        if (!string.IsNullOrEmpty(operand.IndexRange) && !NumericRange.TryParse(operand.IndexRange, out range)) return StatusCodes.BadIndexRangeInvalid;
        return operand.BrowsePath is null or { Length: 0 }
            ? TryInstance(operand.AttributeId, type, range, out field)
            : TryField(operand, type, range, out field);
    }

    public bool IsEventType(AccessContext who, in NodeId type) =>
        types.IsSubtypeOf(type, BaseEventType) && access.Resolve(who, type, PermissionType.Browse, out var grant).IsGood && grant.Node.NodeClass == NodeClass.ObjectType;

    // An empty path is the event itself, of which the NodeId is known: that of its condition.
    private StatusCode TryInstance(uint attributeId, in NodeId type, NumericRange? range, out EventField? field)
    {
        field = null;
        if (attributeId != AttributeIds.NodeId) return StatusCodes.BadAttributeIdInvalid;
        if (range is not null) return StatusCodes.BadIndexRangeInvalid;
        field = new EventField(type, "", BaseEventFields.ConditionId, range: null, types);
        return StatusCodes.Good;
    }

    private StatusCode TryField(SimpleAttributeOperand operand, in NodeId type, NumericRange? range, out EventField? field)
    {
        field = null;
        var path = operand.BrowsePath!;
        if (path.Length > EventTypeFields.MaxPathLength) return StatusCodes.BadNodeIdUnknown;
        foreach (var name in path)
            if (string.IsNullOrEmpty(name.Name)) return StatusCodes.BadBrowseNameInvalid;
        if (!declared.TryFind(type, path, out var declaration)) return StatusCodes.BadNodeIdUnknown;
        // Events are no nodes here: of their Variables there is the Value and nothing else.
        if (operand.AttributeId != AttributeIds.Value || declaration.NodeClass != NodeClass.Variable) return StatusCodes.BadAttributeIdInvalid;
        var holdsStatus = declaration.Source.ReadAttribute(declaration, AttributeIds.DataType, [], out var dataType).IsGood
            && types.BuiltInTypeOf(dataType.AsNodeId()) is BuiltInType.StatusCode or BuiltInType.Variant;
        var browsePath = string.Join('/', path);
        field = new EventField(type, browsePath, known.Find(browsePath), range, types) { HoldsStatusCode = holdsStatus };
        return StatusCodes.Good;
    }
}
