using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>HistoryUpdate. Part 11 6.9.</summary>
public sealed class HistoryUpdateTests
{
    private const PermissionType All = NodeWorld.Everything;

    private readonly HistoryWorld _world = new(new OperationLimits { MaxHistoryChangesPerRequest = 5, MaxNodesPerHistoryUpdateData = 3, MaxNodesPerHistoryUpdateEvents = 1 });
    private readonly MemoryHistory _history = new MemoryHistory().Add(At(5, 0), 1.0).Add(At(5, 15), 2.0).Annotate(At(5, 0), "old", "ann");
    private readonly NodeId _node;

    public HistoryUpdateTests() => _node = _world.Variable("meter", _history);

    private static DataValue Value(DateTime time, Variant value, StatusCode status = default) => new(value, status, time);

    private UpdateDataDetails Data(PerformUpdateType kind, params DataValue[] values) => new() { NodeId = _node, PerformInsertReplace = kind, UpdateValues = values };

    private static DataValue Note(DateTime time, string text, string user = "ann") => new(Variant.From(new Annotation { Message = text, UserName = user, AnnotationTime = At(9, 0) }), default, time);

    private UpdateStructureDataDetails Notes(PerformUpdateType kind, params DataValue[] values) => new() { NodeId = _node, PerformInsertReplace = kind, UpdateValues = values };

    private static string[] Texts(HistoryUpdateResult result) => [result.StatusCode.ToString(), .. result.OperationResults?.Select(s => s.ToString()) ?? []];

    [Fact]
    public async Task Values_are_inserted_replaced_and_updated_each_with_its_status()
    {
        var two = new[] { Value(At(5, 0), 9.0), Value(At(5, 30), 8.0) };
        Assert.Equal(["Good", "BadEntryExists", "GoodEntryInserted"], Texts(await _world.Update(Data(PerformUpdateType.Insert, two))));
        Assert.Equal(["Good", "GoodEntryReplaced", "BadNoEntryExists"], Texts(await _world.Update(Data(PerformUpdateType.Replace, two[0], Value(At(5, 45), 7.0)))));
        Assert.Equal(["Good", "GoodEntryReplaced", "GoodEntryInserted"], Texts(await _world.Update(Data(PerformUpdateType.Update, two[1], Value(At(5, 45), 7.0)))));
        Assert.Equal([9.0, 2.0, 8.0, 7.0], _history.Values.Select(v => v.Value.AsDouble()));
    }

    // Part 11 6.9.2.1.
    [Fact]
    public async Task What_is_no_kind_of_update_is_refused()
    {
        foreach (var kind in (PerformUpdateType[])[PerformUpdateType.Remove, (PerformUpdateType)0, (PerformUpdateType)5, (PerformUpdateType)(-1)])
            Assert.Equal(["BadInvalidArgument"], Texts(await _world.Update(Data(kind, Value(At(6, 0), 1.0)))));
        Assert.Equal(["BadNothingToDo"], Texts(await _world.Update(Data(PerformUpdateType.Insert))));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_the_node_or_the_calendar_is_refused_alone()
    {
        var latest = DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);
        var values = new[] { Value(At(6, 0), "text"), Value(At(6, 1), 1.5), Value(default, 1.0), Value(latest, 1.0), Value(At(6, 2), default, StatusCodes.BadNoData) };
        Assert.Equal(["Good", "BadTypeMismatch", "GoodEntryInserted", "BadInvalidTimestamp", "BadOutOfRange", "GoodEntryInserted"], Texts(await _world.Update(Data(PerformUpdateType.Insert, values))));
        Assert.Equal(["Good", "BadTypeMismatch"], Texts(await _world.Update(Data(PerformUpdateType.Insert, Value(At(6, 3), new Variant(new[] { 1.0 }))))));
        Assert.Equal(["Good", "BadTypeMismatch"], Texts(await _world.Update(Data(PerformUpdateType.Insert, Value(At(6, 3), default)))));
        Assert.Equal(4, _history.Values.Count);
    }

