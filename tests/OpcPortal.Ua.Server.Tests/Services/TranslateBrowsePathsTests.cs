namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>TranslateBrowsePathsToNodeIds. Part 4 5.9.4, 7.30.</summary>
public sealed class TranslateBrowsePathsTests
{
    private readonly NodeWorld _world = new(new OperationLimits { MaxNodesPerTranslateBrowsePathsToNodeIds = 3, MaxBrowsePathElements = 5, MaxTargetsPerBrowsePath = 10, MaxReferencesPerBrowsePath = 200 });
    private readonly NodeId _site;

    public TranslateBrowsePathsTests()
    {
        _site = _world.Object("site");
        var meter = _world.Object("meter", _site);
        _world.Variable("voltage", 1, parent: meter);
    }

    private static RelativePathElement Element(string? name, NodeId type = default, bool subtypes = true, bool inverse = false, ushort index = 1) =>
        new() { ReferenceTypeId = type, IncludeSubtypes = subtypes, IsInverse = inverse, TargetName = new QualifiedName(name, index) };

    private static BrowsePath Path(NodeId start, params RelativePathElement[] elements) => new() { StartingNode = start, RelativePath = new RelativePath { Elements = elements } };

    private static BrowsePath Path(NodeId start, params string?[] names) => Path(start, [.. names.Select(n => Element(n))]);

