namespace OpcPortal.Ua.Server;

/// <summary>
/// Which roles a user gets: rules by user name, certificate, application, or kind of token, for each role. Replaced as a whole. Thread-safe.
/// Part 18 4.4.3 (IdentityMappingRuleType).
/// </summary>
public sealed class IdentityMappings
{
    private Rule[] _rules;

    /// <summary>The rules without which the standard's first two roles would be empty: everybody is Anonymous, who has shown who he is AuthenticatedUser.</summary>
    public IdentityMappings() : this([]) { }

    public IdentityMappings(IEnumerable<Rule> rules) => _rules = [.. rules];

    /// <summary>Users named by a criterion have a role.</summary>
    /// <param name="Role">The role's number in the <see cref="RoleTable"/>.</param>
    /// <param name="Criteria">UserName, Thumbprint, X509Subject, Application, Anonymous or AuthenticatedUser.</param>
    /// <param name="Value">The user name, the thumbprint (SHA-1) in hexadecimal, the subject, the ApplicationUri; null where the criterion needs none.</param>
    public sealed record Rule(int Role, IdentityCriteriaType Criteria, string? Value);

    public IReadOnlyList<Rule> Rules => Volatile.Read(ref _rules);

    public void Replace(IEnumerable<Rule> rules) => Volatile.Write(ref _rules, [.. rules]);

    /// <summary>The bits of the roles that a user has on a channel.</summary>
    /// <param name="applicationUri">Of the client's certificate; null where the channel has none.</param>
    public ulong RolesOf(UserIdentity user, string? applicationUri)
    {
        // Roles add up: who says who he is never sees less than who does not.
        var roles = 1UL << RoleTable.Anonymous;
        if (user.TokenType != UserTokenType.Anonymous) roles |= 1UL << RoleTable.AuthenticatedUser;
        foreach (var rule in Volatile.Read(ref _rules))
            if (Matches(rule, user, applicationUri)) roles |= 1UL << rule.Role;
        return roles;
    }

    private static bool Matches(Rule rule, UserIdentity user, string? applicationUri) => rule.Criteria switch
    {
        IdentityCriteriaType.UserName => user.TokenType == UserTokenType.UserName && user.Name == rule.Value,
        IdentityCriteriaType.Thumbprint => user.CertificateThumbprint is { } thumbprint && thumbprint.Equals(rule.Value, StringComparison.OrdinalIgnoreCase),
        IdentityCriteriaType.Application => applicationUri is not null && applicationUri == rule.Value,
        IdentityCriteriaType.Anonymous => user.TokenType == UserTokenType.Anonymous,
        IdentityCriteriaType.AuthenticatedUser => user.TokenType != UserTokenType.Anonymous,
        IdentityCriteriaType.X509Subject => user.TokenType == UserTokenType.Certificate && user.Name == rule.Value,
        _ => false,
    };
}
