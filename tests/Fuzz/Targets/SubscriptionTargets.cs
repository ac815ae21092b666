using OpcPortal.Ua.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>What a disk may make of the journals of durable subscriptions: their files, and the records in them.</summary>
internal static class SubscriptionTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new FuzzTarget<SubscriptionStoreException>("subscription-journal", Journal, Journals),
        new FuzzTarget<CodecException>("subscription-record", Record, Records) { BytesPerInputByte = 512 },
    ];

    // Whatever is read ends within the data, and reading it again up to there gives the same.
    private static bool Journal(byte[] input)
    {
        if (!JournalFormat.TryReadHeader(input, out _)) return false;
        var (first, again) = (0, 0);
        var condition = JournalFormat.Read(input, _ => first++, out var end);
        if (end > input.Length) throw new FuzzException($"The last record ends at {end} of {input.Length} bytes.");
        var second = JournalFormat.Read(input.AsSpan(0, end), _ => again++, out _);
        if (again != first || second == JournalCondition.Torn) throw new FuzzException($"{first} records were read, and {again} of what was kept of them ({second}).");
        return condition == JournalCondition.Whole;
    }

    // Applied to a subscription that has an item of each kind with something in its queue.
    private static bool Record(byte[] input)
    {
        var image = new SubscriptionImage();
        foreach (var record in Records()) image.Apply(record);
        image.Apply(input);
        foreach (var item in image.Items)
            if (item.Values().Count() > 3) throw new FuzzException("A record made values of nothing.");
        return true;
    }

    private static List<byte[]> Records()
    {
        var records = new List<byte[]>();
        var writer = new SubscriptionRecordWriter(record =>
        {
            records.Add(record.ToArray());
            return true;
        });
        var value = new DataValue(1.5, StatusCodes.Good, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        var occurrence = new UaEvent { EventType = new NodeId(2041), SourceNode = new NodeId(2253), SourceName = "Server", Time = value.SourceTimestamp, Message = "text", Severity = 100 };
        writer.Namespaces([NamespaceTable.OpcUa, "urn:fuzz"]);
        writer.Definition(new SubscriptionDefinition
        {
            Id = 7,
            PublishingInterval = TimeSpan.FromSeconds(1),
            MaxKeepAliveCount = 10,
            MaxLifetimeCount = 3600,
            LifetimeLeft = 100,
            MaxNotificationsPerPublish = 0,
            Priority = 1,
            IsEnabled = true,
            LastItemId = 2,
            NextSequenceNumber = 5,
            Owner = new AccessContext { Roles = 0, SecurityMode = MessageSecurityMode.SignAndEncrypt, UserName = "user", Locales = ["en"] },
        });
        writer.Item(1, MonitoringMode.Reporting, Item(AttributeIds.Value, new DataChangeFilter { DeadbandType = 1, DeadbandValue = 2 }));
        writer.Item(2, MonitoringMode.Sampling, Item(AttributeIds.EventNotifier, new EventFilter { SelectClauses = [new() { TypeDefinitionId = new NodeId(2041), BrowsePath = ["Message"], AttributeId = 13 }] }));
        writer.Link(1, 2, isLinked: true);
        writer.Value(1, QueueChange.Added, value);
        writer.Value(1, QueueChange.PushedOutOldest, value);
        writer.Compared(1, value);
        writer.Event(2, QueueChange.Added, occurrence, ["text", 5]);
        writer.EventOverflow(2, isFirst: true, ["lost"]);
        writer.Message(new NotificationMessage { SequenceNumber = 5, PublishTime = value.SourceTimestamp, NotificationData = [new ExtensionObject(new NodeId(811), new ByteString([1, 2, 3]))] }, 3, 0, [new(1, 1), new(2, 1)]);
        writer.Acknowledged(4);
        writer.Lifetime(50);
        writer.ItemMode(2, MonitoringMode.Reporting);
        return records;
    }

    private static ItemDefinition Item(uint attribute, IStructure filter) => new(
        new ReadValueId { NodeId = new NodeId("node", 1), AttributeId = attribute, IndexRange = attribute == AttributeIds.Value ? "0:1" : null },
        new MonitoringParameters { ClientHandle = 3, QueueSize = 10, SamplingInterval = 100, Filter = new ExtensionObject(filter) }, TimestampsToReturn.Both, "terms");

    private static IEnumerable<byte[]> Journals()
    {
        var records = Records();
        var journal = new byte[JournalFormat.HeaderLength + records.Sum(record => JournalFormat.SizeOf(record.Length))];
        JournalFormat.WriteHeader(journal, 7, 1);
        var at = JournalFormat.HeaderLength;
        foreach (var record in records)
        {
            JournalFormat.WriteRecord(journal.AsSpan(at), record);
            at += JournalFormat.SizeOf(record.Length);
        }

        yield return journal;
        yield return journal[..JournalFormat.HeaderLength];
    }
}
