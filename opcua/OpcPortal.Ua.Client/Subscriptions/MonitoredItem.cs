namespace OpcPortal.Ua.Client;

/// <summary>An item of a subscription.</summary>
public sealed class MonitoredItem
{
    private string? _namespaceUri;
    private DataValue _last;
    private bool _hasLast;
    private bool _mayRepeat;

    internal MonitoredItem(uint clientHandle, MonitoredItemOptions options)
    {
        ClientHandle = clientHandle;
        Options = options;
    }

    /// <summary>One that the server has already.</summary>
    internal MonitoredItem(KeptItem kept) : this(kept.ClientHandle, kept.Options)
    {
        ServerId = kept.ServerId;
        Status = StatusCodes.Good;
        RevisedQueueSize = kept.Options.QueueSize;
    }

    /// <summary>What is watched.</summary>
    public MonitoredItemOptions Options { get; }

    /// <summary>Whether the server watches it, or why not.</summary>
    public StatusCode Status { get; private set; } = StatusCodes.BadWaitingForInitialData;

    /// <summary>What the server made of the sampling interval.</summary>
    public TimeSpan RevisedSamplingInterval { get; private set; }

    /// <summary>What the server made of the queue size.</summary>
    public uint RevisedQueueSize { get; private set; }

    internal uint ClientHandle { get; }
    internal uint ServerId { get; private set; }

    internal void Take(MonitoredItemCreateResult result)
    {
        Status = result.StatusCode;
        if (!result.StatusCode.IsGood) return;
        ServerId = result.MonitoredItemId;
        RevisedSamplingInterval = TimeSpan.FromMilliseconds(Math.Clamp(result.RevisedSamplingInterval, 0, int.MaxValue));
        RevisedQueueSize = result.RevisedQueueSize;
    }

    internal MonitoredItemCreateRequest Request(UaSession session) => new()
    {
        ItemToMonitor = new ReadValueId { NodeId = NodeIdAt(session), AttributeId = Options.AttributeId, IndexRange = Options.IndexRange },
        MonitoringMode = Options.Mode,
        RequestedParameters = new MonitoringParameters
        {
            ClientHandle = ClientHandle,
            // Part 4 7.21: -1 is the publishing interval of the subscription.
            SamplingInterval = Options.SamplingInterval?.TotalMilliseconds ?? -1,
            Filter = ExtensionObject.From(Options.Filter),
            QueueSize = Options.QueueSize,
            DiscardOldest = Options.DiscardOldest,
        },
    };

    // A server that was restarted may count its namespaces otherwise: the URI that the index meant at first counts.
    private NodeId NodeIdAt(UaSession session)
    {
        var index = Options.NodeId.NamespaceIndex;
        if (index == 0) return Options.NodeId;
        if (_namespaceUri is null)
        {
            if (index < session.NamespaceUris.Count) _namespaceUri = session.NamespaceUris[index];
            return Options.NodeId;
        }

        return session.TryGetNamespaceIndex(_namespaceUri, out var now) ? Options.NodeId.WithNamespace(now) : Options.NodeId;
    }

    /// <summary>From now on the server may send the current value once more: it was made anew, or handed over.</summary>
    internal void ExpectRepetition() => _mayRepeat = _hasLast;

    /// <returns>False where the value is the one that came last before the item was made anew.</returns>
    internal bool TryTake(in DataValue value)
    {
        var repeats = _mayRepeat && value.SourceTimestamp == _last.SourceTimestamp && value.StatusCode == _last.StatusCode && value.Value.Equals(_last.Value);
        _mayRepeat = false;
        _last = value;
        _hasLast = true;
        return !repeats;
    }
}
