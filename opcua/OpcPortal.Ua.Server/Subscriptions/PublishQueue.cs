namespace OpcPortal.Ua.Server;

/// <summary>
/// The Publish requests that one session has parked, the subscriptions that they serve, and which of those wait for one. A parked request holds no thread. Part 4 5.14.1.1, 5.14.5.
/// </summary>
internal sealed class PublishQueue
{
    private readonly LinkedList<ParkedPublish> _requests = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly List<Subscription> _awaiting = [];
    private readonly LinkedList<(uint SubscriptionId, NotificationMessage Message)> _statuses = new();
    private NotificationBatch? _batch;
    private int _reserved;
    private bool _isClosed;

    /// <summary>Guards this queue and the publishing of the subscriptions that belong to it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whose queue it is; null for the one that keeps the subscriptions without a session.</summary>
    public NodeId SessionId { get; set; }

    /// <summary>Bytes of notifications that a response to this client may hold.</summary>
    public int MaxMessageBytes { get; set; } = int.MaxValue;

    /// <summary>Scratch memory for one message at a time. Under the lock.</summary>
    public NotificationBatch Batch => _batch ??= new NotificationBatch();

    /// <summary>Whether a Publish request is parked.</summary>
    public bool HasRequest => _requests.Count > 0;

    public int RequestCount => _requests.Count;
    public int SubscriptionCount => _subscriptions.Count;

    /// <summary>The subscriptions in the order in which they came; a copy.</summary>
    public Subscription[] Snapshot()
    {
        lock (Gate) return [.. _subscriptions];
    }

    /// <summary>Keeps a place for a subscription that is to be made or taken over.</summary>
    /// <returns>BadTooManySubscriptions; BadSessionClosed.</returns>
    public StatusCode Reserve(int limit)
    {
        lock (Gate)
        {
            if (_isClosed) return StatusCodes.BadSessionClosed;
            if (_subscriptions.Count + _reserved >= limit) return StatusCodes.BadTooManySubscriptions;
            _reserved++;
            return StatusCodes.Good;
        }
    }

    public void CancelReservation()
    {
        lock (Gate) _reserved--;
    }

    /// <summary>Takes in a subscription for which a place was kept. Both its owner's lock, if it has one, and this queue's are held.</summary>
    /// <returns>False where the session has closed meanwhile.</returns>
    public bool TryAdd(Subscription subscription)
    {
        _reserved--;
        if (_isClosed) return false;
        Add(subscription);
        return true;
    }

    /// <summary>Takes in a subscription whatever the limits say. The lock is held.</summary>
    public void Add(Subscription subscription)
    {
        subscription.SetOwner(this);
        _subscriptions.Add(subscription);
        subscription.Attached(this);
        Pump();
    }

    /// <summary>Takes a subscription out. Requests that can no longer be served are told so. The lock is held.</summary>
    public void Remove(Subscription subscription)
    {
        _subscriptions.Remove(subscription);
        _awaiting.Remove(subscription);
        if (_subscriptions.Count == 0 && _statuses.Count == 0) FailAll(StatusCodes.BadNoSubscription);
    }

    /// <summary>Parks a Publish request, or answers it at once where something waits to be sent.</summary>
    public void Receive(ParkedPublish request, SubscriptionAcknowledgement[]? acknowledgements, int limit)
    {
        lock (Gate)
        {
            if (_isClosed)
            {
                request.Fail(StatusCodes.BadSessionClosed);
                return;
            }

            request.AcknowledgeResults = Acknowledge(acknowledgements);
            if (_subscriptions.Count == 0 && _statuses.Count == 0)
            {
                request.Fail(StatusCodes.BadNoSubscription);
                return;
            }

            Park(request);
            // Part 4 5.14.5.1: the oldest gives way.
            if (_requests.Count > limit) Dequeue().Fail(StatusCodes.BadTooManyPublishRequests);
            Pump();
        }
    }

    private void Park(ParkedPublish request)
    {
        request.Node = _requests.AddLast(request);
        request.CancelWith(static parked => parked.Queue.Withdraw(parked), this);
    }

    private void Withdraw(ParkedPublish request)
    {
        lock (Gate)
        {
            if (request.Node is not { } node) return;
            request.Node = null;
            _requests.Remove(node);
        }
    }

    private ParkedPublish Dequeue()
    {
        var request = _requests.First!.Value;
        _requests.RemoveFirst();
        request.Node = null;
        return request;
    }

    /// <summary>Lets a subscription wait for the next request. The lock is held.</summary>
    public void Await(Subscription subscription)
    {
        if (!_awaiting.Contains(subscription)) _awaiting.Add(subscription);
    }

    public void StopAwaiting(Subscription subscription) => _awaiting.Remove(subscription);

