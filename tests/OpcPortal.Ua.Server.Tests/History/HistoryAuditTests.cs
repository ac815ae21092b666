using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>What auditors are told of changes to history, done or refused. Part 11 5.8.</summary>
public sealed class HistoryAuditTests : IEventReceiver
{
    private readonly HistoryWorld _world = new();
    private readonly MemoryHistory _history = new MemoryHistory().Add(At(5, 0), 1.0).Add(At(5, 15), 2.0).Add(At(5, 30), 3.0).Annotate(At(5, 0), "old", "ann");
    private readonly List<UaEvent> _heard = [];
    private readonly NodeId _node;

    public HistoryAuditTests()
    {
        _node = _world.Variable("meter", _history);
        _world.Nodes.Events.Recorder = this;
    }

    void IEventReceiver.OnEvent(UaEvent occurrence) => _heard.Add(occurrence);

    private static double[] Doubles(Variant values) => [.. values.AsArray<DataValue>()!.Select(v => v.Value.AsDouble())];

    private static string[] Messages(Variant annotations) => [.. annotations.AsArray<ExtensionObject?>()!.Select(a => ((Annotation)a!.Structure!).Message!)];

    [Fact]
    public async Task An_update_is_told_with_old_and_new_values_what_was_done_apart_from_what_was_refused()
    {
        DataValue[] values = [new(9.0, default, At(5, 0)), new("text", default, At(5, 15)), new(8.0, default, At(6, 0)), new(7.0, default, At(5, 30))];
        await _world.Update(new UpdateDataDetails { NodeId = _node, PerformInsertReplace = PerformUpdateType.Replace, UpdateValues = values });
        Assert.All(_heard, e => Assert.Equal((new NodeId(ObjectTypeIds.AuditHistoryValueUpdateEventType), _node, "Attribute/HistoryUpdate"), (e.EventType, e.SourceNode, e.SourceName)));
        Assert.All(_heard, e => Assert.Equal((_node, new NodeId(DataTypeIds.UpdateDataDetails)), (e.Fields["UpdatedNode"].AsNodeId(), e.Fields["ParameterDataTypeId"].AsNodeId())));
        Assert.Equal([(true, "Good"), (false, "BadTypeMismatch"), (false, "BadNoEntryExists")], _heard.Select(e => (e.Fields["Status"].AsBoolean(), e.Outcome.ToString())));
        Assert.Equal([9.0, 7.0], Doubles(_heard[0].Fields["NewValues"]));
        Assert.Equal([1.0, 3.0], Doubles(_heard[0].Fields["OldValues"]));
        Assert.Equal((int)PerformUpdateType.Replace, _heard[0].Fields["PerformInsertReplace"].AsInt32());
        Assert.Equal("text", _heard[1].Fields["NewValues"].AsArray<DataValue>()![0].Value.AsString());
        // What was refused changed nothing: what is there is told to nobody.
        Assert.All(_heard[1..], e => Assert.Null(e.Fields["OldValues"].Elements));
    }

