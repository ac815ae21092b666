namespace OpcPortal.Ua.Server;

/// <summary>When a data item takes a sample: the group of its interval. Part 4 5.13.1.2.</summary>
internal sealed partial class DataItem
{
    /// <summary>Fixes the sampling interval: only now is it known whether the source tells of changes.</summary>
    internal void ReviseSampling(double requested) =>
        SamplingInterval = SamplingIntervals.Revise(requested, Subscription.PublishingInterval, _observation is not null, IsValue, MinimumSamplingInterval(), Services.Limits);

    /// <summary>The interval in which a change came too soon is over: the last one counts.</summary>
    internal void OnIntervalEnd(SampleGroup group)
    {
        lock (Subscription.Gate)
        {
            if (_phase != Phase.Running || _held is not { IsSet: true } || !ReferenceEquals(group, _group) || _epoch == group.Epoch) return;
            _held.IsSet = false;
            _epoch = group.Epoch;
            Sample(_held.Value);
        }
    }

    /// <summary>Reads the attribute for a sample.</summary>
    internal void Poll()
    {
        var version = Volatile.Read(ref _version);
        DataValue value;
        try
        {
            value = Read();
        }
        catch (Exception)
        {
            // A source that fails has no good value; the others in the group are read all the same.
            value = DataValue.FromStatus(StatusCodes.BadInternalError);
        }

        lock (Subscription.Gate)
        {
            // What was resent meanwhile is newer.
            if (_phase != Phase.Running || version != _version) return;
            _version++;
            Sample(value);
        }
    }

    private void JoinGroup()
    {
        var isTold = _observation is not null;
        if (isTold && SamplingInterval == TimeSpan.Zero) return;
        var group = isTold ? Services.Rates.Join(SamplingInterval) : Services.Polls.Join(SamplingIntervals.OfPolling(SamplingInterval, IsValue, Services.Limits));
        lock (Subscription.Gate) _group = group;
        if (!isTold) group.Add(this);
    }

    private void LeaveGroup()
    {
        if (_group is not { } group) return;
        lock (Subscription.Gate)
        {
            _group = null;
            // What was held for the end of an interval is not lost when there is no more interval to wait for.
            if (_phase == Phase.Running && _held is { IsSet: true })
            {
                _held.IsSet = false;
                Sample(_held.Value);
            }
        }

        group.Leave(this);
    }

    private double MinimumSamplingInterval()
    {
        if (!IsValue || !Services.Reader.AddressSpace.TryResolve(_nodeId, out var node)) return 0;
        return node.Source.ReadAttribute(node, AttributeIds.MinimumSamplingInterval, [], out var value).IsGood && value.TryGetNumber(out var milliseconds) ? milliseconds : 0;
    }
}
