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
        var access = policy.AccessTo(who, node);
        // Of nodes that are no more there is history alone.
        var needed = wanted | (node.Source.IsPast && wanted == PermissionType.ReadHistory ? default : PermissionType.Browse);
        if ((access.Permissions & needed) != needed) return Refuse(who, node, access.Permissions, wanted);
        if (!IsProtectedEnough(access.Restrictions, who.SecurityMode, wanted)) return StatusCodes.BadSecurityModeInsufficient;
        grant = Grant(node, wanted, access.Terms, who);
        if ((wanted & Disclosing) != 0) policy.OnGranted(who, grant);
        return StatusCodes.Good;
    }

    private StatusCode Refuse(AccessContext who, in NodeRef node, PermissionType allowed, PermissionType wanted)
    {
        if ((wanted & Disclosing) != 0) policy.OnRefused(who, node, wanted);
        return (allowed & PermissionType.Browse) == 0 ? StatusCodes.BadNodeIdUnknown : StatusCodes.BadUserAccessDenied;
    }

    // What lets somebody see or change something, and so may have to be shown to whose it is.
    private const PermissionType Disclosing = PermissionType.Read | PermissionType.ReadHistory | PermissionType.Write | PermissionType.Call
        | PermissionType.InsertHistory | PermissionType.ModifyHistory | PermissionType.DeleteHistory;

    /// <summary>As <see cref="Resolve"/> for Read, for who wants to be told of changes: a policy may allow to look but not to watch.</summary>
    public StatusCode ResolveToObserve(AccessContext who, in NodeId nodeId, out NodeGrant grant)
    {
        var status = Resolve(who, nodeId, PermissionType.Read, out grant);
        if (status.IsBad || policy.MayObserve(who, grant.Node)) return status;
        grant = default;
        return StatusCodes.BadUserAccessDenied;
    }

    /// <summary>
    /// Leave for the server itself to read a value or a history, such as InputArguments, or what an audit event tells of what is changed: nothing of it reaches the user who asks, but by what that may have.
    /// </summary>
    internal NodeGrant ForServer(in NodeRef node, PermissionType wanted = PermissionType.Read) => Grant(node, wanted, null, null);

    /// <summary>Whether there is such a node, whoever asks; nothing of it reaches a user.</summary>
    internal bool Exists(in NodeId nodeId) => addressSpace.TryResolve(nodeId, out var node) && !node.Source.IsPast;

    /// <summary>All that the user may do with the node: what UserRolePermissions, UserAccessLevel and UserExecutable show.</summary>
    public PermissionType PermissionsOf(AccessContext who, in NodeRef node) => policy.PermissionsOf(who, node);

    /// <summary>The restrictions in force for the node, its own or its namespace's.</summary>
    public AccessRestrictionType RestrictionsOf(in NodeRef node) => policy.RestrictionsOf(node);

    /// <summary>The permissions in force for the node by role, its own or its namespace's.</summary>
    public RolePermissionSet RolePermissionsOf(in NodeRef node) => policy.RolePermissionsOf(node);

    /// <summary>What the roles of a user give this user on the node: the attribute UserRolePermissions. Part 3 5.2.10.</summary>
    public RolePermissionSet UserRolePermissionsOf(AccessContext who, in NodeRef node) => policy.UserRolePermissionsOf(who, node);

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

    /// <summary>All at once, which is what each access decision asks for: a policy that finds it in one place looks there once.</summary>
    NodeAccess AccessTo(AccessContext who, in NodeRef node) => new(PermissionsOf(who, node), RestrictionsOf(node));

    RolePermissionSet RolePermissionsOf(in NodeRef node);

    /// <summary>The same for one user, where more than roles decides; roles that the user does not hold are left out by whoever asks.</summary>
    RolePermissionSet UserRolePermissionsOf(AccessContext who, in NodeRef node) => RolePermissionsOf(node);

    /// <summary>Whether who may read a value may also be told of its changes.</summary>
    bool MayObserve(AccessContext who, in NodeRef node) => true;

    /// <summary>Told of each grant to read, write or call: for evidence. Returns at once, never throws.</summary>
    void OnGranted(AccessContext who, in NodeGrant grant)
    {
    }

    /// <summary>Told where leave to read, write or call was refused: for evidence, and to try other policies on. Returns at once, never throws.</summary>
    void OnRefused(AccessContext who, in NodeRef node, PermissionType wanted)
    {
    }
}

/// <summary>What a policy says of one user and one node.</summary>
/// <param name="Terms">What binds the values that are shown, for the node's source to heed (see <see cref="NodeGrant.Terms"/>); null: nothing.</param>
public readonly record struct NodeAccess(PermissionType Permissions, AccessRestrictionType Restrictions, object? Terms = null);
