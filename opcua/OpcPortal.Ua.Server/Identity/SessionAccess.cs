namespace OpcPortal.Ua.Server;

/// <summary>
/// What users may be: their roles by the mappings, what user management asks of them, and what the admission knows beyond that. Made when a session is activated, and again of the same
/// proof whenever rights change. Thread-safe.
/// </summary>
internal sealed class SessionAccess(IdentityMappings mappings, IUserStore? users = null, ISubjectAdmission? admission = null)
{
    private const ulong AnonymousAlone = 1UL << RoleTable.Anonymous;

    private int _renewal;

    /// <summary>Whether rights have changed since a context was made.</summary>
    public bool IsStale(AccessContext context) => context.Renewal != Volatile.Read(ref _renewal);

    /// <summary>From here on all that was made before is stale.</summary>
    public void BeginRenewal() => Interlocked.Increment(ref _renewal);

    /// <param name="proven">What token, application and channel have shown; what was derived of it before is derived anew.</param>
    /// <exception cref="ServiceException">BadUserAccessDenied: the user is not, or no longer, admitted.</exception>
    public AccessContext Complete(AccessContext proven)
    {
        // Read first: what changes meanwhile makes the result stale, not wrong for good.
        var renewal = Volatile.Read(ref _renewal);
        var user = proven.Identity;
        // Part 18 5.2.3, 5.2.7: who was disabled is as unknown as who was removed.
        if (users is not null && proven.IsManaged && (!users.TryGet(user.Name!, out var managed) || managed.Has(UserConfigurationMask.Disabled)))
            throw new ServiceException(StatusCodes.BadUserAccessDenied);
        var context = proven with { Roles = mappings.RolesOf(proven), Subject = null, Renewal = renewal };
        if (admission is not null)
        {
            context = admission.Admit(context, user);
            // Part 18 4.4.1: applications and endpoints bind a role whatever it was given for.
            context = context with { Roles = mappings.Permitted(context.Roles, proven), Renewal = renewal, IsManaged = proven.IsManaged, MustChangePassword = proven.MustChangePassword };
        }

        // Part 18 5.2.8: nothing but what everybody has, until the password is another.
        return proven.MustChangePassword ? context with { Roles = AnonymousAlone, Subject = null } : context;
    }
}
