using System.Collections.Concurrent;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>Turns the permissions that NodeSets state into sets; nodes with the same permissions share one.</summary>
public sealed class RolePermissionInterner(RoleTable roles)
{
    private readonly ConcurrentDictionary<string, RolePermissionSet> _sets = new(StringComparer.Ordinal);

    public NodeSecurity SecurityOf(NodeRecord node) =>
        new(node.RolePermissions is { } permissions ? SetOf(permissions) : null, node.AccessRestrictions is { } restrictions ? (AccessRestrictionType)restrictions : null);

    /// <summary>Takes a role out of all sets.</summary>
    internal void Forget(int role)
    {
        // A set whose text names the role stays under that text: the same role added again begins with nothing.
        foreach (var set in _sets.Values) set.Forget(role);
    }

    /// <summary>The set that holds these permissions; those of a role named twice add up.</summary>
    public RolePermissionSet SetOf(RolePermission[] permissions) =>
        _sets.GetOrAdd(string.Join(';', permissions.Select(p => $"{p.RoleId}={p.Permissions}").Order(StringComparer.Ordinal)), _ =>
            new RolePermissionSet(permissions.Select(p => new KeyValuePair<int, PermissionType>(roles.IndexOf(p.RoleId), (PermissionType)p.Permissions))));
}
