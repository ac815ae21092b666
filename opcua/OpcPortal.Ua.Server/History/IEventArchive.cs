namespace OpcPortal.Ua.Server;

/// <summary>Events that were reported, kept to be read again. Part 11 5.3 (HistoricalEvents). Who may see one is decided at each read, as if it had just been reported.</summary>
public interface IEventArchive
{
    /// <summary>Events in the order of their Time, whoever may see them.</summary>
    /// <param name="notifier">The node whose events are wanted, as <see cref="EventHub"/> would have delivered them; the Server object: all.</param>
    ValueTask<HistoryPage<UaEvent>> ReadAsync(NodeId notifier, HistoryWalk walk, CancellationToken cancellation);
}