    // Who may not change history is told of with what was tried; what is there is nobody's to learn by trying.
    [Fact]
    public async Task A_refused_update_is_told_without_what_is_there()
    {
        var node = _world.Variable("owned", _history, permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, PermissionType.Browse));
        await _world.Update(new UpdateDataDetails { NodeId = node, PerformInsertReplace = PerformUpdateType.Replace, UpdateValues = [new(9.0, default, At(5, 0))] });
        var heard = Assert.Single(_heard);
        Assert.Equal((false, "BadUserAccessDenied", true), (heard.Fields["Status"].AsBoolean(), heard.Outcome.ToString(), heard.Fields["OldValues"].Elements is null));
        Assert.Equal([9.0], Doubles(heard.Fields["NewValues"]));
    }

    [Fact]
    public async Task Annotations_are_told_with_what_was_noted_before()
    {
        var note = new DataValue(Variant.From(new Annotation { Message = "new", UserName = "ann" }), default, At(5, 0));
        await _world.Update(new UpdateStructureDataDetails { NodeId = _node, PerformInsertReplace = PerformUpdateType.Replace, UpdateValues = [note] });
        await _world.Update(new UpdateStructureDataDetails { NodeId = _node, PerformInsertReplace = PerformUpdateType.Remove, UpdateValues = [note] });
        Assert.All(_heard, e => Assert.Equal(new NodeId(ObjectTypeIds.AuditHistoryAnnotationUpdateEventType), e.EventType));
        Assert.Equal(["new"], Messages(_heard[0].Fields["NewValues"]));
        Assert.Equal(["old"], Messages(_heard[0].Fields["OldValues"]));
        // Part 11 5.8.4: what is removed leaves nothing.
        Assert.Empty(Messages(_heard[1].Fields["NewValues"]));
        Assert.Equal(["new"], Messages(_heard[1].Fields["OldValues"]));
    }

    [Fact]
    public async Task Deletions_are_told_with_what_was_there()
    {
        await _world.Update(new DeleteRawModifiedDetails { NodeId = _node, StartTime = At(5, 0), EndTime = At(5, 30) });
        await _world.Update(new DeleteAtTimeDetails { NodeId = _node, ReqTimes = [At(5, 30), At(5, 31)] });
        Assert.Equal([ObjectTypeIds.AuditHistoryRawModifyDeleteEventType, ObjectTypeIds.AuditHistoryAtTimeDeleteEventType, ObjectTypeIds.AuditHistoryAtTimeDeleteEventType], _heard.Select(e => e.EventType.Numeric));
        Assert.Equal((At(5, 0), At(5, 30), false), (_heard[0].Fields["StartTime"].AsDateTime(), _heard[0].Fields["EndTime"].AsDateTime(), _heard[0].Fields["IsDeleteModified"].AsBoolean()));
        Assert.Equal([1.0, 2.0], Doubles(_heard[0].Fields["OldValues"]));
        Assert.Equal([At(5, 30)], _heard[1].Fields["ReqTimes"].AsArray<DateTime>()!);
        Assert.Equal([3.0], Doubles(_heard[1].Fields["OldValues"]));
        Assert.Equal((false, At(5, 31)), (_heard[2].Fields["Status"].AsBoolean(), _heard[2].Fields["ReqTimes"].AsArray<DateTime>()![0]));
    }

    [Fact]
    public async Task Attempts_on_events_are_told()
    {
        var area = _world.Nodes.Object("area");
        await _world.Update(new UpdateEventDetails { NodeId = area, PerformInsertReplace = PerformUpdateType.Update, EventData = [new HistoryEventFieldList { EventFields = [1] }] });
        await _world.Update(new DeleteEventDetails { NodeId = area, EventIds = [new([7])] });
        Assert.Equal([ObjectTypeIds.AuditHistoryEventUpdateEventType, ObjectTypeIds.AuditHistoryEventDeleteEventType], _heard.Select(e => e.EventType.Numeric));
        Assert.All(_heard, e => Assert.Equal((false, "BadHistoryOperationUnsupported"), (e.Fields["Status"].AsBoolean(), e.Outcome.ToString())));
        Assert.Equal(new ByteString([7]), _heard[1].Fields["EventIds"].AsArray<ByteString>()![0]);
    }

    // Old values are found although they lie far apart, out of order, and the source gives short pages.
    [Fact]
    public async Task Old_values_are_found_wherever_they_lie()
    {
        const int Count = 300;
        foreach (var mostPerPage in (int[])[int.MaxValue, 1, 7])
        {
            _heard.Clear();
            var history = new MemoryHistory { MostPerPage = mostPerPage };
            for (var i = 0; i < Count; i++) history.Add(At(5, 0).AddMinutes(i), (double)i);
            var node = _world.Variable($"dense{mostPerPage}", history);
            // Every third of the first half backwards, then two that are not there, then the last.
            int[] wanted = [.. Enumerable.Range(0, Count / 6).Select(i => i * 3).Reverse(), Count - 1];
            DataValue[] values = [new(0.5, default, At(5, 0).AddSeconds(1)), .. wanted.Select(i => new DataValue(0.5, default, At(5, 0).AddMinutes(i))), new(0.5, default, At(5, 0).AddDays(1))];
            await _world.Update(new UpdateDataDetails { NodeId = node, PerformInsertReplace = PerformUpdateType.Update, UpdateValues = values });
            Assert.Equal(wanted.Select(i => (double)i), Doubles(Assert.Single(_heard).Fields["OldValues"]));
        }
    }
}
