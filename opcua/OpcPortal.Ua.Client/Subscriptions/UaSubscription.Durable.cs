namespace OpcPortal.Ua.Client;

// Subscriptions that outlive the session, the client and a restart of the server. Part 4 6.8, Part 5 9.3.
public sealed partial class UaSubscription
{
    private static readonly NodeId Server = ObjectIds.Server;
    private static readonly NodeId SetSubscriptionDurable = MethodIds.Server_SetSubscriptionDurable;

    /// <summary>How long the server keeps the subscription without its client; null: it is not durable.</summary>
    public TimeSpan? DurableLifetime { get; private set; }

    /// <summary>
    /// Makes the subscription durable: the server queues for it while nobody is connected, and over its own restart. To be called before items are added; <see cref="SubscriptionOptions.DurableLifetime"/>
    /// does it at once, and again whenever the subscription had to be made anew.
    /// </summary>
    /// <param name="lifetime">How long it is to live without its client, in whole hours; zero: as long as the server allows.</param>
    /// <returns>What the server made of it.</returns>
    /// <exception cref="UaException">
    /// The server does not offer it (BadMethodInvalid, BadNodeIdUnknown), there are items already (BadInvalidState), or there are as many as there may be (BadTooManySubscriptions).
    /// </exception>
    public async Task<TimeSpan> SetDurableAsync(TimeSpan lifetime, CancellationToken cancellation = default)
    {
        await _structure.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await CallSetDurableAsync(lifetime, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _structure.Release();
        }
    }

    private async Task<TimeSpan> CallSetDurableAsync(TimeSpan lifetime, CancellationToken cancellation)
    {
        var hours = (uint)Math.Clamp(Math.Ceiling(lifetime.TotalHours), 0, uint.MaxValue);
        var result = await _session.CallAsync(Server, SetSubscriptionDurable, [new Variant(SubscriptionId), new Variant(hours)], cancellation).ConfigureAwait(false);
        if (result.OutputArguments is not [var revised]) throw new UaException(StatusCodes.BadUnknownResponse, "SetSubscriptionDurable does not say what it made of the lifetime.");
        DurableLifetime = TimeSpan.FromHours(revised.AsUInt32());
        _set.ExpectsToStay = true;
        return DurableLifetime.Value;
    }

    // Made anew, it is what it was; a server that does not let it goes on with it as it is, and what was lost was told.
    private async Task RestoreDurableAsync(CancellationToken cancellation)
    {
        if (DurableLifetime is not { } lifetime) return;
        try
        {
            await CallSetDurableAsync(lifetime, cancellation).ConfigureAwait(false);
        }
        catch (UaException refused) when (refused is not UaConnectionException)
        {
            DurableLifetime = null;
            await ChangeStateAsync(_state, refused.Status).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// What to remember of it. In the handler of a message, that message counts as handled: remembered together with what was made of it, it comes neither twice nor not at all.
    /// </summary>
    public KeptSubscription Keep() => new(SubscriptionId, _sequence.Expected, [.. _items.Values.Select(item => new KeptItem(item.ClientHandle, item.ServerId, item.Options))]);

    /// <summary>Leaves a durable subscription at the server, where it goes on queueing until somebody takes it over. Its handler is told nothing more.</summary>
    /// <returns>What to take it over with.</returns>
    public async Task<KeptSubscription> LeaveAsync()
    {
        _set.Remove(this);
        Interlocked.Exchange(ref _disposed, 1);
        await _delivery.WaitAsync().ConfigureAwait(false);
        _state = SubscriptionState.Ended;
        _delivery.Release();
        return Keep();
    }

    /// <summary>Begins as a process before this one stopped.</summary>
    internal void Resume(KeptSubscription kept)
    {
        SubscriptionId = kept.SubscriptionId;
        DurableLifetime = Options.DurableLifetime ?? TimeSpan.Zero;
        RevisedPublishingInterval = Options.PublishingInterval;
        RevisedKeepAlive = Options.KeepAlive;
        _sequence = new SequenceTracker(kept.NextSequenceNumber);
        foreach (var item in kept.Items)
        {
            _items[item.ClientHandle] = new MonitoredItem(item);
            _lastHandle = Math.Max(_lastHandle, item.ClientHandle);
        }

        Hear();
    }
}
