namespace OpcPortal.Ua.Server;

/// <summary>
/// Encodes the notifications of one message, once: the Publish response and every Republish copy the bytes. Queues are not held up and no array of notifications is built. Part 4 7.25.
/// </summary>
internal static class NotificationEncoder
{
    private static readonly ExpandedNodeId DataChangeId = new DataChangeNotification().BinaryEncodingId;
    private static readonly ExpandedNodeId EventListId = new EventNotificationList().BinaryEncodingId;

    // Length prefix of a null array.
    private const int NullArray = -1;

    /// <summary>Takes what the running publishing cycle has to send from a subscription's queues, as much as fits one message.</summary>
    /// <param name="batch">Scratch memory.</param>
    /// <param name="limit">Notifications at most.</param>
    /// <returns>The NotificationData; empty where nothing was queued.</returns>
    public static EncodedNotifications Encode(Subscription subscription, NotificationBatch batch, int limit, int maxBytes)
    {
        var values = new Section(subscription.LastMessageBytes);
        var events = new Section(0);
        var more = true;
        try
        {
            while (more && values.Count + events.Count < limit)
            {
                batch.Reset(limit - values.Count - events.Count, values.Bytes + events.Bytes, maxBytes);
                more = subscription.Drain(batch);
                if (batch.Count == 0) break;
                foreach (ref readonly var value in batch.Values) values.Add(value);
                foreach (ref readonly var occurrence in batch.Events) events.Add(occurrence.ClientHandle, occurrence.Fields);
            }

            batch.Clear();
            return new EncodedNotifications(Data(ref values, ref events), values.Count, events.Count, values.Bytes + events.Bytes, more);
        }
        finally
        {
            values.Dispose();
            events.Dispose();
        }
    }

    private static ExtensionObject?[] Data(ref Section values, ref Section events)
    {
        if (events.Count == 0) return values.Count == 0 ? [] : [values.ToObject(DataChangeId, hasDiagnostics: true)];
        var list = events.ToObject(EventListId, hasDiagnostics: false);
        return values.Count == 0 ? [list] : [values.ToObject(DataChangeId, hasDiagnostics: true), list];
    }

    /// <summary>One list of notifications on its way to bytes: a count, then each.</summary>
    private ref struct Section(int expectedBytes)
    {
        private BinaryEncoder _encoder;
        private bool _isOpen;

        public int Count { get; private set; }
        public readonly int Bytes => _isOpen ? _encoder.Position : 0;

        public void Add(in MonitoredItemNotification value)
        {
            Open();
            var start = _encoder.Position;
            try
            {
                _encoder.WriteUInt32(value.ClientHandle);
                _encoder.WriteDataValue(value.Value);
            }
            catch (CodecException e)
            {
                Undo(start);
                _encoder.WriteUInt32(value.ClientHandle);
                _encoder.WriteDataValue(value.Value with { Value = default, StatusCode = e.Status });
            }

            Count++;
        }

        public void Add(uint clientHandle, Variant[] fields)
        {
            Open();
            var start = _encoder.Position;
            try
            {
                _encoder.WriteUInt32(clientHandle);
                _encoder.WriteVariantArray(fields);
            }
            catch (CodecException e)
            {
                // Part 4 7.25.3: a field that cannot be given is the status that says why.
                Undo(start);
                _encoder.WriteUInt32(clientHandle);
                _encoder.WriteVariantArray(Array.ConvertAll(fields, _ => new Variant(e.Status)));
            }

            Count++;
        }

        public ExtensionObject ToObject(in ExpandedNodeId typeId, bool hasDiagnostics)
        {
            _encoder.PatchUInt32(0, (uint)Count);
            if (hasDiagnostics) _encoder.WriteInt32(NullArray);
            var body = GC.AllocateUninitializedArray<byte>(_encoder.Position);
            _encoder.Written.CopyTo(body);
            return new ExtensionObject(typeId, body);
        }

        public void Dispose()
        {
            if (_isOpen) _encoder.Dispose();
            _isOpen = false;
        }

        private void Open()
        {
            if (_isOpen) return;
            _encoder = new BinaryEncoder(CodecContext.Default, capacity: expectedBytes);
            _isOpen = true;
            _encoder.WriteUInt32(0);
        }

        // An encoder that threw is somewhere deep: what is good goes on in a new one.
        private void Undo(int start)
        {
            var old = _encoder;
            _encoder = new BinaryEncoder(CodecContext.Default, capacity: start);
            _encoder.WriteRaw(old.Written[..start]);
            old.Dispose();
        }
    }
}

/// <summary>The notifications of one message in bytes.</summary>
/// <param name="HasMore">Whether the publishing cycle has more to send.</param>
internal readonly record struct EncodedNotifications(ExtensionObject?[] Data, int ValueCount, int EventCount, int Bytes, bool HasMore)
{
    public bool IsEmpty => ValueCount + EventCount == 0;
}
