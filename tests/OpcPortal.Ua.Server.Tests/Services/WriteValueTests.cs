namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Write, of values. Part 4 5.11.4.</summary>
public sealed class WriteValueTests
{
    private static readonly DateTime Measured = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly NodeWorld _world = new(new OperationLimits { MaxNodesPerWrite = 3 });

    [Fact]
    public async Task Writing_an_unknown_node_fails_only_that_item()
    {
        var node = _world.Variable("v", 7);
        var items = new[] { NodeWorld.Id("none"), node, ObjectIds.ObjectsFolder }.Select(n => new WriteValue { NodeId = n, AttributeId = AttributeIds.Value, Value = new DataValue(8) }).ToArray();
        var results = (await _world.Send<WriteResponse>(new WriteRequest { NodesToWrite = items })).Results!;
        Assert.Equal(["BadNodeIdUnknown", "Good", "BadAttributeIdInvalid"], results.Select(r => r.ToString()));
        Assert.Equal(8, (await _world.Read(node)).Value.AsInt32());
    }

    [Fact]
    public async Task The_number_of_items_is_at_least_one_and_at_most_the_limit()
    {
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => Write(0)));
        Assert.Equal(3, (await Write(3)).Results!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => Write(4)));

        Task<WriteResponse> Write(int count) => _world.Send<WriteResponse>(new WriteRequest { NodesToWrite = new WriteValue[count] });
    }

    // Part 4 5.11.4.1: each in its own way; a device that breaks down breaks its own item.
    [Fact]
    public async Task A_writer_that_fails_fails_only_its_item()
    {
        NodeId[] nodes = [_world.Variable("a", 0), _world.Variable("b", 0), _world.Variable("c", 0)];
        _world.Nodes.BindWrite(nodes[0], static (_, _, _) => throw new InvalidOperationException("broken"));
        _world.Nodes.BindWrite(nodes[1], static async (_, _, _) =>
        {
            await Task.Yield();
            throw new ServiceException(StatusCodes.BadNoCommunication);
        });
        var response = await _world.Send<WriteResponse>(new WriteRequest { NodesToWrite = [.. nodes.Select(n => new WriteValue { NodeId = n, AttributeId = AttributeIds.Value, Value = new DataValue(1) })] });
        Assert.Equal(["BadInternalError", "BadNoCommunication", "Good"], response.Results!.Select(r => r.ToString()));
    }

    [Fact]
    public async Task A_slow_writer_holds_up_no_other_and_ends_when_the_request_is_cancelled()
    {
        var slow = _world.Variable("slow", 0);
        var quick = _world.Variable("quick", 0);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Nodes.BindWrite(slow, async (_, _, cancellation) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return StatusCodes.Good;
        });
        using var cancellation = new CancellationTokenSource();
        var items = new[] { slow, quick }.Select(n => new WriteValue { NodeId = n, AttributeId = AttributeIds.Value, Value = new DataValue(1) }).ToArray();
        var pending = _world.Send<WriteResponse>(new WriteRequest { NodesToWrite = items }, cancellation: cancellation.Token);
        await begun.Task;
        Assert.Equal(1, (await _world.Read(quick)).Value.AsInt32());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    // Part 3 8.57 (AccessLevelType). What is refused leaves the value as it was.
    [Theory]
    [InlineData(AccessLevelExType.CurrentRead, "BadNotWritable", "BadNotWritable", "BadNotWritable")]
    [InlineData(AccessLevelExType.CurrentRead | AccessLevelExType.StatusWrite | AccessLevelExType.TimestampWrite, "BadNotWritable", "BadNotWritable", "BadNotWritable")]
    [InlineData(AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite, "Good", "BadWriteNotSupported", "BadWriteNotSupported")]
    [InlineData(AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite | AccessLevelExType.StatusWrite, "Good", "Good", "BadWriteNotSupported")]
    [InlineData(AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite | AccessLevelExType.TimestampWrite, "Good", "BadWriteNotSupported", "Good")]
    [InlineData(AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite | AccessLevelExType.StatusWrite | AccessLevelExType.TimestampWrite, "Good", "Good", "Good")]
    public async Task What_may_be_written_of_value_status_and_times_the_access_level_says(AccessLevelExType level, string value, string status, string times)
    {
        var initial = new DataValue(1);
        foreach (var (written, expected) in new[]
                 {
                     (new DataValue(2), value),
                     (new DataValue(2, StatusCodes.UncertainSubstituteValue), status),
                     (new DataValue(2, default, Measured), times),
                     (new DataValue(2, default, default, Measured), times),
                 })
        {
            var node = _world.Variable($"{expected}{written.StatusCode}{written.SourceTimestamp.Ticks}{written.ServerTimestamp.Ticks}", 1, level: level);
            Assert.Equal(expected, await _world.Write(node, written));
            Assert.Equal(expected == "Good" ? written : initial, Stored(node));
        }

        DataValue Stored(NodeId node)
        {
            Assert.Equal("Good", _world.Access.Resolve(_world.Session.Access!, node, PermissionType.Read, out var grant).ToString());
            return grant.Node.Source.ReadValue(grant);
        }
    }

    [Fact]
    public async Task A_value_that_nobody_can_write_is_not_writable_and_one_that_others_can_is_denied()
    {
        var browse = NodeWorld.Only(RoleTable.AuthenticatedUser, PermissionType.Browse | PermissionType.Read);
        Assert.Equal("BadNotWritable", await _world.Write(_world.Variable("fixed", 1, level: AccessLevelExType.CurrentRead, permissions: browse), 2));
        Assert.Equal("BadUserAccessDenied", await _world.Write(_world.Variable("theirs", 1, permissions: browse), 2));
        var type = _world.Add(new NodeSets.NodeRecord { NodeId = NodeWorld.Id("t"), NodeClass = NodeClass.VariableType, BrowseName = "t", Value = 1 });
        Assert.Equal("BadNotWritable", await _world.Write(type, 2));
    }

    [Fact]
    public async Task A_part_is_written_and_the_rest_stays()
    {
        var node = _world.Variable("v", new Variant((int[])[1, 2, 3, 4]), DataTypeIds.Int32, 1);
        Assert.Equal("Good", await _world.Write(node, new Variant((int[])[8, 9]), range: "1:2"));
        Assert.Equal(new Variant((int[])[1, 8, 9, 4]), (await _world.Read(node)).Value);
        Assert.Equal("BadIndexRangeInvalid", await _world.Write(node, new Variant((int[])[8, 9]), range: "2:1"));
        Assert.Equal("BadIndexRangeNoData", await _world.Write(node, new Variant((int[])[8, 9]), range: "3:4"));
        Assert.Equal("BadIndexRangeDataMismatch", await _world.Write(node, new Variant((int[])[8]), range: "1:2"));
        Assert.Equal("BadTypeMismatch", await _world.Write(node, new Variant((uint[])[8, 9]), range: "1:2"));
        Assert.Equal(new Variant((int[])[1, 8, 9, 4]), (await _world.Read(node)).Value);
    }

    [Fact]
    public async Task Parts_of_matrices_strings_and_byte_strings_are_written_too()
    {
        var matrix = _world.Variable("m", new Variant(new Matrix((double[])[1, 2, 3, 4], [2, 2])), DataTypeIds.Double, 2);
        Assert.Equal("Good", await _world.Write(matrix, new Variant(new Matrix((double[])[9, 8], [2, 1])), range: "0:1,1"));
        Assert.Equal(new Variant(new Matrix((double[])[1, 9, 3, 8], [2, 2])), (await _world.Read(matrix)).Value);
        var text = _world.Variable("s", "hello", DataTypeIds.String, -1);
        Assert.Equal("Good", await _world.Write(text, "EL", range: "1:2"));
        Assert.Equal("hELlo", (await _world.Read(text)).Value.AsString());
        var bytes = _world.Variable("b", new Variant(new ByteString([1, 2, 3])), DataTypeIds.ByteString, -1);
        Assert.Equal("Good", await _world.Write(bytes, new Variant(new ByteString([7])), range: "2"));
        Assert.Equal(new ByteString([1, 2, 7]), (await _world.Read(bytes)).Value.AsByteString());
    }

    [Fact]
    public async Task Parts_written_into_large_values_are_bounded_in_each_request()
    {
        var world = new NodeWorld(new OperationLimits { MaxCopiedElementsPerRequest = 250 });
        var node = world.Variable("v", new Variant(new int[100]), DataTypeIds.Int32, 1);
        var items = Enumerable.Range(0, 3).Select(i => new WriteValue { NodeId = node, AttributeId = AttributeIds.Value, IndexRange = $"{i}", Value = new DataValue(new Variant((int[])[i + 1])) }).ToArray();
        var results = (await world.Send<WriteResponse>(new WriteRequest { NodesToWrite = items })).Results!;
        Assert.Equal(["Good", "Good", "BadResourceUnavailable"], results.Select(r => r.ToString()));
        Assert.Equal(new Variant((int[])[1, 2, 0]), (await world.Read(node, range: "0:2")).Value);
    }

    [Fact]
    public async Task What_takes_whole_arrays_only_takes_no_part()
    {
        var node = _world.Variable("v", new Variant((int[])[1, 2]), level: AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite | AccessLevelExType.WriteFullArrayOnly);
        Assert.Equal("BadWriteNotSupported", await _world.Write(node, new Variant((int[])[8]), range: "0"));
        Assert.Equal("Good", await _world.Write(node, new Variant((int[])[8, 9])));
    }

    // Part 4 5.11.4.1: a ByteString where an array of Byte is expected.
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(-3)]
    public async Task A_byte_string_stands_for_an_array_of_bytes(int rank)
    {
        var node = _world.Variable("v", new Variant((byte[])[1, 2, 3]), DataTypeIds.Byte, rank);
        Assert.Equal("Good", await _world.Write(node, new Variant(new ByteString([4, 5]))));
        Assert.Equal(new Variant((byte[])[4, 5]), (await _world.Read(node)).Value);
        Assert.Equal("Good", await _world.Write(node, new Variant(new ByteString([9])), range: "1"));
        Assert.Equal(new Variant((byte[])[4, 9]), (await _world.Read(node)).Value);
    }

    [Fact]
    public async Task A_byte_string_stands_for_no_single_byte_and_no_other_array()
    {
        Assert.Equal("BadTypeMismatch", await _world.Write(_world.Variable("byte", (byte)1, DataTypeIds.Byte, -1), new Variant(new ByteString([4]))));
        Assert.Equal("BadTypeMismatch", await _world.Write(_world.Variable("sbytes", new Variant((sbyte[])[1]), DataTypeIds.SByte, 1), new Variant(new ByteString([4]))));
    }

    // Part 5 12.6: ServerState defines 0 to 7.
    [Fact]
    public async Task What_an_enumeration_does_not_define_is_out_of_range()
    {
        var node = _world.Variable("state", 0, DataTypeIds.ServerState, -1);
        Assert.Equal("BadOutOfRange", await _world.Write(node, 8));
        Assert.Equal("BadOutOfRange", await _world.Write(node, -1));
        Assert.Equal("BadTypeMismatch", await _world.Write(node, 8u));
        Assert.Equal("Good", await _world.Write(node, 7));
        var array = _world.Variable("states", new Variant((int[])[0, 1]), DataTypeIds.ServerState, 1);
        Assert.Equal("BadOutOfRange", await _world.Write(array, new Variant((int[])[0, 8])));
        Assert.Equal("BadOutOfRange", await _world.Write(array, new Variant((int[])[8]), range: "1"));
        Assert.Equal("Good", await _world.Write(array, new Variant((int[])[7]), range: "1"));
        // What defines no values takes any.
        Assert.Equal("Good", await _world.Write(_world.Variable("any", 0, DataTypeIds.Enumeration, -1), 99));
        Assert.Equal("Good", await _world.Write(_world.Variable("number", 0, DataTypeIds.Int32, -1), 99));
    }

    [Fact]
    public async Task An_argument_that_its_enumeration_does_not_define_is_out_of_range()
    {
        var target = _world.Object("o");
        var method = _world.Method("m", target, [new Argument { Name = "State", DataType = DataTypeIds.ServerState, ValueRank = -1 }]);
        var result = await _world.Call(target, method, null, 8);
        Assert.Equal(("BadInvalidArgument", "BadOutOfRange"), (result.StatusCode.ToString(), Assert.Single(result.InputArgumentResults!).ToString()));
        Assert.Equal("Good", (await _world.Call(target, method, null, 7)).StatusCode.ToString());
    }

    // Two clients write different elements of one array again and again: neither undoes what the other wrote.
    [Fact]
    public async Task Parts_written_at_once_are_not_lost()
    {
        var node = _world.Variable("v", new Variant(new int[2]), DataTypeIds.Int32, 1);
        // A slow source: whoever could come between a read and its write, does.
        var stored = new Variant(new int[2]);
        _world.Nodes.BindValue(node, () =>
        {
            var value = stored;
            for (var i = 0; i < 10; i++) Thread.Yield();
            return new DataValue(value);
        });
        _world.Nodes.BindWrite(node, (_, value, _) =>
        {
            stored = value.Value;
            return ValueTask.FromResult<StatusCode>(StatusCodes.Good);
        });
        await Task.WhenAll(Enumerable.Range(0, 2).Select(part => Task.Run(async () =>
        {
            for (var i = 1; i <= 50; i++)
            {
                Assert.Equal("Good", await _world.Write(node, new Variant((int[])[i]), range: $"{part}"));
                Assert.Equal(i, (await _world.Read(node, range: $"{part}")).Value.AsArray<int>()![0]);
            }
        })));
    }
}
