namespace OpcPortal.Ua.Server;

/// <summary>
/// Writes down what happens to one durable subscription, as it happens: a value before it can be sent, a message before it is, an acknowledgement before it is answered. All of it is called under the
/// subscription's <see cref="Subscription.Gate"/>. Part 4 6.8.
/// </summary>
internal sealed class SubscriptionJournal
{
    // Less is not worth a new file.
    private const long LeastGarbage = 1024 * 1024;

    // A disk that was full is not asked again at once.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    // A restart gives back at most so much of a lifetime, which is hours.
    private static readonly TimeSpan LifetimeEvery = TimeSpan.FromMinutes(1);

    private readonly ISubscriptionJournal _kept;
    private readonly NamespaceTable _namespaces;
    private readonly TimeProvider _time;
    private readonly SubscriptionRecordWriter _writer;
    private readonly Dictionary<uint, ItemDefinition> _items = [];
    private readonly List<TakenFromQueue> _taken = [];
    private int _knownNamespaces;
    private bool _isFailing;
    private long _failedAt;
    private long _lifetimeAt;

    // What records of values took on average tells what those that were sent leave behind.
    private long _valueBytes;
    private long _valueCount;
    private long _messageBytes;
    private long _garbage;

    public SubscriptionJournal(ISubscriptionJournal kept, NamespaceTable namespaces, TimeProvider time)
    {
        _kept = kept;
        _namespaces = namespaces;
        _time = time;
        _writer = new SubscriptionRecordWriter(TryAppend);
        _lifetimeAt = time.GetTimestamp();
    }

    /// <summary>Whether values may be added; where not, they push others out.</summary>
    public bool HasRoom => _kept.HasRoom;

    /// <summary>Writes records beside those that have a method here. Under the gate.</summary>
    public SubscriptionRecordWriter Writer => _writer;

    /// <summary>Whether there is something to tend. A hint, asked under no lock.</summary>
    public bool WantsTending => WantsRewrite || _time.GetElapsedTime(_lifetimeAt) >= LifetimeEvery;

    /// <summary>Whether it would be much smaller, or would be whole again, if it were written anew.</summary>
    public bool WantsRewrite => _isFailing ? _time.GetElapsedTime(_failedAt) >= RetryAfter : _garbage > LeastGarbage && _garbage > _kept.Length / 2;

    /// <summary>The namespaces that an earlier process wrote are those of this one.</summary>
    public void KnowNamespaces() => _knownNamespaces = _namespaces.Count;

    public ItemDefinition? DefinitionOf(uint itemId) => _items.GetValueOrDefault(itemId);

    public void Define(SubscriptionDefinition definition)
    {
        _lifetimeAt = _time.GetTimestamp();
        _writer.Definition(definition);
    }

    /// <summary>An item that the journal has already.</summary>
    public void Know(uint itemId, ItemDefinition item) => _items[itemId] = item;

    public void Item(uint itemId, MonitoringMode mode, ItemDefinition item)
    {
        _items[itemId] = item;
        _writer.Item(itemId, mode, item);
    }

    public void ItemRemoved(uint itemId)
    {
        _items.Remove(itemId);
        _writer.ItemRemoved(itemId);
    }

    public void ItemMode(uint itemId, MonitoringMode mode) => _writer.ItemMode(itemId, mode);

    public void Link(uint triggering, uint triggered, bool isLinked) => _writer.Link(triggering, triggered, isLinked);

    public void Value(uint itemId, QueueChange change, in DataValue value)
    {
        var before = _kept.Length;
        _writer.Value(itemId, change, value);
        CountValue(_kept.Length - before, change);
    }

    public void Event(uint itemId, QueueChange change, UaEvent occurrence, Variant[] fields)
    {
        var before = _kept.Length;
        _writer.Event(itemId, change, occurrence, fields);
        CountValue(_kept.Length - before, change);
    }

    public void EventOverflow(uint itemId, bool isFirst, Variant[] fields) => _writer.EventOverflow(itemId, isFirst, fields);

