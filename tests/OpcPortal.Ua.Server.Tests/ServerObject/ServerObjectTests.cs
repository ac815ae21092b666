namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 5 6.3.1, 8.3.2: the Server object as clients find it.</summary>
public sealed class ServerObjectTests(LiveServerObject live) : IClassFixture<LiveServerObject>
{
    private static readonly NodeId Server = ObjectIds.Server;
    private static readonly NodeId Objects = ObjectIds.ObjectsFolder;

    [Fact]
    public void Every_variable_below_Objects_has_a_good_value_of_its_type()
    {
        var types = new ValueTypeCheck(live.Model.Types);
        var faults = new List<string>();
        var count = 0;
        foreach (var nodeId in live.Below(Objects))
        {
            var node = live.Resolve(nodeId);
            if (node.NodeClass != NodeClass.Variable) continue;
            count++;
            var read = live.Read(nodeId);
            var value = read.Value;
            var name = node.Source.BrowseNameOf(node);
            if (read.StatusCode != StatusCodes.Good) faults.Add($"{nodeId} {name}: {read.StatusCode}");
            // ShutdownReason alone may be null: while there is none. Part 5 12.10.
            else if (value.IsNull && nodeId != VariableIds.Server_ServerStatus_ShutdownReason) faults.Add($"{nodeId} {name}: null");
            else if (types.Check(node, ref value).IsBad) faults.Add($"{nodeId} {name}: {value.Type}, rank {value.ValueRank}");
        }

        Assert.Empty(faults);
        Assert.True(count > 90, $"{count} variables: the walk has missed most of them.");
    }

    [Fact]
    public async Task Every_method_below_Objects_has_something_that_runs()
    {
        var methods = live.Below(Objects).Where(id => live.Resolve(id).NodeClass == NodeClass.Method).ToArray();
        // Of the roles: two of the set, six of each that can be changed. Part 18 4.2.1, 4.4.1.
        Assert.Equal(2 + 2 + (6 * (RoleTable.WellKnown - 3)), methods.Length);
        foreach (var method in methods)
        {
            Assert.True(live.Reader.Read(StandardSpace.Admin, method, AttributeIds.Executable, null, default).Value == true, method.ToString());
            Assert.True(live.Access.Resolve(StandardSpace.Admin, method, PermissionType.Call, out var grant).IsGood);
            Variant[] arguments = method.Numeric is MethodIds.Server_GetMonitoredItems or MethodIds.Server_ResendData ? [77u] : [default, default];
            var result = await live.Model.Nodes.CallAsync(grant, new MethodCall(StandardSpace.Admin, Server, method, arguments), TestContext.Current.CancellationToken);
            Assert.NotEqual(StatusCodes.BadNotImplemented, result.Status.Code);
            Assert.True(result.Status.IsBad, $"{method}: {result.Status}");
        }
    }

    [Fact]
    public void What_is_not_there_is_gone_with_all_below_it_and_nothing_else()
    {
        var standard = StandardModel.LoadUa().Nodes.Select(n => n.NodeId).ToHashSet();
        var pristine = new ServerModel(StandardSpace.ApplicationUri, []);
        var expected = new HashSet<NodeId>();
        foreach (var (root, reason) in StandardNodes.Table)
        {
            Assert.NotEmpty(reason);
            Assert.Contains(root, standard);
            Assert.False(live.Model.Nodes.Contains(root), root.ToString());
            StandardNodes.AddSubtree(pristine.Nodes, pristine.Types, root, expected);
        }

        var gone = standard.Where(id => !live.Model.Nodes.Contains(id)).ToHashSet();
        Assert.Subset(gone, expected);
        var others = gone.Except(expected).Select(id => pristine.Nodes.TryResolve(id, out var node) ? pristine.Nodes.BrowseNameOf(node).Name : "").Distinct().Order();
        // Of the namespaces.
        Assert.Equal(["DefaultUserRolePermissions"], others);
    }

