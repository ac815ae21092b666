namespace OpcPortal.Ua.Server;

/// <summary>What diagnostics count of one subscription. Each is written under one lock and read under none. Part 5 12.14 (SubscriptionDiagnosticsDataType).</summary>
internal sealed class SubscriptionCounters
{
    public uint ModifyCount;
    public uint EnableCount;
    public uint DisableCount;
    public uint RepublishRequestCount;
    public uint RepublishMessageRequestCount;
    public uint RepublishMessageCount;
    public uint TransferRequestCount;
    public uint TransferredToAltClientCount;
    public uint TransferredToSameClientCount;
    public uint PublishRequestCount;
    public uint DataChangeNotificationsCount;
    public uint EventNotificationsCount;
    public uint LatePublishRequestCount;
    public uint DiscardedMessageCount;
    public uint MonitoringQueueOverflowCount;
    public uint EventQueueOverflowCount;
}
