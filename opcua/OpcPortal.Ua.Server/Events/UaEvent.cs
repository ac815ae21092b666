namespace OpcPortal.Ua.Server;

/// <summary>One occurrence of an event, its fields fixed when it is made. Part 5 6.4.2 (BaseEventType).</summary>
public sealed class UaEvent
{
    private readonly Dictionary<string, Variant> _fields = new(StringComparer.Ordinal);

    public required NodeId EventType
    {
        get;
        init
        {
            field = value;
            EventTypeValue = value;
        }
    }

    /// <summary>Null where the event is not bound to a node. Part 5 6.4.2.</summary>
    public required NodeId SourceNode
    {
        get;
        init
        {
            field = value;
            SourceNodeValue = value.IsNull ? default : value;
        }
    }

    public required string SourceName { get; init; }

    /// <summary>When it happened, UTC, as close to the process as is known.</summary>
    public required DateTime Time { get; init; }

    /// <summary>When the server was told of it, UTC; the default: at once.</summary>
    public DateTime ReceiveTime { get; init; }

    public required LocalizedText Message
    {
        get;
        init
        {
            field = value;
            MessageValue = value;
        }
    }

    /// <summary>1 to 1000. Part 5 6.4.2.</summary>
    public required ushort Severity { get; init; }

    public ByteString EventId { get; init; } = new(Guid.NewGuid().ToByteArray());

    /// <summary>The Condition's NodeId for events of conditions; null otherwise. Part 9 5.5.2.</summary>
    public NodeId ConditionId { get; init; }

    /// <summary>
    /// A node that the receiver must be able to browse besides being allowed the event's source: for events of the server that tell of somebody's nodes,
    /// such as model changes. Null where there is none.
    /// </summary>
    public NodeId VisibleWith { get; init; }

    /// <summary>
    /// Who may have it, beside what holds for its type and source; null: all whom those allow. Asked at each delivery, from many threads. An archive does not keep it:
    /// who reads past events is asked for type and source alone.
    /// </summary>
    public Func<AccessContext, bool>? Audience { get; init; }

    /// <summary>Whether it may be kept to be read again: what only holds together with <see cref="Audience"/> is not.</summary>
    public bool IsArchived { get; init; } = true;

    /// <summary>How the action that is audited ended, for those who record it: not every audit event has a field for it.</summary>
    public StatusCode Outcome { get; init; }

    /// <summary>What the access policy knows of who acted (<see cref="AccessContext.Subject"/>), for those who record it; no field of the event.</summary>
    public object? Subject { get; init; }

    /// <summary>Fields beyond BaseEventType by browse path, names joined with '/' in the form <c>ns:Name</c> (no prefix for ns 0).</summary>
    public IReadOnlyDictionary<string, Variant> Fields => _fields;

    // Every item that selects these gets the same Variant: one box an event instead of one an item.
    internal Variant EventTypeValue { get; private init; }
    internal Variant SourceNodeValue { get; private init; }
    internal Variant MessageValue { get; private init; }

    /// <summary>Sets a field; only before the event is reported.</summary>
    public UaEvent With(string browsePath, Variant value)
    {
        _fields[browsePath] = value;
        return this;
    }
}

/// <summary>Where the server's rooms report events; who may see one is decided for each monitored item by its source node.</summary>
public interface IEventSink
{
    /// <summary>Hands an event to the notifiers above its source up to the Server object. Never blocks.</summary>
    void Report(UaEvent occurrence);
}