    /// <summary>Answers the oldest request with a message. The lock is held and there is a request.</summary>
    public void Respond(uint subscriptionId, uint[] available, bool hasMore, NotificationMessage message) => Dequeue().Succeed(new PublishResponse
    {
        SubscriptionId = subscriptionId,
        AvailableSequenceNumbers = available,
        MoreNotifications = hasMore,
        NotificationMessage = message,
    });

    /// <summary>Tells of the end of a subscription with the next request there is. The lock is held.</summary>
    public void PostStatus(uint subscriptionId, NotificationMessage message)
    {
        if (_isClosed || SessionId.IsNull) return;
        // No more than the subscriptions that a session can have had at once: who does not ask for so long has lost count anyway.
        if (_statuses.Count >= MaxStatuses) _statuses.RemoveFirst();
        _statuses.AddLast((subscriptionId, message));
        Pump();
    }

    private const int MaxStatuses = 100;

    // What waits is served while there are requests: first what ended, then the highest priority, and of equals who has waited longest. Part 4 5.14.1.1.
    private void Pump()
    {
        while (HasRequest)
        {
            if (_statuses.First is { } status)
            {
                _statuses.RemoveFirst();
                Respond(status.Value.SubscriptionId, [], hasMore: false, status.Value.Message);
                continue;
            }

            if (_awaiting.Count == 0) return;
            var next = 0;
            for (var i = 1; i < _awaiting.Count; i++)
                if (_awaiting[i].Priority > _awaiting[next].Priority) next = i;
            var subscription = _awaiting[next];
            _awaiting.RemoveAt(next);
            subscription.Serve(this);
        }
    }

    private StatusCode[] Acknowledge(SubscriptionAcknowledgement[]? acknowledgements)
    {
        if (acknowledgements is not { Length: > 0 }) return [];
        var results = new StatusCode[acknowledgements.Length];
        for (var i = 0; i < results.Length; i++)
        {
            ref readonly var one = ref acknowledgements[i];
            var subscription = Find(one.SubscriptionId);
            results[i] = subscription is null ? StatusCodes.BadSubscriptionIdInvalid
                : subscription.Acknowledge(one.SequenceNumber) ? StatusCodes.Good : StatusCodes.BadSequenceNumberUnknown;
        }

        return results;
    }

    /// <summary>The lock is held.</summary>
    public Subscription? Find(uint subscriptionId)
    {
        foreach (var subscription in _subscriptions)
            if (subscription.Id == subscriptionId) return subscription;
        return null;
    }

    /// <summary>Fails the parked requests that came over another channel than the session's own: nobody waits for them any more.</summary>
    public void FailFromOtherChannels(uint channelId)
    {
        lock (Gate)
        {
            for (var node = _requests.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.ChannelId != channelId)
                {
                    _requests.Remove(node);
                    node.Value.Node = null;
                    node.Value.Fail(StatusCodes.BadSecureChannelIdInvalid);
                }

                node = next;
            }
        }
    }

    /// <summary>The session is over: nothing is parked any more. Its subscriptions stay until the engine has dealt with them.</summary>
    public Subscription[] Close()
    {
        lock (Gate)
        {
            _isClosed = true;
            _statuses.Clear();
            FailAll(StatusCodes.BadSessionClosed);
            return [.. _subscriptions];
        }
    }

    private void FailAll(StatusCode status)
    {
        while (HasRequest) Dequeue().Fail(status);
    }
}

/// <summary>A Publish request that waits for its answer: a task that nobody blocks on.</summary>
internal sealed class ParkedPublish(uint channelId, CancellationToken cancellation) : TaskCompletionSource<PublishResponse>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _registration;
    private Action<ParkedPublish>? _withdraw;

    public uint ChannelId => channelId;
    public StatusCode[] AcknowledgeResults { get; set; } = [];

    /// <summary>The place in the queue; null when it is in none. The queue's, under its lock.</summary>
    internal LinkedListNode<ParkedPublish>? Node { get; set; }

    internal PublishQueue Queue { get; private set; } = null!;

    /// <summary>Withdraws the request when the dispatcher gives it up: timeout, Cancel, or the end of its channel.</summary>
    public void CancelWith(Action<ParkedPublish> withdraw, PublishQueue queue)
    {
        Queue = queue;
        _withdraw = withdraw;
        _registration = cancellation.UnsafeRegister(
            static (state, token) =>
            {
                var request = (ParkedPublish)state!;
                request._withdraw!(request);
                request.TrySetCanceled(token);
            },
            this);
    }

    public void Succeed(PublishResponse response)
    {
        // Never Dispose: it would wait for a withdrawal that waits for the queue's lock.
        _registration.Unregister();
        response.Results = AcknowledgeResults;
        TrySetResult(response);
    }

    public void Fail(StatusCode status)
    {
        _registration.Unregister();
        TrySetException(new ServiceException(status));
    }
}
