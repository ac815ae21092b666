using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Client;

/// <summary>
/// A subscription that goes on over lost connections: gaps are closed by Republish, on a new session it is transferred, and where the server has dropped it, it is made
/// anew with its items. Its handler gets values in order and none twice, and is told what was lost. Thread-safe. Part 4 5.14.
/// </summary>
public sealed partial class UaSubscription : IAsyncDisposable
{
    private readonly UaSession _session;
    private readonly SubscriptionSet _set;
    private readonly Func<SubscriptionMessage, ValueTask> _handler;

    // Taken in this order: what is delivered, then what the server is asked to change.
    private readonly SemaphoreSlim _delivery = new(1, 1);
    private readonly SemaphoreSlim _structure = new(1, 1);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<uint, MonitoredItem> _items = new();
    private SequenceTracker _sequence = new();
    private SubscriptionState _state;
    private uint _lastHandle;
    private int _disposed;

    internal UaSubscription(UaSession session, SubscriptionSet set, SubscriptionOptions options, Func<SubscriptionMessage, ValueTask> handler)
    {
        _session = session;
        _set = set;
        _handler = handler;
        Options = options;
    }

    /// <summary>What was asked for.</summary>
    public SubscriptionOptions Options { get; }

    /// <summary>The server's id; another one after the subscription was made anew.</summary>
    public uint SubscriptionId { get; private set; }

    /// <summary>What the server made of the publishing interval.</summary>
    public TimeSpan RevisedPublishingInterval { get; private set; }

    /// <summary>The items, in no order.</summary>
    public IReadOnlyCollection<MonitoredItem> Items => [.. _items.Values];

    /// <summary>The session that it belongs to at the server.</summary>
    internal NodeId Owner { get; private set; }

    internal bool HasEnded => _state == SubscriptionState.Ended;

    private TimeSpan RevisedKeepAlive { get; set; }

    /// <summary>Adds items; each says in its status whether the server watches it. Their first values come through the handler.</summary>
    /// <exception cref="UaException">The service failed as a whole.</exception>
    public async Task<IReadOnlyList<MonitoredItem>> AddAsync(IEnumerable<MonitoredItemOptions> items, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var added = items.Select(options => new MonitoredItem(Interlocked.Increment(ref _lastHandle), options)).ToArray();
        await _structure.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Known before the server is asked: a first value may come before the answer.
            foreach (var item in added) _items[item.ClientHandle] = item;
            await CreateItemsAsync(added, cancellation).ConfigureAwait(false);
        }
        catch
        {
            foreach (var item in added) _items.TryRemove(item.ClientHandle, out _);
            throw;
        }
        finally
        {
            _structure.Release();
        }

        foreach (var item in added)
            if (item.Status.IsBad) _items.TryRemove(item.ClientHandle, out _);
        return added;
    }

    /// <summary>Adds one item.</summary>
    /// <inheritdoc cref="AddAsync(IEnumerable{MonitoredItemOptions}, CancellationToken)"/>
    public async Task<MonitoredItem> AddAsync(MonitoredItemOptions item, CancellationToken cancellation = default) =>
        (await AddAsync([item], cancellation).ConfigureAwait(false))[0];

    /// <summary>Takes items out.</summary>
    /// <exception cref="UaException">The service failed as a whole.</exception>
    public async Task RemoveAsync(IEnumerable<MonitoredItem> items, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        await _structure.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var known = items.Where(item => _items.TryRemove(item.ClientHandle, out _)).Select(item => item.ServerId).ToArray();
            foreach (var batch in known.Chunk(_session.Limits.MonitoredItems))
            {
                var request = new DeleteMonitoredItemsRequest { SubscriptionId = SubscriptionId, MonitoredItemIds = batch };
                await _session.InvokeAsync<DeleteMonitoredItemsResponse>(request, cancellation: cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _structure.Release();
        }
    }

    /// <summary>Ends it at the server, if that can be reached. Not to be called from its handler, which it waits for.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _set.Remove(this);
        if (_session.State == SessionState.Connected && !HasEnded)
        {
            try
            {
                await _session.InvokeAsync<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [SubscriptionId] }).ConfigureAwait(false);
            }
            catch (UaException failed)
            {
                // It dies with its session, or at the end of its lifetime.
                LogNotDeleted(_session.Options.Logger, SubscriptionId, failed.Message);
            }
        }

        await _delivery.WaitAsync().ConfigureAwait(false);
        _state = SubscriptionState.Ended;
        _delivery.Release();
    }

    internal async Task CreateAsync(CancellationToken cancellation)
    {
        var request = new CreateSubscriptionRequest
        {
            RequestedPublishingInterval = Options.PublishingInterval.TotalMilliseconds,
            RequestedMaxKeepAliveCount = Options.KeepAliveCount,
            RequestedLifetimeCount = Options.LifetimeCount,
            MaxNotificationsPerPublish = Options.MaxNotificationsPerPublish,
            PublishingEnabled = true,
            Priority = Options.Priority,
        };
        var response = await _session.InvokeAsync<CreateSubscriptionResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        SubscriptionId = response.SubscriptionId;
        RevisedPublishingInterval = TimeSpan.FromMilliseconds(Math.Clamp(response.RevisedPublishingInterval, 1, int.MaxValue));
        RevisedKeepAlive = RevisedPublishingInterval * response.RevisedMaxKeepAliveCount;
        Owner = _session.SessionId;
        _sequence = new SequenceTracker();
        Hear();
    }

    private async Task CreateItemsAsync(IReadOnlyCollection<MonitoredItem> items, CancellationToken cancellation)
    {
        foreach (var batch in items.Chunk(_session.Limits.MonitoredItems))
        {
            var request = new CreateMonitoredItemsRequest
            {
                SubscriptionId = SubscriptionId,
                TimestampsToReturn = TimestampsToReturn.Both,
                ItemsToCreate = Array.ConvertAll(batch, item => item.Request(_session)),
            };
            var response = await _session.InvokeAsync<CreateMonitoredItemsResponse>(request, cancellation: cancellation).ConfigureAwait(false);
            if (response.Results?.Length != batch.Length) throw new UaException(StatusCodes.BadUnknownResponse, $"The server answers {response.Results?.Length ?? 0} of {batch.Length} items.");
            for (var i = 0; i < batch.Length; i++) batch[i].Take(response.Results[i]);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Subscription {Id} was not deleted at the server: {Reason}")]
    private static partial void LogNotDeleted(ILogger logger, uint id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The handler of subscription {Id} failed")]
    private static partial void LogHandlerFailed(ILogger logger, uint id, Exception failure);
}
