namespace OpcPortal.Ua.Server;

/// <summary>What a record of a subscription's journal says. The numbers are those in files.</summary>
internal enum SubscriptionRecord : byte
{
    Namespaces = 1,
    Definition = 2,
    Item = 3,
    ItemRemoved = 4,
    ItemMode = 5,
    Linked = 6,
    Unlinked = 7,
    Value = 8,
    Event = 9,
    EventOverflow = 10,

    /// <summary>The value that a filter compares with, though it does not wait any more.</summary>
    Compared = 11,

    QueueCleared = 12,

    /// <summary>A message was made of what waited.</summary>
    Message = 13,

    Acknowledged = 14,
    MessagesForgotten = 15,
    Lifetime = 16,
    Ended = 17,
}

/// <summary>What became of a queue when something was queued.</summary>
internal enum QueueChange : byte
{
    Added = 0,
    ReplacedNewest = 1,
    PushedOutOldest = 2,
}

/// <summary>Takes an encoded record.</summary>
/// <returns>Whether it was kept.</returns>
internal delegate bool JournalSink(ReadOnlySpan<byte> record);

/// <summary>Encodes the records of a subscription's journal. <see cref="SubscriptionImage"/> reads them. Returns whether a record was kept.</summary>
internal sealed class SubscriptionRecordWriter(JournalSink sink)
{
    // A value with its times and number.
    private const int UsualLength = 96;

    /// <summary>As much as a record may have: messages are larger than what a client may send.</summary>
    internal static CodecContext Context { get; } = new(StructureRegistry.Standard, new CodecLimits
    {
        MaxByteStringLength = JournalFormat.MaxRecordLength,
        MaxStringLength = JournalFormat.MaxRecordLength,
        MaxEncodedLength = JournalFormat.MaxRecordLength,
        MaxDecodedBytes = 16L * JournalFormat.MaxRecordLength,
    });

    public bool Namespaces(string[] uris)
    {
        var encoder = Begin(SubscriptionRecord.Namespaces);
        encoder.WriteStringArray(uris);
        return Keep(ref encoder);
    }

    public bool Definition(SubscriptionDefinition definition)
    {
        var encoder = Begin(SubscriptionRecord.Definition);
        encoder.WriteUInt32(definition.Id);
        encoder.WriteInt64(definition.PublishingInterval.Ticks);
        encoder.WriteUInt32(definition.MaxKeepAliveCount);
        encoder.WriteUInt32(definition.MaxLifetimeCount);
        encoder.WriteUInt32(definition.LifetimeLeft);
        encoder.WriteUInt32(definition.MaxNotificationsPerPublish);
        encoder.WriteByte(definition.Priority);
        encoder.WriteBoolean(definition.IsEnabled);
        encoder.WriteUInt32(definition.LastItemId);
        encoder.WriteUInt32(definition.NextSequenceNumber);
        OwnerRecord.Write(ref encoder, definition.Owner);
        return Keep(ref encoder);
    }

    public bool Item(uint id, MonitoringMode mode, ItemDefinition item)
    {
        var encoder = Begin(SubscriptionRecord.Item, id);
        encoder.WriteEnum(mode);
        encoder.WriteEnum(item.Timestamps);
        encoder.WriteStructureValue(item.Target);
        encoder.WriteStructure(item.Parameters);
        encoder.WriteString(item.Terms);
        return Keep(ref encoder);
    }

    public bool ItemRemoved(uint id)
    {
        var encoder = Begin(SubscriptionRecord.ItemRemoved, id);
        return Keep(ref encoder);
    }

    public bool ItemMode(uint id, MonitoringMode mode)
    {
        var encoder = Begin(SubscriptionRecord.ItemMode, id);
        encoder.WriteEnum(mode);
        return Keep(ref encoder);
    }

    public bool Link(uint triggering, uint triggered, bool isLinked)
    {
        var encoder = Begin(isLinked ? SubscriptionRecord.Linked : SubscriptionRecord.Unlinked, triggering);
        encoder.WriteUInt32(triggered);
        return Keep(ref encoder);
    }

    public bool Value(uint id, QueueChange change, in DataValue value)
    {
        var encoder = Begin(SubscriptionRecord.Value, id);
        encoder.WriteByte((byte)change);
        WriteValue(ref encoder, value);
        return Keep(ref encoder);
    }

    public bool Compared(uint id, in DataValue value)
    {
        var encoder = Begin(SubscriptionRecord.Compared, id);
        WriteValue(ref encoder, value);
        return Keep(ref encoder);
    }

    // As a message does it: what cannot be encoded is the status that says why.
    private static void WriteValue(ref BinaryEncoder encoder, in DataValue value)
    {
        var start = encoder.Position;
        try
        {
            encoder.WriteDataValue(value);
        }
        catch (CodecException unencodable)
        {
            encoder.Rewind(start);
            encoder.WriteDataValue(value with { Value = default, StatusCode = unencodable.Status });
        }
    }

