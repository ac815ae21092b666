namespace OpcPortal.Ua.Server;

/// <summary>Brings a change of rights to all that lives: sessions, their subscriptions, and the subscriptions that have no session. Thread-safe.</summary>
internal sealed class AccessRenewal(SessionAccess access, SessionTable sessions, SubscriptionEngine subscriptions)
{
    /// <summary>Asks anew what every session and subscription may do. Who is no longer admitted loses the session, and the subscriptions with it.</summary>
    public void RenewAll()
    {
        access.BeginRenewal();
        foreach (var session in sessions.All) Renew(session);
        subscriptions.RenewOrphans();
    }

    /// <summary>Asks anew for one session, where it was asked before the last change.</summary>
    public void Renew(Session session)
    {
        // Another user may be activated meanwhile: then it is that one's context that is looked at.
        while (session.Access is { } current && access.IsStale(current))
        {
            if (TryComplete(current) is not { } renewed)
            {
                sessions.Close(session, deleteSubscriptions: true, SessionEnd.Terminated);
                return;
            }

            if (!session.TryRenew(current, renewed)) continue;
            subscriptions.RecheckAccess(session);
        }
    }

    private AccessContext? TryComplete(AccessContext current)
    {
        try
        {
            return access.Complete(current);
        }
        catch (ServiceException)
        {
            return null;
        }
    }
}
