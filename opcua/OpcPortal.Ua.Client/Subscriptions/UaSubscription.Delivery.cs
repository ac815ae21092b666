namespace OpcPortal.Ua.Client;

// From a notification message to the handler: in order, none twice, gaps closed. Part 4 5.14.5, 5.14.6.
public sealed partial class UaSubscription
{
    // A server keeps no more messages than this for Republish; a longer gap cannot be closed.
    private const uint MaxRepublished = 4096;

    private long _heardAt;
    private DateTime _heardTime;

    private TimeProvider Time => _session.Options.Time;

    private void Hear()
    {
        _heardAt = Time.GetTimestamp();
        _heardTime = Time.GetUtcNow().UtcDateTime;
    }

    /// <summary>Takes a message from the Publish service.</summary>
    /// <returns>Whether it is done with, so that it can be acknowledged.</returns>
    internal async Task<bool> AcceptAsync(NotificationMessage message, CancellationToken cancellation)
    {
        await _delivery.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (HasEnded) return true;
            var before = _heardTime;
            Hear();
            if (_state == SubscriptionState.Late) await ChangeStateAsync(SubscriptionState.Alive, StatusCodes.Good).ConfigureAwait(false);
            // Part 4 5.14.1.1: a keep-alive carries the number of the next message, which is yet to come.
            var isKeepAlive = message.NotificationData is null or { Length: 0 };
            if (_sequence.Missing(message.SequenceNumber) is not { } missing) return !isKeepAlive;
            await CloseGapAsync(missing, before, cancellation).ConfigureAwait(false);
            if (isKeepAlive) return false;
            await DeliverAsync(message, cancellation).ConfigureAwait(false);
            return true;
        }
        finally
        {
            _delivery.Release();
        }
    }

    private async Task CloseGapAsync(uint missing, DateTime since, CancellationToken cancellation)
    {
        uint lost = 0;
        try
        {
            for (var left = missing; left > 0; left--)
            {
                if (left <= MaxRepublished && await TryRepublishAsync(cancellation).ConfigureAwait(false)) continue;
                lost++;
                _sequence.Pass(_sequence.Expected);
            }
        }
        finally
        {
            if (lost > 0) await TellAsync(new LossMessage(LossReason.NotKept, lost, since, Time.GetUtcNow().UtcDateTime)).ConfigureAwait(false);
        }
    }

    // Asks for the expected message once more, and delivers it.
    private async Task<bool> TryRepublishAsync(CancellationToken cancellation)
    {
        var number = _sequence.Expected;
        try
        {
            var request = new RepublishRequest { SubscriptionId = SubscriptionId, RetransmitSequenceNumber = number };
            var response = await _session.InvokeAsync<RepublishResponse>(request, cancellation: cancellation).ConfigureAwait(false);
            if (response.NotificationMessage.SequenceNumber != number) return false;
            await DeliverAsync(response.NotificationMessage, cancellation).ConfigureAwait(false);
            _set.Acknowledge(SubscriptionId, number);
            return true;
        }
        catch (UaException gone) when (gone.Status.CodeBits == StatusCodes.BadMessageNotAvailable)
        {
            return false;
        }
    }

    private async Task DeliverAsync(NotificationMessage message, CancellationToken cancellation)
    {
        _sequence.Pass(message.SequenceNumber);
        foreach (var data in message.NotificationData ?? [])
        {
            switch (data?.Structure)
            {
                case DataChangeNotification changes:
                    await DeliverAsync(changes, message.PublishTime, cancellation).ConfigureAwait(false);
                    break;
                case EventNotificationList events:
                    await DeliverAsync(events, message.PublishTime, cancellation).ConfigureAwait(false);
                    break;
                case StatusChangeNotification status:
                    await TakeStatusAsync(status.Status, cancellation).ConfigureAwait(false);
                    return;
            }
        }
    }

    private async Task DeliverAsync(DataChangeNotification notification, DateTime publishTime, CancellationToken cancellation)
    {
        var changes = new List<DataChange>(notification.MonitoredItems?.Length ?? 0);
        foreach (var one in notification.MonitoredItems ?? [])
        {
            // One of an item that was removed meanwhile has nobody to go to.
            if (!_items.TryGetValue(one.ClientHandle, out var item) || !item.TryTake(one.Value)) continue;
            var value = one.Value;
            if (TypeLoader.IsOpaque(value.Value)) value = value with { Value = await _session.Types.DecodeAsync(value.Value, cancellation).ConfigureAwait(false) };
            changes.Add(new DataChange(item, value));
        }

        if (changes.Count > 0) await TellAsync(new DataMessage(changes, publishTime)).ConfigureAwait(false);
    }

    private async Task DeliverAsync(EventNotificationList notification, DateTime publishTime, CancellationToken cancellation)
    {
        var events = new List<EventOccurrence>(notification.Events?.Length ?? 0);
        foreach (var one in notification.Events ?? [])
        {
            if (!_items.TryGetValue(one.ClientHandle, out var item)) continue;
            var fields = one.EventFields ?? [];
            for (var i = 0; i < fields.Length; i++)
                if (TypeLoader.IsOpaque(fields[i])) fields[i] = await _session.Types.DecodeAsync(fields[i], cancellation).ConfigureAwait(false);
            events.Add(new EventOccurrence(item, fields));
        }

        if (events.Count > 0) await TellAsync(new EventMessage(events, publishTime)).ConfigureAwait(false);
    }

    // Part 4 7.25.4: the subscription timed out or was handed to another session.
    private Task TakeStatusAsync(StatusCode status, CancellationToken cancellation) => status.CodeBits switch
    {
        StatusCodes.GoodSubscriptionTransferred => EndIfTakenAsync(status, cancellation),
        _ when status.IsBad => RecreateAsync(cancellation),
        _ => ChangeStateAsync(_state, status),
    };

    // Part 4 5.14.7: said where another session took the subscription; some servers say it, too, when they close the session and keep the subscription for whoever asks.
    private async Task EndIfTakenAsync(StatusCode status, CancellationToken cancellation)
    {
        try
        {
            if (!await IsGoneAsync(cancellation).ConfigureAwait(false)) return;
        }
        catch (UaException)
        {
            // The session is gone, not the subscription: a new one will ask for it.
            return;
        }

        _set.Remove(this);
        await ChangeStateAsync(SubscriptionState.Ended, status).ConfigureAwait(false);
    }

    private Task ChangeStateAsync(SubscriptionState state, StatusCode status)
    {
        _state = state;
        return TellAsync(new SubscriptionStateMessage(state, status));
    }

    private async Task TellAsync(SubscriptionMessage message)
    {
        try
        {
            await _handler(message).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The handler is not ours; what it does with one message must not keep the next from it, nor other subscriptions from theirs.
            LogHandlerFailed(_session.Options.Logger, SubscriptionId, failure);
        }
    }
}
