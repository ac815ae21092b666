namespace OpcPortal.Ua.Server;

/// <summary>ConditionRefresh and ConditionRefresh2: what there is, once more, for one subscription or one item of it, and nobody else. Part 9 5.5.7, 5.5.8.</summary>
internal sealed class ConditionRefresh(ConditionTable conditions, SubscriptionEngine engine, EventHub hub, TimeProvider time)
{
    // Part 5 6.4.2: nothing happened.
    private const ushort Severity = 1;

    public void BindTo(StaticNodes nodes)
    {
        nodes.BindMethod(MethodIds.ConditionType_ConditionRefresh, (call, cancellation) => RefreshAsync(call, item: null, cancellation));
        nodes.BindMethod(MethodIds.ConditionType_ConditionRefresh2, (call, cancellation) => RefreshAsync(call, call.InputArguments[1].AsUInt32(), cancellation));
    }

    private async ValueTask<MethodResult> RefreshAsync(MethodCall call, uint? item, CancellationToken cancellation)
    {
        var status = engine.TryFind(call.Context.SessionId, call.InputArguments[0].AsUInt32(), out var subscription);
        // Part 9 5.5.7: so also where it is another session's.
        if (status.IsBad) return new MethodResult(StatusCodes.BadSubscriptionIdInvalid);
        EventItem[] items;
        lock (subscription!.ItemsGate) items = [.. subscription.Items.OfType<EventItem>().Where(own => item is null || own.Id == item)];
        if (item is not null && items.Length == 0) return new MethodResult(StatusCodes.BadMonitoredItemIdInvalid);
        if (!subscription.TryBeginRefresh()) return new MethodResult(StatusCodes.BadRefreshInProgress);
        try
        {
            // Beside the connection's loop: there may be many.
            await Task.Run(() => Refresh(items, cancellation), cancellation).ConfigureAwait(false);
        }
        finally
        {
            subscription.EndRefresh();
        }

        return new MethodResult(StatusCodes.Good, []);
    }

    private void Refresh(EventItem[] items, CancellationToken cancellation)
    {
        var start = Marker(ObjectTypeIds.RefreshStartEventType, "What follows was told before.");
        var end = Marker(ObjectTypeIds.RefreshEndEventType, "That was all.");
        foreach (var item in items) item.OnEvent(start);
        foreach (var occurrence in conditions.Retained())
        {
            if (cancellation.IsCancellationRequested) break;
            IReadOnlyList<NodeRef>? above = null;
            foreach (var item in items)
                if (item.IsOnServer || item.IsAbove(above ??= hub.NotifiersOf(occurrence.SourceNode))) item.OnEvent(occurrence);
        }

        foreach (var item in items) item.OnEvent(end);
    }

    private UaEvent Marker(NodeId type, string text) => new()
    {
        EventType = type,
        SourceNode = ObjectIds.Server,
        SourceName = "Server",
        Time = time.GetUtcNow().UtcDateTime,
        Message = new LocalizedText(text, "en"),
        Severity = Severity,
    };
}
