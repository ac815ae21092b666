using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// What the well-known roles may do in the namespaces of owners, as Part 3 4.9.2 describes them. Who has only shown who he is, and who has not, sees nothing: not even that there
/// are devices. Agreements will narrow and widen this.
/// </summary>
internal static class OwnerPermissions
{
    private const PermissionType Observe = PermissionType.Browse | PermissionType.Read | PermissionType.ReadHistory | PermissionType.ReceiveEvents;

    public static RolePermissionSet ByRole { get; } = new(
    [
        new(RoleTable.Observer, Observe),
        new(RoleTable.Operator, Observe | PermissionType.Write | PermissionType.Call),
        new(RoleTable.Supervisor, Observe | PermissionType.Call),
        new(RoleTable.Engineer, PermissionType.Browse | PermissionType.WriteAttribute),
        new(RoleTable.ConfigureAdmin, PermissionType.Browse),
        new(RoleTable.SecurityAdmin, PermissionType.Browse | PermissionType.ReadRolePermissions),
    ]);
}