    private async Task<BrowsePathResult> Translate(BrowsePath path, Session? session = null) =>
        (await _world.Send<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [path] }, session)).Results![0];

    private async Task<string> Status(BrowsePath path, Session? session = null) => (await Translate(path, session)).StatusCode.ToString();

    [Fact]
    public async Task A_path_leads_to_its_node_and_one_that_fails_fails_alone()
    {
        BrowsePath[] paths = [Path(_site, "meter", "voltage"), Path(_site, "meter", "none"), Path(NodeWorld.Id("none"), "meter")];
        var results = (await _world.Send<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = paths })).Results!;
        Assert.Equal(["Good", "BadNoMatch", "BadNodeIdUnknown"], results.Select(r => r.StatusCode.ToString()));
        // Part 4 5.9.4.2: all elements were processed.
        Assert.Equal([(NodeWorld.Id("voltage"), uint.MaxValue)], results[0].Targets!.Select(t => (t.TargetId.NodeId, t.RemainingPathIndex)));
    }

    [Fact]
    public async Task The_number_of_paths_is_at_least_one_and_at_most_the_limit()
    {
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => Many(0)));
        Assert.Equal(3, (await Many(3)).Results!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => Many(4)));

        Task<TranslateBrowsePathsToNodeIdsResponse> Many(int count) =>
            _world.Send<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [.. Enumerable.Repeat(Path(_site, "meter"), count)] });
    }

    // Part 4 5.9.4.4.
    [Fact]
    public async Task A_path_is_refused_for_what_is_wrong_with_it()
    {
        Assert.Equal("BadNothingToDo", await Status(Path(_site, Array.Empty<RelativePathElement>())));
        Assert.Equal("BadNodeIdInvalid", await Status(Path(default, "meter")));
        // Part 4 5.9.4.2: here every element has a name, the last one too.
        Assert.Equal("BadBrowseNameInvalid", await Status(Path(_site, null, "voltage")));
        Assert.Equal("BadBrowseNameInvalid", await Status(Path(_site, "meter", null)));
        Assert.Equal("BadBrowseNameInvalid", await Status(Path(_site, "meter", "")));
        Assert.Equal("BadNoMatch", await Status(Path(_site, "meter", "voltage", "x", "x", "x")));
        Assert.Equal("BadQueryTooComplex", await Status(Path(_site, "meter", "voltage", "x", "x", "x", "x")));
    }

    [Fact]
    public async Task Reference_type_subtypes_and_direction_are_kept_to()
    {
        Assert.Equal("Good", await Status(Path(_site, Element("meter", ReferenceTypeIds.HasComponent, subtypes: false))));
        Assert.Equal("Good", await Status(Path(_site, Element("meter", ReferenceTypeIds.HierarchicalReferences))));
        Assert.Equal("BadNoMatch", await Status(Path(_site, Element("meter", ReferenceTypeIds.HierarchicalReferences, subtypes: false))));
        Assert.Equal("BadNoMatch", await Status(Path(_site, Element("meter", ReferenceTypeIds.Organizes))));
        Assert.Equal("BadNoMatch", await Status(Path(_site, Element("meter", inverse: true))));
        Assert.Equal("Good", await Status(Path(NodeWorld.Id("voltage"), Element("meter", inverse: true), Element("site", inverse: true))));
        // A reference type that there is not is followed nowhere.
        Assert.Equal("BadNoMatch", await Status(Path(_site, Element("meter", NodeWorld.Id("none")))));
    }

    [Fact]
    public async Task A_name_is_of_its_namespace()
    {
        Assert.Equal("BadNoMatch", await Status(Path(_site, Element("meter", index: 0))));
        Assert.Equal("BadNoMatch", await Status(Path(_site, Element("Meter"))));
    }

    [Fact]
    public async Task Several_targets_of_a_name_are_all_given_and_one_that_is_reached_twice_once()
    {
        var second = _world.Add(new NodeSets.NodeRecord
        {
            NodeId = NodeWorld.Id("meter2"),
            NodeClass = NodeClass.Object,
            BrowseName = new QualifiedName("meter", 1),
            References = [new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, false, _site)],
        });
        _world.Nodes.AddReference(second, ReferenceTypeIds.HasComponent, isForward: true, NodeWorld.Id("voltage"));
        _world.Nodes.AddReference(_site, ReferenceTypeIds.Organizes, isForward: true, second);
        Assert.Equal([NodeWorld.Id("meter"), second], (await Translate(Path(_site, "meter"))).Targets!.Select(t => t.TargetId.NodeId));
        Assert.Equal([NodeWorld.Id("voltage")], (await Translate(Path(_site, "meter", "voltage"))).Targets!.Select(t => t.TargetId.NodeId));
    }

    // CVE-2022-29866: a hop over what the user may not browse leads nowhere, though what lies behind may be browsed.
    [Theory]
    [InlineData("door")]
    [InlineData("room")]
    [InlineData("safe")]
    public async Task Each_hop_is_checked(string hidden)
    {
        var parent = _site;
        foreach (var name in new[] { "door", "room", "safe" }) parent = _world.Object(name, parent, permissions: name == hidden ? NodeWorld.Only(RoleTable.Operator, PermissionType.Browse) : null);
        Assert.Equal("BadNoMatch", await Status(Path(_site, "door", "room", "safe")));
        Assert.Equal("Good", await Status(Path(_site, "door", "room", "safe"), _world.Connect(NodeWorld.User(RoleTable.Operator))));
        if (hidden == "door") Assert.Equal("BadNodeIdUnknown", await Status(Path(NodeWorld.Id("door"), "room")));
    }

    // Part 4 5.9.4.2, 5.9.4.4: the client goes on with the other server, from the element that is named.
    [Theory]
    [InlineData(1, uint.MaxValue)]
    [InlineData(2, 1u)]
    [InlineData(3, 1u)]
    public async Task A_target_on_another_server_says_where_the_path_goes_on(int elements, uint remaining)
    {
        var elsewhere = new ExpandedNodeId(new NodeId(5u), "urn:elsewhere", 1);
        _world.Nodes.AddReference(_site, ReferenceTypeIds.Organizes, isForward: true, elsewhere);
        var result = await Translate(Path(_site, [Element("other", ReferenceTypeIds.Organizes), .. Enumerable.Repeat(Element("next"), elements - 1)]));
        Assert.Equal("UncertainReferenceOutOfServer", result.StatusCode.ToString());
        Assert.Equal([(elsewhere, remaining)], result.Targets!.Select(t => (t.TargetId, t.RemainingPathIndex)));
    }

    [Fact]
    public async Task Too_many_targets_are_said_to_be_too_many()
    {
        for (var i = 0; i < 11; i++)
        {
            _world.Add(new NodeSets.NodeRecord { NodeId = NodeWorld.Id($"x{i}"), NodeClass = NodeClass.Object, BrowseName = new QualifiedName("x", 1), References = [new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, false, _site)] });
            if (i == 9) Assert.Equal(10, (await Translate(Path(_site, "x"))).Targets!.Length);
        }

        Assert.Equal("BadTooManyMatches", await Status(Path(_site, "x")));
    }

    // Attack class 8: layers in which every node refers to every node of the next multiply.
    [Fact]
    public async Task A_path_that_multiplies_ends_at_its_bound()
    {
        NodeId[] layer = [_site];
        for (var depth = 0; depth < 4; depth++)
        {
            var next = Enumerable.Range(0, 12).Select(i => _world.Add(new NodeSets.NodeRecord { NodeId = NodeWorld.Id($"n{depth}.{i}"), NodeClass = NodeClass.Object, BrowseName = new QualifiedName("n", 1) })).ToArray();
            foreach (var from in layer)
                foreach (var to in next) _world.Nodes.AddReference(from, ReferenceTypeIds.Organizes, isForward: true, to);
            layer = next;
        }

        var organizes = Element("n", ReferenceTypeIds.Organizes);
        Assert.Equal("BadTooManyMatches", await Status(Path(_site, organizes, organizes)));
        Assert.Equal("BadQueryTooComplex", await Status(Path(_site, organizes, organizes, organizes)));
    }

    [Fact]
    public async Task All_paths_of_a_request_share_its_bound()
    {
        var world = new NodeWorld(new OperationLimits { MaxReferencesPerRequest = 50 });
        var folder = world.Object("folder");
        for (var i = 0; i < 30; i++) world.Object($"o{i}", folder);
        var path = Path(folder, Element("o29", ReferenceTypeIds.HasComponent));
        var results = (await world.Send<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [path, path] })).Results!;
        Assert.Equal(["Good", "BadQueryTooComplex"], results.Select(r => r.StatusCode.ToString()));
    }
}