    // Part 3 8.55: each permission lets do its own, an update takes two.
    [Theory]
    [InlineData(PermissionType.InsertHistory, true, false, false, false)]
    [InlineData(PermissionType.ModifyHistory, false, true, false, false)]
    [InlineData(PermissionType.InsertHistory | PermissionType.ModifyHistory, true, true, true, false)]
    [InlineData(PermissionType.DeleteHistory, false, false, false, true)]
    [InlineData(All & ~(PermissionType.InsertHistory | PermissionType.ModifyHistory | PermissionType.DeleteHistory), false, false, false, false)]
    public async Task Each_change_takes_its_own_permission(PermissionType permissions, bool inserts, bool replaces, bool updates, bool deletes)
    {
        var node = _world.Variable("owned", _history, permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, PermissionType.Browse | permissions));
        Assert.Equal(inserts, await May(new UpdateDataDetails { PerformInsertReplace = PerformUpdateType.Insert, NodeId = node, UpdateValues = [Value(At(7, 0), 1.0)] }));
        Assert.Equal(replaces, await May(new UpdateDataDetails { PerformInsertReplace = PerformUpdateType.Replace, NodeId = node, UpdateValues = [Value(At(5, 0), 1.0)] }));
        Assert.Equal(updates, await May(new UpdateDataDetails { PerformInsertReplace = PerformUpdateType.Update, NodeId = node, UpdateValues = [Value(At(7, 1), 1.0)] }));
        Assert.Equal(inserts, await May(new UpdateStructureDataDetails { PerformInsertReplace = PerformUpdateType.Insert, NodeId = node, UpdateValues = [Note(At(5, 0), "new")] }));
        Assert.Equal(replaces, await May(new UpdateStructureDataDetails { PerformInsertReplace = PerformUpdateType.Replace, NodeId = node, UpdateValues = [Note(At(5, 0), "new")] }));
        Assert.Equal(deletes, await May(new UpdateStructureDataDetails { PerformInsertReplace = PerformUpdateType.Remove, NodeId = node, UpdateValues = [Note(At(5, 0), "new")] }));
        Assert.Equal(deletes, await May(new DeleteAtTimeDetails { NodeId = node, ReqTimes = [At(5, 15)] }));
        Assert.Equal(deletes, await May(new DeleteRawModifiedDetails { NodeId = node, StartTime = At(5, 0), EndTime = At(5, 0) }));

