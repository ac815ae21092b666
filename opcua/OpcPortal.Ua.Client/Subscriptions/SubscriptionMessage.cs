namespace OpcPortal.Ua.Client;

/// <summary>What a subscription's handler is told, one at a time and in order.</summary>
public abstract record SubscriptionMessage
{
    private protected SubscriptionMessage()
    {
    }
}

/// <summary>Values.</summary>
/// <param name="PublishTime">When the server sent them, UTC, by its clock.</param>
public sealed record DataMessage(IReadOnlyList<DataChange> Changes, DateTime PublishTime) : SubscriptionMessage;

/// <summary>A value of an item.</summary>
public readonly record struct DataChange(MonitoredItem Item, DataValue Value);

/// <summary>Events.</summary>
/// <param name="PublishTime">When the server sent them, UTC, by its clock.</param>
public sealed record EventMessage(IReadOnlyList<EventOccurrence> Events, DateTime PublishTime) : SubscriptionMessage;

/// <summary>An event: the fields that the item's EventFilter selects, in its order.</summary>
public readonly record struct EventOccurrence(MonitoredItem Item, IReadOnlyList<Variant> Fields);

/// <summary>Something was lost, or may have been.</summary>
/// <param name="Messages">How many messages of the server are gone for good; null where nobody can tell.</param>
/// <param name="From">When the last message before the gap came, UTC.</param>
/// <param name="To">When it was found out, UTC.</param>
public sealed record LossMessage(LossReason Reason, uint? Messages, DateTime From, DateTime To) : SubscriptionMessage;

/// <summary>How something was lost.</summary>
public enum LossReason
{
    /// <summary>The server no longer has messages that did not arrive.</summary>
    NotKept,

    /// <summary>The subscription had died at the server; it was made anew. What happened between is not known.</summary>
    Recreated,
}

/// <summary>The subscription's state changed.</summary>
public sealed record SubscriptionStateMessage(SubscriptionState State, StatusCode Status) : SubscriptionMessage;

/// <summary>Whether a subscription reports.</summary>
public enum SubscriptionState
{
    /// <summary>It does.</summary>
    Alive,

    /// <summary>Nothing has come for longer than its keep-alive allows, though the server answers.</summary>
    Late,

    /// <summary>Another session has taken it over, or it was deleted: nothing more will come.</summary>
    Ended,
}
