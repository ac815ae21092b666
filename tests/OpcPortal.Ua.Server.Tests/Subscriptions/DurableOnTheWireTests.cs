using Microsoft.Extensions.Logging.Abstractions;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>SetSubscriptionDurable as clients find it. Part 5 6.3.1, 9.3.</summary>
public sealed class DurableOnTheWireTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-wire-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_method_and_the_large_queues_are_there_where_a_store_is_and_only_there()
    {
        await using (var without = new TestServer())
        {
            var client = without.Connect();
            await client.ReadyAsync();
            Assert.Equal(StatusCodes.BadMethodInvalid, (await SetDurable(client, await Subscribe(client))).StatusCode);
            Assert.Equal(10_000u, await QueueSize(client));
        }

        using var store = new FileSubscriptionStore(_folder, new FileSubscriptionStoreOptions(), TimeProvider.System, NullLogger<FileSubscriptionStore>.Instance);
        await using (var with = new TestServer(parts: given => given with { SubscriptionStore = store }))
        {
            var client = with.Connect();
            await client.ReadyAsync();
            var result = await SetDurable(client, await Subscribe(client));
            Assert.Equal(StatusCodes.Good, result.StatusCode);
            Assert.Equal(48u, result.OutputArguments!.Single().AsUInt32());
            Assert.Equal(StatusCodes.BadSubscriptionIdInvalid, (await SetDurable(client, 0)).StatusCode);
            Assert.Equal(1_000_000u, await QueueSize(client));
        }
    }

    private static async Task<uint> Subscribe(WireClient client) =>
        (await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 1000, RequestedMaxKeepAliveCount = 10, RequestedLifetimeCount = 30, PublishingEnabled = true })).SubscriptionId;

    private static async Task<CallMethodResult> SetDurable(WireClient client, uint subscription)
    {
        var call = new CallMethodRequest { ObjectId = ObjectIds.Server, MethodId = MethodIds.Server_SetSubscriptionDurable, InputArguments = [new Variant(subscription), new Variant(48u)] };
        return (await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [call] })).Results!.Single();
    }

    private static async Task<uint> QueueSize(WireClient client) =>
        (await client.ReadAsync(VariableIds.Server_ServerCapabilities_MaxMonitoredItemsQueueSize)).Value.AsUInt32();
}
