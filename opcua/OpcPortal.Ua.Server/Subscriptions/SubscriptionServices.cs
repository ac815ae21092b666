namespace OpcPortal.Ua.Server;

/// <summary>What all subscriptions and their items share.</summary>
internal sealed record SubscriptionServices(
    AttributeReader Reader,
    AccessController Access,
    TypeTree Types,
    EventAccess EventAccess,
    IEventSource Events,
    IEventFilterCompiler EventFilters,
    SubscriptionLimits Limits,
    TimeProvider Time)
{
    /// <summary>Room in value and event queues beyond the first of each item.</summary>
    public Quota QueueRoom { get; } = new(Limits.MaxQueuedValues);

    /// <summary>The same for durable subscriptions: long absences of their clients take nothing from the others.</summary>
    public Quota DurableQueueRoom { get; } = new(Limits.MaxDurableQueuedValues);

    /// <summary>Bytes of messages kept for Republish.</summary>
    public Quota RetransmissionBytes { get; } = new(Limits.MaxRetransmissionBytes);

    public Quota MonitoredItems { get; } = new(Limits.MaxMonitoredItems);

    /// <summary>Groups of items whose sources tell of changes, more often than the client wants.</summary>
    public required SampleGroups Rates { get; init; }

    /// <summary>Groups of items whose sources must be read. Apart from the others: a slow source holds up nobody else.</summary>
    public required SampleGroups Polls { get; init; }

    public DateTime Now => Time.GetUtcNow().UtcDateTime;
}
