namespace OpcPortal.Ua.Server;

/// <summary>
/// The standard's policy: a node's own RolePermissions and AccessRestrictions, else its namespace's defaults, else nothing is allowed.
/// Part 3 4.9, 5.2.9; Part 5 6.3.13 (NamespaceMetadata).
/// </summary>
public sealed class RolePermissionPolicy : IAccessPolicy
{
    private static readonly RolePermissionSet Nothing = new([]);

    private readonly Lock _gate = new();
    private NamespaceDefaults?[] _defaults = new NamespaceDefaults?[16];

    /// <summary>Sets what holds for the namespace's nodes that have no permissions or restrictions of their own.</summary>
    public void SetDefaults(ushort namespaceIndex, RolePermissionSet permissions, AccessRestrictionType restrictions = default)
    {
        lock (_gate)
        {
            var defaults = _defaults;
            if (namespaceIndex >= defaults.Length) Array.Resize(ref defaults, namespaceIndex * 2);
            else defaults = [.. defaults];
            defaults[namespaceIndex] = new NamespaceDefaults(permissions, restrictions);
            Volatile.Write(ref _defaults, defaults);
        }
    }

    /// <summary>The defaults of a namespace: nobody may do anything where none were set.</summary>
    public (RolePermissionSet Permissions, AccessRestrictionType Restrictions) DefaultsOf(ushort namespaceIndex)
    {
        var defaults = Volatile.Read(ref _defaults);
        return namespaceIndex < defaults.Length && defaults[namespaceIndex] is { } found ? (found.Permissions, found.Restrictions) : (Nothing, default);
    }

    /// <summary>Takes a role out of the defaults of all namespaces.</summary>
    internal void ForgetRole(int role)
    {
        foreach (var defaults in Volatile.Read(ref _defaults)) defaults?.Permissions.Forget(role);
    }

    public PermissionType PermissionsOf(AccessContext who, in NodeRef node) => RolePermissionsOf(node).For(who.Roles);

    public NodeAccess AccessTo(AccessContext who, in NodeRef node)
    {
        var (permissions, own) = node.Source.SecurityOf(node);
        if (permissions is null || own is null)
        {
            var defaults = DefaultsOf(node.NamespaceIndex);
            permissions ??= defaults.Permissions;
            own ??= defaults.Restrictions;
        }

        return new NodeAccess(permissions.For(who.Roles), own.Value);
    }

    public RolePermissionSet RolePermissionsOf(in NodeRef node) =>
        node.Source.SecurityOf(node).Permissions ?? DefaultsOf(node.NamespaceIndex).Permissions;

    public AccessRestrictionType RestrictionsOf(in NodeRef node) =>
        node.Source.SecurityOf(node).Restrictions ?? DefaultsOf(node.NamespaceIndex).Restrictions;

    private sealed record NamespaceDefaults(RolePermissionSet Permissions, AccessRestrictionType Restrictions);
}
