namespace OpcPortal.Ua.Server;

/// <summary>The well-known roles below RoleSet, with the rules by which users get them. Part 18 4.2, 4.4.</summary>
internal static class RoleObjects
{
    private const string Identities = "Identities";

    public static void Show(ServerModel model, IdentityMappings identities)
    {
        for (var role = 0; role < model.Roles.RoleIds.Count; role++)
        {
            var number = role;
            var property = StaticWalk.Child(model.Nodes, model.Types, model.Roles.RoleIds[role], Identities);
            if (!property.IsNull) model.Nodes.BindValue(property, () => new DataValue(Variant.From(RulesOf(number, identities))));
        }
    }

    private static IdentityMappingRuleType[] RulesOf(int role, IdentityMappings identities)
    {
        var rules = identities.Rules.Where(rule => rule.Role == role).Select(rule => Rule(rule.Criteria, rule.Value));
        // Part 3 4.9.2: these two are given by what they are.
        return role switch
        {
            RoleTable.Anonymous => [Rule(IdentityCriteriaType.Anonymous), Rule(IdentityCriteriaType.AuthenticatedUser), .. rules],
            RoleTable.AuthenticatedUser => [Rule(IdentityCriteriaType.AuthenticatedUser), .. rules],
            _ => [.. rules],
        };
    }

    private static IdentityMappingRuleType Rule(IdentityCriteriaType criteria, string? value = null) => new() { CriteriaType = criteria, Criteria = value };
}
