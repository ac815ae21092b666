using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Who gets one of the managers' roles, or a role that rules over others, is a matter of two: nobody alone makes another manager. Other roles are the Security Manager's own.
/// portal-model.md, Who.
/// </summary>
public sealed class ManagerRolesApproval(TimeProvider time) : IRoleChangeApproval
{
    private static readonly HashSet<string> OfManagers = new(StringComparer.Ordinal) { "SecurityAdmin", "ConfigureAdmin", "SystemManager", "NetworkManager" };

    private readonly TwoPersonApproval _byTwo = new(time);

    /// <inheritdoc/>
    public ValueTask<RoleChangeVerdict> AskAsync(AccessContext who, RoleChange change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        return OfManagers.Contains(change.Role) ? _byTwo.AskAsync(who, change, cancellation) : ValueTask.FromResult(RoleChangeVerdict.Allowed);
    }
}
