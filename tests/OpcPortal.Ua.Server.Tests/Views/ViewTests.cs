using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server.Tests.Services;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Browsing with a View. Part 3 5.4, Part 4 5.9.2, 7.44.</summary>
public sealed class ViewTests
{
    private static readonly DateTime Since = new(2026, 2, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly NodeWorld _world = new();
    private readonly Catalog _catalog = new();
    private readonly NodeId _view;
    private readonly NodeId _area;

    public ViewTests()
    {
        _area = _world.Object("area");
        foreach (var name in (string[])["a", "b", "c", "d"]) _world.Object(name, _area);
        _view = View("view");
        _catalog.Views[_view] = ["area", "a", "c", "d"];
        _world.Views.Add(_catalog);
    }

    private NodeId View(string name, RolePermission[]? permissions = null) => _world.Add(new NodeRecord
    {
        NodeId = NodeWorld.Id(name),
        NodeClass = NodeClass.View,
        BrowseName = new QualifiedName(name, 1),
        ContainsNoLoops = true,
        RolePermissions = permissions,
        References = [new NodeSets.NodeReference(ReferenceTypeIds.Organizes, true, _area)],
    });

    private Task<BrowseResponse> Browse(ViewDescription view, NodeId? node = null, uint page = 0, Session? session = null) => _world.Send<BrowseResponse>(
        new BrowseRequest { View = view, RequestedMaxReferencesPerNode = page, NodesToBrowse = [NodeWorld.Description(node ?? _area, ReferenceTypeIds.HierarchicalReferences)] }, session);

    private async Task<BrowseResult> Result(ViewDescription view, NodeId? node = null, uint page = 0, Session? session = null) => (await Browse(view, node, page, session)).Results![0];

    private Task<string> Refused(ViewDescription view) => NodeWorld.Fault(() => Browse(view));

    [Fact]
    public async Task Only_what_the_view_contains_is_shown()
    {
        Assert.Equal(["a", "c", "d"], NodeWorld.Names(await Result(new ViewDescription { ViewId = _view })));
        Assert.Equal(["a", "b", "c", "d"], NodeWorld.Names(await Result(new ViewDescription())));
    }

    // Part 4 5.9.2.3.
    [Fact]
    public async Task A_node_that_is_not_in_the_view_cannot_be_browsed_with_it_but_the_view_itself_can()
    {
        Assert.Equal(StatusCodes.BadNodeNotInView, (await Result(new ViewDescription { ViewId = _view }, NodeWorld.Id("b"))).StatusCode);
        Assert.Equal(StatusCodes.Good, (await Result(new ViewDescription { ViewId = _view }, NodeWorld.Id("a"))).StatusCode);
        Assert.Equal(["area"], NodeWorld.Names(await Result(new ViewDescription { ViewId = _view }, _view)));
    }

    [Fact]
    public async Task What_the_user_may_not_browse_is_in_no_view()
    {
        _world.Object("secret", _area, permissions: NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
        _catalog.Views[_view] = ["area", "a", "secret"];
        Assert.Equal(["a"], NodeWorld.Names(await Result(new ViewDescription { ViewId = _view })));
        Assert.Equal(["a", "secret"], NodeWorld.Names(await Result(new ViewDescription { ViewId = _view }, session: _world.Connect(NodeWorld.User(RoleTable.Operator)))));
    }

    [Fact]
    public async Task A_view_that_is_none_or_that_the_user_may_not_see_is_unknown()
    {
        Assert.Equal("BadViewIdUnknown", await Refused(new ViewDescription { ViewId = _area }));
        Assert.Equal("BadViewIdUnknown", await Refused(new ViewDescription { ViewId = NodeWorld.Id("nowhere") }));
        // A node of the class that no room answers for.
        Assert.Equal("BadViewIdUnknown", await Refused(new ViewDescription { ViewId = View("orphan") }));
        var hidden = View("hidden", NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
        _catalog.Views[hidden] = ["area", "b"];
        Assert.Equal("BadViewIdUnknown", await Refused(new ViewDescription { ViewId = hidden }));
        Assert.Equal(["b"], NodeWorld.Names(await Result(new ViewDescription { ViewId = hidden }, session: _world.Connect(NodeWorld.User(RoleTable.Operator)))));
    }

    // Part 4 7.44: a version or a time, not both; only the present version is there.
    [Fact]
    public async Task Only_the_present_version_can_be_asked_for()
    {
        _catalog.Version = new ViewVersion(7, Since);
        Assert.Equal("BadViewVersionInvalid", await Refused(new ViewDescription { ViewId = _view, ViewVersion = 6 }));
        Assert.Equal(StatusCodes.Good, (await Result(new ViewDescription { ViewId = _view, ViewVersion = 7 })).StatusCode);
        Assert.Equal("BadViewTimestampInvalid", await Refused(new ViewDescription { ViewId = _view, Timestamp = Since.AddTicks(-1) }));
        Assert.Equal(StatusCodes.Good, (await Result(new ViewDescription { ViewId = _view, Timestamp = Since })).StatusCode);
        Assert.Equal("BadViewParameterMismatch", await Refused(new ViewDescription { ViewId = _view, Timestamp = Since, ViewVersion = 7 }));
        // Without a view there is nothing to have a version.
        Assert.Equal(StatusCodes.Good, (await Result(new ViewDescription { ViewVersion = 3 })).StatusCode);
    }

    [Fact]
    public async Task Pages_stay_in_the_view_and_see_what_became_of_it()
    {
        var first = await Result(new ViewDescription { ViewId = _view }, page: 1);
        Assert.Equal(["a"], NodeWorld.Names(first));
        // What was seen ahead has left the view meanwhile.
        _catalog.Views[_view] = ["area", "a", "d"];
        var second = await _world.Next(first.ContinuationPoint);
        Assert.Equal(["d"], NodeWorld.Names(second));
        var again = await Result(new ViewDescription { ViewId = _view }, page: 1);
        _catalog.Views[_view] = ["a", "d"];
        Assert.Equal(StatusCodes.BadNodeNotInView, (await _world.Next(again.ContinuationPoint)).StatusCode);
        _catalog.Views[_view] = ["area", "a", "d"];
        again = await Result(new ViewDescription { ViewId = _view }, page: 1);
        _catalog.Views.Remove(_view);
        Assert.Equal(StatusCodes.BadViewIdUnknown, (await _world.Next(again.ContinuationPoint)).StatusCode);
    }

    [Fact]
    public async Task Pages_of_a_certain_version_end_with_it()
    {
        _catalog.Version = new ViewVersion(7, Since);
        var pinned = await Result(new ViewDescription { ViewId = _view, ViewVersion = 7 }, page: 1);
        var loose = await Result(new ViewDescription { ViewId = _view }, page: 1);
        _catalog.Version = new ViewVersion(8, Since.AddDays(1));
        Assert.Equal(StatusCodes.BadViewVersionInvalid, (await _world.Next(pinned.ContinuationPoint)).StatusCode);
        Assert.Equal(StatusCodes.Good, (await _world.Next(loose.ContinuationPoint)).StatusCode);
    }

    [Fact]
    public async Task A_view_that_is_closed_to_the_user_between_two_pages_gives_nothing_more()
    {
        var hidden = View("hidden", NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
        _catalog.Views[hidden] = ["area", "a", "b", "c"];
        var session = _world.Connect(NodeWorld.User(RoleTable.Operator));
        var first = await Result(new ViewDescription { ViewId = hidden }, page: 1, session: session);
        session.Access = NodeWorld.User();
        Assert.Equal(StatusCodes.BadViewIdUnknown, (await _world.Next(first.ContinuationPoint, session)).StatusCode);
    }

    [Fact]
    public async Task A_view_has_the_attributes_of_its_class_and_is_found_by_it()
    {
        _world.Object("folder");
        _world.Nodes.AddReference(NodeWorld.Id("folder"), ReferenceTypeIds.Organizes, isForward: true, _view);
        Assert.Equal(["view"], NodeWorld.Names(await _world.Browse(NodeWorld.Description(NodeWorld.Id("folder"), classes: (uint)NodeClass.View))));
        Assert.Empty(NodeWorld.Names(await _world.Browse(NodeWorld.Description(NodeWorld.Id("folder"), ReferenceTypeIds.HierarchicalReferences, classes: (uint)NodeClass.Object))));
        Assert.Equal(true, (await _world.Read(_view, AttributeIds.ContainsNoLoops)).Value);
        Assert.Equal((byte)0, (await _world.Read(_view, AttributeIds.EventNotifier)).Value);
        Assert.Equal(StatusCodes.BadAttributeIdInvalid, (await _world.Read(_view)).StatusCode);
    }

    private sealed class Catalog : IViewCatalog
    {
        public Dictionary<NodeId, HashSet<string>> Views { get; } = [];
        public ViewVersion Version { get; set; } = new(0, Since);

        public bool TryGet(in NodeId viewId, out ViewVersion version)
        {
            version = Version;
            return Views.ContainsKey(viewId);
        }

        public bool Contains(in NodeId viewId, in NodeRef node) => Views.TryGetValue(viewId, out var names) && names.Contains(node.NodeId.Text ?? "");
    }
}
