namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>BrowseNext and continuation points. Part 4 5.9.3, 7.9.</summary>
public sealed class BrowsePagingTests
{
    private const int Children = 10;

    private readonly NodeWorld _world = new(new OperationLimits { MaxNodesPerBrowse = 20, MaxBrowseContinuationPoints = 3, MaxReferencesPerNode = 6, MaxReferencesPerResponse = 15 });
    private readonly NodeId _folder;
    private readonly string[] _names = [.. Enumerable.Range(0, Children).Select(i => $"child{i}")];

    public BrowsePagingTests()
    {
        _folder = _world.Object("folder");
        foreach (var name in _names) _world.Object(name, _folder);
    }

    private BrowseDescription All => NodeWorld.Description(_folder, ReferenceTypeIds.HierarchicalReferences);

    private Task<BrowseResult> First(uint pageSize = 4, Session? session = null) => _world.Browse(All, pageSize, session);

    [Theory]
    [InlineData(1u)]
    [InlineData(3u)]
    [InlineData(5u)]
    [InlineData(6u)]
    // Part 4 5.9.2.2: 0 is the client's no limit; the server has its own, which also bounds what a client asks for.
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    public async Task Pages_hold_each_reference_once_and_no_more_than_was_asked_for(uint pageSize)
    {
        var limit = pageSize is 0 or uint.MaxValue ? 6 : (int)pageSize;
        var pages = new List<BrowseResult> { await First(pageSize) };
        while (!pages[^1].ContinuationPoint.IsNull) pages.Add(await _world.Next(pages[^1].ContinuationPoint));
        Assert.Equal(_names, pages.SelectMany(NodeWorld.Names));
        Assert.All(pages[..^1], p => Assert.Equal(limit, p.References!.Length));
        Assert.Equal((Children + limit - 1) / limit, pages.Count);
    }

    // Part 4 7.9: null, not empty, and none where all fits exactly.
    [Fact]
    public async Task What_is_finished_has_no_continuation_point()
    {
        var world = new NodeWorld();
        var folder = world.Object("folder");
        foreach (var name in _names) world.Object(name, folder);
        var exact = await world.Browse(NodeWorld.Description(folder, ReferenceTypeIds.HierarchicalReferences), Children);
        Assert.Equal((Children, true), (exact.References!.Length, exact.ContinuationPoint.IsNull));
        var oneLess = await world.Browse(NodeWorld.Description(folder, ReferenceTypeIds.HierarchicalReferences), Children - 1);
        Assert.False(oneLess.ContinuationPoint.IsNull);
        Assert.True((await world.Next(oneLess.ContinuationPoint)).ContinuationPoint.IsNull);
    }

