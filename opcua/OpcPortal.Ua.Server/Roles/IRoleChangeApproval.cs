namespace OpcPortal.Ua.Server;

/// <summary>What is done to a role.</summary>
public enum RoleChangeKind
{
    AddRole,
    RemoveRole,
    AddIdentity,
    RemoveIdentity,
    AddApplication,
    RemoveApplication,
    AddEndpoint,
    RemoveEndpoint,
    SetApplicationsExclude,
    SetEndpointsExclude,
}

/// <summary>A change of a role that somebody wants. Two wishes for the same are equal.</summary>
/// <param name="NamespaceUri">Of the role's BrowseName.</param>
/// <param name="Role">The name of its BrowseName.</param>
/// <param name="Subject">The rule, application, endpoint or flag that it is about, as text; null where the role itself is.</param>
public sealed record RoleChange(RoleChangeKind Kind, string NamespaceUri, string Role, string? Subject);

/// <summary>What becomes of a wish.</summary>
public enum RoleChangeVerdict
{
    /// <summary>It is done.</summary>
    Allowed,

    /// <summary>It is done once somebody else wants it too: the caller gets BadRequestNotComplete.</summary>
    AwaitsSecond,

    /// <summary>It is not done: the caller gets BadRequestNotAllowed.</summary>
    Refused,
}

/// <summary>Has the last word on changes of roles, once they were found allowed and valid.</summary>
public interface IRoleChangeApproval
{
    ValueTask<RoleChangeVerdict> AskAsync(AccessContext who, RoleChange change, CancellationToken cancellation);
}

/// <summary>Who may change roles needs nobody else.</summary>
public sealed class SinglePersonApproval : IRoleChangeApproval
{
    public ValueTask<RoleChangeVerdict> AskAsync(AccessContext who, RoleChange change, CancellationToken cancellation) => ValueTask.FromResult(RoleChangeVerdict.Allowed);
}
