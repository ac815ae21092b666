namespace OpcPortal.Ua.Server;

/// <summary>
/// Reads one attribute of one node for one user: what Read, monitored items and attribute operands share. Attributes that depend on who asks are derived
/// here; the others are the node's. Part 4 5.11.2, Part 3 5.
/// </summary>
public sealed class AttributeReader(AddressSpace addressSpace, AccessController access)
{
    private const string DefaultBinary = "Default Binary";

    /// <summary>Access to the AddressSpace for those who need to look further at a node.</summary>
    public AddressSpace AddressSpace => addressSpace;

    /// <summary>Reads an attribute. Failures are the status of the value; only a Value has a source time.</summary>
    /// <param name="range">The part wanted of an array, string or matrix; null for all.</param>
    /// <param name="dataEncoding">Null for the default, which is binary.</param>
    public DataValue Read(AccessContext who, in NodeId nodeId, uint attributeId, NumericRange? range, in QualifiedName dataEncoding)
    {
        if (attributeId == AttributeIds.Value) return ReadValue(who, nodeId, range, dataEncoding);
        if (IsGiven(dataEncoding)) return DataValue.FromStatus(StatusCodes.BadDataEncodingInvalid);
        var wanted = attributeId == AttributeIds.RolePermissions ? PermissionType.Browse | PermissionType.ReadRolePermissions : PermissionType.Browse;
        var status = access.Resolve(who, nodeId, wanted, out var grant);
        if (status.IsBad) return DataValue.FromStatus(status);
        status = ReadOther(who, grant.Node, attributeId, out var value);
        if (status.IsBad) return DataValue.FromStatus(status);
        return range is null ? new DataValue(value) : Slice(new DataValue(value), range);
    }

    private DataValue ReadValue(AccessContext who, in NodeId nodeId, NumericRange? range, in QualifiedName dataEncoding)
    {
        var status = access.Resolve(who, nodeId, PermissionType.Read, out var grant);
        if (status.IsBad) return DataValue.FromStatus(WhyUnreadable(who, nodeId, status));
        var node = grant.Node;
        status = Readable(node);
        if (status.IsBad) return DataValue.FromStatus(status);
        var value = node.Source.ReadValue(grant);
        // Part 3 5.6.5: of a VariableType the Value is optional.
        if (value.Value.IsNull && node.NodeClass == NodeClass.VariableType) return DataValue.FromStatus(StatusCodes.BadAttributeIdInvalid);
        return Shape(value, range, dataEncoding);
    }

    private static StatusCode Readable(in NodeRef node) => node.NodeClass switch
    {
        NodeClass.Variable when (node.Source.AccessLevelOf(node) & AccessLevelExType.CurrentRead) == 0 => StatusCodes.BadNotReadable,
        NodeClass.Variable or NodeClass.VariableType => StatusCodes.Good,
        _ => StatusCodes.BadAttributeIdInvalid,
    };

    // What nobody can read is said to everybody who may browse the node: who may not read would otherwise be told that there is something to read.
    private StatusCode WhyUnreadable(AccessContext who, in NodeId nodeId, StatusCode refusal) =>
        access.Resolve(who, nodeId, PermissionType.Browse, out var grant).IsGood && Readable(grant.Node) is { IsBad: true } reason ? reason : refusal;

    // Clients send an empty name as often as a null one.
    private static bool IsGiven(in QualifiedName dataEncoding) => !string.IsNullOrEmpty(dataEncoding.Name);

    /// <summary>Applies a data encoding and an index range to a value as its node gave it.</summary>
    public static DataValue Shape(in DataValue value, NumericRange? range, in QualifiedName dataEncoding)
    {
        if (IsGiven(dataEncoding))
        {
            // Part 4 5.11.2.2: an encoding may be asked for where the value is a structure.
            if (value.Value.Type is not (BuiltInType.ExtensionObject or BuiltInType.Null)) return DataValue.FromStatus(StatusCodes.BadDataEncodingInvalid);
            if (dataEncoding is not { NamespaceIndex: 0, Name: DefaultBinary }) return DataValue.FromStatus(StatusCodes.BadDataEncodingUnsupported);
        }

        return range is null || value.StatusCode.IsBad ? value : Slice(value, range);
    }

