namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>What each item of each request passes through costs no memory of its own.</summary>
public sealed class HotPathTests
{
    private const int Times = 10_000;

    private readonly NodeWorld _world = new();

    // Bytes for each time; the runtime's own few, as when it compiles anew meanwhile, are less than one. The smallest object has 24.
    private static long AllocatedBy(Action action)
    {
        // What is made once, such as code and tables, is made before.
        for (var i = 0; i < 100; i++) action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++) action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
    }

    [Fact]
    public void A_decision_costs_no_memory()
    {
        var who = NodeWorld.User(RoleTable.Observer, RoleTable.Operator);
        var plain = _world.Variable("plain", 1.5);
        var own = _world.Variable("own", 1.5, permissions: NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything), restrictions: AccessRestrictionType.EncryptionRequired);
        var denied = _world.Variable("denied", 1.5, permissions: []);
        Assert.Equal(0, AllocatedBy(() =>
        {
            _world.Access.Resolve(who, plain, PermissionType.Read, out _);
            _world.Access.Resolve(who, own, PermissionType.Read, out _);
            _world.Access.Resolve(who, denied, PermissionType.Read, out _);
        }));
    }

    [Fact]
    public void Reading_a_number_costs_no_memory()
    {
        var who = NodeWorld.User();
        var node = _world.Variable("v", 1.5);
        var sum = 0.0;
        Assert.Equal(0, AllocatedBy(() => sum += Timestamps.Apply(_world.Reader.Read(who, node, AttributeIds.Value, null, default), TimestampsToReturn.Both, AttributeIds.Value, _world.Session.LastContact).Value.AsDouble()));
        Assert.True(sum >= Times * 1.5);
    }

    [Fact]
    public void Following_a_reference_costs_no_memory()
    {
        var who = NodeWorld.User();
        var folder = _world.Object("folder");
        for (var i = 0; i < 10; i++) _world.Object($"o{i}", folder);
        var browser = new ReferenceBrowser(_world.Space, _world.Access, _world.Types);
        Assert.Equal("Good", browser.TryStart(who, folder, out var node).ToString());
        Assert.Equal("Good", browser.TryFilter(BrowseDirection.Forward, ReferenceTypeIds.HierarchicalReferences, includeSubtypes: true, out var filter).ToString());
        var budget = new ReferenceBudget(int.MaxValue);
        var count = 0;
        Assert.Equal(0, AllocatedBy(() =>
        {
            var cursor = default(ReferenceCursor);
            while (browser.TryNext(who, node, filter, budget, ref cursor, out _, out _)) count++;
        }));
        Assert.Equal((Times + 100) * 10, count);
    }
}
