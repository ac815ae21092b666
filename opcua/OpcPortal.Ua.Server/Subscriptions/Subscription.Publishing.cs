namespace OpcPortal.Ua.Server;

/// <summary>Where a subscription stands in publishing. Part 4 5.14.1.2, Table 84.</summary>
internal enum PublishingState : byte
{
    Normal,

    /// <summary>Something should have been sent, and there was no Publish request.</summary>
    Late,

    /// <summary>Nothing to send: intervals are counted until a keep-alive is due.</summary>
    KeepAlive,

    Closed,
}

/// <summary>The publishing state machine of Part 4 5.14.1.2. The owner's lock is held in all of it.</summary>
internal sealed partial class Subscription
{
    private readonly RetransmissionQueue _retransmission;
    private PublishingState _state;
    private bool _isEnabled;
    private bool _isSuspended;
    private bool _wasMessageSent;
    private bool _hasMore;
    private uint _keepAliveLeft;
    private uint _lifetimeLeft;
    private uint _nextSequenceNumber = 1;

    public uint MaxKeepAliveCount { get; private set; }
    public uint MaxLifetimeCount { get; private set; }

    /// <summary>0 for no limit of the client's.</summary>
    public uint MaxNotificationsPerPublish { get; private set; }

    public bool IsClosed => _state == PublishingState.Closed;

    /// <summary>Encoded size of the last message: the next one will be like it.</summary>
    public int LastMessageBytes { get; private set; }

    /// <summary>What happens to a subscription whose lifetime has run out: set by the engine, called under no lock.</summary>
    internal Action<Subscription>? Expired { get; init; }

    /// <summary>The publishing timer: rows 6 to 9, 12, 14 to 17 and 27.</summary>
    protected internal override bool OnDue()
    {
        var owner = LockOwner();
        try
        {
            if (IsClosed) return false;
            // Part 4 5.14.2.2: it ends when the timer has expired this often without a message.
            if (--_lifetimeLeft > 0) Tick(owner);
            else Close(owner);
        }
        finally
        {
            owner.Gate.Exit();
        }

        if (!IsClosed)
        {
            TendJournal();
            return true;
        }

        Expired?.Invoke(this);
        return false;
    }

    private void Close(PublishQueue owner)
    {
        _state = PublishingState.Closed;
        owner.PostStatus(Id, StatusMessage(StatusCodes.BadTimeout));
        owner.Remove(this);
    }

    private void Tick(PublishQueue owner)
    {
        StartCycle();
        if (_state == PublishingState.Late) return;
        var isKeepAliveDue = !_wasMessageSent || (_state == PublishingState.KeepAlive && _keepAliveLeft <= 1);
        if (!owner.HasRequest)
        {
            if (isKeepAliveDue || HasNotifications) BecomeLate(owner);
            else CountKeepAlive();
            return;
        }

        if (HasNotifications && TrySendNotifications(owner)) return;
        if (isKeepAliveDue) SendKeepAlive(owner);
        else CountKeepAlive();
    }

    private void BecomeLate(PublishQueue owner)
    {
        _state = PublishingState.Late;
        Counters.LatePublishRequestCount++;
        owner.Await(this);
    }

    // Row 9 begins to count, row 16 goes on.
    private void CountKeepAlive()
    {
        if (_state == PublishingState.KeepAlive)
        {
            _keepAliveLeft--;
            return;
        }

        _state = PublishingState.KeepAlive;
        _keepAliveLeft = MaxKeepAliveCount;
    }

    /// <summary>A Publish request is there for a subscription that waited for one: rows 5, 10 and 11.</summary>
    internal void Serve(PublishQueue owner)
    {
        var wasLate = _state == PublishingState.Late;
        if (wasLate) StartCycle();
        if (HasNotifications && TrySendNotifications(owner)) return;
        _hasMore = false;
        if (wasLate) SendKeepAlive(owner);
    }

    private bool HasNotifications => _isEnabled && !_isSuspended && HasCycle;

    // ReturnNotifications() of 5.14.1.3: one message, and more while there is more to send and a request to send it with.
    private bool TrySendNotifications(PublishQueue owner)
    {
        var isSent = false;
        do
        {
            if (!TrySendMessage(owner)) break;
            isSent = true;
        }
        while (_hasMore && owner.HasRequest);

        if (!isSent) return false;
        _state = PublishingState.Normal;
        if (_hasMore) owner.Await(this);
        return true;
    }

    private bool TrySendMessage(PublishQueue owner)
    {
        if (!IsDurable) return TrySendOne(owner);
        // What is taken from the queues and the message made of it are one in the journal: nothing is queued between the two.
        lock (Gate) return TrySendOne(owner);
    }

