using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The objects below RoleSet: they show who has which role and take the changes, from SecurityAdmins over encrypted channels alone. Part 18 4.2 to 4.5.
/// </summary>
internal sealed class RoleSetNodes(ServerModel model, RoleSet roles, Auditor auditor, ModelChanges changes)
{
    private static readonly NodeId RoleSetId = ObjectIds.Server_ServerCapabilities_RoleSet;

    private readonly InstanceFactory _factory = new(model.Declarations);

    /// <summary>Fills the objects of all roles with life, and makes those of the roles that clients had added.</summary>
    public void Bind()
    {
        model.Nodes.BindMethod(MethodIds.Server_ServerCapabilities_RoleSet_AddRole, Guarded(AddRoleAsync));
        model.Nodes.BindMethod(MethodIds.Server_ServerCapabilities_RoleSet_RemoveRole, Guarded(async (call, cancellation) => new(await roles.RemoveRoleAsync(call.Context, call.InputArguments[0].ToObject() as NodeId? ?? default, cancellation).ConfigureAwait(false))));
        foreach (var role in roles.Roles)
        {
            if (role.IsAdded) AddObject(role);
            Secure(role);
            Bind(role);
            Show(role);
        }

        foreach (uint method in (uint[])[MethodIds.RoleType_AddIdentity, MethodIds.RoleType_RemoveIdentity, MethodIds.RoleType_AddApplication, MethodIds.RoleType_RemoveApplication, MethodIds.RoleType_AddEndpoint, MethodIds.RoleType_RemoveEndpoint])
            auditor.ReportAs(method, ObjectTypeIds.RoleMappingRuleChangedAuditEventType);
        roles.Observer = OnChanged;
    }

    private void OnChanged(Role role, RoleChangeKind kind)
    {
        switch (kind)
        {
            case RoleChangeKind.AddRole:
                AddObject(role);
                Secure(role);
                Bind(role);
                Show(role);
                changes.Report(RoleSetId, [new ModelChange(role.Id, ObjectTypeIds.RoleType, ModelChangeVerbs.NodeAdded)]);
                break;
            case RoleChangeKind.RemoveRole:
                RemoveObject(role);
                changes.Report(RoleSetId, [new ModelChange(role.Id, ObjectTypeIds.RoleType, ModelChangeVerbs.NodeDeleted)]);
                break;
            default:
                Show(role);
                break;
        }
    }

    private void AddObject(Role role)
    {
        model.Namespaces.TryGetIndex(role.NamespaceUri, out var index);
        var instance = _factory.Create(new InstanceRequest
        {
            TypeId = ObjectTypeIds.RoleType,
            NodeId = role.Id,
            BrowseName = new QualifiedName(role.Name, index),
            ParentId = RoleSetId,
            NodeIds = place => new NodeId($"{role.Id.Text}/{string.Join('/', place.Path.Select(static p => p.Name))}", 1),
            Includes = static _ => true,
        });
        model.Nodes.Add(instance.Nodes);
    }

    private void RemoveObject(Role role)
    {
        var gone = new HashSet<NodeId>();
        StandardNodes.AddSubtree(model.Nodes, model.Types, role.Id, gone);
        model.Nodes.Remove(gone);
    }

    // Part 18 4.4.1: seen and called by security administrators alone, over an encrypted channel. The standard's own roles say so in their NodeSet; of the others it is taken from one of those.
    private void Secure(Role role)
    {
        if (role.Number < RoleTable.WellKnown) return;
        CopySecurity(ObjectIds.WellKnownRole_Operator, role.Id);
        foreach (var child in StaticWalk.Children(model.Nodes, model.Types, role.Id).ToArray())
        {
            model.Nodes.TryResolve(child, out var node);
            var pattern = StaticWalk.Child(model.Nodes, model.Types, ObjectIds.WellKnownRole_Operator, model.Nodes.BrowseNameOf(node).Name ?? "");
            if (!pattern.IsNull) CopySecurity(pattern, child);
            var arguments = StaticWalk.Child(model.Nodes, model.Types, child, "InputArguments");
            if (!pattern.IsNull && !arguments.IsNull) CopySecurity(StaticWalk.Child(model.Nodes, model.Types, pattern, "InputArguments"), arguments);
        }
    }

    private void CopySecurity(NodeId pattern, NodeId target)
    {
        if (!model.Nodes.TryResolve(pattern, out var node) || node.State is not StaticNode { Record: var from }) return;
        StaticWalk.Replace(model.Nodes, target, to => to with { RolePermissions = to.RolePermissions ?? from.RolePermissions, AccessRestrictions = to.AccessRestrictions ?? from.AccessRestrictions });
    }

