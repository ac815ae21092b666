using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Write as a client meets it. Part 4 5.11.4.</summary>
public sealed class WriteTests
{
    private static readonly NodeId Array = new("Array", 1);
    private static readonly NodeId Range = new("Range", 1);

    private static async Task<(TestServer Server, WireClient Client)> StartAsync()
    {
        var server = new TestServer();
        var model = server.Server.Model;
        model.Policy.SetDefaults(1, new RolePermissionSet([new(RoleTable.Anonymous, PermissionType.Browse | PermissionType.Read | PermissionType.Write)]));
        const byte ReadAndWrite = (byte)(AccessLevelType.CurrentRead | AccessLevelType.CurrentWrite);
        model.Nodes.Add(
        [
            new NodeRecord
            {
                NodeId = Array, NodeClass = NodeClass.Variable, BrowseName = new QualifiedName("Array", 1), DataType = new NodeId((uint)BuiltInType.Int32), ValueRank = 1, ArrayDimensions = [0],
                AccessLevelEx = ReadAndWrite, Value = new Variant((int[])[1, 2, 3, 4, 5]),
            },
            new NodeRecord
            {
                NodeId = Range, NodeClass = NodeClass.Variable, BrowseName = new QualifiedName("Range", 1), DataType = DataTypeIds.Range, AccessLevelEx = ReadAndWrite,
                Value = Variant.From(new Range { Low = 0, High = 1 }),
            },
        ]);
        var client = server.Connect();
        await client.ReadyAsync();
        return (server, client);
    }

    private static async Task<StatusCode> Write(WireClient client, NodeId node, Variant value, string? range = null, uint attribute = AttributeIds.Value)
    {
        var response = await client.CallAsync<WriteResponse>(new WriteRequest
        {
            NodesToWrite = [new WriteValue { NodeId = node, AttributeId = attribute, IndexRange = range, Value = new DataValue(value) }],
        });
        return response.Results![0];
    }

    [Theory]
    [InlineData("1:2", new[] { 20, 30 }, StatusCodes.Good, new[] { 1, 20, 30, 4, 5 })]
    [InlineData("4", new[] { 50 }, StatusCodes.Good, new[] { 1, 2, 3, 4, 50 })]
    [InlineData("4:5", new[] { 50, 60 }, StatusCodes.BadIndexRangeNoData, new[] { 1, 2, 3, 4, 5 })]
    [InlineData("1:2", new[] { 20 }, StatusCodes.BadIndexRangeDataMismatch, new[] { 1, 2, 3, 4, 5 })]
    [InlineData("2:1", new[] { 20, 30 }, StatusCodes.BadIndexRangeInvalid, new[] { 1, 2, 3, 4, 5 })]
    public async Task A_part_of_an_array_is_written_and_the_rest_stays(string range, int[] part, uint status, int[] after)
    {
        var (server, client) = await StartAsync();
        await using var stopping = server;
        Assert.Equal<StatusCode>(status, await Write(client, Array, new Variant(part), range));
        Assert.Equal(after, (await client.ReadAsync(Array)).Value.AsArray<int>());
    }

    [Fact]
    public async Task A_structure_of_another_type_is_refused_be_it_known_or_a_models()
    {
        var (server, client) = await StartAsync();
        await using var stopping = server;
        Assert.Equal<StatusCode>(StatusCodes.Good, await Write(client, Range, Variant.From(new Range { Low = 1, High = 2 })));
        Assert.Equal<StatusCode>(StatusCodes.BadTypeMismatch, await Write(client, Range, Variant.From(new EUInformation())));
        // A type of Devices: the server knows it by its model, not as a class of its own.
        Assert.True(server.Server.Model.Namespaces.TryGetIndex("http://opcfoundation.org/UA/DI/", out var di));
        var opaque = server.Server.Model.NodeSets[1].Nodes.First(node => node.NodeClass == NodeClass.Object && node.NodeId.NamespaceIndex == di && node.BrowseName.Name == "Default Binary").NodeId;
        Assert.NotNull(server.Server.Model.DataTypeOfEncoding(opaque));
        Assert.Equal<StatusCode>(StatusCodes.BadTypeMismatch, await Write(client, Range, new Variant(new ExtensionObject(opaque, new ByteString([0])))));
    }

    [Fact]
    public async Task An_attribute_that_nobody_may_write_is_not_writable_whoever_asks()
    {
        var (server, client) = await StartAsync();
        await using var stopping = server;
        Assert.Equal<StatusCode>(StatusCodes.BadNotWritable, await Write(client, Array, new Variant(new QualifiedName("x", 1)), attribute: AttributeIds.BrowseName));
        Assert.Equal<StatusCode>(StatusCodes.BadNodeIdUnknown, await Write(client, new NodeId("nowhere", 1), new Variant(new QualifiedName("x", 1)), attribute: AttributeIds.BrowseName));
    }
}
