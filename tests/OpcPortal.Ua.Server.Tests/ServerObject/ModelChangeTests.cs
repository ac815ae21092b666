using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 3 9.32 (ModelChangeEvents), 5.2.5 (NodeVersion), Part 5 6.4.32.</summary>
public sealed class ModelChangeTests : IDisposable
{
    private static readonly NodeId Version = new("Area/NodeVersion", 1);

    private readonly StandardSpace _space = new();
    private readonly ModelChanges _changes;
    private readonly Listener _listener;

    public ModelChangeTests()
    {
        var hub = new EventHub(_space.Space, _space.Types);
        _changes = new ModelChanges(hub, _space.Nodes, _space.Types, _space.Time);
        _listener = new Listener(hub, _space.Resolve(ObjectIds.Server));
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void One_event_lists_the_changes_of_one_call()
    {
        _changes.Report(StandardSpace.Area,
        [
            new ModelChange(StandardSpace.MeterOfA, ObjectTypeIds.BaseObjectType, ModelChangeVerbs.NodeAdded),
            new ModelChange(StandardSpace.Area, ObjectTypeIds.FolderType, ModelChangeVerbs.ReferenceAdded | ModelChangeVerbs.ReferenceDeleted),
        ]);
        var heard = Assert.Single(_listener.Events);
        Assert.Equal(new NodeId(ObjectTypeIds.GeneralModelChangeEventType), heard.EventType);
        Assert.Equal(new NodeId(ObjectIds.Server), heard.SourceNode);
        var listed = heard.Fields["Changes"].AsArray<ExtensionObject?>()!.Select(e => (ModelChangeStructureDataType)e!.Structure!).ToArray();
        Assert.Equal([(StandardSpace.MeterOfA, new NodeId(ObjectTypeIds.BaseObjectType), (byte)1), (StandardSpace.Area, ObjectTypeIds.FolderType, (byte)12)], listed.Select(c => (c.Affected, c.AffectedType, c.Verb)));
    }

    [Fact]
    public void Too_many_changes_are_told_without_their_list()
    {
        _changes.Report(StandardSpace.Area, [.. Enumerable.Repeat(new ModelChange(StandardSpace.MeterOfA, default, ModelChangeVerbs.NodeAdded), ModelChanges.MaxListed)]);
        Assert.Equal(new NodeId(ObjectTypeIds.GeneralModelChangeEventType), _listener.Events[0].EventType);
        _changes.Report(StandardSpace.Area, [.. Enumerable.Repeat(new ModelChange(StandardSpace.MeterOfA, default, ModelChangeVerbs.NodeAdded), ModelChanges.MaxListed + 1)]);
        Assert.Equal(new NodeId(ObjectTypeIds.BaseModelChangeEventType), _listener.Events[1].EventType);
        Assert.Empty(_listener.Events[1].Fields);
        _changes.Report(StandardSpace.Area, []);
        Assert.Equal(2, _listener.Events.Count);
    }

    [Fact]
    public void Who_may_not_browse_the_parent_does_not_hear_what_changed_below_it()
    {
        _changes.Report(StandardSpace.MeterOfA, [new ModelChange(new NodeId("Secret", 1), default, ModelChangeVerbs.NodeAdded)]);
        var heard = Assert.Single(_listener.Events);
        Assert.True(_space.EventAccess.MayReceive(StandardSpace.Anybody.With(StandardSpace.OwnerA), heard));
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Anybody.With(StandardSpace.OwnerB), heard));
        Assert.False(_space.EventAccess.MayReceive(StandardSpace.Anybody, heard));
    }

    [Fact]
    public void A_parent_with_a_NodeVersion_gets_a_new_one_each_time()
    {
        _space.Nodes.Add(
        [
            new NodeRecord
            {
                NodeId = Version,
                NodeClass = NodeClass.Variable,
                BrowseName = "NodeVersion",
                DataType = DataTypeIds.String,
                References = [new NodeSets.NodeReference(ReferenceTypeIds.HasProperty, false, StandardSpace.Area)],
            },
        ]);
        var versions = new List<Variant>();
        for (var i = 0; i < 3; i++)
        {
            _changes.Report(StandardSpace.Area, [new ModelChange(StandardSpace.MeterOfA, default, ModelChangeVerbs.NodeAdded)]);
            _space.Access.Resolve(StandardSpace.Anybody, Version, PermissionType.Read, out var grant);
            versions.Add(_space.Nodes.ReadValue(grant).Value);
        }

        Assert.Equal(3, versions.Distinct().Count());
        Assert.DoesNotContain(default, versions);
    }

    [Fact]
    public void The_field_is_declared_by_the_type()
    {
        _changes.Report(StandardSpace.Area, [new ModelChange(StandardSpace.MeterOfA, default, ModelChangeVerbs.NodeAdded)]);
        var filter = _space.Compile(Filters.Filter([Filters.Field("Changes", ObjectTypeIds.GeneralModelChangeEventType)]));
        Assert.True(filter.TrySelect(_listener.Events[0], StandardSpace.Anybody, out var fields));
        Assert.Equal(BuiltInType.ExtensionObject, fields[0].Type);
    }
}
