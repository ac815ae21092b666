using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>Write: values and attributes. Part 4 5.11.4.</summary>
public sealed class WriteService(AccessController access, AttributeReader reader, ValueTypeCheck types, IAuditor auditor, OperationLimits limits, ILogger<WriteService> logger)
    : Service<WriteRequest, WriteResponse>
{
    private readonly Lock _parts = new();

    protected override async ValueTask<WriteResponse> InvokeAsync(ServiceContext context, WriteRequest request)
    {
        var count = OperationLimits.Check(request.NodesToWrite, limits.MaxNodesPerWrite);
        var items = request.NodesToWrite!;
        // All are begun in the order given, then awaited: a slow device holds up its own item, not those of other devices.
        var pending = new ValueTask<StatusCode>[count];
        var copies = new CopyBudget(limits.MaxCopiedElementsPerRequest);
        var before = auditor.IsHeard ? new Variant[count] : null;
        for (var i = 0; i < count; i++)
        {
            if (before is not null) before[i] = OldValue(context.Access, items[i]);
            pending[i] = Write(context.Access, items[i], copies, context.Cancellation);
        }

        var results = await Operations.CompleteAsync(pending, static status => status, logger).ConfigureAwait(false);
        for (var i = 0; before is not null && i < count; i++)
            auditor.Written(AuditedAction.Of(context, results.Items[i]), items[i].NodeId, items[i].AttributeId, items[i].IndexRange, before[i], items[i].Value.Value);
        results.ThrowIfCancelled();
        return new WriteResponse { Results = results.Items };
    }

    // Part 5 6.4.25: for the auditor. It is not shown to who writes, so nothing is disclosed by it; and what the writer may not read is not told on its account.
    private Variant OldValue(AccessContext who, in WriteValue item)
    {
        if (item.AttributeId != AttributeIds.Value) return reader.Read(who, item.NodeId, item.AttributeId, range: null, dataEncoding: default).Value;
        if (access.Resolve(who, item.NodeId, PermissionType.Browse, out var seen).IsBad || (access.PermissionsOf(who, seen.Node) & PermissionType.Read) == 0) return default;
        return seen.Node.NodeClass is NodeClass.Variable or NodeClass.VariableType ? seen.Node.Source.ReadValue(access.ForServer(seen.Node)).Value : default;
    }

    private async ValueTask<StatusCode> Write(AccessContext who, WriteValue item, CopyBudget copies, CancellationToken cancellation)
    {
        NumericRange? range = null;
        if (!string.IsNullOrEmpty(item.IndexRange) && !NumericRange.TryParse(item.IndexRange, out range)) return StatusCodes.BadIndexRangeInvalid;
        if (item.AttributeId != AttributeIds.Value)
        {
            var refusal = CheckOther(who, item, range, out var attribute);
            return refusal.IsBad ? refusal : await attribute.Node.Source.WriteAttributeAsync(attribute, item.AttributeId, item.Value.Value, cancellation).ConfigureAwait(false);
        }

        return await WriteTheValue(who, item, range, copies, cancellation).ConfigureAwait(false);
    }

    private ValueTask<StatusCode> WriteTheValue(AccessContext who, in WriteValue item, NumericRange? range, CopyBudget copies, CancellationToken cancellation)
    {
        if (range is null && !HasParts(item.Value.Value)) return Begin(item);
        // A part is read, changed and written: nobody else's part, nor the whole, comes between. Attack class 14.
        lock (_parts) return Begin(item);

        ValueTask<StatusCode> Begin(in WriteValue item)
        {
            var status = CheckValue(who, item, range, copies, out var grant, out var value);
            return status.IsBad ? ValueTask.FromResult(status) : grant.Node.Source.WriteValueAsync(grant, item.Value with { Value = value }, cancellation);
        }
    }

    private static bool HasParts(in Variant value) => !value.IsScalar || value.Type is BuiltInType.String or BuiltInType.ByteString;

    private StatusCode CheckValue(AccessContext who, in WriteValue item, NumericRange? range, CopyBudget copies, out NodeGrant grant, out Variant value)
    {
        value = item.Value.Value;
        var status = access.Resolve(who, item.NodeId, PermissionType.Write, out grant);
        if (status.IsBad) return access.Resolve(who, item.NodeId, PermissionType.Browse, out var seen).IsGood && Writable(seen.Node) is { IsBad: true } reason ? reason : status;
        var node = grant.Node;
        status = Writable(node);
        if (status.IsBad) return status;
        var level = node.Source.AccessLevelOf(node);
        if (!MayWriteParts(level, item.Value)) return StatusCodes.BadWriteNotSupported;
        if (range is null) return types.Check(node, ref value);
        if ((level & AccessLevelExType.WriteFullArrayOnly) != 0) return StatusCodes.BadWriteNotSupported;
        var current = node.Source.ReadValue(grant).Value;
        if (!copies.TryTake(current)) return StatusCodes.BadResourceUnavailable;
        // Part 4 5.11.4.1: a ByteString stands for an array of Byte, so for a part of one.
        if (current is { Type: BuiltInType.Byte, IsScalar: false } && value is { Type: BuiltInType.ByteString, IsScalar: true }) value = new Variant(value.AsByteString().Bytes ?? []);
        status = range.TryOverwrite(current, value, out value);
        return status.IsBad ? status : types.Check(node, ref value);
    }

    // What nobody may write says so to everybody who may browse it.
    private static StatusCode Writable(in NodeRef node) => node.NodeClass switch
    {
        NodeClass.Variable when (node.Source.AccessLevelOf(node) & AccessLevelExType.CurrentWrite) != 0 => StatusCodes.Good,
        NodeClass.Variable or NodeClass.VariableType => StatusCodes.BadNotWritable,
        _ => StatusCodes.BadAttributeIdInvalid,
    };

    // Part 4 5.11.4.1: what the node cannot take of status and times is refused, not dropped.
    private static bool MayWriteParts(AccessLevelExType level, in DataValue value)
    {
        if (value.StatusCode != StatusCodes.Good && (level & AccessLevelExType.StatusWrite) == 0) return false;
        return (value.SourceTimestamp == default && value.ServerTimestamp == default) || (level & AccessLevelExType.TimestampWrite) != 0;
    }

    private StatusCode CheckOther(AccessContext who, in WriteValue item, NumericRange? range, out NodeGrant grant)
    {
        var isCovered = AttributeWriteMasks.TryGet(item.AttributeId, out var bit);
        var wanted = bit switch
        {
            AttributeWriteMask.RolePermissions => PermissionType.WriteRolePermissions,
            AttributeWriteMask.Historizing => PermissionType.WriteHistorizing,
            _ => PermissionType.WriteAttribute,
        };
        var status = access.Resolve(who, item.NodeId, PermissionType.Browse, out grant);
        if (status.IsBad) return status;
        var node = grant.Node;
        status = CurrentOf(who, node, item.AttributeId, out var current);
        if (status.IsBad) return status;
        var isWritable = isCovered && node.Source.ReadAttribute(node, AttributeIds.WriteMask, [], out var mask).IsGood && (mask.AsUInt32() & (uint)bit) != 0;
        if (!isWritable) return StatusCodes.BadNotWritable;
        status = access.Authorize(who, node, wanted, out grant);
        if (status.IsBad) return status;
        // Status and times go with values alone.
        if (!MayWriteParts(default, item.Value)) return StatusCodes.BadWriteNotSupported;
        if (range is not null) return StatusCodes.BadIndexRangeNoData;
        return item.Value.Value.Type == current.Type && item.Value.Value.ValueRank == current.ValueRank ? StatusCodes.Good : StatusCodes.BadTypeMismatch;
    }

    // Of what depends on the user, and of permissions, whether they are there and their type is all that is needed.
    private static StatusCode CurrentOf(AccessContext who, in NodeRef node, uint attributeId, out Variant current)
    {
        switch (attributeId)
        {
            case AttributeIds.RolePermissions or AttributeIds.UserRolePermissions:
                current = new Variant(Array.Empty<ExtensionObject?>());
                return StatusCodes.Good;
            case AttributeIds.AccessRestrictions:
                current = (ushort)0;
                return StatusCodes.Good;
            default:
                return node.Source.ReadAttribute(node, attributeId switch
                {
                    AttributeIds.UserWriteMask => AttributeIds.WriteMask,
                    AttributeIds.UserAccessLevel => AttributeIds.AccessLevel,
                    AttributeIds.UserExecutable => AttributeIds.Executable,
                    _ => attributeId,
                }, who.Locales, out current);
        }
    }
}
