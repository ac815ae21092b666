using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Nodes held in memory: added and taken away whole. Part 3 4.3, 7.</summary>
public sealed class StaticNodesTests
{
    private readonly NodeWorld _world = new();

    private static NodeRecord Node(string name, params NodeSets.NodeReference[] references) =>
        new() { NodeId = NodeWorld.Id(name), NodeClass = NodeClass.Object, BrowseName = new QualifiedName(name, 1), References = references };

    private static NodeSets.NodeReference Below(string parent) => new(ReferenceTypeIds.HasComponent, false, NodeWorld.Id(parent));

    private async Task<string> Below(string name, BrowseDirection direction) =>
        string.Join(' ', NodeWorld.Names(await _world.Browse(NodeWorld.Description(NodeWorld.Id(name), ReferenceTypeIds.HierarchicalReferences, direction: direction))));

    // Part 3 4.3.4: a reference is seen from both of its nodes, whichever states it, once.
    [Fact]
    public async Task References_are_seen_from_both_ends_once()
    {
        _world.Nodes.Add([Node("a", new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, true, NodeWorld.Id("b"))), Node("b", Below("a")), Node("c", Below("b"))]);
        Assert.Equal("b", await Below("a", BrowseDirection.Forward));
        Assert.Equal("a", await Below("b", BrowseDirection.Inverse));
        Assert.Equal("c", await Below("b", BrowseDirection.Forward));
        _world.Nodes.AddReference(NodeWorld.Id("a"), ReferenceTypeIds.HasComponent, isForward: true, NodeWorld.Id("b"));
        Assert.Equal("b", await Below("a", BrowseDirection.Forward));
        _world.Nodes.AddReference(NodeWorld.Id("c"), ReferenceTypeIds.Organizes, isForward: false, NodeWorld.Id("a"));
        Assert.Equal("b c", await Below("a", BrowseDirection.Forward));
    }

    // A type is not asked for all its instances: the inverse of HasTypeDefinition is not kept. Part 3 7.13.
    [Fact]
    public async Task A_type_does_not_list_its_instances()
    {
        _world.Object("a");
        var result = await _world.Browse(NodeWorld.Description(ObjectTypeIds.BaseObjectType, ReferenceTypeIds.HasTypeDefinition, direction: BrowseDirection.Inverse));
        Assert.Empty(result.References!);
        Assert.Equal(["BaseObjectType"], NodeWorld.Names(await _world.Browse(NodeWorld.Description(NodeWorld.Id("a"), ReferenceTypeIds.HasTypeDefinition))));
    }

    [Fact]
    public async Task What_is_there_already_or_twice_adds_nothing_at_all()
    {
        _world.Nodes.Add([Node("a")]);
        Assert.Throws<InvalidOperationException>(() => _world.Nodes.Add([Node("b", Below("a")), Node("a")]));
        Assert.Throws<InvalidOperationException>(() => _world.Nodes.Add([Node("c", Below("a")), Node("d"), Node("c")]));
        Assert.False(_world.Nodes.Contains(NodeWorld.Id("b")) || _world.Nodes.Contains(NodeWorld.Id("c")) || _world.Nodes.Contains(NodeWorld.Id("d")));
        Assert.Equal("", await Below("a", BrowseDirection.Forward));
    }

    [Fact]
    public async Task What_is_taken_away_is_gone_from_all_that_it_was_tied_to()
    {
        _world.Nodes.Add([Node("a"), Node("b", Below("a")), Node("c", Below("b")), Node("d", Below("a"))]);
        _world.Nodes.Remove([NodeWorld.Id("b"), NodeWorld.Id("none")]);
        Assert.Equal("d", await Below("a", BrowseDirection.Forward));
        Assert.Equal("", await Below("c", BrowseDirection.Inverse));
        Assert.Equal("BadNodeIdUnknown", (await _world.Read(NodeWorld.Id("b"), AttributeIds.BrowseName)).StatusCode.ToString());
        // It can come again.
        _world.Nodes.Add([Node("b", Below("a"))]);
        Assert.Equal("d b", await Below("a", BrowseDirection.Forward));
    }

    [Fact]
    public void A_namespace_has_one_source_and_others_have_none()
    {
        Assert.Throws<InvalidOperationException>(() => _world.Space.Attach(1, _world.Nodes));
        _world.Space.Attach(ushort.MaxValue, _world.Nodes);
        Assert.False(_world.Space.TryResolve(new NodeId(1, 2), out _));
        Assert.False(_world.Space.TryResolve(default, out _));
        Assert.True(_world.Space.TryResolve(ObjectIds.ObjectsFolder, out _));
    }

    // Ids of each kind, and numbers at the edge of the table that the standard's have.
    [Fact]
    public async Task Nodes_are_found_by_ids_of_every_kind()
    {
        NodeId[] ids = [new(1, 1), new(uint.MaxValue, 1), new(65_535), new(65_536), new(uint.MaxValue), new("", 1), new("a", 1), new(Guid.Empty, 1), new([1, 2], 1), new("ObjectsFolder", 0)];
        foreach (var id in ids)
        {
            Assert.False(_world.Nodes.Contains(id));
            _world.Nodes.Add([new NodeRecord { NodeId = id, NodeClass = NodeClass.Object, BrowseName = id.ToString() }]);
            Assert.Equal(id, (await _world.Read(id, AttributeIds.NodeId)).Value.AsNodeId());
        }

        _world.Nodes.Remove(ids);
        Assert.All(ids, id => Assert.False(_world.Nodes.Contains(id)));
    }

    // Part 3 7.10 (HasSubtype), from either end.
    [Fact]
    public void Subtypes_are_known_as_soon_as_they_are_added()
    {
        var types = _world.Types;
        Assert.Contains((NodeId)ReferenceTypeIds.HasProperty, types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences));
        _world.Nodes.Add([new NodeRecord { NodeId = NodeWorld.Id("Feeds"), NodeClass = NodeClass.ReferenceType, BrowseName = "Feeds", References = [new NodeSets.NodeReference(ReferenceTypeIds.HasSubtype, false, new NodeId(ReferenceTypeIds.HasProperty))] }]);
        Assert.Contains(NodeWorld.Id("Feeds"), types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences));
        Assert.True(types.IsSubtypeOf(NodeWorld.Id("Feeds"), NodeWorld.Id("Feeds")));
        Assert.True(types.IsSubtypeOf(NodeWorld.Id("Feeds"), ReferenceTypeIds.References));
        Assert.False(types.IsSubtypeOf(ReferenceTypeIds.HasProperty, NodeWorld.Id("Feeds")));
        Assert.False(types.IsSubtypeOf(NodeWorld.Id("Feeds"), ReferenceTypeIds.Organizes));
        Assert.False(types.IsSubtypeOf(default, ReferenceTypeIds.References));
        _world.Nodes.Remove([NodeWorld.Id("Feeds")]);
        Assert.DoesNotContain(NodeWorld.Id("Feeds"), types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences));
        Assert.False(types.IsSubtypeOf(NodeWorld.Id("Feeds"), ReferenceTypeIds.References));
    }

    // A NodeSet may be wrong: types in a circle end every search.
    [Fact]
    public void Types_in_a_circle_end()
    {
        var types = new TypeTree();
        types.Add(NodeWorld.Id("a"), NodeWorld.Id("b"));
        types.Add(NodeWorld.Id("b"), NodeWorld.Id("a"));
        Assert.False(types.IsSubtypeOf(NodeWorld.Id("a"), NodeWorld.Id("c")));
        Assert.Equal(BuiltInType.Null, types.BuiltInTypeOf(NodeWorld.Id("a")));
        Assert.Equal(2, types.SubtypesOf(NodeWorld.Id("a")).Count);
    }

    // Part 6 5.1.5.
    [Theory]
    [InlineData(DataTypeIds.Boolean, BuiltInType.Boolean)]
    [InlineData(DataTypeIds.DiagnosticInfo, BuiltInType.DiagnosticInfo)]
    [InlineData(DataTypeIds.BaseDataType, BuiltInType.Variant)]
    [InlineData(DataTypeIds.Number, BuiltInType.Variant)]
    [InlineData(DataTypeIds.Integer, BuiltInType.Variant)]
    [InlineData(DataTypeIds.UInteger, BuiltInType.Variant)]
    [InlineData(DataTypeIds.Enumeration, BuiltInType.Int32)]
    [InlineData(DataTypeIds.NodeClass, BuiltInType.Int32)]
    [InlineData(DataTypeIds.Structure, BuiltInType.ExtensionObject)]
    [InlineData(DataTypeIds.Argument, BuiltInType.ExtensionObject)]
    [InlineData(DataTypeIds.Duration, BuiltInType.Double)]
    [InlineData(DataTypeIds.UtcTime, BuiltInType.DateTime)]
    [InlineData(DataTypeIds.PermissionType, BuiltInType.UInt32)]
    [InlineData(DataTypeIds.AccessRestrictionType, BuiltInType.UInt16)]
    [InlineData(ObjectIds.ObjectsFolder, BuiltInType.Null)]
    public void The_built_in_type_of_a_data_type_is_that_of_its_base(uint dataType, BuiltInType expected) => Assert.Equal(expected, _world.Types.BuiltInTypeOf(dataType));
}
