namespace OpcPortal.Ua.Server;

/// <summary>Rules and endpoints of roles between the wire and the server, and as text for who approves and for logs.</summary>
internal static class RoleArguments
{
    /// <summary>Part 18 4.4.3: where a criterion needs no value, null and empty are one.</summary>
    public static RoleIdentity ToIdentity(IdentityMappingRuleType rule) => new(rule.CriteriaType, string.IsNullOrEmpty(rule.Criteria) ? null : rule.Criteria);

    public static IdentityMappingRuleType ToStructure(RoleIdentity rule) => new() { CriteriaType = rule.Criteria, Criteria = rule.Value };

    /// <summary>Part 18 4.4.2: what is left out is null or empty; both are one.</summary>
    public static RoleEndpoint ToEndpoint(EndpointType endpoint) => new(endpoint.EndpointUrl ?? "", endpoint.SecurityMode, Given(endpoint.SecurityPolicyUri), Given(endpoint.TransportProfileUri));

    public static EndpointType ToStructure(RoleEndpoint endpoint) => new()
    {
        EndpointUrl = endpoint.Url,
        SecurityMode = endpoint.SecurityMode,
        SecurityPolicyUri = endpoint.SecurityPolicyUri,
        TransportProfileUri = endpoint.TransportProfileUri,
    };

    public static string Text(RoleIdentity rule) => rule.Value is null ? rule.Criteria.ToString() : $"{rule.Criteria} {rule.Value}";

    public static string Text(RoleEndpoint endpoint) => $"{endpoint.Url} {endpoint.SecurityMode} {endpoint.SecurityPolicyUri} {endpoint.TransportProfileUri}".TrimEnd();

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