    [Fact]
    public void No_type_lost_anything()
    {
        foreach (var node in StandardModel.LoadUa().Nodes)
        {
            if (node.NodeClass is NodeClass.ObjectType or NodeClass.VariableType or NodeClass.DataType or NodeClass.ReferenceType) Assert.True(live.Model.Nodes.Contains(node.NodeId), node.BrowseName.ToString());
        }

        foreach (var declaration in live.Model.Declarations.Of(ObjectTypeIds.ServerType)) Assert.True(live.Model.Nodes.Contains(declaration.Node.NodeId));
    }

    [Fact]
    public void What_is_mandatory_for_the_types_of_the_servers_objects_is_there()
    {
        foreach (var nodeId in live.Below(Server))
        {
            var node = live.Resolve(nodeId);
            if (node.NodeClass != NodeClass.Object) continue;
            foreach (var declaration in live.Model.Declarations.Of(node.Source.TypeDefinitionOf(node)).Where(d => d.Rule == NodeSets.ModellingRule.Mandatory))
                Assert.False(live.Child(nodeId, declaration.BrowseName.Name!).IsNull, $"{nodeId} lacks {declaration.BrowseName}");
        }
    }

    [Fact]
    public void A_room_that_implements_what_is_left_out_by_default_keeps_it()
    {
        var model = new ServerModel(StandardSpace.ApplicationUri, []);
        StandardNodes.Prune(model.Nodes, model.Types, new HashSet<NodeId> { ObjectIds.HistoryServerCapabilities });
        Assert.True(model.Nodes.Contains(ObjectIds.HistoryServerCapabilities));
        Assert.True(model.Nodes.Contains(VariableIds.HistoryServerCapabilities_InsertDataCapability));
        Assert.False(model.Nodes.Contains(ObjectIds.PublishSubscribe));
    }

    [Theory]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead, 101u)]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite, 102u)]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse, 103u)]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRegisterNodes, 104u)]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds, 105u)]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerMethodCall, 106u)]
    [InlineData(VariableIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall, 107u)]
    [InlineData(VariableIds.Server_ServerCapabilities_MaxArrayLength, 201u)]
    [InlineData(VariableIds.Server_ServerCapabilities_MaxStringLength, 202u)]
    [InlineData(VariableIds.Server_ServerCapabilities_MaxByteStringLength, 203u)]
    [InlineData(VariableIds.Server_ServerCapabilities_MaxSessions, 301u)]
    [InlineData(VariableIds.Server_ServerCapabilities_MaxSelectClauseParameters, 401u)]
    [InlineData(VariableIds.Server_ServerCapabilities_MaxWhereClauseParameters, 402u)]
    public void The_limits_shown_are_those_enforced(uint nodeId, uint expected) => Assert.Equal(expected, live.Value(nodeId));

    [Fact]
    public void The_continuation_points_shown_are_those_enforced() =>
        Assert.Equal((ushort)108, live.Value(VariableIds.Server_ServerCapabilities_MaxBrowseContinuationPoints));

    [Fact]
    public void The_arrays_name_the_namespaces_and_the_server_itself()
    {
        Assert.Equal(live.Model.Namespaces.ToArray(), live.Value(VariableIds.Server_NamespaceArray).AsArray<string>()!);
        Assert.Equal([StandardSpace.ApplicationUri], live.Value(VariableIds.Server_ServerArray).AsArray<string>()!);
        Assert.Equal(true, live.Value(VariableIds.Server_Auditing));
    }

    [Fact]
    public void The_roles_show_the_rules_by_which_users_get_them_to_the_security_admin_only()
    {
        var identities = live.Child(ObjectIds.WellKnownRole_Operator, "Identities");
        var rule = Assert.Single(live.Value(identities).AsArray<ExtensionObject?>()!)!.Structure as IdentityMappingRuleType;
        Assert.Equal((IdentityCriteriaType.UserName, "bob"), (rule!.CriteriaType, rule.Criteria));
        Assert.True(live.Read(identities, StandardSpace.Anybody).StatusCode.IsBad);
        Assert.Equal(RoleTable.WellKnown, live.Below(ObjectIds.Server_ServerCapabilities_RoleSet).Count(id => live.Resolve(id) is { NodeClass: NodeClass.Object } node && node.Source.TypeDefinitionOf(node) == ObjectTypeIds.RoleType));
    }
}
