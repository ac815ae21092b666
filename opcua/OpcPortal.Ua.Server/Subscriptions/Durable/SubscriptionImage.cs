namespace OpcPortal.Ua.Server;

/// <summary>
/// A subscription as its journal tells of it: record by record what was done, until it stands where it stood. Where records are missing, what does not fit the rest is passed over; what is
/// no record is refused.
/// </summary>
internal sealed class SubscriptionImage
{
    private readonly Dictionary<uint, ItemImage> _items = [];
    private readonly LinkedList<MessageImage> _messages = new();
    private string[] _namespaces = [];

    /// <summary>Null until it was told.</summary>
    public SubscriptionDefinition? Definition { get; private set; }

    /// <summary>Whether it ended: nothing else matters then.</summary>
    public bool HasEnded { get; private set; }

    public IReadOnlyCollection<ItemImage> Items => _items.Values;

    /// <summary>Sent and not acknowledged, oldest first.</summary>
    public IReadOnlyCollection<MessageImage> Messages => _messages;

    /// <summary>The URIs of the server's namespaces by the indexes that stand in the records.</summary>
    public IReadOnlyList<string> Namespaces => _namespaces;

    /// <exception cref="CodecException">It is no record.</exception>
    public void Apply(ReadOnlySpan<byte> record)
    {
        var decoder = new BinaryDecoder(record, SubscriptionRecordWriter.Context);
        var kind = (SubscriptionRecord)decoder.ReadByte();
        switch (kind)
        {
            case SubscriptionRecord.Namespaces:
                _namespaces = [.. (decoder.ReadStringArray() ?? []).Select(uri => uri ?? "")];
                break;
            case SubscriptionRecord.Definition:
                Definition = ReadDefinition(ref decoder);
                break;
            case SubscriptionRecord.Message:
                ApplyMessage(ref decoder);
                break;
            case SubscriptionRecord.Acknowledged:
                Forget(decoder.ReadUInt32());
                break;
            case SubscriptionRecord.MessagesForgotten:
                _messages.Clear();
                break;
            case SubscriptionRecord.Lifetime:
                var left = decoder.ReadUInt32();
                if (Definition is not null) Definition = Definition with { LifetimeLeft = left };
                break;
            case SubscriptionRecord.Ended:
                HasEnded = true;
                break;
            default:
                ApplyToItem(kind, ref decoder);
                break;
        }

        if (decoder.Remaining != 0) throw Malformed($"{decoder.Remaining} bytes follow the record");
    }

    private static SubscriptionDefinition ReadDefinition(ref BinaryDecoder decoder)
    {
        var definition = new SubscriptionDefinition
        {
            Id = decoder.ReadUInt32(),
            PublishingInterval = TimeSpan.FromTicks(decoder.ReadInt64()),
            MaxKeepAliveCount = decoder.ReadUInt32(),
            MaxLifetimeCount = decoder.ReadUInt32(),
            LifetimeLeft = decoder.ReadUInt32(),
            MaxNotificationsPerPublish = decoder.ReadUInt32(),
            Priority = decoder.ReadByte(),
            IsEnabled = decoder.ReadBoolean(),
            LastItemId = decoder.ReadUInt32(),
            NextSequenceNumber = decoder.ReadUInt32(),
            Owner = OwnerRecord.Read(ref decoder),
        };
        // What divides by it, and what counts with it, may rely on it.
        if (definition.PublishingInterval <= TimeSpan.Zero || definition.NextSequenceNumber == 0) throw Malformed("the subscription's parameters make no sense");
        return definition;
    }

    private void ApplyToItem(SubscriptionRecord kind, ref BinaryDecoder decoder)
    {
        var id = decoder.ReadUInt32();
        if (kind == SubscriptionRecord.Item)
        {
            ApplyItem(id, ref decoder);
            return;
        }

        _items.TryGetValue(id, out var item);
        switch (kind)
        {
            case SubscriptionRecord.ItemRemoved:
                if (_items.Remove(id))
                    foreach (var other in _items.Values) other.Links.Remove(id);
                break;
            case SubscriptionRecord.ItemMode:
                var mode = decoder.ReadEnum<MonitoringMode>();
                if (item is not null) item.Mode = mode;
                break;
            case SubscriptionRecord.Linked:
                item?.Links.Add(decoder.ReadUInt32());
                if (item is null) decoder.ReadUInt32();
                break;
            case SubscriptionRecord.Unlinked:
                var triggered = decoder.ReadUInt32();
                item?.Links.Remove(triggered);
                break;
            case SubscriptionRecord.QueueCleared:
                item?.Clear();
                break;
            default:
                ApplyToQueue(kind, item, ref decoder);
                break;
        }
    }

