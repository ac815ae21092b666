using System.Globalization;
using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.History.HistoryWorld;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>HistoryRead of raw values. Part 11 4.6, 6.5.3.2.</summary>
public sealed class RawHistoryTests
{
    private readonly HistoryWorld _world = new();
    private readonly NodeId _node;

    public RawHistoryTests() => _node = _world.Variable("meter", FiveValues());

    private static MemoryHistory FiveValues(int mostPerPage = int.MaxValue)
    {
        var history = new MemoryHistory { MostPerPage = mostPerPage };
        foreach (var minute in (int[])[0, 2, 3, 5, 6]) history.Add(At(5, minute), (double)minute);
        return history;
    }

    private static DateTime Time(string text) => text == "-" ? default : At(int.Parse(text[..1], CultureInfo.InvariantCulture), int.Parse(text[2..], CultureInfo.InvariantCulture));

    // FIRST and LAST stand for a bound that was not found: no value, at the time of the request, or a second beyond the last value where it gave none.
    private static string Text(DataValue value)
    {
        var time = value.SourceTimestamp.ToString(value.SourceTimestamp.Second == 0 ? "H:mm" : "H:mm:ss", CultureInfo.InvariantCulture);
        return value.StatusCode.Code switch
        {
            StatusCodes.Good when value.Value.AsDouble() == value.SourceTimestamp.Minute => time,
            StatusCodes.BadBoundNotFound when value.Value.IsNull => $"!{time}",
            _ => value.ToString(),
        };
    }

    // Part 11 4.6 Table 1 (Bounding Value examples): a historian with values at 5:00, 5:02, 5:03, 5:05 and 5:06. "-" is unspecified, "!" a bound that was not found.
    [Theory]
    [InlineData("5:00", "5:05", 0, true, "5:00 5:02 5:03 5:05")]
    [InlineData("5:00", "5:05", 0, false, "5:00 5:02 5:03")]
    [InlineData("5:01", "5:04", 0, true, "5:00 5:02 5:03 5:05")]
    [InlineData("5:01", "5:04", 0, false, "5:02 5:03")]
    [InlineData("5:05", "5:00", 0, true, "5:05 5:03 5:02 5:00")]
    [InlineData("5:05", "5:00", 0, false, "5:05 5:03 5:02")]
    [InlineData("5:04", "5:01", 0, true, "5:05 5:03 5:02 5:00")]
    [InlineData("5:04", "5:01", 0, false, "5:03 5:02")]
    [InlineData("4:59", "5:05", 0, true, "!4:59 5:00 5:02 5:03 5:05")]
    [InlineData("4:59", "5:05", 0, false, "5:00 5:02 5:03")]
    [InlineData("5:01", "5:07", 0, true, "5:00 5:02 5:03 5:05 5:06 !5:07")]
    [InlineData("5:01", "5:07", 0, false, "5:02 5:03 5:05 5:06")]
    [InlineData("5:00", "5:05", 3, true, "5:00 5:02 5:03 | 5:05")]
    [InlineData("5:00", "5:05", 3, false, "5:00 5:02 5:03")]
    [InlineData("5:01", "5:04", 3, true, "5:00 5:02 5:03 | 5:05")]
    [InlineData("5:01", "5:04", 3, false, "5:02 5:03")]
    [InlineData("5:05", "5:00", 3, true, "5:05 5:03 5:02 | 5:00")]
    [InlineData("5:05", "5:00", 3, false, "5:05 5:03 5:02")]
    [InlineData("5:04", "5:01", 3, true, "5:05 5:03 5:02 | 5:00")]
    [InlineData("5:04", "5:01", 3, false, "5:03 5:02")]
    [InlineData("4:59", "5:05", 3, true, "!4:59 5:00 5:02 | 5:03 5:05")]
    [InlineData("4:59", "5:05", 3, false, "5:00 5:02 5:03")]
    [InlineData("5:01", "5:07", 3, true, "5:00 5:02 5:03 | 5:05 5:06 !5:07")]
    [InlineData("5:01", "5:07", 3, false, "5:02 5:03 5:05 | 5:06")]
    [InlineData("5:00", "-", 3, true, "5:00 5:02 5:03")]
    [InlineData("5:00", "-", 3, false, "5:00 5:02 5:03")]
    [InlineData("5:00", "-", 6, true, "5:00 5:02 5:03 5:05 5:06 !5:06:01")]
    [InlineData("5:00", "-", 6, false, "5:00 5:02 5:03 5:05 5:06")]
    [InlineData("5:07", "-", 6, true, "5:06 !5:06:01")]
    [InlineData("5:07", "-", 6, false, "")]
    [InlineData("-", "5:06", 3, true, "5:06 5:05 5:03")]
    [InlineData("-", "5:06", 3, false, "5:06 5:05 5:03")]
    [InlineData("-", "5:06", 6, true, "5:06 5:05 5:03 5:02 5:00 !4:59:59")]
    [InlineData("-", "5:06", 6, false, "5:06 5:05 5:03 5:02 5:00")]
    [InlineData("-", "4:48", 6, true, "5:00 !4:59:59")]
    [InlineData("-", "4:48", 6, false, "")]
    [InlineData("4:48", "4:48", 0, true, "!4:48 5:00")]
    [InlineData("4:48", "4:48", 0, false, "")]
    [InlineData("4:48", "4:48", 1, true, "!4:48 | 5:00")]
    [InlineData("4:48", "4:48", 1, false, "")]
    [InlineData("4:48", "4:48", 2, true, "!4:48 5:00")]
    [InlineData("5:00", "5:00", 0, true, "5:00 5:02")]
    [InlineData("5:00", "5:00", 0, false, "5:00")]
    [InlineData("5:00", "5:00", 1, true, "5:00 | 5:02")]
    [InlineData("5:00", "5:00", 1, false, "5:00")]
    [InlineData("5:01", "5:01", 0, true, "5:00 5:02")]
    [InlineData("5:01", "5:01", 0, false, "")]
    [InlineData("5:01", "5:01", 1, true, "5:00 | 5:02")]
    [InlineData("5:01", "5:01", 1, false, "")]
    public async Task The_values_and_bounds_of_a_time_domain_are_those_of_the_standards_table(string start, string end, uint count, bool bounds, string expected)
    {
        foreach (var mostPerPage in (int[])[int.MaxValue, 1, 2])
        {
            var world = new HistoryWorld();
            var node = world.Variable("meter", FiveValues(mostPerPage));
            var pages = await world.ReadAll(node, Raw(Time(start), Time(end), count, bounds));
            Assert.Equal(expected, string.Join(" | ", pages.Select(page => string.Join(' ', Values(page).Select(Text)))));
            // Part 11 6.5.3.2: where nothing was found at all, that is told as such.
            var isNothing = !expected.Contains('5', StringComparison.Ordinal);
            Assert.Equal(isNothing ? "GoodNoData" : "Good", pages[^1].StatusCode.ToString());
        }
    }

