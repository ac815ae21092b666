using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Browse. Part 4 5.9.2.</summary>
public sealed class BrowseTests
{
    private readonly NodeWorld _world = new(new OperationLimits { MaxNodesPerBrowse = 3 });
    private readonly NodeId _area;

    public BrowseTests()
    {
        _area = _world.Object("area", ObjectIds.ObjectsFolder, ReferenceTypeIds.Organizes);
        _world.Object("part", _area);
        _world.Variable("value", 1, parent: _area);
        _world.Variable("property", 1, parent: _area, reference: ReferenceTypeIds.HasProperty);
        _world.Method("method", _area);
    }

    private Task<BrowseResult> Browse(NodeId type = default, bool subtypes = true, BrowseDirection direction = BrowseDirection.Forward, uint classes = 0, BrowseResultMask result = (BrowseResultMask)63) =>
        _world.Browse(NodeWorld.Description(_area, type, subtypes, direction, classes, result));

    private async Task<string> Names(NodeId type, bool subtypes = true, BrowseDirection direction = BrowseDirection.Forward, uint classes = 0) =>
        string.Join(' ', NodeWorld.Names(await Browse(type, subtypes, direction, classes)).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Browsing_an_unknown_node_fails_only_that_item()
    {
        var wanted = new[] { NodeWorld.Id("none"), _area, default }.Select(n => NodeWorld.Description(n)).ToArray();
        var results = (await _world.Send<BrowseResponse>(new BrowseRequest { NodesToBrowse = wanted })).Results!;
        Assert.Equal(["BadNodeIdUnknown", "Good", "BadNodeIdInvalid"], results.Select(r => r.StatusCode.ToString()));
        Assert.Equal([0, 5, 0], results.Select(r => r.References?.Length ?? 0));
    }

    [Fact]
    public async Task The_number_of_nodes_is_at_least_one_and_at_most_the_limit()
    {
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Send<BrowseResponse>(new BrowseRequest())));
        Assert.Equal(3, (await Many(3)).Results!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => Many(4)));

        Task<BrowseResponse> Many(int count) => _world.Send<BrowseResponse>(new BrowseRequest { NodesToBrowse = [.. Enumerable.Repeat(NodeWorld.Description(_area), count)] });
    }

    // Part 4 5.9.2.2: the null ViewId is the whole address space; there are no views here.
    [Fact]
    public async Task A_view_that_there_is_not_fails_the_service()
    {
        var request = new BrowseRequest { View = new ViewDescription { ViewId = _area }, NodesToBrowse = [NodeWorld.Description(_area)] };
        Assert.Equal("BadViewIdUnknown", await NodeWorld.Fault(() => _world.Send<BrowseResponse>(request)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public async Task A_direction_that_there_is_not_is_invalid(int direction) =>
        Assert.Equal("BadBrowseDirectionInvalid", (await Browse(direction: (BrowseDirection)direction)).StatusCode.ToString());

    [Fact]
    public async Task What_is_no_reference_type_is_invalid()
    {
        Assert.Equal("BadReferenceTypeIdInvalid", (await Browse(NodeWorld.Id("none"))).StatusCode.ToString());
        Assert.Equal("BadReferenceTypeIdInvalid", (await Browse(_area)).StatusCode.ToString());
        Assert.Equal("BadReferenceTypeIdInvalid", (await Browse(ObjectTypeIds.BaseObjectType)).StatusCode.ToString());
    }

    [Fact]
    public async Task Without_a_reference_type_all_references_are_given_in_each_direction()
    {
        Assert.Equal("BaseObjectType method part property value", await Names(default));
        Assert.Equal("Objects", await Names(default, direction: BrowseDirection.Inverse));
        Assert.Equal("BaseObjectType Objects method part property value", await Names(default, direction: BrowseDirection.Both));
        Assert.Equal("BaseObjectType method part property value", await Names(default, subtypes: false));
    }

    [Fact]
    public async Task Subtypes_are_followed_where_asked_for()
    {
        Assert.Equal("method part property value", await Names(ReferenceTypeIds.HierarchicalReferences));
        Assert.Equal("", await Names(ReferenceTypeIds.HierarchicalReferences, subtypes: false));
        Assert.Equal("property", await Names(ReferenceTypeIds.HasProperty, subtypes: false));
        Assert.Equal("method part property value", await Names(ReferenceTypeIds.Aggregates));
        Assert.Equal("BaseObjectType", await Names(ReferenceTypeIds.NonHierarchicalReferences));
        Assert.Equal("BaseObjectType method part property value", await Names(ReferenceTypeIds.References));
        Assert.Equal("Objects", await Names(ReferenceTypeIds.Organizes, direction: BrowseDirection.Inverse));
        Assert.Equal("", await Names(ReferenceTypeIds.HasComponent, direction: BrowseDirection.Inverse));
    }

    // Part 4 5.9.2.2 (nodeClassMask): 0 is all.
    [Theory]
    [InlineData(0u, "BaseObjectType method part property value")]
    [InlineData(1u, "part")]
    [InlineData(2u, "property value")]
    [InlineData(4u, "method")]
    [InlineData(8u, "BaseObjectType")]
    [InlineData(5u, "method part")]
    [InlineData(0x80u, "")]
    [InlineData(0xFFu, "BaseObjectType method part property value")]
    public async Task The_class_mask_says_which_nodes_are_given(uint classes, string expected) => Assert.Equal(expected, await Names(default, classes: classes));

    // Part 4 5.9.2.2 (resultMask): what is not asked for is null.
    [Theory]
    [InlineData(BrowseResultMask.None)]
    [InlineData(BrowseResultMask.ReferenceTypeId)]
    [InlineData(BrowseResultMask.IsForward)]
    [InlineData(BrowseResultMask.NodeClass)]
    [InlineData(BrowseResultMask.BrowseName)]
    [InlineData(BrowseResultMask.DisplayName)]
    [InlineData(BrowseResultMask.TypeDefinition)]
    [InlineData((BrowseResultMask)63)]
    public async Task Fields_that_are_not_asked_for_are_null(BrowseResultMask mask)
    {
        var reference = (await Browse(ReferenceTypeIds.HasProperty, result: mask)).References!.Single();
        var has = (BrowseResultMask field) => (mask & field) != 0;
        Assert.Equal(NodeWorld.Id("property"), reference.NodeId.NodeId);
        Assert.Equal(has(BrowseResultMask.ReferenceTypeId) ? ReferenceTypeIds.HasProperty : default(NodeId), reference.ReferenceTypeId);
        Assert.Equal(has(BrowseResultMask.IsForward), reference.IsForward);
        Assert.Equal(has(BrowseResultMask.NodeClass) ? NodeClass.Variable : default, reference.NodeClass);
        Assert.Equal(has(BrowseResultMask.BrowseName) ? new QualifiedName("property", 1) : default, reference.BrowseName);
        Assert.Equal(has(BrowseResultMask.DisplayName) ? new LocalizedText("property") : default, reference.DisplayName);
        Assert.Equal(has(BrowseResultMask.TypeDefinition) ? VariableTypeIds.BaseDataVariableType : default(NodeId), reference.TypeDefinition.NodeId);
    }

    // Part 4 7.29 (ReferenceDescription): the type definition is that of Objects and Variables.
    [Fact]
    public async Task Only_objects_and_variables_have_a_type_definition()
    {
        var references = (await Browse()).References!.ToDictionary(r => r.BrowseName.Name!);
        Assert.True(references["method"].TypeDefinition.IsNull);
        Assert.True(references["BaseObjectType"].TypeDefinition.IsNull);
        Assert.Equal((NodeId)ObjectTypeIds.BaseObjectType, references["part"].TypeDefinition.NodeId);
    }

    // Part 4 7.29: of a node on another server no more is known than its id.
    [Fact]
    public async Task A_node_on_another_server_is_given_by_its_id_alone()
    {
        var elsewhere = new ExpandedNodeId(new NodeId(5u), "urn:elsewhere", 1);
        _world.Nodes.AddReference(_area, ReferenceTypeIds.Organizes, isForward: true, elsewhere);
        var reference = (await Browse(ReferenceTypeIds.Organizes)).References!.Single();
        Assert.Equal((elsewhere, (NodeId)ReferenceTypeIds.Organizes, true), (reference.NodeId, reference.ReferenceTypeId, reference.IsForward));
        Assert.Equal((default, default, true), (reference.NodeClass, reference.BrowseName, reference.DisplayName.IsNull));
    }

    // Attack class 8: what is hidden is not there, in no direction and under no filter.
    [Fact]
    public async Task What_the_user_may_not_browse_is_passed_over()
    {
        _world.Object("secret", _area, permissions: NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
        Assert.Equal("BaseObjectType method part property value", await Names(default));
        Assert.Equal(["secret"], NodeWorld.Names(await _world.Browse(NodeWorld.Description(_area, classes: 1), session: _world.Connect(NodeWorld.User(RoleTable.Operator)))).Except(["part"]));
        Assert.Equal("BadNodeIdUnknown", (await _world.Browse(NodeWorld.Description(NodeWorld.Id("secret")))).StatusCode.ToString());
    }

    // A reference to a node that has gone, or has not come yet, leads nowhere.
    [Fact]
    public async Task A_reference_to_nothing_is_passed_over()
    {
        _world.Nodes.AddReference(_area, ReferenceTypeIds.Organizes, isForward: true, NodeWorld.Id("none"));
        Assert.Equal("", await Names(ReferenceTypeIds.Organizes));
    }

    [Fact]
    public async Task Registered_ids_are_good_for_every_service()
    {
        var ids = (await _world.Send<RegisterNodesResponse>(new RegisterNodesRequest { NodesToRegister = [_area, NodeWorld.Id("none")] })).RegisteredNodeIds!;
        Assert.Equal(2, ids.Length);
        Assert.Equal("area", (await _world.Read(ids[0], AttributeIds.BrowseName)).Value.AsQualifiedName().Name);
        await _world.Send<UnregisterNodesResponse>(new UnregisterNodesRequest { NodesToUnregister = ids });
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Send<RegisterNodesResponse>(new RegisterNodesRequest())));
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Send<UnregisterNodesResponse>(new UnregisterNodesRequest())));
    }

    [Fact]
    public async Task As_many_ids_as_the_limit_are_registered_and_no_more()
    {
        var world = new NodeWorld(new OperationLimits { MaxNodesPerRegisterNodes = 2 });
        Assert.Equal(2, (await world.Send<RegisterNodesResponse>(new RegisterNodesRequest { NodesToRegister = new NodeId[2] })).RegisteredNodeIds!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => world.Send<RegisterNodesResponse>(new RegisterNodesRequest { NodesToRegister = new NodeId[3] })));
        await world.Send<UnregisterNodesResponse>(new UnregisterNodesRequest { NodesToUnregister = new NodeId[2] });
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => world.Send<UnregisterNodesResponse>(new UnregisterNodesRequest { NodesToUnregister = new NodeId[3] })));
    }
}
