using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>What the tests of access ask of a server, in a line each.</summary>
internal static class WireCalls
{
    /// <summary>The BrowseNames and ids of what a node refers to forward, by hierarchy; null where it does not exist for the user.</summary>
    public static async Task<NodeId[]?> BrowseAsync(this WireClient client, NodeId node)
    {
        var response = await client.CallAsync<BrowseResponse>(new BrowseRequest
        {
            NodesToBrowse = [new BrowseDescription { NodeId = node, BrowseDirection = BrowseDirection.Forward, ReferenceTypeId = ReferenceTypeIds.HierarchicalReferences, IncludeSubtypes = true, ResultMask = 63 }],
        });
        var result = response.Results![0];
        return result.StatusCode == StatusCodes.BadNodeIdUnknown ? null : [.. result.References!.Select(reference => reference.NodeId.NodeId)];
    }

    public static async Task<string> StatusAsync(this WireClient client, NodeId node) => (await client.ReadAsync(node)).StatusCode.ToString();

    public static async Task<StatusCode> CallMethodAsync(this WireClient client, NodeId target, NodeId method)
    {
        var response = await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = target, MethodId = method }] });
        return response.Results![0].StatusCode;
    }

    public static async Task<StatusCode> WriteAsync(this WireClient client, NodeId node, Variant value)
    {
        var response = await client.CallAsync<WriteResponse>(new WriteRequest { NodesToWrite = [new WriteValue { NodeId = node, AttributeId = AttributeIds.Value, Value = new DataValue(value) }] });
        return response.Results![0];
    }

    public static async Task<uint> SubscribeAsync(this WireClient client) => (await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest
    {
        RequestedPublishingInterval = 100,
        RequestedLifetimeCount = 10_000,
        RequestedMaxKeepAliveCount = 1_000,
        PublishingEnabled = true,
    })).SubscriptionId;

    public static async Task<StatusCode> MonitorAsync(this WireClient client, uint subscription, NodeId node, uint handle = 1, uint attribute = AttributeIds.Value, IStructure? filter = null)
    {
        var response = await client.CallAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest
        {
            SubscriptionId = subscription,
            TimestampsToReturn = TimestampsToReturn.Neither,
            ItemsToCreate =
            [
                new MonitoredItemCreateRequest
                {
                    ItemToMonitor = new ReadValueId { NodeId = node, AttributeId = attribute },
                    MonitoringMode = MonitoringMode.Reporting,
                    RequestedParameters = new MonitoringParameters { ClientHandle = handle, SamplingInterval = 0, QueueSize = 10, DiscardOldest = true, Filter = ExtensionObject.From(filter) },
                },
            ],
        });
        return response.Results![0].StatusCode;
    }

    /// <summary>Publishes and moves the clock by a publishing interval: what is notified by then, or null where nothing was.</summary>
    public static async Task<NotificationMessage> PublishAsync(this WireClient client, GovernedServer server)
    {
        await client.PostAsync(new PublishRequest());
        var receive = client.ReceiveAsync();
        while (!receive.IsCompleted)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(receive, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        return Assert.IsType<PublishResponse>(await receive).NotificationMessage;
    }

    public static DataValue[] Values(this NotificationMessage message) =>
        [.. (message.NotificationData ?? []).Select(data => data?.Structure).OfType<DataChangeNotification>().SelectMany(change => change.MonitoredItems!).Select(item => item.Value)];

    public static Variant[][] Events(this NotificationMessage message) =>
        [.. (message.NotificationData ?? []).Select(data => data?.Structure).OfType<EventNotificationList>().SelectMany(list => list.Events!).Select(fields => fields.EventFields!)];
}