    private static DataValue Slice(in DataValue value, NumericRange range)
    {
        var status = range.TrySlice(value.Value, out var slice);
        return status.IsBad ? DataValue.FromStatus(status) : value with { Value = slice };
    }

    private StatusCode ReadOther(AccessContext who, in NodeRef node, uint attributeId, out Variant value)
    {
        switch (attributeId)
        {
            case AttributeIds.RolePermissions:
                value = RolePermissions(access.RolePermissionsOf(node), access.RolePermissionsOf(node).Roles);
                return StatusCodes.Good;
            case AttributeIds.UserRolePermissions:
                value = RolePermissions(access.UserRolePermissionsOf(who, node), who.Roles);
                return StatusCodes.Good;
            case AttributeIds.AccessRestrictions:
                value = (ushort)access.RestrictionsOf(node);
                return StatusCodes.Good;
            case AttributeIds.UserWriteMask:
                return Derive(node, AttributeIds.WriteMask, who, out value);
            case AttributeIds.UserAccessLevel:
                return Derive(node, AttributeIds.AccessLevel, who, out value);
            case AttributeIds.UserExecutable:
                return Derive(node, AttributeIds.Executable, who, out value);
            default:
                return node.Source.ReadAttribute(node, attributeId, who.Locales, out value);
        }
    }

    private StatusCode Derive(in NodeRef node, uint attributeId, AccessContext who, out Variant value)
    {
        var status = node.Source.ReadAttribute(node, attributeId, who.Locales, out value);
        if (status.IsBad) return status;
        var permissions = access.PermissionsOf(who, node);
        value = attributeId switch
        {
            AttributeIds.WriteMask => UserWriteMask(value.AsUInt32(), permissions),
            AttributeIds.AccessLevel => (byte)UserAccessLevel(value.AsByte(), permissions),
            _ => value.AsBoolean() && (permissions & PermissionType.Call) != 0,
        };
        return StatusCodes.Good;
    }

    private static uint UserWriteMask(uint mask, PermissionType permissions)
    {
        const uint Historizing = (uint)AttributeWriteMask.Historizing;
        const uint RolePermissions = (uint)AttributeWriteMask.RolePermissions;
        var allowed = (permissions & PermissionType.WriteAttribute) != 0 ? ~(Historizing | RolePermissions) : 0;
        if ((permissions & PermissionType.WriteHistorizing) != 0) allowed |= Historizing;
        if ((permissions & PermissionType.WriteRolePermissions) != 0) allowed |= RolePermissions;
        return mask & allowed;
    }

    private static AccessLevelType UserAccessLevel(byte level, PermissionType permissions)
    {
        var allowed = AccessLevelType.SemanticChange;
        if ((permissions & PermissionType.Read) != 0) allowed |= AccessLevelType.CurrentRead;
        if ((permissions & PermissionType.Write) != 0) allowed |= AccessLevelType.CurrentWrite | AccessLevelType.StatusWrite | AccessLevelType.TimestampWrite;
        if ((permissions & PermissionType.ReadHistory) != 0) allowed |= AccessLevelType.HistoryRead;
        const PermissionType ChangeHistory = PermissionType.InsertHistory | PermissionType.ModifyHistory | PermissionType.DeleteHistory;
        if ((permissions & ChangeHistory) != 0) allowed |= AccessLevelType.HistoryWrite;
        return (AccessLevelType)level & allowed;
    }

    private Variant RolePermissions(RolePermissionSet set, ulong roles) => Variant.From(
        access.Roles.IndexesOf(roles & set.Roles).Select(role => new RolePermissionType { RoleId = access.Roles.RoleIds[role], Permissions = set[role] }).ToArray());
}
