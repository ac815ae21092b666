using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Hands events from their sources to the notifiers above them, up to the Server object, which gets everything. Costs next to nothing while nobody
/// listens. Thread-safe. Part 3 7.17 (HasEventSource), 7.18 (HasNotifier), Part 4 5.13.1.
/// </summary>
public sealed class EventHub(AddressSpace addressSpace, TypeTree types) : IEventSink, IEventSource
{
    // Notifiers above one source. A plant has some five levels; a hierarchy with more ways up is a mistake in a model, and must end.
    private const int MaxNotifiers = 64;

    private static readonly NodeId Server = ObjectIds.Server;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<NodeId, IEventReceiver[]> _receivers = new();
    private volatile bool _isHeard;
    private volatile bool _isHeardBelowServer;

    /// <summary>Whether anybody listens to any notifier, or all is recorded: who would have to gather what an event says may ask first.</summary>
    public bool IsHeard => _isHeard || Recorder is not null;

    /// <summary>Gets every event before anybody else, whoever may see it: a log. Set before the server starts; null: nothing is recorded.</summary>
    public IEventReceiver? Recorder { get; set; }

    public IDisposable Subscribe(NodeRef notifier, IEventReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        var nodeId = notifier.NodeId;
        lock (_gate)
        {
            _receivers[nodeId] = _receivers.TryGetValue(nodeId, out var others) ? [.. others, receiver] : [receiver];
            Summarize();
        }

        return new Subscription(this, nodeId, receiver);
    }

    public void Report(UaEvent occurrence)
    {
        ArgumentNullException.ThrowIfNull(occurrence);
        Recorder?.OnEvent(occurrence);
        if (!_isHeard) return;
        Deliver(Server, occurrence);
        if (_isHeardBelowServer && !occurrence.SourceNode.IsNull && addressSpace.TryResolve(occurrence.SourceNode, out var source)) Climb(source, occurrence);
    }

    private void Climb(in NodeRef source, UaEvent occurrence)
    {
        foreach (var (nodeId, _) in Above(source)) Deliver(nodeId, occurrence);
    }

    /// <summary>The nodes that an event of a source is delivered at, the source first; without the Server, which gets all.</summary>
    public IReadOnlyList<NodeRef> NotifiersOf(in NodeId source)
    {
        if (source.IsNull || !addressSpace.TryResolve(source, out var node)) return [];
        return [.. Above(node).Select(static above => above.Node)];
    }

    // Breadth first over the notifiers above the source; each is visited once, so that a loop ends. The source may be a notifier itself.
    private List<(NodeId Id, NodeRef Node)> Above(in NodeRef source)
    {
        var filter = new ReferenceFilter(BrowseDirection.Inverse, types.SubtypesOf(ReferenceTypeIds.HasEventSource));
        var above = new List<(NodeId Id, NodeRef Node)>(8) { (source.NodeId, source) };
        for (var next = 0; next < above.Count; next++)
        {
            var (nodeId, node) = above[next];
            // The Server has it already.
            if (nodeId == Server) continue;
            var cursor = default(ReferenceCursor);
            while (above.Count < MaxNotifiers && node.Source.TryNextReference(node, filter, ref cursor, out var reference))
                if (reference.Target.IsLocal && !Holds(above, reference.Target.NodeId) && addressSpace.TryResolve(reference.Target.NodeId, out var found))
                    above.Add((reference.Target.NodeId, found));
        }

        above.RemoveAll(static a => a.Id == Server);
        return above;
    }

    private static bool Holds(List<(NodeId Id, NodeRef Node)> nodes, in NodeId nodeId)
    {
        foreach (var (id, _) in nodes)
            if (id == nodeId) return true;
        return false;
    }

    private void Deliver(in NodeId notifier, UaEvent occurrence)
    {
        if (!_receivers.TryGetValue(notifier, out var receivers)) return;
        foreach (var receiver in receivers) receiver.OnEvent(occurrence);
    }

    private void Forget(in NodeId notifier, IEventReceiver receiver)
    {
        lock (_gate)
        {
            if (!_receivers.TryGetValue(notifier, out var receivers)) return;
            var index = Array.IndexOf(receivers, receiver);
            if (index < 0) return;
            if (receivers.Length > 1) _receivers[notifier] = [.. receivers[..index], .. receivers[(index + 1)..]];
            else _receivers.TryRemove(notifier, out _);
            Summarize();
        }
    }

    private void Summarize()
    {
        var count = _receivers.Count;
        _isHeardBelowServer = count > (_receivers.ContainsKey(Server) ? 1 : 0);
        _isHeard = count > 0;
    }

    private sealed class Subscription(EventHub hub, NodeId notifier, IEventReceiver receiver) : IDisposable
    {
        private int _isOver;

        // Once: the receiver may listen to the same notifier again meanwhile.
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0) hub.Forget(notifier, receiver);
        }
    }
}