    private void ApplyItem(uint id, ref BinaryDecoder decoder)
    {
        var mode = decoder.ReadEnum<MonitoringMode>();
        var timestamps = decoder.ReadEnum<TimestampsToReturn>();
        var definition = new ItemDefinition(decoder.ReadStructure<ReadValueId>(), decoder.ReadStructure<MonitoringParameters>(), timestamps, decoder.ReadString());
        if (mode is < MonitoringMode.Disabled or > MonitoringMode.Reporting || timestamps is < TimestampsToReturn.Source or > TimestampsToReturn.Neither || !(definition.Parameters.SamplingInterval >= 0))
            throw Malformed("the item's parameters make no sense");
        if (Definition is not null && Definition.LastItemId < id) Definition = Definition with { LastItemId = id };
        if (_items.TryGetValue(id, out var item)) (item.Mode, item.Definition) = (mode, definition);
        else _items.Add(id, new ItemImage(id) { Mode = mode, Definition = definition });
    }

    private static void ApplyToQueue(SubscriptionRecord kind, ItemImage? item, ref BinaryDecoder decoder)
    {
        switch (kind)
        {
            case SubscriptionRecord.Value:
                var change = ReadChange(ref decoder);
                var value = decoder.ReadDataValue();
                item?.Add(change, value);
                break;
            case SubscriptionRecord.Compared:
                var compared = decoder.ReadDataValue();
                item?.Compare(compared);
                break;
            case SubscriptionRecord.Event:
                var how = ReadChange(ref decoder);
                var occurrence = new EventImage(decoder.ReadNodeId(), decoder.ReadNodeId(), decoder.ReadNodeId(), decoder.ReadVariantArray() ?? []);
                item?.Add(how, occurrence);
                break;
            case SubscriptionRecord.EventOverflow:
                var isFirst = decoder.ReadBoolean();
                var fields = decoder.ReadVariantArray() ?? [];
                item?.AddOverflow(isFirst, fields);
                break;
            default:
                throw Malformed($"there is no record of kind {(byte)kind}");
        }
    }

    private static QueueChange ReadChange(ref BinaryDecoder decoder)
    {
        var change = (QueueChange)decoder.ReadByte();
        return change <= QueueChange.PushedOutOldest ? change : throw Malformed($"a queue does not change by {(byte)change}");
    }

    private void ApplyMessage(ref BinaryDecoder decoder)
    {
        var (number, time, size, dropped) = (decoder.ReadUInt32(), decoder.ReadDateTime(), decoder.ReadInt32(), decoder.ReadInt32());
        for (var left = CountOf(ref decoder, TakenLength); left > 0; left--)
        {
            var (id, count) = (decoder.ReadUInt32(), decoder.ReadInt32());
            if (_items.TryGetValue(id, out var item)) item.Take(count);
        }

        var data = new ExtensionObject?[CountOf(ref decoder, LeastObject)];
        for (var i = 0; i < data.Length; i++) data[i] = new ExtensionObject(decoder.ReadExpandedNodeId(), decoder.ReadByteString());
        for (var left = dropped; left > 0 && _messages.Count > 0; left--) _messages.RemoveFirst();
        _messages.AddLast(new MessageImage(new NotificationMessage { SequenceNumber = number, PublishTime = time, NotificationData = data }, Math.Max(size, 0)));
        if (Definition is not null) Definition = Definition with { NextSequenceNumber = number == uint.MaxValue ? 1 : number + 1 };
    }

    private const int TakenLength = 8;
    private const int LeastObject = 6;

    // A count is believed as far as the bytes go.
    private static int CountOf(ref BinaryDecoder decoder, int least)
    {
        var count = decoder.ReadInt32();
        return count >= 0 && count <= decoder.Remaining / least ? count : throw Malformed($"{count} elements do not fit into {decoder.Remaining} bytes");
    }

    private void Forget(uint sequenceNumber)
    {
        for (var node = _messages.First; node is not null; node = node.Next)
        {
            if (node.Value.Message.SequenceNumber != sequenceNumber) continue;
            _messages.Remove(node);
            return;
        }
    }

    /// <summary>Gives the namespaces in it the indexes that they have now.</summary>
    public void Renumber(NamespaceChange change)
    {
        foreach (var item in _items.Values) item.Renumber(change);
        for (var node = _messages.First; node is not null; node = node.Next)
            node.Value.Message.NotificationData = Array.ConvertAll(node.Value.Message.NotificationData ?? [], change.MapNotifications);
    }

    private static CodecException Malformed(string reason) => new(StatusCodes.BadDecodingError, $"A record of a subscription's journal is malformed: {reason}.");
}

/// <summary>A message that was sent.</summary>
/// <param name="Size">Bytes that it takes of those kept for Republish.</param>
internal sealed record MessageImage(NotificationMessage Message, int Size);
