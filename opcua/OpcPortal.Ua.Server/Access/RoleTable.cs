namespace OpcPortal.Ua.Server;

/// <summary>
/// The roles, each with a small number that serves as a bit. The well-known ones come first. Thread-safe; grows only. Part 3 4.9.2.
/// </summary>
public sealed class RoleTable
{
    /// <summary>Roles that fit into the bits of a context. Few roles and rich agreements are the design: 64 is plenty.</summary>
    public const int MaxRoles = 64;

    private readonly Lock _gate = new();
    private NodeId[] _roleIds =
    [
        ObjectIds.WellKnownRole_Anonymous,
        ObjectIds.WellKnownRole_AuthenticatedUser,
        ObjectIds.WellKnownRole_Observer,
        ObjectIds.WellKnownRole_Operator,
        ObjectIds.WellKnownRole_Engineer,
        ObjectIds.WellKnownRole_Supervisor,
        ObjectIds.WellKnownRole_ConfigureAdmin,
        ObjectIds.WellKnownRole_SecurityAdmin,
    ];

    public const int Anonymous = 0;
    public const int AuthenticatedUser = 1;
    public const int Observer = 2;
    public const int Operator = 3;
    public const int Engineer = 4;
    public const int Supervisor = 5;
    public const int ConfigureAdmin = 6;
    public const int SecurityAdmin = 7;

    /// <summary>The NodeIds of the roles by number.</summary>
    public IReadOnlyList<NodeId> RoleIds => Volatile.Read(ref _roleIds);

    /// <summary>The number of a role, given one if it is new.</summary>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxRoles"/> already.</exception>
    public int IndexOf(NodeId roleId)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_roleIds, roleId);
            if (index >= 0) return index;
            if (_roleIds.Length == MaxRoles) throw new InvalidOperationException($"There can be no more than {MaxRoles} roles.");
            Volatile.Write(ref _roleIds, [.. _roleIds, roleId]);
            return _roleIds.Length - 1;
        }
    }

    /// <summary>The numbers of the roles whose bits are set.</summary>
    public IEnumerable<int> IndexesOf(ulong roles)
    {
        for (var rest = roles; rest != 0; rest &= rest - 1) yield return System.Numerics.BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>The NodeIds of the roles whose bits are set.</summary>
    public IEnumerable<NodeId> RolesOf(ulong roles) => IndexesOf(roles).Select(index => RoleIds[index]);
}
