namespace OpcPortal.Ua.Server;

/// <summary>The roles that the standard and loaded models bring along, as objects below RoleSet. Part 18 4.3.</summary>
internal static class RoleModels
{
    // Part 3 4.9.2, Part 14: roles with fixed ids that a server may have or not.
    private static readonly string[] Optional = ["SecurityKeyServerAdmin", "SecurityKeyServerAccess", "SecurityKeyServerPush"];

    /// <summary>Whether namespace 0 has a role of that name, in this server or another.</summary>
    public static bool IsWellKnown(string name) => Optional.Contains(name);

    /// <summary>The id of a role that a client makes: the same after a restart, whatever came in between.</summary>
    public static NodeId IdOf(NamespaceTable namespaces, string namespaceUri, string name) =>
        new(namespaceUri == namespaces[1] ? $"RoleSet/{name}" : $"RoleSet/{namespaceUri}/{name}", 1);

    /// <summary>Numbers the roles below RoleSet. Rules that a model states for a role of its own hold where nothing is configured for it.</summary>
    /// <exception cref="InvalidOperationException">There are more than there can be.</exception>
    public static IEnumerable<Role> Find(ServerModel model, IdentityMappings mappings)
    {
        foreach (var id in StaticWalk.Children(model.Nodes, model.Types, ObjectIds.Server_ServerCapabilities_RoleSet))
        {
            if (!model.Nodes.TryResolve(id, out var node) || !model.Types.IsSubtypeOf(model.Nodes.TypeDefinitionOf(node), ObjectTypeIds.RoleType)) continue;
            var name = model.Nodes.BrowseNameOf(node);
            var role = new Role(id, model.Roles.IndexOf(id), model.Namespaces[name.NamespaceIndex], name.Name ?? "", IsAdded: false);
            if (role.Number >= RoleTable.WellKnown && mappings.ConfigurationOf(role.Number).Identities.Count == 0) mappings.Set(role.Number, StatedBy(model, id));
            yield return role;
        }
    }

    private static RoleConfiguration StatedBy(ServerModel model, NodeId role)
    {
        var property = StaticWalk.Child(model.Nodes, model.Types, role, "Identities");
        var stated = property.IsNull || !model.Nodes.TryResolve(property, out var node) ? default : ((StaticNode)node.State!).Record.Value;
        var rules = stated.Type == BuiltInType.ExtensionObject && !stated.IsScalar ? stated.AsArray<ExtensionObject?>() ?? [] : [];
        return new RoleConfiguration
        {
            Identities = [.. rules.Select(static rule => rule?.Structure).OfType<IdentityMappingRuleType>().Select(RoleArguments.ToIdentity).Where(static rule => RoleRules.Check(rule).IsGood).Take(RoleSet.MaxIdentities)],
        };
    }
}
