using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests;

public sealed class StoppingTests
{
    // "Stopping drains": what a device is working on is answered, what only waits is let go, then the peer is told.
    [Fact]
    public async Task A_server_that_stops_answers_what_is_under_way_and_says_why_it_ends()
    {
        var server = new TestServer();
        var slow = new NodeId("slow", 1);
        var (begun, ended) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        server.Server.Model.Nodes.Add(
        [
            new NodeRecord
            {
                NodeId = slow, NodeClass = NodeClass.Variable, BrowseName = new QualifiedName("slow", 1), DataType = DataTypeIds.Int32, AccessLevelEx = 3, Value = new Variant(0),
                RolePermissions = [new RolePermission(ObjectIds.WellKnownRole_Anonymous, (uint)(PermissionType.Browse | PermissionType.Read | PermissionType.Write))],
            },
        ]);
        server.Server.Model.Nodes.BindWrite(slow, async (_, _, _) =>
        {
            begun.SetResult();
            await ended.Task;
            return StatusCodes.Good;
        });
        var client = server.Connect();
        await client.ReadyAsync();
        await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 3_600_000, RequestedLifetimeCount = 100, RequestedMaxKeepAliveCount = 5, PublishingEnabled = true });
        await client.PostAsync(new PublishRequest());
        await client.PostAsync(new WriteRequest { NodesToWrite = [new WriteValue { NodeId = slow, AttributeId = AttributeIds.Value, Value = new DataValue(new Variant(1)) }] });
        await begun.Task;

        var stopping = server.DisposeAsync().AsTask();
        var parked = Assert.IsType<ServiceFault>(await client.ReceiveAsync());
        Assert.True(parked.ResponseHeader.ServiceResult.IsBad);
        Assert.False(client.Served.IsCompleted);
        ended.SetResult();
        Assert.Equal("Good", Assert.IsType<WriteResponse>(await client.ReceiveAsync()).Results![0].ToString());
        Assert.Equal("BadShutdown", await client.ErrorAsync());
        await stopping;
    }
}
