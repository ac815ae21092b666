namespace OpcPortal.Ua.Server;

/// <summary>An EventFilter as one monitored item uses it: its clauses checked and resolved once. Immutable, used from many threads. Part 4 7.22.3.</summary>
public abstract class CompiledEventFilter
{
    /// <summary>What CreateMonitoredItems and ModifyMonitoredItems answer about the clauses; null where there is nothing to say.</summary>
    public abstract EventFilterResult? Result { get; }

    /// <summary>The fields that the select clauses name, in their order; null Variants where the event has none. Never throws.</summary>
    /// <param name="occurrence">The event.</param>
    /// <param name="who">Whose item it is: a field that the user may not read is null.</param>
    /// <param name="fields">One for each select clause.</param>
    /// <returns>False where the where clause refuses the event. An EventQueueOverflowEventType is never refused: Part 4 7.22.3.</returns>
    public abstract bool TrySelect(UaEvent occurrence, AccessContext who, out Variant[] fields);
}

/// <summary>Makes filters of what clients ask for.</summary>
public interface IEventFilterCompiler
{
    /// <param name="result">The findings about each clause, also where the filter is refused.</param>
    /// <returns>Good with a filter; else the status of the monitored item, such as BadEventFilterInvalid.</returns>
    StatusCode TryCompile(EventFilter filter, AccessContext who, out CompiledEventFilter? compiled, out EventFilterResult? result);
}

/// <summary>One that wants the events of a notifier.</summary>
public interface IEventReceiver
{
    /// <summary>Returns at once, never throws, never calls back into the source.</summary>
    void OnEvent(UaEvent occurrence);
}

/// <summary>Where events come from.</summary>
public interface IEventSource
{
    /// <summary>
    /// Hands on all events of the notifier and of what is below it until the returned object is disposed. Whether the receiver's user may
    /// see an event is checked by the receiver for each source node.
    /// </summary>
    IDisposable Subscribe(NodeRef notifier, IEventReceiver receiver);
}
