namespace OpcPortal.Ua.Server;

/// <summary>
/// Which roles a session gets: for each role rules by user name, certificate, application or kind of token, and what applications and endpoints it is restricted to. Thread-safe.
/// Part 18 4.4.1, 4.4.3 (IdentityMappingRuleType).
/// </summary>
public sealed class IdentityMappings
{
    private const ulong Anonymous = 1UL << RoleTable.Anonymous;

    private readonly Lock _gate = new();

    // Replaced as a whole, so that no session is judged by half a change.
    private RoleConfiguration?[] _byRole;

    /// <summary>The rules without which the standard's first two roles would be empty: everybody is Anonymous, who has shown who he is AuthenticatedUser.</summary>
    public IdentityMappings() : this([]) { }

    public IdentityMappings(IEnumerable<Rule> rules) => _byRole = Group(rules);

    /// <summary>Users named by a criterion have a role.</summary>
    /// <param name="Role">The role's number in the <see cref="RoleTable"/>.</param>
    /// <param name="Criteria">UserName, Thumbprint, X509Subject, Application, TrustedApplication, Anonymous or AuthenticatedUser.</param>
    /// <param name="Value">As <see cref="RoleIdentity.Value"/>; of X509Subject also the subject as .NET writes it.</param>
    public sealed record Rule(int Role, IdentityCriteriaType Criteria, string? Value);

    public IReadOnlyList<Rule> Rules =>
        [.. Volatile.Read(ref _byRole).SelectMany(static (role, number) => role?.Identities.Select(i => new Rule(number, i.Criteria, i.Value)) ?? [])];

    /// <summary>Sets the rules of all roles, which then are restricted to no applications or endpoints.</summary>
    public void Replace(IEnumerable<Rule> rules)
    {
        var grouped = Group(rules);
        lock (_gate) Volatile.Write(ref _byRole, grouped);
    }

    /// <summary>What decides who has a role.</summary>
    public RoleConfiguration ConfigurationOf(int role) => Volatile.Read(ref _byRole)[role] ?? RoleConfiguration.Nobody;

    /// <summary>Sets what decides who has a role. Those who have it or get it by this see to it that sessions are asked anew.</summary>
    internal void Set(int role, RoleConfiguration configuration)
    {
        lock (_gate)
        {
            RoleConfiguration?[] changed = [.. _byRole];
            changed[role] = configuration;
            Volatile.Write(ref _byRole, changed);
        }
    }

    /// <summary>The bits of the roles that a session has, by what its user, its application and its channel have shown.</summary>
    public ulong RolesOf(AccessContext who)
    {
        ArgumentNullException.ThrowIfNull(who);
        // Part 18 4.3: these three are given by what the session is, and nothing changes that. Roles add up: who says who he is never sees less than who does not.
        var roles = Anonymous;
        if (who.Identity.TokenType != UserTokenType.Anonymous) roles |= 1UL << RoleTable.AuthenticatedUser;
        if (who.ApplicationUri is not null) roles |= 1UL << RoleTable.TrustedApplication;
        var byRole = Volatile.Read(ref _byRole);
        for (var role = 0; role < byRole.Length; role++)
            if (byRole[role] is { } configuration && Grants(configuration, who)) roles |= 1UL << role;
        return roles;
    }

    /// <summary>The bits of these roles that the session's application and endpoint may have, whoever gives them.</summary>
    internal ulong Permitted(ulong roles, AccessContext who)
    {
        var byRole = Volatile.Read(ref _byRole);
        for (var rest = roles; rest != 0; rest &= rest - 1)
        {
            var role = System.Numerics.BitOperations.TrailingZeroCount(rest);
            if (byRole[role] is { } configuration && !Permits(configuration, who)) roles &= ~(1UL << role);
        }

        return roles;
    }

    /// <summary>Whether a role may be had by this application, at this endpoint.</summary>
    internal static bool Permits(RoleConfiguration role, AccessContext who) => IsOfApplication(role, who.ApplicationUri) && IsAtEndpoint(role, who);

    private static bool Grants(RoleConfiguration role, AccessContext who)
    {
        foreach (var identity in role.Identities)
            if (Matches(identity, who)) return Permits(role, who);
        return false;
    }

    private static bool Matches(RoleIdentity rule, AccessContext who) => rule.Criteria switch
    {
        IdentityCriteriaType.UserName => who.Identity.TokenType == UserTokenType.UserName && who.Identity.Name == rule.Value,
        IdentityCriteriaType.Thumbprint => who.Identity.CertificateThumbprint is { } thumbprint && thumbprint.Equals(rule.Value, StringComparison.OrdinalIgnoreCase),
        IdentityCriteriaType.Application => who.ApplicationUri is { } application && application == rule.Value,
        IdentityCriteriaType.Anonymous => who.Identity.TokenType == UserTokenType.Anonymous,
        IdentityCriteriaType.AuthenticatedUser => who.Identity.TokenType != UserTokenType.Anonymous,
        IdentityCriteriaType.X509Subject => who.Identity is { TokenType: UserTokenType.Certificate } user && rule.Value is { } subject && (user.SubjectCriterion == subject || user.IssuerCriterion == subject || user.Name == subject),
        RoleRules.TrustedApplication => who.ApplicationUri is not null,
        _ => false,
    };

    // Part 18 4.4.1: where applications are named, whose is not known by a certificate does not get the role.
    private static bool IsOfApplication(RoleConfiguration role, string? application)
    {
        if (role is { ApplicationsExclude: true, Applications.Count: 0 }) return true;
        return application is not null && role.Applications.Contains(application) != role.ApplicationsExclude;
    }

    private static bool IsAtEndpoint(RoleConfiguration role, AccessContext who)
    {
        if (role is { EndpointsExclude: true, Endpoints.Count: 0 }) return true;
        var isListed = false;
        foreach (var endpoint in role.Endpoints) isListed |= IsAt(endpoint, who);
        return isListed != role.EndpointsExclude;
    }

    // Part 18 4.4.2: what an endpoint leaves out is not compared.
    private static bool IsAt(RoleEndpoint endpoint, AccessContext who) =>
        (endpoint.SecurityMode == MessageSecurityMode.Invalid || endpoint.SecurityMode == who.SecurityMode)
        && (string.IsNullOrEmpty(endpoint.SecurityPolicyUri) || endpoint.SecurityPolicyUri == who.SecurityPolicyUri)
        && (string.IsNullOrEmpty(endpoint.TransportProfileUri) || endpoint.TransportProfileUri == EndpointCatalog.TransportProfile)
        && RoleEndpoints.IsSameUrl(endpoint.Url, who.EndpointUrl);

    private static RoleConfiguration?[] Group(IEnumerable<Rule> rules)
    {
        var byRole = new RoleConfiguration?[RoleTable.MaxRoles];
        foreach (var group in rules.GroupBy(static rule => rule.Role))
            byRole[group.Key] = new RoleConfiguration { Identities = [.. group.Select(static rule => new RoleIdentity(rule.Criteria, rule.Value))] };
        return byRole;
    }
}
