namespace OpcPortal.Ua.Server;

/// <summary>
/// The roles, each with a small number that serves as a bit. The well-known ones come first. Thread-safe. Part 3 4.9.2.
/// </summary>
public sealed class RoleTable
{
    /// <summary>Roles that fit into the bits of a context. Few roles and rich agreements are the design: 64 is plenty.</summary>
    public const int MaxRoles = 64;

    // Newer than the table of ids.
    private const uint TrustedApplicationRole = 18625;

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
        TrustedApplicationRole,
    ];

    public const int Anonymous = 0;
    public const int AuthenticatedUser = 1;
    public const int Observer = 2;
    public const int Operator = 3;
    public const int Engineer = 4;
    public const int Supervisor = 5;
    public const int ConfigureAdmin = 6;
    public const int SecurityAdmin = 7;

    /// <summary>Whoever comes over a channel that proves the application. Part 3 4.9.2.</summary>
    public const int TrustedApplication = 8;

    /// <summary>How many roles the standard names that every server has: those above.</summary>
    public const int WellKnown = 9;

    /// <summary>The NodeIds of the roles by number.</summary>
    public IReadOnlyList<NodeId> RoleIds => Volatile.Read(ref _roleIds);

    /// <summary>The number of a role, given one if it is new.</summary>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxRoles"/> already.</exception>
    public int IndexOf(NodeId roleId) => TryAdd(roleId, out var index) ? index : throw new InvalidOperationException($"There can be no more than {MaxRoles} roles.");

    /// <summary>The number of a role, given one if it is new.</summary>
    /// <returns>False where there are <see cref="MaxRoles"/> already.</returns>
    internal bool TryAdd(NodeId roleId, out int index)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(roleId.IsNull, true, nameof(roleId));
        lock (_gate)
        {
            index = Array.IndexOf(_roleIds, roleId);
            if (index >= 0) return true;
            // Numbers that were given back come last: what still names one of them finds nobody there for as long as can be.
            index = _roleIds.Length < MaxRoles ? _roleIds.Length : Array.IndexOf(_roleIds, default);
            if (index < 0) return false;
            if (index == _roleIds.Length) Volatile.Write(ref _roleIds, [.. _roleIds, roleId]);
            else Volatile.Write(ref _roleIds, [.. _roleIds[..index], roleId, .. _roleIds[(index + 1)..]]);
            return true;
        }
    }

    /// <summary>Gives a number back; its place in <see cref="RoleIds"/> is null until another role has it. Nobody has the role any more, and no permission names it.</summary>
    internal void Remove(int index)
    {
        lock (_gate) Volatile.Write(ref _roleIds, [.. _roleIds[..index], default, .. _roleIds[(index + 1)..]]);
    }

    /// <summary>The numbers of the roles whose bits are set.</summary>
    public IEnumerable<int> IndexesOf(ulong roles)
    {
        for (var rest = roles; rest != 0; rest &= rest - 1) yield return System.Numerics.BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>The NodeIds of the roles whose bits are set.</summary>
    public IEnumerable<NodeId> RolesOf(ulong roles) => IndexesOf(roles).Select(index => RoleIds[index]);
}