    private bool TrySendOne(PublishQueue owner)
    {
        var notifications = NotificationEncoder.Encode(this, owner.Batch, MessageLimit, Math.Min(owner.MaxMessageBytes, Services.Limits.MaxMessageBytes));
        _hasMore = notifications.HasMore;
        if (notifications.IsEmpty) return false;
        LastMessageBytes = notifications.Bytes;
        Counters.DataChangeNotificationsCount += (uint)notifications.ValueCount;
        Counters.EventNotificationsCount += (uint)notifications.EventCount;
        var message = new NotificationMessage { SequenceNumber = TakeSequenceNumber(), PublishTime = Services.Now, NotificationData = notifications.Data };
        var dropped = _retransmission.Add(message, notifications.Bytes);
        Counters.DiscardedMessageCount += (uint)dropped;
        _journal?.Message(message, notifications.Bytes, dropped);
        Respond(owner, message);
        return true;
    }

    private int MessageLimit => MaxNotificationsPerPublish == 0
        ? Services.Limits.MaxNotificationsPerMessage
        : (int)Math.Min(MaxNotificationsPerPublish, (uint)Services.Limits.MaxNotificationsPerMessage);

    // Part 4 5.14.1.1: a keep-alive has the next number and does not use it up. Rows 7, 11 and 15.
    private void SendKeepAlive(PublishQueue owner)
    {
        Respond(owner, new NotificationMessage { SequenceNumber = _nextSequenceNumber, PublishTime = Services.Now, NotificationData = [] });
        if (_state != PublishingState.Normal) _state = PublishingState.KeepAlive;
        _keepAliveLeft = MaxKeepAliveCount;
    }

    private void Respond(PublishQueue owner, NotificationMessage message)
    {
        _wasMessageSent = true;
        ResetLifetime();
        Counters.PublishRequestCount++;
        owner.Respond(Id, _retransmission.Available(), _hasMore, message);
    }

    // Part 4 7.9 (Counter), 5.14.1.1: after the last number comes 1.
    private uint TakeSequenceNumber()
    {
        var number = _nextSequenceNumber;
        _nextSequenceNumber = number == uint.MaxValue ? 1 : number + 1;
        return number;
    }

    private NotificationMessage StatusMessage(StatusCode status) => new()
    {
        SequenceNumber = _nextSequenceNumber,
        PublishTime = Services.Now,
        NotificationData = [new ExtensionObject(new StatusChangeNotification { Status = status })],
    };

    internal void ResetLifetime() => _lifetimeLeft = MaxLifetimeCount;

    /// <summary>Row 19.</summary>
    internal void SetPublishing(PublishQueue owner, bool isEnabled)
    {
        _isEnabled = isEnabled;
        if (isEnabled) Counters.EnableCount++;
        else Counters.DisableCount++;
        _hasMore = false;
        if (_state == PublishingState.Normal) owner.StopAwaiting(this);
        ResetLifetime();
        WriteDefinition();
    }

    /// <summary>Before the subscription is known to anybody.</summary>
    internal void Enable(bool isEnabled) => _isEnabled = isEnabled;

    /// <summary>While it is found out what another user may see nothing is sent but keep-alives.</summary>
    internal void Suspend(bool isSuspended) => _isSuspended = isSuspended;

    internal bool Acknowledge(uint sequenceNumber)
    {
        if (!_retransmission.Acknowledge(sequenceNumber, out var size)) return false;
        if (IsDurable)
            lock (Gate) _journal!.Acknowledged(sequenceNumber, size);
        return true;
    }

    internal uint[] AvailableSequenceNumbers() => _retransmission.Available();

    /// <summary>Rows 20 and 21.</summary>
    /// <returns>Null where there is no such message any more.</returns>
    internal NotificationMessage? Republish(uint sequenceNumber)
    {
        ResetLifetime();
        Counters.RepublishRequestCount++;
        Counters.RepublishMessageRequestCount++;
        var message = _retransmission.Find(sequenceNumber);
        if (message is not null) Counters.RepublishMessageCount++;
        return message;
    }

    /// <summary>Messages that were sent to one user are not sent again to another.</summary>
    internal void ForgetSent()
    {
        _retransmission.Clear();
        if (IsDurable && !IsClosed)
            lock (Gate) _journal!.MessagesForgotten();
    }

    /// <summary>The subscription goes to another session; the old one is told so. Row 23.</summary>
    internal void LeaveFor(PublishQueue owner)
    {
        owner.PostStatus(Id, StatusMessage(StatusCodes.GoodSubscriptionTransferred));
        Detach(owner);
    }

    /// <summary>Takes the subscription from its owner; what it waits for it waits for anew.</summary>
    internal void Detach(PublishQueue owner)
    {
        owner.Remove(this);
        _hasMore = false;
        ResetLifetime();
    }

    /// <summary>It has a session again: if something was to be sent, the first request gets it.</summary>
    internal void Attached(PublishQueue owner)
    {
        ResetLifetime();
        if (_state == PublishingState.Late) owner.Await(this);
    }

    /// <returns>False where it was closed before.</returns>
    internal bool TryClose(PublishQueue owner)
    {
        if (IsClosed) return false;
        _state = PublishingState.Closed;
        owner.Remove(this);
        return true;
    }
}