    public bool Event(uint id, QueueChange change, UaEvent occurrence, Variant[] fields)
    {
        var encoder = Begin(SubscriptionRecord.Event, id);
        encoder.WriteByte((byte)change);
        encoder.WriteNodeId(occurrence.EventType);
        encoder.WriteNodeId(occurrence.SourceNode);
        encoder.WriteNodeId(occurrence.VisibleWith);
        WriteFields(ref encoder, fields);
        return Keep(ref encoder);
    }

    public bool EventOverflow(uint id, bool isFirst, Variant[] fields)
    {
        var encoder = Begin(SubscriptionRecord.EventOverflow, id);
        encoder.WriteBoolean(isFirst);
        WriteFields(ref encoder, fields);
        return Keep(ref encoder);
    }

    private static void WriteFields(ref BinaryEncoder encoder, Variant[] fields)
    {
        var start = encoder.Position;
        try
        {
            encoder.WriteVariantArray(fields);
        }
        catch (CodecException unencodable)
        {
            encoder.Rewind(start);
            encoder.WriteVariantArray(Array.ConvertAll(fields, _ => new Variant(unencodable.Status)));
        }
    }

    public bool QueueCleared(uint id)
    {
        var encoder = Begin(SubscriptionRecord.QueueCleared, id);
        return Keep(ref encoder);
    }

    /// <param name="size">Bytes that the message takes of those kept for Republish.</param>
    /// <param name="dropped">Messages before it that were dropped for it, unacknowledged.</param>
    /// <param name="taken">What it was made of: so many from each item's queue, in the order in which they were taken.</param>
    public bool Message(NotificationMessage message, int size, int dropped, IReadOnlyList<TakenFromQueue> taken)
    {
        var encoder = Begin(SubscriptionRecord.Message);
        encoder.WriteUInt32(message.SequenceNumber);
        encoder.WriteDateTime(message.PublishTime);
        encoder.WriteInt32(size);
        encoder.WriteInt32(dropped);
        encoder.WriteInt32(taken.Count);
        foreach (var (item, count) in taken)
        {
            encoder.WriteUInt32(item);
            encoder.WriteInt32(count);
        }

        var data = message.NotificationData ?? [];
        encoder.WriteInt32(data.Length);
        foreach (var one in data)
        {
            encoder.WriteExpandedNodeId(one!.TypeId);
            encoder.WriteByteString(one.BinaryBody());
        }

        return Keep(ref encoder);
    }

    public bool Acknowledged(uint sequenceNumber)
    {
        var encoder = Begin(SubscriptionRecord.Acknowledged, sequenceNumber);
        return Keep(ref encoder);
    }

    public bool MessagesForgotten()
    {
        var encoder = Begin(SubscriptionRecord.MessagesForgotten);
        return Keep(ref encoder);
    }

    /// <param name="left">Publishing intervals without a client until the subscription ends.</param>
    public bool Lifetime(uint left)
    {
        var encoder = Begin(SubscriptionRecord.Lifetime, left);
        return Keep(ref encoder);
    }

    public bool Ended()
    {
        var encoder = Begin(SubscriptionRecord.Ended);
        return Keep(ref encoder);
    }

    private static BinaryEncoder Begin(SubscriptionRecord kind)
    {
        var encoder = new BinaryEncoder(Context, capacity: UsualLength);
        encoder.WriteByte((byte)kind);
        return encoder;
    }

    private static BinaryEncoder Begin(SubscriptionRecord kind, uint number)
    {
        var encoder = Begin(kind);
        encoder.WriteUInt32(number);
        return encoder;
    }

    private bool Keep(ref BinaryEncoder encoder)
    {
        var isKept = sink(encoder.Written);
        encoder.Dispose();
        return isKept;
    }
}

/// <summary>How many notifications a message took from an item's queue.</summary>
internal readonly record struct TakenFromQueue(uint ItemId, int Count);

/// <summary>The parameters of a subscription, whose it is, and where it stands.</summary>
internal sealed record SubscriptionDefinition
{
    public required uint Id { get; init; }
    public required TimeSpan PublishingInterval { get; init; }
    public required uint MaxKeepAliveCount { get; init; }
    public required uint MaxLifetimeCount { get; init; }
    public required uint LifetimeLeft { get; init; }
    public required uint MaxNotificationsPerPublish { get; init; }
    public required byte Priority { get; init; }
    public required bool IsEnabled { get; init; }
    public required uint LastItemId { get; init; }
    public required uint NextSequenceNumber { get; init; }
    public required AccessContext Owner { get; init; }
}

/// <summary>What an item watches and how: all that it takes to make it again.</summary>
/// <param name="Parameters">As revised, with the filter that the client gave.</param>
/// <param name="Terms">The terms under which the values that wait were granted, in words; null for none.</param>
internal sealed record ItemDefinition(ReadValueId Target, MonitoringParameters Parameters, TimestampsToReturn Timestamps, string? Terms);