    private void Bind(Role role)
    {
        BindMethod(role, "AddIdentity", (call, rule, c) => rule is IdentityMappingRuleType r ? roles.AddIdentityAsync(call, role.Id, RoleArguments.ToIdentity(r), c) : Invalid);
        BindMethod(role, "RemoveIdentity", (call, rule, c) => rule is IdentityMappingRuleType r ? roles.RemoveIdentityAsync(call, role.Id, RoleArguments.ToIdentity(r), c) : Invalid);
        BindMethod(role, "AddApplication", (call, uri, c) => roles.AddApplicationAsync(call, role.Id, uri as string, c));
        BindMethod(role, "RemoveApplication", (call, uri, c) => roles.RemoveApplicationAsync(call, role.Id, uri as string, c));
        BindMethod(role, "AddEndpoint", (call, endpoint, c) => endpoint is EndpointType e ? roles.AddEndpointAsync(call, role.Id, RoleArguments.ToEndpoint(e), c) : Invalid);
        BindMethod(role, "RemoveEndpoint", (call, endpoint, c) => endpoint is EndpointType e ? roles.RemoveEndpointAsync(call, role.Id, RoleArguments.ToEndpoint(e), c) : Invalid);
        BindFlag(role, "ApplicationsExclude", (who, exclude, c) => roles.SetApplicationsExcludeAsync(who, role.Id, exclude, c));
        BindFlag(role, "EndpointsExclude", (who, exclude, c) => roles.SetEndpointsExcludeAsync(who, role.Id, exclude, c));
    }

    private static ValueTask<StatusCode> Invalid => ValueTask.FromResult<StatusCode>(StatusCodes.BadInvalidArgument);

    private void BindMethod(Role role, string name, Func<AccessContext, object?, CancellationToken, ValueTask<StatusCode>> change)
    {
        if (StaticWalk.Child(model.Nodes, model.Types, role.Id, name) is not { IsNull: false } method) return;
        auditor.ReportAs(method, ObjectTypeIds.RoleMappingRuleChangedAuditEventType);
        model.Nodes.BindMethod(method, Guarded(async (call, cancellation) =>
        {
            var value = call.InputArguments[0].ToObject() is ExtensionObject structure ? structure.Structure : (object?)call.TextOf(0);
            return new MethodResult(await change(call.Context, value, cancellation).ConfigureAwait(false));
        }));
    }

    private void BindFlag(Role role, string name, Func<AccessContext, bool, CancellationToken, ValueTask<StatusCode>> change)
    {
        if (StaticWalk.Child(model.Nodes, model.Types, role.Id, name) is not { IsNull: false } property) return;
        model.Nodes.BindWrite(property, (grant, value, cancellation) =>
        {
            if (grant.Who is not { } who) return ValueTask.FromResult<StatusCode>(StatusCodes.BadUserAccessDenied);
            return Refusal(who) is { IsBad: true } refused ? ValueTask.FromResult(refused) : change(who, value.Value.AsBoolean(), cancellation);
        });
    }

    private async ValueTask<MethodResult> AddRoleAsync(MethodCall call, CancellationToken cancellation)
    {
        var (status, id) = await roles.AddRoleAsync(call.Context, call.TextOf(0), call.TextOf(1), cancellation).ConfigureAwait(false);
        return new MethodResult(status, status.IsBad ? null : [id]);
    }

    // The nodes' own permissions say the same: this holds whatever policy reads them, and over channels that only sign. Part 18 4.2.2.
    private static Func<MethodCall, CancellationToken, ValueTask<MethodResult>> Guarded(Func<MethodCall, CancellationToken, ValueTask<MethodResult>> method) =>
        (call, cancellation) => Refusal(call.Context) is { IsBad: true } refused ? ValueTask.FromResult(new MethodResult(refused)) : method(call, cancellation);

    private static StatusCode Refusal(AccessContext who)
    {
        if (!who.HasAnyRole(1UL << RoleTable.SecurityAdmin)) return StatusCodes.BadUserAccessDenied;
        return who.SecurityMode == MessageSecurityMode.SignAndEncrypt ? StatusCodes.Good : StatusCodes.BadSecurityModeInsufficient;
    }

    private void Show(Role role)
    {
        var now = roles.ConfigurationOf(role);
        Set(role, "Identities", Variant.From(IdentitiesOf(role, now)));
        Set(role, "Applications", new Variant(now.Applications.ToArray()));
        Set(role, "ApplicationsExclude", now.ApplicationsExclude);
        Set(role, "Endpoints", Variant.From(now.Endpoints.Select(RoleArguments.ToStructure).ToArray()));
        Set(role, "EndpointsExclude", now.EndpointsExclude);
        // Part 18 4.4.1: what is shown is all there is to it.
        Set(role, "CustomConfiguration", false);
    }

    private static IdentityMappingRuleType[] IdentitiesOf(Role role, RoleConfiguration now)
    {
        // Part 18 4.3.
        IdentityCriteriaType[] given = role.Number switch
        {
            RoleTable.Anonymous => [IdentityCriteriaType.Anonymous, IdentityCriteriaType.AuthenticatedUser],
            RoleTable.AuthenticatedUser => [IdentityCriteriaType.AuthenticatedUser],
            RoleTable.TrustedApplication => [RoleRules.TrustedApplication],
            _ => [],
        };
        return [.. given.Select(static criteria => new IdentityMappingRuleType { CriteriaType = criteria }), .. now.Identities.Select(RoleArguments.ToStructure)];
    }

    private void Set(Role role, string property, Variant value)
    {
        if (StaticWalk.Child(model.Nodes, model.Types, role.Id, property) is { IsNull: false } node) model.Nodes.SetValue(node, new DataValue(value));
    }
}