    private void CountValue(long bytes, QueueChange change)
    {
        _valueBytes += bytes;
        _valueCount++;
        if (change != QueueChange.Added) _garbage += bytes;
    }

    /// <param name="count">How many waited.</param>
    public void QueueCleared(uint itemId, int count)
    {
        _garbage += count * AverageValue;
        _writer.QueueCleared(itemId);
    }

    /// <summary>One notification was taken from an item's queue for the message that is being made.</summary>
    public void Taken(uint itemId)
    {
        if (_taken is [.., var last] && last.ItemId == itemId) _taken[^1] = last with { Count = last.Count + 1 };
        else _taken.Add(new TakenFromQueue(itemId, 1));
    }

    public void Message(NotificationMessage message, int size, int dropped)
    {
        _writer.Message(message, size, dropped, _taken);
        _messageBytes += size;
        // Those that were dropped for it were about as large.
        Forget(Math.Min((long)dropped * size, _messageBytes));
        foreach (var (_, count) in _taken) _garbage += count * AverageValue;
        _taken.Clear();
    }

    /// <param name="size">Bytes of the message.</param>
    public void Acknowledged(uint sequenceNumber, int size)
    {
        Forget(size);
        _writer.Acknowledged(sequenceNumber);
    }

    public void MessagesForgotten()
    {
        Forget(_messageBytes);
        _writer.MessagesForgotten();
    }

    private void Forget(long messageBytes)
    {
        _garbage += messageBytes;
        _messageBytes = Math.Max(0, _messageBytes - messageBytes);
    }

    /// <summary>Notes now and then how long the subscription still lives without a client, so that a server that is started again and again does not keep it for ever.</summary>
    public void Lifetime(uint left)
    {
        if (_time.GetElapsedTime(_lifetimeAt) < LifetimeEvery) return;
        _lifetimeAt = _time.GetTimestamp();
        _writer.Lifetime(left);
    }

    /// <summary>The subscription has ended.</summary>
    public void Delete()
    {
        // Should the file not go, it says that nothing is left.
        _writer.Ended();
        _kept.Delete();
    }

    /// <summary>The process ends, the subscription does not.</summary>
    public void Close() => _kept.Dispose();

    private long AverageValue => _valueCount == 0 ? 0 : _valueBytes / _valueCount;

    // Once a record was not kept none is, until all of it was written anew: a journal with a hole would tell of what never was.
    private bool TryAppend(ReadOnlySpan<byte> record)
    {
        if (_isFailing) return false;
        if (_knownNamespaces != _namespaces.Count)
        {
            _knownNamespaces = _namespaces.Count;
            if (!_writer.Namespaces(_namespaces.ToArray())) return false;
        }

        // What is set is set again: of all but values and messages the last word counts.
        if ((SubscriptionRecord)record[0] is not (SubscriptionRecord.Value or SubscriptionRecord.Event or SubscriptionRecord.Message)) _garbage += record.Length;
        if (_kept.TryAppend(record)) return true;
        _isFailing = true;
        _failedAt = _time.GetTimestamp();
        return false;
    }

    /// <summary>Nothing is added until the journal was written anew.</summary>
    public void Hold() => _isFailing = true;

    /// <summary>Writes the journal anew, of what still means something.</summary>
    /// <param name="write">Writes all that there is; false where it could not.</param>
    public void Rewrite(Func<SubscriptionRecordWriter, bool> write)
    {
        _failedAt = _time.GetTimestamp();
        using var rewrite = _kept.TryRewrite();
        // Garbage that could not be put away now is looked at again when there is as much more.
        _garbage = 0;
        if (rewrite is null) return;
        var writer = new SubscriptionRecordWriter(rewrite.TryAppend);
        var count = _namespaces.Count;
        if (!writer.Namespaces(_namespaces.ToArray()) || !write(writer) || !rewrite.TryComplete()) return;
        _knownNamespaces = count;
        _isFailing = false;
    }
}
