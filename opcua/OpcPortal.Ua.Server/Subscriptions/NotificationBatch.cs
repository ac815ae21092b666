namespace OpcPortal.Ua.Server;

/// <summary>
/// A slice of a message: what was taken from the queues and is not yet encoded. Small, so that the queues are locked for microseconds only, however long the message gets. One
/// is used again and again.
/// </summary>
internal sealed class NotificationBatch
{
    private const int Size = 512;

    // Encoding this takes some tens of microseconds.
    private const int SliceBytes = 64 * 1024;

    private readonly MonitoredItemNotification[] _values = new MonitoredItemNotification[Size];
    private readonly (uint ClientHandle, Variant[] Fields)[] _events = new (uint, Variant[])[Size];
    private int _limit;
    private int _bytesLeft;
    private int _bytes;
    private bool _isMessageEmpty;

    public int ValueCount { get; private set; }
    public int EventCount { get; private set; }
    public int Count => ValueCount + EventCount;

    public ReadOnlySpan<MonitoredItemNotification> Values => _values.AsSpan(0, ValueCount);
    public ReadOnlySpan<(uint ClientHandle, Variant[] Fields)> Events => _events.AsSpan(0, EventCount);

    /// <summary>Empties the batch for the next slice of a message.</summary>
    /// <param name="limit">Notifications that the message still takes.</param>
    /// <param name="messageBytes">Bytes that it has.</param>
    /// <param name="maxBytes">Bytes that it may have; what is larger alone is a message of its own.</param>
    public void Reset(int limit, int messageBytes, int maxBytes)
    {
        Clear();
        _limit = Math.Min(limit, Size);
        _bytesLeft = maxBytes - messageBytes;
        _isMessageEmpty = messageBytes == 0;
    }

    /// <summary>Lets go of what was encoded.</summary>
    public void Clear()
    {
        Array.Clear(_values, 0, ValueCount);
        Array.Clear(_events, 0, EventCount);
        ValueCount = 0;
        EventCount = 0;
        _bytes = 0;
    }

    /// <returns>False, and nothing added, where there is no room.</returns>
    public bool TryAdd(uint clientHandle, in DataValue value)
    {
        if (!TryTake(SizeOf(value.Value))) return false;
        _values[ValueCount++] = new MonitoredItemNotification { ClientHandle = clientHandle, Value = value };
        return true;
    }

    /// <returns>False, and nothing added, where there is no room.</returns>
    public bool TryAddEvent(uint clientHandle, Variant[] fields)
    {
        var size = 0;
        foreach (ref readonly var field in fields.AsSpan()) size = Math.Min(size + SizeOf(field), SliceBytes);
        if (!TryTake(size)) return false;
        _events[EventCount++] = (clientHandle, fields);
        return true;
    }

    private bool TryTake(int size)
    {
        if (Count >= _limit) return false;
        var fits = Count > 0 ? _bytes + size <= Math.Min(SliceBytes, _bytesLeft) : _isMessageEmpty || size <= _bytesLeft;
        if (fits) _bytes += size;
        return fits;
    }

    // A guess that is not too low, but for structures and arrays of what has no fixed size: one of these fills a slice.
    private static int SizeOf(in Variant value)
    {
        // Handle, mask, type, eight bytes, status and two times with picoseconds.
        const int Scalar = 40;
        const int PerCharacter = 3;
        if (value.Type is < BuiltInType.String or BuiltInType.DateTime or BuiltInType.StatusCode) return value.IsScalar ? Scalar : Scalar + Bounded(value.Elements?.Length ?? 0, sizeof(ulong));
        if (!value.IsScalar) return SliceBytes;
        return value.Type switch
        {
            BuiltInType.String => Scalar + Bounded(value.AsString()?.Length ?? 0, PerCharacter),
            BuiltInType.ByteString => Scalar + Bounded(value.AsByteString().Length, 1),
            BuiltInType.Guid => 2 * Scalar,
            _ => SliceBytes,
        };
    }

    private static int Bounded(int count, int size) => (int)Math.Min((long)count * size, int.MaxValue / 2);
}
