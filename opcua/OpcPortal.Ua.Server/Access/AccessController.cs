namespace OpcPortal.Ua.Server;

/// <summary>
/// Decides, for one node at a time, what a user may do, and makes the grant that the node asks for. Default is deny.
/// What may not be browsed does not exist for the user.
/// </summary>
public sealed class AccessController(AddressSpace addressSpace, IAccessPolicy policy, RoleTable roles) : NodeGrant.Issuer
{
    /// <summary>The roles that permissions are stated for.</summary>
    public RoleTable Roles => roles;

    /// <summary>Finds a node and asks leave for <paramref name="wanted"/> in one step.</summary>
    /// <returns>Good with a grant; BadNodeIdUnknown if it does not exist for this user; else as <see cref="Authorize"/>.</returns>
    public StatusCode Resolve(AccessContext who, in NodeId nodeId, PermissionType wanted, out NodeGrant grant)
    {
        grant = default;
        return addressSpace.TryResolve(nodeId, out var node) ? Authorize(who, node, wanted, out grant) : StatusCodes.BadNodeIdUnknown;
    }

    /// <returns>
    /// Good with a grant; BadNodeIdUnknown where the user may not even browse the node; BadUserAccessDenied where something wanted is
    /// not allowed; BadSecurityModeInsufficient where the channel does not protect what the node asks to be protected.
    /// </returns>
    public StatusCode Authorize(AccessContext who, in NodeRef node, PermissionType wanted, out NodeGrant grant)
    {
        grant = default;
        var allowed = policy.PermissionsOf(who, node, out var restrictions);
        if ((allowed & PermissionType.Browse) == 0) return StatusCodes.BadNodeIdUnknown;
        if ((allowed & wanted) != wanted) return StatusCodes.BadUserAccessDenied;
        if (!IsProtectedEnough(restrictions, who.SecurityMode, wanted)) return StatusCodes.BadSecurityModeInsufficient;
        grant = Grant(node, wanted);
        return StatusCodes.Good;
    }

    /// <summary>Leave for the server itself to read a property that declares something, such as InputArguments; nothing of it reaches a user.</summary>
    internal NodeGrant Declaration(in NodeRef property) => Grant(property, PermissionType.Read);

    /// <summary>Whether there is such a node, whoever asks; nothing of it reaches a user.</summary>
    internal bool Exists(in NodeId nodeId) => addressSpace.TryResolve(nodeId, out _);

    /// <summary>All that the user may do with the node: what UserRolePermissions, UserAccessLevel and UserExecutable show.</summary>
    public PermissionType PermissionsOf(AccessContext who, in NodeRef node) => policy.PermissionsOf(who, node);

    /// <summary>The restrictions in force for the node, its own or its namespace's.</summary>
    public AccessRestrictionType RestrictionsOf(in NodeRef node) => policy.RestrictionsOf(node);

    /// <summary>The permissions in force for the node by role, its own or its namespace's.</summary>
    public RolePermissionSet RolePermissionsOf(in NodeRef node) => policy.RolePermissionsOf(node);

    // Part 3 8.56: Browse is exempt unless ApplyRestrictionsToBrowse is set.
    private static bool IsProtectedEnough(AccessRestrictionType restrictions, MessageSecurityMode mode, PermissionType wanted)
    {
        if (restrictions == 0) return true;
        if (wanted == PermissionType.Browse && (restrictions & AccessRestrictionType.ApplyRestrictionsToBrowse) == 0) return true;
        if ((restrictions & AccessRestrictionType.EncryptionRequired) != 0 && mode != MessageSecurityMode.SignAndEncrypt) return false;
        return (restrictions & AccessRestrictionType.SigningRequired) == 0 || mode is MessageSecurityMode.Sign or MessageSecurityMode.SignAndEncrypt;
    }
}

/// <summary>
/// What users may do with nodes. <see cref="RolePermissionPolicy"/> is the standard's; a richer one (agreements) replaces it.
/// Called for every item of every request: no allocation, no waiting.
/// </summary>
public interface IAccessPolicy
{
    PermissionType PermissionsOf(AccessContext who, in NodeRef node);
    AccessRestrictionType RestrictionsOf(in NodeRef node);

    /// <summary>Both at once, which is what each access decision asks for: a policy that finds them in one place looks there once.</summary>
    PermissionType PermissionsOf(AccessContext who, in NodeRef node, out AccessRestrictionType restrictions)
    {
        restrictions = RestrictionsOf(node);
        return PermissionsOf(who, node);
    }

    RolePermissionSet RolePermissionsOf(in NodeRef node);
}
