namespace OpcPortal.Ua.Server;

/// <summary>Permissions and restrictions of a node; what is null comes from its namespace. Part 3 5.2.9 and 5.2.11.</summary>
public readonly record struct NodeSecurity(RolePermissionSet? Permissions, AccessRestrictionType? Restrictions);

/// <summary>
/// The permissions of each role, shared by all nodes that have the same. Roles that it does not name have none.
/// Part 3 8.55.
/// </summary>
public sealed class RolePermissionSet
{
    private readonly PermissionType[] _byRole = new PermissionType[RoleTable.MaxRoles];

    public RolePermissionSet(IEnumerable<KeyValuePair<int, PermissionType>> permissionsByRole)
    {
        foreach (var (role, permissions) in permissionsByRole)
        {
            _byRole[role] |= permissions;
            Roles |= 1UL << role;
        }
    }

    /// <summary>The roles named.</summary>
    public ulong Roles { get; private set; }

    /// <summary>Takes away all that a role may do. Part 18 4.2.3: with a role its permissions go.</summary>
    internal void Forget(int role)
    {
        Roles &= ~(1UL << role);
        _byRole[role] = default;
    }

    public PermissionType this[int role] => _byRole[role];

    /// <summary>All that the roles allow together. Part 3 4.9.3: permissions add up.</summary>
    public PermissionType For(ulong roles)
    {
        var permissions = default(PermissionType);
        for (var rest = roles & Roles; rest != 0; rest &= rest - 1)
            permissions |= _byRole[System.Numerics.BitOperations.TrailingZeroCount(rest)];
        return permissions;
    }
}
