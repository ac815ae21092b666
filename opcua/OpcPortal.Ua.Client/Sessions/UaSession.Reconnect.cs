namespace OpcPortal.Ua.Client;

// Watching the connection and making it anew. Part 4 6.7.
public sealed partial class UaSession
{
    // 2^16 times the first wait is beyond any sensible longest one.
    private const int MaxDoublings = 16;

    private async Task SuperviseAsync()
    {
        try
        {
            while (true)
            {
                var lost = await WatchAsync(Channel).ConfigureAwait(false);
                _subscriptions.Pause();
                Announce(new SessionStateChange(SessionState.Reconnecting, lost));
                await Channel.DisposeAsync().ConfigureAwait(false);
                var isNew = await ReconnectAsync().ConfigureAwait(false);
                Announce(new SessionStateChange(SessionState.Connected, IsNewSession: isNew));
                _subscriptions.Resume();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The session was closed.
        }
    }

    // Reads ServerStatus now and then until the channel ends; a server that does not answer, or not for this session, ends it.
    private async Task<UaException> WatchAsync(UaChannel channel)
    {
        while (channel.IsOpen)
        {
            await ((Task)channel.Closed.WaitAsync(_options.KeepAliveInterval, _options.Time, _stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Token.ThrowIfCancellationRequested();
            if (!channel.IsOpen) break;
            try
            {
                await InvokeAsync<ReadResponse>(ReadServerState(), _options.KeepAliveInterval, _stop.Token).ConfigureAwait(false);
                await _subscriptions.CheckAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (UaException failed) when (failed is UaConnectionException || IsSessionGone(failed.Status) || failed.Status == StatusCodes.BadRequestTimeout)
            {
                channel.Abort(failed);
            }
            catch (UaException refused)
            {
                // It answers, if only to say that it is busy: it is there.
                LogNotClosed(_options.Logger, refused.Message);
            }
        }

        return await channel.Closed.ConfigureAwait(false);
    }

    private static ReadRequest ReadServerState() =>
        new() { NodesToRead = [new ReadValueId { NodeId = VariableIds.Server_ServerStatus_State, AttributeId = AttributeIds.Value }] };

    internal static bool IsSessionGone(StatusCode status) => status.CodeBits is StatusCodes.BadSessionIdInvalid or StatusCodes.BadSessionClosed
        or StatusCodes.BadSessionNotActivated or StatusCodes.BadSecureChannelIdInvalid or StatusCodes.BadSecureChannelClosed;

    private async Task<bool> ReconnectAsync()
    {
        UaException? last = null;
        for (var failures = 0; ; failures++)
        {
            await Task.Delay(BackOff(failures), _options.Time, _stop.Token).ConfigureAwait(false);
            try
            {
                // Somebody is there, but not as it was: the server may have another certificate or other endpoints now.
                if (last is not null && last.Status != StatusCodes.BadNotConnected) await RediscoverAsync().ConfigureAwait(false);
                return await TryReconnectAsync().ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Whatever it was: a session that stops trying is lost for good.
                var failed = failure as UaException ?? new UaException(StatusCodes.BadUnexpectedError, failure.Message, failure);
                last = failed;
                Announce(new SessionStateChange(SessionState.Reconnecting, failed, failures + 1));
            }
        }
    }

    // The same policy and mode as before: a server that comes back weaker is not followed.
    private async Task RediscoverAsync()
    {
        if (Endpoint.Discovered is null) return;
        var endpoints = await new UaClient(_options).GetEndpointsAsync(Endpoint.Url.OriginalString, _stop.Token).ConfigureAwait(false);
        var description = new EndpointChoice { Policy = Endpoint.Policy, Mode = Endpoint.Description.SecurityMode }.Pick(endpoints, canProtect: true);
        Endpoint = Endpoint with { Description = description, Discovered = endpoints };
    }

    // Full jitter between half and all of the wait: clients that lost the same server do not come back in step.
    private TimeSpan BackOff(int failures)
    {
        var wait = _options.FirstBackOff * Math.Pow(2, Math.Min(failures, MaxDoublings));
        if (wait > _options.LongestBackOff) wait = _options.LongestBackOff;
        return wait * (0.5 + (_options.Random.NextDouble() / 2));
    }

    /// <returns>Whether the session is a new one.</returns>
    private async Task<bool> TryReconnectAsync()
    {
        // Trust may have ended since.
        SessionHandshake.CheckServer(_options, Endpoint);
        var channel = await OpenAsync(_options, Endpoint, _stop.Token).ConfigureAwait(false);
        try
        {
            var isNew = !await TryReactivateAsync(channel).ConfigureAwait(false);
            if (isNew) await ReplaceAsync(channel).ConfigureAwait(false);
            Volatile.Write(ref _channel, channel);
            await TakeStockAsync(channel, isNew).ConfigureAwait(false);
            await _subscriptions.RecoverAsync(_stop.Token).ConfigureAwait(false);
            return isNew;
        }
        catch
        {
            // Lost again, perhaps while the subscriptions were being recovered: the next attempt goes on where this one ended.
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // A server that was restarted may count its namespaces otherwise.
    private async Task TakeStockAsync(UaChannel channel, bool isNew)
    {
        var before = NamespaceUris;
        if (isNew) await ReadFactsAsync(_stop.Token).ConfigureAwait(false);
        Types.MoveTo(channel.Options.Codec, keep: before.SequenceEqual(NamespaceUris));
    }

    private async Task<bool> TryReactivateAsync(UaChannel channel)
    {
        await _activation.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            await _handshake.ActivateAsync(channel, _user, _stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (UaException) when (channel.IsOpen)
        {
            // Whatever the server has against it: a new session is the way on.
            return false;
        }
        finally
        {
            _activation.Release();
        }
    }

    private async Task ReplaceAsync(UaChannel channel)
    {
        var handshake = new SessionHandshake(_options, Endpoint);
        await handshake.CreateAsync(channel, _options.ApplicationName, _stop.Token).ConfigureAwait(false);
        await handshake.ActivateAsync(channel, _user, _stop.Token).ConfigureAwait(false);
        _handshake = handshake;
    }
}