    [Fact]
    public async Task A_page_of_the_servers_own_size_ends_with_a_continuation_point()
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryValuesPerNode = 2 });
        var node = world.Variable("meter", FiveValues());
        foreach (var wanted in (uint[])[0, 5, uint.MaxValue])
        {
            var pages = await world.ReadAll(node, Raw(At(5, 0), At(6, 0), wanted));
            Assert.Equal("5:00 5:02 | 5:03 5:05 | 5:06", string.Join(" | ", pages.Select(page => string.Join(' ', Values(page).Select(Text)))));
        }

        // Part 11 6.5.3.2: so many values from one time on, and not more.
        var some = await world.ReadAll(node, Raw(At(5, 0), default, 3));
        Assert.Equal("5:00 5:02 | 5:03", string.Join(" | ", some.Select(page => string.Join(' ', Values(page).Select(Text)))));
    }

    [Fact]
    public async Task Times_at_the_ends_of_time_are_times_like_others()
    {
        var first = new DateTime(1601, 1, 1, 0, 0, 1, DateTimeKind.Utc);
        var last = new DateTime(9999, 12, 31, 0, 0, 0, DateTimeKind.Utc);
        foreach (var (start, end, count) in ((DateTime, DateTime, int)[])[(first, last, 5), (last, first, 5), (first, DateTime.MaxValue, 5), (DateTime.MaxValue, first, 5), (DateTime.MaxValue, DateTime.MaxValue, 0)])
        {
            var result = await _world.Read(_node, Raw(DateTime.SpecifyKind(start, DateTimeKind.Utc), DateTime.SpecifyKind(end, DateTimeKind.Utc)));
            Assert.Equal((count, count == 0 ? "GoodNoData" : "Good"), (Values(result).Length, result.StatusCode.ToString()));
        }

        Assert.Equal(["BadBoundNotFound"], Values(await _world.Read(_node, Raw(first, default, 1, bounds: true))).Select(v => v.StatusCode.ToString()));
        Assert.Equal(6, Values(await _world.Read(_node, Raw(DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc), first, bounds: true))).Length - 1);
    }

    // Part 11 6.5.3.1: two of three.
    [Fact]
    public async Task Fewer_than_two_of_start_end_and_count_are_refused()
    {
        foreach (var (start, end, count) in ((DateTime, DateTime, uint)[])[(default, default, 0), (default, default, 7), (At(5, 0), default, 0), (default, At(5, 0), 0)])
            Assert.Equal("BadInvalidTimestampArgument", await NodeWorld.Fault(() => _world.Read(_node, Raw(start, end, count))));
        Assert.Equal("Good", (await _world.Read(_node, Raw(At(5, 0), default, uint.MaxValue))).StatusCode.ToString());
    }

    [Fact]
    public async Task The_times_that_are_asked_for_go_with_each_value()
    {
        foreach (var (wanted, source, server) in ((TimestampsToReturn, DateTime, DateTime)[])
            [(TimestampsToReturn.Source, At(5, 0), default), (TimestampsToReturn.Server, default, At(5, 0, 2)), (TimestampsToReturn.Both, At(5, 0), At(5, 0, 2))])
        {
            var value = Assert.Single(Values(await _world.Read(_node, Raw(At(5, 0), At(5, 0)), timestamps: wanted)));
            Assert.Equal((source, server), (value.SourceTimestamp, value.ServerTimestamp));
        }

        // Part 4 5.11.3.2: history without times says nothing.
        foreach (var wrong in (TimestampsToReturn[])[TimestampsToReturn.Neither, (TimestampsToReturn)4, (TimestampsToReturn)(-1)])
            Assert.Equal("BadTimestampsToReturnInvalid", await NodeWorld.Fault(() => _world.Read(_node, Raw(At(5, 0), At(5, 0)), timestamps: wrong)));
    }

    [Fact]
    public async Task An_index_range_takes_its_part_of_each_value()
    {
        var node = _world.Variable("profile", new MemoryHistory().Add(At(5, 0), new Variant(new[] { 1.0, 2.0, 3.0 })).Add(At(5, 1), new Variant(new[] { 4.0 })).Add(At(5, 2), default, StatusCodes.BadNoData), rank: 1);
        var values = Values(await _world.Read(node, Raw(At(5, 0), At(6, 0)), range: "1:2"));
        Assert.Equal([2.0, 3.0], values[0].Value.AsArray<double>()!);
        // Part 4 7.27: outside of one value is no fault of the others; times stay.
        Assert.Equal(("BadIndexRangeNoData", true, At(5, 1)), (values[1].StatusCode.ToString(), values[1].Value.IsNull, values[1].SourceTimestamp));
        Assert.Equal("BadNoData", values[2].StatusCode.ToString());
        Assert.Equal("BadIndexRangeInvalid", (await _world.Read(node, Raw(At(5, 0), At(6, 0)), range: "2:1")).StatusCode.ToString());
    }

    [Fact]
    public async Task A_data_encoding_is_for_structures_alone()
    {
        var structures = _world.Variable("range", new MemoryHistory().Add(At(5, 0), Variant.From(new Range { Low = 1, High = 2 })), DataTypeIds.Range);
        Task<HistoryReadResult> Of(NodeId node, QualifiedName encoding) => _world.Read(node, Raw(At(5, 0), At(6, 0)), encoding: encoding);
        Assert.Equal("Good", (await Of(structures, "Default Binary")).StatusCode.ToString());
        Assert.Equal("Good", (await Of(structures, "")).StatusCode.ToString());
        Assert.Equal("BadDataEncodingUnsupported", (await Of(structures, "Default XML")).StatusCode.ToString());
        Assert.Equal("BadDataEncodingInvalid", (await Of(_node, "Default Binary")).StatusCode.ToString());
    }

    [Fact]
    public async Task One_node_that_cannot_be_read_fails_alone()
    {
        var silent = _world.Nodes.Variable("silent", 1.0, DataTypeIds.Double, -1);
        var broken = _world.Variable("broken", new BrokenHistory());
        var secret = _world.Variable("secret", FiveValues(), permissions: NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
        var seen = _world.Variable("seen", FiveValues(), permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, NodeWorld.Everything & ~PermissionType.ReadHistory));
        NodeId[] nodes = [new NodeId("nowhere", 1), silent, ObjectIds.ObjectsFolder, broken, secret, seen, _node];
        var results = await _world.Read(Array.ConvertAll(nodes, node => new HistoryReadValueId { NodeId = node }), Raw(At(5, 0), At(6, 0)));
        Assert.Equal(
            ["BadNodeIdUnknown", "BadHistoryOperationUnsupported", "BadHistoryOperationUnsupported", "BadInternalError", "BadNodeIdUnknown", "BadUserAccessDenied", "Good"],
            results.Select(r => r.StatusCode.ToString()));
        Assert.Equal(5, Values(results[^1]).Length);
    }

    // Part 3 5.6.2: the bit says that there is history; who may not read the node is not told whether there is any.
    [Fact]
    public async Task A_node_without_the_bit_of_history_has_none_for_everybody()
    {
        var hidden = _world.Variable("hidden", FiveValues(), level: AccessLevelExType.CurrentRead, permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, PermissionType.Browse));
        Assert.Equal("BadHistoryOperationUnsupported", (await _world.Read(hidden, Raw(At(5, 0), At(6, 0)))).StatusCode.ToString());
    }

    [Fact]
    public async Task The_number_of_nodes_is_bounded()
    {
        var world = new HistoryWorld(new OperationLimits { MaxNodesPerHistoryReadData = 2, MaxNodesPerHistoryReadEvents = 1 });
        var node = world.Variable("meter", FiveValues());
        HistoryReadValueId[] Nodes(int count) => [.. Enumerable.Repeat(new HistoryReadValueId { NodeId = node }, count)];
        Assert.Equal(2, (await world.Read(Nodes(2), Raw(At(5, 0), At(6, 0)))).Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => world.Read(Nodes(3), Raw(At(5, 0), At(6, 0)))));
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => world.Read(Nodes(2), new ReadEventDetails { StartTime = At(5, 0), EndTime = At(6, 0) })));
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => world.Read([], Raw(At(5, 0), At(6, 0)))));
    }

    [Fact]
    public async Task Details_that_are_no_details_are_refused()
    {
        Assert.Equal("BadHistoryOperationInvalid", await NodeWorld.Fault(() => _world.Read(_node, null)));
        Assert.Equal("BadHistoryOperationInvalid", await Of(new ExtensionObject(new Range())));
        Assert.Equal("BadHistoryOperationUnsupported", await Of(new ExtensionObject(new NodeId(4711, 1), new ByteString([1, 2]))));
        // Part 11 6.5.3.3: modified values have no bounds.
        Assert.Equal("BadInvalidArgument", await NodeWorld.Fault(() => _world.Read(_node, new ReadRawModifiedDetails { IsReadModified = true, ReturnBounds = true, StartTime = At(5, 0), EndTime = At(6, 0) })));

        Task<string> Of(ExtensionObject details) => NodeWorld.Fault(() => _world.Nodes.Send<HistoryReadResponse>(new HistoryReadRequest { HistoryReadDetails = details, NodesToRead = [new HistoryReadValueId { NodeId = _node }] }));
    }

    private sealed class BrokenHistory : Refusing
    {
        public override ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => throw new InvalidOperationException("The disk is gone.");
    }
}

/// <summary>A history that can nothing but what a test lets it.</summary>
internal abstract class Refusing : INodeHistory
{
    public HistoryTraits Traits { get; } = new();
    public virtual ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation) => throw new NotSupportedException();
    public virtual ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) => throw new NotSupportedException();
    public virtual ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) => throw new NotSupportedException();
    public virtual ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation) => throw new NotSupportedException();
    public virtual ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => throw new NotSupportedException();
    public virtual ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => throw new NotSupportedException();
    public virtual ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => throw new NotSupportedException();
}
