namespace OpcPortal.Ua.Client;

/// <summary>
/// The subscriptions of a session, and the pump that keeps Publish requests at the server and hands on what comes back. One loop: messages are worked on in the order in
/// which the server sent them. Part 4 5.14.5.
/// </summary>
internal sealed class SubscriptionSet(UaSession session) : IAsyncDisposable
{
    // What a server that refuses to publish is left in peace for.
    private static readonly TimeSpan Respite = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<UaSubscription> _all = [];
    private readonly List<SubscriptionAcknowledgement> _acknowledgements = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _pump;
    private bool _isPaused;
    private int _wanted = session.Options.PublishRequests;

    public async Task<UaSubscription> CreateAsync(SubscriptionOptions options, Func<SubscriptionMessage, ValueTask> handler, CancellationToken cancellation)
    {
        var subscription = new UaSubscription(session, this, options, handler);
        await subscription.CreateAsync(cancellation).ConfigureAwait(false);
        if (options.DurableLifetime is { } lifetime) await MakeDurableAsync(subscription, lifetime, cancellation).ConfigureAwait(false);
        Add(subscription);
        return subscription;
    }

    private static async Task MakeDurableAsync(UaSubscription subscription, TimeSpan lifetime, CancellationToken cancellation)
    {
        try
        {
            await subscription.SetDurableAsync(lifetime, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void Add(UaSubscription subscription)
    {
        lock (_gate)
        {
            _all.Add(subscription);
            _pump ??= Task.Run(PumpAsync);
            Signal();
        }
    }

    /// <summary>Takes over a subscription that the server has kept. Part 4 5.14.7.</summary>
    public async Task<UaSubscription> TakeOverAsync(KeptSubscription kept, SubscriptionOptions options, Func<SubscriptionMessage, ValueTask> handler, CancellationToken cancellation)
    {
        var subscription = new UaSubscription(session, this, options, handler);
        subscription.Resume(kept);
        try
        {
            await subscription.TakeOverAsync(() => AskForAsync(subscription, cancellation), cancellation).ConfigureAwait(false);
        }
        catch
        {
            Remove(subscription);
            throw;
        }

        ExpectsToStay = true;
        return subscription;
    }

    // Known before the server is asked: its first message may come before the answer, and waits for it.
    private async Task<TransferResult> AskForAsync(UaSubscription subscription, CancellationToken cancellation)
    {
        Add(subscription);
        var request = new TransferSubscriptionsRequest { SubscriptionIds = [subscription.SubscriptionId] };
        var response = await session.InvokeAsync<TransferSubscriptionsResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        if (response.Results is not [var result]) throw new UaException(StatusCodes.BadUnknownResponse, "The server does not say whether it hands the subscription over.");
        return result.StatusCode.IsGood ? result : throw new UaException(result.StatusCode, $"The server does not hand over subscription {subscription.SubscriptionId}: {result.StatusCode}.");
    }

    /// <summary>Whether there is, or was, a subscription that is to outlive the session.</summary>
    public bool ExpectsToStay { get; set; }

    /// <summary>The ids of those that are to end with the session.</summary>
    public uint[] Perishable()
    {
        lock (_gate) return [.. _all.Where(s => s.DurableLifetime is null).Select(s => s.SubscriptionId)];
    }

    public void Remove(UaSubscription subscription)
    {
        lock (_gate)
        {
            _all.Remove(subscription);
            Signal();
        }
    }

    public void Acknowledge(uint subscriptionId, uint sequenceNumber)
    {
        lock (_gate) _acknowledgements.Add(new SubscriptionAcknowledgement { SubscriptionId = subscriptionId, SequenceNumber = sequenceNumber });
    }

    /// <summary>No more Publish requests until <see cref="Resume"/>: the connection is lost, or is about to be closed.</summary>
    public void Pause() => SetPaused(true);

    public void Resume() => SetPaused(false);

    private void SetPaused(bool isPaused)
    {
        lock (_gate)
        {
            _isPaused = isPaused;
            Signal();
        }
    }

    private void Signal()
    {
        if (!_isPaused && _all.Count > 0) _work.TrySetResult();
        else if (_work.Task.IsCompleted) _work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private bool HasWork
    {
        get
        {
            lock (_gate) return !_isPaused && _all.Count > 0;
        }
    }

    /// <summary>Brings all subscriptions over to the session as it is now. Part 4 6.7.</summary>
    public async Task RecoverAsync(CancellationToken cancellation)
    {
        UaSubscription[] all;
        lock (_gate) all = [.. _all];
        var foreign = all.Where(s => s.Owner != session.SessionId).ToArray();
        foreach (var subscription in all.Except(foreign)) await subscription.CatchUpAsync(cancellation).ConfigureAwait(false);
        // What a durable one has queued is all that is missing; others may have missed values, so the current ones are asked for.
        await TransferAsync([.. foreign.Where(s => s.DurableLifetime is null)], sendInitialValues: true, cancellation).ConfigureAwait(false);
        await TransferAsync([.. foreign.Where(s => s.DurableLifetime is not null)], sendInitialValues: false, cancellation).ConfigureAwait(false);
    }

    private async Task TransferAsync(UaSubscription[] foreign, bool sendInitialValues, CancellationToken cancellation)
    {
        if (foreign.Length == 0) return;
        var results = await RequestTransferAsync(foreign, sendInitialValues, cancellation).ConfigureAwait(false);
        for (var i = 0; i < foreign.Length; i++)
        {
            if (i < results.Length && results[i].StatusCode.IsGood) await foreign[i].TakeOverAsync(results[i], cancellation).ConfigureAwait(false);
            else await foreign[i].ReplaceAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task<TransferResult[]> RequestTransferAsync(UaSubscription[] subscriptions, bool sendInitialValues, CancellationToken cancellation)
    {
        try
        {
            var request = new TransferSubscriptionsRequest { SubscriptionIds = Array.ConvertAll(subscriptions, s => s.SubscriptionId), SendInitialValues = sendInitialValues };
            var response = await session.InvokeAsync<TransferSubscriptionsResponse>(request, cancellation: cancellation).ConfigureAwait(false);
            return response.Results ?? [];
        }
        catch (UaException refused) when (refused is not UaConnectionException)
        {
            // Not every server can; then all are made anew.
            return [];
        }
    }

    /// <summary>Lets each subscription look whether it is late.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        UaSubscription[] all;
        lock (_gate) all = [.. _all];
        foreach (var subscription in all) await subscription.CheckAsync(cancellation).ConfigureAwait(false);
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                Task work;
                lock (_gate) work = _work.Task;
                await work.WaitAsync(_stop.Token).ConfigureAwait(false);
                await PublishAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The session was closed.
        }
    }

    private readonly record struct Outstanding(UaChannel Channel, ValueTask<PublishResponse> Response, SubscriptionAcknowledgement[] Acknowledgements);

    // Keeps requests at the server while there is work. They are answered in the order in which they were sent (Part 4 5.14.5), and awaited in it.
    private async Task PublishAsync()
    {
        var outstanding = new Queue<Outstanding>();
        try
        {
            while (HasWork)
            {
                while (outstanding.Count < _wanted) outstanding.Enqueue(Send());
                if (!await TakeAsync(outstanding.Dequeue()).ConfigureAwait(false)) return;
            }
        }
        finally
        {
            // Those left fail soon, for the connection is lost or the last subscription gone; what they would have acknowledged is acknowledged later.
            while (outstanding.TryDequeue(out var left)) await TakeAsync(left).ConfigureAwait(false);
        }
    }

    private Outstanding Send()
    {
        SubscriptionAcknowledgement[] acknowledgements;
        lock (_gate)
        {
            acknowledgements = [.. _acknowledgements];
            _acknowledgements.Clear();
        }

        // The server answers when it has something to say: no timeout. That it is there is seen by other means.
        var (channel, request) = (session.Channel, new PublishRequest { SubscriptionAcknowledgements = acknowledgements });
        return new(channel, session.InvokeAsync<PublishResponse>(channel, request, Timeout.InfiniteTimeSpan), acknowledgements);
    }

    /// <returns>Whether to go on.</returns>
    private async Task<bool> TakeAsync(Outstanding one)
    {
        try
        {
            var response = await one.Response.ConfigureAwait(false);
            await DispatchAsync(response).ConfigureAwait(false);
            return true;
        }
        catch (UaException failed)
        {
            lock (_gate) _acknowledgements.AddRange(one.Acknowledgements);
            return await TakeFailureAsync(failed, one.Channel).ConfigureAwait(false);
        }
    }

    private async Task DispatchAsync(PublishResponse response)
    {
        UaSubscription? subscription;
        lock (_gate) subscription = _all.Find(s => s.SubscriptionId == response.SubscriptionId);
        var message = response.NotificationMessage;
        var isDone = subscription is null ? message.NotificationData is { Length: > 0 } : await subscription.AcceptAsync(message, _stop.Token).ConfigureAwait(false);
        if (isDone) Acknowledge(response.SubscriptionId, message.SequenceNumber);
    }

    private async Task<bool> TakeFailureAsync(UaException failed, UaChannel channel)
    {
        if (failed is UaConnectionException || UaSession.IsSessionGone(failed.Status)) return PauseUntilReconnected(failed, channel);

        switch (failed.Status.CodeBits)
        {
            case StatusCodes.BadTooManyPublishRequests:
                _wanted = Math.Max(1, _wanted - 1);
                return true;
            case StatusCodes.BadNoSubscription when HasWork:
                await VerifyAllAsync().ConfigureAwait(false);
                return true;
            case StatusCodes.BadNoSubscription:
                return true;
            default:
                await Task.Delay(Respite, session.Options.Time, _stop.Token).ConfigureAwait(false);
                return true;
        }
    }

    // The session notices the loss and resumes the pump when it has a channel again. If it has one already, this is old news.
    private bool PauseUntilReconnected(UaException failed, UaChannel channel)
    {
        lock (_gate)
        {
            if (_isPaused || session.Channel != channel) return false;
            _isPaused = true;
            Signal();
        }

        channel.Abort(failed);
        return false;
    }

    // The server says that the session has none: they died there, or the last one went while a new one came.
    private async Task VerifyAllAsync()
    {
        UaSubscription[] all;
        lock (_gate) all = [.. _all];
        foreach (var subscription in all) await subscription.VerifyAsync(_stop.Token).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_pump is not null) await _pump.ConfigureAwait(false);
        _stop.Dispose();
    }
}
