namespace OpcPortal.Ua.Server;

/// <summary>Write: values and attributes. Part 4 5.11.4.</summary>
public sealed class WriteService(AccessController access, AttributeReader reader, ValueTypeCheck types, IAuditor auditor, OperationLimits limits) : Service<WriteRequest, WriteResponse>
{
    protected override async ValueTask<WriteResponse> InvokeAsync(ServiceContext context, WriteRequest request)
    {
        var count = OperationLimits.Check(request.NodesToWrite, limits.MaxNodesPerWrite);
        // All are begun in the order given, then awaited: a slow device holds up its own item, not those of other devices.
        var pending = new ValueTask<StatusCode>[count];
        var before = auditor.IsHeard ? new Variant[count] : null;
        for (var i = 0; i < count; i++)
        {
            ref var item = ref request.NodesToWrite![i];
            if (before is not null) before[i] = reader.Read(context.Access, item.NodeId, item.AttributeId, range: null, dataEncoding: default).Value;
            pending[i] = Write(context.Access, item, context.Cancellation);
        }

        var results = new StatusCode[count];
        for (var i = 0; i < count; i++) results[i] = await pending[i].ConfigureAwait(false);
        if (before is not null) Audit(context, request.NodesToWrite!, before, results);
        return new WriteResponse { Results = results };
    }

    private void Audit(ServiceContext context, WriteValue[] items, Variant[] before, StatusCode[] results)
    {
        for (var i = 0; i < items.Length; i++)
            auditor.Written(AuditedAction.Of(context, results[i]), items[i].NodeId, items[i].AttributeId, items[i].IndexRange, before[i], items[i].Value.Value);
    }

    private ValueTask<StatusCode> Write(AccessContext who, in WriteValue item, CancellationToken cancellation)
    {
        NumericRange? range = null;
        if (!string.IsNullOrEmpty(item.IndexRange) && !NumericRange.TryParse(item.IndexRange, out range))
            return ValueTask.FromResult<StatusCode>(StatusCodes.BadIndexRangeInvalid);
        return item.AttributeId == AttributeIds.Value
            ? WriteTheValue(who, item, range, cancellation)
            : WriteOther(who, item, range, cancellation);
    }

    private ValueTask<StatusCode> WriteTheValue(AccessContext who, in WriteValue item, NumericRange? range, CancellationToken cancellation)
    {
        var status = access.Resolve(who, item.NodeId, PermissionType.Write, out var grant);
        if (status.IsBad) return ValueTask.FromResult(status);
        var node = grant.Node;
        if (node.NodeClass is not (NodeClass.Variable or NodeClass.VariableType)) return ValueTask.FromResult<StatusCode>(StatusCodes.BadAttributeIdInvalid);
        var level = node.Source.AccessLevelOf(node);
        if ((level & AccessLevelExType.CurrentWrite) == 0) return ValueTask.FromResult<StatusCode>(StatusCodes.BadNotWritable);
        if (!MayWriteParts(level, item.Value)) return ValueTask.FromResult<StatusCode>(StatusCodes.BadWriteNotSupported);
        if (range is not null && (level & AccessLevelExType.WriteFullArrayOnly) != 0) return ValueTask.FromResult<StatusCode>(StatusCodes.BadWriteNotSupported);

        var value = item.Value.Value;
        if (range is not null)
        {
            status = range.TryOverwrite(node.Source.ReadValue(grant).Value, value, out var merged);
            if (status.IsBad) return ValueTask.FromResult(status);
            value = merged;
        }

        status = types.Check(node, ref value);
        return status.IsBad ? ValueTask.FromResult(status) : node.Source.WriteValueAsync(grant, item.Value with { Value = value }, cancellation);
    }

    // Part 4 5.11.4.1: what the node cannot take of status and times is refused, not dropped.
    private static bool MayWriteParts(AccessLevelExType level, in DataValue value)
    {
        if (value.StatusCode != StatusCodes.Good && (level & AccessLevelExType.StatusWrite) == 0) return false;
        return (value.SourceTimestamp == default && value.ServerTimestamp == default) || (level & AccessLevelExType.TimestampWrite) != 0;
    }

    private ValueTask<StatusCode> WriteOther(AccessContext who, in WriteValue item, NumericRange? range, CancellationToken cancellation)
    {
        if (!AttributeWriteMasks.TryGet(item.AttributeId, out var bit)) return ValueTask.FromResult(Unwritable(who, item));
        // Part 3 5.2.7: what the WriteMask does not allow nobody may write; only then does it matter who asks.
        var status = access.Resolve(who, item.NodeId, PermissionType.Browse, out var visible);
        if (status.IsBad) return ValueTask.FromResult(status);
        var node = visible.Node;
        status = node.Source.ReadAttribute(node, item.AttributeId, [], out var current);
        if (status.IsBad) return ValueTask.FromResult(status);
        if (node.Source.ReadAttribute(node, AttributeIds.WriteMask, [], out var mask).IsBad || (mask.AsUInt32() & (uint)bit) == 0)
            return ValueTask.FromResult<StatusCode>(StatusCodes.BadNotWritable);
        var wanted = bit switch
        {
            AttributeWriteMask.RolePermissions => PermissionType.WriteRolePermissions,
            AttributeWriteMask.Historizing => PermissionType.WriteHistorizing,
            _ => PermissionType.WriteAttribute,
        };
        status = access.Resolve(who, item.NodeId, wanted, out var grant);
        if (status.IsBad) return ValueTask.FromResult(status);
        if (range is not null) return ValueTask.FromResult<StatusCode>(StatusCodes.BadIndexRangeNoData);
        if (item.Value.Value.Type != current.Type || item.Value.Value.ValueRank != current.ValueRank) return ValueTask.FromResult<StatusCode>(StatusCodes.BadTypeMismatch);
        return node.Source.WriteAttributeAsync(grant, item.AttributeId, item.Value.Value, cancellation);
    }

    // An attribute that no mask covers: unknown to the node, or never to be written.
    private StatusCode Unwritable(AccessContext who, in WriteValue item)
    {
        var status = access.Resolve(who, item.NodeId, PermissionType.Browse, out var grant);
        if (status.IsBad) return status;
        if (item.AttributeId is AttributeIds.UserWriteMask or AttributeIds.UserAccessLevel or AttributeIds.UserExecutable or AttributeIds.UserRolePermissions)
            return StatusCodes.BadNotWritable;
        status = grant.Node.Source.ReadAttribute(grant.Node, item.AttributeId, [], out _);
        return status.IsBad ? status : StatusCodes.BadNotWritable;
    }
}
