namespace OpcPortal.Ua.Server;

/// <summary>A rule by which sessions get a role. Part 18 4.4.3 (IdentityMappingRuleType).</summary>
/// <param name="Criteria">What is looked at.</param>
/// <param name="Value">
/// The user name; the user certificate's SHA-1 thumbprint, upper-case hexadecimal; its subject as <see cref="X509SubjectCriterion"/> writes it; the ApplicationUri. Null where the criterion
/// needs none.
/// </param>
public sealed record RoleIdentity(IdentityCriteriaType Criteria, string? Value);

/// <summary>An endpoint named by a role. Part 18 4.4.2 (EndpointType).</summary>
/// <param name="Url">As clients name it when they create their session: what a client says, not what it proves. Mode and policy are proven.</param>
/// <param name="SecurityMode">Invalid: any.</param>
/// <param name="SecurityPolicyUri">Null or empty: any.</param>
/// <param name="TransportProfileUri">Null or empty: any.</param>
public sealed record RoleEndpoint(string Url, MessageSecurityMode SecurityMode = MessageSecurityMode.Invalid, string? SecurityPolicyUri = null, string? TransportProfileUri = null);

/// <summary>
/// What decides which sessions have a role: any of the identities must fit, and the application and the endpoint as well. Lists that are empty and exclude restrict nothing.
/// Part 18 4.4.1.
/// </summary>
public sealed record RoleConfiguration
{
    public IReadOnlyList<RoleIdentity> Identities { get; init; } = [];

    /// <summary>ApplicationUris of client certificates.</summary>
    public IReadOnlyList<string> Applications { get; init; } = [];

    /// <summary>True: all applications but those listed; false: only those. Part 18 4.2.2: true at first.</summary>
    public bool ApplicationsExclude { get; init; } = true;

    public IReadOnlyList<RoleEndpoint> Endpoints { get; init; } = [];

    /// <summary>True: all endpoints but those listed; false: only those.</summary>
    public bool EndpointsExclude { get; init; } = true;

    /// <summary>Nobody has the role.</summary>
    public static RoleConfiguration Nobody { get; } = new();
}

/// <summary>A role as it is stored. Namespace indexes change from start to start: it is known by its BrowseName.</summary>
/// <param name="NamespaceUri">The namespace of the BrowseName.</param>
/// <param name="Name">The name of the BrowseName.</param>
/// <param name="IsAdded">Made by a client: it exists because it is stored. Else a role of the standard or of a model, changed by a client.</param>
public sealed record StoredRole(string NamespaceUri, string Name, bool IsAdded, RoleConfiguration Configuration);

/// <summary>Keeps what clients changed of roles. What is stored of a role stands for all that was configured of it.</summary>
public interface IRoleStore
{
    /// <summary>All that was saved last; empty where nothing was. Asked once, when the server is made.</summary>
    IReadOnlyList<StoredRole> Load();

    /// <summary>Keeps these in place of all before, durably: the change takes effect when this returns, and does not where it throws.</summary>
    ValueTask SaveAsync(IReadOnlyList<StoredRole> roles, CancellationToken cancellation);
}

/// <summary>Keeps roles for as long as the process lives.</summary>
public sealed class MemoryRoleStore : IRoleStore
{
    private IReadOnlyList<StoredRole> _roles = [];

    public IReadOnlyList<StoredRole> Load() => Volatile.Read(ref _roles);

    public ValueTask SaveAsync(IReadOnlyList<StoredRole> roles, CancellationToken cancellation)
    {
        Volatile.Write(ref _roles, roles);
        return ValueTask.CompletedTask;
    }
}
