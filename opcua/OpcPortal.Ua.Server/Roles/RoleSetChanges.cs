namespace OpcPortal.Ua.Server;

/// <summary>The changes of who has a role that the standard's methods and properties make. Part 18 4.4.1, 4.4.5 to 4.4.10.</summary>
public static class RoleSetChanges
{
    /// <returns>Beside what every change may end with: BadInvalidArgument, BadNotSupported, BadAlreadyExists, BadResourceUnavailable.</returns>
    public static ValueTask<StatusCode> AddIdentityAsync(this RoleSet roles, AccessContext who, NodeId role, RoleIdentity rule, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        ArgumentNullException.ThrowIfNull(rule);
        var isHeld = roles.TryGet(role, out var found) && !RoleRules.MayHold(found.Number, rule);
        return roles.ChangeAsync(who, role, RoleChangeKind.AddIdentity, RoleArguments.Text(rule), Change, cancellation);

        (StatusCode, RoleConfiguration?) Change(RoleConfiguration now)
        {
            var status = RoleRules.Check(rule);
            if (status.IsBad) return (status, null);
            if (isHeld) return (StatusCodes.BadRequestNotAllowed, null);
            return Add(now.Identities, rule, RoleSet.MaxIdentities, list => now with { Identities = list });
        }
    }

    /// <returns>Beside what every change may end with: BadNotFound.</returns>
    public static ValueTask<StatusCode> RemoveIdentityAsync(this RoleSet roles, AccessContext who, NodeId role, RoleIdentity rule, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return roles.ChangeAsync(who, role, RoleChangeKind.RemoveIdentity, RoleArguments.Text(rule), now => Remove(now.Identities, rule, list => now with { Identities = list }), cancellation);
    }

    /// <returns>Beside what every change may end with: BadInvalidArgument, BadAlreadyExists, BadResourceUnavailable.</returns>
    public static ValueTask<StatusCode> AddApplicationAsync(this RoleSet roles, AccessContext who, NodeId role, string? applicationUri, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return roles.ChangeAsync(who, role, RoleChangeKind.AddApplication, applicationUri ?? "", Change, cancellation);

        (StatusCode, RoleConfiguration?) Change(RoleConfiguration now)
        {
            var status = RoleRules.CheckApplication(applicationUri);
            return status.IsBad ? (status, null) : Add(now.Applications, applicationUri!, RoleSet.MaxApplications, list => now with { Applications = list });
        }
    }

    /// <returns>Beside what every change may end with: BadNotFound.</returns>
    public static ValueTask<StatusCode> RemoveApplicationAsync(this RoleSet roles, AccessContext who, NodeId role, string? applicationUri, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        var uri = applicationUri ?? "";
        return roles.ChangeAsync(who, role, RoleChangeKind.RemoveApplication, uri, now => Remove(now.Applications, uri, list => now with { Applications = list }), cancellation);
    }

    /// <returns>Beside what every change may end with: BadInvalidArgument, BadAlreadyExists, BadResourceUnavailable.</returns>
    public static ValueTask<StatusCode> AddEndpointAsync(this RoleSet roles, AccessContext who, NodeId role, RoleEndpoint endpoint, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        ArgumentNullException.ThrowIfNull(endpoint);
        return roles.ChangeAsync(who, role, RoleChangeKind.AddEndpoint, RoleArguments.Text(endpoint), Change, cancellation);

        (StatusCode, RoleConfiguration?) Change(RoleConfiguration now)
        {
            var status = RoleRules.Check(endpoint);
            return status.IsBad ? (status, null) : Add(now.Endpoints, endpoint, RoleSet.MaxEndpoints, list => now with { Endpoints = list });
        }
    }

    /// <returns>Beside what every change may end with: BadNotFound.</returns>
    public static ValueTask<StatusCode> RemoveEndpointAsync(this RoleSet roles, AccessContext who, NodeId role, RoleEndpoint endpoint, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        ArgumentNullException.ThrowIfNull(endpoint);
        return roles.ChangeAsync(who, role, RoleChangeKind.RemoveEndpoint, RoleArguments.Text(endpoint), now => Remove(now.Endpoints, endpoint, list => now with { Endpoints = list }), cancellation);
    }

    /// <summary>Says whether the role's applications are those that have it, or those that do not.</summary>
    public static ValueTask<StatusCode> SetApplicationsExcludeAsync(this RoleSet roles, AccessContext who, NodeId role, bool exclude, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return roles.ChangeAsync(
            who, role, RoleChangeKind.SetApplicationsExclude, exclude.ToString(), now => (StatusCodes.Good, now.ApplicationsExclude == exclude ? null : now with { ApplicationsExclude = exclude }), cancellation);
    }

    /// <summary>Says whether the role's endpoints are those that give it, or those that do not.</summary>
    public static ValueTask<StatusCode> SetEndpointsExcludeAsync(this RoleSet roles, AccessContext who, NodeId role, bool exclude, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return roles.ChangeAsync(
            who, role, RoleChangeKind.SetEndpointsExclude, exclude.ToString(), now => (StatusCodes.Good, now.EndpointsExclude == exclude ? null : now with { EndpointsExclude = exclude }), cancellation);
    }

    private static (StatusCode, RoleConfiguration?) Add<T>(IReadOnlyList<T> list, T item, int limit, Func<IReadOnlyList<T>, RoleConfiguration> with)
    {
        if (list.Contains(item)) return (StatusCodes.BadAlreadyExists, null);
        return list.Count >= limit ? (StatusCodes.BadResourceUnavailable, null) : (StatusCodes.Good, with([.. list, item]));
    }

    private static (StatusCode, RoleConfiguration?) Remove<T>(IReadOnlyList<T> list, T item, Func<IReadOnlyList<T>, RoleConfiguration> with) =>
        list.Contains(item) ? (StatusCodes.Good, with([.. list.Where(other => !Equals(other, item))])) : (StatusCodes.BadNotFound, null);
}