    [Fact]
    public async Task A_continuation_point_serves_once()
    {
        var point = (await First()).ContinuationPoint;
        Assert.Equal("Good", (await _world.Next(point)).StatusCode.ToString());
        Assert.Equal("BadContinuationPointInvalid", (await _world.Next(point)).StatusCode.ToString());
        var second = (await First()).ContinuationPoint;
        var twice = (await _world.Send<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [second, second] })).Results!;
        Assert.Equal(["Good", "BadContinuationPointInvalid"], twice.Select(r => r.StatusCode.ToString()));
    }

    // Attack class 25.
    [Fact]
    public async Task A_continuation_point_of_another_session_is_invalid_and_stays_good_for_its_own()
    {
        var point = (await First()).ContinuationPoint;
        var other = _world.Connect();
        Assert.Equal("BadContinuationPointInvalid", (await _world.Next(point, other)).StatusCode.ToString());
        Assert.Empty((await _world.Send<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [point], ReleaseContinuationPoints = true }, other)).Results!);
        Assert.Equal("Good", (await _world.Next(point)).StatusCode.ToString());
    }

    [Fact]
    public async Task A_continuation_point_cannot_be_guessed()
    {
        var points = new[] { (await First()).ContinuationPoint, (await First()).ContinuationPoint };
        Assert.All(points, p => Assert.True(p.Length >= 16));
        Assert.NotEqual(points[0], points[1]);
        foreach (var guess in new ByteString[] { default, ByteString.Empty, new([1]), new(new byte[16]), new([.. points[0].Span, 0]), new(points[0].Span[1..].ToArray()) })
            Assert.Equal("BadContinuationPointInvalid", (await _world.Next(guess)).StatusCode.ToString());
    }

    // Part 4 5.9.3.2: released points are gone, and there are no results.
    [Fact]
    public async Task Released_points_are_gone()
    {
        var points = new[] { (await First()).ContinuationPoint, (await First()).ContinuationPoint, (await First()).ContinuationPoint };
        Assert.Empty((await _world.Send<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = points[..2], ReleaseContinuationPoints = true })).Results!);
        Assert.Equal("BadContinuationPointInvalid", (await _world.Next(points[0])).StatusCode.ToString());
        Assert.Equal("Good", (await _world.Next(points[2])).StatusCode.ToString());
        Assert.Equal("Good", (await First()).StatusCode.ToString());
    }

    [Fact]
    public async Task Where_no_continuation_point_is_left_what_needs_none_is_still_served()
    {
        var parent = NodeWorld.Description(NodeWorld.Id("child1"), direction: BrowseDirection.Inverse);
        var results = (await _world.Send<BrowseResponse>(new BrowseRequest { RequestedMaxReferencesPerNode = 1, NodesToBrowse = [All, All, All, All, parent] })).Results!;
        Assert.Equal(["Good", "Good", "Good", "BadNoContinuationPoints", "Good"], results.Select(r => r.StatusCode.ToString()));
        Assert.Equal((0, true), (results[3].References?.Length ?? 0, results[3].ContinuationPoint.IsNull));
        // Others have points of their own.
        Assert.False((await First(session: _world.Connect())).ContinuationPoint.IsNull);
    }

    // Part 4 7.9: what earlier requests left behind is freed, the oldest first.
    [Fact]
    public async Task A_new_request_gets_the_point_of_an_old_one()
    {
        var points = new[] { (await First()).ContinuationPoint, (await First()).ContinuationPoint, (await First()).ContinuationPoint };
        var fresh = await First();
        Assert.Equal(("Good", false), (fresh.StatusCode.ToString(), fresh.ContinuationPoint.IsNull));
        Assert.Equal("BadContinuationPointInvalid", (await _world.Next(points[0])).StatusCode.ToString());
        foreach (var kept in (ByteString[])[points[1], points[2], fresh.ContinuationPoint]) Assert.Equal("Good", (await _world.Next(kept)).StatusCode.ToString());
    }

    [Fact]
    public async Task A_response_holds_no_more_than_its_limit_and_at_least_one_reference_a_node()
    {
        var results = (await _world.Send<BrowseResponse>(new BrowseRequest { NodesToBrowse = [All, All, All] })).Results!;
        Assert.Equal([6, 6, 3], results.Select(r => r.References!.Length));
        foreach (var result in results) Assert.Equal(_names[..result.References!.Length], NodeWorld.Names(result));
    }

    [Fact]
    public async Task The_number_of_points_is_at_least_one_and_at_most_the_limit()
    {
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Send<BrowseNextResponse>(new BrowseNextRequest())));
        Assert.Equal(20, (await _world.Send<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = new ByteString[20] })).Results!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => _world.Send<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = new ByteString[21] })));
    }

    // Rights are asked for when a page is given, also for what was looked at ahead.
    [Fact]
    public async Task What_was_hidden_between_two_pages_is_not_given()
    {
        var session = _world.Connect(NodeWorld.User(RoleTable.Operator));
        var folder = _world.Object("mixed");
        foreach (var i in Enumerable.Range(0, 6)) _world.Object($"m{i}", folder, permissions: NodeWorld.Only(i is 2 or 4 ? RoleTable.Operator : RoleTable.Anonymous, NodeWorld.Everything));
        var first = await _world.Browse(NodeWorld.Description(folder, ReferenceTypeIds.HierarchicalReferences), 2, session);
        Assert.Equal(["m0", "m1"], NodeWorld.Names(first));
        session.Access = NodeWorld.User();
        Assert.Equal(["m3", "m5"], NodeWorld.Names(await _world.Next(first.ContinuationPoint, session)));
    }

    [Fact]
    public async Task A_node_that_went_between_two_pages_is_not_given()
    {
        var first = await First();
        _world.Nodes.Remove([NodeWorld.Id("child4"), NodeWorld.Id("child6")]);
        Assert.Equal(["child5", "child7", "child8", "child9"], NodeWorld.Names(await _world.Next(first.ContinuationPoint)));
    }

    [Fact]
    public async Task Where_the_folder_itself_went_the_walk_ends()
    {
        var first = await First();
        _world.Nodes.Remove([_folder]);
        Assert.Equal("BadNodeIdUnknown", (await _world.Next(first.ContinuationPoint)).StatusCode.ToString());
        Assert.Equal("BadContinuationPointInvalid", (await _world.Next(first.ContinuationPoint)).StatusCode.ToString());
    }

    [Fact]
    public async Task What_came_between_two_pages_neither_repeats_nor_shifts_the_rest()
    {
        var first = await First();
        _world.Object("late", _folder);
        Assert.Equal(_names[4..8], NodeWorld.Names(await _world.Next(first.ContinuationPoint)));
    }

    // Attack class 8: a filter that nothing passes costs as much as what is given; one request does only so much, and goes on later.
    [Fact]
    public async Task What_is_passed_over_is_bounded_in_each_request_and_the_walk_goes_on()
    {
        var world = new NodeWorld(new OperationLimits { MaxReferencesPerRequest = 25 });
        var folder = world.Object("folder");
        for (var i = 0; i < 60; i++) world.Object($"o{i}", folder, permissions: i % 2 == 0 ? [] : null);
        world.Variable("v", 1, parent: folder);
        var result = await world.Browse(NodeWorld.Description(folder, ReferenceTypeIds.HierarchicalReferences, classes: (uint)NodeClass.Variable));
        var requests = 1;
        for (; !result.ContinuationPoint.IsNull && result.References!.Length == 0; requests++) result = await world.Next(result.ContinuationPoint);
        Assert.Equal(["v"], NodeWorld.Names(result));
        Assert.Equal(3, requests);
    }
}