        async Task<bool> May(HistoryUpdateDetails details)
        {
            var status = (await _world.Update(details)).StatusCode;
            Assert.True(status.IsGood || status == StatusCodes.BadUserAccessDenied, status.ToString());
            return status.IsGood;
        }
    }

    [Fact]
    public async Task A_node_whose_history_cannot_be_written_refuses_all()
    {
        var readOnly = _world.Variable("readonly", _history, level: AccessLevelExType.CurrentRead | AccessLevelExType.HistoryRead);
        foreach (var (node, status) in ((NodeId, string)[])[(readOnly, "BadHistoryOperationUnsupported"), (ObjectIds.ObjectsFolder, "BadHistoryOperationUnsupported"), (new NodeId("nowhere", 1), "BadNodeIdUnknown")])
            Assert.Equal([status], Texts(await _world.Update(new UpdateDataDetails { NodeId = node, PerformInsertReplace = PerformUpdateType.Insert, UpdateValues = [Value(At(8, 0), 1.0)] })));
    }

    // Part 11 6.9.3: one annotation of a user at a time.
    [Fact]
    public async Task Annotations_are_inserted_replaced_and_removed()
    {
        Assert.Equal(["Good", "GoodEntryInserted"], Texts(await _world.Update(Notes(PerformUpdateType.Insert, Note(At(5, 15), "storm")))));
        Assert.Equal(["Good", "GoodEntryReplaced", "BadNoEntryExists"], Texts(await _world.Update(Notes(PerformUpdateType.Replace, Note(At(5, 0), "new"), Note(At(5, 30), "new")))));
        Assert.Equal(["Good", "GoodEntryReplaced"], Texts(await _world.Update(Notes(PerformUpdateType.Update, Note(At(5, 15), "thunderstorm")))));
        Assert.Equal(["Good", "Good", "BadNoEntryExists"], Texts(await _world.Update(Notes(PerformUpdateType.Remove, Note(At(5, 0), ""), Note(At(5, 30), "")))));
        Assert.Equal(["Good", "BadTypeMismatch", "BadInvalidTimestamp", "GoodEntryInserted"], Texts(await _world.Update(Notes(PerformUpdateType.Insert, Value(At(5, 0), 1.0), Note(default, "x"), Note(At(5, 0), "x")))));
        var left = HistoryWorld.Values(await _world.Read(_node, new ReadAnnotationDataDetails { ReqTimes = [At(5, 0), At(5, 15)] }));
        Assert.Equal(["x", "thunderstorm"], left.Select(v => v.Value.AsStructure<Annotation>()!.Message));
    }

    // Part 11 6.9.5: up to, not including, the end; equal times name one value.
    [Fact]
    public async Task A_stretch_is_deleted_without_its_end()
    {
        Task<HistoryUpdateResult> Delete(DateTime start, DateTime end, bool modified = false) =>
            _world.Update(new DeleteRawModifiedDetails { NodeId = _node, StartTime = start, EndTime = end, IsDeleteModified = modified });

        foreach (var (start, end) in ((DateTime, DateTime)[])[(At(5, 15), At(5, 0)), (default, At(5, 15)), (At(5, 0), default), (default, default)])
            Assert.Equal(["BadInvalidTimestampArgument"], Texts(await Delete(start, end)));
        Assert.Equal(["BadNoData"], Texts(await Delete(At(5, 1), At(5, 15))));
        Assert.Equal(["Good"], Texts(await Delete(At(5, 0), At(5, 15))));
        Assert.Equal([At(5, 15)], _history.Values.Select(v => v.SourceTimestamp));
        Assert.Equal(["Good"], Texts(await Delete(At(5, 15), At(5, 15))));
        Assert.Empty(_history.Values);
        Assert.Equal(["BadHistoryOperationUnsupported"], Texts(await Delete(At(5, 0), At(5, 15), modified: true)));
    }

    [Fact]
    public async Task Values_of_given_times_are_deleted_each_with_its_status()
    {
        Assert.Equal(["Good", "Good", "BadNoEntryExists"], Texts(await _world.Update(new DeleteAtTimeDetails { NodeId = _node, ReqTimes = [At(5, 15), At(5, 16)] })));
        Assert.Equal(["BadNothingToDo"], Texts(await _world.Update(new DeleteAtTimeDetails { NodeId = _node })));
        Assert.Equal([At(5, 0)], _history.Values.Select(v => v.SourceTimestamp));
    }

    // Events are evidence.
    [Fact]
    public async Task Events_are_neither_written_nor_deleted()
    {
        var area = _world.Nodes.Object("area");
        Assert.Equal(["BadHistoryOperationUnsupported"], Texts(await _world.Update(new UpdateEventDetails { NodeId = area, PerformInsertReplace = PerformUpdateType.Insert, EventData = [new HistoryEventFieldList()] })));
        Assert.Equal(["BadHistoryOperationUnsupported"], Texts(await _world.Update(new DeleteEventDetails { NodeId = area, EventIds = [new([1])] })));
        Assert.Equal(["BadNodeIdUnknown"], Texts(await _world.Update(new DeleteEventDetails { NodeId = new NodeId("nowhere", 1), EventIds = [new([1])] })));
    }

    [Fact]
    public async Task A_request_is_bounded_and_details_that_are_none_fail_alone()
    {
        DataValue[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => Value(At(7, i), 1.0))];
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Update(Array.Empty<HistoryUpdateDetails>())));
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => _world.Update([Data(PerformUpdateType.Insert, Many(3)), Data(PerformUpdateType.Insert, Many(3))])));
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => _world.Update([.. Enumerable.Repeat(Data(PerformUpdateType.Insert), 4)])));
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => _world.Update([new DeleteEventDetails(), new DeleteEventDetails()])));
        var request = new HistoryUpdateRequest { HistoryUpdateDetails = [null, new ExtensionObject(new NodeId(4711, 1), new ByteString([1])), new ExtensionObject(Data(PerformUpdateType.Insert, Many(5)))] };
        var results = (await _world.Nodes.Send<HistoryUpdateResponse>(request)).Results!;
        Assert.Equal(["BadHistoryOperationInvalid", "BadHistoryOperationUnsupported", "Good"], results.Select(r => r.StatusCode.ToString()));
    }
}
