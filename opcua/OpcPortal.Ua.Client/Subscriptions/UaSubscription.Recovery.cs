namespace OpcPortal.Ua.Client;

// After a lost connection, and when the server has forgotten the subscription. Part 4 6.7.
public sealed partial class UaSubscription
{
    // The connection was lost while it was being made anew: some of its items are not there.
    private bool _isIncomplete;

    /// <summary>The session goes on on a new channel: fetches what was published meanwhile and did not arrive.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellation)
    {
        await _delivery.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_isIncomplete) await RecreateAsync(cancellation).ConfigureAwait(false);
            for (var i = 0; i < MaxRepublished; i++)
                if (HasEnded || !await TryRepublishAsync(cancellation).ConfigureAwait(false)) break;
            // Some servers send the current values again to a session that comes over a new channel.
            foreach (var item in _items.Values) item.ExpectRepetition();
            Hear();
        }
        catch (UaException gone) when (IsGone(gone.Status))
        {
            await RecreateAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _delivery.Release();
        }
    }

    /// <summary>The session is a new one and has taken the subscription over: fetches what the server still has.</summary>
    internal Task TakeOverAsync(TransferResult result, CancellationToken cancellation) => TakeOverAsync(() => Task.FromResult(result), cancellation);

    /// <summary>The same, the server being asked while nothing is delivered.</summary>
    internal async Task TakeOverAsync(Func<Task<TransferResult>> transfer, CancellationToken cancellation)
    {
        await _delivery.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var result = await transfer().ConfigureAwait(false);
            Owner = _session.SessionId;
            if (_isIncomplete)
            {
                await RecreateAsync(cancellation).ConfigureAwait(false);
                return;
            }

            var before = _heardTime;
            foreach (var number in (result.AvailableSequenceNumbers ?? []).OrderBy(n => unchecked(n - _sequence.Expected)))
            {
                if (_sequence.Missing(number) is not { } missing)
                {
                    // Handled, and the acknowledgement did not arrive.
                    _set.Acknowledge(SubscriptionId, number);
                    continue;
                }

                await CloseGapAsync(missing, before, cancellation).ConfigureAwait(false);
                await TryRepublishAsync(cancellation).ConfigureAwait(false);
            }

            // After those the server sends the current values, as it was asked to: some were delivered before.
            foreach (var item in DurableLifetime is null ? _items.Values : []) item.ExpectRepetition();
            Hear();
        }
        catch (UaException gone) when (IsGone(gone.Status))
        {
            await RecreateAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _delivery.Release();
        }
    }

    /// <summary>The server no longer has it: makes it anew with all its items.</summary>
    internal async Task ReplaceAsync(CancellationToken cancellation)
    {
        await _delivery.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await RecreateAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _delivery.Release();
        }
    }

    /// <summary>Looks whether it is late, and whether the server still has it.</summary>
    internal async Task CheckAsync(CancellationToken cancellation)
    {
        if (HasEnded || Time.GetElapsedTime(_heardAt) < (RevisedKeepAlive * 1.5) + _session.Options.KeepAliveInterval) return;
        // A handler that is at work has had something to work on; it must not hold up the watch over the connection.
        if (!await _delivery.WaitAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false)) return;
        try
        {
            if (_state == SubscriptionState.Alive) await ChangeStateAsync(SubscriptionState.Late, StatusCodes.BadTimeout).ConfigureAwait(false);
            await RecreateIfGoneAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _delivery.Release();
        }
    }

    /// <summary>Asks the server whether it still has it, and makes it anew where not.</summary>
    internal async Task VerifyAsync(CancellationToken cancellation)
    {
        await _delivery.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!HasEnded) await RecreateIfGoneAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _delivery.Release();
        }
    }

    private async Task RecreateIfGoneAsync(CancellationToken cancellation)
    {
        if (await IsGoneAsync(cancellation).ConfigureAwait(false)) await RecreateAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<bool> IsGoneAsync(CancellationToken cancellation)
    {
        var request = new SetPublishingModeRequest { PublishingEnabled = true, SubscriptionIds = [SubscriptionId] };
        var response = await _session.InvokeAsync<SetPublishingModeResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        return response.Results is [{ IsBad: true } status] && IsGone(status);
    }

    // What was watched before and is refused now has a bad value, not an old one.
    private async Task TellAboutRefusedAsync(MonitoredItem[] items)
    {
        var refused = items.Where(i => i.Status.IsBad && i.Options.AttributeId != AttributeIds.EventNotifier).Select(i => new DataChange(i, DataValue.FromStatus(i.Status))).ToArray();
        if (refused.Length > 0) await TellAsync(new DataMessage(refused, Time.GetUtcNow().UtcDateTime)).ConfigureAwait(false);
    }

    private static bool IsGone(StatusCode status) => status.CodeBits is StatusCodes.BadSubscriptionIdInvalid or StatusCodes.BadNoSubscription;

    // Within delivery: the handler hears of the loss before the first value of the new subscription.
    private async Task RecreateAsync(CancellationToken cancellation)
    {
        if (HasEnded) return;
        await _structure.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var before = _heardTime;
            _isIncomplete = true;
            await CreateAsync(cancellation).ConfigureAwait(false);
            await RestoreDurableAsync(cancellation).ConfigureAwait(false);
            MonitoredItem[] items = [.. _items.Values];
            foreach (var item in items) item.ExpectRepetition();
            await TellAsync(new LossMessage(LossReason.Recreated, null, before, _heardTime)).ConfigureAwait(false);
            await CreateItemsAsync(items, cancellation).ConfigureAwait(false);
            _isIncomplete = false;
            await TellAboutRefusedAsync(items).ConfigureAwait(false);
            if (_state == SubscriptionState.Late) await ChangeStateAsync(SubscriptionState.Alive, StatusCodes.Good).ConfigureAwait(false);
        }
        finally
        {
            _structure.Release();
        }
    }
}
