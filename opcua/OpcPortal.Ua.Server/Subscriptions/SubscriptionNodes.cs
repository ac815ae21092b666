namespace OpcPortal.Ua.Server;

/// <summary>
/// What the Server object shows and offers of subscriptions: the limits in ServerCapabilities, and the methods GetMonitoredItems, ResendData and SetSubscriptionDurable. Part 5 6.3.2, 9.1 to 9.3.
/// </summary>
public sealed class SubscriptionNodes(SubscriptionEngine engine)
{
    /// <summary>Fills in the values and binds the methods. The nodes are namespace 0's.</summary>
    public void BindTo(StaticNodes nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var limits = engine.Limits;
        Show(nodes, VariableIds.Server_ServerCapabilities_MaxSubscriptions, (uint)limits.MaxSubscriptions);
        Show(nodes, VariableIds.Server_ServerCapabilities_MaxSubscriptionsPerSession, (uint)limits.MaxSubscriptionsPerSession);
        Show(nodes, VariableIds.Server_ServerCapabilities_MaxMonitoredItems, (uint)limits.MaxMonitoredItems);
        Show(nodes, VariableIds.Server_ServerCapabilities_MaxMonitoredItemsPerSubscription, (uint)limits.MaxMonitoredItemsPerSubscription);
        Show(nodes, VariableIds.Server_ServerCapabilities_MaxMonitoredItemsQueueSize, engine.KeepsSubscriptions ? Math.Max(limits.MaxDataQueueSize, limits.MaxDurableQueueSize) : limits.MaxDataQueueSize);
        Show(nodes, VariableIds.Server_ServerCapabilities_MinSupportedSampleRate, limits.MinSamplingInterval.TotalMilliseconds);
        nodes.BindMethod(MethodIds.Server_GetMonitoredItems, GetMonitoredItems);
        nodes.BindMethod(MethodIds.Server_ResendData, ResendData);
        if (engine.KeepsSubscriptions) nodes.BindMethod(MethodIds.Server_SetSubscriptionDurable, SetSubscriptionDurable);
    }

    // Part 5 9.1: the server's and the client's handles of all items, in the same order.
    private ValueTask<MethodResult> GetMonitoredItems(MethodCall call, CancellationToken cancellation)
    {
        var status = engine.TryFind(call.Context.SessionId, call.InputArguments[0].AsUInt32(), out var subscription);
        if (status.IsBad) return ValueTask.FromResult(new MethodResult(status));
        lock (subscription!.ItemsGate)
        {
            var serverHandles = new uint[subscription.ItemCount];
            var clientHandles = new uint[serverHandles.Length];
            var i = 0;
            foreach (var item in subscription.Items)
            {
                serverHandles[i] = item.Id;
                clientHandles[i++] = item.ClientHandle;
            }

            return ValueTask.FromResult(new MethodResult(StatusCodes.Good, [new Variant(serverHandles), new Variant(clientHandles)]));
        }
    }

    private ValueTask<MethodResult> ResendData(MethodCall call, CancellationToken cancellation)
    {
        var status = engine.TryFind(call.Context.SessionId, call.InputArguments[0].AsUInt32(), out var subscription);
        if (status.IsBad) return ValueTask.FromResult(new MethodResult(status));
        lock (subscription!.ItemsGate) subscription.ResendItems();
        return ValueTask.FromResult(new MethodResult(StatusCodes.Good, []));
    }

    private ValueTask<MethodResult> SetSubscriptionDurable(MethodCall call, CancellationToken cancellation)
    {
        var status = engine.SetDurable(call.Context.SessionId, call.InputArguments[0].AsUInt32(), call.InputArguments[1].AsUInt32(), out var revisedHours);
        return ValueTask.FromResult(status.IsBad ? new MethodResult(status) : new MethodResult(StatusCodes.Good, [new Variant(revisedHours)]));
    }

    private static void Show(StaticNodes nodes, NodeId nodeId, Variant value) => nodes.SetValue(nodeId, new DataValue(value));
}
