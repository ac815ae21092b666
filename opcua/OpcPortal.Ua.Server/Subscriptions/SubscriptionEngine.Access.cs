namespace OpcPortal.Ua.Server;

/// <summary>Who owns a subscription, and what its owner may see.</summary>
public sealed partial class SubscriptionEngine
{
    /// <summary>The session has a user, perhaps another one: what its subscriptions may see is asked anew.</summary>
    public void OnActivated(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        QueueOf(session).FailFromOtherChannels(session.Channel.ChannelId);
        RecheckAccess(session);
    }

    /// <summary>
    /// Asks for all items of the session's subscriptions what the user may see now. Where the answer changed, what was queued is dropped and the new status or value is queued. To be
    /// called when roles or agreements of the user change. Nothing but keep-alives is sent meanwhile.
    /// </summary>
    public void RecheckAccess(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Access is not { } who) return;
        foreach (var subscription in QueueOf(session).Snapshot()) Recheck(subscription, who);
    }

    /// <summary>Makes the rights of subscriptions without a session anew; null: those they had remain.</summary>
    internal SessionAccess? Rights { get; set; }

    /// <summary>
    /// As for a session, for the subscriptions that have none: they are their last user's, whose rights change too. Who is no longer admitted loses them.
    /// </summary>
    public void RenewOrphans()
    {
        foreach (var subscription in _orphans.Snapshot()) RenewOrphan(subscription);
    }

    private void RenewOrphan(Subscription subscription)
    {
        try
        {
            Recheck(subscription, Rights?.Complete(subscription.Who) ?? subscription.Who);
        }
        catch (ServiceException)
        {
            End(subscription, _orphans);
        }
    }

    private static void Recheck(Subscription subscription, AccessContext who)
    {
        lock (subscription.ItemsGate)
        {
            var owner = subscription.LockOwner();
            subscription.Suspend(true);
            // What was sent to one user is not sent again to another.
            if (!IsSameUser(subscription.Who, who)) subscription.ForgetSent();
            subscription.SetAccess(who);
            owner.Gate.Exit();
            try
            {
                subscription.RecheckItems();
            }
            finally
            {
                owner = subscription.LockOwner();
                subscription.Suspend(false);
                owner.Gate.Exit();
            }
        }
    }

    /// <summary>Hands a subscription to another session of the same user. Part 4 5.14.7; rows 22 to 24.</summary>
    internal TransferResult Transfer(Session session, AccessContext who, uint subscriptionId, bool sendInitialValues)
    {
        if (!_subscriptions.TryGetValue(subscriptionId, out var subscription)) return new() { StatusCode = StatusCodes.BadSubscriptionIdInvalid };
        subscription.Counters.TransferRequestCount++;
        var to = QueueOf(session);
        // Part 4 Table 96: it is this session's already.
        if (ReferenceEquals(subscription.Owner, to)) return new() { StatusCode = StatusCodes.BadNothingToDo };
        if (!MayTakeOver(subscription.Who, who)) return new() { StatusCode = StatusCodes.BadUserAccessDenied };
        var status = to.Reserve(Limits.MaxSubscriptionsPerSession);
        if (status.IsBad) return new() { StatusCode = status };
        if (!TryDetach(subscription, who, to))
        {
            to.CancelReservation();
            return new() { StatusCode = StatusCodes.BadSubscriptionIdInvalid };
        }

        Recheck(subscription, who);
        if (sendInitialValues)
            lock (subscription.ItemsGate) subscription.ResendItems();
        return Attach(subscription, to);
    }

    // From its session it goes to the orphans first, so that no two sessions' locks are ever held at once.
    private bool TryDetach(Subscription subscription, AccessContext who, PublishQueue to)
    {
        var owner = subscription.LockOwner();
        try
        {
            if (subscription.IsClosed || ReferenceEquals(owner, to) || !MayTakeOver(subscription.Who, who)) return false;
            if (subscription.Who.ApplicationUri == who.ApplicationUri) subscription.Counters.TransferredToSameClientCount++;
            else subscription.Counters.TransferredToAltClientCount++;
            if (ReferenceEquals(owner, _orphans)) return true;
            lock (_orphans.Gate)
            {
                subscription.LeaveFor(owner);
                _orphans.Add(subscription);
            }

            return true;
        }
        finally
        {
            owner.Gate.Exit();
        }
    }

    private TransferResult Attach(Subscription subscription, PublishQueue to)
    {
        lock (to.Gate)
        {
            lock (_orphans.Gate)
            {
                // Another session of the same user may have been faster, or the subscription's time may have run out.
                if (subscription.IsClosed || !ReferenceEquals(subscription.Owner, _orphans))
                {
                    to.CancelReservation();
                    return new() { StatusCode = StatusCodes.BadSubscriptionIdInvalid };
                }

                _orphans.Remove(subscription);
                if (!to.TryAdd(subscription))
                {
                    _orphans.Add(subscription);
                    return new() { StatusCode = StatusCodes.BadSessionClosed };
                }
            }

            return new() { AvailableSequenceNumbers = subscription.AvailableSequenceNumbers() };
        }
    }

    /// <summary>
    /// Part 4 5.14.7.1: the same user; where both are anonymous, the same application over a channel that proves it. CVE class: take-over of orphans.
    /// </summary>
    private static bool MayTakeOver(AccessContext owner, AccessContext taker)
    {
        if (!IsAnonymous(owner) || !IsAnonymous(taker)) return IsSameUser(owner, taker);
        return owner.ApplicationUri is { } uri && uri == taker.ApplicationUri && IsProven(owner) && IsProven(taker);
    }

    private static bool IsSameUser(AccessContext one, AccessContext other) =>
        one.UserName == other.UserName && one.UserCertificateThumbprint == other.UserCertificateThumbprint;

    private static bool IsAnonymous(AccessContext who) => who.UserName is null && who.UserCertificateThumbprint is null;

    private static bool IsProven(AccessContext who) => who.SecurityMode is MessageSecurityMode.Sign or MessageSecurityMode.SignAndEncrypt;
}
